package kernel

// padded returns an image with its padding in place, normalised if so planned:
// a copy in the scratch, whose padding is zero already, unless it needs neither.
func (p *convPlan) padded(x, before, scratch []float32) []float32 {
	if p.copied == 0 {
		return x[:p.in()]
	}
	image := scratch[p.atX:][:p.xh*p.xw*p.c]
	columns := min(p.w, p.xw-p.padLeft)
	for r := range min(p.h, p.xh-p.padTop) {
		from, to := x[r*p.w*p.c:][:columns*p.c], image[((r+p.padTop)*p.xw+p.padLeft)*p.c:]
		if before != nil {
			portable{}.normApply(columns, p.c, from, nil, before, Activation(p.before-1), to)
		} else {
			copy(to, from)
		}
	}
	return image
}

func (portable) convForward(p *convPlan, n int, x, before, packed, bias, plus, y []float32, arg []uint8, scratch []float32, e *epilogue, first int) {
	run := p.kernel * p.c
	out := p.ph * p.pw * p.f
	row := scratch[p.atRow:][:4*p.f]
	for i := range n {
		image := p.padded(x[i*p.in():], before, scratch)
		convolve := func(r, c int, acc []float32) {
			startRow(acc, bias)
			for kh := range p.kernel {
				at := ((r*p.stride+kh)*p.xw + c*p.stride) * p.c
				addRows(acc, image[at:at+run], packed[kh*run*p.f:], p.f)
			}
		}
		for r := range p.ph {
			for c := range p.pw {
				at := i*out + (r*p.pw+c)*p.f
				to := y[at:][:p.f]
				if p.pool == 0 {
					convolve(r, c, to)
					if plus != nil {
						for j, v := range plus[at:][:p.f] {
							to[j] += v
						}
					}
					e.finish(to, first+at)
					continue
				}
				for cell := range 4 {
					convolve(2*r+cell/2, 2*c+cell%2, row[cell*p.f:][:p.f])
				}
				var winner []uint8
				if arg != nil {
					winner = arg[at:][:p.f]
				}
				poolCells(row, to, winner)
				e.finish(to, first+at)
				if Activation(e.act) == ReLU {
					for j := range winner {
						if to[j] <= 0 {
							winner[j] = dead
						}
					}
				}
			}
		}
	}
}

// dead is the winner of a pool behind a ReLU that lets no gradient through.
const dead = 4

// poolCells stores the largest of four cells of len(y) channels. Every
// activation is increasing, so it may follow the pool.
func poolCells(cells, y []float32, arg []uint8) {
	f := len(y)
	a, b, c, d := cells[:f], cells[f:][:f], cells[2*f:][:f], cells[3*f:][:f]
	for j := range y {
		best, winner := a[j], uint8(0)
		if b[j] > best {
			best, winner = b[j], 1
		}
		if c[j] > best {
			best, winner = c[j], 2
		}
		if d[j] > best {
			best, winner = d[j], 3
		}
		y[j] = best
		if arg != nil {
			arg[j] = winner
		}
	}
}

func (portable) convBackward(p *convPlan, n int, x, before, y, behind []float32, arg []uint8, dy, dx, packed, dw, db []float32, scratch []float32, e *epilogue, first int) {
	run := p.kernel * p.c
	out := p.ph * p.pw * p.f
	g := scratch[p.atG:][:p.gh*p.gw*p.f]
	for i := range n {
		var winners []uint8
		if p.pool != 0 {
			winners = arg[i*out:][:out]
		}
		if behind != nil {
			p.beforeNorm(y[i*out:][:out], behind, dy[i*out:][:out], g, db)
		} else {
			p.unpool(y[i*out:][:out], winners, dy[i*out:][:out], g, db, e, first+i*out)
		}
		image := p.padded(x[i*p.in():], before, scratch)
		// dw[kh, kw, c] += Σ over the output's pixels of x·g: eight weights'
		// rows at a time would not fit registers, eight pixels of a row do.
		for r := range p.oh {
			for kh := range p.kernel {
				p.addWeightGradient(image[(r*p.stride+kh)*p.xw*p.c:], g[((r+p.gTop)*p.gw+p.gLeft)*p.f:], dw[kh*run*p.f:][:run*p.f])
			}
		}
		if dx == nil {
			continue
		}
		to := dx[i*p.in():][:p.in()]
		if p.columns != 0 {
			p.inputGradientByColumns(g, packed, to, scratch)
		} else {
			p.inputGradient(g, packed, to)
		}
	}
}

// unpool writes the gradient of the convolution's output, before activation,
// pool and mask, into the map g and adds it to db.
func (p *convPlan) unpool(y []float32, arg []uint8, dy, g, db []float32, e *epilogue, first int) {
	for r := range p.ph {
		for c := range p.pw {
			at := (r*p.pw + c) * p.f
			scale := p.pool + 1
			to := ((r*scale+p.gTop)*p.gw + c*scale + p.gLeft) * p.f
			for j, v := range dy[at:][:p.f] {
				v *= e.derivative(y[at+j], first+at+j)
				db[j] += v
				if p.pool == 0 {
					g[to+j] = v
					continue
				}
				g[to+j], g[to+p.f+j], g[to+p.gw*p.f+j], g[to+(p.gw+1)*p.f+j] = 0, 0, 0, 0
				winner := int(arg[at+j])
				if winner == dead {
					continue
				}
				g[to+(winner/2*p.gw+winner%2)*p.f+j] = v
			}
		}
	}
}

