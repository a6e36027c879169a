package engine_test

import (
	"math"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

func TestNewWeightsFollowKeras(t *testing.T) {
	net := nn.Network{Input: nn.Shape{H: 28, W: 28, C: 4}, Layers: nn.Layers{
		nn.BatchNorm{}, nn.Conv2D{Filters: 64, Kernel: 3}, nn.Residual{Filters: 64}, nn.Flatten{}, nn.Dense{Units: 32, Activation: nn.Softmax},
	}}
	w, err := engine.NewWeights(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	moments := func(name string) (mean, deviation, most float64) {
		tensor, ok := w.ByName(name)
		if !ok {
			t.Fatalf("no tensor %s", name)
		}
		for _, v := range tensor.Data {
			mean += float64(v)
			most = max(most, math.Abs(float64(v)))
		}
		mean /= float64(len(tensor.Data))
		for _, v := range tensor.Data {
			deviation += (float64(v) - mean) * (float64(v) - mean)
		}
		return mean, math.Sqrt(deviation / float64(len(tensor.Data))), most
	}
	for name, limit := range map[string]float64{
		"conv2d/kernel": math.Sqrt(6.0 / (9*4 + 9*64)), // Glorot uniform: ±√(6/(in+out))
		"dense/kernel":  math.Sqrt(6.0 / (26*26*64 + 32)),
	} {
		mean, deviation, most := moments(name)
		if most > limit || most < .99*limit || math.Abs(deviation-limit/math.Sqrt(3)) > .03*limit || math.Abs(mean) > .05*limit {
			t.Errorf("%s: mean %v, deviation %v, largest %v; want uniform up to %v", name, mean, deviation, most, limit)
		}
	}
	want := math.Sqrt(2.0 / (9 * 64)) // He normal, cut at two deviations of the full distribution
	if mean, deviation, most := moments("residual/conv1/kernel"); math.Abs(deviation-want) > .02*want || math.Abs(mean) > .02*want || most > 2*want/.8796 {
		t.Errorf("residual/conv1/kernel: mean %v, deviation %v, largest %v; want deviation %v", mean, deviation, most, want)
	}
	for name, want := range map[string]float64{
		"batch_normalization/gamma": 1, "batch_normalization/moving_variance": 1,
		"batch_normalization/beta": 0, "batch_normalization/moving_mean": 0, "conv2d/bias": 0,
	} {
		if mean, deviation, _ := moments(name); mean != want || deviation != 0 {
			t.Errorf("%s starts at %v±%v, want %v", name, mean, deviation, want)
		}
	}
}

func TestNewWeightsDependOnSeedAndNameOnly(t *testing.T) {
	layers := nn.Layers{nn.Conv2D{Filters: 8, Kernel: 3}, nn.Flatten{}, nn.Dense{Units: 4, Activation: nn.Softmax}}
	net := nn.Network{Input: nn.Shape{H: 8, W: 8, C: 1}, Layers: layers}
	make := func(net nn.Network, seed uint64) engine.Weights {
		w, err := engine.NewWeights(net, seed)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if !sameBits(make(net, 1), make(net, 1)) {
		t.Error("the same seed gives other weights")
	}
	if sameBits(make(net, 1), make(net, 2)) {
		t.Error("another seed gives the same weights")
	}
	longer := net.Clone()
	longer.Layers = append(nn.Layers{nn.BatchNorm{}}, net.Layers...)
	a, _ := make(net, 1).ByName("dense/kernel")
	b, _ := make(longer, 1).ByName("dense/kernel")
	if !sameBits(engine.Weights{a}, engine.Weights{b}) {
		t.Error("another layer in the network changes the dense layer's start")
	}
}

func TestWeightsCopyFrom(t *testing.T) {
	make := func() engine.Weights {
		return engine.Weights{{Name: "a", Shape: []int{2}, Data: []float32{1, 2}}, {Name: "b", Shape: []int{1}, Data: []float32{3}}}
	}
	w, src := make(), make()
	src[0].Data[0] = 9
	if err := w.CopyFrom(src); err != nil || w[0].Data[0] != 9 {
		t.Errorf("copied %v (%v)", w, err)
	}
	for name, spoil := range map[string]func(engine.Weights) engine.Weights{
		"missing": func(w engine.Weights) engine.Weights { return w[:1] },
		"renamed": func(w engine.Weights) engine.Weights { w[1].Name = "c"; return w },
		"shape":   func(w engine.Weights) engine.Weights { w[1].Shape = []int{1, 1}; return w },
		"short":   func(w engine.Weights) engine.Weights { w[1].Data = nil; return w },
	} {
		before := make()
		if err := before.CopyFrom(spoil(src.Clone())); err == nil || !sameBits(before, make()) {
			t.Errorf("%s: error %v, now %v", name, err, before)
		}
	}
}

func TestWeightsFinite(t *testing.T) {
	w := engine.Weights{{Data: []float32{1, math.MaxFloat32}}, {Data: []float32{0}}}
	if !w.Finite() {
		t.Error("these are finite")
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		w[1].Data[0] = float32(bad)
		if w.Finite() {
			t.Errorf("%v is not finite", bad)
		}
	}
}
