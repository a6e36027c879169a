package engine

import (
	"fmt"
	"slices"

	"atelier/ml/nn"
)

// Tensor is one named array of numbers: a parameter of a layer, or a part of
// an optimiser's memory.
type Tensor struct {
	Name      string    // full name, for example "conv2d_1/kernel"
	Shape     []int     // row-major
	Data      []float32 // product of Shape elements
	Trainable bool      // false for batch normalisation's moving averages
}

// Size returns the number of elements that Shape promises.
func (t Tensor) Size() int {
	size := 1
	for _, d := range t.Shape {
		size *= d
	}
	return size
}

// Clone returns a copy that shares no memory with t.
func (t Tensor) Clone() Tensor {
	t.Shape = slices.Clone(t.Shape)
	t.Data = slices.Clone(t.Data)
	return t
}

// Weights are all parameters of a network in the order of nn.Network.Params.
type Weights []Tensor

// Clone returns a copy that shares no memory with w.
func (w Weights) Clone() Weights {
	if w == nil {
		return nil
	}
	c := make(Weights, len(w))
	for i, t := range w {
		c[i] = t.Clone()
	}
	return c
}

// ByName returns the tensor of the given full name.
func (w Weights) ByName(name string) (Tensor, bool) {
	for _, t := range w {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// CopyFrom overwrites w's numbers with those of src, which must hold tensors
// of the same names and shapes in the same order. On an error w is unchanged.
func (w Weights) CopyFrom(src Weights) error {
	if len(src) != len(w) {
		return fmt.Errorf("the weights hold %d tensors, the network needs %d", len(src), len(w))
	}
	for i, t := range src {
		if t.Name != w[i].Name {
			return fmt.Errorf("tensor %d is %q, the network needs %q there", i+1, t.Name, w[i].Name)
		}
		if !slices.Equal(t.Shape, w[i].Shape) || len(t.Data) != len(w[i].Data) {
			return fmt.Errorf("%s has shape %v with %d numbers, the network needs %v", t.Name, t.Shape, len(t.Data), w[i].Shape)
		}
	}
	for i, t := range src {
		copy(w[i].Data, t.Data)
	}
	return nil
}

// Finite reports whether every number is finite: no NaN, no infinity.
func (w Weights) Finite() bool {
	for _, t := range w {
		for _, v := range t.Data {
			if v-v != 0 { // NaN and ±Inf are the only values for which this is not 0
				return false
			}
		}
	}
	return true
}

// Count returns the number of parameters.
func (w Weights) Count() int {
	n := 0
	for _, t := range w {
		n += len(t.Data)
	}
	return n
}

// NewWeights returns initial weights as the network's description asks for
// (Keras's Glorot-uniform and He-normal definitions). Each tensor is drawn
// from its own stream, which depends on the seed and its name only: changing
// one layer leaves the others' initial weights as they were.
func NewWeights(net nn.Network, seed uint64) (Weights, error) {
	specs, err := net.Params()
	if err != nil {
		return nil, err
	}
	w := make(Weights, len(specs))
	for i, s := range specs {
		t := Tensor{Name: s.Name, Shape: slices.Clone(s.Shape), Trainable: s.Trainable}
		t.Data = make([]float32, s.Size())
		if err := initialise(t, s, seed); err != nil {
			return nil, err
		}
		w[i] = t
	}
	return w, nil
}