// beforeNorm is unpool for a convolution with a batch normalisation behind it.
func (p *convPlan) beforeNorm(y, behind, dy, g, db []float32) {
	for r := range p.ph {
		to := g[((r+p.gTop)*p.gw+p.gLeft)*p.f:][:p.pw*p.f]
		portable{}.normGrad(p.pw, p.f, y[r*p.pw*p.f:], dy[r*p.pw*p.f:], behind, Activation(p.behind-1), to)
		for i, v := range to {
			db[i%p.f] += v
		}
	}
}

// addWeightGradient adds to the rows of dw that one row of the window meets.
func (p *convPlan) addWeightGradient(x, g, dw []float32) {
	const block = 8 // pixels at a time
	var column [block]float32
	run, step := p.kernel*p.c, p.stride*p.c
	for c0 := 0; c0 < p.ow; c0 += block {
		pixels := min(block, p.ow-c0)
		for i := range run {
			for c := range pixels {
				column[c] = x[(c0+c)*step+i]
			}
			addRows(dw[i*p.f:][:p.f], column[:pixels], g[c0*p.f:], p.f)
		}
	}
}

// inputGradient convolves the padded output gradient with the turned kernel.
func (p *convPlan) inputGradient(g, packed, dx []float32) {
	for r := range p.h {
		for c := range p.w {
			acc := dx[(r*p.w+c)*p.c:][:p.c]
			clear(acc)
			phase := (r+p.padTop)%p.stride*p.stride + (c+p.padLeft)%p.stride
			before := 0
			for q := range phase {
				before += p.phase(q/p.stride) * p.phase(q%p.stride)
			}
			rows, columns := p.phase(phase/p.stride), p.phase(phase%p.stride)
			run := columns * p.f
			at := ((r+p.padTop)/p.stride+p.gTop-(rows-1))*p.gw + (c+p.padLeft)/p.stride + p.gLeft - (columns - 1)
			for k := range rows {
				addRows(acc, g[(at+k*p.gw)*p.f:][:run], packed[(before*p.f+k*run)*p.c:], p.c)
			}
		}
	}
}

// inputGradientByColumns computes g·wᵀ for every pixel and adds the results
// where the window was.
func (p *convPlan) inputGradientByColumns(g, packed, dx, scratch []float32) {
	run := p.kernel * p.c
	size := p.kernel * run
	column := scratch[p.atColumns:][:size]
	padded := scratch[p.atDX:][:p.xh*p.xw*p.c]
	clear(padded)
	for r := range p.oh {
		for c := range p.ow {
			clear(column)
			addRows(column, g[(r*p.gw+c)*p.f:][:p.f], packed, size)
			for kh := range p.kernel {
				to := padded[((r*p.stride+kh)*p.xw+c*p.stride)*p.c:][:run]
				for i, v := range column[kh*run:][:run] {
					to[i] += v
				}
			}
		}
	}
	for r := range p.h {
		to := dx[r*p.w*p.c:][:p.w*p.c]
		clear(to)
		if r < p.xh-p.padTop {
			copy(to[:min(p.w, p.xw-p.padLeft)*p.c], padded[((r+p.padTop)*p.xw+p.padLeft)*p.c:])
		}
	}
}

// meets returns the part of a window's cells along one axis that lies within
// the map: cell k is at start+k.
func meets(o, stride, pad, kernel, size int) (start, from, to int) {
	start = o*stride - pad
	return start, max(0, -start), min(kernel, size-start)
}

func (portable) depthwiseForward(g *window, act Activation, n int, x, w, bias, y []float32) {
	for i := range n {
		x, y := x[i*g.in():][:g.in()], y[i*g.out():][:g.out()]
		for r := range g.oh {
			top, fromR, toR := meets(r, g.stride, g.padTop, g.kernel, g.h)
			for c := range g.ow {
				left, fromC, toC := meets(c, g.stride, g.padLeft, g.kernel, g.w)
				acc := y[(r*g.ow+c)*g.c:][:g.c]
				startRow(acc, bias)
				for kh := fromR; kh < toR; kh++ {
					for kw := fromC; kw < toC; kw++ {
						in := x[((top+kh)*g.w+left+kw)*g.c:][:g.c]
						weights := w[(kh*g.kernel+kw)*g.c:][:g.c]
						for j := range acc {
							acc[j] += in[j] * weights[j]
						}
					}
				}
				apply(act, acc, acc)
			}
		}
	}
}

func (portable) depthwiseBackward(g *window, act Activation, n int, x, w, y, dy, dx, dw, db []float32) {
	clear(dx)
	for i := range n {
		x, y, dy := x[i*g.in():][:g.in()], y[i*g.out():][:g.out()], dy[i*g.out():][:g.out()]
		for r := range g.oh {
			top, fromR, toR := meets(r, g.stride, g.padTop, g.kernel, g.h)
			for c := range g.ow {
				left, fromC, toC := meets(c, g.stride, g.padLeft, g.kernel, g.w)
				at := (r*g.ow + c) * g.c
				for j, v := range dy[at:][:g.c] {
					v *= derivative(act, y[at+j])
					db[j] += v
					for kh := fromR; kh < toR; kh++ {
						for kw := fromC; kw < toC; kw++ {
							in, weight := ((top+kh)*g.w+left+kw)*g.c+j, (kh*g.kernel+kw)*g.c+j
							dw[weight] += v * x[in]
							if dx != nil {
								dx[i*g.in()+in] += v * w[weight]
							}
						}
					}
				}
			}
		}
	}
}
