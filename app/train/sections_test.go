package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/figures"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

func TestRecipeFieldsReadBackWhatTheyShow(t *testing.T) {
	groups := [][]recipeField{quickFields(), optimizerFields(), scheduleFields(), dataFields(), augmentFields(), stoppingFields()}
	for _, name := range engine.OptimizerNames() {
		for _, kind := range fit.ScheduleKinds() {
			r := fit.DefaultRecipe()
			r.Optimizer.Name = name
			r.Schedule = fit.DefaultSchedule(kind)
			for _, f := range slices.Concat(groups...) {
				if f.Shown != nil && !f.Shown(r) {
					continue
				}
				if f.Help == "" || f.Keras == "" || f.Label == "" {
					t.Errorf("%s lacks its help", f.Name)
				}
				same, err := f.Set(r, f.Get(r))
				if err != nil || same.Validate() != nil || f.Get(same) != f.Get(r) {
					t.Errorf("%s with %s and %s: writing back %q gives %v, %v", f.Name, name, kind, f.Get(r), err, same.Validate())
				}
			}
		}
	}
}

func TestAnotherOptimizerBringsItsUsualRate(t *testing.T) {
	f := optimizerField()
	r, err := f.Set(fit.DefaultRecipe(), engine.Adam)
	if err != nil || r.LearningRate != 0.001 {
		t.Errorf("Adam starts at %v, %v", r.LearningRate, err)
	}
	r.LearningRate = 0.003 // chosen by hand
	if r, _ = f.Set(r, engine.SGD); r.LearningRate != 0.003 {
		t.Errorf("a rate chosen by hand becomes %v", r.LearningRate)
	}
}

func TestScheduleIsDrawnBeforeUse(t *testing.T) {
	r := fit.DefaultRecipe()
	r.Schedule = fit.DefaultSchedule(fit.ScheduleOneCycle)
	f := scheduleFigure(r, batchesPerEpoch(r, nil))
	y := f.Series[0].Y
	if high := slices.Max(y); math.Abs(high-r.LearningRate) > r.LearningRate/50 || y[0] > high/10 || y[len(y)-1] > high/10 {
		t.Errorf("a cycle from %v over %v to %v", y[0], high, y[len(y)-1])
	}
	if got := batchesPerEpoch(r, nil); got != 188 { // 60,000 · 0.8 / 256
		t.Errorf("%d batches in an epoch", got)
	}
	r.Schedule.Rise = 2 // not valid: nothing is drawn, nothing breaks
	if f := scheduleFigure(r, 188); len(f.Series) != 0 {
		t.Error("an impossible schedule is drawn")
	}
}

func TestAugmentationPreviewChangesTheLowerRowsOnly(t *testing.T) {
	d, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	r := fit.DefaultRecipe()
	plain := augmentSheet(d, r, 0)
	r.Augment = dataset.Augment{Shift: 4, Rotation: 30}
	moved := augmentSheet(d, r, 0)
	row := d.Train.H * plain.Stride
	if string(plain.Pix[:row]) != string(moved.Pix[:row]) {
		t.Error("the originals are changed")
	}
	if string(plain.Pix[row:]) == string(moved.Pix[row:]) {
		t.Error("augmentation changes nothing")
	}
	if string(augmentSheet(d, r, 1).Pix) == string(moved.Pix) {
		t.Error("drawing again shows the same")
	}
}

func someRuns() []runRecord {
	base := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	run := func(id string, hours int, bytes int64, accuracy ...float64) runRecord {
		r := fit.Run{ID: id, Name: id, Network: articleSetup(fashion, 10).Network, Recipe: fit.DefaultRecipe(), Status: fit.StatusFinished, Started: base.Add(time.Duration(hours) * time.Hour)}
		for i, a := range accuracy {
			r.History = append(r.History, fit.Epoch{Epoch: i + 1, Validated: true, ValAccuracy: a, ValLoss: 1 - a})
		}
		return runRecord{r, bytes}
	}
	a := run("first try", 0, 10, 0.5, 0.7)
	b := run("adam", 1, 30, 0.8, 0.75)
	b.Recipe.Optimizer = engine.Optimizer{Name: engine.Adam}
	b.Recipe.LearningRate = 0.001
	c := run("stopped", 2, 20)
	c.Status = fit.StatusStopped
	return []runRecord{a, b, c}
}

