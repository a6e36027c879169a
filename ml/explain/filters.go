package explain

import (
	"fmt"
	"image"
	"math"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Filter is one of the first convolution's windows.
type Filter struct {
	Size   int       // rows and columns
	Values []float32 // Size·Size, averaged over the input channels
}

// Filters returns the windows of the network's first convolution (plain,
// depthwise, separable or inside a residual block).
func Filters(net nn.Network, w engine.Weights) ([]Filter, error) {
	params, err := net.Params()
	if err != nil {
		return nil, err
	}
	for _, p := range params {
		if len(p.Shape) != 4 {
			continue
		}
		t, ok := w.ByName(p.Name)
		if !ok || len(t.Data) != p.Size() {
			return nil, fmt.Errorf("the weights hold no %s of shape %v", p.Name, p.Shape)
		}
		return windows(t.Data, p.Shape), nil
	}
	return nil, fmt.Errorf("the network has no convolution, so there are no filters to show")
}

// windows cuts a kernel (rows, columns, in, out) into filters. A depthwise
// kernel (…, in, 1) has one for each incoming channel.
func windows(kernel []float32, shape []int) []Filter {
	size, in, out := shape[0], shape[2], shape[3]
	average := 1 / float32(in)
	if out == 1 && in > 1 {
		in, out, average = 1, in, 1
	}
	filters := make([]Filter, out)
	for f := range filters {
		filters[f] = Filter{Size: size, Values: make([]float32, size*size)}
		for i := range filters[f].Values {
			for c := range in {
				filters[f].Values[i] += kernel[(i*in+c)*out+f] * average
			}
		}
	}
	return filters
}

// Image draws the filter with mid-grey for zero, white for what it looks for
// and black for what it looks against. Each filter has its own scale.
func (f Filter) Image() *image.Gray {
	most := float32(0)
	for _, v := range f.Values {
		most = max(most, float32(math.Abs(float64(v))))
	}
	return grey(f.Values, f.Size, f.Size, -most, most)
}
