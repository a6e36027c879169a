package kernel

import "fmt"

// DepthwiseShape describes a depthwise convolution: every channel has one
// filter of its own.
type DepthwiseShape struct {
	H, W, C        int
	Kernel, Stride int
	Same           bool
	Activation     Activation
}

// Depthwise is a planned depthwise convolution. It belongs to one goroutine;
// its scratch grows at the first call.
type Depthwise struct {
	k     *Kernels
	shape DepthwiseShape
	win   *window

	dwParts, dbParts []float32 // one a chunk

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
	d.k.workers.sweep(chunks, (*depthwiseBackward)(d))
	d.k.arith.sumParts(dw[:d.weights()], d.dwParts, chunks, d.weights())
	if db != nil {
		need("db", db, d.win.c)
		d.k.arith.sumParts(db[:d.win.c], d.dbParts, chunks, d.win.c)
	}
}

type depthwiseForward Depthwise

func (d *depthwiseForward) chunk(chunk, _ int) {
	i := chunk * d.rows
	n := min(d.n-i, d.rows)
	in, out := d.win.in(), d.win.out()
	d.k.arith.depthwiseForward(d.win, d.shape.Activation, n, d.x[i*in:(i+n)*in], d.w, d.b, d.y[i*out:(i+n)*out])
}

type depthwiseBackward Depthwise

func (d *depthwiseBackward) chunk(chunk, _ int) {
	i := chunk * d.rows
	n := min(d.n-i, d.rows)
	in, out, weights := d.win.in(), d.win.out(), (*Depthwise)(d).weights()
	dw, db := d.dwParts[chunk*weights:][:weights], d.dbParts[chunk*d.win.c:][:d.win.c]
	clear(dw)
	clear(db)
	var dx []float32
	if d.dx != nil {
		dx = d.dx[i*in : (i+n)*in]
	}
	d.k.arith.depthwiseBackward(d.win, d.shape.Activation, n, d.x[i*in:(i+n)*in], d.w,
		d.y[i*out:(i+n)*out], d.dy[i*out:(i+n)*out], dx, dw, db)
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
