package engine_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// lively returns weights with nothing left at its initial zero or one.
func lively(t *testing.T, net nn.Network, seed uint64) engine.Weights {
	t.Helper()
	w, err := engine.NewWeights(net, seed)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for _, tensor := range w {
		for i := range tensor.Data {
			tensor.Data[i] += float32(r.NormFloat64()) * .2
			if !tensor.Trainable {
				tensor.Data[i] = float32(math.Abs(float64(tensor.Data[i]))) // variances
			}
		}
	}
	return w
}

// foldable networks: batch normalisation behind everything that it can be
// folded into.
func foldable() map[string]nn.Network {
	in := nn.Shape{H: 9, W: 8, C: 2}
	nets := mixedNetworks()
	nets["folds"] = nn.Network{Input: in, Layers: nn.Layers{
		nn.Conv2D{Filters: 5, Kernel: 3, Padding: nn.Same},
		nn.BatchNorm{},
		nn.ActivationLayer{Function: nn.ReLU},
		nn.MaxPool{Size: 2},
		nn.DepthwiseConv2D{Kernel: 3, Padding: nn.Same, NoBias: true},
		nn.BatchNorm{Epsilon: .1},
		nn.ActivationLayer{Function: nn.Tanh},
		nn.SeparableConv2D{Filters: 7, Kernel: 2},
		nn.Dropout{Rate: .5},
		nn.BatchNorm{},
		nn.ActivationLayer{Function: nn.LeakyReLU},
		nn.Flatten{},
		nn.Dense{Units: 6, NoBias: true},
		nn.BatchNorm{},
		nn.ActivationLayer{Function: nn.Sigmoid},
		nn.Dense{Units: 5, Activation: nn.Softmax},
	}}
	nets["norm of a flattened map"] = nn.Network{Input: in, Layers: nn.Layers{
		nn.Conv2D{Filters: 5, Kernel: 3}, nn.Flatten{}, nn.BatchNorm{}, nn.Dense{Units: 5, Activation: nn.Softmax},
	}}
	nets["activation before norm"] = nn.Network{Input: in, Layers: nn.Layers{
		nn.Conv2D{Filters: 5, Kernel: 3, Activation: nn.Tanh},
		nn.BatchNorm{},
		nn.MaxPool{Size: 2, Padding: nn.Same},
		nn.Flatten{},
		nn.Dense{Units: 5, Activation: nn.Softmax},
	}}
	nets["nothing but softmax"] = nn.Network{Input: nn.Shape{H: 1, W: 1, C: 5}, Layers: nn.Layers{
		nn.Conv2D{Filters: 5, Kernel: 1}, nn.GlobalAveragePool{}, nn.ActivationLayer{Function: nn.Softmax},
	}}
	return nets
}

// TestFusionChangesNothing compares the prediction program, in which layers are
// fused and folded, with the one that computes every layer by itself, and each
// of that one's layers with a network that ends there.
func TestFusionChangesNothing(t *testing.T) {
	for name, net := range foldable() {
		t.Run(name, func(t *testing.T) {
			w := lively(t, net, 5)
			p := newPredictor(t, net, w, engine.Options{MaxBatch: 4})
			const n = 7 // two chunks
			x := randomBatch(n, net.Input, 5, 1).X
			probs := make([]float32, n*5)
			if err := p.Predict(x, n, probs); err != nil {
				t.Fatal(err)
			}
			layers, err := p.Activations(x, 4)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := net.Walk()
			if err != nil {
				t.Fatal(err)
			}
			if len(layers) != len(steps) {
				t.Fatalf("%d activations for %d layers", len(layers), len(steps))
			}
			for i, a := range layers {
				if a.Layer != steps[i].Name || a.Kind != steps[i].Layer.Kind() || a.Shape != steps[i].Out || len(a.Data) != 4*a.Shape.Size() {
					t.Errorf("activation %d is %s of %s with %d numbers, want %s of %s", i, a.Layer, a.Shape, len(a.Data), steps[i].Name, steps[i].Out)
				}
			}
			for i, v := range layers[len(layers)-1].Data {
				if math.Abs(float64(v-probs[i])) > 2e-6 {
					t.Fatalf("image %d, class %d: %v layer by layer, %v fused", i/5, i%5, v, probs[i])
				}
			}
		})
	}
}

