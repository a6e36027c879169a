// Package nn describes neural networks as plain values: a list of layers that
// can be compared, stored as JSON, checked and counted without computing
// anything. The arithmetic lives in package engine.
//
// Names, defaults and parameter shapes are those of Keras
// (https://keras.io/api/layers). Images are laid out as rows, columns,
// channels.
package nn

import "fmt"

// Layer is one step of a network. Every implementation in this package is a
// comparable struct; the zero value of an optional field means Keras's default.
type Layer interface {
	// Kind is the layer's name in JSON and in parameter names, such as "conv2d".
	Kind() string
	// Output returns the shape that the layer makes of in. The error says in
	// words why it cannot, and what to do.
	Output(in Shape) (Shape, error)
	// Params lists the layer's arrays with names local to the layer, such as
	// "kernel". It must only be called with a shape that Output accepts.
	Params(in Shape) []ParamSpec
	// FLOPs estimates the floating-point operations of one image's forward
	// pass, a multiplication and an addition counted as two.
	FLOPs(in Shape) int64
	// WithDefaults returns the same layer with every default written out.
	WithDefaults() Layer
}

// Activation is a function applied to every number a layer makes, or, for
// Softmax, to a whole vector.
type Activation string

// The activations. An empty Activation means Linear.
const (
	Linear    Activation = "linear"
	ReLU      Activation = "relu"
	LeakyReLU Activation = "leaky_relu"
	Tanh      Activation = "tanh"
	Sigmoid   Activation = "sigmoid"
	Softmax   Activation = "softmax"
)

// LeakySlope is the slope of LeakyReLU below zero: the default of Keras's
// "leaky_relu" activation.
const LeakySlope = 0.2

// Activations lists every activation.
func Activations() []Activation {
	return []Activation{Linear, ReLU, LeakyReLU, Tanh, Sigmoid, Softmax}
}

func (a Activation) orLinear() Activation {
	if a == "" {
		return Linear
	}
	return a
}

func (a Activation) check() error {
	for _, known := range Activations() {
		if a.orLinear() == known {
			return nil
		}
	}
	return fmt.Errorf("unknown activation %q: the known ones are %s", string(a), list(Activations()))
}

// Padding says what a window does at the border of a map.
type Padding string

// The paddings. Same surrounds the map with zeros so that a stride of 1 keeps
// its size (where an odd number of zeros is needed, the last row and column get
// the extra one, as in TensorFlow); Valid uses only whole windows. An empty
// Padding means Valid.
const (
	Same  Padding = "same"
	Valid Padding = "valid"
)

// Paddings lists every padding.
func Paddings() []Padding { return []Padding{Same, Valid} }

func (p Padding) orValid() Padding {
	if p == "" {
		return Valid
	}
	return p
}

func (p Padding) check() error {
	if p := p.orValid(); p != Same && p != Valid {
		return fmt.Errorf("unknown padding %q: the known ones are %s", string(p), list(Paddings()))
	}
	return nil
}

// Window returns how many windows of the given size and stride fit along one
// axis of length in, and how many zeros lie before the first and after the last
// element (TensorFlow's definition, https://www.tensorflow.org/api_docs/python/tf/nn).
func (p Padding) Window(in, size, stride int) (out, before, after int) {
	if p.orValid() == Valid {
		if in < size {
			return 0, 0, 0
		}
		return (in-size)/stride + 1, 0, 0
	}
	out = (in + stride - 1) / stride
	total := max((out-1)*stride+size-in, 0)
	return out, total / 2, total - total/2
}

// Init says how a parameter starts.
type Init string

// The initialisers.
const (
	// GlorotUniform draws from ±√(6/(fanIn+fanOut)) (Glorot and Bengio 2010).
	GlorotUniform Init = "glorot_uniform"
	// HeNormal draws from a normal distribution truncated at two deviations
	// whose deviation is √(2/fanIn) (He et al. 2015).
	HeNormal Init = "he_normal"
	Zeros    Init = "zeros"
	Ones     Init = "ones"
)

// ParamSpec describes one array of a network. Convolution kernels have the
// shape (rows, columns, in, out), dense kernels (in, out), vectors (n).
type ParamSpec struct {
	Name      string // "kernel" within a layer, "conv2d_1/kernel" within a network
	Shape     []int
	Trainable bool // false for moving averages
	Init      Init
}

// Size returns how many numbers the array holds.
func (p ParamSpec) Size() int {
	size := 1
	for _, d := range p.Shape {
		size *= d
	}
	return size
}

// Fans returns how many inputs feed one output and how many outputs one input
// feeds, by Keras's rule for initialisers.
func (p ParamSpec) Fans() (in, out int) {
	n := len(p.Shape)
	if n < 2 {
		return p.Size(), p.Size()
	}
	field := 1
	for _, d := range p.Shape[:n-2] {
		field *= d
	}
	return field * p.Shape[n-2], field * p.Shape[n-1]
}

func weight(name string, init Init, shape ...int) ParamSpec {
	return ParamSpec{Name: name, Shape: shape, Trainable: true, Init: init}
}

func bias(n int) ParamSpec { return weight("bias", Zeros, n) }

// list writes "a, b and c".
func list[S ~string](names []S) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " and "
		default:
			text += ", "
		}
		text += string(name)
	}
	return text
}
