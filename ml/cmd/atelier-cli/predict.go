package main

import (
	"context"
	"errors"
	"fmt"

	"atelier/ml/recognise"
	"atelier/ml/vision"
)

type predictCommand struct {
	Images []string `arg:"" name:"image" help:"Pictures, or folders that are searched for pictures."`
	modelFlag
	engineFlags
	Kind string `help:"What the pictures are: ${kinds}." default:"auto" placeholder:"KIND"`
	JSON bool   `help:"Print one JSON object a line, in the order of the pictures."`
}

// prediction is the JSON form of an answer.
type prediction struct {
	Path          string    `json:"path"`
	Class         int       `json:"class"`
	Name          string    `json:"name"`
	Probability   float64   `json:"probability"`
	Probabilities []float64 `json:"probabilities"`
	Unknown       bool      `json:"unknown"`
	Why           string    `json:"why,omitempty"`
	Kind          string    `json:"kind"`
}

// predictionError stands for a picture that has no answer.
type predictionError struct {
	Path  string `json:"path"`
	Error string `json:"error"`
}

// Run answers for every picture; those that cannot be read make it fail after all others are done.
func (c *predictCommand) Run(ctx context.Context, out *output) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	kind, err := vision.ParseKind(c.Kind)
	if err != nil {
		return usageError{fmt.Errorf("--kind: %w", err)}
	}
	model, err := c.load()
	if err != nil {
		return err
	}
	recogniser, err := recognise.New(model, recognise.Options{Threads: options.Threads, Kernel: options.Kernel})
	if err != nil {
		return err
	}
	defer recogniser.Close()
	if !recogniser.CanRefuse() {
		out.note("This model has no rule for “not a garment”, so every picture gets a class. Training with --save makes one by the pictures held back for validation.")
	}

	type outcome struct {
		path   string
		answer recognise.Answer
		err    error
	}
	total, failed := 0, 0
	var writing error
	tell := func(o outcome) {
		total++
		if o.err != nil {
			failed++
		}
		switch {
		case writing != nil:
		case o.err != nil && c.JSON:
			writing = out.object(predictionError{o.path, o.err.Error()})
		case o.err != nil:
			out.note("%s: %v", o.path, o.err)
		case c.JSON:
			writing = out.object(newPrediction(o.path, o.answer))
		default:
			writing = out.print("%s: %s\n", o.path, sentence(o.answer, model.Classes))
		}
	}

	// An argument that leads to no picture has its line at its place among the others.
	var paths []string
	astray := map[int][]outcome{} // by the number of pictures before
	for _, argument := range c.Images {
		found, err := recognise.Walk([]string{argument})
		if err != nil {
			astray[len(paths)] = append(astray[len(paths)], outcome{path: argument, err: err})
		}
		paths = append(paths, found...)
	}
	next := 0
	tellAstray := func() {
		for _, o := range astray[next] {
			tell(o)
		}
		next++
	}
	err = recogniser.Files(ctx, paths, kind, func(i int, a recognise.Answer, err error) {
		tellAstray()
		tell(outcome{paths[i], a, err})
	})
	if err = errors.Join(err, writing); err != nil {
		return err
	}
	tellAstray()
	if writing == nil && failed > 0 {
		writing = fmt.Errorf("%d of %d pictures could not be answered", failed, total)
	}
	return writing
}

func newPrediction(path string, a recognise.Answer) prediction {
	return prediction{
		Path:          path,
		Class:         a.Class,
		Name:          a.Name,
		Probability:   a.Probability,
		Probabilities: a.Probabilities,
		Unknown:       a.Unknown,
		Why:           a.Why,
		Kind:          string(a.Kind),
	}
}

func sentence(a recognise.Answer, classes []string) string {
	if a.Unknown {
		return "not a garment. " + a.Why
	}
	return fmt.Sprintf("%s, %.1f %% (next: %s, %.1f %%)",
		a.Name, 100*a.Probability, classes[a.RunnerUp], 100*a.Probabilities[a.RunnerUp])
}
