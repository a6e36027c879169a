package vision

import (
	"math/rand/v2"
	"testing"
)

func TestDistance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for rarity := range 300 {
		m := newMask(1+rng.IntN(40), 1+rng.IntN(40))
		var marked []int
		for i := range m.on {
			if m.on[i] = rng.IntN(1+rarity) == 0; m.on[i] {
				marked = append(marked, i)
			}
		}
		for i, got := range m.distance().v {
			if len(marked) == 0 {
				if got <= float32(m.w+m.h) {
					t.Fatalf("in an empty mask of %d×%d pixel %d is %g pixels from a marked one", m.w, m.h, i, got)
				}
				continue
			}
			want := posInf
			for _, j := range marked {
				dx, dy := float32(i%m.w-j%m.w), float32(i/m.w-j/m.w)
				want = min(want, sqrt(dx*dx+dy*dy))
			}
			if got != want {
				t.Fatalf("in a mask of %d×%d pixel %d is %g pixels from a marked one, want %g", m.w, m.h, i, got, want)
			}
		}
	}
}
