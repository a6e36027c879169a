package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Activation applies a function to every number.
type Activation struct {
	noBuffers
	act  kernel.Activation
	name string
}

// NewActivation returns the named function.
func NewActivation(a nn.Activation) (*Activation, error) {
	act, err := activation(a)
	if err != nil {
		return nil, err
	}
	return &Activation{act: act, name: string(a)}, nil
}

func (a *Activation) String() string { return a.name }

// Forward applies the function.
func (a *Activation) Forward(r *Run, x []float32, _ [][]float32, y []float32) {
	r.Kernels.Activate(a.act, x, y)
}

// Backward multiplies by the derivative, which follows from y.
func (a *Activation) Backward(r *Run, _ []float32, _ [][]float32, y, dy, dx []float32, _ [][]float32) {
	r.Kernels.ActivateGrad(a.act, y, dy, dx)
}

// Uses y.
func (a *Activation) Uses() (x, y bool) { return false, true }
