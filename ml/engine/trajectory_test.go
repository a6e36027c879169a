package engine_test

import (
	"context"
	"math"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// TestTrajectoryOfPyTorch trains the article's network without dropout on the
// first 5,120 training pictures and compares every step's loss with what
// PyTorch gave from the same initial weights (testdata/trajectory).
//
// With ReLU and max pooling a trajectory is chaotic: wherever two numbers all
// but tie, rounding decides which way a gradient goes. PyTorch with one thread
// and PyTorch with two differ by 3e-4 after 11 steps and by 1.4e-3 after 19.
// So the first 8 steps must agree to 1e-4 and the rest to PyTorch's own spread;
// a second recording, with tanh and average pooling, must agree to 1e-5
// throughout.
func TestTrajectoryOfPyTorch(t *testing.T) {
	data, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 60000 {
		t.Skipf("the 60,000 training pictures of Fashion-MNIST are not on this machine (found %d)", data.Train.Len())
	}
	for _, name := range kernel.Supported() {
		t.Run(name, func(t *testing.T) {
			compareTrajectory(t, data.Train, name, "losses", func(l nn.Layer) nn.Layer { return l },
				func(step int) float64 {
					if step < 8 {
						return 1e-4
					}
					return 2e-3
				})
			compareTrajectory(t, data.Train, name, "losses_smooth", smooth, func(int) float64 { return 1e-5 })
		})
	}
}

// smooth replaces ReLU by tanh and maximum by average pooling.
func smooth(layer nn.Layer) nn.Layer {
	switch l := layer.(type) {
	case nn.Conv2D:
		l.Activation = nn.Tanh
		return l
	case nn.Dense:
		if l.Activation == nn.ReLU {
			l.Activation = nn.Tanh
		}
		return l
	case nn.MaxPool:
		return nn.AveragePool(l)
	}
	return layer
}

func compareTrajectory(t *testing.T, set *dataset.Set, kernelName, recording string, change func(nn.Layer) nn.Layer, tolerance func(step int) float64) {
	t.Helper()
	article, err := nn.PresetByName("article")
	if err != nil {
		t.Fatal(err)
	}
	net := nn.Network{Input: nn.Shape{H: 28, W: 28, C: 1}}
	for _, l := range article.Build(net.Input, 10).Layers {
		if _, isDropout := l.(nn.Dropout); !isDropout {
			net.Layers = append(net.Layers, change(l))
		}
	}
	start, err := engine.NewWeights(net, 0)
	if err != nil {
		t.Fatal(err)
	}
	for tensor, file := range map[string]string{
		"conv2d/kernel": "conv1_weight", "conv2d_1/kernel": "conv2_weight",
		"dense/kernel": "fc1_weight", "dense_1/kernel": "fc2_weight",
	} {
		to, ok := start.ByName(tensor)
		from := readNPY(t, "testdata/trajectory/"+file+".npy")
		if !ok || len(to.Data) != len(from) {
			t.Fatalf("%s has %d numbers, the recording %d", tensor, len(to.Data), len(from))
		}
		for i, v := range from {
			to.Data[i] = float32(v)
		}
	}
	tr, err := engine.NewTrainer(net, start, engine.Optimizer{Name: engine.SGD}, engine.Options{Kernel: kernelName})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()

	const batch = 256
	indices := make([]int, batch)
	b := engine.Batch{X: make([]float32, batch*784), Targets: make([]float32, batch*10)}
	worst := 0.0
	losses := readNPY(t, "testdata/trajectory/"+recording+".npy")
	if kernelName == "portable" {
		losses = losses[:5] // it is slow, and its arithmetic is the others' oracle anyway
	}
	for i, want := range losses {
		clear(b.Targets)
		for j := range indices {
			indices[j] = i*batch + j
			b.Targets[j*10+set.Label(indices[j])] = 1
		}
		dataset.Fill(b.X, set, indices)
		got := step(t, tr, b, 0.01).Loss
		off := math.Abs(got-want) / want
		worst = max(worst, off)
		if off > tolerance(i) {
			t.Errorf("%s, step %d: loss %.6f, PyTorch %.6f (off by %.1e)", recording, i+1, got, want, off)
		}
	}
	t.Logf("%s: largest relative difference %.1e", recording, worst)
}
