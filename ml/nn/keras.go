package nn

import (
	"fmt"
	"strconv"
	"strings"
)

// KerasClass returns the name of the Keras class that a layer stands for.
// Keras has no residual block; its name here is Residual.
func KerasClass(layer Layer) string {
	switch layer.(type) {
	case Conv2D:
		return "Conv2D"
	case DepthwiseConv2D:
		return "DepthwiseConv2D"
	case SeparableConv2D:
		return "SeparableConv2D"
	case Residual:
		return "Residual"
	case MaxPool:
		return "MaxPooling2D"
	case AveragePool:
		return "AveragePooling2D"
	case GlobalAveragePool:
		return "GlobalAveragePooling2D"
	case BatchNorm:
		return "BatchNormalization"
	case Dropout:
		return "Dropout"
	case Flatten:
		return "Flatten"
	case Dense:
		return "Dense"
	case ActivationLayer:
		return "Activation"
	}
	return layer.Kind()
}

// KerasLine returns the line of Keras code that adds the layer to a Sequential
// model, such as
//
//	model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))
func KerasLine(layer Layer) string { return "model.add(" + KerasCall(layer) + ")" }

// KerasCall returns the Python expression that makes the layer. Arguments that
// equal Keras's defaults are left out.
func KerasCall(layer Layer) string {
	var args []string
	add := func(format string, values ...any) { args = append(args, fmt.Sprintf(format, values...)) }
	window := func(kernel, stride int, padding Padding, activation Activation, noBias bool) {
		add("(%d, %d)", kernel, kernel)
		if stride != 1 {
			add("strides=%d", stride)
		}
		if padding != Valid {
			add("padding=%q", string(padding))
		}
		if activation != Linear {
			add("activation=%q", string(activation))
		}
		if noBias {
			add("use_bias=False")
		}
	}
	pool := func(size, stride int, padding Padding) {
		add("(%d, %d)", size, size)
		if stride != size {
			add("strides=%d", stride)
		}
		if padding != Valid {
			add("padding=%q", string(padding))
		}
	}

	switch l := layer.WithDefaults().(type) {
	case Conv2D:
		add("%d", l.Filters)
		window(l.Kernel, l.Stride, l.Padding, l.Activation, l.NoBias)
	case DepthwiseConv2D:
		window(l.Kernel, l.Stride, l.Padding, l.Activation, l.NoBias)
	case SeparableConv2D:
		add("%d", l.Filters)
		window(l.Kernel, l.Stride, l.Padding, l.Activation, l.NoBias)
	case Residual:
		add("%d", l.Filters)
		if l.Stride != 1 {
			add("strides=%d", l.Stride)
		}
	case MaxPool:
		pool(l.Size, l.Stride, l.Padding)
	case AveragePool:
		pool(l.Size, l.Stride, l.Padding)
	case BatchNorm:
		if l.Momentum != 0.99 {
			add("momentum=%s", number(l.Momentum))
		}
		if l.Epsilon != 1e-3 {
			add("epsilon=%s", number(l.Epsilon))
		}
	case Dropout:
		add("%s", number(l.Rate))
	case Dense:
		add("%d", l.Units)
		if l.Activation != Linear {
			add("activation=%q", string(l.Activation))
		}
		if l.NoBias {
			add("use_bias=False")
		}
	case ActivationLayer:
		add("%q", string(l.Function))
	}
	return KerasClass(layer) + "(" + strings.Join(args, ", ") + ")"
}

// KerasLines returns the lines of Keras code that build the network as a
// Sequential model.
func (n Network) KerasLines() []string {
	lines := []string{
		"model = Sequential()",
		"model.add(Input(shape=" + kerasShape(n.Input, "") + "))",
	}
	for _, layer := range n.Layers {
		lines = append(lines, KerasLine(layer))
	}
	return lines
}

// kerasShape writes a shape as a Python tuple, behind the batch's size when
// that is not empty.
func kerasShape(s Shape, batch string) string {
	var parts []string
	if batch != "" {
		parts = append(parts, batch)
	}
	for _, d := range s.Dims() {
		parts = append(parts, strconv.Itoa(d))
	}
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
