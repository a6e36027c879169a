package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/recognise"
	"atelier/ml/report"
)

// modelFlag chooses the model.
type modelFlag struct {
	Model string `help:"Model file or run folder (the model that comes with the program)." type:"path" placeholder:"F"`
}

func (f modelFlag) load() (*modelfile.Model, error) {
	if f.Model == "" {
		return recognise.Bundled()
	}
	return loadModel(f.Model)
}

// loadModel reads a model file, or the model of a run folder.
func loadModel(path string) (*modelfile.Model, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fit.LoadModel(path)
	}
	return modelfile.Load(path)
}

type evaluateCommand struct {
	dataFlag
	modelFlag
	engineFlags
	Variations bool   `help:"Answer as Classify does: average over small variations of each picture, and refuse what looks like no garment."`
	Report     string `help:"Also write a report: F.html or F.pdf." type:"path" placeholder:"F"`
	JSON       bool   `help:"Print one JSON object."`
}

// evaluation is the JSON form of the figures.
type evaluation struct {
	Images           int               `json:"images"`
	Loss             float64           `json:"loss"`
	Accuracy         float64           `json:"accuracy"`
	AccuracyInterval metrics.Interval  `json:"accuracy_interval"`
	Top2             float64           `json:"top2"`
	Top3             float64           `json:"top3"`
	CalibrationError float64           `json:"calibration_error"`
	PerClass         []classFigures    `json:"per_class"`
	Macro            metrics.Scores    `json:"macro"`
	Weighted         metrics.Scores    `json:"weighted"`
	Confusion        metrics.Confusion `json:"confusion"`
	Refused          *int              `json:"refused,omitempty"` // with variations
	ImagesPerSecond  float64           `json:"images_per_second"`
	Seconds          float64           `json:"seconds"`
}

type classFigures struct {
	Class int    `json:"class"`
	Name  string `json:"name"`
	metrics.Scores
}

func (c *evaluateCommand) Run(ctx context.Context, out *output) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	options.MaxBatch = engine.DefaultMaxBatch
	model, err := c.load()
	if err != nil {
		return err
	}
	data, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	if !slices.Equal(model.Classes, data.Classes) {
		out.note("Note: the model's classes are %s, the dataset's are %s.", strings.Join(model.Classes, ", "), strings.Join(data.Classes, ", "))
	}
	start := time.Now()
	var p *metrics.Predictions
	var refused *int
	if c.Variations {
		p, refused, err = predictVariations(ctx, model, data, options, out)
	} else {
		p, err = predictTest(ctx, model, data, options, out)
	}
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	if c.Report != "" {
		r := report.Report{Model: model, Data: data, Predictions: *p, Created: time.Now()}
		if err := r.Save(c.Report); err != nil {
			return err
		}
		out.note("Report: %s", c.Report)
	}

	s := p.Summary()
	e := evaluation{
		Images:           s.Pictures,
		Loss:             s.Loss,
		Accuracy:         s.Accuracy,
		AccuracyInterval: s.Interval,
		Top2:             s.Top2,
		Top3:             s.Top3,
		CalibrationError: s.Calibration.ECE,
		Macro:            s.Report.Macro,
		Weighted:         s.Report.Weighted,
		Confusion:        s.Confusion,
		Refused:          refused,
		ImagesPerSecond:  float64(s.Pictures) / seconds,
		Seconds:          seconds,
	}
	for i, scores := range s.Report.PerClass {
		e.PerClass = append(e.PerClass, classFigures{Class: i, Name: model.Classes[i], Scores: scores})
	}
	if c.JSON {
		return out.object(e)
	}
	return e.print(out)
}

// predictVariations answers about the test pictures as Classify does. refused is
// how many are taken for no garment.
func predictVariations(ctx context.Context, model *modelfile.Model, data *dataset.Data, o engine.Options, out *output) (p *metrics.Predictions, refused *int, err error) {
	if err := fits(model, data); err != nil {
		return nil, nil, err
	}
	r, err := recognise.New(model, recognise.Options{Threads: o.Threads, Kernel: o.Kernel})
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	bar := out.bar("Evaluating")
	defer bar.clear()
	probs, n, err := r.Pictures(ctx, data.Test, func(done, total int) { bar.part(int64(done), int64(total)) })
	if err != nil {
		return nil, nil, err
	}
	all, err := metrics.New(probs, data.Test.Labels, len(model.Classes))
	return &all, &n, err
}

func (e evaluation) print(out *output) error {
	w := tabwriter.NewWriter(out.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	err := out.print("%s test pictures: loss %.4f, accuracy %.2f %% (95 %% interval %.2f to %.2f %%)\n\n",
		nn.Thousands(int64(e.Images)), e.Loss, 100*e.Accuracy, 100*e.AccuracyInterval.Low, 100*e.AccuracyInterval.High)
	if err != nil {
		return err
	}
	if e.Refused != nil {
		if err := out.print("%s of them are refused.\n\n", nn.Thousands(int64(*e.Refused))); err != nil {
			return err
		}
	}
	row("Class\tPrecision\tRecall\tF1\tPictures\t")
	for _, c := range e.PerClass {
		row("%s\t%.3f\t%.3f\t%.3f\t%d\t", c.Name, c.Precision, c.Recall, c.F1, c.Support)
	}
	row("Mean\t%.3f\t%.3f\t%.3f\t%d\t", e.Macro.Precision, e.Macro.Recall, e.Macro.F1, e.Macro.Support)
	if err := w.Flush(); err != nil {
		return err
	}
	if err := out.print("\nConfusion matrix: a row for each class, a column for each answer.\n\n"); err != nil {
		return err
	}
	for i, counts := range e.Confusion {
		fmt.Fprintf(w, "%s\t", e.PerClass[i].Name)
		for _, n := range counts {
			fmt.Fprintf(w, "%d\t", n)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
