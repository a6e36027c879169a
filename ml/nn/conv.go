package nn

import (
	"errors"
	"fmt"
)

// Conv2D slides Filters square windows of Kernel×Kernel over a map and makes
// one channel of each (Keras's Conv2D). Kernel: (Kernel, Kernel, in, Filters).
type Conv2D struct {
	Filters    int        `json:"filters"`
	Kernel     int        `json:"kernel"`
	Stride     int        `json:"stride,omitempty"` // 0 means 1
	Padding    Padding    `json:"padding,omitempty"`
	Activation Activation `json:"activation,omitempty"`
	NoBias     bool       `json:"no_bias,omitempty"`
}

// Kind returns "conv2d".
func (Conv2D) Kind() string { return "conv2d" }

// WithDefaults writes out stride 1, valid padding and linear activation.
func (l Conv2D) WithDefaults() Layer { return l.resolved() }

func (l Conv2D) resolved() Conv2D {
	l.Stride, l.Padding, l.Activation = orOne(l.Stride), l.Padding.orValid(), l.Activation.orLinear()
	return l
}

// Output returns rows × columns × Filters.
func (l Conv2D) Output(in Shape) (Shape, error) {
	l = l.resolved()
	if err := checkWidth(l.Filters, "filter"); err != nil {
		return Shape{}, err
	}
	if err := l.Activation.check(); err != nil {
		return Shape{}, err
	}
	out, err := slide("Conv2D", in, l.Kernel, l.Stride, l.Padding)
	out.C = l.Filters
	return out, err
}

// Params returns the kernel and, unless NoBias, the bias.
func (l Conv2D) Params(in Shape) []ParamSpec {
	params := []ParamSpec{weight("kernel", GlorotUniform, l.Kernel, l.Kernel, in.C, l.Filters)}
	return withBias(params, l.NoBias, l.Filters)
}

// FLOPs counts the products and sums of all windows.
func (l Conv2D) FLOPs(in Shape) int64 {
	out, _ := l.Output(in)
	return windowFLOPs(out, l.Kernel, in.C, l.NoBias) + l.Activation.flops(out)
}

// DepthwiseConv2D filters every channel by itself with one Kernel×Kernel window
// (Keras's DepthwiseConv2D with depth multiplier 1). Kernel: (Kernel, Kernel, in, 1).
type DepthwiseConv2D struct {
	Kernel     int        `json:"kernel"`
	Stride     int        `json:"stride,omitempty"` // 0 means 1
	Padding    Padding    `json:"padding,omitempty"`
	Activation Activation `json:"activation,omitempty"`
	NoBias     bool       `json:"no_bias,omitempty"`
}

// Kind returns "depthwise_conv2d".
func (DepthwiseConv2D) Kind() string { return "depthwise_conv2d" }

// WithDefaults writes out stride 1, valid padding and linear activation.
func (l DepthwiseConv2D) WithDefaults() Layer { return l.resolved() }

func (l DepthwiseConv2D) resolved() DepthwiseConv2D {
	l.Stride, l.Padding, l.Activation = orOne(l.Stride), l.Padding.orValid(), l.Activation.orLinear()
	return l
}

// Output returns rows × columns × as many channels as come in.
func (l DepthwiseConv2D) Output(in Shape) (Shape, error) {
	l = l.resolved()
	if err := l.Activation.check(); err != nil {
		return Shape{}, err
	}
	return slide("DepthwiseConv2D", in, l.Kernel, l.Stride, l.Padding)
}

// Params returns the kernel and, unless NoBias, the bias.
func (l DepthwiseConv2D) Params(in Shape) []ParamSpec {
	params := []ParamSpec{weight("kernel", GlorotUniform, l.Kernel, l.Kernel, in.C, 1)}
	return withBias(params, l.NoBias, in.C)
}

// FLOPs counts the products and sums of all windows.
func (l DepthwiseConv2D) FLOPs(in Shape) int64 {
	out, _ := l.Output(in)
	return windowFLOPs(out, l.Kernel, 1, l.NoBias) + l.Activation.flops(out)
}

