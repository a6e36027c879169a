//go:build cgo

package kernel

// #include "vector.h"
import "C"

import "golang.org/x/sys/cpu"

func vectorImplementations() []arithmetic {
	var found []arithmetic
	x := cpu.X86
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ && x.HasAVX2 && x.HasFMA {
		found = append(found, vector{"avx512", 16, &C.kernels_avx512})
	}
	if x.HasAVX2 && x.HasFMA {
		found = append(found, vector{"avx2", 8, &C.kernels_avx2})
	}
	return found
}
