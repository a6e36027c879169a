package kernel

import "fmt"

// ConvShape describes a two-dimensional convolution with a square window.
type ConvShape struct {
	H, W, C    int // input map
	Filters    int // output channels
	Kernel     int // side of the window
	Stride     int
	Same       bool // Keras's "same" padding, else "valid"
	Activation Activation
	Pool       bool // then a 2×2 max pool with stride 2, "valid"

	// Before and Behind are the batch normalisations of the input and of the
	// output; nil for none. The convolution does part of their work while the
	// numbers are in the caches:
	//
	//   - With Before, x is what Before is to normalise, and what Forward and
	//     Backward convolve is x with Before applied. Backward leaves the sums
	//     for Before.Gradients; dx is the gradient of Before's output.
	//   - With Behind, there is no activation, pool or dropout. Forward leaves
	//     the moments of y for Behind.Statistics. In Backward, dy is the
	//     gradient of Behind's output, whose Gradients were called before.
	Before, Behind *BatchNorm

	// Inference plans for Infer alone: nothing is kept for gradients.
	Inference bool
}

// Conv is a planned convolution: y = dropout(pool(act(x∗w + b))) in one pass
// over memory. Nothing between x and y is stored but one byte an output of a
// pool. It belongs to one goroutine; its scratch grows at the first call.
type Conv struct {
	k     *Kernels
	shape ConvShape
	plan  *convPlan
	e     *epilogue

	forwardWeights, backwardWeights []float32   // packed
	scratch                         [][]float32 // one a worker; its padding is zero and stays so
	dwParts, dbParts                []float32   // one a chunk
	parts                           int

	// The arguments of the call that runs now.
	n, rows        int
	x, w, b, y     []float32
	arg            []uint8
	dy, dx, dw, db []float32
	plus           []float32 // to add to what is activated, or to dx
}

// convPlan is the geometry of a convolution. It is laid out for C too and
// holds no pointers; every field is a count of floats, pixels or channels.
//
// The input is copied into a map of xh×xw pixels with its zero padding in
// place (unless that is the input itself), so that a window's row is one run
// of kernel·c floats. The gradient of the convolution's output, unpooled, is
// written into a zero-padded map of gh×gw pixels from (gTop, gLeft) on, so
// that the gradient of the input is itself a convolution over runs of it:
// one for each residue of the pixel's position by the stride.
type convPlan struct {
	window
	f                     int // filters
	pool                  int // 1: fused pool
	pointwise             int // 1: a window of one pixel, and rows of any length
	ph, pw                int // output map, after the pool
	xh, xw                int // padded input
	copied                int // 1: the padded input is a copy
	gTop, gLeft, gh, gw   int // padded output gradient
	columns               int // 1: input gradient by columns (few input channels)
	columnStep            int // floats a pixel of them
	winograd              int // side of the tiles of Winograd's minimal filtering; 0: without
	th, tw, bh, bw        int // its tiles, forward and backward
	tileBlock, group      int // tiles, images at a time
	before, behind        int // 1 + activation of the batch normalisation of x, of y; 0: none
	atX, atG, atRow       int // places in the scratch
	atColumns, atDX       int
	atTiles, atSums, atDU int
	all                   int
}

// slack is how far behind a buffer vector loads may read.
const slack = 64

// columnsBelow is the number of input channels below which the input gradient
// is computed as columns (one for each weight of a filter) that are then added
// up: convolving would leave most vector lanes empty.
const columnsBelow = 8

// winogradFrom is the number of input channels and of filters from which
// Winograd's transforms pay. tileBlock is how many tiles are transformed at a
// time, those of several small images together: enough to make up for what is
// done once a block (the weights pass by, and the sums of their gradients), few
// enough to share the second-level cache.
const (
	winogradFrom = 8
	tileBlock    = 32
)

// winogradSides are the tiles that there are for a kernel.
var winogradSides = map[int][]int{3: {2, 4}, 5: {4}, 7: {2}}

