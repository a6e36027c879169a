package kernel

import "math"

// portable is plain Go: it runs everywhere and is what the vector kernels are
// tested against. Its packed matrices are plain row-major ones.
type portable struct{}

func (portable) name() string { return "portable" }

func (portable) packed(k, n int) int { return k * n }

func (portable) pack(dst []float32, _, k0, rows, n int, src []float32, rowStep, columnStep int) {
	for i := range rows {
		d := dst[(k0+i)*n:][:n]
		if columnStep == 1 {
			copy(d, src[i*rowStep:])
			continue
		}
		for j := range d {
			d[j] = src[i*rowStep+j*columnStep]
		}
	}
}

// addRows adds Σ x[i]·w[i*ld:] to acc: the inner loop of every product. Four
// rows at a time halve the traffic to acc, and the compiler drops all bounds
// checks.
func addRows(acc, x, w []float32, ld int) {
	for len(x) >= 4 {
		w0, w1, w2, w3 := w[:len(acc)], w[ld:][:len(acc)], w[2*ld:][:len(acc)], w[3*ld:][:len(acc)]
		x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
		for j := range acc {
			acc[j] += x0*w0[j] + x1*w1[j] + (x2*w2[j] + x3*w3[j])
		}
		x = x[4:]
		if len(x) == 0 {
			return
		}
		w = w[4*ld:]
	}
	for i, v := range x {
		row := w[i*ld:][:len(acc)]
		for j := range acc {
			acc[j] += v * row[j]
		}
	}
}

func (portable) gemm(m, n, k int, a []float32, lda int, packed []float32, columns, column0 int, e *epilogue, bias, c []float32, ldc, first int) {
	for i := range m {
		row := c[i*ldc:][:n]
		startRow(row, bias)
		addRows(row, a[i*lda:][:k], packed[column0:], columns)
		e.finish(row, first+i*ldc)
	}
}

// startRow sets row to the bias, or to zero.
func startRow(row, bias []float32) {
	if bias == nil {
		clear(row)
		return
	}
	copy(row, bias)
}

// finish applies the activation and the mask to values whose first has the
// index first in the batch.
func (e *epilogue) finish(row []float32, first int) {
	apply(Activation(e.act), row, row)
	if e.drop != 0 {
		for j := range row {
			row[j] *= e.mask.factor(uint32(first + j))
		}
	}
}

func apply(act Activation, x, y []float32) {
	y = y[:len(x)]
	switch act {
	case Linear:
		copy(y, x)
	case ReLU:
		for i, v := range x {
			y[i] = max(v, 0)
		}
	case LeakyReLU:
		for i, v := range x {
			y[i] = max(v, LeakySlope*v)
		}
	case Tanh:
		for i, v := range x {
			y[i] = float32(math.Tanh(float64(v)))
		}
	case Sigmoid:
		for i, v := range x {
			y[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	}
}

// derivative returns act'(x) from y = act(x).
func derivative(act Activation, y float32) float32 {
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

func (portable) gemmTranspose(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int) {
	for i := range m {
		clear(c[i*ldc:][:n])
	}
	const block = 8 // rows of a and b at a time
	var column [block]float32
	for k0 := 0; k0 < k; k0 += block {
		rows := min(block, k-k0)
		for i := range m {
			for p := range rows {
				column[p] = a[(k0+p)*lda+i]
			}
			addRows(c[i*ldc:][:n], column[:rows], b[k0*ldb:], ldb)
		}
	}
}

func (portable) activate(act Activation, x, y []float32) { apply(act, x, y) }

func (portable) activateGrad(act Activation, y, dy, dx []float32) {
	dy, dx = dy[:len(y)], dx[:len(y)]
	if act == ReLU { // the common one, without a call a value
		for i, v := range y {
			g := dy[i]
			if v <= 0 {
				g = 0
			}
			dx[i] = g
		}
		return
	}
	for i, v := range y {
		dx[i] = dy[i] * derivative(act, v)
	}
}

func (portable) add(act Activation, a, b, y []float32) {
	b, y = b[:len(a)], y[:len(a)]
	for i, v := range a {
		y[i] = v + b[i]
	}
	if act != Linear {
		apply(act, y, y)
	}
}

func (portable) dropout(m *mask, first int, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = v * m.factor(uint32(first+i))
	}
}

func (portable) gradient(e *epilogue, first int, y, dy, dx []float32) {
	if e.drop == 0 {
		portable{}.activateGrad(Activation(e.act), y, dy, dx)
		return
	}
	dy, dx = dy[:len(y)], dx[:len(y)]
	for i, v := range y {
		dx[i] = dy[i] * e.derivative(v, first+i)
	}
}

// derivative returns what the gradient of the output with index i and value y
// is multiplied by.
func (e *epilogue) derivative(y float32, i int) float32 {
	if e.drop == 0 {
		return derivative(Activation(e.act), y)
	}
	f := e.mask.factor(uint32(i))
	if f == 0 {
		return 0
	}
	return f * derivative(Activation(e.act), y*e.mask.keep)
}

func (portable) sumParts(dst, parts []float32, count, step int) {
	startRow(dst, parts)
	for p := 1; p < count; p++ {
		for i, v := range parts[p*step:][:len(dst)] {
			dst[i] += v
		}
	}
}

func (portable) sgd(p *sgdStep, w, g, velocity []float32) {
	g = g[:len(w)]
	if velocity == nil {
		for i := range w {
			w[i] -= p.rate * (g[i] + p.decay*w[i])
		}
		return
	}
	velocity = velocity[:len(w)]
	for i := range w {
		step := p.rate * (g[i] + p.decay*w[i])
		v := p.momentum*velocity[i] - step
		velocity[i] = v
		if p.nesterov != 0 {
			v = p.momentum*v - step
		}
		w[i] += v
	}
}

func (portable) rmsProp(p *rmsPropStep, w, g, square, velocity []float32) {
	g, square = g[:len(w)], square[:len(w)]
	for i := range w {
		v := g[i] + p.decay*w[i]
		s := p.rho*square[i] + p.rest*v*v
		square[i] = s
		step := p.rate * v / float32(math.Sqrt(float64(s+p.epsilon)))
		if velocity != nil {
			step += p.momentum * velocity[i]
			velocity[i] = step
		}
		w[i] -= step
	}
}

func (portable) adam(p *adamStep, w, g, m, v []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		d := g[i] + p.decay*w[i]
		first := p.beta1*m[i] + p.rest1*d
		second := p.beta2*v[i] + p.rest2*d*d
		m[i], v[i] = first, second
		w[i] = w[i]*p.shrink - p.rate*first/(float32(math.Sqrt(float64(second)))+p.epsilon)
	}
}