func ids(runs []runRecord) string {
	var out []string
	for _, r := range runs {
		out = append(out, r.ID)
	}
	return strings.Join(out, ", ")
}

func TestRunsAreSearchedAndSorted(t *testing.T) {
	want := map[string]string{
		"Newest first":          "stopped, adam, first try",
		"Best accuracy first":   "adam, first try, stopped",
		"Lowest loss first":     "adam, first try, stopped",
		"By name":               "adam, first try, stopped",
		"Largest on disk first": "adam, stopped, first try",
	}
	for _, o := range runOrders() {
		if got := ids(chosenRuns(someRuns(), "", o)); got != want[o.Title] {
			t.Errorf("%s: %s", o.Title, got)
		}
	}
	for query, want := range map[string]string{"ADAM": "adam", "first article": "first try", "finished": "adam, first try", "nothing": ""} {
		if got := ids(chosenRuns(someRuns(), query, runOrders()[0])); got != want {
			t.Errorf("%q finds %s", query, got)
		}
	}
}

func TestRunsGetNamesOfTheirOwn(t *testing.T) {
	runs := someRuns()
	runs[2].Name = "adam 2"
	for name, want := range map[string]string{"adam": "adam 3", "first try": "first try 2", "new": "new"} {
		if got := freeName(name, runs); got != want {
			t.Errorf("%s becomes %s", name, got)
		}
	}
}

func TestDifferencesListOnlyWhatDiffers(t *testing.T) {
	runs := someRuns()
	same := differences([]fit.Run{runs[0].Run, runs[2].Run})
	if len(same) != 0 {
		t.Errorf("runs of one setup differ in %v", same)
	}
	got := map[string][]string{}
	for _, d := range differences([]fit.Run{runs[0].Run, runs[1].Run}) {
		got[d.Setting] = d.Values
	}
	if !slices.Equal(got["Optimizer name"], []string{"sgd", "adam"}) || !slices.Equal(got["Learning rate"], []string{"0.01", "0.001"}) {
		t.Errorf("got %v", got)
	}
	if _, ok := got["Epochs"]; ok {
		t.Error("the epochs are the same and listed")
	}
}

func TestCurvesOfSeveralRunsLieOverEachOther(t *testing.T) {
	runs := someRuns()
	f := overlay([]fit.Run{runs[0].Run, runs[1].Run, runs[2].Run}, true)
	if len(f.Series) != 2 || f.Series[1].Colour != 1 || !slices.Equal(f.Series[1].Y, []float64{0.8, 0.75}) {
		t.Errorf("got %+v", f.Series)
	}
}

func TestDeletingARunCanBeUndone(t *testing.T) {
	tab, w, pump := newTestTab(t)
	tab.edit.Replace(quickSetup(tab))
	tab.Train()
	pump(func() bool {
		return tab.session.View().Phase == ended && len(tab.runs.all) == 1 && tab.runs.all[0].Status == fit.StatusFinished
	})
	s := tab.runs
	s.list.Select(0)
	id := s.current
	if series := s.figure.Figure().(figures.Lines).Series; len(series) != 1 || len(series[0].Y) != 2 {
		t.Errorf("the chosen run is drawn as %+v", series)
	}
	tab.sections.Select(tab.runsTab)
	w.Canvas().Focus(s.list)
	w.Canvas().FocusNext()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.Canvas().Focused().(fyne.CanvasObject))
	if list := fyne.CurrentApp().Driver().AbsolutePositionForObject(s.list); at.X < list.X+s.list.Size().Width {
		t.Errorf("the Tab key leads from the list to a %T in it", w.Canvas().Focused())
	}
	s.acts[4].OnTapped() // Delete
	pump(func() bool { return len(s.all) == 0 })
	if !s.undo.Visible() {
		t.Fatal("there is no way back")
	}
	s.undo.OnTapped()
	pump(func() bool { return len(s.all) == 1 })
	if s.all[0].ID != id || s.undo.Visible() {
		t.Errorf("the run came back as %s", s.all[0].ID)
	}
	tab.studio.SetModel(nil)
	s.acts[0].OnTapped() // Use its model
	pump(func() bool { m := tab.studio.Model(); return m != nil && m.Path != "" })
	tab.edit.Replace(articleSetup(fashion, 10))
	s.acts[2].OnTapped() // Use its settings
	if !tab.edit.Setup().Network.Equal(quickSetup(tab).Network) {
		t.Error("its settings are not set up")
	}
}

