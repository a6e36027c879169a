//go:build e2e && slow

package e2e

const kills = 50
