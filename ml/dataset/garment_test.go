package dataset_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"atelier/ml/dataset"
)

func TestGarmentChangesPicturesAndKeepsThemInRange(t *testing.T) {
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]dataset.Garment{
		"redraw":     {Redraw: 1},
		"wobble":     {Wobble: 1},
		"thickness":  {Thickness: 1},
		"tone":       {Tone: 1},
		"background": {Background: 1},
		"outlier":    {Outlier: 1},
	} {
		t.Run(name, func(t *testing.T) {
			changed := 0
			for i := range 200 {
				original := slices.Clone(data.Train.Image(i))
				plain, got, again := make([]float32, 784), make([]float32, 784), make([]float32, 784)
				dataset.Normalise(plain, original)
				a := dataset.Augment{Garment: g}
				a.Apply(got, data.Train.Image(i), 28, 28, 7, 1, i)
				a.Apply(again, data.Train.Image(i), 28, 28, 7, 1, i)
				if !slices.Equal(got, again) {
					t.Fatalf("picture %d: the same seed gave two pictures", i)
				}
				if !bytes.Equal(original, data.Train.Image(i)) {
					t.Fatalf("picture %d of the set was written to", i)
				}
				for _, v := range got {
					if !(v >= 0 && v <= 1) {
						t.Fatalf("picture %d has the value %v", i, v)
					}
				}
				if !slices.Equal(plain, got) {
					changed++
				}
			}
			if changed < 150 {
				t.Errorf("only %d of 200 pictures were changed", changed)
			}
		})
	}
}

func TestOutliersAskForEveryClassAlike(t *testing.T) {
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	indices := make([]int, 2000)
	for i := range indices {
		indices[i] = i
	}
	feed := dataset.Feed{
		Set: data.Train, Indices: indices, Classes: 10, Batch: 2000, Seed: 3,
		Augment: dataset.Augment{Garment: dataset.Garment{Outlier: 0.25}},
	}
	loader := feed.Epoch(context.Background(), 0, 0)
	defer loader.Close()
	b, err := loader.Next()
	if err != nil {
		t.Fatal(err)
	}
	uniform := 0
	for k := range b.N {
		row := b.Targets[k*10 : (k+1)*10]
		var sum float64
		for _, v := range row {
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Fatalf("target %d sums to %v", k, sum)
		}
		if slices.Max(row) < 0.11 {
			uniform++
		}
	}
	if uniform < 400 || uniform > 600 {
		t.Errorf("%d of 2000 targets are even, want about 500", uniform)
	}
}

func TestGarmentNamesAValueOutOfRange(t *testing.T) {
	for _, v := range []float64{-0.1, 1.5, math.NaN()} {
		err := dataset.Augment{Garment: dataset.Garment{Wobble: v}}.Validate()
		if err == nil || !strings.Contains(err.Error(), "wobble") {
			t.Errorf("wobble %v: got error %v, want one that names it", v, err)
		}
	}
}
