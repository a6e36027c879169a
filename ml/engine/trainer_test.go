package engine_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// small networks in which dropout, batch normalisation and every kind of
// convolution take part.
func mixedNetworks() map[string]nn.Network {
	in := nn.Shape{H: 10, W: 10, C: 1}
	return map[string]nn.Network{
		"article": {Input: in, Layers: nn.Layers{
			nn.BatchNorm{},
			nn.Conv2D{Filters: 9, Kernel: 3, Padding: nn.Same, Activation: nn.ReLU},
			nn.MaxPool{Size: 2},
			nn.Dropout{Rate: .25},
			nn.BatchNorm{},
			nn.Conv2D{Filters: 16, Kernel: 3, Padding: nn.Same, Activation: nn.ReLU},
			nn.MaxPool{Size: 2},
			nn.Dropout{Rate: .25},
			nn.Flatten{},
			nn.Dense{Units: 20, Activation: nn.ReLU},
			nn.Dropout{Rate: .5},
			nn.Dense{Units: 5, Activation: nn.Softmax},
		}},
		"residual": {Input: in, Layers: nn.Layers{
			nn.Conv2D{Filters: 8, Kernel: 3, Padding: nn.Same, NoBias: true},
			nn.BatchNorm{},
			nn.ActivationLayer{Function: nn.ReLU},
			nn.Residual{Filters: 8},
			nn.Residual{Filters: 17, Stride: 2},
			nn.GlobalAveragePool{},
			nn.Dropout{Rate: .2},
			nn.Dense{Units: 5, Activation: nn.Softmax},
		}},
		"separable": {Input: in, Layers: nn.Layers{
			nn.Conv2D{Filters: 8, Kernel: 5, Stride: 2, Activation: nn.LeakyReLU},
			nn.AveragePool{Size: 2, Stride: 1},
			nn.SeparableConv2D{Filters: 12, Kernel: 3, Padding: nn.Same},
			nn.BatchNorm{},
			nn.ActivationLayer{Function: nn.Tanh},
			nn.DepthwiseConv2D{Kernel: 2, Activation: nn.Sigmoid},
			nn.Flatten{},
			nn.Dense{Units: 5},
			nn.ActivationLayer{Function: nn.Softmax},
		}},
	}
}

// TestThreadsDoNotChangeTheWeights trains a few steps, the last one on a
// partial batch, with 1, 2 and 3 threads.
func TestThreadsDoNotChangeTheWeights(t *testing.T) {
	for name, net := range mixedNetworks() {
		t.Run(name, func(t *testing.T) {
			var first engine.Weights
			for threads := 1; threads <= 3; threads++ {
				tr := newTrainer(t, net, engine.Optimizer{Name: engine.Adam}, engine.Options{MaxBatch: 37, Threads: threads, Seed: 3})
				for i, n := range []int{37, 37, 37, 5} {
					step(t, tr, randomBatch(n, net.Input, 5, uint64(i)), 0.01)
				}
				if !tr.Weights().Finite() {
					t.Fatal("training did not stay finite")
				}
				if first == nil {
					first = tr.Weights().Clone()
				} else if !sameBits(first, tr.Weights()) {
					t.Errorf("%d threads give other weights than 1", threads)
				}
			}
		})
	}
}

// TestResumeIsBitExact compares four steps at once with two, a new trainer, and
// two more.
func TestResumeIsBitExact(t *testing.T) {
	for name, net := range mixedNetworks() {
		for _, o := range []engine.Optimizer{
			{Name: engine.SGD},
			{Name: engine.SGD, Momentum: .9, Nesterov: true},
			{Name: engine.RMSProp, Momentum: .5},
			{Name: engine.Adam},
			{Name: engine.AdamW},
		} {
			t.Run(fmt.Sprintf("%s/%s", name, o.Name), func(t *testing.T) {
				options := engine.Options{MaxBatch: 8, Threads: 2, Seed: 9}
				through := newTrainer(t, net, o, options)
				before := newTrainer(t, net, o, options)
				for i := range 2 {
					b := randomBatch(8, net.Input, 5, uint64(i))
					step(t, through, b, 0.02)
					step(t, before, b, 0.02)
				}
				after, err := engine.NewTrainer(net, before.Weights().Clone(), o, options)
				if err != nil {
					t.Fatal(err)
				}
				defer after.Close()
				if err := after.SetState(before.State()); err != nil {
					t.Fatal(err)
				}
				for i := range 2 {
					b := randomBatch(8, net.Input, 5, uint64(10+i))
					x, y := step(t, through, b, 0.01), step(t, after, b, 0.01)
					if x != y {
						t.Errorf("step %d gives %v, resumed %v", 3+i, x, y)
					}
				}
				if !sameBits(through.Weights(), after.Weights()) {
					t.Error("the resumed run ends with other weights")
				}
				if s := after.State(); s.Iteration != 4 {
					t.Errorf("iteration %d after 4 steps", s.Iteration)
				}
			})
		}
	}
}

