package kernel

import "fmt"

// DepthwiseShape describes a depthwise convolution: every channel has one
// filter of its own.
type DepthwiseShape struct {
	H, W, C        int
	Kernel, Stride int
	Same           bool
	Activation     Activation

	// Before is the batch normalisation of the input, nil for none; see
	// ConvShape.
	Before *BatchNorm
}

// Depthwise is a planned depthwise convolution. It belongs to one goroutine;
// its scratch grows at the first call.
type Depthwise struct {
	k     *Kernels
	shape DepthwiseShape
	win   *window

	dwParts, dbParts []float32   // one a chunk
	images           [][]float32 // with Before: a normalised one a worker

	n, rows    int
	x, w, b, y []float32
	dy, dx     []float32
}

// NewDepthwise plans a depthwise convolution.
func (k *Kernels) NewDepthwise(s DepthwiseShape) (*Depthwise, error) {
	win, err := planWindow("depthwise convolution", PoolShape{s.H, s.W, s.C, s.Kernel, s.Stride, s.Same})
	if err != nil {
		return nil, err
	}
	d := &Depthwise{k: k, shape: s, win: win}
	k.backward.add(chunkLimit*(d.weights()+win.c), 0)
	if s.Before != nil {
		d.images = make([][]float32, k.Threads())
		k.forward.add(k.Threads()*win.in(), 0)
	}
	return d, nil
}

// Output returns the shape of an image of y.
func (d *Depthwise) Output() (h, w, channels int) { return d.win.oh, d.win.ow, d.win.c }

func (d *Depthwise) weights() int { return d.win.kernel * d.win.kernel * d.win.c }

// Forward computes y = act(x∗w + b), (n, output shape), from x, (n, H, W, C),
// w, (Kernel, Kernel, C), and b, (C) or nil.
func (d *Depthwise) Forward(n int, x, w, b, y []float32) {
	need("x", x, n*d.win.in())
	need("w", w, d.weights())
	need("y", y, n*d.win.out())
	if b != nil {
		need("b", b, d.win.c)
	}
	d.k.begin()
	defer d.k.end()
	d.n, d.x, d.w, d.b, d.y = n, x, w, b, y
	var chunks int
	chunks, d.rows = spread(n, chunkLimit, 1)
	for i := range d.images {
		if d.images[i] == nil {
			d.images[i] = floats(d.win.in())
		}
	}
	d.k.workers.sweep(chunks, (*depthwiseForward)(d))
}

// Backward computes from dy, shaped like y, the gradients dx, dw and db, which
// it overwrites; nil dx or db are skipped. The other arguments are those of
// the last Forward.
func (d *Depthwise) Backward(n int, x, w, y, dy, dx, dw, db []float32) {
	need("x", x, n*d.win.in())
	need("w", w, d.weights())
	need("y", y, n*d.win.out())
	need("dy", dy, n*d.win.out())
	need("dw", dw, d.weights())
	if dx != nil {
		need("dx", dx, n*d.win.in())
	}
	d.k.begin()
	defer d.k.end()
	d.n, d.x, d.w, d.y, d.dy, d.dx = n, x, w, y, dy, dx
	var chunks int
	chunks, d.rows = spread(n, chunkLimit, 1)
	if len(d.dwParts) < chunks*d.weights() {
		d.dwParts, d.dbParts = floats(chunks*d.weights()), floats(chunks*d.win.c)
	}
	if before := d.shape.Before; before != nil && dx != nil {
		before.expect(n, chunks, d.rows)
		before.x, before.y, before.dy = x, nil, dx
	}
	d.k.workers.sweep(chunks, (*depthwiseBackward)(d))
	d.k.arith.sumParts(dw[:d.weights()], d.dwParts, chunks, d.weights())
	if db != nil {
		need("db", db, d.win.c)
		d.k.arith.sumParts(db[:d.win.c], d.dbParts, chunks, d.win.c)
	}
}

// each calls f for the images of a chunk: for all at once, or for one after the
// other with what Before makes of it.
func (d *Depthwise) each(chunk, worker int, f func(n int, x []float32, in, out int)) {
	i := chunk * d.rows
	n := min(d.n-i, d.rows)
	in, out := d.win.in(), d.win.out()
	before := d.shape.Before
	if before == nil {
		f(n, d.x[i*in:(i+n)*in], i*in, i*out)
		return
	}
	for ; n > 0; n, i = n-1, i+1 {
		image := d.images[worker]
		d.k.arith.normApply(before.pixels, before.columns, d.x[i*in:(i+1)*in], nil, before.numbers, before.shape.Activation, image)
		f(1, image, i*in, i*out)
	}
}

type depthwiseForward Depthwise

func (d *depthwiseForward) chunk(chunk, worker int) {
	(*Depthwise)(d).each(chunk, worker, func(n int, x []float32, _, out int) {
		d.k.arith.depthwiseForward(d.win, d.shape.Activation, n, x, d.w, d.b, d.y[out:out+n*d.win.out()])
	})
}

type depthwiseBackward Depthwise

func (d *depthwiseBackward) chunk(chunk, worker int) {
	weights := (*Depthwise)(d).weights()
	dw, db := d.dwParts[chunk*weights:][:weights], d.dbParts[chunk*d.win.c:][:d.win.c]
	clear(dw)
	clear(db)
	(*Depthwise)(d).each(chunk, worker, func(n int, x []float32, in, out int) {
		var dx []float32
		if d.dx != nil {
			dx = d.dx[in : in+len(x)]
		}
		d.k.arith.depthwiseBackward(d.win, d.shape.Activation, n, x, d.w, d.y[out:out+n*d.win.out()], d.dy[out:out+n*d.win.out()], dx, dw, db)
	})
	if before := d.shape.Before; before != nil && d.dx != nil {
		(*normSums)(before).chunk(chunk, worker)
	}
}

// planWindow checks and plans a window over a map.
func planWindow(what string, s PoolShape) (*window, error) {
	if s.H < 1 || s.W < 1 || s.C < 1 || s.Size < 1 || s.Stride < 1 {
		return nil, fmt.Errorf("%s %+v: every size must be at least 1", what, s)
	}
	win := newWindow(s.H, s.W, s.C, s.Size, s.Stride, s.Same)
	if win.oh < 1 || win.ow < 1 {
		return nil, fmt.Errorf("%s: the %d×%d window does not fit the %d×%d map", what, s.Size, s.Size, s.H, s.W)
	}
	return &win, nil
}
