package kernel

import (
	"math/rand/v2"
	"testing"
)

// The benchmarks print GFLOP/s (or GB/s) of all threads: compare them with
// BenchmarkSgemm, the machine's ceiling for these kernels.

func eachKernel(b *testing.B, bench func(b *testing.B, k *Kernels)) {
	for _, name := range Supported() {
		b.Run(name, func(b *testing.B) {
			k, err := New(name, 0)
			if err != nil {
				b.Fatal(err)
			}
			defer k.Close()
			bench(b, k)
		})
	}
}

func rate(b *testing.B, perCall float64, unit string) {
	b.ReportMetric(perCall*float64(b.N)/b.Elapsed().Seconds()/1e9, unit)
}

const benchBatch = 256

var benchConvs = []struct {
	name  string
	shape ConvShape
}{
	{"article1", ConvShape{H: 28, W: 28, C: 1, Filters: 32, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true}},
	{"article2", ConvShape{H: 14, W: 14, C: 32, Filters: 32, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true}},
	{"residual1", ConvShape{H: 28, W: 28, C: 16, Filters: 16, Kernel: 3, Stride: 1, Same: true}},
	{"residual2", ConvShape{H: 28, W: 28, C: 16, Filters: 32, Kernel: 3, Stride: 2, Same: true}},
	{"residual3", ConvShape{H: 7, W: 7, C: 64, Filters: 64, Kernel: 3, Stride: 1, Same: true}},
	{"pointwise", ConvShape{H: 14, W: 14, C: 64, Filters: 64, Kernel: 1, Stride: 1}},
}

func BenchmarkConv(b *testing.B) {
	for _, c := range benchConvs {
		b.Run(c.name, func(b *testing.B) {
			eachKernel(b, func(b *testing.B, k *Kernels) {
				r := rand.New(rand.NewPCG(1, 1))
				s := c.shape
				conv, err := k.NewConv(s)
				if err != nil {
					b.Fatal(err)
				}
				h, w, ch := conv.Output()
				x, wts, bias := random(r, benchBatch*s.H*s.W*s.C), random(r, s.Kernel*s.Kernel*s.C*s.Filters), random(r, s.Filters)
				y, arg := make([]float32, benchBatch*h*w*ch), make([]uint8, benchBatch*h*w*ch)
				dy, dx := random(r, len(y)), make([]float32, len(x))
				dw, db := make([]float32, len(wts)), make([]float32, len(bias))
				p := newConvPlan(s, false)
				flops := 2 * float64(benchBatch*p.oh*p.ow*len(wts))
				b.Run("forward", func(b *testing.B) {
					for b.Loop() {
						conv.Forward(benchBatch, x, wts, bias, y, arg, Dropout{})
					}
					rate(b, flops, "GFLOP/s")
				})
				conv.Forward(benchBatch, x, wts, bias, y, arg, Dropout{})
				b.Run("backward", func(b *testing.B) {
					for b.Loop() {
						conv.Backward(benchBatch, x, wts, y, arg, dy, nil, dx, dw, db, Dropout{})
					}
					rate(b, 2*flops, "GFLOP/s")
				})
			})
		})
	}
}

func BenchmarkDepthwise(b *testing.B) {
	eachKernel(b, func(b *testing.B, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 1))
		s := DepthwiseShape{H: 14, W: 14, C: 128, Kernel: 3, Stride: 1, Same: true}
		d, err := k.NewDepthwise(s)
		if err != nil {
			b.Fatal(err)
		}
		size, weights := benchBatch*s.H*s.W*s.C, 9*s.C
		x, dy, w := random(r, size), random(r, size), random(r, weights)
		y, dx, dw := make([]float32, size), make([]float32, size), make([]float32, weights)
		flops := 2 * 9 * float64(size)
		b.Run("forward", func(b *testing.B) {
			for b.Loop() {
				d.Forward(benchBatch, x, w, nil, y)
			}
			rate(b, flops, "GFLOP/s")
		})
		b.Run("backward", func(b *testing.B) {
			for b.Loop() {
				d.Backward(benchBatch, x, w, y, dy, dx, dw, nil)
			}
			rate(b, 2*flops, "GFLOP/s")
		})
	})
}