func newConvPlan(s ConvShape, withWinograd bool) *convPlan {
	p := &convPlan{window: newWindow(s.H, s.W, s.C, s.Kernel, s.Stride, s.Same), f: s.Filters}
	if s.Kernel == 1 && s.Stride == 1 && !s.Pool { // pixels are independent
		p.pointwise = 1
		p.w = rowOf(p.h * p.w)
		p.h = s.H * s.W / p.w
		p.oh, p.ow = p.h, p.w
	}
	p.ph, p.pw = p.oh, p.ow
	if s.Pool {
		p.pool, p.ph, p.pw = 1, p.oh/2, p.ow/2
	}
	p.xh, p.xw = (p.oh-1)*s.Stride+s.Kernel, (p.ow-1)*s.Stride+s.Kernel
	if s.Before != nil {
		p.before = 1 + int(s.Before.shape.Activation)
	}
	if s.Behind != nil {
		p.behind = 1 + int(s.Behind.shape.Activation)
	}
	if s.Before == nil && p.padTop == 0 && p.padLeft == 0 && p.xh <= p.h && p.xw <= p.w {
		p.xh, p.xw = p.h, p.w
	} else {
		p.copied = 1
	}
	p.gh, p.gw = p.oh, p.ow
	if s.C < columnsBelow && s.Kernel > 1 {
		p.columns, p.columnStep = 1, ceilDiv(s.Kernel*s.Kernel*s.C, 32)*32
	} else {
		p.gTop = ceilDiv(s.Kernel, s.Stride) - 1
		p.gLeft = p.gTop
		p.gh = p.gTop + max(p.oh, (p.h-1+p.padTop)/s.Stride+1)
		p.gw = p.gLeft + max(p.ow, (p.w-1+p.padLeft)/s.Stride+1)
	}
	p.group = 1
	if withWinograd && s.Stride == 1 && s.C >= winogradFrom && s.Filters >= winogradFrom {
		p.useWinograd()
	}
	at := 0
	place := func(size int) int {
		start := at
		at += (size + slack + 15) &^ 15
		return start
	}
	p.atX = place(p.copied * p.group * p.xh * p.xw * p.c)
	p.atRow = place(max(2*max(p.ow, p.w)*32, 4*p.f, p.c, p.kernel*p.kernel*p.c))
	if p.winograd != 0 {
		const odd = 32 // at most so many floats make a plane an odd number of cache lines
		p.atTiles = place(p.matrices() * (p.tileBlock*max(p.c, p.f) + odd))
		p.atSums = place(p.matrices() * (p.tileBlock*max(p.f, 32) + odd))
	}
	if !s.Inference {
		p.atG = place(p.group * p.gh * p.gw * p.f)
		p.atColumns = place(p.ow * p.columnStep)
		p.atDX = place(p.columns * p.xh * p.xw * p.c)
		if p.winograd != 0 {
			p.atDU = place(p.matrices() * p.c * p.f)
		}
	}
	p.all = at
	return p
}

// rowOf cuts so many pixels into equal rows that stay in the first-level cache
// with their channels, and returns the length of one.
func rowOf(pixels int) int {
	const least, most = 16, 64
	for n := most; n >= least; n-- {
		if pixels%n == 0 {
			return n
		}
	}
	return pixels
}

// useWinograd chooses the tiles that need the fewest products, of side×side
// pixels of the output and of the input, and makes room for whole ones. It
// leaves the plan as it is where none needs fewer than the definition.
func (p *convPlan) useWinograd() {
	h, w := p.oh, p.ow
	if p.pool != 0 {
		h, w = 2*p.ph, 2*p.pw
	}
	fewest := h * w * p.kernel * p.kernel
	for _, side := range winogradSides[p.kernel] {
		cells := side + p.kernel - 1
		if n := ceilDiv(h, side) * ceilDiv(w, side) * cells * cells; n < fewest {
			p.winograd, fewest = side, n
		}
	}
	if p.winograd == 0 {
		return
	}
	side, border := p.winograd, p.kernel-1
	p.th, p.tw = ceilDiv(h, side), ceilDiv(w, side)
	p.bh, p.bw = ceilDiv(max(p.h, h), side), ceilDiv(max(p.w, w), side)
	p.group = max(tileBlock/(p.bh*p.bw), 1)
	p.tileBlock = tileBlock
	if rows, columns := max(p.xh, side*max(p.th, p.bh)+border), max(p.xw, side*max(p.tw, p.bw)+border); rows > p.xh || columns > p.xw {
		p.xh, p.xw, p.copied = rows, columns, 1
	}
	p.gh = max(p.gh, p.gTop+side*p.bh, p.padTop+side*p.bh+border)
	p.gw = max(p.gw, p.gLeft+side*p.bw, p.padLeft+side*p.bw+border)
}

