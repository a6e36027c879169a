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
	Shapes  Dimension = "shapes"  // five ready-made networks
	Threads Dimension = "threads" // 1 and 2 up to the configured number
	Batch   Dimension = "batch"   // 32 to 1,024 images a step
	Images  Dimension = "images"  // whole epochs over 6,000 to 60,000 images
	Width   Dimension = "width"   // once to four times the filters and units
)

// Dimensions lists them.
func Dimensions() []Dimension { return []Dimension{Shapes, Threads, Batch, Images, Width} }

// Row is one measurement of a sweep.
type Row struct {
	Dimension Dimension `json:"dimension"`
	Value     string    `json:"value"`
	Result
	MicrosecondsPerImage float64 `json:"train_us_per_image"`
}

// Sweep measures c along one dimension and hands over each row when it is done.
func Sweep(ctx context.Context, data *dataset.Data, c Config, d Dimension, report func(Row)) error {
	c = c.withDefaults()
	measure := func(value string, c Config) error {
		r, err := Measure(ctx, data, c)
		if err != nil {
			return fmt.Errorf("%s %s: %w", d, value, err)
		}
		report(Row{Dimension: d, Value: value, Result: r, MicrosecondsPerImage: 1e6 / r.TrainImagesPerSecond})
		return nil
	}
	switch d {
	case Shapes:
		for _, name := range []string{"article", "small", "wide", "residual", "depthwise"} {
			preset, err := nn.PresetByName(name)
			if err != nil {
				return err
			}
			c.Network = preset.Build(c.Network.Input, len(data.Classes))
			if err := measure(name, c); err != nil {
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
			if err != nil {
				return err
			}
			report(Row{Dimension: d, Value: fmt.Sprint(n), Result: r, MicrosecondsPerImage: 1e6 / r.TrainImagesPerSecond})
		}
	case Width:
		for factor := 1; factor <= 4; factor *= 2 {
			wide := c
			wide.Network = widened(c.Network, factor)
			if err := measure(fmt.Sprintf("×%d", factor), wide); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("unknown dimension %q: choose one of %v", d, Dimensions())
	}
	return nil
}

// epoch trains one whole epoch over the first n images through the same loader
// that the training loop uses, shuffling included.
func (c Config) epoch(ctx context.Context, data *dataset.Data, n int) (Result, error) {
	weights, err := engine.NewWeights(c.Network, c.Options.Seed)
	if err != nil {
		return Result{}, err
	}
	trainer, err := engine.NewTrainer(c.Network, weights, c.Optimizer, c.Options)
	if err != nil {
		return Result{}, err
	}
	defer trainer.Close()
	feed := dataset.Feed{Set: data.Train, Indices: make([]int, n), Classes: len(data.Classes), Batch: c.Batch}
	for i := range feed.Indices {
		feed.Indices[i] = i
	}
	loader := feed.Epoch(ctx, 0, 0)
	defer loader.Close()
	start := time.Now()
	for {
		b, err := loader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Result{}, err
		}
		if _, err := trainer.Step(engine.Batch{X: b.X, Targets: b.Targets}, 0.01); err != nil {
			return Result{}, err
		}
	}
	speed := float64(n) / time.Since(start).Seconds()
	info := trainer.Info()
	flops, err := c.Network.FLOPs()
	return Result{
		Network: c.Network.Name, Batch: c.Batch, Threads: info.Threads, Kernel: info.Kernel, Parameters: weights.Count(),
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
	fmt.Fprintln(t, "what\ttrain images/s\tµs an image\tGFLOP/s\tevaluate images/s\tone image ms\tbuffers MB\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%s %s\t%.0f\t%.0f\t%.1f\t%s\t%s\t%.0f\t\n", r.Dimension, r.Value,
			r.TrainImagesPerSecond, r.MicrosecondsPerImage, r.TrainGFLOPS,
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
