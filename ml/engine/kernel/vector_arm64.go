//go:build cgo

package kernel

// #include "vector.h"
import "C"

// Every 64-bit ARM processor has NEON.
func vectorImplementations() []arithmetic {
	return []arithmetic{vector{"neon", 4, &C.kernels_neon}}
}
