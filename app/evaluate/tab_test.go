package evaluate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/internal/golden"
	"atelier/app/internal/tabtest"
	"atelier/app/look"
	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// newTestTab opens a tab, see [tabtest.Open].
func newTestTab(t *testing.T) (*Tab, fyne.Window, func(until func() bool)) {
	t.Helper()
	return tabtest.Open(t, New)
}

// freshModel is a network that has learned nothing yet.
func freshModel(t *testing.T, preset, name string, seed uint64) *studio.Model {
	t.Helper()
	p, err := nn.PresetByName(preset)
	if err != nil {
		t.Fatal(err)
	}
	n := p.Build(nn.Shape{H: 28, W: 28, C: 1}, 10)
	weights, err := engine.NewWeights(n, seed)
	if err != nil {
		t.Fatal(err)
	}
	return &studio.Model{Name: name, Model: &modelfile.Model{Network: n, Weights: weights, Classes: dataset.FashionClasses}}
}

// guess makes up answers that are right about four times in five and confuse
// neighbouring classes.
func guess(t *testing.T, d *dataset.Data, seed uint64) *verdict {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	classes := len(d.Classes)
	probs := make([]float32, d.Test.Len()*classes)
	for i := range d.Test.Len() {
		row := probs[i*classes : (i+1)*classes]
		says := d.Test.Label(i)
		if rng.IntN(5) == 0 {
			says = (says + 2*rng.IntN(3)) % classes
		}
		sure := 0.5 + 0.5*rng.Float32()
		for c := range row {
			row[c] = (1 - sure) / float32(classes-1)
		}
		row[says] = sure
	}
	p, err := metrics.New(probs, d.Test.Labels, classes)
	if err != nil {
		t.Fatal(err)
	}
	n := nn.Presets()[0].Build(nn.Shape{H: 28, W: 28, C: 1}, classes)
	return &verdict{
		Model: &studio.Model{Name: "The article's network", Model: &modelfile.Model{Network: n, Classes: d.Classes}},
		Data:  d, Predictions: p, Summary: p.Summary(),
	}
}

func TestEvaluateJudgesEveryTestPicture(t *testing.T) {
	tab, _, pump := newTestTab(t)
	if !tab.run.Disabled() || !strings.Contains(tab.hint.Text, "no model") {
		t.Errorf("without a model the button is enabled, and the hint says %q", tab.hint.Text)
	}
	tab.studio.SetModel(freshModel(t, "small", "Fresh", 1))
	pump(func() bool { return !tab.run.Disabled() })
	test.Tap(tab.run)
	pump(func() bool { return tab.verdict != nil && tab.job == nil })

	s := tab.verdict.Summary
	if s.Pictures != 1000 || s.Confusion.Total() != 1000 {
		t.Errorf("%d pictures, %d in the matrix", s.Pictures, s.Confusion.Total())
	}
	for class := range 10 {
		if s.Confusion.Row(class) != 100 {
			t.Errorf("row %d sums to %d", class, s.Confusion.Row(class))
		}
	}
	if s.Loss < 1.5 || s.Loss > 5 {
		t.Errorf("a network that knows nothing has a loss of %v", s.Loss)
	}
	if got, want := tab.figures[0].value.Text, fmt.Sprintf("%.2f %%", 100*s.Accuracy); got != want {
		t.Errorf("the accuracy is shown as %s, want %s", got, want)
	}

	tab.studio.SetModel(freshModel(t, "small", "Another", 2))
	pump(func() bool { return strings.Contains(tab.hint.Text, "evaluate again") })
	data := *tab.studio.Data()
	tab.studio.SetData(&data)
	pump(func() bool { return tab.verdict == nil })
	if tab.figures[0].value.Text != "–" {
		t.Error("figures of other pictures are still shown")
	}
}

