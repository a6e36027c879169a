package kernel

// arithmetic is the work on one chunk, done by one goroutine: what differs
// between the portable and the vector kernels. Matrices are row-major; a
// leading dimension (lda …) is the distance between rows in floats.
type arithmetic interface {
	name() string

	// packed is the size of a k×n matrix packed for gemm or convForward.
	packed(k, n int) int
	// pack copies rows k0…k0+rows of such a matrix from b, whose element (i, j)
	// is src[i*rowStep + j*columnStep], i counting from k0.
	pack(dst []float32, k, k0, rows, n int, src []float32, rowStep, columnStep int)

	// gemm computes c = dropout(act(a·b + bias)) for m rows and the n columns
	// from column0, a multiple of leastColumns, of the packed b, which has
	// columns of them. first is the index in the batch's output of c's first.
	gemm(m, n, k int, a []float32, lda int, packed []float32, columns, column0 int, e *epilogue, bias, c []float32, ldc, first int)
	// gemmTranspose computes c = aᵀ·b: a is k×m, b k×n, c m×n.
	gemmTranspose(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int)

	// The convolutions work on n images; first is the index in the batch's
	// output of the first element they write. before and behind are the numbers
	// of the batch normalisations of x and y, nil without; plus is added before
	// the activation, unless it is nil.
	convForward(g *convPlan, n int, x, before, packed, bias, plus, y []float32, arg []uint8, scratch []float32, e *epilogue, first int)
	convBackward(g *convPlan, n int, x, before, y, behind []float32, arg []uint8, dy, dx, packed, dw, db []float32, scratch []float32, e *epilogue, first int)

	depthwiseForward(g *window, act Activation, n int, x, w, bias, y []float32)
	// depthwiseBackward adds to dw and db.
	depthwiseBackward(g *window, act Activation, n int, x, w, y, dy, dx, dw, db []float32)

	// normMoments sets the means of the columns of x and the sums of squared
	// distances from them.
	normMoments(rows, c int, x, mean, squares []float32)
	// The numbers of a batch normalisation are five rows of c: mean, scale,
	// beta, slope, offset.

	// normApply sets y = act((x - mean)·scale + beta + skip); nil skip adds nothing.
	normApply(rows, c int, x, skip, norm []float32, act Activation, y []float32)
	// normSums sets sum = Σg and product = Σg·(x - mean). The gradient g is
	// dy·act'(normalised x); with y, which is ReLU of more than this, it is
	// dy·relu'(y), and stored.
	normSums(rows, c int, x, y, dy, norm []float32, act Activation, g, sum, product []float32)
	// normGrad sets dx = scale·g + slope·(x - mean) + offset with g as in normSums.
	normGrad(rows, c int, x, dy, norm []float32, act Activation, dx []float32)

	maxPoolForward(g *window, n int, x, y []float32, arg []uint8)
	maxPoolBackward(g *window, n int, arg []uint8, dy, dx []float32)
	averagePoolForward(g *window, n int, x, y []float32)
	averagePoolBackward(g *window, n int, dy, dx []float32)

	activate(act Activation, x, y []float32)
	activateGrad(act Activation, y, dy, dx []float32)
	add(act Activation, a, b, y []float32)
	dropout(m *mask, first int, x, y []float32)
	// gradient sets dx = dy·mask·act'(y without the mask).
	gradient(e *epilogue, first int, y, dy, dx []float32)

	// sumParts sets dst[i] = Σ over p of parts[p*step+i], in order.
	sumParts(dst, parts []float32, count, step int)

	sgd(p *sgdStep, w, g, velocity []float32)
	rmsProp(p *rmsPropStep, w, g, square, velocity []float32)
	adam(p *adamStep, w, g, m, v []float32)
}

// winograd is arithmetic that computes convolutions of 3×3, 5×5 and 7×7 with
// stride 1 by Winograd's minimal filtering, from weights packed for it.
type winograd interface {
	// packWinograd transforms and packs rows k0…k0+rows of k×n weights of taps×taps
	// taps, for tiles of side×side outputs, into (side+taps-1)² matrices of
	// packed(k, n) floats. Tap t of element (i, j) is
	// src[tap0 + t*tapStep + i*rowStep + j*columnStep], i counting from k0.
	packWinograd(side, taps int, dst []float32, k, k0, rows, n int, src []float32, tap0, tapStep, rowStep, columnStep int)
}

// Both are multiples of every implementation's panel width, so that work can be
// shared out by columns: usually so many, and the least.
const (
	panelColumns = 128
	leastColumns = 32
)

// epilogue is what happens to a result before it is stored. It is laid out
// for C too and holds no pointers.
type epilogue struct {
	act  int32
	drop int32 // 1 when mask applies
	mask mask
}

// set fills e for one call; it lives in the plan so that nothing escapes.
func (e *epilogue) set(act Activation, d Dropout) {
	e.act = int32(act)
	e.drop = 0
	if d.Rate > 0 {
		e.drop = 1
		e.mask = d.mask()
	}
}

// window is the geometry of a sliding window over a map with c channels. It
// is laid out for C too and holds no pointers.
type window struct {
	h, w, c, kernel, stride, padTop, padLeft, oh, ow int
}

func newWindow(h, w, c, kernel, stride int, same bool) window {
	g := window{h: h, w: w, c: c, kernel: kernel, stride: stride}
	if same {
		g.oh, g.ow = ceilDiv(h, stride), ceilDiv(w, stride)
		g.padTop = max((g.oh-1)*stride+kernel-h, 0) / 2
		g.padLeft = max((g.ow-1)*stride+kernel-w, 0) / 2
	} else {
		g.oh, g.ow = (h-kernel)/stride+1, (w-kernel)/stride+1
		if h < kernel || w < kernel {
			g.oh, g.ow = 0, 0
		}
	}
	return g
}

func (g *window) in() int  { return g.h * g.w * g.c }
func (g *window) out() int { return g.oh * g.ow * g.c }
