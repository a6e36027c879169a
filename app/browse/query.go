package browse

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"atelier/ml/dataset"
)

// Part is one of the sets of a dataset.
type Part string

// The parts, by the words that the user chooses them with.
const (
	Training    Part = "Training set"
	Test        Part = "Test set"
	Corrections Part = "My corrections"
)

// Order is how the pictures are sorted.
type Order string

// The orders, by the words that the user chooses them with.
const (
	InOrder       Order = "In order"
	ByClass       Order = "By class"
	Shuffled      Order = "Shuffled"
	DarkFirst     Order = "Darkest first"
	BrightFirst   Order = "Brightest first"
	ByLoss        Order = "Highest loss first"
	Disagreements Order = "Model disagrees"
)

// query says which pictures to show, in which order. The zero value shows all
// as they come.
type query struct {
	classes  []int // none means all
	from, to int   // first and last index; to 0 means to the end
	order    Order
	seed     uint64 // of Shuffled
	only     []int  // shows exactly these, in this order, when not nil
}

// keys are what the pictures of one set are sorted by.
type keys struct {
	brightness []float32
	answers    *answers // of the current model; nil when it was not asked
}

// run returns the indices of the pictures that q asks for.
func (q query) run(s *dataset.Set, k keys) []int {
	if q.only != nil {
		return slices.DeleteFunc(slices.Clone(q.only), func(i int) bool { return i < 0 || i >= s.Len() })
	}
	wanted := map[int]bool{}
	for _, c := range q.classes {
		wanted[c] = true
	}
	last := s.Len() - 1
	if q.to > 0 {
		last = min(last, q.to)
	}
	var out []int
	for i := max(0, q.from); i <= last; i++ {
		if len(wanted) > 0 && !wanted[s.Label(i)] {
			continue
		}
		if q.order == Disagreements && (k.answers == nil || k.answers.predicted[i] == s.Label(i)) {
			continue
		}
		out = append(out, i)
	}
	switch q.order {
	case ByClass:
		slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(s.Label(a), s.Label(b)) })
	case Shuffled:
		r := rand.New(rand.NewPCG(q.seed, 0))
		r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	case DarkFirst:
		sortBy(out, k.brightness, 1)
	case BrightFirst:
		sortBy(out, k.brightness, -1)
	case ByLoss, Disagreements:
		if k.answers != nil {
			sortBy(out, k.answers.loss, -1)
		}
	}
	return out
}

// sortBy sorts indices by their key, ascending for sign 1.
func sortBy(indices []int, key []float32, sign int) {
	if key == nil {
		return
	}
	slices.SortStableFunc(indices, func(a, b int) int { return sign * cmp.Compare(key[a], key[b]) })
}

// place is what the user typed to go to a picture: an index, or a range of
// indices to show alone.
type place struct {
	from, to int
	isRange  bool
}

// parsePlace reads "123" or "100-199" (also "100..199" and "100:200" as Python
// counts) for a set of n pictures.
func parsePlace(text string, n int) (place, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	for _, sep := range []string{"..", "-", "–", ":"} {
		a, b, ok := strings.Cut(text, sep)
		if !ok {
			continue
		}
		from, err := parseIndex(a, n)
		if err != nil {
			return place{}, err
		}
		if sep == ":" {
			end, err := strconv.Atoi(strings.TrimSpace(b))
			if err != nil || end < 1 || end > n {
				return place{}, fmt.Errorf("%q is not an end between 1 and %d", b, n)
			}
			b = strconv.Itoa(end - 1)
		}
		to, err := parseIndex(b, n)
		if err != nil {
			return place{}, err
		}
		if to < from {
			return place{}, fmt.Errorf("the range ends at %d, before it begins at %d", to, from)
		}
		return place{from: from, to: to, isRange: true}, nil
	}
	i, err := parseIndex(text, n)
	return place{from: i, to: i}, err
}

func parseIndex(text string, n int) (int, error) {
	i, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || i < 0 || i >= n {
		return 0, fmt.Errorf("%q is not an index from 0 to %d", strings.TrimSpace(text), n-1)
	}
	return i, nil
}
