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
// first 5,120 training pictures, 20 steps, and compares every step's loss with
// what PyTorch gave from the same initial weights (testdata/trajectory).
func TestTrajectoryOfPyTorch(t *testing.T) {
	for _, name := range kernel.Supported() {
		t.Run(name, func(t *testing.T) {
			steps := 20
			if name == "portable" { // slow: a test with the build tag slow goes on
				steps = 5
			}
			compareTrajectories(t, name, steps)
		})
	}
}

// compareTrajectories compares the network as it is and a smooth variant.
//
// With ReLU and max pooling a trajectory is chaotic: wherever two numbers all
// but tie, rounding decides which way a gradient goes. PyTorch in float32 is
// within 1e-4 of PyTorch in float64 for 8 steps, and 9e-4 from it after 19. So
// float64 is the reference, and no step of ours may be farther from it than the
// worst of PyTorch's own in float32; the steps for which that stays within 1e-4
// must be within 1e-4 here, too. With tanh and average pooling every step must
// agree to 1e-6.
func compareTrajectories(t *testing.T, kernelName string, steps int) {
	data, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if data.Train.Len() != 60000 {
		t.Skipf("the 60,000 training pictures of Fashion-MNIST are not on this machine (found %d)", data.Train.Len())
	}
	exact := readNPY(t, "testdata/trajectory/losses64.npy")
	single := readNPY(t, "testdata/trajectory/losses.npy")
	tolerance, near := 0.0, 0
	for i := range exact {
		tolerance = max(tolerance, math.Abs(single[i]-exact[i])/exact[i])
		if tolerance < 1e-4 {
			near++
		}
	}
	ours := trajectory(t, data.Train, kernelName, steps, func(l nn.Layer) nn.Layer { return l })
	compareLosses(t, "the article's network", ours, exact, func(step int) float64 {
		if step < near {
			return 1e-4
		}
		return tolerance
	})
	ours = trajectory(t, data.Train, kernelName, steps, smooth)
	compareLosses(t, "its smooth variant", ours, readNPY(t, "testdata/trajectory/losses_smooth.npy"), func(int) float64 { return 1e-6 })
}

func compareLosses(t *testing.T, what string, got, want []float64, tolerance func(step int) float64) {
	t.Helper()
	worst := 0.0
	for i, v := range got {
		off := math.Abs(v-want[i]) / want[i]
		worst = max(worst, off)
		if !(off <= tolerance(i)) {
			t.Errorf("%s, step %d: loss %.6f, PyTorch %.6f (off by %.1e)", what, i+1, v, want[i], off)
		}
	}
	t.Logf("%s, %d steps: largest relative difference %.1e", what, len(got), worst)
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

// trajectory returns the losses of so many steps of the article's network
// without dropout, its layers changed.
func trajectory(t *testing.T, set *dataset.Set, kernelName string, steps int, change func(nn.Layer) nn.Layer) []float64 {
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
	losses := make([]float64, steps)
	for i := range losses {
		clear(b.Targets)
		for j := range indices {
			indices[j] = i*batch + j
			b.Targets[j*10+set.Label(indices[j])] = 1
		}
		dataset.Fill(b.X, set, indices)
		losses[i] = step(t, tr, b, 0.01).Loss
	}
	return losses
}
