package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"atelier/ml/nn"
)

// Loss is the mean categorical cross-entropy of softmax(logits) against
// targets, fused with the softmax for accuracy and speed.
type Loss struct {
	Run     *Run
	Classes int

	Probs   *tensor.Dense // (capacity, classes), written by each run
	DLogits *tensor.Dense // (capacity, classes)

	Value   float64 // of the last run
	Correct int     // rows whose largest probability is where the largest target is
}

// Apply adds the loss to the graph of logits and targets, both (capacity, classes).
func (l *Loss) Apply(logits, targets *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.ApplyOp(&lossOp{
		base:  newBase("SoftmaxCrossEntropy", tensor.ScalarShape(), typesOf(logits, targets)),
		loss:  l,
		value: gorgonia.NewF32(0),
	}, logits, targets)
}

type lossOp struct {
	base
	loss  *Loss
	value *gorgonia.F32
}

func (o *lossOp) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	l := o.loss
	size := l.Run.N * l.Classes
	l.Value, l.Correct = l.Run.Kernels.SoftmaxCrossEntropy(l.Run.N, l.Classes,
		floats(inputs[0])[:size], floats(inputs[1])[:size], floats(l.Probs)[:size], floats(l.DLogits)[:size])
	*o.value = gorgonia.F32(l.Value)
	return o.value, nil
}

func (o *lossOp) DiffWRT(int) []bool { return []bool{true, false} }

// SymDiff hands out the gradient that Do has already computed. The loss is the
// root of the graph, so the gradient that arrives here is 1.
func (o *lossOp) SymDiff(_ gorgonia.Nodes, output, _ *gorgonia.Node) (gorgonia.Nodes, error) {
	t := &tap{base: newBase("SoftmaxCrossEntropyGrad", o.loss.DLogits.Shape(), typesOf(output)), out: o.loss.DLogits}
	grad, err := gorgonia.ApplyOp(t, output)
	return gorgonia.Nodes{grad, nil}, err
}

// Score is the weighted sum of the logits of the images in use: with weights
// that are 1 for one class, the score that Grad-CAM explains. Its gradient is
// the weights.
type Score struct {
	Run     *Run
	Classes int
}

// Apply adds the score to the graph of logits and weights, both (capacity, classes).
func (s *Score) Apply(logits, weights *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.ApplyOp(&scoreOp{
		base:  newBase("Score", tensor.ScalarShape(), typesOf(logits, weights)),
		score: s,
		value: gorgonia.NewF32(0),
	}, logits, weights)
}

type scoreOp struct {
	base
	score *Score
	value *gorgonia.F32
}

func (o *scoreOp) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	logits, weights := floats(inputs[0]), floats(inputs[1])
	sum := 0.0
	for i, w := range weights[:o.score.Run.N*o.score.Classes] {
		sum += float64(w) * float64(logits[i])
	}
	*o.value = gorgonia.F32(sum)
	return o.value, nil
}

func (o *scoreOp) DiffWRT(int) []bool { return []bool{true, false} }

func (o *scoreOp) SymDiff(inputs gorgonia.Nodes, _, _ *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{inputs[1], nil}, nil
}

// Softmax turns logits into probabilities at prediction.
type Softmax struct {
	noBuffers
	classes int
}

// NewSoftmax plans it for vectors of shape in.
func NewSoftmax(in nn.Shape) *Softmax { return &Softmax{classes: in.Size()} }

func (s *Softmax) String() string { return "Softmax" }

// Forward normalises each row.
func (s *Softmax) Forward(r *Run, x []float32, _ [][]float32, y []float32) {
	r.Kernels.Softmax(r.N, s.classes, x, y)
}

// Backward is the Jacobian of the softmax times dy: dx = y·(dy - Σ y·dy).
func (s *Softmax) Backward(_ *Run, _ []float32, _ [][]float32, y, dy, dx []float32, _ [][]float32) {
	for ; len(y) > 0; y, dy, dx = y[s.classes:], dy[s.classes:], dx[s.classes:] {
		var dot float32
		for i := range s.classes {
			dot += y[i] * dy[i]
		}
		for i := range s.classes {
			dx[i] = y[i] * (dy[i] - dot)
		}
	}
}

// Uses y.
func (s *Softmax) Uses() (x, y bool) { return false, true }
