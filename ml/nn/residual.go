package nn

import "fmt"

// Residual is the basic block of a residual network, version 1 (He et al. 2015,
// arXiv 1512.03385): two 3×3 convolutions with same padding and no bias, each
// followed by batch normalisation, with ReLU between them; the input is added
// and ReLU applied to the sum. Where stride or channels change the shape, the
// input passes a 1×1 convolution and batch normalisation first.
type Residual struct {
	Filters int `json:"filters"`
	Stride  int `json:"stride,omitempty"` // 0 means 1
}

// Kind returns "residual".
func (Residual) Kind() string { return "residual" }

// WithDefaults writes out stride 1.
func (l Residual) WithDefaults() Layer {
	l.Stride = orOne(l.Stride)
	return l
}

// Projects reports whether the shortcut needs a convolution because the block
// changes the shape.
func (l Residual) Projects(in Shape) bool {
	return orOne(l.Stride) != 1 || in.C != l.Filters
}

// ResidualPart is a layer inside a Residual with the shapes around it.
type ResidualPart struct {
	Name    string // prefix of its parameters: "conv1" in "residual/conv1/kernel"
	Layer   Layer
	In, Out Shape
}

// Parts lists the layers inside the block in order: conv1, bn1, conv2, bn2 and,
// when Projects, shortcut and shortcut_bn, which start from the block's input.
// It must only be called with a shape that Output accepts.
func (l Residual) Parts(in Shape) []ResidualPart {
	stride := orOne(l.Stride)
	out, _ := l.Output(in)
	norm := BatchNorm{}.WithDefaults()
	conv := func(kernel, stride int) Layer {
		return Conv2D{Filters: l.Filters, Kernel: kernel, Stride: stride, Padding: Same, NoBias: true}.WithDefaults()
	}
	parts := []ResidualPart{
		{"conv1", conv(3, stride), in, out},
		{"bn1", norm, out, out},
		{"conv2", conv(3, 1), out, out},
		{"bn2", norm, out, out},
	}
	if l.Projects(in) {
		parts = append(parts,
			ResidualPart{"shortcut", conv(1, stride), in, out},
			ResidualPart{"shortcut_bn", norm, out, out})
	}
	return parts
}

// Output returns rows × columns × Filters.
func (l Residual) Output(in Shape) (Shape, error) {
	if in.IsVector() {
		return Shape{}, fmt.Errorf("a residual block works on a map of rows, columns and channels, but %s comes in: move it before Flatten", in.describe())
	}
	if err := checkWidth(l.Filters, "filter"); err != nil {
		return Shape{}, err
	}
	out, err := slide("Residual", in, 3, orOne(l.Stride), Same)
	out.C = l.Filters
	return out, err
}

// Params returns the arrays of the inner layers in the order of Parts. The
// kernels start by HeNormal, as in the paper.
func (l Residual) Params(in Shape) []ParamSpec {
	var params []ParamSpec
	for _, part := range l.Parts(in) {
		for _, p := range part.Layer.Params(part.In) {
			if p.Name == "kernel" {
				p.Init = HeNormal
			}
			p.Name = part.Name + "/" + p.Name
			params = append(params, p)
		}
	}
	return params
}

// FLOPs sums the inner layers, the addition and the two activations.
func (l Residual) FLOPs(in Shape) int64 {
	out, _ := l.Output(in)
	flops := 3 * int64(out.Size())
	for _, part := range l.Parts(in) {
		flops += part.Layer.FLOPs(part.In)
	}
	return flops
}
