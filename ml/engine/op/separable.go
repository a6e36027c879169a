package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Separable is a depthwise convolution followed by a 1×1 convolution with bias
// and activation, and by what is fused into that. Parameters: depthwise_kernel,
// pointwise_kernel, bias unless the layer has none, and those of a batch
// normalisation that is fused.
type Separable struct {
	depthwise *Depthwise
	pointwise Layer // Conv or ConvNorm
	middle    int   // numbers an image between the two
	t, dt     []float32
}

// NewSeparable plans l for maps of shape in.
func NewSeparable(k *kernel.Kernels, l nn.SeparableConv2D, in nn.Shape, f Fused) (*Separable, error) {
	return newSeparable(k, l, in, func(second nn.Conv2D, middle nn.Shape) (Layer, error) {
		return NewConv(k, second, middle, f)
	})
}

// NewSeparableNorm plans l, which has no activation of its own, and for training
// the batch normalisation norm and the activation act behind it.
func NewSeparableNorm(k *kernel.Kernels, l nn.SeparableConv2D, in nn.Shape, norm nn.BatchNorm, act nn.Activation) (*Separable, error) {
	return newSeparable(k, l, in, func(second nn.Conv2D, middle nn.Shape) (Layer, error) {
		return NewConvNorm(k, second, middle, norm, act)
	})
}

func newSeparable(k *kernel.Kernels, l nn.SeparableConv2D, in nn.Shape, pointwise func(nn.Conv2D, nn.Shape) (Layer, error)) (*Separable, error) {
	first := nn.DepthwiseConv2D{Kernel: l.Kernel, Stride: l.Stride, Padding: l.Padding}
	middle, err := first.Output(in)
	if err != nil {
		return nil, err
	}
	s := &Separable{middle: middle.Size()}
	if s.depthwise, err = NewDepthwise(k, first, in, nn.Linear); err != nil {
		return nil, err
	}
	s.pointwise, err = pointwise(nn.Conv2D{Filters: l.Filters, Kernel: 1, Stride: 1, Padding: nn.Valid, NoBias: l.NoBias}, middle)
	return s, err
}

func (s *Separable) String() string { return "Separable" }

// Forward filters each channel, then mixes the channels.
func (s *Separable) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	t := s.t[:r.N*s.middle]
	s.depthwise.Forward(r, x, p[:1], t)
	s.pointwise.Forward(r, t, p[1:], y)
}

// Backward computes the gradients.
func (s *Separable) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	t, dt := s.t[:r.N*s.middle], s.dt[:r.N*s.middle]
	s.pointwise.Backward(r, t, p[1:], y, dy, dt, dp[1:])
	s.depthwise.Backward(r, x, p[:1], t, dt, dx, dp[:1])
}

// Uses: as its two convolutions.
func (s *Separable) Uses() (x, y bool) { return true, true }

// Buffers keeps the maps between the two convolutions.
func (s *Separable) Buffers() []Buffer {
	return append(s.pointwise.Buffers(),
		floatBuffer(s.middle, Kept, &s.t),
		floatBuffer(s.middle, BackwardScratch, &s.dt))
}
