package kernel

import "unsafe"

// floats allocates n zeros at the start of a cache line, so that vector loads
// of packed data never straddle two.
func floats(n int) []float32 {
	const line = 64
	s := make([]float32, n+line/4)
	at := 0
	if over := uintptr(unsafe.Pointer(unsafe.SliceData(s))) % line; over != 0 {
		at = int(line-over) / 4
	}
	return s[at : at+n : at+n]
}