func BenchmarkDense(b *testing.B) {
	eachKernel(b, func(b *testing.B, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 1))
		const in, out = 1568, 128
		d, err := k.NewDense(DenseShape{in, out, ReLU})
		if err != nil {
			b.Fatal(err)
		}
		x, w, bias := random(r, benchBatch*in), random(r, in*out), random(r, out)
		y, dy := make([]float32, benchBatch*out), random(r, benchBatch*out)
		dx, dw, db := make([]float32, len(x)), make([]float32, len(w)), make([]float32, out)
		flops := 2.0 * benchBatch * in * out
		b.Run("forward", func(b *testing.B) {
			for b.Loop() {
				d.Forward(benchBatch, x, w, bias, y, Dropout{})
			}
			rate(b, flops, "GFLOP/s")
		})
		b.Run("backward", func(b *testing.B) {
			for b.Loop() {
				d.Backward(benchBatch, x, w, y, dy, dx, dw, db, Dropout{})
			}
			rate(b, 2*flops, "GFLOP/s")
		})
	})
}

func BenchmarkBatchNorm(b *testing.B) {
	eachKernel(b, func(b *testing.B, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 1))
		const pixels, c = 196, 32
		norm, err := k.NewBatchNorm(BatchNormShape{Pixels: pixels, C: c, Momentum: 0.99, Epsilon: 1e-3})
		if err != nil {
			b.Fatal(err)
		}
		x, dy := random(r, benchBatch*pixels*c), random(r, benchBatch*pixels*c)
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		gamma, beta, mean, variance := random(r, c), random(r, c), random(r, c), random(r, c)
		b.Run("forward", func(b *testing.B) {
			for b.Loop() {
				norm.Forward(benchBatch, x, gamma, beta, mean, variance, y)
			}
			rate(b, 4*3*float64(len(x)), "GB/s")
		})
		b.Run("backward", func(b *testing.B) {
			for b.Loop() {
				norm.Backward(benchBatch, x, gamma, dy, dx, mean, variance)
			}
			rate(b, 4*5*float64(len(x)), "GB/s")
		})
	})
}

func BenchmarkElementwise(b *testing.B) {
	eachKernel(b, func(b *testing.B, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 1))
		x := random(r, 1<<21)
		y := make([]float32, len(x))
		ops := map[string]func(){
			"dropout": func() { k.Dropout(Dropout{Rate: 0.25}, x, y) },
			"relu":    func() { k.Activate(ReLU, x, y) },
			"tanh":    func() { k.Activate(Tanh, x, y) },
			"add":     func() { k.Add(ReLU, x, y, y) },
		}
		for _, name := range []string{"dropout", "relu", "tanh", "add"} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					ops[name]()
				}
				rate(b, 4*2*float64(len(x)), "GB/s")
			})
		}
	})
}

func BenchmarkAdam(b *testing.B) {
	eachKernel(b, func(b *testing.B, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 1))
		w, g := random(r, 211822), random(r, 211822)
		m, v := make([]float32, len(w)), make([]float32, len(w))
		p := Adam{LearningRate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, Step: 1}
		for b.Loop() {
			k.Adam(p, w, g, m, v)
		}
		rate(b, 4*7*float64(len(w)), "GB/s")
	})
}

func BenchmarkGather(b *testing.B) {
	k, err := New("", 0)
	if err != nil {
		b.Fatal(err)
	}
	defer k.Close()
	r := rand.New(rand.NewPCG(1, 1))
	images, dst := make([]byte, 60000*784), make([]float32, benchBatch*784)
	indices := r.Perm(60000)[:benchBatch]
	for b.Loop() {
		k.Gather(dst, images, 784, indices)
	}
	rate(b, 5*float64(len(dst)), "GB/s")
}

func BenchmarkSgemm(b *testing.B) {
	eachKernel(b, func(b *testing.B, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 1))
		const size = 1024
		x, y, z := random(r, size*size), random(r, size*size), make([]float32, size*size)
		for b.Loop() {
			k.Sgemm(size, size, size, x, y, z)
		}
		rate(b, 2*size*size*size, "GFLOP/s")
	})
}
