package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestDepthwise(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(5, 6))
		for i := range 120 {
			s := DepthwiseShape{
				H: 1 + r.IntN(12), W: 1 + r.IntN(12), C: 1 + r.IntN(40), Kernel: 1 + r.IntN(4),
				Stride: 1 + r.IntN(3), Same: r.IntN(2) == 0, Activation: Activation(r.IntN(5)),
			}
			if i%2 == 0 { // the usual case, which has code of its own
				s.Kernel, s.Stride, s.Activation = 3, 1, Linear
			}
			d, err := k.NewDepthwise(s)
			if err != nil {
				continue
			}
			n := 1 + r.IntN(4)
			g := newWindow(s.H, s.W, s.C, s.Kernel, s.Stride, s.Same)
			x, w, b := random(r, n*g.in()), random(r, s.Kernel*s.Kernel*s.C), random(r, s.C)
			y, dy := make([]float32, n*g.out()), random(r, n*g.out())
			d.Forward(n, x, w, b, y)
			want := make([]float64, len(y))
			for i := range want {
				want[i] = float64(b[i%s.C])
			}
			g.cells(n, func(out, in, cell int) {
				for c := range s.C {
					want[out*s.C+c] += float64(x[in*s.C+c]) * float64(w[cell*s.C+c])
				}
			})
			for i, v := range want {
				want[i] = refActivate(s.Activation, v)
			}
			name := fmt.Sprintf("%+v n=%d", s, n)
			near(t, name+" y", y, want, 1e-5)

			dx, dw, db := random(r, len(x)), random(r, len(w)), random(r, s.C)
			d.Backward(n, x, w, y, dy, dx, dw, db)
			wantX, wantW, wantB := make([]float64, len(x)), make([]float64, len(w)), make([]float64, s.C)
			dz := make([]float64, len(y))
			for i := range y {
				dz[i] = refGradient(s.Activation, Dropout{}, i, y[i], dy[i])
				wantB[i%s.C] += dz[i]
			}
			g.cells(n, func(out, in, cell int) {
				for c := range s.C {
					wantX[in*s.C+c] += dz[out*s.C+c] * float64(w[cell*s.C+c])
					wantW[cell*s.C+c] += dz[out*s.C+c] * float64(x[in*s.C+c])
				}
			})
			near(t, name+" dx", dx, wantX, 1e-5)
			near(t, name+" dw", dw, wantW, 1e-5)
			near(t, name+" db", db, wantB, 1e-5)
		}
	})
}