func TestSetStateRefusesAnotherOptimizersState(t *testing.T) {
	net := mixedNetworks()["article"]
	adam := newTrainer(t, net, engine.Optimizer{Name: engine.Adam}, engine.Options{MaxBatch: 2})
	sgd := newTrainer(t, net, engine.Optimizer{Name: engine.SGD, Momentum: .9}, engine.Options{MaxBatch: 2})
	step(t, sgd, randomBatch(2, net.Input, 5, 1), .1)
	before := sgd.State()
	if err := sgd.SetState(adam.State()); err == nil {
		t.Fatal("the state of adam does not fit sgd")
	}
	if s := sgd.State(); s.Iteration != 1 || !sameBits(engine.Weights(s.Slots), engine.Weights(before.Slots)) {
		t.Error("a refused state changed something")
	}
}

// TestPartialBatch checks that the capacity of a program does not matter.
func TestPartialBatch(t *testing.T) {
	for name, net := range mixedNetworks() {
		large := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 50, Seed: 4})
		exact := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 3, Seed: 4})
		step(t, large, randomBatch(50, net.Input, 5, 9), 0) // fills the buffers with other numbers
		step(t, exact, randomBatch(3, net.Input, 5, 9), 0)
		if err := large.Weights().CopyFrom(exact.Weights()); err != nil { // the moving averages differ now
			t.Fatal(err)
		}
		for i := range 3 {
			b := randomBatch(3, net.Input, 5, uint64(i))
			if x, y := step(t, large, b, .1), step(t, exact, b, .1); x != y {
				t.Errorf("%s, step %d: %v in a program for 50, %v in one for 3", name, i+1, x, y)
			}
		}
		if !sameBits(large.Weights(), exact.Weights()) {
			t.Errorf("%s: the capacity changes the weights", name)
		}
	}
}

func TestSeedChangesDropoutOnly(t *testing.T) {
	net := mixedNetworks()["article"]
	b := randomBatch(8, net.Input, 5, 1)
	loss := func(seed uint64) float64 {
		return step(t, newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 8, Seed: seed}), b, 0).Loss
	}
	if loss(1) != loss(1) {
		t.Error("the same seed gives another loss")
	}
	if loss(1) == loss(2) {
		t.Error("another seed gives the same dropout")
	}
	tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 8, Seed: 1})
	if x, y := step(t, tr, b, 0), step(t, tr, b, 0); x == y {
		t.Error("dropout is the same in the next iteration")
	}
}

// TestMovingAverages checks Keras's momentum and biased variance.
func TestMovingAverages(t *testing.T) {
	net := nn.Network{Input: nn.Vector(1), Layers: nn.Layers{nn.BatchNorm{Momentum: .9}, nn.Dense{Units: 2, Activation: nn.Softmax}}}
	tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 4})
	b := engine.Batch{X: []float32{1, 2, 3, 6}, Targets: []float32{1, 0, 1, 0, 1, 0, 1, 0}}
	step(t, tr, b, 0)
	mean, _ := tr.Weights().ByName("batch_normalization/moving_mean")
	variance, _ := tr.Weights().ByName("batch_normalization/moving_variance")
	if m, v := mean.Data[0], variance.Data[0]; math.Abs(float64(m)-.3) > 1e-6 || math.Abs(float64(v)-(.9+.35)) > 1e-6 {
		t.Errorf("moving mean %v and variance %v, want 0.3 and 1.25", m, v)
	}
}

func TestCorrectCountsTheLargest(t *testing.T) {
	net := nn.Network{Input: nn.Vector(2), Layers: nn.Layers{nn.Dense{Units: 2, Activation: nn.Softmax}}}
	tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 4})
	copy(tr.Weights()[0].Data, []float32{1, 0, 0, 1})
	r := step(t, tr, engine.Batch{X: []float32{2, 1, 1, 2, 5, 0}, Targets: []float32{1, 0, .6, .4, 0, 1}}, 0)
	if r.Correct != 1 {
		t.Errorf("%d correct, want 1", r.Correct)
	}
	want := (softplus(-1) + .6*softplus(1) + .4*softplus(-1) + softplus(5)) / 3
	if math.Abs(r.Loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v", r.Loss, want)
	}
}

// softplus(x) is the cross-entropy of two logits that differ by -x.
func softplus(x float64) float64 { return math.Log1p(math.Exp(x)) }

// TestStepsLeaveLittleGarbage allows for what the tape machine allocates a
// step: a few small things for each instruction, nothing that grows with the
// batch.
func TestStepsLeaveLittleGarbage(t *testing.T) {
	net := mixedNetworks()["article"]
	tr := newTrainer(t, net, engine.Optimizer{Name: engine.Adam}, engine.Options{MaxBatch: 64, Threads: 2})
	b := randomBatch(64, net.Input, 5, 1)
	step(t, tr, b, .01)
	var from, to runtime.MemStats
	runtime.ReadMemStats(&from)
	const steps = 20
	for range steps {
		step(t, tr, b, .01)
	}
	runtime.ReadMemStats(&to)
	n, size := (to.Mallocs-from.Mallocs)/steps, (to.TotalAlloc-from.TotalAlloc)/steps
	t.Logf("a step allocates %d times, %d bytes", n, size)
	if n > 400 || size > 16<<10 {
		t.Error("that is too much")
	}
}

