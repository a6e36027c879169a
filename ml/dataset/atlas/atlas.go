// Package atlas measures a dataset: its balance, its brightness, the mean
// picture of each class, pictures that occur twice, and maps on which alike
// pictures lie side by side. What it returns are plain values to draw or list.
package atlas

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"atelier/ml/dataset"
)

// Pixels sums up the grey levels of a set.
type Pixels struct {
	Counts    []int     // pictures of each class
	Mean, SD  float64   // of all pixels, in levels from 0 to 255
	Levels    [256]int  // how often each level occurs
	ClassMean [][]byte  // the mean picture of each class, H·W; nil for a class without pictures
	ClassSD   [][]byte  // the standard deviation of each pixel within each class; nil likewise
	ClassGrey []float64 // mean level of each class; NaN for a class without pictures
}

// Measure goes through all pixels of s once.
func Measure(s *dataset.Set, classes int) Pixels {
	n := s.H * s.W
	p := Pixels{
		Counts:    s.Counts(classes),
		ClassMean: make([][]byte, classes),
		ClassSD:   make([][]byte, classes),
		ClassGrey: make([]float64, classes),
	}
	sums, squares := make([]uint64, classes*n), make([]uint64, classes*n)
	for i := range s.Len() {
		at := s.Label(i) * n
		sum, square := sums[at:at+n], squares[at:at+n]
		for j, v := range s.Image(i) {
			sum[j] += uint64(v)
			square[j] += uint64(v) * uint64(v)
			p.Levels[v]++
		}
	}
	var total, totalSquare float64
	for c, count := range p.Counts {
		if count == 0 {
			p.ClassGrey[c] = math.NaN()
			continue
		}
		mean, sd := make([]byte, n), make([]byte, n)
		var grey float64
		for j := range n {
			sum, square := float64(sums[c*n+j]), float64(squares[c*n+j])
			m := sum / float64(count)
			mean[j] = byte(math.Round(m))
			sd[j] = byte(math.Round(math.Sqrt(max(0, square/float64(count)-m*m))))
			grey += m
			total += sum
			totalSquare += square
		}
		p.ClassMean[c], p.ClassSD[c], p.ClassGrey[c] = mean, sd, grey/float64(n)
	}
	if pixels := float64(s.Len() * n); pixels > 0 {
		p.Mean = total / pixels
		p.SD = math.Sqrt(max(0, totalSquare/pixels-p.Mean*p.Mean))
	}
	return p
}

// Brightness returns the mean level of each picture, 0 to 255.
func Brightness(s *dataset.Set) []float32 {
	levels := make([]float32, s.Len())
	for i := range levels {
		sum := 0
		for _, v := range s.Image(i) {
			sum += int(v)
		}
		levels[i] = float32(sum) / float32(s.H*s.W)
	}
	return levels
}

// inChunks calls work for consecutive parts of 0…n, on all cores, in no fixed
// order. It stops handing out parts when work returns false.
func inChunks(n, size int, work func(from, to int) bool) {
	var next atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+size-1)/size) {
		wg.Go(func() {
			for !stop.Load() {
				from := int(next.Add(int64(size))) - size
				if from >= n {
					return
				}
				if !work(from, min(from+size, n)) {
					stop.Store(true)
				}
			}
		})
	}
	wg.Wait()
}