func TestBatchNorm(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(7, 8))
		shapes := []BatchNormShape{{Pixels: 784, C: 1}, {Pixels: 196, C: 32}, {Pixels: 1, C: 128}, {Pixels: 13, C: 3}}
		for len(shapes) < 60 {
			shapes = append(shapes, BatchNormShape{Pixels: 1 + r.IntN(60), C: 1 + r.IntN(80), Activation: Activation(r.IntN(5))})
		}
		for _, s := range shapes {
			s.Momentum, s.Epsilon = 0.99, 1e-3
			b, err := k.NewBatchNorm(s)
			if err != nil {
				t.Fatal(err)
			}
			n := 2 + r.IntN(30)
			count := n * s.Pixels
			x, gamma, beta := random(r, count*s.C), random(r, s.C), random(r, s.C)
			for i := range x {
				x[i] += 3 // a mean that is not small
			}
			mm, mv := random(r, s.C), random(r, s.C)
			for i := range mv {
				mv[i] = mv[i] * mv[i]
			}
			mean, variance := make([]float64, s.C), make([]float64, s.C)
			for i, v := range x {
				mean[i%s.C] += float64(v) / float64(count)
			}
			for i, v := range x {
				d := float64(v) - mean[i%s.C]
				variance[i%s.C] += d * d / float64(count)
			}
			name := fmt.Sprintf("%+v n=%d", s, n)
			normalised, want := make([]float64, len(x)), make([]float64, len(x))

			// At prediction.
			for i, v := range x {
				c := i % s.C
				want[i] = refActivate(s.Activation, (float64(v)-float64(mm[c]))/math.Sqrt(float64(mv[c])+s.Epsilon)*float64(gamma[c])+float64(beta[c]))
			}
			y := make([]float32, len(x))
			b.Infer(n, x, gamma, beta, mm, mv, y)
			near(t, name+" inferred y", y, want, 1e-5)

			// In training.
			wantM, wantV := make([]float64, s.C), make([]float64, s.C)
			for c := range s.C {
				wantM[c] = 0.99*float64(mm[c]) + 0.01*mean[c]
				wantV[c] = 0.99*float64(mv[c]) + 0.01*variance[c]
			}
			for i, v := range x {
				c := i % s.C
				normalised[i] = (float64(v) - mean[c]) / math.Sqrt(variance[c]+s.Epsilon)
				want[i] = refActivate(s.Activation, normalised[i]*float64(gamma[c])+float64(beta[c]))
			}
			b.Forward(n, x, gamma, beta, mm, mv, y)
			near(t, name+" y", y, want, 1e-5)
			near(t, name+" moving mean", mm, wantM, 1e-6)
			near(t, name+" moving variance", mv, wantV, 1e-6)

			dy := random(r, len(x))
			sum, product := make([]float64, s.C), make([]float64, s.C)
			dz, wantX := make([]float64, len(x)), make([]float64, len(x))
			for i := range x {
				dz[i] = refGradient(s.Activation, Dropout{}, i, y[i], dy[i])
				sum[i%s.C] += dz[i]
				product[i%s.C] += dz[i] * normalised[i]
			}
			for i := range x {
				c := i % s.C
				wantX[i] = float64(gamma[c]) / math.Sqrt(variance[c]+s.Epsilon) *
					(dz[i] - sum[c]/float64(count) - normalised[i]*product[c]/float64(count))
			}
			dgamma, dbeta := make([]float32, s.C), make([]float32, s.C)
			b.Backward(n, x, gamma, dy, dy, dgamma, dbeta) // in place
			near(t, name+" dx", dy, wantX, 1e-5)
			near(t, name+" dgamma", dgamma, product, 1e-5)
			near(t, name+" dbeta", dbeta, sum, 1e-5)
		}
	})
}

// TestConvSharesTheWorkOfBatchNorms compares a convolution between two batch
// normalisations that does parts of their work with the three one by one.
func TestConvSharesTheWorkOfBatchNorms(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(31, 32))
		for i := range 60 {
			s := randomShape(r)
			s.Activation, s.Pool = Linear, false
			if i%2 == 0 { // by Winograd's filtering where the kernels have it
				s.Kernel, s.Stride, s.C, s.Filters = 3+2*r.IntN(3), 1, 8+r.IntN(30), 8+r.IntN(40)
			}
			plain, err := k.NewConv(s)
			if err != nil {
				continue
			}
			h, w, f := plain.Output()
			norm := func(pixels, c int) *BatchNorm {
				b, err := k.NewBatchNorm(BatchNormShape{Pixels: pixels, C: c, Momentum: 0.9, Epsilon: 1e-3, Activation: Activation(r.IntN(5))})
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			n := 1 + r.IntN(40)
			before, behind := norm(s.H*s.W, s.C), norm(h*w, f)
			fused := s
			fused.Before, fused.Behind = before, behind
			if i%5 == 0 {
				fused.Before = nil
			}
			conv, err := k.NewConv(fused)
			if err != nil {
				t.Fatal(err)
			}
			x, wts := random(r, n*s.H*s.W*s.C), random(r, s.Kernel*s.Kernel*s.C*s.Filters)
			shrink(wts, s.Kernel*s.Kernel*s.C)
			gamma1, beta1, gamma2, beta2 := random(r, s.C), random(r, s.C), random(r, f), random(r, f)
			mean, variance := make([]float32, max(s.C, f)), make([]float32, max(s.C, f))
			dz, plus := random(r, n*h*w*f), random(r, len(x))
			if i%3 == 0 {
				plus = nil
			}

			// One by one.
			type results struct{ y, z, moving, dx, dw, db, dgamma1, dbeta1, dgamma2, dbeta2 []float32 }
			fresh := func() results {
				return results{
					y: make([]float32, n*h*w*f), z: make([]float32, n*h*w*f), dx: make([]float32, len(x)),
					dw: make([]float32, len(wts)), db: make([]float32, f),
					dgamma1: make([]float32, s.C), dbeta1: make([]float32, s.C), dgamma2: make([]float32, f), dbeta2: make([]float32, f),
				}
			}
			want := fresh()
			in := x
			if fused.Before != nil {
				in = make([]float32, len(x))
				before.Forward(n, x, gamma1, beta1, mean, variance, in)
			}
			plain.Forward(n, in, wts, nil, want.y, nil, Dropout{})
			clear(mean)
			behind.Forward(n, want.y, gamma2, beta2, mean, variance, want.z)
			want.moving = append(want.moving, mean...)
			dy := make([]float32, len(dz))
			behind.Backward(n, want.y, gamma2, dz, dy, want.dgamma2, want.dbeta2)
			plain.Backward(n, in, wts, want.y, nil, dy, plus, want.dx, want.dw, want.db, Dropout{})
			if fused.Before != nil {
				before.Backward(n, x, gamma1, want.dx, nil, want.dgamma1, want.dbeta1)
			}

			// Together.
			got := fresh()
			conv.Forward(n, x, wts, nil, got.y, nil, Dropout{})
			clear(mean)
			behind.Statistics(gamma2, beta2, mean, variance)
			got.moving = append(got.moving, mean...)
			behind.Apply(n, got.y, nil, got.z)
			behind.Sums(n, got.y, nil, dz, nil)
			behind.Gradients(gamma2, got.dgamma2, got.dbeta2)
			conv.Backward(n, x, wts, got.y, nil, dz, plus, got.dx, got.dw, got.db, Dropout{})
			if fused.Before != nil {
				before.Gradients(gamma1, got.dgamma1, got.dbeta1)
			}

			name := fmt.Sprintf("%+v n=%d", s, n)
			for what, pair := range map[string][2][]float32{
				"y": {got.y, want.y}, "z": {got.z, want.z}, "moving mean": {got.moving, want.moving},
				"dx": {got.dx, want.dx}, "dw": {got.dw, want.dw},
				"dgamma1": {got.dgamma1, want.dgamma1}, "dgamma2": {got.dgamma2, want.dgamma2},
				"dbeta2": {got.dbeta2, want.dbeta2},
			} {
				near(t, name+" "+what, pair[0], widen(pair[1]), 2*rounding(s))
			}
			// Thousands of numbers that may cancel out: a constant before a
			// normalisation does nothing.
			near(t, name+" dbeta1", got.dbeta1, widen(want.dbeta1), 1e-3)
			near(t, name+" db", got.db, make([]float64, f), 1e-3)
		}
	})
}

