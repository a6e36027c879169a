package fit_test

import (
	"context"
	"errors"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/fit"
)

func TestFindRate(t *testing.T) {
	j := job(t, 600)
	var seen int
	search, err := fit.FindRate(t.Context(), j, func(done, total int, p fit.RatePoint) {
		seen++
		if done != seen || done > total {
			t.Errorf("point %d of %d comes after %d", done, total, seen-1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen != len(search.Points) || seen < 50 {
		t.Errorf("%d points, %d reported", len(search.Points), seen)
	}
	for i, p := range search.Points[1:] {
		if p.Rate <= search.Points[i].Rate {
			t.Errorf("the rate fell from %v to %v", search.Points[i].Rate, p.Rate)
		}
	}
	t.Logf("suggested %v", search.Suggested)
	if search.Suggested < 1e-4 || search.Suggested > 1 {
		t.Errorf("a rate of %v is suggested", search.Suggested)
	}

	// The suggestion must train better than a hundredth of it.
	loss := func(rate float64) float64 {
		j.Recipe.LearningRate, j.Recipe.Epochs = rate, 2
		e, _ := train(t, j, nil).Last()
		return e.Loss
	}
	if good, slow := loss(search.Suggested), loss(search.Suggested/100); good >= slow {
		t.Errorf("a loss of %v with the suggestion, %v with a hundredth of it", good, slow)
	}
}

func TestFindRateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := fit.FindRate(ctx, job(t, 200), func(done, total int, p fit.RatePoint) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestProbe(t *testing.T) {
	j := job(t, 300)
	timing, err := fit.Probe(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if timing.TrainImagesPerSecond <= 0 || timing.EvaluateImagesPerSecond <= 0 || timing.Epoch <= 0 || timing.Run != 3*timing.Epoch {
		t.Errorf("%+v", timing)
	}
}

func TestProbabilitiesStop(t *testing.T) {
	data := sample(t, 600)
	w, err := engine.NewWeights(tiny(), 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := engine.NewPredictor(tiny(), w, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	all, err := fit.Probabilities(t.Context(), p, data.Train, nil, 10, nil)
	if err != nil || len(all) != 6000 {
		t.Fatalf("%d numbers, error %v", len(all), err)
	}
	some, err := fit.Probabilities(t.Context(), p, data.Train, []int{599, 0}, 10, nil)
	if err != nil || some[0] != all[5990] || some[10] != all[0] {
		t.Errorf("other answers for chosen pictures, error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	_, err = fit.Probabilities(ctx, p, data.Train, nil, 10, func(done, total int) { calls++; cancel() })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}
