package engine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// gradientCases are small networks that between them hold every layer with odd
// sizes, channel counts that are no multiple of a vector, strides, paddings and
// activations, each behind a layer with weights, so that the gradient of its
// input counts too.
func gradientCases() map[string]nn.Network {
	in := nn.Shape{H: 7, W: 5, C: 3}
	head := func(layers ...nn.Layer) nn.Network {
		return nn.Network{Input: in, Layers: append(layers, nn.Flatten{}, nn.Dense{Units: 4, Activation: nn.Softmax})}
	}
	first := nn.Conv2D{Filters: 5, Kernel: 3, Padding: nn.Same, Activation: nn.Tanh}
	cases := map[string]nn.Network{
		"dense":                   {Input: nn.Vector(9), Layers: nn.Layers{nn.Dense{Units: 7, Activation: nn.Sigmoid}, nn.Dense{Units: 3, NoBias: true, Activation: nn.Softmax}}},
		"dense dropout":           {Input: nn.Vector(9), Layers: nn.Layers{nn.Dense{Units: 17, Activation: nn.Tanh}, nn.Dropout{Rate: .4}, nn.Dense{Units: 3, Activation: nn.Softmax}}},
		"dense batchnorm":         {Input: nn.Vector(9), Layers: nn.Layers{nn.Dense{Units: 7}, nn.BatchNorm{}, nn.Dropout{Rate: .3}, nn.Dense{Units: 3, Activation: nn.Softmax}}},
		"final activation":        {Input: nn.Vector(9), Layers: nn.Layers{nn.Dense{Units: 5}, nn.ActivationLayer{Function: nn.Softmax}}},
		"conv 3x3 stride 2 same":  head(first, nn.Conv2D{Filters: 6, Kernel: 3, Stride: 2, Padding: nn.Same, Activation: nn.Sigmoid}),
		"conv 3x3 valid":          head(first, nn.Conv2D{Filters: 17, Kernel: 3, Activation: nn.LeakyReLU}),
		"conv 5x5 same":           head(first, nn.Conv2D{Filters: 3, Kernel: 5, Padding: nn.Same, NoBias: true, Activation: nn.Tanh}),
		"conv 2x2 stride 3 valid": head(first, nn.Conv2D{Filters: 4, Kernel: 2, Stride: 3, Activation: nn.Tanh}),
		"conv 4x4 same":           head(first, nn.Conv2D{Filters: 4, Kernel: 4, Padding: nn.Same, Activation: nn.Tanh}),
		"conv 1x1":                head(first, nn.Conv2D{Filters: 9, Kernel: 1, Activation: nn.Tanh}),
		"conv pool dropout":       head(first, nn.Conv2D{Filters: 6, Kernel: 3, Padding: nn.Same, Activation: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Dropout{Rate: .25}),
		"conv activation layer":   head(first, nn.Conv2D{Filters: 6, Kernel: 3}, nn.ActivationLayer{Function: nn.Sigmoid}),
		"conv batchnorm relu":     head(nn.Conv2D{Filters: 6, Kernel: 3, NoBias: true}, nn.BatchNorm{}, nn.ActivationLayer{Function: nn.ReLU}),
		"conv bias batchnorm":     head(first, nn.Conv2D{Filters: 17, Kernel: 3, Padding: nn.Same}, nn.BatchNorm{}, nn.ActivationLayer{Function: nn.Tanh}, nn.MaxPool{Size: 2}),
		"batchnorm first":         head(nn.BatchNorm{Epsilon: .01}, first),
		"max pool 3 stride 2":     head(first, nn.MaxPool{Size: 3, Stride: 2, Padding: nn.Same}),
		"max pool odd":            head(first, nn.MaxPool{Size: 2, Padding: nn.Same}),
		"average pool":            head(first, nn.AveragePool{Size: 3, Stride: 2, Padding: nn.Same}, nn.AveragePool{Size: 2, Stride: 1}),
		"global average":          {Input: in, Layers: nn.Layers{first, nn.GlobalAveragePool{}, nn.Dense{Units: 4, Activation: nn.Softmax}}},
		"dropout between maps":    head(first, nn.AveragePool{Size: 2}, nn.Dropout{Rate: .5}),
		"activation between maps": head(first, nn.AveragePool{Size: 2}, nn.ActivationLayer{Function: nn.Tanh}),
		"depthwise":               head(first, nn.DepthwiseConv2D{Kernel: 3, Padding: nn.Same, Activation: nn.Tanh}),
		"depthwise stride 2":      head(first, nn.DepthwiseConv2D{Kernel: 3, Stride: 2, NoBias: true}, nn.ActivationLayer{Function: nn.Sigmoid}),
		"depthwise first":         head(nn.DepthwiseConv2D{Kernel: 3, Padding: nn.Same, Activation: nn.Tanh}),
		"separable":               head(first, nn.SeparableConv2D{Filters: 6, Kernel: 3, Padding: nn.Same, Activation: nn.Tanh}),
		"separable stride 2":      head(nn.SeparableConv2D{Filters: 6, Kernel: 3, Stride: 2, Padding: nn.Same, NoBias: true}, nn.BatchNorm{}, nn.ActivationLayer{Function: nn.Tanh}),
		"residual identity":       head(first, nn.Residual{Filters: 5}),
		"residual projection":     head(first, nn.Residual{Filters: 6, Stride: 2}, nn.Residual{Filters: 6}),
		"residual first":          head(nn.Residual{Filters: 4}),
	}
	// Enough channels for convolutions to do the work of normalisations.
	wide := nn.Conv2D{Filters: 9, Kernel: 3, Padding: nn.Same, NoBias: true}
	separable := nn.SeparableConv2D{Filters: 10, Kernel: 3, Padding: nn.Same}
	strided := separable
	strided.Stride, strided.NoBias = 2, true
	norm, tanh := nn.BatchNorm{}, nn.ActivationLayer{Function: nn.Tanh}
	cases["norm conv pool"] = head(wide, nn.Dropout{Rate: .2}, norm, tanh, wide, nn.ActivationLayer{Function: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Dropout{Rate: .25})
	cases["norm conv norm"] = head(wide, tanh, norm, nn.Conv2D{Filters: 8, Kernel: 5, Padding: nn.Same}, norm, tanh)
	cases["norm separable"] = head(wide, tanh, norm, separable, tanh)
	cases["norm of the input"] = nn.Network{Input: nn.Shape{H: 5, W: 6, C: 9}, Layers: nn.Layers{norm, wide, nn.Flatten{}, nn.Dense{Units: 4, Activation: nn.Softmax}}}
	cases["chain"] = head(wide, norm, tanh, separable, norm, nn.ActivationLayer{Function: nn.Sigmoid}, strided, norm, tanh, wide)
	cases["chain of norms"] = head(wide, norm, tanh, strided, norm, tanh, nn.Conv2D{Filters: 17, Kernel: 1}, norm, tanh)
	return cases
}

// TestGradients compares the gradient of every parameter with central
// differences of the loss along random directions.
func TestGradients(t *testing.T) {
	for name, net := range gradientCases() {
		for _, kernelName := range kernel.Supported() {
			for _, n := range []int{1, 3} { // of a capacity of 4: partial batches
				t.Run(fmt.Sprintf("%s/%s/%d", name, kernelName, n), func(t *testing.T) {
					checkGradients(t, net, kernelName, n)
				})
			}
		}
	}
}

func checkGradients(t *testing.T, net nn.Network, kernelName string, n int) {
	classes, err := net.Classes()
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(n, net.Input, classes, 3)
	tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 4, Threads: 2, Kernel: kernelName, Seed: 5})
	w := tr.Weights()
	r := rand.New(rand.NewPCG(11, uint64(n)))
	for _, tensor := range w { // leave the zeros and ones where gradients may hide
		for i := range tensor.Data {
			tensor.Data[i] += float32(r.NormFloat64()) * .1
		}
	}
	start := w.Clone()
	restore := func() {
		if err := w.CopyFrom(start); err != nil {
			t.Fatal(err)
		}
		if err := tr.SetState(engine.State{}); err != nil { // the same dropout masks again
			t.Fatal(err)
		}
	}
	step(t, tr, b, 1) // w -= gradient
	gradient := make(map[string][]float64)
	for i, tensor := range w {
		if tensor.Trainable {
			g := make([]float64, len(tensor.Data))
			for j, v := range tensor.Data {
				g[j] = float64(start[i].Data[j]) - float64(v)
			}
			gradient[tensor.Name] = g
		}
	}
	loss := func(tensor engine.Tensor, direction []float64, h float64) float64 {
		restore()
		for j, d := range direction {
			tensor.Data[j] += float32(h * d)
		}
		return step(t, tr, b, 0).Loss
	}
	for _, tensor := range w {
		if !tensor.Trainable {
			continue
		}
		for range 3 {
			direction := make([]float64, len(tensor.Data))
			norm := 0.0
			for j := range direction {
				direction[j] = r.NormFloat64()
				norm += direction[j] * direction[j]
			}
			want, size := 0.0, 0.0
			for j, g := range gradient[tensor.Name] {
				direction[j] /= math.Sqrt(norm)
				want += g * direction[j]
				size += g * g
			}
			tolerance := 3e-4 + 5e-3*math.Sqrt(size)
			var got []float64
			ok := false
			for _, h := range []float64{2e-3, 3e-4, 4e-5} { // smaller ones step over fewer kinks
				d := (loss(tensor, direction, h) - loss(tensor, direction, -h)) / (2 * h)
				got = append(got, d)
				if ok = math.Abs(d-want) <= tolerance; ok {
					break
				}
			}
			if !ok {
				t.Errorf("%s: derivative %.6f, central differences %.6f (tolerance %.6f)", tensor.Name, want, got, tolerance)
			}
		}
	}
}
