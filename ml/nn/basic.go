package nn

import (
	"errors"
	"fmt"
	"math"
)

// BatchNorm brings every channel of a batch to mean 0 and variance 1 and then
// scales and shifts it by learned amounts; predictions use moving averages
// instead of the batch's (Keras's BatchNormalization; Ioffe and Szegedy 2015).
// Each of its four arrays has a number a channel.
type BatchNorm struct {
	Momentum float64 `json:"momentum,omitempty"` // of the moving averages; 0 means 0.99
	Epsilon  float64 `json:"epsilon,omitempty"`  // added to the variance; 0 means 0.001
}

// Kind returns "batch_normalization".
func (BatchNorm) Kind() string { return "batch_normalization" }

// WithDefaults writes out momentum 0.99 and epsilon 0.001.
func (l BatchNorm) WithDefaults() Layer {
	if l.Momentum == 0 {
		l.Momentum = 0.99
	}
	if l.Epsilon == 0 {
		l.Epsilon = 1e-3
	}
	return l
}

// Output returns in.
func (l BatchNorm) Output(in Shape) (Shape, error) {
	if !(l.Momentum >= 0 && l.Momentum < 1) {
		return Shape{}, fmt.Errorf("a momentum of %g is not possible: give a number from 0 to below 1, such as 0.99", l.Momentum)
	}
	if !(l.Epsilon >= 0 && l.Epsilon <= 1) {
		return Shape{}, fmt.Errorf("an epsilon of %g is not possible: give a small positive number, such as 0.001", l.Epsilon)
	}
	return in, nil
}

// Params returns gamma and beta, and the moving averages, which are not trained.
func (BatchNorm) Params(in Shape) []ParamSpec {
	return []ParamSpec{
		weight("gamma", Ones, in.C),
		weight("beta", Zeros, in.C),
		{Name: "moving_mean", Shape: []int{in.C}, Init: Zeros},
		{Name: "moving_variance", Shape: []int{in.C}, Init: Ones},
	}
}

// FLOPs counts a multiplication and an addition for each number.
func (BatchNorm) FLOPs(in Shape) int64 { return 2 * int64(in.Size()) }

// Dropout sets a random share of the numbers to zero while training and scales
// the others up by 1/(1-Rate), so that nothing is to do at prediction (Keras's
// Dropout; Srivastava et al. 2014).
type Dropout struct {
	Rate float64 `json:"rate"`
}

// Kind returns "dropout".
func (Dropout) Kind() string { return "dropout" }

// WithDefaults returns l: the rate has no default.
func (l Dropout) WithDefaults() Layer { return l }

// Output returns in.
func (l Dropout) Output(in Shape) (Shape, error) {
	if math.IsNaN(l.Rate) || l.Rate < 0 || l.Rate >= 1 {
		return Shape{}, fmt.Errorf("a dropout rate of %g is not possible: give a share from 0 to below 1, such as 0.25", l.Rate)
	}
	return in, nil
}

// Params returns nothing: dropout has no parameters.
func (Dropout) Params(Shape) []ParamSpec { return nil }

// FLOPs returns 0: nothing is computed at prediction.
func (Dropout) FLOPs(Shape) int64 { return 0 }

// Flatten lays a map out as one vector, row after row, channels together
// (Keras's Flatten).
type Flatten struct{}

// Kind returns "flatten".
func (Flatten) Kind() string { return "flatten" }

// WithDefaults returns l: it has no settings.
func (l Flatten) WithDefaults() Layer { return l }

// Output returns a vector of all of in's numbers.
func (Flatten) Output(in Shape) (Shape, error) { return Vector(in.Size()), nil }

// Params returns nothing: flattening has no parameters.
func (Flatten) Params(Shape) []ParamSpec { return nil }

// FLOPs returns 0: nothing is computed.
func (Flatten) FLOPs(Shape) int64 { return 0 }

// Dense connects every incoming number with every unit (Keras's Dense).
// Kernel: (in, Units).
type Dense struct {
	Units      int        `json:"units"`
	Activation Activation `json:"activation,omitempty"`
	NoBias     bool       `json:"no_bias,omitempty"`
}

// Kind returns "dense".
func (Dense) Kind() string { return "dense" }

// WithDefaults writes out linear activation.
func (l Dense) WithDefaults() Layer {
	l.Activation = l.Activation.orLinear()
	return l
}

// Output returns a vector of Units numbers.
func (l Dense) Output(in Shape) (Shape, error) {
	if err := checkWidth(l.Units, "unit"); err != nil {
		return Shape{}, err
	}
	if err := l.Activation.check(); err != nil {
		return Shape{}, err
	}
	if !in.IsVector() {
		return Shape{}, fmt.Errorf("Dense after %s: put Flatten before it", in.describe())
	}
	return Vector(l.Units), nil
}

// Params returns the kernel and, unless NoBias, the bias.
func (l Dense) Params(in Shape) []ParamSpec {
	return withBias([]ParamSpec{weight("kernel", GlorotUniform, in.Size(), l.Units)}, l.NoBias, l.Units)
}

// FLOPs counts a multiplication and an addition for each connection.
func (l Dense) FLOPs(in Shape) int64 {
	out := Vector(l.Units)
	return windowFLOPs(out, 1, in.Size(), l.NoBias) + l.Activation.flops(out)
}

// ActivationLayer applies a function by itself (Keras's Activation).
type ActivationLayer struct {
	Function Activation `json:"function"`
}

// Kind returns "activation".
func (ActivationLayer) Kind() string { return "activation" }

// WithDefaults returns l: the function has no default.
func (l ActivationLayer) WithDefaults() Layer { return l }

// Output returns in.
func (l ActivationLayer) Output(in Shape) (Shape, error) {
	if l.Function == "" {
		return Shape{}, errors.New("it has no function: give one of " + list(Activations()))
	}
	return in, l.Function.check()
}

// Params returns nothing: an activation has no parameters.
func (ActivationLayer) Params(Shape) []ParamSpec { return nil }

// FLOPs counts the function once for each number.
func (l ActivationLayer) FLOPs(in Shape) int64 { return l.Function.flops(in) }

func (a Activation) flops(out Shape) int64 {
	if a.orLinear() == Linear {
		return 0
	}
	return int64(out.Size())
}
