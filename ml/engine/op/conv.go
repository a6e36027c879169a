package op

import (
	"fmt"

	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Conv is a two-dimensional convolution with bias and activation, and the max
// pooling and dropout that directly follow it. Parameters: kernel (HWIO), and
// bias unless the layer has none.
type Conv struct {
	plan *kernel.Conv
	packing
	name  string
	fused Fused
	args  int // pooling winners an image
	arg   []uint8
}

// Fused lists what follows a layer in the same operation.
type Fused struct {
	Activation nn.Activation // replaces the layer's own
	Pool       bool          // 2×2 max pooling with stride 2
	Dropout    float64       // rate; 0 for none
	ID         uint64        // numbers the dropout among those of the network
	Inference  bool          // at prediction: without dropout, and Backward is never called
}

// NewConv plans l for maps of shape in.
func NewConv(k *kernel.Kernels, l nn.Conv2D, in nn.Shape, f Fused) (*Conv, error) {
	return newConv(k, l, in, f, nil, nil)
}

// newConv is NewConv for a convolution that shares the work of the batch
// normalisations before and behind it, nil for none (see kernel.ConvShape).
func newConv(k *kernel.Kernels, l nn.Conv2D, in nn.Shape, f Fused, before, behind *BatchNorm) (*Conv, error) {
	act, err := activation(f.Activation)
	if err != nil {
		return nil, err
	}
	plan, err := k.NewConv(kernel.ConvShape{
		H: in.H, W: in.W, C: in.C,
		Filters: l.Filters, Kernel: l.Kernel, Stride: l.Stride, Same: l.Padding == nn.Same,
		Activation: act, Pool: f.Pool,
		Before: before.kernel(), Behind: behind.kernel(),
		Inference: f.Inference,
	})
	if err != nil {
		return nil, err
	}
	c := &Conv{plan: plan, name: fmt.Sprintf("Conv%d×%d", l.Kernel, l.Kernel), fused: f}
	if f.Pool && !f.Inference {
		h, w, ch := plan.Output()
		c.args = h * w * ch
	}
	return c, nil
}

func (c *Conv) String() string { return c.name }

// Forward computes y = dropout(pool(activation(x * kernel + bias))).
func (c *Conv) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	if c.fused.Inference {
		c.infer(r, x, p, nil, y)
		return
	}
	c.plan.Forward(r.N, x, c.fresh(r, p[0]), optional(p, 1), y, c.arg, r.dropout(c.fused.Dropout, c.fused.ID))
}

// infer computes y = pool(activation(x * kernel + bias + plus)); nil adds nothing.
func (c *Conv) infer(r *Run, x []float32, p [][]float32, plus, y []float32) {
	c.plan.Infer(r.N, x, c.fresh(r, p[0]), optional(p, 1), plus, y)
}

// Backward computes the gradients.
func (c *Conv) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	c.backward(r, x, p, y, dy, nil, dx, dp)
}

// backward is Backward with something to add to dx; nil for nothing.
func (c *Conv) backward(r *Run, x []float32, p [][]float32, y, dy, plus, dx []float32, dp [][]float32) {
	c.plan.Backward(r.N, x, p[0], y, c.arg, dy, plus, dx, dp[0], optional(dp, 1), r.dropout(c.fused.Dropout, c.fused.ID))
}

// Uses: x for the kernel's gradient, y for the activation's derivative.
func (c *Conv) Uses() (x, y bool) { return true, true }

// Buffers keeps the winners of the pooling windows.
func (c *Conv) Buffers() []Buffer {
	if c.args == 0 {
		return nil
	}
	return []Buffer{byteBuffer(c.args, Kept, &c.arg)}
}

// optional returns p[i], nil if there is none.
func optional(p [][]float32, i int) []float32 {
	if i < len(p) {
		return p[i]
	}
	return nil
}
