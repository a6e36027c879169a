package kernel

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestNewRefusesUnknownKernels(t *testing.T) {
	_, err := New("cuda", 1)
	if err == nil {
		t.Fatal("New accepted a kernel that does not exist")
	}
	for _, name := range Supported() {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name the choice %q", err, name)
		}
	}
	if _, err := New("", -1); err == nil {
		t.Error("New accepted -1 threads")
	}
}

func TestNewChoosesByEnvironment(t *testing.T) {
	t.Setenv(EnvName, "portable")
	k, err := New("", 3)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if k.Name() != "portable" || k.Threads() != 3 {
		t.Errorf("got %s with %d threads", k.Name(), k.Threads())
	}
	t.Setenv(EnvName, "")
	k, err = New("", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if k.Name() != Supported()[0] || k.Threads() != runtime.GOMAXPROCS(0) {
		t.Errorf("got %s with %d threads", k.Name(), k.Threads())
	}
}

func TestShapesThatCannotBe(t *testing.T) {
	k, err := New("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	_, conv := k.NewConv(ConvShape{H: 4, W: 4, C: 1, Filters: 1, Kernel: 5, Stride: 1})
	_, pooled := k.NewConv(ConvShape{H: 1, W: 4, C: 1, Filters: 1, Kernel: 1, Stride: 1, Pool: true})
	_, depthwise := k.NewDepthwise(DepthwiseShape{H: 4, W: 4, C: 0, Kernel: 3, Stride: 1})
	_, dense := k.NewDense(DenseShape{In: 0, Out: 3})
	_, norm := k.NewBatchNorm(BatchNormShape{Pixels: 0, C: 3})
	_, largest := k.NewMaxPool(PoolShape{H: 40, W: 40, C: 1, Size: 17, Stride: 1})
	_, average := k.NewAveragePool(PoolShape{H: 4, W: 4, C: 1, Size: 2})
	for what, err := range map[string]error{
		"window larger than the map": conv, "pool of nothing": pooled, "no channels": depthwise,
		"no inputs": dense, "no pixels": norm, "window beyond a byte": largest, "no stride": average,
	} {
		if err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// step is a small network's forward and backward pass through every kind of
// operation; it returns all that they computed.
type step struct {
	k         *Kernels
	n         int
	conv      *Conv
	point     *Conv
	depthwise *Depthwise
	norm      *BatchNorm
	dense     *Dense
	largest   *MaxPool
	average   *AveragePool
	in        map[string][]float32
	out       map[string][]float32
	arg, arg2 []uint8
	images    []byte
	indices   []int
}

func newStep(t testing.TB, k *Kernels, n int) *step {
	s := &step{k: k, n: n, in: map[string][]float32{}, out: map[string][]float32{}}
	var errs [7]error
	s.conv, errs[0] = k.NewConv(ConvShape{H: 12, W: 12, C: 3, Filters: 24, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true})
	s.depthwise, errs[1] = k.NewDepthwise(DepthwiseShape{H: 6, W: 6, C: 24, Kernel: 3, Stride: 1, Same: true, Activation: Tanh})
	s.point, errs[2] = k.NewConv(ConvShape{H: 6, W: 6, C: 24, Filters: 40, Kernel: 3, Stride: 1, Same: true, Activation: LeakyReLU})
	s.norm, errs[3] = k.NewBatchNorm(BatchNormShape{Pixels: 36, C: 40, Momentum: 0.99, Epsilon: 1e-3, Activation: ReLU})
	s.largest, errs[4] = k.NewMaxPool(PoolShape{H: 6, W: 6, C: 40, Size: 3, Stride: 2, Same: true})
	s.average, errs[5] = k.NewAveragePool(PoolShape{H: 3, W: 3, C: 40, Size: 2, Stride: 1, Same: true})
	s.dense, errs[6] = k.NewDense(DenseShape{In: 360, Out: 10})
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(21, 22))
	for name, size := range map[string]int{
		"w1": 27 * 24, "b1": 24, "w2": 9 * 24, "b2": 24, "w3": 9 * 24 * 40, "b3": 40,
		"gamma": 40, "beta": 40, "w4": 3600, "b4": 10,
	} {
		s.in[name] = make([]float32, size)
	}
	for _, name := range []string{"w1", "b1", "w2", "b2", "w3", "b3", "gamma", "beta", "w4", "b4"} {
		copy(s.in[name], random(r, len(s.in[name])))
	}
	for name, size := range map[string]int{
		"x": n * 432, "y1": n * 864, "y2": n * 864, "y3": n * 1440, "y4": n * 1440, "y5": n * 360, "y6": n * 360, "y7": n * 10,
		"probs": n * 10, "d7": n * 10, "d6": n * 360, "d5": n * 360, "d4": n * 1440, "d3": n * 1440, "d2": n * 864, "d1": n * 864, "d0": n * 432,
		"targets": n * 10, "mean": 40, "variance": 40, "loss": 1,
		"dw1": 27 * 24, "db1": 24, "dw2": 9 * 24, "db2": 24, "dw3": 9 * 24 * 40, "db3": 40, "dgamma": 40, "dbeta": 40, "dw4": 3600, "db4": 10,
		"m": 3600, "v": 3600,
	} {
		s.out[name] = make([]float32, size)
	}
	s.arg, s.arg2 = make([]uint8, n*864), make([]uint8, n*360)
	s.images, s.indices = make([]byte, 432*n), r.Perm(n)
	for i := range s.images {
		s.images[i] = byte(r.UintN(256))
	}
	for i := range n {
		s.out["targets"][i*10+i%10] = 1
	}
	return s
}

func (s *step) run(drop Dropout) {
	k, n, in, out := s.k, s.n, s.in, s.out
	k.Gather(out["x"], s.images, 432, s.indices)
	s.conv.Forward(n, out["x"], in["w1"], in["b1"], out["y1"], s.arg, drop)
	s.depthwise.Forward(n, out["y1"], in["w2"], in["b2"], out["y2"])
	k.Add(ReLU, out["y1"], out["y2"], out["y2"])
	s.point.Forward(n, out["y2"], in["w3"], in["b3"], out["y3"], nil, Dropout{})
	s.norm.Forward(n, out["y3"], in["gamma"], in["beta"], out["mean"], out["variance"], out["y4"])
	s.largest.Forward(n, out["y4"], out["y5"], s.arg2)
	s.average.Forward(n, out["y5"], out["y6"])
	k.Dropout(drop, out["y6"], out["y6"])
	s.dense.Forward(n, out["y6"], in["w4"], in["b4"], out["y7"], Dropout{})
	loss, _ := k.SoftmaxCrossEntropy(n, 10, out["y7"], out["targets"], out["probs"], out["d7"])
	out["loss"][0] = float32(loss)
	s.dense.Backward(n, out["y6"], in["w4"], out["y7"], out["d7"], out["d6"], out["dw4"], out["db4"], Dropout{})
	k.Dropout(drop, out["d6"], out["d6"])
	s.average.Backward(n, out["d6"], out["d5"])
	s.largest.Backward(n, s.arg2, out["d5"], out["d4"])
	s.norm.Backward(n, out["y3"], in["gamma"], out["d4"], out["d3"], out["dgamma"], out["dbeta"])
	s.point.Backward(n, out["y2"], in["w3"], out["y3"], nil, out["d3"], nil, out["d2"], out["dw3"], out["db3"], Dropout{})
	k.ActivateGrad(ReLU, out["y2"], out["d2"], out["d2"])
	s.depthwise.Backward(n, out["y1"], in["w2"], out["y2"], out["d2"], out["d1"], out["dw2"], out["db2"])
	s.conv.Backward(n, out["x"], in["w1"], out["y1"], s.arg, out["d1"], nil, out["d0"], out["dw1"], out["db1"], drop)
	k.Adam(Adam{LearningRate: 0.01, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, Step: 1}, out["dw4"], out["dw4"], out["m"], out["v"])
}

func TestThreadsDoNotChangeABit(t *testing.T) {
	for _, name := range Supported() {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 3, 67} {
				var want map[string][]float32
				for _, threads := range []int{1, 2, 3, 16} {
					k, err := New(name, threads)
					if err != nil {
						t.Fatal(err)
					}
					s := newStep(t, k, n)
					s.run(Dropout{Rate: 0.3, Seed: 5})
					s.run(Dropout{Rate: 0.3, Seed: 6})
					k.Close()
					if want == nil {
						want = s.out
						continue
					}
					for what, values := range want {
						if !slices.EqualFunc(values, s.out[what], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
							t.Errorf("n=%d: %s differs with %d threads", n, what, threads)
						}
					}
				}
			}
		})
	}
}

