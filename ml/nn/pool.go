package nn

import "fmt"

// MaxPool keeps the largest number of every Size×Size window of each channel
// (Keras's MaxPooling2D).
type MaxPool struct {
	Size    int     `json:"size"`
	Stride  int     `json:"stride,omitempty"` // 0 means Size
	Padding Padding `json:"padding,omitempty"`
}

// Kind returns "max_pooling2d".
func (MaxPool) Kind() string { return "max_pooling2d" }

// WithDefaults writes out a stride of Size and valid padding.
func (l MaxPool) WithDefaults() Layer { return l.resolved() }

func (l MaxPool) resolved() MaxPool {
	if l.Stride == 0 {
		l.Stride = l.Size
	}
	l.Padding = l.Padding.orValid()
	return l
}

// Output returns the smaller map.
func (l MaxPool) Output(in Shape) (Shape, error) {
	l = l.resolved()
	return slide("MaxPool", in, l.Size, l.Stride, l.Padding)
}

// Params returns nothing: pooling has no parameters.
func (MaxPool) Params(Shape) []ParamSpec { return nil }

// FLOPs counts one comparison for each number of each window.
func (l MaxPool) FLOPs(in Shape) int64 {
	out, _ := l.Output(in)
	return int64(out.Size()) * int64(l.Size*l.Size)
}

// AveragePool takes the mean of every Size×Size window of each channel; padded
// zeros do not count (Keras's AveragePooling2D).
type AveragePool struct {
	Size    int     `json:"size"`
	Stride  int     `json:"stride,omitempty"` // 0 means Size
	Padding Padding `json:"padding,omitempty"`
}

// Kind returns "average_pooling2d".
func (AveragePool) Kind() string { return "average_pooling2d" }

// WithDefaults writes out a stride of Size and valid padding.
func (l AveragePool) WithDefaults() Layer { return l.resolved() }

func (l AveragePool) resolved() AveragePool {
	if l.Stride == 0 {
		l.Stride = l.Size
	}
	l.Padding = l.Padding.orValid()
	return l
}

// Output returns the smaller map.
func (l AveragePool) Output(in Shape) (Shape, error) {
	l = l.resolved()
	return slide("AveragePool", in, l.Size, l.Stride, l.Padding)
}

// Params returns nothing: pooling has no parameters.
func (AveragePool) Params(Shape) []ParamSpec { return nil }

// FLOPs counts one addition for each number of each window.
func (l AveragePool) FLOPs(in Shape) int64 {
	out, _ := l.Output(in)
	return int64(out.Size()) * int64(l.Size*l.Size)
}

// GlobalAveragePool takes the mean of each channel and makes a vector of them
// (Keras's GlobalAveragePooling2D).
type GlobalAveragePool struct{}

// Kind returns "global_average_pooling2d".
func (GlobalAveragePool) Kind() string { return "global_average_pooling2d" }

// WithDefaults returns l: it has no settings.
func (l GlobalAveragePool) WithDefaults() Layer { return l }

// Output returns a vector with a number a channel.
func (GlobalAveragePool) Output(in Shape) (Shape, error) {
	if in.IsVector() {
		return Shape{}, fmt.Errorf("GlobalAveragePool averages the maps of a picture, but %s comes in: move it before Flatten or remove it", in.describe())
	}
	return Vector(in.C), nil
}

// Params returns nothing: pooling has no parameters.
func (GlobalAveragePool) Params(Shape) []ParamSpec { return nil }

// FLOPs counts one addition for each number.
func (GlobalAveragePool) FLOPs(in Shape) int64 { return int64(in.Size()) }