// SeparableConv2D filters every channel by itself and then mixes the channels
// with a 1×1 convolution (Keras's SeparableConv2D; Chollet 2017). Bias and
// activation come after the mixing. Kernels: (Kernel, Kernel, in, 1) and
// (1, 1, in, Filters).
type SeparableConv2D struct {
	Filters    int        `json:"filters"`
	Kernel     int        `json:"kernel"`
	Stride     int        `json:"stride,omitempty"` // 0 means 1
	Padding    Padding    `json:"padding,omitempty"`
	Activation Activation `json:"activation,omitempty"`
	NoBias     bool       `json:"no_bias,omitempty"`
}

// Kind returns "separable_conv2d".
func (SeparableConv2D) Kind() string { return "separable_conv2d" }

// WithDefaults writes out stride 1, valid padding and linear activation.
func (l SeparableConv2D) WithDefaults() Layer { return l.resolved() }

func (l SeparableConv2D) resolved() SeparableConv2D {
	l.Stride, l.Padding, l.Activation = orOne(l.Stride), l.Padding.orValid(), l.Activation.orLinear()
	return l
}

// Output returns rows × columns × Filters.
func (l SeparableConv2D) Output(in Shape) (Shape, error) {
	l = l.resolved()
	if err := checkWidth(l.Filters, "filter"); err != nil {
		return Shape{}, err
	}
	if err := l.Activation.check(); err != nil {
		return Shape{}, err
	}
	out, err := slide("SeparableConv2D", in, l.Kernel, l.Stride, l.Padding)
	out.C = l.Filters
	return out, err
}

// Params returns the depthwise kernel, the pointwise kernel and, unless NoBias,
// the bias.
func (l SeparableConv2D) Params(in Shape) []ParamSpec {
	params := []ParamSpec{
		weight("depthwise_kernel", GlorotUniform, l.Kernel, l.Kernel, in.C, 1),
		weight("pointwise_kernel", GlorotUniform, 1, 1, in.C, l.Filters),
	}
	return withBias(params, l.NoBias, l.Filters)
}

// FLOPs counts the products and sums of both steps.
func (l SeparableConv2D) FLOPs(in Shape) int64 {
	out, _ := l.Output(in)
	depthwise := Shape{out.H, out.W, in.C}
	return windowFLOPs(depthwise, l.Kernel, 1, true) + windowFLOPs(out, 1, in.C, l.NoBias) + l.Activation.flops(out)
}

// slide checks a window over in and returns the map it makes, with in's channels.
func slide(what string, in Shape, size, stride int, padding Padding) (Shape, error) {
	if in.IsVector() {
		return Shape{}, fmt.Errorf("%s works on a map of rows, columns and channels, but %s comes in: move it before Flatten", what, in.describe())
	}
	if err := padding.check(); err != nil {
		return Shape{}, err
	}
	if size < 1 || size > maxKernel {
		return Shape{}, fmt.Errorf("a window of %d×%d is not possible: give a size from 1 to %d", size, size, maxKernel)
	}
	if stride < 1 || stride > maxKernel {
		return Shape{}, fmt.Errorf("a stride of %d is not possible: give a stride from 1 to %d", stride, maxKernel)
	}
	h, _, _ := padding.Window(in.H, size, stride)
	w, _, _ := padding.Window(in.W, size, stride)
	if h < 1 || w < 1 {
		return Shape{}, fmt.Errorf("a %d×%d window does not fit into %s: make the window smaller or the padding \"same\"", size, size, in.describe())
	}
	return Shape{h, w, in.C}, nil
}

func checkWidth(n int, noun string) error {
	if n < 1 {
		return fmt.Errorf("it needs at least 1 %s, not %d", noun, n)
	}
	if n > maxWidth {
		return errors.New(counted(n, noun) + " are too many: at most " + counted(maxWidth, noun) + " are possible")
	}
	return nil
}

func withBias(params []ParamSpec, noBias bool, n int) []ParamSpec {
	if noBias {
		return params
	}
	return append(params, bias(n))
}

func windowFLOPs(out Shape, kernel, channels int, noBias bool) int64 {
	flops := 2 * int64(out.Size()) * int64(kernel*kernel) * int64(channels)
	if !noBias {
		flops += int64(out.Size())
	}
	return flops
}

func orOne(n int) int {
	if n == 0 {
		return 1
	}
	return n
}
