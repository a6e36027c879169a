package engine_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// randomNetwork builds a network as someone might in an editor, of any layers
// that fit each other.
func randomNetwork(r *rand.Rand) nn.Network {
	activation := func() nn.Activation {
		return []nn.Activation{nn.Linear, nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid}[r.IntN(5)]
	}
	padding := func() nn.Padding { return nn.Paddings()[r.IntN(2)] }
	side := func(most int) int { return 1 + r.IntN(most) }
	width := func() int { return []int{1, 2, 3, 5, 8, 9, 16, 17, 32, 33}[r.IntN(10)] }
	flag := func() bool { return r.IntN(2) == 0 }
	layer := func(vector bool) nn.Layer {
		if vector {
			switch r.IntN(4) {
			case 0:
				return nn.BatchNorm{}
			case 1:
				return nn.Dropout{Rate: r.Float64() * .6}
			case 2:
				return nn.ActivationLayer{Function: activation()}
			}
			return nn.Dense{Units: width(), Activation: activation(), NoBias: flag()}
		}
		switch r.IntN(11) {
		case 0:
			return nn.BatchNorm{}
		case 1:
			return nn.Dropout{Rate: r.Float64() * .6}
		case 2:
			return nn.ActivationLayer{Function: activation()}
		case 3:
			return nn.MaxPool{Size: side(3), Stride: r.IntN(3), Padding: padding()}
		case 4:
			return nn.AveragePool{Size: side(3), Stride: r.IntN(3), Padding: padding()}
		case 5:
			return nn.DepthwiseConv2D{Kernel: side(4), Stride: side(2), Padding: padding(), Activation: activation(), NoBias: flag()}
		case 6:
			return nn.SeparableConv2D{Filters: width(), Kernel: side(3), Stride: side(2), Padding: padding(), Activation: activation(), NoBias: flag()}
		case 7:
			return nn.Residual{Filters: width(), Stride: side(2)}
		case 8:
			return nn.Flatten{}
		}
		return nn.Conv2D{Filters: width(), Kernel: side(7), Stride: side(2), Padding: padding(), Activation: activation(), NoBias: flag()}
	}
	net := nn.Network{Input: nn.Shape{H: 3 + r.IntN(12), W: 3 + r.IntN(12), C: 1 + r.IntN(3)}}
	shape := net.Input
	for range 2 + r.IntN(7) {
		l := layer(shape.IsVector())
		out, err := l.WithDefaults().Output(shape)
		if err != nil {
			continue // it does not fit here
		}
		net.Layers, shape = append(net.Layers, l), out
	}
	if !shape.IsVector() {
		if flag() {
			net.Layers = append(net.Layers, nn.Flatten{})
		} else {
			net.Layers = append(net.Layers, nn.GlobalAveragePool{})
		}
	}
	net.Layers = append(net.Layers, nn.Dense{Units: 2 + r.IntN(9), Activation: nn.Softmax})
	return net
}

// TestAnyNetworkOfTheEditor trains random networks with each kernel, which must
// agree, and compares prediction with the layer-by-layer program.
func TestAnyNetworkOfTheEditor(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 77))
		net := randomNetwork(r)
		classes, err := net.Classes()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(net)
		if err != nil {
			t.Fatal(err)
		}
		const n = 3
		b := randomBatch(n, net.Input, classes, seed)
		var losses [2]float64
		var gradients engine.Weights
		for _, name := range []string{"portable", kernel.Supported()[0]} {
			tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 5, Threads: 2, Kernel: name, Seed: seed})
			start := tr.Weights().Clone()
			got := [2]float64{step(t, tr, b, 1e-3).Loss, step(t, tr, b, 1e-3).Loss}
			if name == "portable" {
				losses, gradients = got, tr.Weights().Clone()
				continue
			}
			for i := range losses {
				if !(math.Abs(got[i]-losses[i]) <= 2e-3*(1+math.Abs(losses[i]))) {
					t.Errorf("%s\nstep %d: loss %v with %s, %v with portable", text, i+1, got[i], name, losses[i])
				}
			}
			for i, tensor := range tr.Weights() {
				moved, apart := 0.0, 0.0
				for j, v := range tensor.Data {
					moved += math.Pow(float64(gradients[i].Data[j]-start[i].Data[j]), 2)
					apart += math.Pow(float64(gradients[i].Data[j]-v), 2)
				}
				if moved, apart = math.Sqrt(moved), math.Sqrt(apart); apart > .05*moved+1e-5 {
					t.Errorf("%s\n%s: moved by %v, apart by %v", text, tensor.Name, moved, apart)
				}
			}

			p := newPredictor(t, net, tr.Weights(), engine.Options{MaxBatch: n})
			probs := make([]float32, n*classes)
			if err := p.Predict(b.X, n, probs); err != nil {
				t.Fatal(err)
			}
			layers, err := p.Activations(b.X, n)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range layers[len(layers)-1].Data {
				if math.Abs(float64(v-probs[i])) > 1e-4 {
					t.Errorf("%s\nprobability %d is %v, layer by layer %v", text, i, probs[i], v)
					break
				}
			}
		}
	}
}
