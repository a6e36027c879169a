package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// MaxPool keeps the largest number of each window.
type MaxPool struct {
	plan *kernel.MaxPool
	out  int
	arg  []uint8
}

// NewMaxPool plans l for maps of shape in.
func NewMaxPool(k *kernel.Kernels, l nn.MaxPool, in nn.Shape) (*MaxPool, error) {
	plan, err := k.NewMaxPool(poolShape(l.Size, l.Stride, l.Padding, in))
	if err != nil {
		return nil, err
	}
	h, w, c := plan.Output()
	return &MaxPool{plan: plan, out: h * w * c}, nil
}

func (m *MaxPool) String() string { return "MaxPool" }

// Forward keeps the winners and where they were.
func (m *MaxPool) Forward(r *Run, x []float32, _ [][]float32, y []float32) {
	m.plan.Forward(r.N, x, y, m.arg)
}

// Backward sends each gradient to its window's winner.
func (m *MaxPool) Backward(r *Run, _ []float32, _ [][]float32, _, dy, dx []float32, _ [][]float32) {
	m.plan.Backward(r.N, m.arg, dy, dx)
}

// Uses neither.
func (m *MaxPool) Uses() (x, y bool) { return false, false }

// Buffers keeps the winners' places.
func (m *MaxPool) Buffers() []Buffer { return []Buffer{byteBuffer(m.out, Kept, &m.arg)} }

// AveragePool takes the mean of the cells of each window that lie in the map.
type AveragePool struct {
	noBuffers
	plan *kernel.AveragePool
}

// NewAveragePool plans l for maps of shape in.
func NewAveragePool(k *kernel.Kernels, l nn.AveragePool, in nn.Shape) (*AveragePool, error) {
	plan, err := k.NewAveragePool(poolShape(l.Size, l.Stride, l.Padding, in))
	if err != nil {
		return nil, err
	}
	return &AveragePool{plan: plan}, nil
}

func (a *AveragePool) String() string { return "AveragePool" }

// Forward computes the means.
func (a *AveragePool) Forward(r *Run, x []float32, _ [][]float32, y []float32) {
	a.plan.Forward(r.N, x, y)
}

// Backward spreads each gradient over its window.
func (a *AveragePool) Backward(r *Run, _ []float32, _ [][]float32, _, dy, dx []float32, _ [][]float32) {
	a.plan.Backward(r.N, dy, dx)
}

// Uses neither.
func (a *AveragePool) Uses() (x, y bool) { return false, false }

// NewGlobalAveragePool plans the mean of each channel for maps of shape in.
func NewGlobalAveragePool(k *kernel.Kernels, in nn.Shape) (*AveragePool, error) {
	plan, err := k.NewGlobalAveragePool(in.H, in.W, in.C)
	if err != nil {
		return nil, err
	}
	return &AveragePool{plan: plan}, nil
}

func poolShape(size, stride int, padding nn.Padding, in nn.Shape) kernel.PoolShape {
	return kernel.PoolShape{H: in.H, W: in.W, C: in.C, Size: size, Stride: stride, Same: padding == nn.Same}
}
