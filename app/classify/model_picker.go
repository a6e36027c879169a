package classify

import (
	"context"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/ml/fit"
)

// noModel is the choice of no second model.
const noModel = "Nothing"

// modelPicker chooses the model that answers, and another to compare it with.
type modelPicker struct {
	tab     *Tab
	content fyne.CanvasObject
	first   *widget.Select
	second  *widget.Select

	runs    latest[struct{}]
	choices []modelChoice
}

// modelChoice is a model that can be chosen; it is read when it is.
type modelChoice struct {
	title string
	path  string        // of its file or run; "" when it is in memory only
	model *studio.Model // nil until it is read
	load  func() (*studio.Model, error)
}

// loaded is the choice of a model that is in memory.
func loaded(m *studio.Model) modelChoice {
	return modelChoice{m.Name, m.Path, m, func() (*studio.Model, error) { return m, nil }}
}

func newModelPicker(t *Tab) *modelPicker {
	p := &modelPicker{tab: t, first: widget.NewSelect(nil, nil), second: widget.NewSelect(nil, nil)}
	p.first.PlaceHolder = "No model yet"
	p.runs.work = func(struct{}) {
		runs, err := fit.Runs{Dir: t.studio.RunsDir()}.List()
		if err != nil {
			t.studio.Report("Looking for trained models", err)
			return
		}
		t.studio.Do(func() { p.setRuns(runs) })
	}
	wide := func(o fyne.CanvasObject) fyne.CanvasObject { return container.New(fixedWidth(160), o) }
	p.content = container.NewHBox(widget.NewLabel("Model"), wide(p.first), widget.NewLabel("Compare with"), wide(p.second))
	return p
}

// fixedWidth is a layout of one object that is always so wide, and as high as it
// needs.
type fixedWidth float32

// Layout implements fyne.Layout.
func (w fixedWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// MinSize implements fyne.Layout.
func (w fixedWidth) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(w), objects[0].MinSize().Height)
}

// list brings the choices up to date.
func (p *modelPicker) list() { p.runs.put(struct{}{}) }

func (p *modelPicker) setRuns(runs []fit.Run) {
	s := p.tab.studio
	p.choices = nil
	if m := s.Builtin(); m != nil {
		p.choices = append(p.choices, loaded(m))
	}
	folder := fit.Runs{Dir: s.RunsDir()}
	for _, r := range runs {
		title := r.Name
		if e, ok := r.Result(); !ok {
			continue // nothing is trained yet
		} else if e.Validated {
			title += fmt.Sprintf(" (%.1f %%)", 100*e.ValAccuracy)
		}
		path := folder.Path(r.ID)
		p.choices = append(p.choices, modelChoice{title, path, nil, func() (*studio.Model, error) {
			m, err := folder.Model(r.ID)
			if err != nil {
				return nil, err
			}
			return &studio.Model{Model: m, Name: r.Name, Path: path}, nil
		}})
	}
	for _, m := range p.tab.modelsToAsk() {
		if p.indexOf(m) < 0 {
			p.choices = append(p.choices, loaded(m))
		}
	}
	p.distinguish()
	p.show()
}

// distinguish gives each choice a title of its own.
func (p *modelPicker) distinguish() {
	seen := map[string]int{}
	for i := range p.choices {
		c := &p.choices[i]
		seen[c.title]++
		if n := seen[c.title]; n > 1 {
			c.title = fmt.Sprintf("%s · %d", c.title, n)
		}
	}
}

// indexOf returns the choice that stands for m, or -1.
func (p *modelPicker) indexOf(m *studio.Model) int {
	if m == nil {
		return -1
	}
	return slices.IndexFunc(p.choices, func(c modelChoice) bool { return c.model == m || m.Path != "" && c.path == m.Path })
}

func (p *modelPicker) show() {
	var titles []string
	for _, c := range p.choices {
		titles = append(titles, c.title)
	}
	set := func(s *widget.Select, options []string, selected int) {
		s.OnChanged = nil
		s.Options = options
		s.ClearSelected()
		if selected >= 0 {
			s.SetSelectedIndex(selected)
		}
	}
	set(p.first, titles, p.indexOf(p.tab.studio.Model()))
	set(p.second, append([]string{noModel}, titles...), p.indexOf(p.tab.second)+1)
	p.first.OnChanged = func(string) {
		p.load(studio.JobModel, p.first.SelectedIndex(), p.tab.studio.SetModel)
	}
	p.second.OnChanged = func(string) {
		i := p.second.SelectedIndex() - 1
		if i < 0 {
			p.tab.compareWith(nil)
			return
		}
		p.load("classify.second", i, func(m *studio.Model) { p.tab.studio.Do(func() { p.tab.compareWith(m) }) })
	}
}

// load reads the i-th choice in the background and passes it on.
func (p *modelPicker) load(key string, i int, use func(*studio.Model)) {
	if i < 0 || i >= len(p.choices) {
		return
	}
	c := p.choices[i]
	p.tab.studio.Go(key, "Opening "+c.title, func(context.Context, func(current, total int64)) error {
		m, err := c.load()
		if err != nil {
			return err
		}
		use(m)
		return nil
	})
}
