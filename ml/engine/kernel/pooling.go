package kernel

import "fmt"

// PoolShape describes a square pooling window over a map.
type PoolShape struct {
	H, W, C      int
	Size, Stride int
	Same         bool // Keras's "same" padding, else "valid"
}

// pool is what the planned poolings share.
type pool struct {
	k   *Kernels
	win *window

	n, rows int
	x, y    []float32 // or dy and dx
	arg     []uint8
}

// Output returns the shape of an image of y.
func (p *pool) Output() (h, w, channels int) { return p.win.oh, p.win.ow, p.win.c }

func (p *pool) start(n int, j job) {
	var chunks int
	p.n = n
	chunks, p.rows = spread(n, chunkLimit, 1)
	p.k.workers.sweep(chunks, j)
}

// images returns the range of images in a chunk.
func (p *pool) images(chunk int) (from, to int) {
	return chunk * p.rows, min(p.n, (chunk+1)*p.rows)
}

// MaxPool is a planned max pooling. It belongs to one goroutine.
type MaxPool struct{ pool }

// maxWindow is the largest window whose cells a byte can number.
const maxWindow = 16

// NewMaxPool plans a max pooling; the window's side is at most 16.
func (k *Kernels) NewMaxPool(s PoolShape) (*MaxPool, error) {
	if s.Size > maxWindow {
		return nil, fmt.Errorf("max pooling: a %d×%d window is too large: use at most %d×%d", s.Size, s.Size, maxWindow, maxWindow)
	}
	win, err := planWindow("max pooling", s)
	if err != nil {
		return nil, err
	}
	return &MaxPool{pool{k: k, win: win}}, nil
}

// Forward computes y, (n, output shape), from x, (n, H, W, C); padding never
// wins. arg, as long as y, receives the winner of each window; it may be nil.
func (p *MaxPool) Forward(n int, x, y []float32, arg []uint8) {
	need("x", x, n*p.win.in())
	need("y", y, n*p.win.out())
	if arg != nil {
		need("arg", arg, n*p.win.out())
	}
	p.k.begin()
	defer p.k.end()
	p.x, p.y, p.arg = x, y, arg
	p.start(n, (*maxPoolForward)(p))
}

// Backward computes dx, which it overwrites, from dy and the last Forward's arg.
func (p *MaxPool) Backward(n int, arg []uint8, dy, dx []float32) {
	need("arg", arg, n*p.win.out())
	need("dy", dy, n*p.win.out())
	need("dx", dx, n*p.win.in())
	p.k.begin()
	defer p.k.end()
	p.x, p.y, p.arg = dx, dy, arg
	p.start(n, (*maxPoolBackward)(p))
}

type maxPoolForward MaxPool

func (p *maxPoolForward) chunk(chunk, _ int) {
	from, to := p.images(chunk)
	in, out := p.win.in(), p.win.out()
	var arg []uint8
	if p.arg != nil {
		arg = p.arg[from*out : to*out]
	}
	p.k.arith.maxPoolForward(p.win, to-from, p.x[from*in:to*in], p.y[from*out:to*out], arg)
}

type maxPoolBackward MaxPool

func (p *maxPoolBackward) chunk(chunk, _ int) {
	from, to := p.images(chunk)
	in, out := p.win.in(), p.win.out()
	p.k.arith.maxPoolBackward(p.win, to-from, p.arg[from*out:to*out], p.y[from*out:to*out], p.x[from*in:to*in])
}

// AveragePool is a planned average pooling: the mean of the cells that lie
// within the map, as in Keras. It belongs to one goroutine.
type AveragePool struct{ pool }

// NewAveragePool plans an average pooling.
func (k *Kernels) NewAveragePool(s PoolShape) (*AveragePool, error) {
	win, err := planWindow("average pooling", s)
	if err != nil {
		return nil, err
	}
	return &AveragePool{pool{k: k, win: win}}, nil
}

// NewGlobalAveragePool plans the mean over all pixels of a map: y is (n, C).
func (k *Kernels) NewGlobalAveragePool(h, w, channels int) (*AveragePool, error) {
	win, err := planWindow("global average pooling", PoolShape{H: h, W: w, C: channels, Size: 1, Stride: 1})
	if err != nil {
		return nil, err
	}
	win.kernel, win.stride = max(h, w), max(h, w) // cells beyond the map do not count
	win.oh, win.ow = 1, 1
	return &AveragePool{pool{k: k, win: win}}, nil
}

// Forward computes y, (n, output shape), from x, (n, H, W, C).
func (p *AveragePool) Forward(n int, x, y []float32) {
	need("x", x, n*p.win.in())
	need("y", y, n*p.win.out())
	p.k.begin()
	defer p.k.end()
	p.x, p.y = x, y
	p.start(n, (*averagePoolForward)(p))
}

// Backward computes dx, which it overwrites, from dy.
func (p *AveragePool) Backward(n int, dy, dx []float32) {
	need("dy", dy, n*p.win.out())
	need("dx", dx, n*p.win.in())
	p.k.begin()
	defer p.k.end()
	p.x, p.y = dx, dy
	p.start(n, (*averagePoolBackward)(p))
}

type averagePoolForward AveragePool

func (p *averagePoolForward) chunk(chunk, _ int) {
	from, to := p.images(chunk)
	in, out := p.win.in(), p.win.out()
	p.k.arith.averagePoolForward(p.win, to-from, p.x[from*in:to*in], p.y[from*out:to*out])
}

type averagePoolBackward AveragePool

func (p *averagePoolBackward) chunk(chunk, _ int) {
	from, to := p.images(chunk)
	in, out := p.win.in(), p.win.out()
	p.k.arith.averagePoolBackward(p.win, to-from, p.y[from*out:to*out], p.x[from*in:to*in])
}