// TestPredictionFollowsUpdatedWeights covers the folded copies too.
func TestPredictionFollowsUpdatedWeights(t *testing.T) {
	for name, net := range foldable() {
		b := randomBatch(3, net.Input, 5, 1)
		first, second := lively(t, net, 1), lively(t, net, 2)
		predict := func(p *engine.Predictor) (probs, inspected []float32) {
			probs = make([]float32, 15)
			if err := p.Predict(b.X, 3, probs); err != nil {
				t.Fatal(err)
			}
			layers, err := p.Activations(b.X, 3)
			if err != nil {
				t.Fatal(err)
			}
			return probs, layers[len(layers)-1].Data
		}
		p := newPredictor(t, net, first, engine.Options{MaxBatch: 3})
		before, _ := predict(p)
		if err := p.UpdateWeights(second); err != nil {
			t.Fatal(err)
		}
		after, inspected := predict(p)
		fresh, freshInspected := predict(newPredictor(t, net, second, engine.Options{MaxBatch: 3}))
		changed := false
		for i := range after {
			changed = changed || after[i] != before[i]
			if after[i] != fresh[i] || inspected[i] != freshInspected[i] {
				t.Fatalf("%s: updated weights predict %v, a new predictor %v", name, after[i], fresh[i])
			}
		}
		if !changed {
			t.Errorf("%s: new weights predict the same", name)
		}
		if err := p.UpdateWeights(second[1:]); err == nil {
			t.Errorf("%s: weights with a tensor missing were accepted", name)
		}
	}
}

// TestPredictorAgreesWithTraining predicts with moving averages that equal one
// batch's statistics: the loss of the training program then is the prediction's.
func TestPredictorAgreesWithTraining(t *testing.T) {
	net := nn.Network{Input: nn.Shape{H: 9, W: 7, C: 2}, Layers: nn.Layers{
		nn.BatchNorm{Momentum: 1e-9},
		nn.Conv2D{Filters: 8, Kernel: 3, NoBias: true},
		nn.BatchNorm{Momentum: 1e-9},
		nn.ActivationLayer{Function: nn.ReLU},
		nn.Residual{Filters: 8},
		nn.Flatten{},
		nn.Dense{Units: 5, Activation: nn.Softmax},
	}}
	net.Layers = append(net.Layers[:4], net.Layers[5:]...) // the block's own momentum is fixed
	tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 16})
	b := randomBatch(16, net.Input, 5, 1)
	loss := step(t, tr, b, 0).Loss
	p := newPredictor(t, net, tr.Weights(), engine.Options{MaxBatch: 16})
	probs := make([]float32, 16*5)
	if err := p.Predict(b.X, 16, probs); err != nil {
		t.Fatal(err)
	}
	got := 0.0
	for i, q := range probs {
		got -= float64(b.Targets[i]) * math.Log(float64(q)) / 16
	}
	if math.Abs(got-loss) > 1e-5 {
		t.Errorf("prediction has loss %v, training %v", got, loss)
	}
}