// order is a job that notes its chunks.
type order []int

func (o *order) chunk(chunk, _ int) { *o = append(*o, chunk) }

func TestSweepsGoThereAndBack(t *testing.T) {
	w := newWorkers(1, false)
	defer w.close()
	for i, want := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {0, 1, 2, 3}} {
		var got order
		w.sweep(4, &got)
		if !slices.Equal(got, want) {
			t.Errorf("sweep %d visits %v, want %v", i+1, got, want)
		}
		got = nil
		w.run(2, &got)
		if !slices.Equal(got, []int{0, 1}) {
			t.Errorf("run visits %v after sweep %d", got, i+1)
		}
	}
}

func TestBackgroundDoesNotChangeABit(t *testing.T) {
	var want map[string][]float32
	for _, threads := range []int{1, 2, 3} {
		for _, create := range []func(string, int) (*Kernels, error){New, NewBackground} {
			k, err := create("", threads)
			if err != nil {
				t.Fatal(err)
			}
			s := newStep(t, k, 9)
			s.run(Dropout{Rate: 0.3, Seed: 5})
			k.Close()
			if want == nil {
				want = s.out
			}
			for what, values := range want {
				if !slices.Equal(values, s.out[what]) {
					t.Errorf("%s differs with %d threads", what, threads)
				}
			}
		}
	}
}

