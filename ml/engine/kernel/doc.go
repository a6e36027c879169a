// Package kernel is the arithmetic under the network operations.
package kernel
