package dataset

import (
	"context"
	"io"
)

// Batch is a batch ready for a training step.
type Batch struct {
	Index   int       // which batch of the epoch, from 0
	N       int       // pictures in it
	X       []float32 // N·H·W, in [0, 1]
	Targets []float32 // N·classes; each row sums to 1
}

// Feed turns a set into batches: shuffled, augmented, normalised, with
// targets. It is a plain value; Epoch does the work.
type Feed struct {
	Set     *Set
	Indices []int // the pictures to use
	Classes int
	Batch   int // pictures a batch
	Augment Augment
	// Smoothing is the part of each target that is spread evenly over all
	// classes (Keras's label_smoothing): y·(1−s) + s/classes.
	Smoothing float64
	Seed      uint64
}

// Steps is the number of batches of an epoch.
func (f Feed) Steps() int { return (len(f.Indices) + f.Batch - 1) / f.Batch }

// Epoch starts to prepare the batches of one epoch (from 0), beginning with
// batch first, in the order that Order gives. Each batch depends only on the
// feed, the epoch and its index, so that a run taken up in the middle of an
// epoch sees the very batches of an uninterrupted one. Close the loader when
// done with it.
func (f Feed) Epoch(ctx context.Context, epoch, first int) *Loader {
	ctx, cancel := context.WithCancel(ctx)
	l := &Loader{
		ctx: ctx, cancel: cancel,
		ready: make(chan Batch), used: make(chan Batch, 2), done: make(chan struct{}),
	}
	pixels := f.Set.H * f.Set.W
	for range cap(l.used) {
		l.used <- Batch{X: make([]float32, f.Batch*pixels), Targets: make([]float32, f.Batch*f.Classes)}
	}
	go l.run(f, epoch, first)
	return l
}

// Loader hands out the batches of one epoch. The next batch is prepared in the
// background while the caller works on the one it has.
type Loader struct {
	ctx     context.Context
	cancel  context.CancelFunc
	ready   chan Batch
	used    chan Batch
	done    chan struct{}
	current Batch
}

// Next returns the next batch, io.EOF after the last one, or the context's
// error. The batch's memory is used again after the following call.
func (l *Loader) Next() (Batch, error) {
	if l.current.X != nil {
		l.used <- l.current
		l.current = Batch{}
	}
	if err := l.ctx.Err(); err != nil {
		return Batch{}, err
	}
	select {
	case b, ok := <-l.ready:
		if !ok {
			if err := l.ctx.Err(); err != nil {
				return Batch{}, err
			}
			return Batch{}, io.EOF
		}
		l.current = b
		return b, nil
	case <-l.ctx.Done():
		return Batch{}, l.ctx.Err()
	}
}

// Close stops the preparation and waits for it to end.
func (l *Loader) Close() {
	l.cancel()
	<-l.done
}

func (l *Loader) run(f Feed, epoch, first int) {
	defer close(l.done)
	defer close(l.ready)
	batches := Batches(Order(f.Indices, epoch, f.Seed), f.Batch)
	w := newAssembler(f)
	for i := first; i < len(batches); i++ {
		var b Batch
		select {
		case b = <-l.used:
		case <-l.ctx.Done():
			return
		}
		b = w.assemble(b, batches[i], epoch, i)
		select {
		case l.ready <- b:
		case <-l.ctx.Done():
			return
		}
	}
}

// assembler fills batches, with scratch memory that it keeps.
type assembler struct {
	Feed
	tailor *tailor
	first  []float32 // a picture or a target, for mixup
	parts  []float32 // of the other picture, for mixup
}

func newAssembler(f Feed) *assembler {
	pixels := f.Set.H * f.Set.W
	return &assembler{
		Feed:   f,
		tailor: newTailor(f.Set.H, f.Set.W),
		first:  make([]float32, max(pixels, f.Classes)),
		parts:  make([]float32, f.Batch),
	}
}

// assemble writes the pictures of indices to b's memory.
func (a *assembler) assemble(b Batch, indices []int, epoch, index int) Batch {
	pixels := a.Set.H * a.Set.W
	b.Index, b.N = index, len(indices)
	b.X = b.X[:b.N*pixels]
	b.Targets = b.Targets[:b.N*a.Classes]
	OneHot(b.Targets, a.Set, indices, a.Classes)
	if s := float32(a.Smoothing); s > 0 {
		for i, t := range b.Targets {
			b.Targets[i] = t*(1-s) + s/float32(a.Classes)
		}
	}
	if a.Augment.IsZero() {
		Fill(b.X, a.Set, indices)
		return b
	}
	for k, i := range indices {
		rng := a.stream(epoch, index, k)
		if a.Augment.apply(b.X[k*pixels:(k+1)*pixels], a.Set.Image(i), a.Set.H, a.Set.W, a.tailor, &rng) {
			target := b.Targets[k*a.Classes : (k+1)*a.Classes]
			for c := range target {
				target[c] = 1 / float32(a.Classes)
			}
		}
	}
	if a.Augment.Mixup > 0 && b.N > 1 {
		a.mixup(b, epoch, index)
	}
	return b
}

func (a *assembler) stream(epoch, index, k int) stream {
	return newStream(a.Seed^augmentKey, uint64(epoch), uint64(index*a.Batch+k))
}

// mixup blends each picture with the one after it, the last with the first.
// The order is random already, so the neighbour is a random picture.
func (a *assembler) mixup(b Batch, epoch, index int) {
	parts := a.parts[:b.N]
	for k := range parts {
		rng := a.stream(epoch, index, k)
		rng.state ^= mixupKey
		parts[k] = float32(rng.beta(a.Augment.Mixup))
	}
	a.blend(b.X, a.Set.H*a.Set.W, parts)
	a.blend(b.Targets, a.Classes, parts)
}

// blend moves each row of the given width by its part towards the next row.
func (a *assembler) blend(rows []float32, width int, parts []float32) {
	first := a.first[:width]
	copy(first, rows)
	for k, part := range parts {
		row, other := rows[k*width:(k+1)*width], first
		if k+1 < len(parts) {
			other = rows[(k+1)*width : (k+2)*width]
		}
		for j, v := range other {
			row[j] += part * (v - row[j])
		}
	}
}
