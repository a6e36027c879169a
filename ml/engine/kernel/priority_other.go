//go:build !linux

package kernel

func lowerPriority() {}