func TestNewTrainerRefuses(t *testing.T) {
	net := mixedNetworks()["article"]
	good, err := engine.NewWeights(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	open := net
	open.Layers = net.Layers[:len(net.Layers)-1]
	huge := nn.Network{Input: nn.Shape{H: 2000, W: 2000, C: 1}, Layers: nn.Layers{
		nn.Conv2D{Filters: 16, Kernel: 3, Padding: nn.Same}, nn.GlobalAveragePool{}, nn.Dense{Units: 2, Activation: nn.Softmax},
	}}
	hugeWeights, err := engine.NewWeights(huge, 1)
	if err != nil {
		t.Fatal(err)
	}
	wrong := good.Clone()
	wrong[1].Name = "other"
	for name, c := range map[string]struct {
		net  nn.Network
		w    engine.Weights
		opt  engine.Optimizer
		o    engine.Options
		want string
	}{
		"kernel":    {net, good, engine.Optimizer{}, engine.Options{Kernel: "mmx"}, "portable"},
		"threads":   {net, good, engine.Optimizer{}, engine.Options{Threads: -1}, "threads"},
		"batch":     {net, good, engine.Optimizer{}, engine.Options{MaxBatch: -1}, "batch"},
		"memory":    {huge, hugeWeights, engine.Optimizer{}, engine.Options{MaxBatch: 4096}, "smaller batch"},
		"optimizer": {net, good, engine.Optimizer{Name: "none"}, engine.Options{}, "sgd"},
		"softmax":   {open, good, engine.Optimizer{}, engine.Options{}, "softmax"},
		"weights":   {net, wrong, engine.Optimizer{}, engine.Options{}, "other"},
		"missing":   {net, good[1:], engine.Optimizer{}, engine.Options{}, "tensors"},
	} {
		tr, err := engine.NewTrainer(c.net, c.w, c.opt, c.o)
		if err == nil {
			tr.Close()
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error should mention %q, and is: %v", name, c.want, err)
		}
	}
}

func TestStepRefusesBatchesThatDoNotFit(t *testing.T) {
	net := mixedNetworks()["article"]
	tr := newTrainer(t, net, engine.Optimizer{}, engine.Options{MaxBatch: 2})
	before := tr.Weights().Clone()
	for name, b := range map[string]engine.Batch{
		"empty":         {},
		"too many":      randomBatch(3, net.Input, 5, 1),
		"other targets": {X: make([]float32, 100), Targets: make([]float32, 4)},
		"other input":   {X: make([]float32, 99), Targets: make([]float32, 5)},
	} {
		if _, err := tr.Step(b, .1); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if !sameBits(before, tr.Weights()) {
		t.Error("a refused batch changed the weights")
	}
}

// TestATrainerCopiesItsWeights protects the caller's.
func TestATrainerCopiesItsWeights(t *testing.T) {
	net := mixedNetworks()["article"]
	w, err := engine.NewWeights(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	before := w.Clone()
	tr, err := engine.NewTrainer(net, w, engine.Optimizer{}, engine.Options{MaxBatch: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	step(t, tr, randomBatch(2, net.Input, 5, 1), .1)
	if !sameBits(before, w) {
		t.Error("training changed the weights that were handed in")
	}
	if sameBits(before, tr.Weights()) {
		t.Error("training changed nothing")
	}
}

// TestProgramsSideBySide builds and runs several programs at the same time.
func TestProgramsSideBySide(t *testing.T) {
	net := mixedNetworks()["residual"]
	w, err := engine.NewWeights(net, 7)
	if err != nil {
		t.Fatal(err)
	}
	b := randomBatch(6, net.Input, 5, 1)
	train := func() (engine.Weights, []float32, error) {
		tr, err := engine.NewTrainer(net, w, engine.Optimizer{Name: engine.Adam}, engine.Options{MaxBatch: 6, Threads: 2})
		if err != nil {
			return nil, nil, err
		}
		defer tr.Close()
		for range 3 {
			if _, err := tr.Step(b, .01); err != nil {
				return nil, nil, err
			}
		}
		p, err := engine.NewPredictor(net, tr.Weights(), engine.Options{MaxBatch: 4, Threads: 2})
		if err != nil {
			return nil, nil, err
		}
		defer p.Close()
		probs := make([]float32, 30)
		return tr.Weights(), probs, p.Predict(b.X, 6, probs)
	}
	want, wantProbs, err := train()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got, probs, err := train()
			if err != nil {
				t.Error(err)
			} else if !sameBits(got, want) || !slices.Equal(probs, wantProbs) {
				t.Error("a program beside others computes something else")
			}
		})
	}
	all.Wait()
}
