package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// ConvNorm is, for training, a convolution with the batch normalisation and the
// activation behind it, of whose work the convolution does a part. Parameters:
// kernel, bias unless the layer has none, gamma, beta, moving_mean,
// moving_variance.
type ConvNorm struct {
	conv   *Conv
	norm   *BatchNorm
	params int // of the convolution
	out    int // numbers an image in y
	z      []float32
}

// NewConvNorm plans l, which has no activation of its own, and norm for maps of
// shape in; act follows.
func NewConvNorm(k *kernel.Kernels, l nn.Conv2D, in nn.Shape, norm nn.BatchNorm, act nn.Activation) (*ConvNorm, error) {
	out, err := l.Output(in)
	if err != nil {
		return nil, err
	}
	c := &ConvNorm{params: 2, out: out.Size()}
	if l.NoBias {
		c.params = 1
	}
	if c.norm, err = NewBatchNorm(k, norm, out, act); err != nil {
		return nil, err
	}
	c.conv, err = newConv(k, l, in, Fused{}, nil, c.norm)
	return c, err
}

func (c *ConvNorm) String() string { return c.conv.String() + "BatchNorm" }

// Forward computes y = activation(norm(x * kernel + bias)).
func (c *ConvNorm) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	z := c.z[:r.N*c.out]
	c.conv.Forward(r, x, p[:c.params], z)
	c.norm.statistics(r, p[c.params:])
	c.norm.plan.Apply(r.N, z, nil, y)
}

// Backward computes the gradients.
func (c *ConvNorm) Backward(r *Run, x []float32, p [][]float32, _, dy, dx []float32, dp [][]float32) {
	z := c.z[:r.N*c.out]
	c.norm.plan.Sums(r.N, z, nil, dy, nil)
	c.norm.gradients(r, p[c.params:], dp[c.params:])
	c.conv.Backward(r, x, p[:c.params], z, dy, dx, dp[:c.params])
}

// Uses: x for the kernel's gradient.
func (c *ConvNorm) Uses() (x, y bool) { return true, false }

// Buffers keeps the map between the two.
func (c *ConvNorm) Buffers() []Buffer { return []Buffer{floatBuffer(c.out, Kept, &c.z)} }
