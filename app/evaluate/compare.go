package evaluate

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
)

// rival is a model that the current one can be compared with.
type rival struct {
	Name string
	Load func() (*studio.Model, error)
}

// rivals lists the models to compare with: the one that comes with the program
// and those of the runs.
func rivals(s *studio.Studio) []rival {
	var out []rival
	if m := s.Builtin(); m != nil {
		out = append(out, rival{m.Name, func() (*studio.Model, error) { return m, nil }})
	}
	runs := fit.Runs{Dir: s.RunsDir()}
	list, err := runs.List()
	if err != nil {
		s.Logger().Warn("runs", "error", err)
	}
	for _, r := range list {
		best, ok := r.Result()
		if !ok {
			continue
		}
		name := fmt.Sprintf("%s, %s", r.Name, r.Started.Local().Format("2 Jan 15:04"))
		if best.Validated {
			name += fmt.Sprintf(" (%.1f %%)", 100*best.ValAccuracy)
		}
		out = append(out, rival{name, func() (*studio.Model, error) {
			m, err := runs.Model(r.ID)
			if err != nil {
				return nil, err
			}
			return &studio.Model{Model: m, Name: r.Name, Path: runs.Path(r.ID)}, nil
		}})
	}
	return out
}

// compareView compares the current model with another on the same pictures.
type compareView struct {
	tab     *Tab
	content fyne.CanvasObject

	choice  *widget.Select
	start   *widget.Button
	words   *widget.Label
	table   *widget.Table
	both    *container.Split   // shown when there are two to compare
	which   *widget.RadioGroup // of the two sets of pictures
	shelf   *shelf
	onlyOne [2][]int // pictures that only the first or only the second gets right
	rivals  []rival
	verdict *verdict
	other   *verdict
	loads   int
}

func newCompareView(t *Tab) *compareView {
	v := &compareView{tab: t, shelf: newShelf(t)}
	v.which = widget.NewRadioGroup(nil, func(string) { v.showPictures() })
	v.which.Horizontal, v.which.Required = true, true
	v.choice = widget.NewSelect(nil, func(string) { v.enable() })
	v.choice.PlaceHolder = "Compare with…"
	v.start = widget.NewButtonWithIcon("Compare", theme.MediaPlayIcon(), func() {
		if i := v.choice.SelectedIndex(); i >= 0 {
			v.compare(v.rivals[i])
		}
	})
	open := widget.NewButtonWithIcon("With a file…", theme.FolderOpenIcon(), v.open)
	v.words = wrapped("")
	v.table = widget.NewTable(
		func() (int, int) { return len(v.rows()), 4 },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			l := o.(*widget.Label)
			rows := v.rows()
			l.TextStyle.Bold = id.Row == 0 || id.Col == 0
			l.SetText(rows[id.Row][id.Col])
		},
	)
	top := widgets.NewBorder(nil, nil, nil, container.NewHBox(v.start, open), v.choice)
	table := widgets.FitColumns(v.table, func() []float32 { return []float32{1.6, 1.2, 1.2, 1.15} })
	v.both = container.NewHSplit(table, widgets.NewBorder(v.which, nil, nil, nil, v.shelf.content))
	v.both.Offset = 0.5
	v.content = widgets.NewBorder(container.NewVBox(top, v.words), nil, nil, nil, v.both)
	t.studio.Subscribe(func(c studio.Change) {
		if c == studio.RunsChanged || c == studio.ModelChanged {
			v.reload()
		}
	})
	v.reload()
	v.show(nil)
	return v
}

// reload reads the list of models off the window's thread.
func (v *compareView) reload() {
	v.loads++
	load := v.loads
	go func() {
		list := rivals(v.tab.studio)
		v.tab.studio.Do(func() {
			if load != v.loads {
				return // a later one is under way
			}
			chosen := v.choice.Selected
			v.rivals = list
			names := make([]string, len(list))
			for i, r := range list {
				names[i] = r.Name
			}
			v.choice.SetOptions(names)
			v.choice.SetSelected(chosen)
			v.enable()
		})
	}()
}

func (v *compareView) enable() {
	widgets.SetEnabled(v.start, v.verdict != nil && v.choice.SelectedIndex() >= 0)
}

func (v *compareView) show(verdict *verdict) {
	v.verdict, v.other = verdict, nil
	v.enable()
	v.showComparison()
}

func (v *compareView) open() {
	widgets.AskToOpen(v.tab.window, "Compare with a model", []string{".safetensors"}, func(path string) {
		name := filepath.Base(path)
		v.compare(rival{name, func() (*studio.Model, error) {
			m, err := modelfile.Load(path)
			if err != nil {
				return nil, err
			}
			return &studio.Model{Model: m, Name: name, Path: path}, nil
		}})
	}, func(err error) { v.tab.studio.Report("Opening a model", err) })
}