// TestGradientTo compares the gradient of a class's score with what a network
// made of the remaining layers says when its input is changed.
func TestGradientTo(t *testing.T) {
	in := nn.Shape{H: 6, W: 6, C: 1}
	net := nn.Network{Input: in, Layers: nn.Layers{
		nn.Conv2D{Filters: 3, Kernel: 3, Activation: nn.Tanh},
		nn.BatchNorm{},
		nn.Conv2D{Filters: 4, Kernel: 2, Activation: nn.Sigmoid},
		nn.AveragePool{Size: 2, Stride: 1},
		nn.Dropout{Rate: .5},
		nn.Residual{Filters: 4},
		nn.Flatten{},
		nn.Dense{Units: 3, Activation: nn.Softmax},
	}}
	w := lively(t, net, 3)
	p := newPredictor(t, net, w, engine.Options{})
	x := randomBatch(1, in, 3, 4).X
	for i, layer := range []string{"conv2d", "batch_normalization", "conv2d_1", "average_pooling2d"} {
		scoreOf := func(class int) (engine.Activation, engine.Activation) {
			out, grad, err := p.GradientTo(layer, x, class)
			if err != nil {
				t.Fatal(err)
			}
			return out, grad
		}
		output, g0 := scoreOf(0)
		_, g1 := scoreOf(1)

		// log p0 - log p1 is the difference of the two scores.
		rest := nn.Network{Input: output.Shape, Layers: net.Layers[i+1:]}
		names, err := rest.Params()
		if err != nil {
			t.Fatal(err)
		}
		restWeights := w[len(w)-len(names):].Clone()
		for j := range restWeights {
			restWeights[j].Name = names[j].Name
		}
		q := newPredictor(t, rest, restWeights, engine.Options{MaxBatch: 2})
		r := rand.New(rand.NewPCG(1, uint64(i)))
		for range 5 {
			direction := make([]float64, len(output.Data))
			norm := 0.0
			for j := range direction {
				direction[j] = r.NormFloat64()
				norm += direction[j] * direction[j]
			}
			want, size := 0.0, 0.0
			for j := range direction {
				direction[j] /= math.Sqrt(norm)
				g := float64(g0.Data[j] - g1.Data[j])
				want += g * direction[j]
				size += g * g
			}
			const h = 2e-3
			moved := make([]float32, 2*len(direction))
			for j, d := range direction {
				moved[j] = output.Data[j] + float32(h*d)
				moved[len(direction)+j] = output.Data[j] - float32(h*d)
			}
			probs := make([]float32, 6)
			if err := q.Predict(moved, 2, probs); err != nil {
				t.Fatal(err)
			}
			difference := func(p []float32) float64 { return math.Log(float64(p[0])) - math.Log(float64(p[1])) }
			got := (difference(probs) - difference(probs[3:])) / (2 * h)
			if math.Abs(got-want) > 5e-3*math.Sqrt(size)+5e-4 {
				t.Errorf("%s: derivative %v, central difference %v", layer, want, got)
			}
		}
	}
	for name, class := range map[string]int{"dense": 0, "flatten": 0, "none": 0, "conv2d": 3} {
		if _, _, err := p.GradientTo(name, x, class); err == nil {
			t.Errorf("the gradient of class %d to %s should be refused", class, name)
		}
	}
}

func TestFeaturesAreTheInputOfTheLastWeights(t *testing.T) {
	for name, net := range foldable() {
		w := lively(t, net, 6)
		p := newPredictor(t, net, w, engine.Options{MaxBatch: 3})
		const n = 5
		x := randomBatch(n, net.Input, 5, 2).X
		features := make([]float32, n*p.FeatureSize())
		probs, alone := make([]float32, n*5), make([]float32, n*5)
		if err := p.PredictFeatures(x, n, probs, features); err != nil {
			t.Fatal(err)
		}
		if err := p.Predict(x, n, alone); err != nil {
			t.Fatal(err)
		}
		for i := range probs {
			if probs[i] != alone[i] {
				t.Fatalf("%s: asking for features changes the probabilities", name)
			}
		}
		steps, err := net.Walk()
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for i, s := range steps {
			if len(s.Params) > 0 {
				last = i
			}
		}
		want := x
		if last > 0 {
			layers, err := p.Activations(x[:3*net.Input.Size()], 3)
			if err != nil {
				t.Fatal(err)
			}
			want = layers[last-1].Data
		}
		if p.FeatureSize() != steps[last].In.Size() {
			t.Errorf("%s: %d features, the last weights take %s", name, p.FeatureSize(), steps[last].In)
			continue
		}
		for i, v := range want[:3*p.FeatureSize()] {
			if math.Abs(float64(v-features[i])) > 1e-5*(1+math.Abs(float64(v))) {
				t.Errorf("%s: feature %d is %v, the layer before answers %v", name, i, features[i], v)
				break
			}
		}
	}
}

func TestPredictRefusesWhatDoesNotFit(t *testing.T) {
	net := mixedNetworks()["article"]
	p := newPredictor(t, net, lively(t, net, 1), engine.Options{MaxBatch: 2})
	if err := p.Predict(make([]float32, 99), 1, make([]float32, 5)); err == nil {
		t.Error("too few inputs accepted")
	}
	if err := p.Predict(make([]float32, 100), 1, make([]float32, 4)); err == nil {
		t.Error("too little room accepted")
	}
	if err := p.Predict(nil, 0, nil); err != nil {
		t.Errorf("no images are no problem: %v", err)
	}
	if _, err := p.Activations(make([]float32, 300), 3); err == nil {
		t.Error("more activations than the largest batch accepted")
	}
	if err := p.PredictFeatures(make([]float32, 100), 1, make([]float32, 5), nil); err == nil {
		t.Error("no room for features accepted")
	}
}
