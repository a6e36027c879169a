package op

import (
	"fmt"
	"unsafe"

	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Run is the state that all operations of one program share.
type Run struct {
	Kernels   *kernel.Kernels
	N         int    // images in use, 1 … capacity
	Training  bool   // batch statistics and dropout, or moving averages and none
	Seed      uint64 // of dropout
	Iteration uint64 // training steps done before this one
	Weights   uint64 // grows whenever the parameters change, from 1 on
}

// packing remembers which state of its parameters a layer packed last.
type packing struct{ weights uint64 }

// fresh returns w when it has changed since the last call, else nil: the
// kernels then use what they packed before.
func (p *packing) fresh(r *Run, w []float32) []float32 {
	if p.weights == r.Weights {
		return nil
	}
	p.weights = r.Weights
	return w
}

// Layer is the arithmetic of one layer, or of several fused ones. Every slice
// it gets is cut to the Run.N images in use.
type Layer interface {
	fmt.Stringer

	// Forward computes y from x and the parameters p.
	Forward(r *Run, x []float32, p [][]float32, y []float32)

	// Backward computes, from the gradient dy of the loss with respect to y,
	// the gradients with respect to x (unless dx is nil) and to every parameter
	// whose dp is not nil. p, x, y and the layer's kept buffers are as Forward
	// left them; dy is only read.
	Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32)

	// Uses says which of x and y Backward reads.
	Uses() (x, y bool)

	// Buffers lists the memory that the layer needs besides. Each is assigned
	// before the first Forward.
	Buffers() []Buffer
}

// Buffer is a layer's own memory: Size numbers for each image.
type Buffer struct {
	Size   int
	Life   Life
	Assign func([]float32)
}

// Life says how long the contents of a Buffer matter.
type Life int

// The lifetimes.
const (
	Kept            Life = iota // from Forward until Backward
	ForwardScratch              // during Forward only
	BackwardScratch             // during Backward only
)

// noBuffers is embedded by layers that need no memory of their own.
type noBuffers struct{}

func (noBuffers) Buffers() []Buffer { return nil }

// bytes returns the memory of f as bytes.
func bytes(f []float32) []uint8 {
	return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// byteBuffer asks for size bytes an image.
func byteBuffer(size int, life Life, to *[]uint8) Buffer {
	return Buffer{Size: (size + 3) / 4, Life: life, Assign: func(f []float32) { *to = bytes(f) }}
}

// floatBuffer asks for size numbers an image.
func floatBuffer(size int, life Life, to *[]float32) Buffer {
	return Buffer{Size: size, Life: life, Assign: func(f []float32) { *to = f }}
}

// dropout returns the mask that a fused dropout of the given rate uses in this
// step; none outside training.
func (r *Run) dropout(rate float64, layer uint64) kernel.Dropout {
	if !r.Training || rate == 0 {
		return kernel.Dropout{}
	}
	return kernel.Dropout{Rate: rate, Seed: r.Seed, Step: r.Iteration, Layer: layer}
}

// activation translates the name of an activation that works on single numbers.
func activation(a nn.Activation) (kernel.Activation, error) {
	switch a {
	case nn.Linear, "":
		return kernel.Linear, nil
	case nn.ReLU:
		return kernel.ReLU, nil
	case nn.LeakyReLU:
		return kernel.LeakyReLU, nil
	case nn.Tanh:
		return kernel.Tanh, nil
	case nn.Sigmoid:
		return kernel.Sigmoid, nil
	}
	return 0, fmt.Errorf("the activation %q cannot be used inside a network", a)
}
