package atlas_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/metrics"
)

func sample(t testing.TB) *dataset.Data {
	t.Helper()
	d, err := openSample()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var openSample = sync.OnceValues(dataset.Sample)

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestMeasure(t *testing.T) {
	s := sample(t).Test
	p := atlas.Measure(s, 11)
	var sum, square float64
	classSum := make([]float64, 784)
	for i := range s.Len() {
		for j, v := range s.Image(i) {
			sum += float64(v)
			square += float64(v) * float64(v)
			if s.Label(i) == 3 {
				classSum[j] += float64(v)
			}
		}
	}
	n := float64(len(s.Images))
	if !near(p.Mean, sum/n, 1e-9) || !near(p.SD, math.Sqrt(square/n-sum/n*sum/n), 1e-6) {
		t.Errorf("mean %v and deviation %v", p.Mean, p.SD)
	}
	for j, v := range p.ClassMean[3] {
		if !near(float64(v), classSum[j]/100, 0.5) {
			t.Fatalf("pixel %d of the mean dress is %d, want %.2f", j, v, classSum[j]/100)
		}
	}
	if p.Counts[3] != 100 || p.Counts[10] != 0 || p.ClassMean[10] != nil || !math.IsNaN(p.ClassGrey[10]) {
		t.Errorf("counts %v, mean of no pictures %v", p.Counts, p.ClassMean[10])
	}
	levels := 0
	for _, c := range p.Levels {
		levels += c
	}
	if levels != len(s.Images) || p.Levels[0] < levels/4 {
		t.Errorf("%d levels, %d of them 0", levels, p.Levels[0])
	}
}

// The figures that everyone normalises Fashion-MNIST with: 0.2860 and 0.3530.
func TestMeasureKnownFigures(t *testing.T) {
	d, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Source.Published() {
		t.Skip("Fashion-MNIST is not installed (Debian package dataset-fashion-mnist)")
	}
	if p := atlas.Measure(d.Train, 10); !near(p.Mean/255, 0.2860, 1e-4) || !near(p.SD/255, 0.3530, 1e-4) {
		t.Errorf("mean %.4f, deviation %.4f", p.Mean/255, p.SD/255)
	}
}

func TestBrightness(t *testing.T) {
	s := &dataset.Set{H: 1, W: 2, Images: []byte{0, 0, 10, 20, 255, 255}, Labels: []byte{0, 0, 0}}
	if got := atlas.Brightness(s); !slices.Equal(got, []float32{0, 15, 255}) {
		t.Errorf("got %v", got)
	}
}

// planted returns sets a and b with known duplicates: a[3] = b[8] = b[9] and
// a[5] is nearly b[2].
func planted(t *testing.T) (a, b *dataset.Set) {
	d := sample(t)
	a, b = d.Test.Subset(upTo(10)), d.Train.Subset(upTo(20))
	copy(b.Image(8), a.Image(3))
	copy(b.Image(9), a.Image(3))
	copy(b.Image(2), a.Image(5))
	b.Image(2)[400] ^= 28 // one pixel of 784: a distance of 28/√784 = 1, or a little more
	return a, b
}

func TestDuplicates(t *testing.T) {
	a, b := planted(t)
	if got := atlas.Duplicates(a, b); !slices.Equal(got, []atlas.Pair{{A: 3, B: 8}}) {
		t.Errorf("got %v", got)
	}
	if got := atlas.Repeats(b); len(got) != 1 || !slices.Equal(got[0], []int{8, 9}) {
		t.Errorf("got %v", got)
	}
	if got := atlas.Repeats(a); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestNearDuplicatesPlanted(t *testing.T) {
	a, b := planted(t)
	got, err := atlas.NearDuplicates(context.Background(), a, b, 2, nil)
	if err != nil || len(got) != 2 || got[0] != (atlas.Pair{A: 3, B: 8}) || got[1].A != 5 || got[1].B != 2 || got[1].Distance < 0.1 || got[1].Distance > 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

// The search passes over most pictures; it must find what looking at every
// pair finds.
func TestNearDuplicatesMatchesEveryPair(t *testing.T) {
	d := sample(t)
	a, b := d.Test.Subset(upTo(150)), d.Train.Subset(upTo(600))
	for _, limit := range []float64{0, 15, 30, 60} {
		var want []atlas.Pair
		for i := range a.Len() {
			best := atlas.Pair{A: i, Distance: math.Inf(1)}
			for j := range b.Len() {
				sum := 0
				for p, v := range a.Image(i) {
					diff := int(v) - int(b.Image(j)[p])
					sum += diff * diff
				}
				if dist := math.Sqrt(float64(sum) / 784); dist < best.Distance {
					best.B, best.Distance = j, dist
				}
			}
			if best.Distance <= limit {
				want = append(want, best)
			}
		}
		slices.SortFunc(want, func(p, q atlas.Pair) int { return cmp.Or(cmp.Compare(p.Distance, q.Distance), p.A-q.A) })
		last := 0
		got, err := atlas.NearDuplicates(context.Background(), a, b, limit, func(done, total int) { last = done * 1000 / total })
		if err != nil || !slices.Equal(got, want) || last != 1000 {
			t.Errorf("limit %v: %d pairs instead of %d, error %v, progress %d ‰", limit, len(got), len(want), err, last)
		}
		if limit == 60 && len(want) < 50 {
			t.Errorf("only %d pairs to test with", len(want))
		}
	}
}

func TestNearDuplicatesCancel(t *testing.T) {
	d := sample(t)
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := atlas.NearDuplicates(ctx, d.Test, d.Train, 10, func(int, int) { calls++; cancel() })
	if !errors.Is(err, context.Canceled) || calls > 4 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

// The components are those of the whole eigenvalue problem.
func TestPCA(t *testing.T) {
	s := sample(t).Test.Subset(upTo(400))
	p := atlas.NewPCA(s, 5)
	x := mat.NewDense(400, 784, nil)
	for i := range 400 {
		for j, v := range s.Image(i) {
			x.Set(i, j, float64(v)-p.Mean[j])
		}
	}
	var cov mat.SymDense
	cov.SymOuterK(1.0/400, x.T())
	var eigen mat.EigenSym
	eigen.Factorize(&cov, true)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	for a, axis := range p.Axes {
		if want := eigen.Values(nil)[783-a] / mat.Trace(&cov); !near(p.Explained[a], want, 1e-6) {
			t.Errorf("axis %d explains %v, want %v", a, p.Explained[a], want)
		}
		if dot := math.Abs(floats.Dot(axis, mat.Col(nil, 783-a, &vectors))); !near(dot, 1, 1e-5) {
			t.Errorf("axis %d is off: %v", a, dot)
		}
	}
	points := p.Map(s, []int{7})
	if x7 := x.RawRowView(7); !near(points[0].X, floats.Dot(x7, p.Axes[0]), 0.01) || !near(points[0].Y, floats.Dot(x7, p.Axes[1]), 0.01) {
		t.Errorf("picture 7 lies at %v", points[0])
	}
}

func TestPCAOfFewOrSamePictures(t *testing.T) {
	s := sample(t).Test
	for name, indices := range map[string][]int{"one": {0}, "two": {0, 1}, "the same": {4, 4, 4, 4}} {
		p := atlas.NewPCA(s.Subset(indices), 10)
		for _, point := range p.Map(s, upTo(5)) {
			if math.IsNaN(point.X) || math.IsNaN(point.Y) {
				t.Errorf("%s: a point is %v", name, point)
			}
		}
	}
}

// On a good map most pictures lie beside one of their own class.
func TestTSNE(t *testing.T) {
	s := sample(t).Test
	indices := rand.New(rand.NewPCG(1, 1)).Perm(s.Len())[:400]
	var rounds []int
	points, err := atlas.TSNE(context.Background(), s, indices, func(round, of int, points []atlas.Point) {
		rounds = append(rounds, round)
		if len(points) != 400 {
			t.Errorf("%d points", len(points))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rounds) < 10 || !slices.IsSorted(rounds) {
		t.Errorf("reports after rounds %v", rounds)
	}
	same := 0
	for i, p := range points {
		best, at := math.Inf(1), 0
		for j, q := range points {
			if d := math.Hypot(p.X-q.X, p.Y-q.Y); j != i && d < best {
				best, at = d, j
			}
		}
		if s.Label(indices[i]) == s.Label(indices[at]) {
			same++
		}
	}
	if same < 240 { // 40 by chance
		t.Errorf("%d of 400 lie beside their own class", same)
	}
	again, err := atlas.TSNE(context.Background(), s, indices, nil)
	if err != nil || !slices.Equal(points, again) {
		t.Errorf("a second run gave another map, error %v", err)
	}
}

func TestTSNELimits(t *testing.T) {
	s := sample(t).Train
	if _, err := atlas.TSNE(context.Background(), s, upTo(atlas.MaxTSNE+1), nil); err == nil || !strings.Contains(err.Error(), "Choose 5000 or fewer") {
		t.Errorf("got %v", err)
	}
	if _, err := atlas.TSNE(context.Background(), s, upTo(3), nil); err == nil {
		t.Error("three pictures made a map")
	}
	for name, indices := range map[string][]int{"four": upTo(4), "the same": slices.Repeat([]int{1}, 20)} {
		points, err := atlas.TSNE(context.Background(), s, indices, nil)
		if err != nil || slices.ContainsFunc(points, func(p atlas.Point) bool { return math.IsNaN(p.X) || math.IsInf(p.X, 0) }) {
			t.Errorf("%s: %v, %v", name, points, err)
		}
	}
}

func TestTSNECancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, err := atlas.TSNE(ctx, sample(t).Test, upTo(200), func(int, int, []atlas.Point) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// byMean is a plain classifier: the nearer the mean picture of a class of the
// training set, the more probable is the class.
func byMean(t *testing.T, s *dataset.Set) metrics.Predictions {
	t.Helper()
	means := atlas.Measure(sample(t).Train, 10).ClassMean
	probs := make([]float32, 0, s.Len()*10)
	for i := range s.Len() {
		row := make([]float64, 10)
		for c, mean := range means {
			for j, v := range s.Image(i) {
				d := (float64(v) - float64(mean[j])) / 255
				row[c] -= d * d / 4
			}
		}
		all := floats.LogSumExp(row)
		for _, v := range row {
			probs = append(probs, float32(math.Exp(v-all)))
		}
	}
	p, err := metrics.New(probs, s.Labels, 10)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Of trousers called dresses and bags called sneakers most are found, with
// their right class.
func TestLabelErrors(t *testing.T) {
	s := sample(t).Test.Subset(upTo(1000))
	truth := slices.Clone(s.Labels)
	wrong := map[int]bool{}
	for i, l := range truth {
		if swap := map[uint8]uint8{1: 3, 8: 7}; swap[l] != 0 && len(wrong) < 30 {
			s.Labels[i] = swap[l]
			wrong[i] = true
		}
	}
	suspects := atlas.LabelErrors(byMean(t, s))
	found := 0
	for k, x := range suspects {
		if k > 0 && x.Doubt > suspects[k-1].Doubt {
			t.Errorf("suspect %d is more doubtful than the one before", k)
		}
		if x.Label != int(s.Labels[x.Index]) || x.Likely == x.Label || x.Doubt <= 0 {
			t.Errorf("%+v cannot be a suspect", x)
		}
		if wrong[x.Index] && x.Likely == int(truth[x.Index]) {
			found++
		}
	}
	if found < 20 || found*s.Len() < 2*len(wrong)*len(suspects) { // twice as many as by chance
		t.Errorf("%d of 30 wrong labels among %d suspects", found, len(suspects))
	}
}

// The measures only read the set.
func TestSetIsLeftAlone(t *testing.T) {
	s := sample(t).Test
	before := bytes.Clone(s.Images)
	atlas.Measure(s, 10)
	atlas.NewPCA(s, 2).Map(s, upTo(10))
	atlas.NearDuplicates(context.Background(), s, s, 5, nil)
	if !bytes.Equal(before, s.Images) {
		t.Error("pictures were changed")
	}
}
