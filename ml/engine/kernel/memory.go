package kernel

import "unsafe"

// scratch counts the floats that plans will allocate at their first calls.
type scratch struct{ fixed, perImage int64 }

func (s *scratch) add(fixed, perImage int) {
	s.fixed += int64(fixed)
	s.perImage += int64(perImage)
}

// Scratch is how many bytes the plans made so far allocate at their first calls
// with n images: packed weights, sums of gradients, room for the workers. Without
// backward only Forward is called.
func (k *Kernels) Scratch(n int, backward bool) int64 {
	floats := k.forward.fixed + int64(n)*k.forward.perImage
	if backward {
		floats += k.backward.fixed + int64(n)*k.backward.perImage
	}
	return 4 * floats
}

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
