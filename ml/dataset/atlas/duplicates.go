package atlas

import (
	"bytes"
	"cmp"
	"context"
	"hash/maphash"
	"math"
	"slices"
	"sync"

	"atelier/ml/dataset"
)

// Pair is two pictures that are alike: picture A of one set and picture B of
// another, or of the same one.
type Pair struct {
	A, B int
	// Distance is the root of the mean squared difference of the pixels, in
	// levels from 0 (the same picture) to 255.
	Distance float64
}

// Repeats returns the groups of pictures within s that are the same byte for
// byte, each in ascending order, ordered by their first pictures.
func Repeats(s *dataset.Set) [][]int {
	var groups [][]int
	for _, same := range byContent(s) {
		if len(same) > 1 {
			groups = append(groups, same)
		}
	}
	slices.SortFunc(groups, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return groups
}

// Duplicates returns for each picture of a that is in b, byte for byte, the
// pair with the first such picture of b, ordered by A.
func Duplicates(a, b *dataset.Set) []Pair {
	seed := maphash.MakeSeed()
	known := make(map[uint64][]int, b.Len())
	for j := range b.Len() {
		h := maphash.Bytes(seed, b.Image(j))
		known[h] = append(known[h], j)
	}
	var pairs []Pair
	for i := range a.Len() {
		for _, j := range known[maphash.Bytes(seed, a.Image(i))] {
			if bytes.Equal(a.Image(i), b.Image(j)) {
				pairs = append(pairs, Pair{A: i, B: j})
				break
			}
		}
	}
	return pairs
}

// byContent groups the pictures of s that are the same.
func byContent(s *dataset.Set) map[string][]int {
	groups := make(map[string][]int, s.Len())
	for i := range s.Len() {
		key := string(s.Image(i))
		groups[key] = append(groups[key], i)
	}
	return groups
}

// NearLimit is a distance up to which the eye hardly tells two pictures of
// clothes apart.
const NearLimit = 10

// sketchAxes is the number of principal components that stand for a picture
// in the search for near duplicates.
const sketchAxes = 16

// NearDuplicates returns for each picture of a its nearest picture in b, when
// their distance is at most limit, ordered by distance. It finds all of them.
//
// Pictures are compared by their coordinates on a few principal components
// first: the distance in such a projection is never more than the distance of
// the pictures, so that most of b is passed over after a few subtractions.
func NearDuplicates(ctx context.Context, a, b *dataset.Set, limit float64, progress func(done, total int)) ([]Pair, error) {
	if a.Len() == 0 || b.Len() == 0 {
		return nil, nil
	}
	axes := NewPCA(b, sketchAxes)
	order := make([]int, b.Len()) // of b, by the first coordinate
	sketches := sketch(axes, b)
	for j := range order {
		order[j] = j
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(sketches[i][0], sketches[j][0]) })
	firsts := make([]float32, len(order))
	sorted := make([][sketchAxes]float32, len(order))
	for k, j := range order {
		sorted[k] = sketches[j]
		firsts[k] = sketches[j][0]
	}
	queries := sketch(axes, a)

	most := limit * limit * float64(a.H*a.W) // squared distance of pictures
	// A little is added to bounds, as the coordinates are rounded.
	reach := float32(math.Sqrt(most)*(1+1e-4) + 0.1)
	var pairs []Pair
	var mu sync.Mutex
	done := 0
	inChunks(a.Len(), 100, func(from, to int) bool {
		var found []Pair
		for i := from; i < to; i++ {
			q := &queries[i]
			best, at := int(most), -1
			bound := reach * reach
			start, _ := slices.BinarySearch(firsts, q[0]-reach)
			for k := start; k < len(sorted) && firsts[k] <= q[0]+reach; k++ {
				if farther(q, &sorted[k], bound) {
					continue
				}
				d := squaredDistance(a.Image(i), b.Image(order[k]), best)
				if d > best || d == best && at >= 0 && order[k] > at {
					continue
				}
				best, at = d, order[k]
				r := float32(math.Sqrt(float64(d))*(1+1e-4) + 0.1)
				bound = min(bound, r*r)
			}
			if at >= 0 {
				found = append(found, Pair{i, at, math.Sqrt(float64(best) / float64(a.H*a.W))})
			}
		}
		mu.Lock()
		defer mu.Unlock()
		pairs = append(pairs, found...)
		done += to - from
		if progress != nil {
			progress(done, a.Len())
		}
		return ctx.Err() == nil
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(pairs, func(p, q Pair) int {
		return cmp.Or(cmp.Compare(p.Distance, q.Distance), cmp.Compare(p.A, q.A))
	})
	return pairs, nil
}

// sketch returns the coordinates of all pictures, in levels.
func sketch(axes *PCA, s *dataset.Set) [][sketchAxes]float32 {
	sketches := make([][sketchAxes]float32, s.Len())
	inChunks(s.Len(), 500, func(from, to int) bool {
		for i := from; i < to; i++ {
			axes.project(sketches[i][:axes.K()], s.Image(i))
		}
		return true
	})
	return sketches
}

// farther reports whether the squared distance of two sketches exceeds bound.
func farther(p, q *[sketchAxes]float32, bound float32) bool {
	var sum float32
	for k := 0; k < sketchAxes; k += 4 {
		d0, d1, d2, d3 := p[k]-q[k], p[k+1]-q[k+1], p[k+2]-q[k+2], p[k+3]-q[k+3]
		sum += d0*d0 + d1*d1 + d2*d2 + d3*d3
		if sum > bound {
			return true
		}
	}
	return false
}

// squaredDistance is the sum of the squared differences of two pictures; it
// stops early, with some larger number, when the sum exceeds most.
func squaredDistance(p, q []byte, most int) int {
	const step = 56
	sum := 0
	for len(p) > 0 && sum <= most {
		n := min(step, len(p))
		for i, v := range p[:n] {
			d := int(v) - int(q[i])
			sum += d * d
		}
		p, q = p[n:], q[n:]
	}
	return sum
}