// TestDepthwiseSharesTheWorkOfABatchNorm compares a depthwise convolution that
// normalises its input with the two one by one.
func TestDepthwiseSharesTheWorkOfABatchNorm(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(33, 34))
		for range 40 {
			s := DepthwiseShape{
				H: 1 + r.IntN(12), W: 1 + r.IntN(12), C: 1 + r.IntN(40), Kernel: 1 + r.IntN(4),
				Stride: 1 + r.IntN(2), Same: r.IntN(2) == 0, Activation: Activation(r.IntN(5)),
			}
			plain, err := k.NewDepthwise(s)
			if err != nil {
				continue
			}
			norm, err := k.NewBatchNorm(BatchNormShape{Pixels: s.H * s.W, C: s.C, Momentum: 0.9, Epsilon: 1e-3, Activation: Activation(r.IntN(5))})
			if err != nil {
				t.Fatal(err)
			}
			fused := s
			fused.Before = norm
			shared, err := k.NewDepthwise(fused)
			if err != nil {
				t.Fatal(err)
			}
			n, size := 1+r.IntN(40), s.Kernel*s.Kernel*s.C
			x, w, b, gamma, beta := random(r, n*s.H*s.W*s.C), random(r, size), random(r, s.C), random(r, s.C), random(r, s.C)
			mean, variance := make([]float32, s.C), make([]float32, s.C)
			h, wide, _ := plain.Output()
			y, wantY, dy := make([]float32, n*h*wide*s.C), make([]float32, n*h*wide*s.C), random(r, n*h*wide*s.C)
			results := func() [5][]float32 { // dx, dw, db, dgamma, dbeta
				return [5][]float32{random(r, len(x)), random(r, size), random(r, s.C), random(r, s.C), random(r, s.C)}
			}

			want := results()
			in := make([]float32, len(x))
			norm.Forward(n, x, gamma, beta, mean, variance, in)
			plain.Forward(n, in, w, b, wantY)
			plain.Backward(n, in, w, wantY, dy, want[0], want[1], want[2])
			norm.Backward(n, x, gamma, want[0], nil, want[3], want[4])

			got := results()
			norm.Moments(n, x)
			norm.Statistics(gamma, beta, mean, variance)
			shared.Forward(n, x, w, b, y)
			shared.Backward(n, x, w, y, dy, got[0], got[1], got[2])
			norm.Gradients(gamma, got[3], got[4])

			name := fmt.Sprintf("%+v n=%d", s, n)
			near(t, name+" y", y, widen(wantY), 1e-6)
			for i, what := range []string{"dx", "dw", "db", "dgamma", "dbeta"} {
				near(t, name+" "+what, got[i], widen(want[i]), 1e-5)
			}
		}
	})
}

