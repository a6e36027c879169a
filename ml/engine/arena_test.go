package engine

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestArenaKeepsLivingBuffersApart plans random regions and writes through all
// of them.
func TestArenaKeepsLivingBuffersApart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		const moments = 12
		a := &arena{}
		n := 1 + r.IntN(30)
		got := make([][]float32, n)
		first, last, size := make([]int, n), make([]int, n), make([]int, n)
		var living [moments]int
		for i := range n {
			first[i] = r.IntN(moments)
			last[i] = first[i] + r.IntN(moments-first[i])
			size[i] = 1 + r.IntN(200)
			a.add(size[i], first[i], last[i], func(f []float32) { got[i] = f })
			for m := first[i]; m <= last[i]; m++ {
				living[m] += roundUp(size[i])
			}
		}
		total, most := a.plan(), 0
		for _, l := range living {
			most = max(most, l)
		}
		if total < most || float64(total) > 1.6*float64(most) {
			t.Errorf("%d numbers planned where %d are needed at once", total, most)
		}
		a.build()
		for i, f := range got {
			if len(f) < size[i] || uintptr(unsafe.Pointer(&f[0]))%64 != 0 {
				t.Fatalf("a buffer of %d for %d at %p", len(f), size[i], &f[0])
			}
		}
		for m := range moments { // at each moment, every living buffer holds its own number
			for i := range n {
				if first[i] == m {
					for j := range got[i] {
						got[i][j] = float32(i)
					}
				}
			}
			for i := range n {
				if first[i] <= m && m <= last[i] {
					for _, v := range got[i] {
						if v != float32(i) {
							t.Fatalf("buffer %d was overwritten by %v", i, v)
						}
					}
				}
			}
		}
	}
}
