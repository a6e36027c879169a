package engine

import (
	"errors"

	"atelier/ml/nn"
)

// Batch is what one training step learns from.
type Batch struct {
	X       []float32 // n·H·W·C, as dataset.Fill writes it
	Targets []float32 // n·classes: one-hot rows or any distribution (label smoothing, mixup)
}

// StepResult is what one training step measured, before it changed the weights
// and with dropout active, as Keras reports it.
type StepResult struct {
	Loss    float64 // mean categorical cross-entropy over the batch
	Correct int     // images whose most probable class is the target's largest
}

// State is everything beside the weights that the next steps depend on:
// together they make a resumed training bit-equal to an uninterrupted one.
type State struct {
	Iteration uint64   // steps done
	Slots     []Tensor // the optimiser's memory, named "momentum/conv2d/kernel" and so on
}

// Trainer changes the weights of a network step by step. One goroutine owns it.
type Trainer struct {
	program *program
}

// NewTrainer builds the training program for net, which must end in a softmax
// over two or more classes, starting from a copy of w. Everything that can be
// wrong (the network, the weights, the optimiser, the kernel's name, a memory
// need beyond this machine's) is reported here, before any work.
func NewTrainer(net nn.Network, w Weights, opt Optimizer, o Options) (*Trainer, error) {
	return nil, errors.ErrUnsupported
}

// Step does one step: forward, loss, backward, optimiser with the given
// learning rate. The batch may hold any number of images from 1 to MaxBatch.
// When the loss is not finite the weights are still updated; keep a copy of
// the last good ones if that matters.
func (t *Trainer) Step(b Batch, lr float64) (StepResult, error) {
	return StepResult{}, errors.ErrUnsupported
}

// Weights returns the live weights: the next Step changes them. Clone them
// before handing them to anyone else.
func (t *Trainer) Weights() Weights { return nil }

// State returns a copy of what a checkpoint must hold beside the weights.
func (t *Trainer) State() State { return State{} }

// SetState continues from a state that State returned for the same network and
// optimiser. On an error nothing has changed.
func (t *Trainer) SetState(s State) error { return errors.ErrUnsupported }

// Info describes the program.
func (t *Trainer) Info() Info { return Info{} }

// Close ends the worker threads. The trainer must not be used afterwards; its
// weights stay valid.
func (t *Trainer) Close() {}

// Info describes a program that was built.
type Info struct {
	Kernel   string // the kernels chosen: "portable", "avx512", …
	Threads  int
	MaxBatch int
	Memory   int64 // bytes planned for activations, gradients and scratch
}

type program struct{}