func TestACellShowsItsPictures(t *testing.T) {
	tab, _, _ := newTestTab(t)
	v := guess(t, tab.studio.Data(), 1)
	tab.show(v)
	var row, col int
	tab.confusion.matrix.OnPicked = func(r, c int) { row, col = r, c; tab.confusion.pick(r, c) }
	for _, sorted := range []bool{false, true} {
		tab.confusion.sorted = sorted
		tab.confusion.draw()
		tab.confusion.matrix.Pick(2, 4)
		class, predicted := tab.confusion.order[row], tab.confusion.order[col]
		shelf := tab.confusion.shelf
		if len(shelf.indices) != v.Summary.Confusion[class][predicted] {
			t.Errorf("sorted %v: %d pictures in a cell of %d", sorted, len(shelf.indices), v.Summary.Confusion[class][predicted])
		}
		for _, i := range shelf.indices {
			if v.Data.Test.Label(i) != class || v.Predictions.Predicted(i) != predicted {
				t.Errorf("picture %d does not belong into the cell", i)
			}
		}
	}
	tab.confusion.pairs.Choose(0)
	if want := v.Summary.Confusion.Pairs(1)[0].Count; len(tab.confusion.shelf.indices) != want {
		t.Errorf("the most confused pair shows %d pictures, want %d", len(tab.confusion.shelf.indices), want)
	}
	tab.confusion.shelf.grid.Go(0)
	if text := tab.confusion.shelf.about.Text; !strings.Contains(text, "Test picture") || !strings.Contains(text, "Loss") {
		t.Errorf("the chosen picture is described as %q", text)
	}
}

func TestClassTableSortsByItsColumns(t *testing.T) {
	tab, _, _ := newTestTab(t)
	tab.show(guess(t, tab.studio.Data(), 1))
	c := tab.classes
	first := c.rows[0].Name
	c.sort(3) // falling
	for i := 1; i < 10; i++ {
		if c.rows[i].F1 > c.rows[i-1].F1 {
			t.Fatalf("row %d has a larger F1 than the one above", i)
		}
	}
	c.sort(3) // rising
	if c.rows[0].F1 > c.rows[9].F1 {
		t.Error("the second click does not turn the order around")
	}
	c.sort(3) // as the dataset has them
	if c.rows[0].Name != first || len(c.rows) != 12 {
		t.Errorf("the third click shows %q first of %d rows", c.rows[0].Name, len(c.rows))
	}
}

func TestCompareWithAnotherModel(t *testing.T) {
	tab, _, pump := newTestTab(t)
	v := guess(t, tab.studio.Data(), 1)
	tab.show(v)
	other := freshModel(t, "logistic", "Other", 3)
	path := filepath.Join(t.TempDir(), "other.safetensors")
	if err := other.Save(path); err != nil {
		t.Fatal(err)
	}
	tab.compare.compare(rival{"Other", func() (*studio.Model, error) {
		m, err := modelfile.Load(path)
		return &studio.Model{Name: "Other", Model: m}, err
	}})
	pump(func() bool { return tab.compare.other != nil })
	c := tab.compare
	gained, lost := len(c.onlyOne[0]), len(c.onlyOne[1])
	if d := v.Predictions.Correct() - c.other.Predictions.Correct(); gained-lost != d {
		t.Errorf("right only here %d, only there %d, but the difference is %d", gained, lost, d)
	}
	c.which.SetSelected(c.which.Options[1])
	if got := len(c.shelf.indices); got != lost {
		t.Errorf("%d of the %d pictures that only the other gets right are shown", got, lost)
	}
	if !strings.Contains(c.words.Text, "Other") {
		t.Errorf("the sentence does not name the other model: %s", c.words.Text)
	}
	if rows := c.rows(); len(rows) != 16 || rows[1][1] != fmt.Sprintf("%.2f %%", 100*v.Summary.Accuracy) {
		t.Errorf("the table is %v", rows)
	}
}

func TestComparingModelsOfOtherClassesIsRefused(t *testing.T) {
	tab, _, _ := newTestTab(t)
	v := guess(t, tab.studio.Data(), 1)
	m := freshModel(t, "logistic", "Letters", 1)
	m.Classes = []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"}
	if err := comparable(m, v); err == nil || !strings.Contains(err.Error(), "other classes") {
		t.Errorf("got %v", err)
	}
}

