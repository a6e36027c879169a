package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"atelier/ml/bench"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

type benchCommand struct {
	dataFlag
	networkFlags
	engineFlags
	Batch     int           `help:"Pictures in a training step." default:"256" placeholder:"N"`
	Optimizer string        `help:"${optimizers}." default:"sgd" placeholder:"NAME"`
	Time      time.Duration `help:"Time for each measurement." default:"3s" placeholder:"3s"`
	Rival     string        `help:"Run another program's 'bench' in turn with this one and print the ratios." type:"existingfile" placeholder:"PROGRAM" xor:"what"`
	Rounds    int           `help:"Turns taken with --rival." default:"3" placeholder:"N"`
	Sgemm     bool          `help:"Measure this machine's ceilings instead: large matrix products and memory." xor:"what"`
	Table     string        `help:"Measure along one dimension instead: ${dimensions}." placeholder:"DIMENSION" xor:"what"`
	JSON      bool          `help:"Print one JSON object a line."`
}

// benchReport is the JSON form of a plain measurement.
type benchReport struct {
	bench.Result
	LoadSeconds float64 `json:"load_seconds"` // opening the dataset
}

func (c *benchCommand) Run(ctx context.Context, out *output) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	switch {
	case c.Batch < 1:
		return usageError{fmt.Errorf("--batch: a batch of %d pictures makes no sense; choose 1 or more", c.Batch)}
	case c.Time <= 0:
		return usageError{fmt.Errorf("--time: %v is no time to measure in; choose 1s or so", c.Time)}
	case c.Rounds < 1:
		return usageError{fmt.Errorf("--rounds: %d rounds measure nothing; choose 1 or more", c.Rounds)}
	case c.Table != "" && !slices.Contains(bench.Dimensions(), bench.Dimension(c.Table)):
		return usageError{fmt.Errorf("--table: unknown dimension %q; choose one of %s", c.Table, join(bench.Dimensions()))}
	}
	optimizer := engine.Optimizer{Name: c.Optimizer}
	if err := optimizer.Validate(); err != nil {
		return usageError{fmt.Errorf("--optimizer: %w", err)}
	}
	if c.Sgemm {
		return c.ceiling(ctx, options, out)
	}

	began := time.Now()
	data, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	load := time.Since(began).Seconds()
	config := bench.Config{Optimizer: optimizer, Batch: c.Batch, Time: c.Time, Options: options}
	if config.Network, err = c.network(data); err != nil {
		return err
	}
	switch {
	case c.Rival != "":
		return c.rival(ctx, data, config, out)
	case c.Table != "":
		return c.table(ctx, data, config, out)
	}
	r, err := bench.Measure(ctx, data, config)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.object(benchReport{r, load})
	}
	return errors.Join(
		out.print("Network %s, %s parameters, batches of %d, %d threads, kernel %s\n", r.Network, nn.Thousands(int64(r.Parameters)), r.Batch, r.Threads, r.Kernel),
		out.print("Training    %8.0f images/s, %.0f GFLOP/s\n", r.TrainImagesPerSecond, r.TrainGFLOPS),
		out.print("Evaluation  %8.0f images/s\n", r.EvaluateImagesPerSecond),
		out.print("One image   %8.3f ms\n", r.PredictOneMS),
		out.print("Memory      %8.0f MB at most\n", r.PeakRSSMB),
		out.print("Dataset     %8.2f s to open\n", load),
	)
}

func (c *benchCommand) ceiling(ctx context.Context, o engine.Options, out *output) error {
	ceiling, err := bench.Sgemm(ctx, o, c.Time)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.object(ceiling)
	}
	err = out.print("Matrix products of size %d: %.0f GFLOP/s, kernel %s, %d threads\n", ceiling.Size, ceiling.GFLOPS, ceiling.Kernel, ceiling.Threads)
	if err == nil && ceiling.OpenBLASGFLOPS > 0 {
		err = out.print("OpenBLAS: %.0f GFLOP/s\n", ceiling.OpenBLASGFLOPS)
	}
	return errors.Join(err, out.print("Memory: %.0f GB/s\n", ceiling.MemoryGBS))
}

func (c *benchCommand) rival(ctx context.Context, data *dataset.Data, config bench.Config, out *output) error {
	r, err := bench.Rival(ctx, data, config, c.Rival, c.Rounds, func(who string, r bench.Result) {
		out.note("%-5s  train %.0f images/s, evaluate %.0f images/s, one image %.3f ms", who, r.TrainImagesPerSecond, r.EvaluateImagesPerSecond, r.PredictOneMS)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return out.object(r)
	}
	w := tabwriter.NewWriter(out.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "Median of %d\tours\trival\tours is better by\t\n", r.Rounds)
	fmt.Fprintf(w, "train, images/s\t%.0f\t%.0f\t%.2f×\t\n", r.Ours.TrainImagesPerSecond, r.Rival.TrainImagesPerSecond, r.Train)
	fmt.Fprintf(w, "evaluate, images/s\t%.0f\t%.0f\t%.2f×\t\n", r.Ours.EvaluateImagesPerSecond, r.Rival.EvaluateImagesPerSecond, r.Evaluate)
	fmt.Fprintf(w, "one image, ms\t%.3f\t%.3f\t%.2f×\t\n", r.Ours.PredictOneMS, r.Rival.PredictOneMS, r.PredictOne)
	if err := w.Flush(); err != nil {
		return err
	}
	return out.print("Training reaches %.0f %% of this machine's ceiling of %.0f GFLOP/s.\n", 100*r.CeilingShare, r.Ceiling.Best())
}

func (c *benchCommand) table(ctx context.Context, data *dataset.Data, config bench.Config, out *output) error {
	var rows []bench.Row
	var writing error
	err := bench.Sweep(ctx, data, config, bench.Dimension(c.Table), func(r bench.Row) {
		if c.JSON {
			writing = errors.Join(writing, out.object(r))
			return
		}
		out.note("%s %s: train %.0f images/s", r.Dimension, r.Value, r.TrainImagesPerSecond)
		rows = append(rows, r)
	})
	if err = errors.Join(err, writing); err != nil || c.JSON {
		return err
	}
	return bench.WriteTable(out.stdout, rows)
}
