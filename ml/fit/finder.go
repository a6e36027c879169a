package fit

import (
	"context"
	"errors"
	"io"
	"math"

	"atelier/ml/engine"
)

// RatePoint is one batch of a learning-rate search.
type RatePoint struct {
	Rate     float64
	Loss     float64 // of the batch
	Smoothed float64 // exponentially weighted mean, corrected for its start
}

// RateSearch is the result of [FindRate].
type RateSearch struct {
	Points []RatePoint
	// Suggested is a good rate to start with: about where the smoothed loss fell fastest; 0 when it
	// never fell.
	Suggested float64
}

// The search's range and length. The loss is smoothed as Smith (arXiv 1506.01186) and fastai do.
const (
	searchLow     = 1e-6
	searchHigh    = 10
	searchSteps   = 120
	searchSmooth  = 0.9
	searchDiverge = 4 // stop when the smoothed loss is this many times its best
)

// FindRate trains a fresh copy of the job's network for a hundred batches or so while the learning
// rate grows a little each time, from far too small to too large, and watches the loss (the range
// test of Smith, arXiv 1506.01186). The job's schedule does not matter. Each point is passed to
// progress, if not nil, as soon as it is known.
func FindRate(ctx context.Context, job Job, progress func(done, total int, p RatePoint)) (RateSearch, error) {
	plan, err := newPlan(job.Network, job.Recipe, job.Data)
	if err != nil {
		return RateSearch{}, err
	}
	trainer, err := plan.trainer(job)
	if err != nil {
		return RateSearch{}, err
	}
	defer trainer.Close()

	var search RateSearch
	mean, best := 0.0, math.Inf(1)
	step := 0
	for epoch := 0; step < searchSteps; epoch++ {
		err := func() error {
			loader := plan.feed.Epoch(ctx, epoch, 0)
			defer loader.Close()
			for step < searchSteps {
				b, err := loader.Next()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				rate := searchLow * math.Pow(searchHigh/searchLow, float64(step)/(searchSteps-1))
				r, err := trainer.Step(engine.Batch{X: b.X, Targets: b.Targets}, rate)
				if err != nil {
					return err
				}
				step++
				mean = searchSmooth*mean + (1-searchSmooth)*r.Loss
				p := RatePoint{Rate: rate, Loss: r.Loss, Smoothed: mean / (1 - math.Pow(searchSmooth, float64(step)))}
				if !finite(p.Smoothed) || p.Smoothed > searchDiverge*best {
					step = searchSteps
					return nil
				}
				best = min(best, p.Smoothed)
				search.Points = append(search.Points, p)
				if progress != nil {
					progress(step, searchSteps, p)
				}
			}
			return nil
		}()
		if err != nil {
			return RateSearch{}, err
		}
	}
	search.Suggested = suggest(search.Points)
	return search, nil
}

// suggest returns the rate where the smoothed loss falls fastest, looking at slopes over several
// points, but at most a tenth of the rate with the lowest loss: the smoothing lags behind, and
// momentum adds to that. The first points, whose mean is still noisy, do not count.
func suggest(points []RatePoint) float64 {
	const skip, reach, margin = 5, 4, 10
	rate, slope := 0.0, 0.0
	lowest := RatePoint{Smoothed: math.Inf(1)}
	for i := skip + reach; i+reach < len(points); i++ {
		if s := points[i+reach].Smoothed - points[i-reach].Smoothed; s < slope {
			rate, slope = points[i].Rate, s
		}
		if points[i].Smoothed < lowest.Smoothed {
			lowest = points[i]
		}
	}
	return min(rate, lowest.Rate/margin)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