func TestExplainShowsEveryLayerAndFindsAlikePictures(t *testing.T) {
	tab, _, pump := newTestTab(t)
	tab.studio.SetModel(freshModel(t, "small", "Fresh", 1))
	if !tab.studio.Send(studio.ExplainSample{Test: true, Index: 7}) {
		t.Fatal("nobody explains pictures")
	}
	x := tab.explain
	pump(func() bool { return x.shown != nil })
	e := x.shown
	if e.Subject != (subject{true, 7}) || len(e.Layers) != 6 || len(e.Heat) != 10 || e.Filters == nil {
		t.Errorf("%v: %d layers, %d maps of heat, filters %v", e.Subject, len(e.Layers), len(e.Heat), e.Filters != nil)
	}
	sum := float32(0)
	for _, p := range e.Row {
		sum += p
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("the probabilities sum to %v", sum)
	}
	x.explain(subject{false, 3})
	pump(func() bool { return x.shown.Subject == subject{false, 3} })
	test.Tap(x.find)
	pump(func() bool { return len(x.neighbours) == neighbourCount })
	for _, n := range x.neighbours {
		if n.Picture == 3 {
			t.Error("a picture is its own neighbour")
		}
	}
}

func TestANetworkWithoutConvolutionsIsExplainedWithoutHeat(t *testing.T) {
	tab, _, _ := newTestTab(t)
	e, err := explainPicture(t.Context(), freshModel(t, "logistic", "Fresh", 1), tab.studio.Data(), subject{Test: true})
	if err != nil {
		t.Fatal(err)
	}
	if e.Heat != nil || e.NoHeat == "" || e.Filters != nil {
		t.Errorf("heat %v, %q", e.Heat, e.NoHeat)
	}
	tab.explain.present(e) // must not need what is not there
}

func TestExportsWriteWhatTheyPromise(t *testing.T) {
	tab, _, _ := newTestTab(t)
	v := guess(t, tab.studio.Data(), 1)
	v.Model = freshModel(t, "small", "Fresh", 1)
	dir := t.TempDir()
	for _, e := range exports() {
		for _, ext := range e.Extensions {
			path := filepath.Join(dir, e.Name+ext)
			err := e.Write(v, path)
			if e.Name == "history" {
				if err == nil || !strings.Contains(err.Error(), "does not tell how it was trained") {
					t.Errorf("a model without a history gives %v", err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%s is empty", path)
			}
		}
	}
	v.Model.History = []byte(`[{"epoch":1,"loss":1,"accuracy":0.5,"learning_rate":0.01}]`)
	for _, e := range exports() {
		if e.Name == "history" {
			if err := e.Write(v, filepath.Join(dir, "history.csv")); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTheTabFitsSmallScreens(t *testing.T) {
	tab, w, pump := newTestTab(t)
	tab.studio.SetModel(freshModel(t, "small", "The model", 1))
	tab.show(guess(t, tab.studio.Data(), 1))
	tab.explain.explain(subject{Test: true})
	pump(func() bool { return tab.explain.shown != nil })
	for _, presentation := range []bool{false, true} {
		test.ApplyTheme(t, look.New(look.Dark, presentation))
		for i, item := range tab.sections.Items {
			tab.sections.SelectIndex(i)
			w.Resize(fyne.NewSize(1280, 700))
			if size := tab.Content().MinSize(); size.Width > 1270 || size.Height > 660 {
				t.Errorf("%s needs %v (presentation %v)", item.Text, size, presentation)
			}
		}
	}
}

// TestPictures compares each section with a picture of it.
func TestPictures(t *testing.T) {
	tab, w, pump := newTestTab(t)
	v := guess(t, tab.studio.Data(), 1)
	v.Model = freshModel(t, "small", "The model", 1)
	tab.studio.SetModel(v.Model)
	tab.explain.explain(subject{Test: true, Index: 0})
	pump(func() bool { return tab.explain.shown != nil })
	tab.show(v)
	tab.confusion.matrix.Pick(2, 4)
	tab.confusion.shelf.grid.Go(1)
	for i, item := range tab.sections.Items {
		tab.sections.SelectIndex(i)
		tab.classes.bars.Wait()
		tab.calibration.figure.Wait()
		golden.Compare(t, strings.ToLower(item.Text), w.Canvas().Capture())
	}
}
