package fit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"atelier/ml/dataset"
	"atelier/ml/engine"
)

// Recipe says how a network is trained. It is a value with one JSON form, the same in the window,
// the command line, the run folder and the model file. Together with the network and the data it
// decides every bit of the result; the number of threads does not.
type Recipe struct {
	Epochs       int              `json:"epochs"`
	Batch        int              `json:"batch"`
	Optimizer    engine.Optimizer `json:"optimizer"`
	LearningRate float64          `json:"learning_rate"`
	Schedule     Schedule         `json:"schedule,omitzero"`
	// Validation is the share of the training pictures held back to judge each epoch, 0 to 0.9
	// (Keras: validation_split, but drawn at random).
	Validation float64 `json:"validation"`
	// Stratified makes each class give the same share to validation.
	Stratified bool `json:"stratified,omitempty"`
	// Seed decides the initial weights, the split, the order of the pictures, dropout and
	// augmentation.
	Seed uint64 `json:"seed"`
	// LabelSmoothing spreads this share of each target evenly over all classes, 0 to 0.5.
	LabelSmoothing float64         `json:"label_smoothing,omitempty"`
	Augment        dataset.Augment `json:"augment,omitzero"`
	EarlyStopping  EarlyStopping   `json:"early_stopping,omitzero"`
	// Share is the part of the training pictures used at all, for quick trials; 0 means all. The
	// pictures are drawn evenly from the classes.
	Share float64 `json:"share,omitempty"`
}

// DefaultRecipe returns the article's recipe: five epochs in batches of 256, plain gradient descent
// at 0.01, a fifth of the training pictures for validation.
func DefaultRecipe() Recipe {
	return Recipe{
		Epochs:       5,
		Batch:        256,
		Optimizer:    engine.Optimizer{Name: "sgd"},
		LearningRate: 0.01,
		Validation:   0.2,
		Seed:         1,
	}
}

// FieldError says which field of a [Recipe] makes no sense, and why. Field is its JSON name.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return e.Reason }

// Validate reports, as a [*FieldError], the first field that makes no sense.
func (r Recipe) Validate() error {
	bad := func(field, format string, args ...any) error {
		return &FieldError{Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	outside := func(v, low, high float64) bool { return math.IsNaN(v) || v < low || v > high }
	switch {
	case r.Epochs < 1 || r.Epochs > 100_000:
		return bad("epochs", "%d epochs: choose a number from 1 to 100000", r.Epochs)
	case r.Batch < 1 || r.Batch > 65_536:
		return bad("batch", "a batch of %d pictures: choose a number from 1 to 65536", r.Batch)
	case math.IsNaN(r.LearningRate) || math.IsInf(r.LearningRate, 0) || r.LearningRate <= 0:
		return bad("learning_rate", "a learning rate of %v: choose a number above 0, such as 0.01", r.LearningRate)
	case outside(r.Validation, 0, 0.9):
		return bad("validation", "a validation share of %v: choose a number from 0 to 0.9", r.Validation)
	case outside(r.LabelSmoothing, 0, 0.5):
		return bad("label_smoothing", "label smoothing of %v: choose a number from 0 to 0.5", r.LabelSmoothing)
	case outside(r.Share, 0, 1):
		return bad("share", "a share of %v of the data: choose a number above 0 and up to 1", r.Share)
	}
	for _, part := range []struct {
		field string
		err   error
	}{
		{"optimizer", r.Optimizer.Validate()},
		{"schedule", r.Schedule.Validate()},
		{"early_stopping", r.EarlyStopping.Validate()},
		{"augment", r.Augment.Validate()},
	} {
		if part.err != nil {
			return &FieldError{Field: part.field, Reason: part.err.Error()}
		}
	}
	if r.EarlyStopping.Monitor.needsValidation() && r.Validation == 0 {
		return bad("early_stopping", "early stopping watches %s, but no pictures are held back for validation: choose a validation share above 0 or watch the training loss", r.EarlyStopping.Monitor)
	}
	return nil
}

// ParseRecipe reads the JSON form; fields that are not given keep the values of [DefaultRecipe],
// unknown ones are an error, and the result is valid.
func ParseRecipe(data []byte) (Recipe, error) {
	r := DefaultRecipe()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Recipe{}, fmt.Errorf("read recipe: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Recipe{}, fmt.Errorf("read recipe: something follows the closing brace at byte %d", d.InputOffset())
	}
	if err := r.Validate(); err != nil {
		return Recipe{}, err
	}
	return r, nil
}
