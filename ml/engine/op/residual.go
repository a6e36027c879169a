package op

import (
	"atelier/ml/engine/kernel"
	"atelier/ml/nn"
)

// Residual is the basic residual block, version 1 (He et al. 2015):
// relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)). Parameters: as
// nn.Residual.Params lists them.
//
// The convolutions share the work of the batch normalisations, so that only
// their own results are stored in between.
type Residual struct {
	conv1, conv2 *Conv
	bn1, bn2     *BatchNorm
	shortcut     *Conv // nil: the identity
	shortcutBN   *BatchNorm
	in, out      int

	c1, c2 []float32 // after conv1 and conv2
	s      []float32 // after the shortcut's convolution
	dsum   []float32 // gradient before the last activation
	db     []float32 // gradient between bn1 and conv2
	dshort []float32 // gradient of x through the shortcut
}

// NewResidual plans l for maps of shape in.
func NewResidual(k *kernel.Kernels, l nn.Residual, in nn.Shape) (*Residual, error) {
	parts := l.Parts(in)
	b := &Residual{in: in.Size(), out: parts[0].Out.Size()}
	// part plans a convolution and the normalisation behind it.
	part := func(i int, before *BatchNorm, act nn.Activation) (*Conv, *BatchNorm, error) {
		norm, err := NewBatchNorm(k, parts[i+1].Layer.(nn.BatchNorm), parts[i+1].In, act)
		if err != nil {
			return nil, nil, err
		}
		conv, err := newConv(k, parts[i].Layer.(nn.Conv2D), parts[i].In, Fused{}, before, norm)
		return conv, norm, err
	}
	var err error
	if b.conv1, b.bn1, err = part(0, nil, nn.ReLU); err != nil {
		return nil, err
	}
	if b.conv2, b.bn2, err = part(2, b.bn1, nn.Linear); err != nil {
		return nil, err
	}
	if l.Projects(in) {
		if b.shortcut, b.shortcutBN, err = part(4, nil, nn.Linear); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *Residual) String() string { return "Residual" }

// Forward computes y.
func (b *Residual) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	size := r.N * b.out
	c1, c2 := b.c1[:size], b.c2[:size]
	b.conv1.Forward(r, x, p[0:1], c1)
	b.bn1.statistics(r, p[1:5])
	b.conv2.Forward(r, c1, p[5:6], c2)
	b.bn2.statistics(r, p[6:10])
	skip := x
	if b.shortcut != nil {
		s := b.s[:size]
		b.shortcut.Forward(r, x, p[10:11], s)
		b.shortcutBN.statistics(r, p[11:15])
		b.shortcutBN.plan.Apply(r.N, s, nil, y)
		skip = y
	}
	b.bn2.plan.Apply(r.N, c2, skip, y)
}

// Backward computes the gradients.
func (b *Residual) Backward(r *Run, x []float32, p [][]float32, y, dy, dx []float32, dp [][]float32) {
	size := r.N * b.out
	c1, c2 := b.c1[:size], b.c2[:size]
	dsum, db := b.dsum[:size], b.db[:size]
	b.bn2.plan.Sums(r.N, c2, y, dy, dsum)
	b.bn2.gradients(r, p[6:10], dp[6:10])
	b.conv2.Backward(r, c1, p[5:6], c2, dsum, db, dp[5:6])
	b.bn1.gradients(r, p[1:5], dp[1:5])
	var skip []float32 // gradient of x through the shortcut
	switch {
	case b.shortcut != nil:
		if dx != nil {
			skip = b.dshort[:r.N*b.in]
		}
		s := b.s[:size]
		b.shortcutBN.plan.Sums(r.N, s, nil, dsum, nil)
		b.shortcutBN.gradients(r, p[11:15], dp[11:15])
		b.shortcut.Backward(r, x, p[10:11], s, dsum, skip, dp[10:11])
	case dx != nil:
		skip = dsum
	}
	b.conv1.backward(r, x, p[0:1], c1, db, skip, dx, dp[0:1])
}

// Uses: x for the convolutions, y for the last activation.
func (b *Residual) Uses() (x, y bool) { return true, true }

// Buffers keeps the maps inside the block.
func (b *Residual) Buffers() []Buffer {
	buffers := []Buffer{
		floatBuffer(b.out, Kept, &b.c1),
		floatBuffer(b.out, Kept, &b.c2),
		floatBuffer(b.out, BackwardScratch, &b.dsum),
		floatBuffer(b.out, BackwardScratch, &b.db),
	}
	if b.shortcut != nil {
		buffers = append(buffers,
			floatBuffer(b.out, Kept, &b.s),
			floatBuffer(b.in, BackwardScratch, &b.dshort))
	}
	return buffers
}

// FoldedResidual is the block at prediction, its batch normalisations folded
// into the convolutions. Parameters: kernel and bias of conv1, of conv2 and,
// when the block changes the shape, of the shortcut.
type FoldedResidual struct {
	conv1, conv2, shortcut *Conv
	out                    int
	t, s                   []float32
}

// NewFoldedResidual plans l for maps of shape in.
func NewFoldedResidual(k *kernel.Kernels, l nn.Residual, in nn.Shape) (*FoldedResidual, error) {
	parts := l.Parts(in)
	b := &FoldedResidual{out: parts[0].Out.Size()}
	var err error
	if b.conv1, err = NewConv(k, parts[0].Layer.(nn.Conv2D), parts[0].In, Fused{Activation: nn.ReLU, Inference: true}); err != nil {
		return nil, err
	}
	if b.conv2, err = NewConv(k, parts[2].Layer.(nn.Conv2D), parts[2].In, Fused{Activation: nn.ReLU, Inference: true}); err != nil {
		return nil, err
	}
	if l.Projects(in) {
		if b.shortcut, err = NewConv(k, parts[4].Layer.(nn.Conv2D), parts[4].In, Fused{Inference: true}); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *FoldedResidual) String() string { return "FoldedResidual" }

// Forward computes y.
func (b *FoldedResidual) Forward(r *Run, x []float32, p [][]float32, y []float32) {
	t := b.t[:r.N*b.out]
	b.conv1.Forward(r, x, p[0:2], t)
	skip := x
	if b.shortcut != nil {
		skip = b.s[:r.N*b.out]
		b.shortcut.Forward(r, x, p[4:6], skip)
	}
	b.conv2.infer(r, t, p[2:4], skip, y)
}

// Backward does not exist for a folded block.
func (b *FoldedResidual) Backward(*Run, []float32, [][]float32, []float32, []float32, []float32, [][]float32) {
	panic("op: a folded block has no gradient")
}

// Uses neither.
func (b *FoldedResidual) Uses() (x, y bool) { return false, false }

// Buffers is scratch for the maps inside the block.
func (b *FoldedResidual) Buffers() []Buffer {
	buffers := []Buffer{floatBuffer(b.out, ForwardScratch, &b.t)}
	if b.shortcut != nil {
		buffers = append(buffers, floatBuffer(b.out, ForwardScratch, &b.s))
	}
	return buffers
}
