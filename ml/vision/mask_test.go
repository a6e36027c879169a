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

func TestDilateAndErode(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for trial := range 200 {
		m := newMask(1+rng.IntN(150), 1+rng.IntN(40))
		for i := range m.on {
			m.on[i] = rng.IntN(1+trial) == 0
		}
		r := float32(rng.IntN(40)) / 4
		if trial%10 == 0 {
			r = 60
		}
		near, nearOff := m.distance(), m.not().distance()
		if m.count() == 0 || m.not().count() == 0 {
			r = min(r, float32(m.w+m.h)) // an empty mask is only so far away
		}
		grown, eaten := m.dilate(r), m.erode(r)
		for i := range m.on {
			if got, want := grown.on[i], near.v[i] <= r; got != want {
				t.Fatalf("dilated by %g, pixel %d of %d×%d, %g from a marked one, is %v", r, i, m.w, m.h, near.v[i], got)
			}
			if got, want := eaten.on[i], nearOff.v[i] > r; got != want {
				t.Fatalf("eroded by %g, pixel %d of %d×%d, %g from one that is not marked, is %v", r, i, m.w, m.h, nearOff.v[i], got)
			}
		}
	}
}
