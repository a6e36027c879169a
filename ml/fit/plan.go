package fit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

// plan is a checked job: which pictures are trained on, which judge, and in what batches.
type plan struct {
	network    nn.Network
	recipe     Recipe
	set        *dataset.Set
	classes    int
	train, val []int
	feed       dataset.Feed
}

// newPlan checks a job and splits its data.
func newPlan(network nn.Network, recipe Recipe, data *dataset.Data) (*plan, error) {
	if err := recipe.Validate(); err != nil {
		return nil, err
	}
	classes, err := network.Classes()
	if err != nil {
		return nil, err
	}
	if data == nil || data.Train == nil || data.Train.Len() == 0 {
		return nil, errors.New("there are no training pictures; open a dataset first")
	}
	set := data.Train
	if want := (nn.Shape{H: set.H, W: set.W, C: 1}); network.Input != want {
		return nil, fmt.Errorf("the network expects pictures of %s, the dataset %q holds %s; change the network's input", network.Input, data.Name, want)
	}
	if classes != len(data.Classes) {
		return nil, fmt.Errorf("the network tells %d classes apart, the dataset %q has %d; set the units of the last Dense layer to %d", classes, data.Name, len(data.Classes), len(data.Classes))
	}
	p := &plan{network: network, recipe: recipe, set: set, classes: classes}
	p.train, p.val = split(set, recipe)
	if len(p.train) == 0 {
		return nil, fmt.Errorf("a share of %v of %d pictures leaves none to train on; use more of the data", recipe.Share, set.Len())
	}
	if recipe.Validation > 0 && len(p.val) == 0 {
		return nil, fmt.Errorf("a validation share of %v leaves no picture to judge by; use more of the data or a larger share", recipe.Validation)
	}
	p.feed = dataset.Feed{
		Set:       set,
		Indices:   p.train,
		Classes:   classes,
		Batch:     recipe.Batch,
		Augment:   recipe.Augment,
		Smoothing: recipe.LabelSmoothing,
		Seed:      recipe.Seed,
	}
	return p, nil
}

// split draws the share of the pictures that is used and divides it.
func split(set *dataset.Set, r Recipe) (train, val []int) {
	if r.Share == 0 || r.Share == 1 {
		return dataset.Split(set, r.Validation, r.Stratified, r.Seed)
	}
	used, _ := dataset.Split(set, 1-r.Share, true, r.Seed)
	part := &dataset.Set{H: set.H, W: set.W, Labels: make([]uint8, len(used))}
	for i, at := range used {
		part.Labels[i] = set.Labels[at]
	}
	train, val = dataset.Split(part, r.Validation, r.Stratified, r.Seed)
	for _, list := range [][]int{train, val} {
		for i, at := range list {
			list[i] = used[at]
		}
	}
	return train, val
}

// steps is the number of training batches in an epoch.
func (p *plan) steps() int { return p.feed.Steps() }

// options are the engine's options for this plan.
func (p *plan) options(job Job) engine.Options {
	o := job.Options
	o.MaxBatch = min(p.recipe.Batch, len(p.train))
	o.Seed = p.recipe.Seed
	return o
}

// trainer starts from the job's initial weights or from random ones.
func (p *plan) trainer(job Job) (*engine.Trainer, error) {
	w := job.Initial
	if w == nil {
		var err error
		if w, err = engine.NewWeights(p.network, p.recipe.Seed); err != nil {
			return nil, err
		}
	}
	return engine.NewTrainer(p.network, w, p.recipe.Optimizer, p.options(job))
}

func (p *plan) predictor(job Job, w engine.Weights) (*engine.Predictor, error) {
	o := p.options(job)
	o.MaxBatch = predictChunk
	return engine.NewPredictor(p.network, w, o)
}

// describe identifies the data of a run.
func describe(data *dataset.Data) DataInfo {
	h := sha256.New()
	h.Write(data.Train.Images)
	h.Write(data.Train.Labels)
	return DataInfo{
		Name:        data.Name,
		Train:       data.Train.Len(),
		Classes:     data.Classes,
		Fingerprint: hex.EncodeToString(h.Sum(nil)),
	}
}

// HeldBack returns which pictures of a training set the recipe keeps for validation, in ascending
// order: those that a model trained by it has not learned from.
func (r Recipe) HeldBack(set *dataset.Set) []int {
	_, val := split(set, r)
	return val
}
