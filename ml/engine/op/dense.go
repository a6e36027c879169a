package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Dense is a fully connected layer with bias, activation and the dropout that
// follows it. Parameters: kernel (in, out), and bias unless the layer has none.
type Dense struct {
	noBuffers
	packing
	plan  *kernel.Dense
	fused Fused
}

// NewDense plans l for vectors (or flattened maps) of in numbers.
func NewDense(k *kernel.Kernels, l nn.Dense, in int, f Fused) (*Dense, error) {
	act, err := activation(f.Activation)
	if err != nil {
		return nil, err
	}
	plan, err := k.NewDense(kernel.DenseShape{In: in, Out: l.Units, Activation: act})
	if err != nil {
		return nil, err
	}
	return &Dense{plan: plan, fused: f}, nil
}

func (d *Dense) String() string { return "Dense" }

// Forward computes y = dropout(activation(x · kernel + bias)).
func (d *Dense) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	d.plan.Forward(r.N, x, d.fresh(r, p[0]), optional(p, 1), y, r.dropout(d.fused.Dropout, d.fused.ID))
}

// Backward computes the gradients.
func (d *Dense) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	d.plan.Backward(r.N, x, p[0], y, dy, dx, dp[0], optional(dp, 1), r.dropout(d.fused.Dropout, d.fused.ID))
}

// Uses: x for the kernel's gradient, y for the activation's derivative.
func (d *Dense) Uses() (x, y bool) { return true, true }
