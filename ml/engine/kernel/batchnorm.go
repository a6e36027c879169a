package kernel

import (
	"fmt"
	"math"
)

// BatchNormShape describes a batch normalisation over the images and pixels
// of (n, Pixels, C).
type BatchNormShape struct {
	Pixels, C  int // Pixels is H·W, or 1 for a vector
	Momentum   float64
	Epsilon    float64
	Activation Activation
}

// BatchNorm is a planned batch normalisation (Ioffe and Szegedy, 2015) with
// Keras's conventions: the batch's variance is the biased one, in the moving
// average too. It belongs to one goroutine; its scratch grows at the first call.
type BatchNorm struct {
	k     *Kernels
	shape BatchNormShape

	// A row of the data as kernels see it: fold pixels side by side, so that
	// few channels still fill vectors.
	fold, columns, pixels int

	mean, deviation     []float64 // of the last Forward, a channel: batch mean, 1/√(variance+ε)
	meanRow             []float32 // parameters of the chunk functions, a column
	scale, slope, shift []float32
	parts               []float32 // two rows of sums a chunk

	n, rows      int
	x, y, dy, dx []float32
}

// NewBatchNorm plans a batch normalisation.
func (k *Kernels) NewBatchNorm(s BatchNormShape) (*BatchNorm, error) {
	if s.Pixels < 1 || s.C < 1 {
		return nil, fmt.Errorf("batch normalisation %+v: every size must be at least 1", s)
	}
	b := &BatchNorm{k: k, shape: s, fold: 1}
	for f := 2; f*s.C <= 64 && f <= s.Pixels; f++ {
		if s.Pixels%f == 0 {
			b.fold = f
		}
	}
	b.columns, b.pixels = b.fold*s.C, s.Pixels/b.fold
	b.mean, b.deviation = make([]float64, s.C), make([]float64, s.C)
	b.meanRow, b.scale = floats(b.columns), floats(b.columns)
	b.slope, b.shift = floats(b.columns), floats(b.columns)
	return b, nil
}

// Forward normalises x, (n, Pixels, C), with the statistics of the batch:
// y = act((x - mean)/√(variance + Epsilon)·gamma + beta). It keeps them for
// Backward and updates moving = Momentum·moving + (1-Momentum)·batch.
func (b *BatchNorm) Forward(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	b.check(n, x, gamma, beta, movingMean, movingVariance, y)
	b.k.begin()
	defer b.k.end()
	b.n, b.x, b.y = n, x, y
	chunks := b.start(n, (*normMoments)(b))

	// The parallel sums of Chan, Golub and LeVeque (1983), in order.
	for c := range b.shape.C {
		count, mean, squares := 0.0, 0.0, 0.0
		for chunk := range chunks {
			part := b.parts[chunk*2*b.columns:]
			more := float64(min(b.rows, b.n-chunk*b.rows) * b.pixels)
			for column := c; column < b.columns; column += b.shape.C {
				delta := float64(part[column]) - mean
				total := count + more
				mean += delta * more / total
				squares += float64(part[b.columns+column]) + delta*delta*count*more/total
				count = total
			}
		}
		variance := squares / count
		b.mean[c], b.deviation[c] = mean, 1/math.Sqrt(variance+b.shape.Epsilon)
		momentum := b.shape.Momentum
		movingMean[c] = float32(float64(movingMean[c])*momentum + mean*(1-momentum))
		movingVariance[c] = float32(float64(movingVariance[c])*momentum + variance*(1-momentum))
		b.setColumns(c, float32(mean), float32(float64(gamma[c])*b.deviation[c]), 0, beta[c])
	}
	b.start(n, (*normApply)(b))
}

// Infer normalises x with the moving averages.
func (b *BatchNorm) Infer(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	b.check(n, x, gamma, beta, movingMean, movingVariance, y)
	b.k.begin()
	defer b.k.end()
	b.n, b.x, b.y = n, x, y
	for c := range b.shape.C {
		deviation := 1 / math.Sqrt(float64(movingVariance[c])+b.shape.Epsilon)
		b.setColumns(c, movingMean[c], float32(float64(gamma[c])*deviation), 0, beta[c])
	}
	b.start(n, (*normApply)(b))
}

