package kernel

import "fmt"

// DenseShape describes a fully connected layer.
type DenseShape struct {
	In, Out    int
	Activation Activation
}

// Dense is a planned fully connected layer: y = dropout(act(x·w + b)). It
// belongs to one goroutine; its scratch grows at the first call.
type Dense struct {
	k             *Kernels
	shape         DenseShape
	e             *epilogue
	output, input product   // y, and dx
	dz            []float32 // the gradient before the activation

	n                 int
	x, y, dy, dw, dst []float32
}

// NewDense plans a fully connected layer.
func (k *Kernels) NewDense(s DenseShape) (*Dense, error) {
	if s.In < 1 || s.Out < 1 {
		return nil, fmt.Errorf("dense layer %+v: every size must be at least 1", s)
	}
	k.forward.add(k.arith.packed(s.In, s.Out), spacing(s.In))
	k.backward.add(k.arith.packed(s.Out, s.In), s.Out+spacing(s.Out))
	return &Dense{
		k: k, shape: s, e: new(epilogue),
		output: product{k: k, e: new(epilogue)}, input: product{k: k, e: new(epilogue)},
	}, nil
}

// Forward computes y, (n, Out), from x, (n, In), w, (In, Out), and b, (Out) or
// nil. A nil w stands for that of the last call, which spares packing it again.
func (d *Dense) Forward(n int, x, w, b, y []float32, drop Dropout) {
	s := d.shape
	need("x", x, n*s.In)
	needWeights(w, s.In*s.Out, d.output.packed != nil)
	need("y", y, n*s.Out)
	if b != nil {
		need("b", b, s.Out)
	}
	d.k.begin()
	defer d.k.end()
	d.output.e.set(s.Activation, drop)
	d.output.run(n, s.Out, s.In, x, w, s.Out, 1, b, y)
}

// Backward computes from dy, shaped like y, the gradients dx, dw and db, which
// it overwrites; nil dx or db are skipped. The other arguments are those of
// the last Forward.
func (d *Dense) Backward(n int, x, w, y, dy, dx, dw, db []float32, drop Dropout) {
	s := d.shape
	need("x", x, n*s.In)
	need("w", w, s.In*s.Out)
	need("y", y, n*s.Out)
	need("dy", dy, n*s.Out)
	need("dw", dw, s.In*s.Out)
	d.k.begin()
	defer d.k.end()
	d.e.set(s.Activation, drop)
	d.n, d.x, d.y, d.dy, d.dw = n, x, y[:n*s.Out], dy[:n*s.Out], dw
	if len(d.dz) < n*s.Out+slack {
		d.dz = floats(n*s.Out + slack)
	}
	d.dst = d.dz[:n*s.Out]
	d.k.flat(n*s.Out, (*denseGradient)(d))
	if db != nil {
		need("db", db, s.Out)
		d.dst = db[:s.Out]
		d.k.workers.run(ceilDiv(s.Out, panelColumns), (*denseBias)(d))
	}
	d.k.workers.run(ceilDiv(s.In, transposeRows)*ceilDiv(s.Out, panelColumns), (*denseWeights)(d))
	if dx != nil {
		need("dx", dx, n*s.In)
		d.input.e.set(Linear, Dropout{})
		d.input.run(n, s.In, s.Out, d.dz, w, 1, s.Out, nil, dx)
	}
}

// transposeRows is how many rows of dw a chunk computes: a multiple of the
// blocks that kernels keep in registers.
const transposeRows = 84

type denseGradient Dense

func (d *denseGradient) chunk(chunk, _ int) {
	d.k.arith.gradient(d.e, chunk*flatChunk, piece(d.y, chunk), piece(d.dy, chunk), piece(d.dst, chunk))
}

type denseBias Dense

func (d *denseBias) chunk(chunk, _ int) {
	from := chunk * panelColumns
	to := min(d.shape.Out, from+panelColumns)
	d.k.arith.sumParts(d.dst[from:to], d.dz[from:], d.n, d.shape.Out)
}

type denseWeights Dense

