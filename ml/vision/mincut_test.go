package vision

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCutIsTheCheapest compares with all divisions of small pictures.
func TestCutIsTheCheapest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for trial := range 200 {
		w, h := 1+rng.IntN(4), 1+rng.IntN(3)
		costs := map[[2]int]float32{}
		link := func(a, b int, steps float32) float32 {
			key := [2]int{min(a, b), max(a, b)}
			if _, ok := costs[key]; !ok {
				costs[key] = float32(rng.IntN(8))
			}
			return costs[key]
		}
		c := newCutter(newLinks(w, h, link))
		for round := range 3 { // each goes on from the one before
			odds := newPlane(w, h)
			for i := range odds.v {
				odds.v[i] = float32(rng.IntN(21) - 10)
			}
			got := c.cut(odds)
			cost := func(on func(i int) bool) float32 {
				sum := float32(0)
				for i, v := range odds.v {
					if on(i) {
						sum -= min(v, 0)
					} else {
						sum += max(v, 0)
					}
				}
				for pair, c := range costs {
					if on(pair[0]) != on(pair[1]) {
						sum += c
					}
				}
				return sum
			}
			least := float32(math.Inf(1))
			for bits := range 1 << (w * h) {
				least = min(least, cost(func(i int) bool { return bits>>i&1 == 1 }))
			}
			if c := cost(func(i int) bool { return got.on[i] }); c != least {
				t.Fatalf("trial %d, %d×%d, round %d: the cut costs %v, the cheapest %v", trial, w, h, round, c, least)
			}
		}
	}
}