// Backward computes from dy the gradients dx (nil skips it), dgamma and dbeta,
// which it overwrites. x and y are those of the last Forward; y may be nil
// without an activation. dx may be dy.
func (b *BatchNorm) Backward(n int, x, y, gamma, dy, dx, dgamma, dbeta []float32) {
	size := n * b.shape.Pixels * b.shape.C
	need("x", x, size)
	need("dy", dy, size)
	if b.shape.Activation != Linear {
		need("y", y, size)
	} else {
		y = x // never looked at
	}
	if dx != nil {
		need("dx", dx, size)
	}
	need("gamma", gamma, b.shape.C)
	need("dgamma", dgamma, b.shape.C)
	need("dbeta", dbeta, b.shape.C)
	b.k.begin()
	defer b.k.end()
	b.n, b.x, b.y, b.dy, b.dx = n, x, y, dy, dx
	for c, mean := range b.mean {
		b.setColumns(c, float32(mean), 0, 0, 0)
	}
	chunks := b.start(n, (*normSums)(b))
	count := float64(n * b.shape.Pixels)
	for c := range b.shape.C {
		sum, product := 0.0, 0.0
		for chunk := range chunks {
			part := b.parts[chunk*2*b.columns:]
			for column := c; column < b.columns; column += b.shape.C {
				sum += float64(part[column])
				product += float64(part[b.columns+column])
			}
		}
		dbeta[c] = float32(sum)
		dgamma[c] = float32(product * b.deviation[c])
		scale := float64(gamma[c]) * b.deviation[c]
		slope := -scale * b.deviation[c] * b.deviation[c] * product / count
		b.setColumns(c, float32(b.mean[c]), float32(scale), float32(slope), float32(-scale*sum/count))
	}
	if dx != nil {
		b.start(n, (*normGrad)(b))
	}
}

func (b *BatchNorm) check(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	size := n * b.shape.Pixels * b.shape.C
	need("x", x, size)
	need("y", y, size)
	need("gamma", gamma, b.shape.C)
	need("beta", beta, b.shape.C)
	need("moving mean", movingMean, b.shape.C)
	need("moving variance", movingVariance, b.shape.C)
}

// setColumns repeats a channel's parameters over the columns of a row.
func (b *BatchNorm) setColumns(c int, mean, scale, slope, shift float32) {
	for column := c; column < b.columns; column += b.shape.C {
		b.meanRow[column], b.scale[column] = mean, scale
		b.slope[column], b.shift[column] = slope, shift
	}
}

func (b *BatchNorm) start(n int, j job) (chunks int) {
	// A vector has one row an image: let chunks be worth their while.
	chunks, b.rows = spread(n, chunkLimit, ceilDiv(flatChunk/4, b.shape.Pixels*b.shape.C))
	if len(b.parts) < chunks*2*b.columns {
		b.parts = floats(chunks * 2 * b.columns)
	}
	b.k.workers.run(chunks, j)
	return chunks
}

// part returns what a chunk works on: how many rows, where they are and the
// chunk's sums.
func (b *BatchNorm) part(chunk int) (rows, from, to int, first, second []float32) {
	images := min(b.rows, b.n-chunk*b.rows)
	from = chunk * b.rows * b.shape.Pixels * b.shape.C
	sums := b.parts[chunk*2*b.columns:][:2*b.columns]
	return images * b.pixels, from, from + images*b.shape.Pixels*b.shape.C, sums[:b.columns], sums[b.columns:]
}

type normMoments BatchNorm

func (b *normMoments) chunk(chunk, _ int) {
	rows, from, to, mean, squares := (*BatchNorm)(b).part(chunk)
	b.k.arith.normMoments(rows, b.columns, b.x[from:to], mean, squares)
}

type normApply BatchNorm

func (b *normApply) chunk(chunk, _ int) {
	rows, from, to, _, _ := (*BatchNorm)(b).part(chunk)
	b.k.arith.normApply(rows, b.columns, b.x[from:to], b.meanRow, b.scale, b.shift, b.shape.Activation, b.y[from:to])
}

type normSums BatchNorm

func (b *normSums) chunk(chunk, _ int) {
	rows, from, to, sum, product := (*BatchNorm)(b).part(chunk)
	b.k.arith.normSums(rows, b.columns, b.x[from:to], b.y[from:to], b.dy[from:to], b.meanRow, b.shape.Activation, sum, product)
}

type normGrad BatchNorm

func (b *normGrad) chunk(chunk, _ int) {
	rows, from, to, _, _ := (*BatchNorm)(b).part(chunk)
	b.k.arith.normGrad(rows, b.columns, b.x[from:to], b.y[from:to], b.dy[from:to], b.meanRow, b.scale, b.slope, b.shift,
		b.shape.Activation, b.dx[from:to])
}