// matrices is how many matrices of channels by filters the weights pack into.
func (p *convPlan) matrices() int {
	side := p.kernel
	if p.winograd != 0 {
		side += p.winograd - 1
	}
	return side * side
}

// phase returns how many rows (or columns) of the window meet an input row at
// residue r modulo the stride.
func (p *convPlan) phase(r int) int { return max(ceilDiv(p.kernel-r, p.stride), 0) }

// NewConv plans a convolution.
func (k *Kernels) NewConv(s ConvShape) (*Conv, error) {
	if s.H < 1 || s.W < 1 || s.C < 1 || s.Filters < 1 || s.Kernel < 1 || s.Stride < 1 {
		return nil, fmt.Errorf("convolution %+v: every size must be at least 1", s)
	}
	_, withWinograd := k.arith.(winograd)
	p := newConvPlan(s, withWinograd)
	if p.ph < 1 || p.pw < 1 {
		return nil, fmt.Errorf("convolution: the %d×%d window does not fit the %d×%d map", s.Kernel, s.Kernel, s.H, s.W)
	}
	if s.Behind != nil && (s.Pool || s.Activation != Linear) {
		return nil, fmt.Errorf("convolution: nothing may come between it and the batch normalisation behind it")
	}
	c := &Conv{k: k, shape: s, plan: p, e: new(epilogue), scratch: make([][]float32, k.Threads())}
	k.forward.add(p.all*k.Threads()+p.matrices()*k.arith.packed(p.c, p.f), 0)
	if !s.Inference {
		k.backward.add(p.matrices()*k.arith.packed(p.f, p.c)+c.partLimit()*(c.weights()+p.f), 0)
	}
	return c, nil
}

// Output returns the shape of an image of y.
func (c *Conv) Output() (h, w, channels int) {
	if c.plan.pointwise != 0 {
		return c.shape.H, c.shape.W, c.plan.f
	}
	return c.plan.ph, c.plan.pw, c.plan.f
}

func (c *Conv) weights() int { return c.plan.kernel * c.plan.kernel * c.plan.c * c.plan.f }

func (c *Conv) out() int { return c.plan.ph * c.plan.pw * c.plan.f }

// Forward computes y, (n, output shape), from x, (n, H, W, C), w, (Kernel,
// Kernel, C, Filters), and b, (Filters) or nil. A nil w stands for that of the
// last call, which spares packing it again. With Pool, arg receives for
// Backward the winner of each window, 0 to 3, or 4 where a ReLU lets no gradient
// through; it may be nil.
func (c *Conv) Forward(n int, x, w, b, y []float32, arg []uint8, drop Dropout) {
	c.forward(n, x, w, b, nil, y, arg, drop)
}

// Infer computes y = pool(act(x∗w + b + plus)) as Forward does. plus, shaped like
// y, is a shortcut's result; nil adds nothing, and with Pool it must be nil.
func (c *Conv) Infer(n int, x, w, b, plus, y []float32) {
	c.forward(n, x, w, b, plus, y, nil, Dropout{})
}

