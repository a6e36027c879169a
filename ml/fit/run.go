package fit

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"atelier/ml/engine"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// Status says how a run stands.
type Status string

// The statuses of a run.
const (
	StatusRunning     Status = "running"
	StatusFinished    Status = "finished"    // all epochs, or stopped early by its recipe
	StatusStopped     Status = "stopped"     // by the user
	StatusInterrupted Status = "interrupted" // the program ended or crashed
	StatusFailed      Status = "failed"
	StatusDiscarded   Status = "discarded" // only in [Finished]: the folder is in the trash
)

// Resumable reports whether a run of this status has work left to go on with.
func (s Status) Resumable() bool { return s == StatusStopped || s == StatusInterrupted }

// Epoch holds the figures of one pass over the training pictures. As in Keras, Loss and Accuracy
// are running means over the epoch's batches, taken with dropout on while the weights still change;
// that is why they often look worse than the validation figures, which are taken afterwards.
type Epoch struct {
	Epoch       int     `json:"epoch"` // from 1
	Loss        float64 `json:"loss"`
	Accuracy    float64 `json:"accuracy"`
	Validated   bool    `json:"validated,omitempty"` // whether the two below were taken
	ValLoss     float64 `json:"val_loss,omitempty"`
	ValAccuracy float64 `json:"val_accuracy,omitempty"`
	// LearningRate is that of the epoch's last batch.
	LearningRate float64 `json:"learning_rate"`
	// Seconds and ImagesPerSecond tell the time taken, training and validation together, and the
	// training speed; of an epoch that was interrupted, those of its last part. They are kept in run.json only, so that model files depend on nothing but
	// the job.
	Seconds         float64 `json:"seconds,omitempty"`
	ImagesPerSecond float64 `json:"images_per_second,omitempty"`
}

// DataInfo identifies the data of a run.
type DataInfo struct {
	Name string `json:"name"`
	// Train is the number of training pictures before any share or split.
	Train int `json:"train"`
	// Classes are the names of the classes.
	Classes []string `json:"classes"`
	// Fingerprint is the SHA-256 of the training pictures and labels.
	Fingerprint string `json:"fingerprint"`
}

// Run is the record of a training run, the content of run.json.
type Run struct {
	ID      string     `json:"-"` // the name of its folder; "" when it has none
	Name    string     `json:"name"`
	Network nn.Network `json:"network"`
	Recipe  Recipe     `json:"recipe"`
	Data    DataInfo   `json:"data"`
	Status  Status     `json:"status"`
	// Message tells in words why a run failed or stopped before its last epoch.
	Message string  `json:"message,omitempty"`
	History []Epoch `json:"history"`
	// Images is the number of training pictures in an epoch, Batches that of its batches.
	Images  int       `json:"images"`
	Batches int       `json:"batches"`
	Started time.Time `json:"started"`
	Updated time.Time `json:"updated"`
}

// Best returns the best epoch by the recipe's monitor; false before the first epoch is done.
func (r Run) Best() (Epoch, bool) {
	at := r.Recipe.EarlyStopping.Best(r.History)
	if at < 0 {
		return Epoch{}, false
	}
	return r.History[at], true
}

// Last returns the last finished epoch; false before the first is done.
func (r Run) Last() (Epoch, bool) {
	if len(r.History) == 0 {
		return Epoch{}, false
	}
	return r.History[len(r.History)-1], true
}

// Result returns the epoch whose weights are the run's model: the best if the recipe keeps the
// best, else the last.
func (r Run) Result() (Epoch, bool) {
	if r.Recipe.EarlyStopping.KeepBest {
		return r.Best()
	}
	return r.Last()
}

// Seconds returns the time that the finished epochs took.
func (r Run) Seconds() float64 {
	total := 0.0
	for _, e := range r.History {
		total += e.Seconds
	}
	return total
}

// Model makes a model of weights that the run has trained. It depends on nothing but the job: the
// times that training took are left out.
func (r Run) Model(w engine.Weights) (*modelfile.Model, error) {
	recipe, err := json.Marshal(r.Recipe)
	if err != nil {
		return nil, fmt.Errorf("make a model of run %q: %w", r.Name, err)
	}
	epochs := slices.Clone(r.History)
	for i := range epochs {
		epochs[i].Seconds, epochs[i].ImagesPerSecond = 0, 0
	}
	history, err := json.Marshal(epochs)
	if err != nil {
		return nil, fmt.Errorf("make a model of run %q: %w", r.Name, err)
	}
	return &modelfile.Model{
		Network: r.Network,
		Weights: w,
		Classes: r.Data.Classes,
		Recipe:  recipe,
		History: history,
	}, nil
}
