package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Config says what to measure. Zero fields mean the defaults named.
type Config struct {
	Network   nn.Network
	Optimizer engine.Optimizer // sgd
	Batch     int              // images a training step; 256
	Time      time.Duration    // for each measurement; 3 s
	Options   engine.Options   // threads, kernel
}

func (c Config) withDefaults() Config {
	if c.Batch == 0 {
		c.Batch = 256
	}
	if c.Time == 0 {
		c.Time = 3 * time.Second
	}
	c.Options.MaxBatch = max(c.Options.MaxBatch, c.Batch)
	return c
}

// Result is what Measure found. Its JSON form is what the headless program
// prints.
//
// TrainGFLOPS counts the arithmetic of the plain definitions, three forward
// passes an image. Winograd's filtering does with less, so that networks of
// many 3×3 convolutions may come out above the machine's ceiling.
type Result struct {
	Network                 string  `json:"network,omitempty"`
	TrainImagesPerSecond    float64 `json:"train_images_per_second"`
	EvaluateImagesPerSecond float64 `json:"evaluate_images_per_second"`
	PredictOneMS            float64 `json:"predict_one_ms"` // one image alone
	PeakRSSMB               float64 `json:"peak_rss_mb"`    // of this process so far, everything included
	Threads                 int     `json:"threads"`
	Kernel                  string  `json:"kernel"`
	Batch                   int     `json:"batch"`
	Parameters              int     `json:"parameters"`
	TrainGFLOPS             float64 `json:"train_gflops"` // see below
	PlannedMB               float64 `json:"planned_mb"`   // buffers and weights of the training program
}

// Measure times training steps, evaluation and single predictions on the
// training pictures of data, whose shape and classes the network must fit.
func Measure(ctx context.Context, data *dataset.Data, c Config) (Result, error) {
	c = c.withDefaults()
	r := Result{Network: c.Network.Name, Batch: c.Batch}
	if err := fits(data, c.Network); err != nil {
		return r, err
	}
	weights, err := engine.NewWeights(c.Network, c.Options.Seed)
	if err != nil {
		return r, err
	}
	r.Parameters = weights.Count()
	if err := c.train(ctx, data, weights, &r); err != nil {
		return r, err
	}
	if err := c.predict(ctx, data, weights, &r); err != nil {
		return r, err
	}
	r.PeakRSSMB = peakRSS() / 1e6
	return r, nil
}

func fits(data *dataset.Data, net nn.Network) error {
	classes, err := net.Classes()
	if err != nil {
		return err
	}
	in := nn.Shape{H: data.Train.H, W: data.Train.W, C: 1}
	if net.Input != in || classes != len(data.Classes) {
		return fmt.Errorf("the network takes %s and tells %d classes apart, the dataset has %s and %d", net.Input, classes, in, len(data.Classes))
	}
	if data.Train.Len() == 0 {
		return fmt.Errorf("the dataset %s has no training pictures", data.Name)
	}
	return nil
}

// train measures whole training steps: assembling the batch, forward,
// backward, optimiser.
func (c Config) train(ctx context.Context, data *dataset.Data, weights engine.Weights, r *Result) error {
	trainer, err := engine.NewTrainer(c.Network, weights, c.Optimizer, c.Options)
	if err != nil {
		return err
	}
	defer trainer.Close()
	info := trainer.Info()
	r.Threads, r.Kernel, r.PlannedMB = info.Threads, info.Kernel, float64(info.Memory)/1e6

	p := newPictures(data.Train, c.Batch, len(data.Classes))
	seconds, err := median(ctx, c.Time, func() error {
		p.next()
		_, err := trainer.Step(engine.Batch{X: p.x, Targets: p.targets}, 0.01)
		return err
	})
	if err != nil {
		return err
	}
	r.TrainImagesPerSecond = float64(c.Batch) / seconds
	flops, err := c.Network.FLOPs()
	r.TrainGFLOPS = 3 * float64(flops) * r.TrainImagesPerSecond / 1e9
	return err
}

func (c Config) predict(ctx context.Context, data *dataset.Data, weights engine.Weights, r *Result) error {
	predictor, err := engine.NewPredictor(c.Network, weights, c.Options)
	if err != nil {
		return err
	}
	defer predictor.Close()
	classes := len(data.Classes)
	probs := make([]float32, c.Batch*classes)
	p := newPictures(data.Train, c.Batch, classes)
	seconds, err := median(ctx, c.Time, func() error {
		p.next()
		return predictor.Predict(p.x, c.Batch, probs)
	})
	if err != nil {
		return err
	}
	r.EvaluateImagesPerSecond = float64(c.Batch) / seconds
	one := newPictures(data.Train, 1, classes)
	seconds, err = median(ctx, c.Time/3, func() error {
		one.next()
		return predictor.Predict(one.x, 1, probs)
	})
	r.PredictOneMS = 1000 * seconds
	return err
}

// pictures hands out batches of a set in order, again and again.
type pictures struct {
	set        *dataset.Set
	indices    []int
	x, targets []float32
	classes    int
	at         int
}

func newPictures(set *dataset.Set, batch, classes int) *pictures {
	return &pictures{
		set: set, classes: classes,
		indices: make([]int, batch),
		x:       make([]float32, batch*set.H*set.W),
		targets: make([]float32, batch*classes),
	}
}

func (p *pictures) next() {
	for i := range p.indices {
		p.indices[i] = p.at % p.set.Len()
		p.at++
	}
	dataset.Fill(p.x, p.set, p.indices)
	dataset.OneHot(p.targets, p.set, p.indices, p.classes)
}

// median runs work for about the given time, at least five times after three
// that do not count, and returns the median duration in seconds.
func median(ctx context.Context, limit time.Duration, work func() error) (float64, error) {
	var durations []time.Duration
	start := time.Now()
	for i := 0; len(durations) < 5 || time.Since(start) < limit; i++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		began := time.Now()
		if err := work(); err != nil {
			return 0, err
		}
		if i >= 3 {
			durations = append(durations, time.Since(began))
		}
	}
	return middle(durations).Seconds(), nil
}

func middle[T time.Duration | float64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
