package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The references below are the definitions, in float64 and without any
// cleverness. Backward references take the kernel's own y and arg, so that
// rounding cannot turn a tie the other way.

func random(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

// shrink scales weights so that sums of so many products have size one: the
// rounding of large sums says nothing about a kernel.
func shrink(w []float32, terms int) {
	for i := range w {
		w[i] /= float32(math.Sqrt(float64(terms)))
	}
}

// each runs a test on every kernel of this machine.
func each(t *testing.T, test func(t *testing.T, k *Kernels)) {
	t.Helper()
	for _, name := range Supported() {
		t.Run(name, func(t *testing.T) {
			k, err := New(name, 2)
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			test(t, k)
		})
	}
}

// near fails unless got is want within a tolerance relative to the size of
// want's largest entry.
func near(t testing.TB, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	size := 1.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= tolerance*size) {
			t.Fatalf("%s[%d] = %v, want %v (tolerance %v)", what, i, got[i], v, tolerance*size)
		}
	}
}

func refActivate(act Activation, v float64) float64 {
	switch act {
	case ReLU:
		return max(v, 0)
	case LeakyReLU:
		return max(v, LeakySlope*v)
	case Tanh:
		return math.Tanh(v)
	case Sigmoid:
		return 1 / (1 + math.Exp(-v))
	}
	return v
}

// refDerivative is act' where the output is y, taken without the mask.
func refDerivative(act Activation, y float64) float64 {
	switch act {
	case ReLU:
		if y <= 0 {
			return 0
		}
	case LeakyReLU:
		if y <= 0 {
			return LeakySlope
		}
	case Tanh:
		return 1 - y*y
	case Sigmoid:
		return y * (1 - y)
	}
	return 1
}

func refFactor(d Dropout, i int) float64 {
	if d.Rate == 0 {
		return 1
	}
	m := d.mask()
	return float64(m.factor(uint32(i)))
}

// refGradient is the gradient before the mask and the activation of output i.
func refGradient(act Activation, d Dropout, i int, y, dy float32) float64 {
	f := refFactor(d, i)
	if f == 0 {
		return 0
	}
	return float64(dy) * f * refDerivative(act, float64(y)/f)
}

// refConvolve returns act-less convolutions, (n, oh, ow, filters).
func refConvolve(s ConvShape, n int, x, w, b []float32) (z []float64, g window) {
	g = newWindow(s.H, s.W, s.C, s.Kernel, s.Stride, s.Same)
	z = make([]float64, n*g.oh*g.ow*s.Filters)
	g.cells(n, func(out, in, cell int) {
		for f := range s.Filters {
			for c := range s.C {
				z[out*s.Filters+f] += float64(x[in*s.C+c]) * float64(w[(cell*s.C+c)*s.Filters+f])
			}
		}
	})
	if b != nil {
		for i := range z {
			z[i] += float64(b[i%s.Filters])
		}
	}
	return z, g
}

// cells calls f for every pair of an output pixel and an input pixel that its
// window covers; cell is the place in the window.
func (g window) cells(n int, f func(out, in, cell int)) {
	for i := range n {
		for r := range g.oh {
			for c := range g.ow {
				for kh := range g.kernel {
					for kw := range g.kernel {
						ih, iw := r*g.stride+kh-g.padTop, c*g.stride+kw-g.padLeft
						if ih >= 0 && iw >= 0 && ih < g.h && iw < g.w {
							f((i*g.oh+r)*g.ow+c, (i*g.h+ih)*g.w+iw, kh*g.kernel+kw)
						}
					}
				}
			}
		}
	}
}

func widen(s []float32) []float64 {
	w := make([]float64, len(s))
	for i, v := range s {
		w[i] = float64(v)
	}
	return w
}

func randomShape(r *rand.Rand) ConvShape {
	s := ConvShape{
		H: 1 + r.IntN(14), W: 1 + r.IntN(14), C: 1 + r.IntN(9), Filters: 1 + r.IntN(40),
		Kernel: 1 + r.IntN(7), Stride: 1 + r.IntN(3), Same: r.IntN(2) == 0,
		Activation: Activation(r.IntN(5)), Pool: r.IntN(2) == 0,
	}
	if r.IntN(3) == 0 {
		s.C = 16 + r.IntN(40)
	}
	if r.IntN(3) == 0 {
		s.Filters = 16 * (1 + r.IntN(5))
	}
	return s
}

