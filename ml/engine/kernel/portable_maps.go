package kernel

func (portable) normMoments(rows, c int, x, mean, squares []float32) {
	clear(mean)
	clear(squares)
	for r := range rows {
		for j, v := range x[r*c:][:c] {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= float32(rows)
	}
	for r := range rows {
		for j, v := range x[r*c:][:c] {
			d := v - mean[j]
			squares[j] += d * d
		}
	}
}

// normRows cuts the numbers of a batch normalisation into their rows.
func normRows(norm []float32, c int) (mean, scale, beta, slope, offset []float32) {
	return norm[:c], norm[c:][:c], norm[2*c:][:c], norm[3*c:][:c], norm[4*c:][:c]
}

func (portable) normApply(rows, c int, x, skip, norm []float32, act Activation, y []float32) {
	mean, scale, beta, _, _ := normRows(norm, c)
	for r := range rows {
		to := y[r*c:][:c]
		if skip == nil {
			for j, v := range x[r*c:][:c] {
				to[j] = (v-mean[j])*scale[j] + beta[j]
			}
		} else {
			more := skip[r*c:][:c]
			for j, v := range x[r*c:][:c] {
				to[j] = (v-mean[j])*scale[j] + beta[j] + more[j]
			}
		}
		if act != Linear {
			apply(act, to, to)
		}
	}
}

// normalisedGradient is g times the derivative of act at the normalised x.
func normalisedGradient(act Activation, x, mean, scale, beta, g float32) float32 {
	if act == Linear {
		return g
	}
	z := [1]float32{(x-mean)*scale + beta}
	apply(act, z[:], z[:])
	return g * derivative(act, z[0])
}

func (portable) normSums(rows, c int, x, y, dy, norm []float32, act Activation, g, sum, product []float32) {
	clear(sum)
	clear(product)
	sum, product = sum[:c], product[:c]
	mean, scale, beta, _, _ := normRows(norm, c)
	for r := range rows {
		in := x[r*c:][:c]
		for j, d := range dy[r*c:][:c] {
			if y == nil {
				d = normalisedGradient(act, in[j], mean[j], scale[j], beta[j], d)
			} else {
				if y[r*c+j] <= 0 {
					d = 0
				}
				g[r*c+j] = d
			}
			sum[j] += d
			product[j] += d * (in[j] - mean[j])
		}
	}
}

func (portable) normGrad(rows, c int, x, dy, norm []float32, act Activation, dx []float32) {
	mean, scale, beta, slope, offset := normRows(norm, c)
	for r := range rows {
		in, to := x[r*c:][:c], dx[r*c:][:c]
		for j, d := range dy[r*c:][:c] {
			d = normalisedGradient(act, in[j], mean[j], scale[j], beta[j], d)
			to[j] = scale[j]*d + (slope[j]*(in[j]-mean[j]) + offset[j])
		}
	}
}

func (portable) maxPoolForward(g *window, n int, x, y []float32, arg []uint8) {
	for i := range n {
		x := x[i*g.in():][:g.in()]
		for r := range g.oh {
			top, fromR, toR := meets(r, g.stride, g.padTop, g.kernel, g.h)
			for c := range g.ow {
				left, fromC, toC := meets(c, g.stride, g.padLeft, g.kernel, g.w)
				at := i*g.out() + (r*g.ow+c)*g.c
				best := y[at:][:g.c]
				for kh := fromR; kh < toR; kh++ {
					for kw := fromC; kw < toC; kw++ {
						start := kh == fromR && kw == fromC
						for j, v := range x[((top+kh)*g.w+left+kw)*g.c:][:g.c] {
							if start || v > best[j] {
								best[j] = v
								if arg != nil {
									arg[at+j] = uint8(kh*g.kernel + kw)
								}
							}
						}
					}
				}
			}
		}
	}
}

func (portable) maxPoolBackward(g *window, n int, arg []uint8, dy, dx []float32) {
	clear(dx)
	for i := range n {
		dx := dx[i*g.in():][:g.in()]
		for r := range g.oh {
			for c := range g.ow {
				at := i*g.out() + (r*g.ow+c)*g.c
				corner := (r*g.stride-g.padTop)*g.w + c*g.stride - g.padLeft
				for j, v := range dy[at:][:g.c] {
					cell := int(arg[at+j])
					dx[(corner+cell/g.kernel*g.w+cell%g.kernel)*g.c+j] += v
				}
			}
		}
	}
}

func (portable) averagePoolForward(g *window, n int, x, y []float32) {
	for i := range n {
		x := x[i*g.in():][:g.in()]
		for r := range g.oh {
			top, fromR, toR := meets(r, g.stride, g.padTop, g.kernel, g.h)
			for c := range g.ow {
				left, fromC, toC := meets(c, g.stride, g.padLeft, g.kernel, g.w)
				sum := y[i*g.out()+(r*g.ow+c)*g.c:][:g.c]
				clear(sum)
				for kh := fromR; kh < toR; kh++ {
					for kw := fromC; kw < toC; kw++ {
						for j, v := range x[((top+kh)*g.w+left+kw)*g.c:][:g.c] {
							sum[j] += v
						}
					}
				}
				scale := 1 / float32((toR-fromR)*(toC-fromC))
				for j := range sum {
					sum[j] *= scale
				}
			}
		}
	}
}

func (portable) averagePoolBackward(g *window, n int, dy, dx []float32) {
	clear(dx)
	for i := range n {
		dx := dx[i*g.in():][:g.in()]
		for r := range g.oh {
			top, fromR, toR := meets(r, g.stride, g.padTop, g.kernel, g.h)
			for c := range g.ow {
				left, fromC, toC := meets(c, g.stride, g.padLeft, g.kernel, g.w)
				scale := 1 / float32((toR-fromR)*(toC-fromC))
				from := dy[i*g.out()+(r*g.ow+c)*g.c:][:g.c]
				for kh := fromR; kh < toR; kh++ {
					for kw := fromC; kw < toC; kw++ {
						to := dx[((top+kh)*g.w+left+kw)*g.c:][:g.c]
						for j, v := range from {
							to[j] += v * scale
						}
					}
				}
			}
		}
	}
}