func TestEveryStepOfTheLessonDoesTheRealThing(t *testing.T) {
	tab, _, pump := newTestTab(t)
	tab.edit.Replace(quickSetup(tab))
	tab.Train()
	pump(func() bool { return tab.session.View().Phase == ended && tab.studio.Model() != nil })
	in := tab.lesson.input()
	want := map[string]string{
		"Read the data":      "6000 rows × 785 columns",
		"Make arrays":        "(6000, 784)",
		"One-hot labels":     "→  [",
		"Reshape":            "(6000, 28, 28, 1)",
		"Normalise":          "largest 1.0",
		"Split":              "4800       1200",
		"Build the network":  "Total params",
		"Compile":            "guessing gives 10.0 %",
		"Fit":                "Epoch 2/2",
		"Compare the curves": "",
		"Evaluate":           "of 1000",
		"Predict":            "truth: " + in.Data.Classes[in.Data.Test.Label(0)],
	}
	for _, step := range tab.lesson.steps {
		result, err := step.Run(context.Background(), in)
		if err != nil {
			t.Errorf("%s: %v", step.Title, err)
		}
		text, known := want[step.Title]
		if !known || !strings.Contains(result.Text, text) {
			t.Errorf("%s shows %q", step.Title, result.Text)
		}
		if len(step.Keras(in)) == 0 || step.About == "" {
			t.Errorf("%s has no Keras line or explanation", step.Title)
		}
	}
}

func TestTheLessonSetsUpTheArticle(t *testing.T) {
	tab, _, _ := newTestTab(t)
	tab.edit.Replace(quickSetup(tab))
	for i, step := range tab.lesson.steps {
		if step.Title == "Build the network" {
			tab.lesson.list.Select(i)
		}
	}
	tab.lesson.action.OnTapped()
	if s := tab.edit.Setup(); !s.Network.Equal(nn.Presets()[0].Build(fashion, 10)) || s.Recipe != fit.DefaultRecipe() {
		t.Errorf("set up: %+v", s)
	}
}

// Pressing Delete again and again deletes the runs in the order of the list.
func TestTheNeighbourOfADeletedRunIsChosen(t *testing.T) {
	tab, _, _ := newTestTab(t)
	s := tab.runs
	s.all = someRuns()
	s.refilter() // stopped, adam, first try
	s.list.Choose(1)
	s.all = slices.DeleteFunc(s.all, func(r runRecord) bool { return r.ID == "adam" })
	s.refilter()
	if s.current != "first try" || s.list.Chosen() != 1 {
		t.Errorf("after the second run the chosen one is %q", s.current)
	}
	s.all = slices.DeleteFunc(s.all, func(r runRecord) bool { return r.ID == "first try" })
	s.refilter()
	if s.current != "stopped" || s.list.Chosen() != 0 {
		t.Errorf("after the last run the chosen one is %q", s.current)
	}
	s.all = nil
	s.refilter()
	if s.list.Chosen() != -1 {
		t.Errorf("run %d of none is chosen", s.list.Chosen())
	}
}