func TestTanhFromEndToEnd(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		var x []float32
		var want []float64
		for v := float32(-20); v <= 20; v += 1.0 / 64 {
			x = append(x, v, v*1e-6)
		}
		for _, v := range x {
			want = append(want, math.Tanh(float64(v)))
		}
		y := make([]float32, len(x))
		k.Activate(Tanh, x, y)
		near(t, "tanh", y, want, 3e-7)
		nan := []float32{float32(math.NaN())}
		if k.Activate(Tanh, nan, nan); nan[0] == nan[0] {
			t.Errorf("tanh of NaN is %v", nan[0])
		}
	})
}

// TestConvKeepsNaN: what cannot be computed must not pass for zero behind a ReLU,
// or a training that has failed would go on unnoticed.
func TestConvKeepsNaN(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		for _, s := range []ConvShape{
			{H: 6, W: 6, C: 4, Filters: 32, Kernel: 1, Stride: 1, Activation: ReLU},
			{H: 6, W: 6, C: 16, Filters: 16, Kernel: 3, Stride: 1, Same: true, Activation: ReLU},
			{H: 6, W: 6, C: 3, Filters: 5, Kernel: 3, Stride: 1, Activation: ReLU},
			{H: 6, W: 6, C: 3, Filters: 16, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true},
		} {
			conv, err := k.NewConv(s)
			if err != nil {
				t.Fatal(err)
			}
			h, w, ch := conv.Output()
			x, wts, y := make([]float32, s.H*s.W*s.C), make([]float32, s.Kernel*s.Kernel*s.C*s.Filters), make([]float32, h*w*ch)
			for i := range x {
				x[i] = float32(math.NaN())
			}
			conv.Forward(1, x, wts, make([]float32, s.Filters), y, make([]uint8, len(y)), Dropout{})
			for i, v := range y {
				if v == v {
					t.Fatalf("%+v: y[%d] = %v from NaN", s, i, v)
				}
			}
		}
	})
}

// TestBatchNormWithSkip compares relu(norm(x) + skip) and its gradients with
// the same in three operations.
func TestBatchNormWithSkip(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(33, 34))
		for range 40 {
			s := BatchNormShape{Pixels: 1 + r.IntN(60), C: 1 + r.IntN(80), Momentum: 0.99, Epsilon: 1e-3}
			b, err := k.NewBatchNorm(s)
			if err != nil {
				t.Fatal(err)
			}
			n := 2 + r.IntN(30)
			size := n * s.Pixels * s.C
			x, skip, dy, gamma, beta := random(r, size), random(r, size), random(r, size), random(r, s.C), random(r, s.C)
			mean, variance := make([]float32, s.C), make([]float32, s.C)
			want, wantG, wantX := make([]float32, size), make([]float32, size), make([]float32, size)
			dgamma, dbeta := make([]float32, s.C), make([]float32, s.C)
			b.Forward(n, x, gamma, beta, mean, variance, want)
			k.Add(ReLU, want, skip, want)
			y := make([]float32, size)
			copy(y, skip)
			b.Apply(n, x, y, y)
			name := fmt.Sprintf("%+v n=%d", s, n)
			near(t, name+" y", y, widen(want), 1e-6)

			k.ActivateGrad(ReLU, y, dy, wantG)
			b.Backward(n, x, gamma, wantG, wantX, dgamma, dbeta)
			g, dx, dgamma2, dbeta2 := make([]float32, size), make([]float32, size), make([]float32, s.C), make([]float32, s.C)
			b.Sums(n, x, y, dy, g)
			b.Gradients(gamma, dgamma2, dbeta2)
			b.InputGradient(n, x, g, dx)
			near(t, name+" g", g, widen(wantG), 0)
			near(t, name+" dx", dx, widen(wantX), 1e-6)
			near(t, name+" dgamma", dgamma2, widen(dgamma), 1e-6)
			near(t, name+" dbeta", dbeta2, widen(dbeta), 1e-6)
		}
	})
}

