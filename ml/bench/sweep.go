package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

// A Dimension is what a sweep varies.
type Dimension string

// The dimensions.
const (
	Shapes  Dimension = "shapes"  // the ready-made networks
	Threads Dimension = "threads" // 1 and 2 up to the configured number
	Batch   Dimension = "batch"   // 32 to 1,024 images a step
	Images  Dimension = "images"  // whole epochs over 6,000 to 60,000 images
	Width   Dimension = "width"   // once to four times the filters and units
	Augment Dimension = "augment" // each kind of augmentation, at its strongest
)

// Dimensions lists them.
func Dimensions() []Dimension { return []Dimension{Shapes, Threads, Batch, Images, Width, Augment} }

// Row is one measurement of a sweep.
type Row struct {
	Dimension Dimension `json:"dimension"`
	Value     string    `json:"value"`
	Result
	MicrosecondsPerImage float64 `json:"train_us_per_image"`
	Relative             float64 `json:"relative"` // that time, as a multiple of the first row's
}

// Sweep measures c along one dimension and hands over each row when it is done.
func Sweep(ctx context.Context, data *dataset.Data, c Config, d Dimension, report func(Row)) error {
	c = c.withDefaults()
	first := 0.0
	add := func(value string, r Result, err error) error {
		if err != nil {
			return fmt.Errorf("%s %s: %w", d, value, err)
		}
		time := 1e6 / r.TrainImagesPerSecond
		if first == 0 {
			first = time
		}
		report(Row{Dimension: d, Value: value, Result: r, MicrosecondsPerImage: time, Relative: time / first})
		return nil
	}
	measure := func(value string, c Config) error {
		r, err := Measure(ctx, data, c)
		return add(value, r, err)
	}
	switch d {
	case Shapes:
		for _, preset := range nn.Presets() {
			c.Network = preset.Build(c.Network.Input, len(data.Classes))
			if err := measure(preset.Name, c); err != nil {
				return err
			}
		}
	case Threads:
		most := c.Options.Threads
		if most == 0 {
			most = 2
		}
		for n := 1; n <= most; n *= 2 {
			c.Options.Threads = n
			if err := measure(fmt.Sprint(n), c); err != nil {
				return err
			}
		}
	case Batch:
		for n := 32; n <= 1024; n *= 2 {
			c.Batch, c.Options.MaxBatch = n, n
			if err := measure(fmt.Sprint(n), c); err != nil {
				return err
			}
		}
	case Images:
		for _, n := range []int{6000, 15000, 30000, 60000} {
			if n > data.Train.Len() {
				break
			}
			r, err := c.epoch(ctx, data, n)
			if err := add(fmt.Sprint(n), r, err); err != nil {
				return err
			}
		}
	case Width:
		for factor := 1; factor <= 4; factor *= 2 {
			wide := c
			wide.Network = widened(c.Network, factor)
			if err := measure(fmt.Sprintf("×%d", factor), wide); err != nil {
				return err
			}
		}
	case Augment:
		for _, kind := range augmentations {
			r, err := c.augmented(ctx, data, kind.augment)
			if err := add(kind.name, r, err); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("unknown dimension %q: choose one of %v", d, Dimensions())
	}
	return nil
}

// augmentations are measured each at its strongest: every picture is changed.
var augmentations = []struct {
	name    string
	augment dataset.Augment
}{
	{"none", dataset.Augment{}},
	{"shift and flip", dataset.Augment{Shift: 2, Flip: true}},
	{"rotation and scale", dataset.Augment{Rotation: 15, Scale: 0.15}},
	{"erasing", dataset.Augment{Erasing: 1}},
	{"mixup", dataset.Augment{Mixup: 0.2}},
	{"redraw", dataset.Augment{Garment: dataset.Garment{Redraw: 1}}},
	{"wobble", dataset.Augment{Garment: dataset.Garment{Wobble: 1}}},
	{"thickness", dataset.Augment{Garment: dataset.Garment{Thickness: 1}}},
	{"tone", dataset.Augment{Garment: dataset.Garment{Tone: 1}}},
	{"background", dataset.Augment{Garment: dataset.Garment{Background: 1}}},
	{"outlier", dataset.Augment{Garment: dataset.Garment{Outlier: 1}}},
}

// epoch trains one whole epoch over the first n images through the same loader
// that the training loop uses, shuffling included.
func (c Config) epoch(ctx context.Context, data *dataset.Data, n int) (Result, error) {
	t, err := c.newTraining(data, n, dataset.Augment{})
	if err != nil {
		return Result{}, err
	}
	defer t.trainer.Close()
	loader := t.feed.Epoch(ctx, 0, 0)
	defer loader.Close()
	start := time.Now()
	for {
		switch err := t.step(loader); {
		case errors.Is(err, io.EOF):
			return t.result(c, float64(n)/time.Since(start).Seconds())
		case err != nil:
			return Result{}, err
		}
	}
}

// augmented measures training steps with pictures that the loader changes, which
// it does while the step before runs.
func (c Config) augmented(ctx context.Context, data *dataset.Data, a dataset.Augment) (Result, error) {
	t, err := c.newTraining(data, data.Train.Len()/c.Batch*c.Batch, a)
	if err != nil {
		return Result{}, err
	}
	defer t.trainer.Close()
	epoch := 0
	loader := t.feed.Epoch(ctx, epoch, 0)
	defer func() { loader.Close() }()
	seconds, err := median(ctx, c.Time, func() error {
		err := t.step(loader)
		if !errors.Is(err, io.EOF) {
			return err
		}
		loader.Close()
		epoch++
		loader = t.feed.Epoch(ctx, epoch, 0)
		return t.step(loader)
	})
	if err != nil {
		return Result{}, err
	}
	return t.result(c, float64(c.Batch)/seconds)
}

// training is a trainer and what feeds it.
type training struct {
	trainer    *engine.Trainer
	feed       dataset.Feed
	parameters int
}

// newTraining prepares to train on the first n images.
func (c Config) newTraining(data *dataset.Data, n int, a dataset.Augment) (*training, error) {
	if err := fits(data, c.Network); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fmt.Errorf("the dataset %s has no batch of %d training pictures", data.Name, c.Batch)
	}
	weights, err := engine.NewWeights(c.Network, c.Options.Seed)
	if err != nil {
		return nil, err
	}
	trainer, err := engine.NewTrainer(c.Network, weights, c.Optimizer, c.Options)
	if err != nil {
		return nil, err
	}
	feed := dataset.Feed{Set: data.Train, Indices: make([]int, n), Classes: len(data.Classes), Batch: c.Batch, Augment: a}
	for i := range feed.Indices {
		feed.Indices[i] = i
	}
	return &training{trainer, feed, weights.Count()}, nil
}

