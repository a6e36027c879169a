package engine_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// TestOptimizersFollowPyTorch repeats the recorded runs of
// testdata/record_optimizers.py.
func TestOptimizersFollowPyTorch(t *testing.T) {
	raw, err := os.ReadFile("testdata/optimizers.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string][]float64
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	optimizers := map[string]engine.Optimizer{
		"sgd":              {},
		"sgd decay":        {Name: engine.SGD, WeightDecay: 0.1},
		"momentum":         {Name: engine.SGD, Momentum: 0.9},
		"momentum decay":   {Name: engine.SGD, Momentum: 0.9, WeightDecay: 0.1},
		"nesterov":         {Name: engine.SGD, Momentum: 0.8, Nesterov: true},
		"rmsprop":          {Name: engine.RMSProp, Epsilon: 1e-12},
		"rmsprop momentum": {Name: engine.RMSProp, Rho: 0.95, Momentum: 0.5, Epsilon: 1e-12},
		"adam":             {Name: engine.Adam, Epsilon: 1e-12},
		"adam betas decay": {Name: engine.Adam, Beta1: 0.8, Beta2: 0.99, WeightDecay: 0.1, Epsilon: 1e-12},
		"adamw":            {Name: engine.AdamW, WeightDecay: 0.1, Epsilon: 1e-12},
	}
	if len(recorded) != len(optimizers) {
		t.Fatalf("%d runs recorded, %d repeated", len(recorded), len(optimizers))
	}
	const rows, in, out = 6, 5, 3
	net := nn.Network{Input: nn.Vector(in), Layers: nn.Layers{nn.Dense{Units: out, Activation: nn.Softmax}}}
	b := engine.Batch{X: make([]float32, rows*in), Targets: make([]float32, rows*out)}
	for i := range b.X {
		b.X[i] = float32(math.Sin(1 + 1.7*float64(i)))
	}
	for r := range rows {
		b.Targets[r*out+(r*r+1)%out] = 1
	}
	w, err := engine.NewWeights(net, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w[0].Data {
		w[0].Data[i] = float32(math.Cos(2 + 0.9*float64(i)))
	}
	for name, o := range optimizers {
		for _, kernelName := range kernel.Supported() {
			tr, err := engine.NewTrainer(net, w, o, engine.Options{MaxBatch: rows, Kernel: kernelName})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range recorded[name] {
				if got := step(t, tr, b, 0.05).Loss; math.Abs(got-want) > 2e-5*want {
					t.Errorf("%s, %s, step %d: loss %.7f, PyTorch %.7f", name, kernelName, i+1, got, want)
				}
			}
			tr.Close()
		}
	}
}

func TestOptimizerDefaultsAreKeras(t *testing.T) {
	for _, c := range []struct{ given, want engine.Optimizer }{
		{engine.Optimizer{}, engine.Optimizer{Name: engine.SGD}},
		{engine.Optimizer{Name: engine.RMSProp}, engine.Optimizer{Name: engine.RMSProp, Rho: 0.9, Epsilon: 1e-7}},
		{engine.Optimizer{Name: engine.Adam, Beta1: 0.5}, engine.Optimizer{Name: engine.Adam, Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-7}},
		{engine.Optimizer{Name: engine.AdamW}, engine.Optimizer{Name: engine.AdamW, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 0.004}},
	} {
		if got := c.given.WithDefaults(); got != c.want {
			t.Errorf("%+v becomes %+v, want %+v", c.given, got, c.want)
		}
		if err := c.given.Validate(); err != nil {
			t.Errorf("%+v: %v", c.given, err)
		}
	}
}

func TestOptimizerValidateSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		o    engine.Optimizer
		want string
	}{
		{engine.Optimizer{Name: "lion"}, "sgd, rmsprop, adam, adamw"},
		{engine.Optimizer{Momentum: 1}, "momentum"},
		{engine.Optimizer{Momentum: -0.1}, "momentum"},
		{engine.Optimizer{Momentum: math.NaN()}, "momentum"},
		{engine.Optimizer{Nesterov: true}, "nesterov"},
		{engine.Optimizer{Name: engine.Adam, Momentum: 0.9}, "beta1"},
		{engine.Optimizer{Name: engine.Adam, Beta2: 1.5}, "beta2"},
		{engine.Optimizer{Name: engine.RMSProp, Rho: 1}, "rho"},
		{engine.Optimizer{Name: engine.Adam, Epsilon: -1}, "epsilon"},
		{engine.Optimizer{WeightDecay: math.Inf(1)}, "weight decay"},
	} {
		if err := c.o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: the error should mention %q, and is %v", c.o, c.want, err)
		}
	}
}
