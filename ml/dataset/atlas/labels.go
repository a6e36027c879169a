package atlas

import (
	"cmp"
	"slices"

	"atelier/ml/metrics"
)

// Suspect is a picture whose label may be wrong.
type Suspect struct {
	Index  int // of the picture
	Label  int // that it has
	Likely int // the class that the model takes it for
	// Doubt is by how much the model's probability of Likely exceeds that of
	// Label.
	Doubt float64
}

// LabelErrors lists the pictures that a model takes for another class with at
// least the confidence that it usually has in that class, most doubtful first
// (confident learning; Northcutt, Jiang and Chuang 2021, arXiv 1911.00068). The
// model should not have been trained on these pictures, or only for a short
// time, as it would have learned the wrong labels too.
func LabelErrors(p metrics.Predictions) []Suspect {
	usual, counts := make([]float64, p.Classes), make([]int, p.Classes)
	for i, label := range p.Labels {
		usual[label] += float64(p.Row(i)[label])
		counts[label]++
	}
	for c, n := range counts {
		usual[c] /= float64(max(n, 1))
	}
	var suspects []Suspect
	for i, l := range p.Labels {
		label, likely := int(l), p.Predicted(i)
		row := p.Row(i)
		if likely == label || counts[likely] == 0 || float64(row[likely]) < usual[likely] {
			continue
		}
		suspects = append(suspects, Suspect{i, label, likely, float64(row[likely] - row[label])})
	}
	slices.SortFunc(suspects, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(b.Doubt, a.Doubt), cmp.Compare(a.Index, b.Index))
	})
	return suspects
}
