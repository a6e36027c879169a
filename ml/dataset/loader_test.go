package dataset_test

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"atelier/ml/dataset"
)

// epoch collects copies of all batches from first on.
func epoch(t *testing.T, f dataset.Feed, epoch, first int) []dataset.Batch {
	t.Helper()
	l := f.Epoch(context.Background(), epoch, first)
	defer l.Close()
	var all []dataset.Batch
	for {
		b, err := l.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b.X, b.Targets = slices.Clone(b.X), slices.Clone(b.Targets)
		all = append(all, b)
	}
}

func feed(t *testing.T, a dataset.Augment) dataset.Feed {
	s := sample(t).Test
	train, _ := dataset.Split(s, 0.2, true, 1)
	return dataset.Feed{Set: s, Indices: train, Classes: 10, Batch: 96, Augment: a, Seed: 5}
}

func same(a, b dataset.Batch) bool {
	return a.Index == b.Index && a.N == b.N && slices.Equal(a.X, b.X) && slices.Equal(a.Targets, b.Targets)
}

var everything = dataset.Augment{Shift: 2, Flip: true, Rotation: 10, Scale: 0.1, Erasing: 0.5, Mixup: 0.4}

// Without augmentation the batches are the pictures and labels in the epoch's
// order, the last one partial.
func TestLoaderPlain(t *testing.T) {
	f := feed(t, dataset.Augment{})
	order := dataset.Order(f.Indices, 3, f.Seed)
	got := epoch(t, f, 3, 0)
	if len(got) != 9 || f.Steps() != 9 || got[8].N != 800-8*96 {
		t.Fatalf("%d batches, %d steps, the last of %d", len(got), f.Steps(), got[8].N)
	}
	for k, indices := range dataset.Batches(order, 96) {
		x, y := make([]float32, len(indices)*784), make([]float32, len(indices)*10)
		dataset.Fill(x, f.Set, indices)
		dataset.OneHot(y, f.Set, indices, 10)
		if !same(got[k], dataset.Batch{Index: k, N: len(indices), X: x, Targets: y}) {
			t.Errorf("batch %d is not what the order says", k)
		}
	}
}

// Taken up at any batch, an epoch goes on as if it had not been interrupted.
func TestLoaderResumes(t *testing.T) {
	f := feed(t, everything)
	whole := epoch(t, f, 2, 0)
	for first := range len(whole) + 1 {
		if rest := epoch(t, f, 2, first); !slices.EqualFunc(rest, whole[first:], same) {
			t.Errorf("from batch %d on the epoch differs", first)
		}
	}
	if slices.EqualFunc(whole, epoch(t, f, 1, 0), same) {
		t.Error("two epochs are the same")
	}
}

// What Apply previews is what a batch holds.
func TestLoaderMatchesPreview(t *testing.T) {
	a := everything
	a.Mixup = 0
	f := feed(t, a)
	order := dataset.Order(f.Indices, 1, f.Seed)
	want := make([]float32, 784)
	for _, b := range epoch(t, f, 1, 0) {
		for k := range b.N {
			position := b.Index*f.Batch + k
			a.Apply(want, f.Set.Image(order[position]), 28, 28, f.Seed, 1, position)
			if !slices.Equal(want, b.X[k*784:(k+1)*784]) {
				t.Fatalf("position %d is not as previewed", position)
			}
		}
	}
}

func TestLoaderSmoothing(t *testing.T) {
	f := feed(t, dataset.Augment{})
	f.Smoothing = 0.1
	for _, b := range epoch(t, f, 0, 0) {
		for i, v := range b.Targets {
			if v != 0.01 && math.Abs(float64(v)-0.91) > 1e-6 {
				t.Fatalf("target %d is %v, want 0.01 or 0.91", i, v)
			}
		}
	}
}

// Mixup blends a picture and its target by the same part.
func TestLoaderMixup(t *testing.T) {
	f := feed(t, dataset.Augment{Mixup: 0.4})
	order := dataset.Order(f.Indices, 0, f.Seed)
	blended := 0
	for _, b := range epoch(t, f, 0, 0) {
		indices := order[b.Index*f.Batch:][:b.N]
		for k, i := range indices {
			j := indices[(k+1)%b.N]
			target := b.Targets[k*10 : (k+1)*10]
			var sum float64
			for _, v := range target {
				sum += float64(v)
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Fatalf("targets sum to %v", sum)
			}
			if f.Set.Labels[i] == f.Set.Labels[j] {
				continue
			}
			part := float64(target[f.Set.Label(j)])
			if part > 0.05 && part < 0.95 {
				blended++
			}
			for p := range 784 {
				want := (float64(f.Set.Image(i)[p])*(1-part) + float64(f.Set.Image(j)[p])*part) / 255
				if got := float64(b.X[k*784+p]); math.Abs(got-want) > 1e-5 {
					t.Fatalf("batch %d, picture %d, pixel %d is %v, want %v", b.Index, k, p, got, want)
				}
			}
		}
	}
	if blended < 100 {
		t.Errorf("only %d pictures were blended", blended)
	}
}

func TestLoaderCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l := feed(t, everything).Epoch(ctx, 0, 0)
	defer l.Close()
	if _, err := l.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := l.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLoaderCloseEarly(t *testing.T) {
	l := feed(t, everything).Epoch(context.Background(), 0, 0)
	l.Close()
	l.Close()
	if _, err := l.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("after Close: %v", err)
	}
}

func BenchmarkLoader(b *testing.B) {
	s := sample(b).Train
	indices, _ := dataset.Split(s, 0, false, 1)
	for name, a := range map[string]dataset.Augment{"plain": {}, "everything": everything} {
		b.Run(name, func(b *testing.B) {
			f := dataset.Feed{Set: s, Indices: indices, Classes: 10, Batch: 256, Augment: a}
			for n := 0; n < b.N; n += s.Len() {
				l := f.Epoch(context.Background(), n, 0)
				for {
					if _, err := l.Next(); err != nil {
						break
					}
				}
				l.Close()
			}
		})
	}
}
