package op

import (
	"fmt"
	"hash"
	"sync/atomic"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Stage binds a Layer to the buffers that its operations write.
type Stage struct {
	Layer Layer
	Run   *Run
	In    int // numbers an image in x
	Out   int // numbers an image in y

	Y     *tensor.Dense   // (capacity, …)
	DX    *tensor.Dense   // shape of x; nil when nothing before this layer is trained
	Grads []*tensor.Dense // one for each parameter; nil for those that are not trained
}

// Apply adds the layer to the graph of x.
func (s *Stage) Apply(x *gorgonia.Node, params []*gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.ApplyOp(&forward{
		base:  newBase(s.Layer.String(), s.Y.Shape(), typesOf(x, params...)),
		stage: s,
		p:     make([][]float32, len(params)),
	}, append(gorgonia.Nodes{x}, params...)...)
}

// forward computes y.
type forward struct {
	base
	stage *Stage
	p     [][]float32
}

func (f *forward) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	s := f.stage
	n := s.Run.N
	for i := range f.p {
		f.p[i] = floats(inputs[1+i])
	}
	s.Layer.Forward(s.Run, floats(inputs[0])[:n*s.In], f.p, floats(s.Y)[:n*s.Out])
	return s.Y, nil
}

func (f *forward) DiffWRT(inputs int) []bool {
	wrt := make([]bool, inputs)
	wrt[0] = f.stage.DX != nil
	for i, g := range f.stage.Grads {
		wrt[1+i] = g != nil
	}
	return wrt
}

// SymDiff adds the backward operation and a tap for each trained parameter.
func (f *forward) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	s := f.stage
	b := &backward{
		stage: s,
		p:     make([][]float32, len(s.Grads)),
		dp:    make([][]float32, len(s.Grads)),
		out:   s.DX,
	}
	if b.out == nil {
		b.out = token()
	}
	nodes := append(append(gorgonia.Nodes{}, inputs...), output, grad)
	b.base = newBase(f.name+"Grad", b.out.Shape(), typesOf(nodes[0], nodes[1:]...))
	back, err := gorgonia.ApplyOp(b, nodes...)
	if err != nil {
		return nil, err
	}
	grads := make(gorgonia.Nodes, len(inputs))
	if s.DX != nil {
		grads[0] = back
	}
	for i, g := range s.Grads {
		if g == nil {
			continue
		}
		t := &tap{base: newBase(fmt.Sprintf("%sGrad/%d", f.name, i), g.Shape(), typesOf(back)), out: g}
		if grads[1+i], err = gorgonia.ApplyOp(t, back); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// backward computes all gradients of a stage; its value is dx.
type backward struct {
	base
	stage *Stage
	p, dp [][]float32
	out   *tensor.Dense
}

func (b *backward) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	s := b.stage
	n := s.Run.N
	for i := range b.p {
		b.p[i] = floats(inputs[1+i])
		if s.Grads[i] != nil {
			b.dp[i] = floats(s.Grads[i])
		}
	}
	var dx []float32
	if s.DX != nil {
		dx = floats(s.DX)[:n*s.In]
	}
	y, dy := inputs[len(inputs)-2], inputs[len(inputs)-1]
	s.Layer.Backward(s.Run, floats(inputs[0])[:n*s.In], b.p, floats(y)[:n*s.Out], floats(dy)[:n*s.Out], dx, b.dp)
	return b.out, nil
}

// tap hands one result of another operation to the graph.
type tap struct {
	base
	out *tensor.Dense
}

func (t *tap) Do(...gorgonia.Value) (gorgonia.Value, error) { return t.out, nil }

// token is the value of an operation that is run for its side effects.
func token() *tensor.Dense { return tensor.New(tensor.WithShape(1), tensor.Of(tensor.Float32)) }

// base answers what Gorgonia asks of every operation.
//
// Each one has a number of its own as its hash: Gorgonia merges operations of
// equal hash and equal inputs, which would make one of two dropouts.
type base struct {
	name  string
	id    uint32
	shape tensor.Shape
	arity int
	typ   hm.Type
}

var lastID atomic.Uint32

func newBase(name string, shape tensor.Shape, inputs []hm.Type) base {
	var result hm.Type = tensor.Float32
	if !shape.IsScalar() {
		result = gorgonia.TensorType{Dims: shape.Dims(), Of: tensor.Float32}
	}
	return base{
		name:  name,
		id:    lastID.Add(1),
		shape: shape,
		arity: len(inputs),
		typ:   hm.NewFnType(append(inputs, result)...),
	}
}

func typesOf(first *gorgonia.Node, rest ...*gorgonia.Node) []hm.Type {
	types := []hm.Type{first.Type()}
	for _, n := range rest {
		types = append(types, n.Type())
	}
	return types
}

func (b *base) Arity() int            { return b.arity }
func (b *base) Type() hm.Type         { return b.typ }
func (b *base) ReturnsPtr() bool      { return true }
func (b *base) CallsExtern() bool     { return false }
func (b *base) OverwritesInput() int  { return -1 }
func (b *base) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s#%d", b.name, b.id) }
func (b *base) Hashcode() uint32      { return b.id }
func (b *base) String() string        { return b.name }

func (b *base) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return b.shape.Clone(), nil }

func floats(v gorgonia.Value) []float32 { return v.(*tensor.Dense).Float32s() }