// compare judges the other model in the background and shows both.
func (v *compareView) compare(r rival) {
	first := v.verdict
	if first == nil {
		v.words.SetText("Evaluate the model first.")
		return
	}
	v.tab.studio.Go("evaluate.compare", "Evaluating "+r.Name, func(ctx context.Context, progress func(int64, int64)) error {
		m, err := r.Load()
		if err != nil {
			return err
		}
		if err := comparable(m, first); err != nil {
			return err
		}
		other, err := judge(ctx, m, first.Data, func(done, total int) { progress(int64(done), int64(total)) })
		if err != nil {
			return err
		}
		v.tab.studio.Do(func() {
			if v.verdict == first {
				v.other = other
				v.showComparison()
			}
		})
		return nil
	})
}

// comparable tells in words why a model cannot judge the same pictures.
func comparable(m *studio.Model, v *verdict) error {
	if strings.Join(m.Classes, "\n") != strings.Join(v.Data.Classes, "\n") {
		return fmt.Errorf("%s was trained for other classes than those of %s: choose another model", m.Name, v.Data.Name)
	}
	if in := m.Network.Input; in.H != v.Data.Test.H || in.W != v.Data.Test.W {
		return fmt.Errorf("%s takes pictures of %s, but those of %s are %d×%d: choose another model",
			m.Name, in, v.Data.Name, v.Data.Test.H, v.Data.Test.W)
	}
	return nil
}

func (v *compareView) showComparison() {
	v.table.Refresh()
	widgets.SetVisible(v.both, v.verdict != nil && v.other != nil)
	if v.verdict == nil || v.other == nil {
		v.words.SetText("Choose another model or run: both judge the same test pictures, and a test tells whether the difference may be chance.")
		return
	}
	a, b := v.verdict, v.other
	result, err := metrics.Compare(a.Predictions, b.Predictions)
	if err != nil {
		v.words.SetText(widgets.Sentence(err.Error()))
		return
	}
	v.words.SetText(result.Sentence(a.Model.Name, b.Model.Name))
	v.onlyOne = [2][]int{}
	for i := range a.Predictions.Len() {
		switch mine, theirs := a.Predictions.Right(i), b.Predictions.Right(i); {
		case mine && !theirs:
			v.onlyOne[0] = append(v.onlyOne[0], i)
		case theirs && !mine:
			v.onlyOne[1] = append(v.onlyOne[1], i)
		}
	}
	v.which.Options = []string{
		fmt.Sprintf("Right only here (%s)", thousands(len(v.onlyOne[0]))),
		fmt.Sprintf("Right only there (%s)", thousands(len(v.onlyOne[1]))),
	}
	v.which.Selected = v.which.Options[0]
	v.which.Refresh()
	v.showPictures()
}

// showPictures shows those that only one of the two gets right.
func (v *compareView) showPictures() {
	i, name := 0, v.verdict.Model.Name
	if v.which.Selected == v.which.Options[1] {
		i, name = 1, v.other.Model.Name
	}
	v.shelf.show(v.verdict, fmt.Sprintf("Only %s is right", name), v.onlyOne[i])
}

// columnName shortens the name of a model in the middle, as names that are alike
// often begin alike.
func columnName(name string) string {
	const most, kept = 14, 6 // letters, at either end
	letters := []rune(name)
	if len(letters) <= most {
		return name
	}
	return string(letters[:kept]) + "…" + string(letters[len(letters)-kept:])
}

// rows is the table of both models' figures.
func (v *compareView) rows() [][4]string {
	if v.verdict == nil || v.other == nil {
		return nil
	}
	a, b := v.verdict, v.other
	rows := [][4]string{{"", columnName(a.Model.Name), columnName(b.Model.Name), "Difference"}}
	add := func(name string, x, y float64, format string, factor float64) {
		rows = append(rows, [4]string{
			name, fmt.Sprintf(format, factor*x), fmt.Sprintf(format, factor*y), fmt.Sprintf("%+.2f", factor*(x-y)),
		})
	}
	add("Accuracy", a.Summary.Accuracy, b.Summary.Accuracy, "%.2f %%", 100)
	add("Loss", a.Summary.Loss, b.Summary.Loss, "%.4f", 1)
	add("Right in the first 2", a.Summary.Top2, b.Summary.Top2, "%.2f %%", 100)
	add("Calibration error", a.Summary.Calibration.ECE, b.Summary.Calibration.ECE, "%.2f %%", 100)
	ca, _ := a.Model.Network.Counts()
	cb, _ := b.Model.Network.Counts()
	rows = append(rows, [4]string{"Parameters", thousands(ca.Total), thousands(cb.Total), ""})
	for c, name := range a.Data.Classes {
		add(name+" (F1)", a.Summary.Report.PerClass[c].F1, b.Summary.Report.PerClass[c].F1, "%.1f %%", 100)
	}
	return rows
}
