// Package metrics judges a classifier's predictions: accuracy, loss, confusion,
// figures a class, calibration, comparison with another classifier, and the
// pictures that are worth a look. Everything is a pure function of the
// probabilities and the true labels. Definitions are scikit-learn's where it
// has them (https://scikit-learn.org/stable/modules/model_evaluation.html).
package metrics

import (
	"fmt"
	"math"
)

// Predictions are a classifier's answers for a set of labelled pictures.
type Predictions struct {
	Probs   []float32 // len(Labels) rows of Classes probabilities
	Labels  []uint8   // the true classes
	Classes int
}

// New checks that the parts fit together: Classes ≥ 2, at least one picture,
// one row of probabilities a label, every label below Classes.
func New(probs []float32, labels []uint8, classes int) (Predictions, error) {
	switch {
	case classes < 2 || classes > 256:
		return Predictions{}, fmt.Errorf("predictions of %d classes cannot be judged: there must be 2 to 256", classes)
	case len(labels) == 0:
		return Predictions{}, fmt.Errorf("there are no pictures to judge the predictions by")
	case len(probs) != len(labels)*classes:
		return Predictions{}, fmt.Errorf("%d pictures of %d classes need %d probabilities, not %d", len(labels), classes, len(labels)*classes, len(probs))
	}
	for i, label := range labels {
		if int(label) >= classes {
			return Predictions{}, fmt.Errorf("picture %d has the label %d, but the network tells only the classes 0 to %d apart: choose a dataset with the classes it was trained on", i, label, classes-1)
		}
	}
	return Predictions{probs, labels, classes}, nil
}

// Len returns the number of pictures.
func (p Predictions) Len() int { return len(p.Labels) }

// Row returns the probabilities of picture i.
func (p Predictions) Row(i int) []float32 { return p.Probs[i*p.Classes : (i+1)*p.Classes] }

// Predicted returns the most probable class of picture i, the first of equals.
func (p Predictions) Predicted(i int) int { return Argmax(p.Row(i)) }

// Confidence returns the largest probability of picture i.
func (p Predictions) Confidence(i int) float64 {
	row := p.Row(i)
	return float64(row[Argmax(row)])
}

// Right reports whether the most probable class of picture i is the true one.
func (p Predictions) Right(i int) bool { return p.Predicted(i) == int(p.Labels[i]) }

// Correct counts the pictures whose most probable class is the true one.
func (p Predictions) Correct() int {
	correct := 0
	for i := range p.Labels {
		if p.Right(i) {
			correct++
		}
	}
	return correct
}

// Accuracy returns the share of Correct.
func (p Predictions) Accuracy() float64 { return float64(p.Correct()) / float64(p.Len()) }

// smallest bounds probabilities away from zero before a logarithm, as Keras's
// categorical cross-entropy does.
const smallest = 1e-7

// PictureLoss returns the cross-entropy of picture i: -log of the probability
// given to its true class.
func (p Predictions) PictureLoss(i int) float64 {
	prob := float64(p.Row(i)[p.Labels[i]])
	return -math.Log(min(max(prob, smallest), 1-smallest))
}

// Loss returns the mean cross-entropy.
func (p Predictions) Loss() float64 {
	sum := 0.0
	for i := range p.Labels {
		sum += p.PictureLoss(i)
	}
	return sum / float64(p.Len())
}

// TopK returns the share of pictures whose true class is among the k most
// probable ones. Of equal probabilities the first class counts as larger.
func (p Predictions) TopK(k int) float64 {
	hits := 0
	for i, label := range p.Labels {
		row, rank := p.Row(i), 0
		for c, prob := range row {
			if prob > row[label] || prob == row[label] && c < int(label) {
				rank++
			}
		}
		if rank < k {
			hits++
		}
	}
	return float64(hits) / float64(p.Len())
}

// Argmax returns the index of the largest number, the first of equals.
func Argmax(row []float32) int {
	best := 0
	for i, x := range row {
		if x > row[best] {
			best = i
		}
	}
	return best
}

// Interval is a range that a figure lies in.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Wilson returns the 95 % confidence interval of a share (Wilson 1927): where
// the true accuracy lies, were there endless pictures of the same kind.
func Wilson(correct, total int) Interval {
	const z = 1.959963984540054
	n, share := float64(total), float64(correct)/float64(total)
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return Interval{max(middle-half, 0), min(middle+half, 1)}
}
