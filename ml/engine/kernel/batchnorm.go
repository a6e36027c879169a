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
//
// Forward and Backward do all. They consist of steps, of which a neighbouring
// convolution (see ConvShape) may do some:
//
//	Forward:   Moments, Statistics, Apply
//	Backward:  Sums, Gradients, gradient of x
type BatchNorm struct {
	k     *Kernels
	shape BatchNormShape

	// A row of the data as kernels see it: fold pixels side by side, so that
	// few channels still fill vectors.
	fold, columns, pixels int

	deviation []float64 // 1/√(variance+ε) of a channel
	channels  []float32 // the numbers of the chunk functions, see arithmetic.normApply: a channel,
	numbers   []float32 // and a column
	parts     []float32 // two rows of sums a chunk

	n, rows, chunks int
	act             Activation
	x, skip, y      []float32
	dy, g, dx       []float32
}

// The rows of a batch normalisation's numbers.
const (
	normMean = iota
	normScale
	normBeta
	normSlope
	normOffset
	normRowCount
)

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
	k.forward.add(chunkLimit*2*b.columns, 0)
	b.deviation = make([]float64, s.C)
	b.channels, b.numbers = floats(normRowCount*s.C), floats(normRowCount*b.columns)
	return b, nil
}

// Forward normalises x, (n, Pixels, C), with the statistics of the batch:
// y = act((x - mean)/√(variance + Epsilon)·gamma + beta). It keeps them for
// Backward and updates moving = Momentum·moving + (1-Momentum)·batch.
func (b *BatchNorm) Forward(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	b.Moments(n, x)
	b.Statistics(gamma, beta, movingMean, movingVariance)
	b.Apply(n, x, nil, y)
}

// Moments computes those of x.
func (b *BatchNorm) Moments(n int, x []float32) {
	need("x", x, b.size(n))
	b.k.begin()
	defer b.k.end()
	b.x = x
	b.start(n, (*normMoments)(b))
}

