package metrics

import (
	"cmp"
	"slices"
)

// Confusion counts pictures by true class (row) and predicted class (column).
type Confusion [][]int

// Confusion returns the confusion matrix. Its rows sum to the class counts.
func (p Predictions) Confusion() Confusion {
	c := newConfusion(p.Classes)
	for i, label := range p.Labels {
		c[label][p.Predicted(i)]++
	}
	return c
}

func newConfusion(classes int) Confusion {
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	return c
}

// Total returns the number of pictures.
func (c Confusion) Total() int {
	total := 0
	for i := range c {
		total += c.Row(i)
	}
	return total
}

// Correct returns the sum of the diagonal.
func (c Confusion) Correct() int {
	correct := 0
	for i := range c {
		correct += c[i][i]
	}
	return correct
}

// Row returns how many pictures truly are of a class.
func (c Confusion) Row(class int) int {
	sum := 0
	for _, n := range c[class] {
		sum += n
	}
	return sum
}

// Column returns how many pictures were predicted to be of a class.
func (c Confusion) Column(class int) int {
	sum := 0
	for _, row := range c {
		sum += row[class]
	}
	return sum
}

// Shares returns each count divided by its row's sum; a row without pictures is
// all zeros.
func (c Confusion) Shares() [][]float64 {
	shares := make([][]float64, len(c))
	for i, row := range c {
		shares[i] = make([]float64, len(row))
		if sum := c.Row(i); sum > 0 {
			for j, n := range row {
				shares[i][j] = float64(n) / float64(sum)
			}
		}
	}
	return shares
}

// Order returns the classes in an order that puts those that are confused next
// to each other: it starts with the most confused pair and goes on, at either
// end, with the class most confused with that end.
func (c Confusion) Order() []int {
	mutual := func(a, b int) int { return c[a][b] + c[b][a] }
	order := []int{0}
	if len(c) > 1 {
		order = []int{0, 1}
		for a := range c {
			for b := a + 1; b < len(c); b++ {
				if mutual(a, b) > mutual(order[0], order[1]) {
					order = []int{a, b}
				}
			}
		}
	}
	for len(order) < len(c) {
		first, last := order[0], order[len(order)-1]
		best, front, most := -1, false, -1
		for class := range c {
			if slices.Contains(order, class) {
				continue
			}
			if n := mutual(class, last); n > most {
				best, front, most = class, false, n
			}
			if n := mutual(class, first); n > most {
				best, front, most = class, true, n
			}
		}
		if front {
			order = slices.Insert(order, 0, best)
		} else {
			order = append(order, best)
		}
	}
	return order
}

// Permute returns the matrix with its classes in another order.
func (c Confusion) Permute(order []int) Confusion {
	out := newConfusion(len(order))
	for i, a := range order {
		for j, b := range order {
			out[i][j] = c[a][b]
		}
	}
	return out
}

// Pair is a way of being wrong: pictures of class True taken for Predicted.
type Pair struct {
	True      int     `json:"true"`
	Predicted int     `json:"predicted"`
	Count     int     `json:"count"`
	Share     float64 `json:"share"` // of the pictures of class True
}

// Pairs returns the n most frequent ways of being wrong, the most frequent
// first.
func (c Confusion) Pairs(n int) []Pair {
	var pairs []Pair
	shares := c.Shares()
	for i, row := range c {
		for j, count := range row {
			if i != j && count > 0 {
				pairs = append(pairs, Pair{i, j, count, shares[i][j]})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b Pair) int { return cmp.Compare(b.Count, a.Count) })
	return pairs[:min(n, len(pairs))]
}

// Scores are the figures of a class or their mean.
type Scores struct {
	Precision float64 `json:"precision"` // of those predicted to be of the class, the share that are
	Recall    float64 `json:"recall"`    // of those of the class, the share predicted to be
	F1        float64 `json:"f1"`        // harmonic mean of both
	Support   int     `json:"support"`   // pictures of the class
}

// Report holds the figures of each class and their means, as scikit-learn's
// classification_report does. A share of nothing is 0.
type Report struct {
	PerClass []Scores `json:"per_class"`
	Macro    Scores   `json:"macro"`    // plain mean over classes
	Weighted Scores   `json:"weighted"` // mean weighted by support
	Accuracy float64  `json:"accuracy"`
}

// Report returns precision, recall, F1 and support.
func (c Confusion) Report() Report {
	total := c.Total()
	r := Report{
		PerClass: make([]Scores, len(c)),
		Macro:    Scores{Support: total},
		Weighted: Scores{Support: total},
		Accuracy: share(c.Correct(), total),
	}
	for i := range c {
		s := Scores{
			Precision: share(c[i][i], c.Column(i)),
			Recall:    share(c[i][i], c.Row(i)),
			F1:        share(2*c[i][i], c.Row(i)+c.Column(i)),
			Support:   c.Row(i),
		}
		r.PerClass[i] = s
		r.Macro.add(s, 1/float64(len(c)))
		r.Weighted.add(s, share(s.Support, total))
	}
	return r
}

func (s *Scores) add(t Scores, weight float64) {
	s.Precision += weight * t.Precision
	s.Recall += weight * t.Recall
	s.F1 += weight * t.F1
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
