package metrics_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"atelier/ml/metrics"
)

// recorded are scikit-learn's and SciPy's figures; see testdata/record.py.
type recorded struct {
	Classes        int
	Labels         []int
	First, Second  [][]float32
	Accuracy, Loss float64
	Interval       [2]float64
	Confusion      metrics.Confusion
	Shares         [][]float64
	PerClass       []metrics.Scores `json:"per_class"`
	Macro          metrics.Scores
	Weighted       metrics.Scores
	Top2, Top3     float64
	ECE            float64
	BinsAccuracy   []float64 `json:"bins_accuracy"`
	BinsConfidence []float64 `json:"bins_confidence"`
	Temperature    float64
	McNemar        metrics.Comparison
}

func load(t testing.TB) (want recorded, first, second metrics.Predictions) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "sklearn.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	labels := make([]uint8, len(want.Labels))
	for i, label := range want.Labels {
		labels[i] = uint8(label)
	}
	predictions := func(rows [][]float32) metrics.Predictions {
		p, err := metrics.New(slices.Concat(rows...), labels, want.Classes)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return want, predictions(want.First), predictions(want.Second)
}

// near compares numbers of the size that figures have.
var near = cmpopts.EquateApprox(0, 1e-9)

func TestFiguresEqualScikitLearns(t *testing.T) {
	want, p, second := load(t)
	s := p.Summary()
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"accuracy", s.Accuracy, want.Accuracy},
		{"interval", s.Interval, metrics.Interval{Low: want.Interval[0], High: want.Interval[1]}},
		{"loss", s.Loss, want.Loss},
		{"confusion", s.Confusion, want.Confusion},
		{"shares", s.Confusion.Shares(), want.Shares},
		{"per class", s.Report.PerClass, want.PerClass},
		{"macro", s.Report.Macro, want.Macro},
		{"weighted", s.Report.Weighted, want.Weighted},
		{"top 2", s.Top2, want.Top2},
		{"top 3", s.Top3, want.Top3},
		{"calibration error", s.Calibration.ECE, want.ECE},
	} {
		if diff := cmp.Diff(c.want, c.got, near); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}

	var accuracies, confidences []float64
	for _, bin := range s.Calibration.Bins {
		if bin.Count > 0 {
			accuracies = append(accuracies, bin.Accuracy)
			confidences = append(confidences, bin.Confidence)
		}
	}
	if diff := cmp.Diff(want.BinsAccuracy, accuracies, near); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.BinsConfidence, confidences, near); diff != "" {
		t.Error(diff)
	}

	if got := p.FitTemperature(); math.Abs(got-want.Temperature) > 1e-3 {
		t.Errorf("temperature %v, want %v", got, want.Temperature)
	}
	got, err := metrics.Compare(p, second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.McNemar, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
}

func TestTotalsOfTheMatrix(t *testing.T) {
	want, p, _ := load(t)
	c := p.Confusion()
	if c.Total() != p.Len() || c.Correct() != p.Correct() {
		t.Errorf("total %d of %d, correct %d of %d", c.Total(), p.Len(), c.Correct(), p.Correct())
	}
	for class := range c {
		count := 0
		for _, label := range want.Labels {
			if label == class {
				count++
			}
		}
		if c.Row(class) != count {
			t.Errorf("row %d sums to %d, want %d", class, c.Row(class), count)
		}
		for predicted := range c {
			if got := len(p.Cell(class, predicted)); got != c[class][predicted] {
				t.Errorf("cell %d, %d lists %d pictures, want %d", class, predicted, got, c[class][predicted])
			}
		}
	}
}

func TestOrderPutsTheConfusedTogether(t *testing.T) {
	// 0 and 3 are confused most, then 3 and 1, then 2 and 0.
	c := metrics.Confusion{
		{50, 0, 6, 9},
		{0, 60, 0, 5},
		{1, 0, 70, 0},
		{8, 3, 0, 40},
	}
	order := c.Order()
	if diff := cmp.Diff([]int{2, 0, 3, 1}, order); diff != "" {
		t.Error(diff)
	}
	p := c.Permute(order)
	if p[0][1] != 1 || p[1][0] != 6 || p[1][2] != 9 || p.Total() != c.Total() || p.Correct() != c.Correct() {
		t.Errorf("the permuted matrix is %v", p)
	}
	pairs := c.Pairs(2)
	want := []metrics.Pair{{True: 0, Predicted: 3, Count: 9, Share: 9.0 / 65}, {True: 3, Predicted: 0, Count: 8, Share: 8.0 / 51}}
	if diff := cmp.Diff(want, pairs, near); diff != "" {
		t.Error(diff)
	}
	if got := len(c.Pairs(100)); got != 6 {
		t.Errorf("%d pairs, want 6", got)
	}
}