func TestPooling(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(9, 10))
		for range 80 {
			s := PoolShape{
				H: 1 + r.IntN(12), W: 1 + r.IntN(12), C: 1 + r.IntN(40),
				Size: 1 + r.IntN(4), Stride: 1 + r.IntN(3), Same: r.IntN(2) == 0,
			}
			largest, err := k.NewMaxPool(s)
			if err != nil {
				continue
			}
			average, err := k.NewAveragePool(s)
			if err != nil {
				t.Fatal(err)
			}
			n := 1 + r.IntN(4)
			g := newWindow(s.H, s.W, s.C, s.Size, s.Stride, s.Same)
			if r.IntN(4) == 0 {
				if average, err = k.NewGlobalAveragePool(s.H, s.W, s.C); err != nil {
					t.Fatal(err)
				}
				g = *average.win
			}
			name := fmt.Sprintf("%+v n=%d", s, n)
			x := random(r, n*g.in())
			y, dy, dx := make([]float32, n*g.out()), random(r, n*g.out()), random(r, len(x))
			want, cells := make([]float64, len(y)), make([]float64, len(y))
			g.cells(n, func(out, in, _ int) {
				for c := range s.C {
					want[out*s.C+c] += float64(x[in*s.C+c])
					cells[out*s.C+c]++
				}
			})
			for i := range want {
				want[i] /= cells[i]
			}
			average.Forward(n, x, y)
			near(t, name+" average", y, want, 1e-5)
			wantX := make([]float64, len(x))
			g.cells(n, func(out, in, _ int) {
				for c := range s.C {
					wantX[in*s.C+c] += float64(dy[out*s.C+c]) / cells[out*s.C+c]
				}
			})
			average.Backward(n, dy, dx)
			near(t, name+" average dx", dx, wantX, 1e-5)

			g = *largest.win
			y, dy = make([]float32, n*g.out()), random(r, n*g.out())
			arg := make([]uint8, len(y))
			want, wantX = make([]float64, len(y)), make([]float64, len(x))
			for i := range want {
				want[i] = math.Inf(-1)
			}
			winner := make([]int, len(y))
			g.cells(n, func(out, in, _ int) {
				for c := range s.C {
					if v := float64(x[in*s.C+c]); v > want[out*s.C+c] {
						want[out*s.C+c], winner[out*s.C+c] = v, in*s.C+c
					}
				}
			})
			largest.Forward(n, x, y, arg)
			near(t, name+" max", y, want, 0)
			for i, in := range winner {
				wantX[in] += float64(dy[i])
			}
			largest.Backward(n, arg, dy, dx)
			near(t, name+" max dx", dx, wantX, 1e-5)
		}
	})
}

func TestElementwise(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(11, 12))
		for _, n := range []int{0, 1, 7, 16, 33, 1000, 3*flatChunk + 5} {
			for act := Linear; act <= Sigmoid; act++ {
				x, other, dy := random(r, n), random(r, n), random(r, n)
				if n > 16 {
					x[3], x[4], x[5], x[6] = 100, -100, float32(math.Inf(1)), float32(math.Inf(-1))
					other[5], other[6] = 0, 0
				}
				y, dx := make([]float32, n), make([]float32, n)
				want, wantX, wantSum := make([]float64, n), make([]float64, n), make([]float64, n)
				k.Activate(act, x, y)
				for i, v := range x {
					want[i] = refActivate(act, float64(v))
					wantX[i] = float64(dy[i]) * refDerivative(act, float64(y[i]))
					wantSum[i] = refActivate(act, float64(v+other[i]))
				}
				finite := func(s []float32, want []float64) ([]float32, []float64) {
					for i, v := range want {
						if math.IsInf(v, 0) && math.IsInf(float64(s[i]), 0) {
							s[i], want[i] = 0, 0
						}
					}
					return s, want
				}
				k.ActivateGrad(act, y, dy, dx)
				got, w := finite(y, want)
				near(t, fmt.Sprintf("activation %d n=%d", act, n), got, w, 1e-6)
				near(t, "its gradient", dx, wantX, 1e-5)
				k.Add(act, x, other, y)
				got, w = finite(y, wantSum)
				near(t, "sum", got, w, 1e-6)
			}
		}
	})
}

