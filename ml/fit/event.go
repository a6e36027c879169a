package fit

import (
	"time"

	"atelier/ml/engine"
)

// Event is something that happened in a run. Listeners get each one on the training goroutine, in
// order, and must return soon: what they do delays the next batch. Everything in an event belongs
// to its receiver.
type Event interface{ event() }

// Started is the first event. Of a resumed run, Run already holds the history so far.
type Started struct {
	Run Run
	// Train and Validation are indices into the training set.
	Train, Validation []int
	// Batches is the number of training batches in an epoch.
	Batches int
	Resumed bool
}

// BatchDone follows each training batch.
type BatchDone struct {
	Epoch, Batch, Batches int // both from 1
	Step                  int // batches since the beginning of the run, from 1
	Loss, Accuracy        float64
	// MeanLoss and MeanAccuracy are the running means over the epoch so far, what Keras shows.
	MeanLoss, MeanAccuracy float64
	LearningRate           float64
	Progress               Progress
}

// Validating follows each batch of the validation at the end of an epoch.
type Validating struct {
	Epoch       int
	Done, Total int // validation pictures
	Progress    Progress
}

// EpochDone follows the validation of each epoch.
type EpochDone struct {
	Epoch Epoch
	// Best reports that the epoch is the best so far.
	Best bool
	// Weights are a copy of the epoch's weights.
	Weights engine.Weights
	// Probabilities are the predictions for the validation pictures, in the order of
	// Started.Validation, classes numbers each.
	Probabilities []float32
	Progress      Progress
}

// Paused says that the run waits for [Control.Resume] or [Control.StepOnce].
type Paused struct{}

// Resumed ends a pause.
type Resumed struct{}

// Checkpointed says that the run can be resumed from here whatever happens.
type Checkpointed struct {
	Epoch, Batch int // the last finished batch of the current epoch; Batch 0 is the end of Epoch
}

// Finished is the last event of a run that ended in order: all epochs done, stopped early, stopped
// by the user or interrupted; Run.Status tells which.
type Finished struct {
	Run Run
	// Weights are the run's result: those of the best epoch if the recipe keeps the best, the last
	// ones otherwise.
	Weights engine.Weights
}

// Failed is the last event of a run that could not go on. Weights are the last good ones, nil when
// the run failed before its first batch.
type Failed struct {
	Run     Run
	Err     error
	Weights engine.Weights
}

func (Started) event()      {}
func (BatchDone) event()    {}
func (Validating) event()   {}
func (EpochDone) event()    {}
func (Paused) event()       {}
func (Resumed) event()      {}
func (Checkpointed) event() {}
func (Finished) event()     {}
func (Failed) event()       {}

// Progress says how far a run has come. The shares count validation by the time it takes.
type Progress struct {
	Epoch, Run float64 // 0 to 1
	// Elapsed leaves out pauses and, of a resumed run, the time between.
	Elapsed time.Duration
	// EpochLeft and RunLeft are estimates; negative while nothing is known yet.
	EpochLeft, RunLeft time.Duration
	// ImagesPerSecond is the training speed over the last seconds.
	ImagesPerSecond float64
}