// rounding is how far a convolution may be off, relative to the size of its
// result: more for the wide kernels, whose filtering by tiles of 8×8 cells rounds
// about six times as much as the definition does.
func rounding(s ConvShape) float64 {
	if s.Kernel >= 5 && s.Stride == 1 {
		return 3e-5
	}
	return 1e-5
}

func TestConv(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(1, 2))
		shapes := []ConvShape{
			{H: 28, W: 28, C: 1, Filters: 32, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 14, W: 14, C: 32, Filters: 32, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 7, W: 7, C: 64, Filters: 48, Kernel: 3, Stride: 2, Same: true},
			{H: 9, W: 5, C: 33, Filters: 17, Kernel: 1, Stride: 2, Same: true},
			{H: 6, W: 6, C: 20, Filters: 33, Kernel: 1, Stride: 1, Activation: Tanh},
			{H: 11, W: 12, C: 3, Filters: 9, Kernel: 5, Stride: 2, Activation: Sigmoid},
			{H: 5, W: 5, C: 2, Filters: 3, Kernel: 2, Stride: 3, Same: true},
			// By Winograd's filtering: odd maps, valid padding, more tiles than a block holds.
			{H: 7, W: 7, C: 64, Filters: 64, Kernel: 3, Stride: 1, Same: true},
			{H: 13, W: 9, C: 20, Filters: 24, Kernel: 3, Stride: 1, Activation: LeakyReLU},
			{H: 9, W: 11, C: 16, Filters: 17, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 3, W: 3, C: 8, Filters: 8, Kernel: 3, Stride: 1},
			{H: 28, W: 27, C: 33, Filters: 40, Kernel: 3, Stride: 1, Same: true, Activation: Tanh},
			{H: 14, W: 14, C: 32, Filters: 48, Kernel: 5, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 12, W: 9, C: 17, Filters: 20, Kernel: 5, Stride: 1, Activation: Tanh},
			{H: 5, W: 7, C: 8, Filters: 70, Kernel: 5, Stride: 1, Same: true},
			{H: 14, W: 14, C: 32, Filters: 48, Kernel: 7, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 12, W: 9, C: 17, Filters: 20, Kernel: 7, Stride: 1, Activation: Tanh},
			{H: 7, W: 5, C: 8, Filters: 70, Kernel: 7, Stride: 1, Same: true},
		}
		for len(shapes) < 60 {
			shapes = append(shapes, randomShape(r))
		}
		for _, s := range shapes {
			testConv(t, k, s, 1+r.IntN(3), r)
		}
	})
}