func TestKernelsAgree(t *testing.T) {
	var want map[string][]float32
	for _, name := range slices.Backward(Supported()) { // portable first
		k, err := New(name, 2)
		if err != nil {
			t.Fatal(err)
		}
		s := newStep(t, k, 5)
		s.run(Dropout{Rate: 0.3, Seed: 5})
		k.Close()
		if want == nil {
			want = s.out
			continue
		}
		for what, values := range want {
			near(t, name+" "+what, s.out[what], widen(values), 2e-4)
		}
	}
}

func TestCallsAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		s := newStep(t, k, 9)
		drop := Dropout{Rate: 0.3, Seed: 5}
		s.run(drop)
		if allocations := testing.AllocsPerRun(10, func() { s.run(drop) }); allocations > 0 {
			t.Errorf("a step allocates %v times", allocations)
		}
	})
}

// TestScratchIsCounted compares what the first step allocates with what the
// plans said.
func TestScratchIsCounted(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		const n = 64
		s := newStep(t, k, n)
		want := k.Scratch(n, true)
		if forward := k.Scratch(n, false); forward <= 0 || forward >= want {
			t.Errorf("%d bytes for Forward, %d with Backward", forward, want)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.run(Dropout{})
		runtime.ReadMemStats(&after)
		got := int64(after.TotalAlloc - before.TotalAlloc)
		if got > want+want/8 || got < want/2 {
			t.Errorf("%d bytes were allocated, %d announced", got, want)
		}
	})
}

func TestKernelsMayBeShared(t *testing.T) {
	k, err := New("", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	want := newStep(t, k, 4)
	want.run(Dropout{})
	var wait sync.WaitGroup
	for range 4 {
		s := newStep(t, k, 4)
		wait.Go(func() {
			for range 5 {
				clear(s.out["mean"])
				clear(s.out["variance"])
				clear(s.out["m"])
				clear(s.out["v"])
				s.run(Dropout{})
			}
			for what, values := range want.out {
				if !slices.Equal(values, s.out[what]) {
					t.Errorf("%s differs when others work", what)
				}
			}
		})
	}
	wait.Wait()
}

func TestShortSlicesPanic(t *testing.T) {
	k, err := New("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	dense, err := k.NewDense(DenseShape{In: 3, Out: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a weight matrix that is too short was read beyond its end")
		}
	}()
	dense.Forward(2, make([]float32, 6), make([]float32, 5), nil, make([]float32, 4), Dropout{})
}

// FuzzConv compares every kernel with the definition on shapes of the
// fuzzer's choice.
func FuzzConv(f *testing.F) {
	f.Add(uint64(1), byte(28), byte(28), byte(1), byte(32), byte(3), byte(1), byte(7))
	f.Add(uint64(2), byte(7), byte(9), byte(19), byte(33), byte(5), byte(2), byte(12))
	f.Fuzz(func(t *testing.T, seed uint64, h, w, c, filters, kernel, stride, flags byte) {
		s := ConvShape{
			H: 1 + int(h)%32, W: 1 + int(w)%32, C: 1 + int(c)%48, Filters: 1 + int(filters)%48,
			Kernel: 1 + int(kernel)%7, Stride: 1 + int(stride)%4, Same: flags&1 != 0, Pool: flags&2 != 0,
			Activation: Activation(flags / 4 % 5),
		}
		each(t, func(t *testing.T, k *Kernels) {
			r := rand.New(rand.NewPCG(seed, 0))
			testConv(t, k, s, 1+r.IntN(2), r)
		})
	})
}
