// Package modelfile keeps a trained network in one safetensors file
// (https://github.com/huggingface/safetensors): the weights under their names,
// and everything that is needed to use them in the file's metadata. Any program
// that reads safetensors can read the weights.
//
// A checkpoint is the same file with the optimiser's memory and the state of
// the training loop in it, so that a run goes on as if never interrupted.
package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Model is a network with its weights and what is needed to use it.
type Model struct {
	Network nn.Network
	Weights engine.Weights // in the order of Network.Params
	Classes []string       // one name for each unit of the last layer

	// Recipe and History tell how the model was trained, in the JSON forms of
	// package fit. Either may be nil.
	Recipe  json.RawMessage
	History json.RawMessage

	// Preprocessing names how pictures become the network's input. Save writes
	// dataset.PreprocessingVersion when it is empty, and Load refuses any other.
	Preprocessing string

	// Temperature divides the scores before softmax so that probabilities mean
	// what they say (Guo et al. 2017); 0 means 1.
	Temperature float64
	// Refusal holds the settings, and Extra the arrays, by which "not a garment"
	// is decided, in the form of package recognise. Either may be nil.
	Refusal json.RawMessage
	Extra   []engine.Tensor

	// Checkpoint is nil in a finished model.
	Checkpoint *Checkpoint
}

// Checkpoint is the state of an unfinished run beside its weights.
type Checkpoint struct {
	State engine.State
	Epoch int // finished epochs
	Batch int // finished batches of the epoch under way
	// Loop is whatever else the training loop needs to go on: running sums, what
	// early stopping has seen. It is in the form of package fit.
	Loop json.RawMessage
}

// Validate reports, in words, why the model could not be used.
func (m *Model) Validate() error {
	classes, err := m.Network.Classes()
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if len(m.Classes) != classes {
		return fmt.Errorf("classes: there are %d names, but the network tells %d classes apart", len(m.Classes), classes)
	}
	specs, err := m.Network.Params()
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	if len(m.Weights) != len(specs) {
		return fmt.Errorf("weights: there are %d arrays, but the network has %d", len(m.Weights), len(specs))
	}
	for i, w := range m.Weights {
		if w.Name != specs[i].Name {
			return fmt.Errorf("weights: %s stands where the network has %s", w.Name, specs[i].Name)
		}
		if !slices.Equal(w.Shape, specs[i].Shape) {
			return fmt.Errorf("%s: its shape is %v, but the network needs %v", w.Name, w.Shape, specs[i].Shape)
		}
	}
	if v := m.Preprocessing; v != "" && v != dataset.PreprocessingVersion {
		return fmt.Errorf("preprocessing: the model expects pictures prepared by %q, and this program prepares them by %q", v, dataset.PreprocessingVersion)
	}
	if t := m.Temperature; !(t >= 0) || math.IsInf(t, 0) {
		return fmt.Errorf("temperature: %v is not a temperature: it must be a positive number", t)
	}
	seen := map[string]bool{}
	for _, t := range m.tensors() {
		if t.Name == "" || seen[t.Name] {
			return fmt.Errorf("%q: two arrays have this name", t.Name)
		}
		seen[t.Name] = true
		if err := checkTensor(t.Tensor); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	for _, part := range []struct {
		name string
		json json.RawMessage
	}{{"recipe", m.Recipe}, {"history", m.History}, {"refusal", m.Refusal}, {"loop", m.loop()}} {
		if part.json != nil && !json.Valid(part.json) {
			return fmt.Errorf("%s: it is not valid JSON", part.name)
		}
	}
	return nil
}

func (m *Model) loop() json.RawMessage {
	if m.Checkpoint == nil {
		return nil
	}
	return m.Checkpoint.Loop
}

func checkTensor(t engine.Tensor) error {
	if len(t.Shape) == 0 {
		return errors.New("it has no shape")
	}
	size := 1
	for _, d := range t.Shape {
		if d < 1 || d > math.MaxInt32/size {
			return fmt.Errorf("%v is not a shape", t.Shape)
		}
		size *= d
	}
	if len(t.Data) != size {
		return fmt.Errorf("it holds %d numbers, but its shape %v needs %d", len(t.Data), t.Shape, size)
	}
	for _, x := range t.Data {
		if x-x != 0 { // true for NaN and the infinities only
			return errors.New("it holds numbers that are not finite")
		}
	}
	return nil
}

// Prefixes of the names of arrays that are not weights. No layer can have one
// of these names.
const (
	slotPrefix  = "optimizer/"
	extraPrefix = "extra/"
)

// named is an array under its name in the file.
type named struct {
	Name string
	engine.Tensor
}

// tensors lists every array of the model under its name in the file.
func (m *Model) tensors() []named {
	var all []named
	add := func(prefix string, tensors []engine.Tensor) {
		for _, t := range tensors {
			all = append(all, named{prefix + t.Name, t})
		}
	}
	add("", m.Weights)
	if m.Checkpoint != nil {
		add(slotPrefix, m.Checkpoint.State.Slots)
	}
	add(extraPrefix, m.Extra)
	return all
}
