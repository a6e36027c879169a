package op

import (
	"fmt"

	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Depthwise is a convolution of each channel by itself, with bias and
// activation. Parameters: kernel (rows, columns, channels, 1), and bias unless
// the layer has none.
type Depthwise struct {
	noBuffers
	plan *kernel.Depthwise
	name string
}

// NewDepthwise plans l for maps of shape in; act replaces the layer's activation.
func NewDepthwise(k *kernel.Kernels, l nn.DepthwiseConv2D, in nn.Shape, act nn.Activation) (*Depthwise, error) {
	return newDepthwise(k, l, in, act, nil)
}

// newDepthwise is NewDepthwise for a convolution that shares the work of the batch
// normalisation before it, nil for none.
func newDepthwise(k *kernel.Kernels, l nn.DepthwiseConv2D, in nn.Shape, act nn.Activation, before *BatchNorm) (*Depthwise, error) {
	a, err := activation(act)
	if err != nil {
		return nil, err
	}
	plan, err := k.NewDepthwise(kernel.DepthwiseShape{
		H: in.H, W: in.W, C: in.C,
		Kernel: l.Kernel, Stride: l.Stride, Same: l.Padding == nn.Same, Activation: a,
		Before: before.kernel(),
	})
	if err != nil {
		return nil, err
	}
	return &Depthwise{plan: plan, name: fmt.Sprintf("Depthwise%d×%d", l.Kernel, l.Kernel)}, nil
}

func (d *Depthwise) String() string { return d.name }

// Forward computes y = activation(x * kernel + bias), channel by channel.
func (d *Depthwise) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	d.plan.Forward(r.N, x, p[0], optional(p, 1), y)
}

// Backward computes the gradients.
func (d *Depthwise) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	d.plan.Backward(r.N, x, p[0], y, dy, dx, dp[0], optional(dp, 1))
}

// Uses: x for the kernel's gradient, y for the activation's derivative.
func (d *Depthwise) Uses() (x, y bool) { return true, true }
