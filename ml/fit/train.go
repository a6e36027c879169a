package fit

import (
	"context"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Job is everything a training run needs.
type Job struct {
	Name    string // shown in lists of runs; "" takes the network's title or name
	Network nn.Network
	Recipe  Recipe
	Data    *dataset.Data
	// Dir is the run folder, made if need be; "" keeps nothing on disk. A folder that already holds
	// a run is refused unless Resume is set.
	Dir string
	// Resume goes on with the run in Dir exactly where its last checkpoint left it. Network, Recipe
	// and Name are then those of the run; only Recipe.Epochs, when above zero, replaces the number
	// of epochs.
	Resume bool
	// Initial are weights to start from instead of random ones.
	Initial engine.Weights
	// Options choose threads and kernel, which do not change the result; MaxBatch and Seed come
	// from the recipe.
	Options engine.Options
	// CheckpointEvery is the longest time between two checkpoints within an epoch; 0 means 20
	// seconds. Each epoch ends with one.
	CheckpointEvery time.Duration
}

// Train runs a job to its end and reports everything that happens to the listeners, in order, on
// the calling goroutine. A nil control never interferes.
//
// It returns the run as it stands. The error is nil when the run ended in order, including a stop
// through control; [context.Canceled] or the context's other error when ctx ended it, with the run
// saved; a [*DivergedError] when the numbers blew up.
func Train(ctx context.Context, job Job, control *Control, listen ...func(Event)) (*Run, error) {
	return nil, nil
}