func (c *Conv) forward(n int, x, w, b, plus, y []float32, arg []uint8, drop Dropout) {
	p := c.plan
	need("x", x, n*p.in())
	needWeights(w, c.weights(), c.forwardWeights != nil)
	need("y", y, n*c.out())
	if b != nil {
		need("b", b, p.f)
	}
	if plus != nil {
		if p.pool != 0 {
			panic("kernel: nothing can be added in front of a pool")
		}
		need("plus", plus, n*c.out())
	}
	if arg != nil {
		need("arg", arg, n*c.out())
	}
	c.k.begin()
	defer c.k.end()
	c.e.set(c.shape.Activation, drop)
	c.n, c.x, c.w, c.b, c.plus, c.y, c.arg = n, x, w, b, plus, y, arg
	if c.forwardWeights == nil {
		c.forwardWeights = floats(p.matrices() * c.k.arith.packed(p.c, p.f))
	}
	if w != nil {
		c.k.pack(len(w), p.kernel, (*convPackForward)(c))
	}
	for i := range c.scratch {
		if c.scratch[i] == nil {
			c.scratch[i] = floats(p.all)
		}
	}
	var chunks int
	chunks, c.rows = spread(n, chunkLimit, c.plan.group)
	if behind := c.shape.Behind; behind != nil {
		behind.expect(n, chunks, c.rows)
		behind.x = y
	}
	c.k.workers.sweep(chunks, (*convForward)(c))
}

// Backward computes from dy, shaped like y, the gradients dx, dw and db, which
// it overwrites; nil dx or db are skipped. plus, shaped like x, is added to dx;
// nil for nothing. The other arguments are those of the last Forward.
func (c *Conv) Backward(n int, x, w, y []float32, arg []uint8, dy, plus, dx, dw, db []float32, drop Dropout) {
	p := c.plan
	if c.shape.Inference {
		panic("kernel: this convolution was planned without gradients")
	}
	need("x", x, n*p.in())
	need("w", w, c.weights())
	need("y", y, n*c.out())
	need("dy", dy, n*c.out())
	need("dw", dw, c.weights())
	if p.pool != 0 {
		need("arg", arg, n*c.out())
	}
	if dx != nil {
		need("dx", dx, n*p.in())
	}
	if plus != nil {
		need("plus", plus, n*p.in())
	}
	if db != nil {
		need("db", db, p.f)
	}
	c.k.begin()
	defer c.k.end()
	c.e.set(c.shape.Activation, drop)
	c.n, c.x, c.w, c.y, c.arg = n, x, w, y, arg
	c.dy, c.plus, c.dx, c.dw, c.db = dy, plus, dx, dw[:c.weights()], db
	if dx != nil {
		if p.columns != 0 {
			if c.backwardWeights == nil {
				c.backwardWeights = floats(c.k.arith.packed(p.f, p.kernel*p.kernel*p.c))
			}
			c.k.arith.pack(c.backwardWeights, p.f, 0, p.f, p.kernel*p.kernel*p.c, w, 1, p.f)
		} else {
			if c.backwardWeights == nil {
				c.backwardWeights = floats(p.matrices() * c.k.arith.packed(p.f, p.c))
			}
			c.k.pack(len(w), p.kernel*p.kernel, (*convPackBackward)(c))
		}
	}
	chunks, rows := spread(n, c.partLimit(), p.group)
	if len(c.dwParts) < chunks*c.weights() {
		c.dwParts, c.dbParts = floats(chunks*c.weights()), floats(chunks*p.f)
	}
	c.parts, c.rows = chunks, rows
	if before := c.shape.Before; before != nil && dx != nil {
		before.expect(n, chunks, rows)
		before.x, before.y, before.dy = x, nil, dx
	}
	c.k.workers.sweep(chunks, (*convBackward)(c))
	c.k.workers.run(ceilDiv(c.weights(), flatChunk), (*convSum)(c))
	if db != nil {
		c.k.arith.sumParts(db[:p.f], c.dbParts, chunks, p.f)
	}
}

// chunkLimit is how many chunks an operation has at most: enough to keep many
// workers busy to the end. partFloats bounds the sums that its chunks keep.
const (
	chunkLimit = 32
	partFloats = 4 << 20
)

// partLimit is how many chunks Backward has at most. Every chunk has its own
// sums of dw: fewer chunks for large kernels.
func (c *Conv) partLimit() int { return min(max(partFloats/c.weights(), 4), chunkLimit) }

type convPackForward Conv

func (c *convPackForward) chunk(row, _ int) {
	p := c.plan
	if p.winograd != 0 {
		from, to := share(p.c, row, p.kernel)
		c.k.arith.(winograd).packWinograd(p.winograd, p.kernel, c.forwardWeights, p.c, from, to-from, p.f, c.w, from*p.f, p.c*p.f, p.f, 1)
		return
	}
	run := p.kernel * p.c
	c.k.arith.pack(c.forwardWeights, p.kernel*run, row*run, run, p.f, c.w[row*run*p.f:], p.f, 1)
}

