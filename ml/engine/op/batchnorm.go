package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// BatchNorm is batch normalisation in Keras's convention with the activation
// that follows it. Parameters: gamma, beta, moving_mean, moving_variance, of
// which Forward updates the last two while training.
type BatchNorm struct {
	noBuffers
	plan *kernel.BatchNorm
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
	return &BatchNorm{plan: plan}, nil
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
func (b *BatchNorm) Backward(r *Run, x []float32, p [][]float32, _, dy, dx []float32, dp [][]float32) {
	switch {
	case r.Training:
		b.plan.Backward(r.N, x, p[0], dy, dx, dp[0], dp[1])
	case dx != nil:
		b.plan.InputGradient(r.N, x, dy, dx)
	}
}

// kernel returns the plan; nil for no normalisation.
func (b *BatchNorm) kernel() *kernel.BatchNorm {
	if b == nil {
		return nil
	}
	return b.plan
}

// statistics takes those of the batch from its moments while training, the
// moving averages otherwise.
func (b *BatchNorm) statistics(r *Run, p [][]float32) {
	if r.Training {
		b.plan.Statistics(p[0], p[1], p[2], p[3])
	} else {
		b.plan.Moving(p[0], p[1], p[2], p[3])
	}
}

// gradients computes those of the parameters from the sums.
func (b *BatchNorm) gradients(r *Run, p, dp [][]float32) {
	if r.Training {
		b.plan.Gradients(p[0], dp[0], dp[1])
	}
}

// Uses: x to normalise again.
func (b *BatchNorm) Uses() (x, y bool) { return true, false }