func TestDropout(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		const n = 5*flatChunk + 13
		ones, y := make([]float32, n), make([]float32, n)
		for i := range ones {
			ones[i] = 1
		}
		for _, rate := range []float64{0, 0.1, 0.25, 0.5, 0.9} {
			d := Dropout{Rate: rate, Seed: 7, Step: 3, Layer: 2}
			k.Dropout(d, ones, y)
			dropped := 0
			m := d.mask()
			for i, v := range y {
				if v != m.factor(uint32(i)) {
					t.Fatalf("rate %v: element %d is %v", rate, i, v)
				}
				if v == 0 {
					dropped++
				} else if v != float32(1/(1-rate)) {
					t.Fatalf("rate %v: scale %v", rate, v)
				}
			}
			// Five standard deviations of a binomial count.
			if off := math.Abs(float64(dropped) - rate*n); off > 5*math.Sqrt(n*rate*(1-rate)) {
				t.Errorf("rate %v: %d of %d dropped", rate, dropped, n)
			}
		}
		// Steps, layers, seeds and neighbours must not resemble each other.
		base := Dropout{Rate: 0.5, Seed: 1, Step: 1, Layer: 1}
		masks := map[string]Dropout{"seed": base, "step": base, "layer": base}
		for what, d := range masks {
			switch what {
			case "seed":
				d.Seed++
			case "step":
				d.Step++
			case "layer":
				d.Layer++
			}
			a, b := base.mask(), d.mask()
			same := 0
			for i := range uint32(n) {
				if (a.factor(i) == 0) == (b.factor(i) == 0) {
					same++
				}
			}
			if math.Abs(float64(same)-n/2) > 5*math.Sqrt(n)/2 {
				t.Errorf("masks of another %s agree on %d of %d", what, same, n)
			}
		}
		m, same := base.mask(), 0
		for i := range uint32(n) {
			if (m.factor(i) == 0) == (m.factor(i+1) == 0) {
				same++
			}
		}
		if math.Abs(float64(same)-n/2) > 5*math.Sqrt(n)/2 {
			t.Errorf("neighbours agree on %d of %d", same, n)
		}
	})
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, n := range []int{1, 5, 100} {
			const classes = 10
			logits, targets := random(r, n*classes), make([]float32, n*classes)
			logits[3] = 500 // overflows a naive exponential
			for i := range n {
				targets[i*classes+r.IntN(classes)] = 0.9
				targets[i*classes+r.IntN(classes)] += 0.1
			}
			probs, dlogits := make([]float32, len(logits)), make([]float32, len(logits))
			wantP, wantD := make([]float64, len(logits)), make([]float64, len(logits))
			wantLoss, wantCorrect := 0.0, 0
			for i := range n {
				sum, best, want := 0.0, 0, 0
				for c := range classes {
					sum += math.Exp(float64(logits[i*classes+c]))
				}
				for c := range classes {
					at := i*classes + c
					wantP[at] = math.Exp(float64(logits[at])) / sum
					if targets[at] != 0 {
						wantLoss -= float64(targets[at]) * (float64(logits[at]) - math.Log(sum)) / float64(n)
					}
					wantD[at] = (wantP[at] - float64(targets[at])) / float64(n)
					if logits[at] > logits[i*classes+best] {
						best = c
					}
					if targets[at] > targets[i*classes+want] {
						want = c
					}
				}
				if best == want {
					wantCorrect++
				}
			}
			loss, correct := k.SoftmaxCrossEntropy(n, classes, logits, targets, probs, dlogits)
			if math.Abs(loss-wantLoss) > 1e-6*max(1, wantLoss) || correct != wantCorrect {
				t.Errorf("n=%d: loss %v, %d correct; want %v, %d", n, loss, correct, wantLoss, wantCorrect)
			}
			near(t, "probs", probs, wantP, 1e-6)
			near(t, "dlogits", dlogits, wantD, 1e-6)
			k.Softmax(n, classes, logits, logits)
			near(t, "softmax in place", logits, wantP, 1e-6)
		}
	})
}

