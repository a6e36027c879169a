package fit

import (
	"context"
	"errors"
	"io"
	"time"

	"atelier/ml/engine"
)

// Timing is the measured speed of a job and what follows from it.
type Timing struct {
	TrainImagesPerSecond    float64
	EvaluateImagesPerSecond float64
	// Epoch is the time that one epoch with its validation will take, Run that of all epochs.
	Epoch, Run time.Duration
}

// Probe measures for about a second how fast a job would train, on real batches, and changes
// nothing.
func Probe(ctx context.Context, job Job) (Timing, error) {
	plan, err := newPlan(job.Network, job.Recipe, job.Data)
	if err != nil {
		return Timing{}, err
	}
	trainer, err := plan.trainer(job)
	if err != nil {
		return Timing{}, err
	}
	defer trainer.Close()
	predictor, err := plan.predictor(job, trainer.Weights())
	if err != nil {
		return Timing{}, err
	}
	defer predictor.Close()

	loader := plan.feed.Epoch(ctx, 0, 0)
	defer loader.Close()
	probs := make([]float32, plan.recipe.Batch*plan.classes)
	var train, evaluate speed
	const enough = 600 * time.Millisecond
	for first := true; train.time < enough; first = false {
		b, err := loader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Timing{}, err
		}
		start := time.Now()
		if _, err := trainer.Step(engine.Batch{X: b.X, Targets: b.Targets}, plan.recipe.LearningRate); err != nil {
			return Timing{}, err
		}
		stepped := time.Now()
		if err := predictor.Predict(b.X, b.N, probs[:b.N*plan.classes]); err != nil {
			return Timing{}, err
		}
		predicted := time.Now()
		if first && len(plan.train) > b.N { // the first batch warms the caches
			continue
		}
		train.add(b.N, stepped.Sub(start))
		evaluate.add(b.N, predicted.Sub(stepped))
	}
	t := Timing{TrainImagesPerSecond: train.perSecond(), EvaluateImagesPerSecond: evaluate.perSecond()}
	seconds := float64(len(plan.train))/t.TrainImagesPerSecond + float64(len(plan.val))/t.EvaluateImagesPerSecond
	t.Epoch = time.Duration(seconds * float64(time.Second))
	t.Run = t.Epoch * time.Duration(plan.recipe.Epochs)
	return t, nil
}

// speed adds up images and the time they took.
type speed struct {
	images int
	time   time.Duration
}

func (s *speed) add(images int, t time.Duration) { s.images += images; s.time += max(t, 1) }

func (s speed) perSecond() float64 {
	if s.time == 0 {
		return 0
	}
	return float64(s.images) / s.time.Seconds()
}
