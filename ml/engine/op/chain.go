package op

import (
	"fmt"
	"strings"

	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Chain is convolutions one behind the other, with the batch normalisations
// between, before and behind them, of whose work the convolutions do a part: what
// a normalisation makes of a map is never stored, except at the chain's end.
// Parameters: those of its layers, in order.
type Chain struct {
	first *BatchNorm // of x; nil for none
	links []link
	d     [2][]float32 // gradients between links, in turn
	sizes [2]int       // numbers an image in them
}

// link is a convolution and the batch normalisation behind it, nil for none.
type link struct {
	conv   Layer // Conv or Depthwise
	params int   // of the convolution
	norm   *BatchNorm
	out    int // numbers an image in z
	z      []float32
}

// Norm is a batch normalisation and the activation behind it.
type Norm struct {
	Layer      nn.BatchNorm
	Activation nn.Activation
}

// Part is a convolution of a chain, an nn.Conv2D or an nn.DepthwiseConv2D without
// activation of its own, and what is behind it: a normalisation, for training and
// not behind a depthwise convolution, or what is fused, at the chain's end.
type Part struct {
	Layer nn.Layer
	In    nn.Shape
	Norm  *Norm
	Fused Fused
}

// NewChain plans parts, each of which takes what the one before makes. first is the
// normalisation of the input, nil for none.
func NewChain(k *kernel.Kernels, first *Norm, parts []Part) (*Chain, error) {
	c := &Chain{}
	plan := func(n *Norm, in nn.Shape) (*BatchNorm, error) {
		if n == nil {
			return nil, nil
		}
		return NewBatchNorm(k, n.Layer, in, n.Activation)
	}
	before, err := plan(first, parts[0].In)
	if err != nil {
		return nil, err
	}
	c.first = before
	for i, part := range parts {
		out, err := part.Layer.Output(part.In)
		if err != nil {
			return nil, err
		}
		l := link{out: out.Size()}
		if l.norm, err = plan(part.Norm, out); err != nil {
			return nil, err
		}
		noBias := false
		switch v := part.Layer.(type) {
		case nn.Conv2D:
			noBias = v.NoBias
			l.conv, err = newConv(k, v, part.In, part.Fused, before, l.norm)
		case nn.DepthwiseConv2D:
			noBias = v.NoBias
			l.conv, err = newDepthwise(k, v, part.In, nn.Linear, before)
		default:
			err = fmt.Errorf("a %s cannot be a part of a chain", v.Kind())
		}
		if err != nil {
			return nil, err
		}
		l.params = 2
		if noBias {
			l.params = 1
		}
		c.links = append(c.links, l)
		before = l.norm
		if i+1 < len(parts) {
			c.sizes[i%2] = max(c.sizes[i%2], l.out)
		}
	}
	return c, nil
}

func (c *Chain) String() string {
	var names []string
	if c.first != nil {
		names = append(names, c.first.String())
	}
	for _, l := range c.links {
		names = append(names, l.conv.String())
		if l.norm != nil {
			names = append(names, l.norm.String())
		}
	}
	return strings.Join(names, "+")
}

// normParams is how many parameters a batch normalisation has.
const normParams = 4

// Forward computes y.
func (c *Chain) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	if c.first != nil {
		if r.Training {
			c.first.plan.Moments(r.N, x)
		}
		c.first.statistics(r, p)
		p = p[normParams:]
	}
	for i, l := range c.links {
		z := c.output(r, i, y)
		l.conv.Forward(r, x, p[:l.params], z)
		x, p = z, p[l.params:]
		if l.norm != nil {
			l.norm.statistics(r, p)
			p = p[normParams:]
		}
	}
	if norm := c.links[len(c.links)-1].norm; norm != nil {
		norm.plan.Apply(r.N, x, nil, y)
	}
}

// output is where link i puts its result: y, unless it has a place of its own.
func (c *Chain) output(r *Run, i int, y []float32) []float32 {
	if c.stored(i) {
		return c.links[i].z[:r.N*c.links[i].out]
	}
	return y
}

// stored tells whether the result of link i has a place of its own.
func (c *Chain) stored(i int) bool { return i+1 < len(c.links) || c.links[i].norm != nil }

// Backward computes the gradients.
func (c *Chain) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	last := len(c.links) - 1
	if norm := c.links[last].norm; norm != nil {
		norm.plan.Sums(r.N, c.output(r, last, y), nil, dy, nil)
	}
	end := len(p)
	for i := last; i >= 0; i-- {
		l := c.links[i]
		if l.norm != nil { // its sums are those of dy, or of the link behind
			end -= normParams
			l.norm.gradients(r, p[end:], dp[end:])
		}
		in, din := x, dx
		if i > 0 {
			in, din = c.output(r, i-1, y), c.d[(i-1)%2][:r.N*c.links[i-1].out]
		}
		end -= l.params
		l.conv.Backward(r, in, p[end:end+l.params], c.output(r, i, y), dy, din, dp[end:end+l.params])
		dy = din
	}
	if c.first != nil {
		c.first.gradients(r, p, dp)
		c.first.plan.InputGradient(r.N, x, dx, dx)
	}
}

// Uses: x for the gradient of the first kernel, y as the last convolution does
// where nothing is behind it.
func (c *Chain) Uses() (x, y bool) {
	last := len(c.links) - 1
	if !c.stored(last) {
		_, y = c.links[last].conv.Uses()
	}
	return true, y
}

// Buffers keeps what the convolutions make, as far as it is not y.
func (c *Chain) Buffers() []Buffer {
	var buffers []Buffer
	for i := range c.links {
		l := &c.links[i]
		buffers = append(buffers, l.conv.Buffers()...)
		if c.stored(i) {
			buffers = append(buffers, floatBuffer(l.out, Kept, &l.z))
		}
	}
	for i := range c.d {
		if c.sizes[i] > 0 {
			buffers = append(buffers, floatBuffer(c.sizes[i], BackwardScratch, &c.d[i]))
		}
	}
	return buffers
}