func TestOptimizers(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(15, 16))
		const n = flatChunk + 37
		for _, decay := range []float64{0, 0.1} {
			for _, momentum := range []float64{0, 0.9} {
				for _, nesterov := range []bool{false, true} {
					w, v := random(r, n), random(r, n)
					wantW, wantV := widen(w), widen(v)
					p := SGD{LearningRate: 0.1, Momentum: momentum, WeightDecay: decay, Nesterov: nesterov}
					for range 3 {
						g := random(r, n)
						k.SGD(p, w, g, v)
						for i := range wantW {
							d := float64(g[i]) + decay*wantW[i]
							if momentum == 0 {
								wantW[i] -= 0.1 * d
								continue
							}
							wantV[i] = momentum*wantV[i] - 0.1*d
							if nesterov {
								wantW[i] += momentum*wantV[i] - 0.1*d
							} else {
								wantW[i] += wantV[i]
							}
						}
					}
					near(t, fmt.Sprintf("%+v", p), w, wantW, 1e-5)
					near(t, fmt.Sprintf("%+v velocity", p), v, wantV, 1e-5)
				}
				w, s, v := random(r, n), make([]float32, n), make([]float32, n)
				wantW, wantS, wantV := widen(w), widen(s), widen(v)
				p := RMSProp{LearningRate: 0.01, Rho: 0.9, Momentum: momentum, Epsilon: 1e-7, WeightDecay: decay}
				for range 3 {
					g := random(r, n)
					k.RMSProp(p, w, g, s, v)
					for i := range wantW {
						d := float64(g[i]) + decay*wantW[i]
						wantS[i] = 0.9*wantS[i] + 0.1*d*d
						wantV[i] = momentum*wantV[i] + 0.01*d/math.Sqrt(wantS[i]+1e-7)
						wantW[i] -= wantV[i]
					}
				}
				near(t, fmt.Sprintf("%+v", p), w, wantW, 1e-5)
			}
			for _, decoupled := range []bool{false, true} {
				w, m, v := random(r, n), make([]float32, n), make([]float32, n)
				wantW, wantM, wantV := widen(w), widen(m), widen(v)
				p := Adam{LearningRate: 0.01, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: decay, Decoupled: decoupled}
				for step := 1; step <= 3; step++ {
					p.Step = uint64(step)
					g := random(r, n)
					k.Adam(p, w, g, m, v)
					rate := 0.01 * math.Sqrt(1-math.Pow(0.999, float64(step))) / (1 - math.Pow(0.9, float64(step)))
					for i := range wantW {
						d := float64(g[i])
						if decoupled {
							wantW[i] -= 0.01 * decay * wantW[i]
						} else {
							d += decay * wantW[i]
						}
						wantM[i] = 0.9*wantM[i] + 0.1*d
						wantV[i] = 0.999*wantV[i] + 0.001*d*d
						wantW[i] -= rate * wantM[i] / (math.Sqrt(wantV[i]) + 1e-7)
					}
				}
				near(t, fmt.Sprintf("%+v", p), w, wantW, 1e-5)
			}
		}
	})
}

func TestGather(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(17, 18))
		const pixels, count = 50, 300
		images := make([]byte, pixels*count)
		for i := range images {
			images[i] = byte(r.UintN(256))
		}
		indices := r.Perm(count)[:77]
		dst := make([]float32, len(indices)*pixels)
		k.Gather(dst, images, pixels, indices)
		for i, v := range dst {
			if want := float32(images[indices[i/pixels]*pixels+i%pixels]) / 255; v != want {
				t.Fatalf("dst[%d] = %v, want %v", i, v, want)
			}
		}
	})
}

func TestSgemm(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(19, 20))
		for range 40 {
			m, n, kk := 1+r.IntN(70), 1+r.IntN(300), 1+r.IntN(90)
			if r.IntN(10) == 0 {
				kk = conflict
			}
			a, b, c := random(r, m*kk), random(r, kk*n), make([]float32, m*n)
			k.Sgemm(m, n, kk, a, b, c)
			want := make([]float64, m*n)
			for i := range m {
				for p := range kk {
					for j := range n {
						want[i*n+j] += float64(a[i*kk+p]) * float64(b[p*n+j])
					}
				}
			}
			near(t, fmt.Sprintf("%d×%d×%d", m, n, kk), c, want, 2e-5)
		}
	})
}