type convPackBackward Conv

func (c *convPackBackward) chunk(tap, _ int) {
	p := c.plan
	if p.winograd != 0 { // the kernel is turned: the last tap comes first
		from, to := share(p.f, tap, p.kernel*p.kernel)
		size := p.c * p.f
		c.k.arith.(winograd).packWinograd(p.winograd, p.kernel, c.backwardWeights, p.f, from, to-from, p.c, c.w, (p.kernel*p.kernel-1)*size+from, -size, 1, p.f)
		return
	}
	kh, kw := tap/p.kernel, tap%p.kernel
	r, q := kh%p.stride, kw%p.stride
	rows, columns := p.phase(r), p.phase(q)
	before := 0
	for phase := range r*p.stride + q {
		before += p.phase(phase/p.stride) * p.phase(phase%p.stride)
	}
	place := (rows-1-kh/p.stride)*columns + columns - 1 - kw/p.stride
	dst := c.backwardWeights[c.k.arith.packed(before*p.f, p.c):]
	c.k.arith.pack(dst, rows*columns*p.f, place*p.f, p.f, p.c, c.w[tap*p.c*p.f:], 1, p.f)
}

type convForward Conv

func (c *convForward) chunk(chunk, worker int) {
	p := c.plan
	i := chunk * c.rows
	n := min(c.n-i, c.rows)
	in, out := p.in(), (*Conv)(c).out()
	var arg []uint8
	if c.arg != nil && p.pool != 0 {
		arg = c.arg[i*out : (i+n)*out]
	}
	plus := cut(c.plus, i*out, (i+n)*out)
	c.k.arith.convForward(p, n, c.x[i*in:(i+n)*in], c.shape.Before.channelNumbers(), c.forwardWeights, c.b, plus, c.y[i*out:(i+n)*out], arg,
		c.scratch[worker], c.e, i*out)
	if behind := c.shape.Behind; behind != nil {
		(*normMoments)(behind).chunk(chunk, worker)
	}
}

type convBackward Conv

func (c *convBackward) chunk(chunk, worker int) {
	p := c.plan
	i := chunk * c.rows
	n := min(c.n-i, c.rows)
	in, out, weights := p.in(), (*Conv)(c).out(), (*Conv)(c).weights()
	dw, db := c.dwParts[chunk*weights:][:weights], c.dbParts[chunk*p.f:][:p.f]
	clear(dw)
	clear(db)
	var dx []float32
	if c.dx != nil {
		dx = c.dx[i*in : (i+n)*in]
	}
	var arg []uint8
	if p.pool != 0 {
		arg = c.arg[i*out : (i+n)*out]
	}
	before, behind := c.shape.Before, c.shape.Behind
	c.k.arith.convBackward(p, n, c.x[i*in:(i+n)*in], before.channelNumbers(), c.y[i*out:(i+n)*out], behind.channelNumbers(), arg,
		c.dy[i*out:(i+n)*out], dx, c.backwardWeights, dw, db, c.scratch[worker], c.e, i*out)
	if dx == nil {
		return
	}
	if c.plus != nil {
		c.k.arith.add(Linear, dx, c.plus[i*in:(i+n)*in], dx)
	}
	if before != nil {
		(*normSums)(before).chunk(chunk, worker)
	}
}

type convSum Conv

func (c *convSum) chunk(chunk, _ int) {
	c.k.arith.sumParts(piece(c.dw, chunk), c.dwParts[chunk*flatChunk:], c.parts, (*Conv)(c).weights())
}

// share returns part i of n things cut into so many parts.
func share(n, i, parts int) (from, to int) { return n * i / parts, n * (i + 1) / parts }

// pack runs a packing job on the workers when it is worth waking them.
func (k *Kernels) pack(size, chunks int, j job) {
	if size >= 32<<10 {
		k.workers.run(chunks, j)
		return
	}
	for chunk := range chunks {
		j.chunk(chunk, 0)
	}
}