func (d *denseWeights) chunk(chunk, _ int) {
	s := d.shape
	blocks := ceilDiv(s.In, transposeRows)
	row, column := chunk%blocks*transposeRows, chunk/blocks*panelColumns
	d.k.arith.gemmTranspose(min(transposeRows, s.In-row), min(panelColumns, s.Out-column), d.n,
		d.x[row:], s.In, d.dz[column:], s.Out, d.dw[row*s.Out+column:], s.Out)
}

// product is a planned matrix product c = dropout(act(a·b + bias)), a being
// m×k, b k×n and c m×n.
type product struct {
	k      *Kernels
	e      *epilogue
	packed []float32
	spaced []float32 // a with its rows farther apart

	m, n, kk, lda       int
	width               int // columns of c that a chunk computes
	a, b, bias, c       []float32
	rowStep, columnStep int
}

// productRows is how many rows of c a chunk computes, a multiple of the blocks
// that kernels keep in registers. packRows is how many rows of b one packs.
// A product of fewer than fewChunks chunks is cut into ones of leastColumns, so
// that few images keep several workers busy.
const (
	productRows = 28
	packRows    = 256
	fewChunks   = 8
)

// run computes the product; element (i, j) of b is b[i*rowStep+j*columnStep]. A
// nil b stands for that of the last call. The caller holds the workers.
func (p *product) run(m, n, kk int, a, b []float32, rowStep, columnStep int, bias, c []float32) {
	if size := p.k.arith.packed(kk, n); len(p.packed) < size {
		p.packed = floats(size)
	}
	p.m, p.n, p.kk, p.a, p.b, p.bias, p.c = m, n, kk, a, b, bias, c
	p.rowStep, p.columnStep = rowStep, columnStep
	if b != nil {
		p.k.pack(kk*n, ceilDiv(kk, packRows), (*productPack)(p))
	}
	p.lda = kk
	if space := spacing(kk); space > 0 && m > 1 {
		p.lda = space
		if len(p.spaced) < m*p.lda {
			p.spaced = floats(m * p.lda)
		}
		p.k.workers.run(ceilDiv(m, productRows), (*productSpace)(p))
		p.a = p.spaced
	}
	p.width = panelColumns
	if ceilDiv(m, productRows)*ceilDiv(n, panelColumns) < fewChunks {
		p.width = leastColumns
	}
	p.k.workers.run(ceilDiv(m, productRows)*ceilDiv(n, p.width), p)
}

// Rows of a multiple of conflict floats, half a page, would compete for the
// same few places of the first-level cache: they are copied farther apart.
const conflict = 512

// spacing is the size of a row of n floats copied for that reason, else 0.
func spacing(n int) int {
	if n%conflict != 0 {
		return 0
	}
	return n + 16
}

type productSpace product

func (p *productSpace) chunk(chunk, _ int) {
	for i := chunk * productRows; i < min(p.m, (chunk+1)*productRows); i++ {
		copy(p.spaced[i*p.lda:][:p.kk], p.a[i*p.kk:])
	}
}

type productPack product

func (p *productPack) chunk(chunk, _ int) {
	from := chunk * packRows
	p.k.arith.pack(p.packed, p.kk, from, min(packRows, p.kk-from), p.n, p.b[from*p.rowStep:], p.rowStep, p.columnStep)
}

func (p *product) chunk(chunk, _ int) {
	blocks := ceilDiv(p.m, productRows)
	row, column := chunk%blocks*productRows, chunk/blocks*p.width
	var bias []float32
	if p.bias != nil {
		bias = p.bias[column:]
	}
	p.k.arith.gemm(min(productRows, p.m-row), min(p.width, p.n-column), p.kk, p.a[row*p.lda:], p.lda,
		p.packed, p.n, column, p.e, bias, p.c[row*p.n+column:], p.n, row*p.n+column)
}

// Sgemm sets c, (m, n), to the product of a, (m, k), and b, (k, n). It packs b
// into fresh memory: it is there to measure what the machine can do.
func (k *Kernels) Sgemm(m, n, kk int, a, b, c []float32) {
	need("a", a, m*kk)
	need("b", b, kk*n)
	need("c", c, m*n)
	k.begin()
	defer k.end()
	p := product{k: k, e: new(epilogue)}
	p.run(m, n, kk, a, b, n, 1, nil, c)
}