// TestInfer compares Infer with the definition.
func TestInfer(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(11, 12))
		shapes := []ConvShape{
			{H: 28, W: 28, C: 16, Filters: 16, Kernel: 3, Stride: 1, Same: true, Activation: ReLU},
			{H: 14, W: 14, C: 32, Filters: 32, Kernel: 3, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 7, W: 7, C: 96, Filters: 48, Kernel: 3, Stride: 1, Same: true, Activation: ReLU},
			{H: 15, W: 9, C: 20, Filters: 24, Kernel: 3, Stride: 1, Activation: LeakyReLU},
			{H: 3, W: 4, C: 8, Filters: 70, Kernel: 3, Stride: 1, Same: true, Activation: Tanh},
			{H: 11, W: 10, C: 33, Filters: 9, Kernel: 3, Stride: 1, Same: true, Activation: Sigmoid, Pool: true},
			{H: 6, W: 5, C: 12, Filters: 20, Kernel: 1, Stride: 1, Activation: ReLU},
			{H: 9, W: 9, C: 12, Filters: 20, Kernel: 3, Stride: 2, Same: true, Activation: ReLU},
			{H: 14, W: 14, C: 32, Filters: 64, Kernel: 5, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 12, W: 13, C: 20, Filters: 9, Kernel: 5, Stride: 1, Activation: Sigmoid},
			{H: 14, W: 14, C: 32, Filters: 64, Kernel: 7, Stride: 1, Same: true, Activation: ReLU, Pool: true},
			{H: 12, W: 13, C: 20, Filters: 9, Kernel: 7, Stride: 1, Activation: Sigmoid},
		}
		for len(shapes) < 60 {
			s := randomShape(r)
			if len(shapes)%2 == 0 { // by Winograd's filtering where the kernels have it
				s.Kernel, s.Stride, s.C, s.Filters = 3+2*r.IntN(3), 1, s.C+8, s.Filters+8
			}
			shapes = append(shapes, s)
		}
		for i, s := range shapes {
			s.Inference = true
			conv, err := k.NewConv(s)
			if err != nil {
				continue // TestConv has the same shapes
			}
			n := 1 + r.IntN(9)
			x, wts, b := random(r, n*s.H*s.W*s.C), random(r, s.Kernel*s.Kernel*s.C*s.Filters), random(r, s.Filters)
			shrink(wts, s.Kernel*s.Kernel*s.C)
			z, g := refConvolve(s, n, x, wts, b)
			h, w, ch := conv.Output()
			want := make([]float64, n*h*w*ch)
			y := make([]float32, len(want))
			var plus []float32
			switch {
			case s.Pool:
				for i := range want {
					f, p := i%ch, i/ch
					want[i] = math.Inf(-1)
					for cell := range 4 {
						want[i] = max(want[i], z[((p/(h*w)*g.oh+p/w%h*2+cell/2)*g.ow+p%w*2+cell%2)*ch+f])
					}
				}
			case i%3 > 0:
				plus = random(r, len(want))
				for i, v := range plus {
					want[i] = z[i] + float64(v)
				}
			default:
				copy(want, z)
			}
			for i, v := range want {
				want[i] = refActivate(s.Activation, v)
			}
			conv.Infer(n, x, wts, b, plus, y)
			near(t, fmt.Sprintf("%+v n=%d", s, n), y, want, rounding(s))

			again := make([]float32, len(y)) // one by one, from weights packed before
			for i := range n {
				in, out := s.H*s.W*s.C, h*w*ch
				conv.Infer(1, x[i*in:][:in], nil, b, cut(plus, i*out, (i+1)*out), again[i*out:][:out])
			}
			if !slices.Equal(again, y) {
				t.Fatalf("%+v: images one by one give another y", s)
			}
		}
	})
}

func testConv(t *testing.T, k *Kernels, s ConvShape, n int, r *rand.Rand) {
	t.Helper()
	conv, err := k.NewConv(s)
	if err != nil {
		if p := newConvPlan(s, false); p.ph > 0 && p.pw > 0 {
			t.Fatalf("%+v: %v", s, err)
		}
		return
	}
	h, w, ch := conv.Output()
	x, wts := random(r, n*s.H*s.W*s.C), random(r, s.Kernel*s.Kernel*s.C*s.Filters)
	shrink(wts, s.Kernel*s.Kernel*s.C)
	b := random(r, s.Filters)
	if r.IntN(4) == 0 {
		b = nil
	}
	var drop Dropout
	if r.IntN(2) == 0 {
		drop = Dropout{Rate: 0.4, Seed: r.Uint64(), Step: r.Uint64N(9), Layer: r.Uint64N(9)}
	}
	size := n * h * w * ch
	y, arg := make([]float32, size), make([]uint8, size)
	conv.Forward(n, x, wts, b, y, arg, drop)

	z, g := refConvolve(s, n, x, wts, b)
	from := make([]int, size) // the element of z that an output comes from
	want := make([]float64, size)
	for i := range want {
		from[i] = i
		if s.Pool {
			f, p := i%ch, i/ch
			best := math.Inf(-1)
			for cell := range 4 {
				at := ((p/(h*w)*g.oh+p/w%h*2+cell/2)*g.ow+p%w*2+cell%2)*ch + f
				best = max(best, z[at])
				if int(arg[i]) == cell {
					from[i] = at
				}
			}
			if arg[i] == dead {
				if s.Activation != ReLU || y[i] > 0 {
					t.Fatalf("%+v: arg[%d] says that no gradient flows where y = %v", s, i, y[i])
				}
				want[i] = refActivate(s.Activation, best) * refFactor(drop, i)
				continue
			}
			if z[from[i]] < best-1e-4 {
				t.Fatalf("%+v: arg[%d] = %d does not win", s, i, arg[i])
			}
		}
		want[i] = refActivate(s.Activation, z[from[i]]) * refFactor(drop, i)
	}
	name := fmt.Sprintf("%+v n=%d %+v", s, n, drop)
	near(t, name+" y", y, want, rounding(s))

	dy := random(r, size)
	dx, dw, db := random(r, len(x)), random(r, len(wts)), random(r, s.Filters)
	conv.Backward(n, x, wts, y, arg, dy, nil, dx, dw, db, drop)
	dz := make([]float64, len(z))
	for i := range y {
		dz[from[i]] += refGradient(s.Activation, drop, i, y[i], dy[i]) // zero where y is
	}
	wantX, wantW, wantB := make([]float64, len(x)), make([]float64, len(wts)), make([]float64, s.Filters)
	for i, v := range dz {
		wantB[i%s.Filters] += v
	}
	g.cells(n, func(out, in, cell int) {
		for f := range s.Filters {
			for c := range s.C {
				v := dz[out*s.Filters+f]
				wantX[in*s.C+c] += v * float64(wts[(cell*s.C+c)*s.Filters+f])
				wantW[(cell*s.C+c)*s.Filters+f] += v * float64(x[in*s.C+c])
			}
		}
	})
	near(t, name+" db", db, wantB, 1e-5)
	near(t, name+" dw", dw, wantW, rounding(s))
	near(t, name+" dx", dx, wantX, rounding(s))

	again := make([]float32, size)
	conv.Forward(n, x, nil, b, again, arg, drop)
	if !slices.Equal(again, y) {
		t.Fatalf("%s: weights that were packed before give another y", name)
	}
}

