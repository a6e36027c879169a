package classify

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
)

const (
	// rehearsal is how many of the dataset's own training pictures are trained
	// on beside the corrections, so that the network does not forget them.
	rehearsal = 2000
	// correctionShare is the part of the training that the corrections make up.
	correctionShare = 0.2
	// mostRepeats is how often a single correction is repeated at most.
	mostRepeats = 40
	// fineTuneRate is small: the network is to change its mind, not to learn anew.
	fineTuneRate = 3e-4
)

// lesson is what a copy of a model has learnt from corrections.
type lesson struct {
	model         *studio.Model
	corrections   int
	before, after score
}

// score is the share of right answers.
type score struct {
	corrections float64 // to the corrections, as they are
	test        float64 // to the dataset's test pictures, which are never trained on
}

// fineTune trains a copy of a model on the user's corrections for some epochs,
// and keeps it as a run in folder.
func fineTune(ctx context.Context, m *studio.Model, data *dataset.Data, own *dataset.Set, epochs int, runs fit.Runs, progress func(current, total int64)) (lesson, error) {
	l := lesson{corrections: own.Len()}
	const stages = 1000 // of the progress: a tenth before, a tenth after
	share := func(from, to int64) func(done, total int) {
		return func(done, total int) { progress(from+(to-from)*int64(done)/int64(max(total, 1)), stages) }
	}
	var err error
	if l.before, err = judge(ctx, m.Model, own, data.Test, share(0, stages/10)); err != nil {
		return l, err
	}

	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Batch = epochs, 32
	recipe.Optimizer = engine.Optimizer{Name: "adam"}
	recipe.LearningRate, recipe.Validation = fineTuneRate, 0
	recipe.Augment = dataset.Augment{Shift: 1, Flip: true}
	id, err := runs.New(m.Name+" with corrections", time.Now())
	if err != nil {
		return l, err
	}
	dir := runs.Path(id)
	name := m.Name + " + " + count(own.Len(), "correction", "corrections")
	job := fit.Job{
		Name: name, Network: m.Network, Recipe: recipe, Initial: m.Weights, Dir: dir,
		Data: &dataset.Data{Name: data.Name + " and corrections", Train: mix(data.Train, own), Test: data.Test, Classes: data.Classes, Source: data.Source},
	}
	var weights engine.Weights
	run, err := fit.Train(ctx, job, nil, func(e fit.Event) {
		switch e := e.(type) {
		case fit.BatchDone:
			share(stages/10, stages*9/10)((e.Epoch-1)*e.Batches+e.Batch, epochs*e.Batches)
		case fit.Finished:
			weights = e.Weights
		}
	})
	if err != nil {
		// A half-taught copy is of no use to anyone.
		return l, errorsAfter(err, os.RemoveAll(dir))
	}
	taught, err := run.Model(weights)
	if err != nil {
		return l, err
	}
	// What a garment is like has not changed, so the rule for what is none stays.
	taught.Temperature, taught.Refusal, taught.Extra = m.Temperature, m.Refusal, m.Extra
	l.model = &studio.Model{Model: taught, Name: name, Path: dir}
	l.after, err = judge(ctx, taught, own, data.Test, share(stages*9/10, stages))
	return l, err
}

// errorsAfter returns the first error, with what went wrong in cleaning up.
func errorsAfter(err, cleanup error) error {
	if cleanup != nil {
		return fmt.Errorf("%w; then: %w", err, cleanup)
	}
	return err
}

// mix returns some of the dataset's pictures and the user's, those repeated.
func mix(train, own *dataset.Set) *dataset.Set {
	n := min(rehearsal, train.Len())
	all := make([]int, train.Len())
	for i := range all {
		all[i] = i
	}
	s := train.Subset(dataset.Order(all, 0, 1)[:n])
	repeats := min(max(int(correctionShare/(1-correctionShare)*float64(n))/max(own.Len(), 1), 1), mostRepeats)
	for range repeats {
		s.Images = append(s.Images, own.Images...)
		s.Labels = append(s.Labels, own.Labels...)
	}
	return s
}

// judge returns how many of the corrections and of the test pictures a model
// gets right.
func judge(ctx context.Context, m *modelfile.Model, own, test *dataset.Set, progress func(done, total int)) (score, error) {
	p, err := engine.NewPredictor(m.Network, m.Weights, engine.Options{})
	if err != nil {
		return score{}, err
	}
	defer p.Close()
	right := func(s *dataset.Set, progress func(done, total int)) (float64, error) {
		classes := len(m.Classes)
		probs, err := fit.Probabilities(ctx, p, s, nil, classes, progress)
		if err != nil || s.Len() == 0 {
			return 0, err
		}
		hits := 0
		for i := range s.Len() {
			if metrics.Argmax(probs[i*classes:(i+1)*classes]) == s.Label(i) {
				hits++
			}
		}
		return float64(hits) / float64(s.Len()), nil
	}
	var out score
	if out.corrections, err = right(own, nil); err != nil {
		return out, err
	}
	out.test, err = right(test, progress)
	return out, err
}

// teachable tells why a model cannot be taught the corrections; nil when it can.
func teachable(m *studio.Model, data *dataset.Data, own *dataset.Set) error {
	switch {
	case m == nil:
		return fmt.Errorf("there is no model yet: train one in the Train tab")
	case data == nil:
		return fmt.Errorf("no dataset is open: open one with File → Open, because some of its pictures are trained on too, so that they are not forgotten")
	case !slices.Equal(m.Classes, data.Classes):
		return fmt.Errorf("the model %q has other classes than the dataset %s: open the one that it was trained on", m.Name, data.Name)
	case own.Len() == 0:
		return fmt.Errorf("there are no corrections for the classes of %q yet: give a picture its right class under “Correct it”", m.Name)
	}
	return nil
}