func TestWilsonStaysWithinReason(t *testing.T) {
	for _, c := range [][2]int{{0, 10}, {10, 10}, {9520, 10000}} {
		got := metrics.Wilson(c[0], c[1])
		share := float64(c[0]) / float64(c[1])
		if got.Low < 0 || got.High > 1 || got.Low > share+1e-12 || got.High < share-1e-12 || got.High-got.Low < 0.001 {
			t.Errorf("%d of %d gives %+v", c[0], c[1], got)
		}
	}
}

func TestTemperatureMendsConfidence(t *testing.T) {
	_, p, _ := load(t)
	for i := range p.Len() {
		metrics.ApplyTemperature(p.Row(i), 0.3) // far too sure of itself
	}
	temperature := p.FitTemperature()
	scaled := metrics.Predictions{Probs: slices.Clone(p.Probs), Labels: p.Labels, Classes: p.Classes}
	for i := range scaled.Len() {
		row := scaled.Row(i)
		metrics.ApplyTemperature(row, temperature)
		sum := 0.0
		for _, x := range row {
			sum += float64(x)
		}
		if math.Abs(sum-1) > 1e-5 || scaled.Predicted(i) != p.Predicted(i) {
			t.Fatalf("picture %d: probabilities sum to %v, class %d became %d", i, sum, p.Predicted(i), scaled.Predicted(i))
		}
	}
	if scaled.Loss() > p.Loss() || scaled.Calibration(15).ECE > p.Calibration(15).ECE {
		t.Errorf("loss %v → %v, calibration error %v → %v", p.Loss(), scaled.Loss(), p.Calibration(15).ECE, scaled.Calibration(15).ECE)
	}
	if got := scaled.FitTemperature(); math.Abs(got-1) > 1e-3 {
		t.Errorf("the temperature left to mend is %v, want 1", got)
	}
	row := []float32{0.7, 0.3}
	metrics.ApplyTemperature(row, 0)
	if row[0] != 0.7 {
		t.Error("temperature 0 does not count as 1")
	}
}

func TestComparisonInWords(t *testing.T) {
	for _, c := range []struct {
		c    metrics.Comparison
		want string
	}{
		{metrics.Comparison{OnlyFirst: 3000, OnlySecond: 5, P: 0.00001}, "A is better than B: it gets 3,000 pictures right that B gets wrong, and 5 the other way round; chance alone would hardly do that (p < 0.001)."},
		{metrics.Comparison{OnlyFirst: 5, OnlySecond: 9, P: 0.42}, "B gets 9 pictures right that A gets wrong, and 5 the other way round, but chance could do that too (p = 0.420): no difference is shown."},
		{metrics.Comparison{OnlyFirst: 4, OnlySecond: 4, P: 1}, "A and B are equally good"},
		{metrics.Comparison{P: 1}, "exactly the same pictures"},
	} {
		if got := c.c.Sentence("A", "B"); !strings.Contains(got, c.want) {
			t.Errorf("%+v reads %q, want %q", c.c, got, c.want)
		}
	}
	_, p, _ := load(t)
	other := metrics.Predictions{Probs: p.Probs[:10], Labels: p.Labels[:1], Classes: 10}
	if _, err := metrics.Compare(p, other); err == nil {
		t.Error("predictions for other pictures can be compared")
	}
	same, err := metrics.Compare(p, p)
	if err != nil || same.P != 1 {
		t.Errorf("a model compared with itself gives %+v, %v", same, err)
	}
}

func TestPicturesWorthALook(t *testing.T) {
	p, err := metrics.New([]float32{
		0.9, 0.1, // right, sure
		0.2, 0.8, // wrong, sure
		0.5, 0.5, // right by order, unsure
		0.4, 0.6, // wrong
		0, 1, // wrong, surest
	}, []uint8{0, 0, 0, 0, 0}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []int
	}{
		{"hardest", p.Hardest(2), []int{4, 1}},
		{"confident wrong", p.ConfidentWrong(9), []int{4, 1, 3}},
		{"least sure", p.LeastSure(2), []int{2, 3}},
		{"none", p.Hardest(0), []int{}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	if loss := p.PictureLoss(4); math.IsInf(loss, 0) || loss < 10 {
		t.Errorf("the loss of an impossible answer is %v", loss)
	}
}

func TestNewChecksItsParts(t *testing.T) {
	for want, make := range map[string]func() (metrics.Predictions, error){
		"2 to 256":         func() (metrics.Predictions, error) { return metrics.New([]float32{1}, []uint8{0}, 1) },
		"no pictures":      func() (metrics.Predictions, error) { return metrics.New(nil, nil, 10) },
		"need 4 probab":    func() (metrics.Predictions, error) { return metrics.New(make3(), []uint8{0, 1}, 2) },
		"has the label 10": func() (metrics.Predictions, error) { return metrics.New(make3(), []uint8{10}, 3) },
	} {
		if _, err := make(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func make3() []float32 { return []float32{0.2, 0.3, 0.5} }