// step trains on the loader's next batch; io.EOF after the last one.
func (t *training) step(loader *dataset.Loader) error {
	b, err := loader.Next()
	if err == nil {
		_, err = t.trainer.Step(engine.Batch{X: b.X, Targets: b.Targets}, 0.01)
	}
	return err
}

func (t *training) result(c Config, speed float64) (Result, error) {
	info := t.trainer.Info()
	flops, err := c.Network.FLOPs()
	return Result{
		Network: c.Network.Name, Batch: c.Batch, Threads: info.Threads, Kernel: info.Kernel, Parameters: t.parameters,
		TrainImagesPerSecond: speed, TrainGFLOPS: 3 * float64(flops) * speed / 1e9,
		PeakRSSMB: peakRSS() / 1e6, PlannedMB: float64(info.Memory) / 1e6,
	}, err
}

// widened multiplies the filters and units of every layer but the last.
func widened(net nn.Network, factor int) nn.Network {
	net = net.Clone()
	for i, layer := range net.Layers[:len(net.Layers)-1] {
		switch l := layer.(type) {
		case nn.Conv2D:
			l.Filters *= factor
			net.Layers[i] = l
		case nn.SeparableConv2D:
			l.Filters *= factor
			net.Layers[i] = l
		case nn.Residual:
			l.Filters *= factor
			net.Layers[i] = l
		case nn.Dense:
			l.Units *= factor
			net.Layers[i] = l
		}
	}
	return net
}

// WriteTable writes rows as an aligned table for people.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "what\ttrain images/s\tµs an image\tof the first\tGFLOP/s\tevaluate images/s\tone image ms\tbuffers MB\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%s %s\t%.0f\t%.1f\t%.0f %%\t%.1f\t%s\t%s\t%.0f\t\n", r.Dimension, r.Value,
			r.TrainImagesPerSecond, r.MicrosecondsPerImage, 100*r.Relative, r.TrainGFLOPS,
			measured("%.0f", r.EvaluateImagesPerSecond), measured("%.2f", r.PredictOneMS), r.PlannedMB)
	}
	return t.Flush()
}

// measured leaves a dash where a sweep does not measure something.
func measured(format string, v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf(format, v)
}
