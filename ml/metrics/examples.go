package metrics

import (
	"cmp"
	"slices"
)

// Hardest returns the n pictures with the largest loss, the largest first.
func (p Predictions) Hardest(n int) []int {
	return p.top(n, func(int) bool { return true }, p.PictureLoss)
}

// ConfidentWrong returns the n wrong answers given with the most confidence,
// the most confident first.
func (p Predictions) ConfidentWrong(n int) []int {
	return p.top(n, func(i int) bool { return !p.Right(i) }, p.Confidence)
}

// LeastSure returns the n pictures whose two most probable classes are closest,
// the closest first.
func (p Predictions) LeastSure(n int) []int {
	return p.top(n, func(int) bool { return true }, func(i int) float64 { return -p.Margin(i) })
}

// Cell returns the pictures of a class that were predicted to be of another,
// in their order: the content of one cell of the confusion matrix.
func (p Predictions) Cell(class, predicted int) []int {
	var pictures []int
	for i, label := range p.Labels {
		if int(label) == class && p.Predicted(i) == predicted {
			pictures = append(pictures, i)
		}
	}
	return pictures
}

// Margin returns by how much the most probable class of picture i leads the
// next.
func (p Predictions) Margin(i int) float64 {
	row := p.Row(i)
	best := Argmax(row)
	second := float32(0)
	for c, prob := range row {
		if c != best {
			second = max(second, prob)
		}
	}
	return float64(row[best] - second)
}

// top returns the n pictures among those wanted with the largest value; of
// equals the first come first.
func (p Predictions) top(n int, wanted func(i int) bool, value func(i int) float64) []int {
	type ranked struct {
		picture int
		value   float64
	}
	var all []ranked
	for i := range p.Labels {
		if wanted(i) {
			all = append(all, ranked{i, value(i)})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(b.value, a.value) })
	pictures := make([]int, 0, min(n, len(all)))
	for _, r := range all[:min(n, len(all))] {
		pictures = append(pictures, r.picture)
	}
	return pictures
}
