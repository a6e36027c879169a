package engine

import (
	"fmt"

	"gorgonia.org/gorgonia"

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
	solver  *solver
	learned []gorgonia.ValueGrad
}

// NewTrainer builds the training program for net, which must end in a softmax
// over two or more classes, starting from a copy of w. Everything that can be
// wrong (the network, the weights, the optimiser, the kernel's name, a memory
// need beyond this machine's) is reported here, before any work.
func NewTrainer(net nn.Network, w Weights, opt Optimizer, o Options) (*Trainer, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	opt = opt.WithDefaults()
	p, err := newProgram(net, w, o, forTraining, 1+len(opt.slots()))
	if err != nil {
		return nil, err
	}
	return &Trainer{
		program: p,
		solver:  newSolver(p.run.Kernels, opt, p.weights),
		learned: gorgonia.NodesToValueGrads(p.learned),
	}, nil
}

// Step does one step: forward, loss, backward, optimiser with the given
// learning rate. The batch may hold any number of images from 1 to MaxBatch.
// When the loss is not finite the weights are still updated; keep a copy of
// the last good ones if that matters.
func (t *Trainer) Step(b Batch, lr float64) (StepResult, error) {
	p := t.program
	n := len(b.Targets) / p.classes
	if n*p.classes != len(b.Targets) || len(b.X) != n*p.net.Input.Size() {
		return StepResult{}, fmt.Errorf("a batch of %d inputs and %d targets: each image needs %d and %d",
			len(b.X), len(b.Targets), p.net.Input.Size(), p.classes)
	}
	if err := p.load(b.X, n); err != nil {
		return StepResult{}, err
	}
	copy(p.targets, b.Targets)
	p.run.Iteration = t.solver.iteration
	p.run.Weights++ // changed by the last step, or by whoever set the live weights
	if err := p.execute(n); err != nil {
		return StepResult{}, err
	}
	t.solver.rate = lr
	if err := t.solver.Step(t.learned); err != nil {
		return StepResult{}, err
	}
	return StepResult{Loss: p.loss.Value, Correct: p.loss.Correct}, nil
}

// Weights returns the live weights: the next Step changes them. Clone them
// before handing them to anyone else.
func (t *Trainer) Weights() Weights { return t.program.weights }

// State returns a copy of what a checkpoint must hold beside the weights.
func (t *Trainer) State() State { return t.solver.state() }

// SetState continues from a state that State returned for the same network and
// optimiser. On an error nothing has changed.
func (t *Trainer) SetState(s State) error { return t.solver.setState(s) }

// Info describes the program.
func (t *Trainer) Info() Info { return t.program.info() }

// Close ends the worker threads. The trainer must not be used afterwards; its
// weights stay valid.
func (t *Trainer) Close() { t.program.close() }

// Info describes a program that was built.
type Info struct {
	Kernel   string // the kernels chosen: "portable", "avx512", …
	Threads  int
	MaxBatch int
	Memory   int64 // bytes planned for activations, gradients, scratch and weights
}
