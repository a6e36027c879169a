package op

import (
	"math"

	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// BatchNorm is batch normalisation in Keras's convention with the activation
// that follows it. Parameters: gamma, beta, moving_mean, moving_variance, of
// which Forward updates the last two while training.
type BatchNorm struct {
	noBuffers
	plan     *kernel.BatchNorm
	act      kernel.Activation
	channels int
	epsilon  float64
}

// NewBatchNorm plans l for maps or vectors of shape in.
func NewBatchNorm(k *kernel.Kernels, l nn.BatchNorm, in nn.Shape, act nn.Activation) (*BatchNorm, error) {
	a, err := activation(act)
	if err != nil {
		return nil, err
	}
	plan, err := k.NewBatchNorm(kernel.BatchNormShape{
		Pixels: in.Size() / in.C, C: in.C,
		Momentum: l.Momentum, Epsilon: l.Epsilon, Activation: a,
	})
	if err != nil {
		return nil, err
	}
	return &BatchNorm{plan: plan, act: a, channels: in.C, epsilon: l.Epsilon}, nil
}

func (b *BatchNorm) String() string { return "BatchNorm" }

// Forward normalises with the batch's statistics while training, with the
// moving averages otherwise.
func (b *BatchNorm) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	if r.Training {
		b.plan.Forward(r.N, x, p[0], p[1], p[2], p[3], y)
	} else {
		b.plan.Infer(r.N, x, p[0], p[1], p[2], p[3], y)
	}
}

// Backward computes the gradients. Outside training, where only the gradient
// of the input is of interest, the moving averages are constants.
func (b *BatchNorm) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	if r.Training {
		b.plan.Backward(r.N, x, y, p[0], dy, dx, dp[0], dp[1])
		return
	}
	if dx == nil {
		return
	}
	if b.act == kernel.Linear { // y is not given
		copy(dx, dy)
	} else {
		r.Kernels.ActivateGrad(b.act, y, dy, dx)
	}
	gamma, variance := p[0], p[3]
	scale := make([]float32, b.channels)
	for c := range scale {
		scale[c] = float32(float64(gamma[c]) / math.Sqrt(float64(variance[c])+b.epsilon))
	}
	for row := dx; len(row) > 0; row = row[b.channels:] {
		for c, s := range scale {
			row[c] *= s
		}
	}
}

// Uses: x to normalise again, y for the activation's derivative.
func (b *BatchNorm) Uses() (x, y bool) { return true, b.act != kernel.Linear }
