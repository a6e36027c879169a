package dataset_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"atelier/ml/dataset"
)

func TestSplitDividesAll(t *testing.T) {
	s := sample(t).Train
	for _, share := range []float64{0, 0.1, 0.2, 0.333, 0.99} {
		for _, stratified := range []bool{false, true} {
			train, val := dataset.Split(s, share, stratified, 7)
			all := slices.Concat(train, val)
			slices.Sort(all)
			if len(all) != s.Len() || all[0] != 0 || len(slices.Compact(all)) != s.Len() {
				t.Errorf("share %v, stratified %v: not every picture is in exactly one part", share, stratified)
			}
			if want := share * float64(s.Len()); float64(len(val)) < want-6 || float64(len(val)) > want+6 {
				t.Errorf("share %v, stratified %v: %d held back", share, stratified, len(val))
			}
		}
	}
}

func TestSplitStratifiedKeepsBalance(t *testing.T) {
	s := sample(t).Train
	_, val := dataset.Split(s, 0.2, true, 3)
	want := []int{120, 120, 120, 120, 120, 120, 120, 120, 120, 120}
	if diff := cmp.Diff(want, s.Subset(val).Counts(10)); diff != "" {
		t.Error(diff)
	}
}

func TestSplitAndOrderAreSeeded(t *testing.T) {
	s := sample(t).Test
	_, a := dataset.Split(s, 0.2, false, 1)
	_, b := dataset.Split(s, 0.2, false, 1)
	_, c := dataset.Split(s, 0.2, false, 2)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("the split does not follow the seed")
	}
	x := dataset.Order(a, 0, 1)
	if !slices.Equal(x, dataset.Order(a, 0, 1)) || slices.Equal(x, dataset.Order(a, 1, 1)) || slices.Equal(x, dataset.Order(a, 0, 2)) {
		t.Error("the order does not follow epoch and seed")
	}
	slices.Sort(x)
	if !slices.Equal(x, a) {
		t.Error("the order loses pictures")
	}
}

// Recorded once: a run that is resumed by a later version of the program must
// see the same split and order.
func TestSplitAndOrderStayTheSame(t *testing.T) {
	s := sample(t).Test
	_, val := dataset.Split(s, 0.01, false, 1)
	if want := []int{149, 311, 458, 491, 534, 536, 677, 711, 821, 936}; !slices.Equal(val, want) {
		t.Errorf("the split is %v, not %v", val, want)
	}
	order := dataset.Order([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 1)
	if want := []int{3, 6, 7, 9, 0, 8, 2, 5, 1, 4}; !slices.Equal(order, want) {
		t.Errorf("the order is %v, not %v", order, want)
	}
}

func TestBatchesKeepTheRest(t *testing.T) {
	got := dataset.Batches([]int{5, 4, 3, 2, 1}, 2)
	if diff := cmp.Diff([][]int{{5, 4}, {3, 2}, {1}}, got); diff != "" {
		t.Error(diff)
	}
}