// Statistics computes the mean and variance of the batch from its moments,
// keeps what the next steps need of them, and updates the moving averages.
func (b *BatchNorm) Statistics(gamma, beta, movingMean, movingVariance []float32) {
	b.check(gamma, beta, movingMean, movingVariance)
	// The parallel sums of Chan, Golub and LeVeque (1983), in order.
	for c := range b.shape.C {
		count, mean, squares := 0.0, 0.0, 0.0
		for chunk := range b.chunks {
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
		momentum := b.shape.Momentum
		movingMean[c] = float32(float64(movingMean[c])*momentum + mean*(1-momentum))
		movingVariance[c] = float32(float64(movingVariance[c])*momentum + variance*(1-momentum))
		b.normalise(c, mean, variance, gamma[c], beta[c])
	}
}

// Moving takes the moving averages for the statistics, as at prediction: they
// are constants, through which no gradient flows.
func (b *BatchNorm) Moving(gamma, beta, movingMean, movingVariance []float32) {
	b.check(gamma, beta, movingMean, movingVariance)
	for c := range b.shape.C {
		b.normalise(c, float64(movingMean[c]), float64(movingVariance[c]), gamma[c], beta[c])
	}
}

func (b *BatchNorm) normalise(c int, mean, variance float64, gamma, beta float32) {
	b.deviation[c] = 1 / math.Sqrt(variance+b.shape.Epsilon)
	b.set(normMean, c, float32(mean))
	b.set(normScale, c, float32(float64(gamma)*b.deviation[c]))
	b.set(normBeta, c, beta)
	b.set(normSlope, c, 0)
	b.set(normOffset, c, 0)
}

// set sets a channel's number, in all columns of the channel too.
func (b *BatchNorm) set(row, c int, v float32) {
	b.channels[row*b.shape.C+c] = v
	for column := c; column < b.columns; column += b.shape.C {
		b.numbers[row*b.columns+column] = v
	}
}

// Apply sets y = act(normalised x). With skip, shaped like x, which is added to
// the normalised x, act is ReLU in any case; y may be skip.
func (b *BatchNorm) Apply(n int, x, skip, y []float32) {
	need("x", x, b.size(n))
	need("y", y, b.size(n))
	b.k.begin()
	defer b.k.end()
	b.x, b.skip, b.y, b.act = x, skip, y, b.shape.Activation
	if skip != nil {
		need("skip", skip, b.size(n))
		b.act = ReLU
	}
	b.start(n, (*normApply)(b))
}

// Infer normalises x with the moving averages.
func (b *BatchNorm) Infer(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	b.Moving(gamma, beta, movingMean, movingVariance)
	b.Apply(n, x, nil, y)
}

// Backward computes from dy the gradients dx (nil skips it), dgamma and dbeta,
// which it overwrites. x is that of the last Forward; dx may be dy.
func (b *BatchNorm) Backward(n int, x, gamma, dy, dx, dgamma, dbeta []float32) {
	b.Sums(n, x, nil, dy, nil)
	b.Gradients(gamma, dgamma, dbeta)
	if dx != nil {
		b.InputGradient(n, x, dy, dx)
	}
}

// Sums adds up what Gradients needs. With y, the result of Apply with a skip,
// g receives the gradient of the sum inside it: it takes the place of dy in what
// follows, and is the gradient of the skip.
func (b *BatchNorm) Sums(n int, x, y, dy, g []float32) {
	need("x", x, b.size(n))
	need("dy", dy, b.size(n))
	if y != nil {
		need("y", y, b.size(n))
		need("g", g, b.size(n))
	}
	b.k.begin()
	defer b.k.end()
	b.x, b.y, b.dy, b.g = x, y, dy, g
	b.start(n, (*normSums)(b))
}

// Gradients computes from the sums the gradients dgamma and dbeta, which it
// overwrites, and what the gradient of x needs.
func (b *BatchNorm) Gradients(gamma, dgamma, dbeta []float32) {
	need("gamma", gamma, b.shape.C)
	need("dgamma", dgamma, b.shape.C)
	need("dbeta", dbeta, b.shape.C)
	count := float64(b.n * b.shape.Pixels)
	for c := range b.shape.C {
		sum, product := 0.0, 0.0
		for chunk := range b.chunks {
			part := b.parts[chunk*2*b.columns:]
			for column := c; column < b.columns; column += b.shape.C {
				sum += float64(part[column])
				product += float64(part[b.columns+column])
			}
		}
		dbeta[c] = float32(sum)
		dgamma[c] = float32(product * b.deviation[c])
		scale := float64(gamma[c]) * b.deviation[c]
		b.set(normSlope, c, float32(-scale*b.deviation[c]*b.deviation[c]*product/count))
		b.set(normOffset, c, float32(-scale*sum/count))
	}
}

// InputGradient computes dx from dy; they may be the same. The steps before it
// are Gradients, or Moving.
func (b *BatchNorm) InputGradient(n int, x, dy, dx []float32) {
	need("x", x, b.size(n))
	need("dy", dy, b.size(n))
	need("dx", dx, b.size(n))
	b.k.begin()
	defer b.k.end()
	b.x, b.dy, b.dx = x, dy, dx
	b.start(n, (*normGrad)(b))
}

func (b *BatchNorm) size(n int) int { return n * b.shape.Pixels * b.shape.C }

func (b *BatchNorm) check(gamma, beta, movingMean, movingVariance []float32) {
	need("gamma", gamma, b.shape.C)
	need("beta", beta, b.shape.C)
	need("moving mean", movingMean, b.shape.C)
	need("moving variance", movingVariance, b.shape.C)
}

// channelNumbers returns the numbers for a convolution; nil for no normalisation.
func (b *BatchNorm) channelNumbers() []float32 {
	if b == nil {
		return nil
	}
	return b.channels
}

func (b *BatchNorm) start(n int, j job) {
	// A vector has one row an image: let chunks be worth their while.
	chunks, rows := spread(n, chunkLimit, ceilDiv(flatChunk/4, b.shape.Pixels*b.shape.C))
	b.expect(n, chunks, rows)
	b.k.workers.sweep(chunks, j)
}

// expect makes room for the sums of so many chunks of so many images.
func (b *BatchNorm) expect(n, chunks, rows int) {
	b.n, b.chunks, b.rows = n, chunks, rows
	if len(b.parts) < chunks*2*b.columns {
		b.parts = floats(chunks * 2 * b.columns)
	}
}

// part returns what a chunk works on: how many rows, where they are and the
// chunk's sums.
func (b *BatchNorm) part(chunk int) (rows, from, to int, first, second []float32) {
	images := min(b.rows, b.n-chunk*b.rows)
	from = b.size(chunk * b.rows)
	sums := b.parts[chunk*2*b.columns:][:2*b.columns]
	return images * b.pixels, from, from + b.size(images), sums[:b.columns], sums[b.columns:]
}

// cut returns the elements of s from one place to another; nil stays nil.
func cut(s []float32, from, to int) []float32 {
	if s == nil {
		return nil
	}
	return s[from:to]
}

type normMoments BatchNorm

func (b *normMoments) chunk(chunk, _ int) {
	rows, from, to, mean, squares := (*BatchNorm)(b).part(chunk)
	b.k.arith.normMoments(rows, b.columns, b.x[from:to], mean, squares)
}

type normApply BatchNorm

func (b *normApply) chunk(chunk, _ int) {
	rows, from, to, _, _ := (*BatchNorm)(b).part(chunk)
	b.k.arith.normApply(rows, b.columns, b.x[from:to], cut(b.skip, from, to), b.numbers, b.act, b.y[from:to])
}

type normSums BatchNorm

func (b *normSums) chunk(chunk, _ int) {
	rows, from, to, sum, product := (*BatchNorm)(b).part(chunk)
	b.k.arith.normSums(rows, b.columns, b.x[from:to], cut(b.y, from, to), b.dy[from:to], b.numbers, b.shape.Activation,
		cut(b.g, from, to), sum, product)
}

type normGrad BatchNorm

func (b *normGrad) chunk(chunk, _ int) {
	rows, from, to, _, _ := (*BatchNorm)(b).part(chunk)
	b.k.arith.normGrad(rows, b.columns, b.x[from:to], b.dy[from:to], b.numbers, b.shape.Activation, b.dx[from:to])
}