func TestDense(t *testing.T) {
	each(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(3, 4))
		shapes := []DenseShape{{1568, 128, ReLU}, {128, 10, Linear}, {1, 1, Tanh}, {300, 257, LeakyReLU}}
		for len(shapes) < 40 {
			shapes = append(shapes, DenseShape{1 + r.IntN(200), 1 + r.IntN(200), Activation(r.IntN(5))})
		}
		for i, s := range shapes {
			n := 1 + r.IntN(40)
			d, err := k.NewDense(s)
			if err != nil {
				t.Fatal(err)
			}
			var drop Dropout
			if i%2 == 0 {
				drop = Dropout{Rate: 0.5, Seed: uint64(i), Step: 3, Layer: 1}
			}
			x, w, b := random(r, n*s.In), random(r, s.In*s.Out), random(r, s.Out)
			shrink(w, s.In)
			y := make([]float32, n*s.Out)
			d.Forward(n, x, w, b, y, drop)
			want := make([]float64, len(y))
			for i := range want {
				z := float64(b[i%s.Out])
				for j := range s.In {
					z += float64(x[i/s.Out*s.In+j]) * float64(w[j*s.Out+i%s.Out])
				}
				want[i] = refActivate(s.Activation, z) * refFactor(drop, i)
			}
			name := fmt.Sprintf("%+v n=%d", s, n)
			near(t, name+" y", y, want, 1e-5)

			dy := random(r, len(y))
			dx, dw, db := random(r, len(x)), random(r, len(w)), random(r, s.Out)
			d.Backward(n, x, w, y, dy, dx, dw, db, drop)
			wantX, wantW, wantB := make([]float64, len(x)), make([]float64, len(w)), make([]float64, s.Out)
			for i := range y {
				g := refGradient(s.Activation, drop, i, y[i], dy[i])
				row, o := i/s.Out, i%s.Out
				wantB[o] += g
				for j := range s.In {
					wantX[row*s.In+j] += g * float64(w[j*s.Out+o])
					wantW[j*s.Out+o] += g * float64(x[row*s.In+j])
				}
			}
			near(t, name+" db", db, wantB, 1e-5)
			near(t, name+" dw", dw, wantW, 1e-5)
			near(t, name+" dx", dx, wantX, 1e-5)

			again := make([]float32, len(y))
			d.Forward(n, x, nil, b, again, drop)
			if !slices.Equal(again, y) {
				t.Fatalf("%s: weights that were packed before give another y", name)
			}
		}
	})
}
