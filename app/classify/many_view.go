package classify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
)

const (
	jobMany   = "classify.many"
	rowHeight = 48
)

// manyView is the table of many pictures.
type manyView struct {
	tab     *Tab
	content *fyne.Container
	table   *widget.Table
	filter  *widget.Select
	bar     *widget.ProgressBar
	cancel  *widget.Button
	again   *widget.Button
	save    *widget.Button
	words   *widget.Label

	rows       []row
	shownRows  []int // indices into rows, in the order of the table
	sortBy     int   // a column
	descending bool
	chosen     int           // an index into rows, or -1
	chosenAt   int           // its place in the table, or -1
	model      *studio.Model // that has answered
	job        *studio.Job
	round      int // counts the starts, so that a stopped job leaves the next one alone
}

func newManyView(t *Tab) *manyView {
	v := &manyView{tab: t, sortBy: -1, chosen: -1, chosenAt: -1, bar: widget.NewProgressBar(), words: widget.NewLabel("")}
	v.words.Wrapping = fyne.TextWrapWord
	v.filter = widget.NewSelect(nil, func(string) { v.apply() })
	v.cancel = widget.NewButtonWithIcon("Stop", theme.CancelIcon(), func() {
		if v.job != nil {
			v.job.Cancel()
		}
	})
	v.again = widget.NewButtonWithIcon("Classify again", theme.ViewRefreshIcon(), v.restart)
	v.save = widget.NewButtonWithIcon("Save as CSV…", theme.DocumentSaveIcon(), v.askToSave)

	v.table = widget.NewTable(
		func() (int, int) { return len(v.shownRows), columnCount },
		func() fyne.CanvasObject { return newManyCell() },
		func(id widget.TableCellID, o fyne.CanvasObject) {
			if id.Row < len(v.shownRows) {
				o.(*manyCell).show(v.rows[v.shownRows[id.Row]], id.Col)
			}
		})
	v.table.ShowHeaderRow = true
	v.table.CreateHeader = func() fyne.CanvasObject {
		b := widget.NewButton("", nil)
		b.Importance = widget.LowImportance
		b.Alignment = widget.ButtonAlignLeading
		return b
	}
	v.table.UpdateHeader = v.updateHeader
	v.widen()
	v.table.OnSelected = func(id widget.TableCellID) {
		if id.Row < 0 || id.Row >= len(v.shownRows) {
			return
		}
		v.chosenAt = id.Row
		if i := v.shownRows[id.Row]; i != v.chosen {
			v.chosen = i
			v.choose(v.rows[i])
		}
	}

	top := widgets.NewBorder(nil, nil, container.New(fixedWidth(170), v.filter), container.NewHBox(v.cancel, v.again, v.save), v.bar)
	v.content = widgets.NewHeaded(container.NewVBox(top, v.words), v.table)
	v.update()
	return v
}

// widen makes the columns as wide as the letters ask for.
func (v *manyView) widen() {
	letters := theme.TextSize()
	for c, width := range []float32{rowHeight + 8, 15 * letters, 10 * letters, 5 * letters, 28 * letters} {
		v.table.SetColumnWidth(c, width)
	}
}

func (v *manyView) updateHeader(id widget.TableCellID, o fyne.CanvasObject) {
	b := o.(*widget.Button)
	titles := []string{"", "Picture", "Answer", "Sure", "Note"}
	if id.Col < 0 || id.Col >= len(titles) {
		return
	}
	widgets.SetEnabled(b, id.Col != columnThumb) // one cannot sort by pictures
	b.SetText(titles[id.Col])
	b.SetIcon(nil)
	if id.Col == v.sortBy {
		b.SetIcon(theme.MoveUpIcon())
		if v.descending {
			b.SetIcon(theme.MoveDownIcon())
		}
	}
	b.OnTapped = func() { v.sort(id.Col) }
}

// sort sorts by a column; the second time the other way round.
func (v *manyView) sort(column int) {
	if column == columnThumb {
		return
	}
	v.descending = column == v.sortBy && !v.descending
	v.sortBy = column
	v.apply()
}

// start classifies pictures and the contents of folders.
func (v *manyView) start(pictures []studio.Picture) {
	m := v.tab.model()
	if m == nil {
		v.tab.clear(noModelTitle, noModelText)
		return
	}
	v.rows, v.shownRows, v.model = nil, nil, v.tab.studio.Model()
	v.chosen, v.chosenAt = -1, -1
	v.table.UnselectAll()
	v.filter.Selected = filterAll
	began := time.Now()
	v.round++
	round := v.round
	// post runs f on the window's thread unless another start has come between.
	post := func(f func()) {
		v.tab.studio.Do(func() {
			if v.round == round {
				f()
			}
		})
	}
	live := studio.NewLive(v.tab.studio, func(share float64) {
		if v.round == round {
			v.bar.SetValue(share)
			v.apply()
		}
	})
	v.job = v.tab.studio.Go(jobMany, "Classifying pictures", func(ctx context.Context, progress func(current, total int64)) error {
		defer post(func() {
			v.job = nil
			v.apply()
			v.update()
		})
		rows := list(pictures)
		post(func() { v.rows = append([]row(nil), rows...); v.apply() })
		answered := 0
		err := classifyAll(ctx, m, rows, func(i int, r row) {
			answered++
			v.log(r)
			post(func() { v.rows[i] = r })
			progress(int64(answered), int64(len(rows)))
			live.Put(float64(answered) / float64(len(rows)))
		})
		live.Stop()
		v.tab.studio.Logger().Info("classified many", "pictures", answered, "milliseconds", milliseconds(time.Since(began)))
		return err
	})
	v.bar.SetValue(0)
	v.update()
}

func (v *manyView) log(r row) {
	log := v.tab.studio.Logger()
	if r.err != nil {
		log.Warn("not classified", "path", r.picture.Path, "subject", r.picture.Name, "error", r.err)
		return
	}
	log.Info("classified", "path", r.picture.Path, "subject", r.picture.Name, "class", r.answer.Class, "name", r.answer.Name,
		"probability", r.answer.Probability, "unknown", r.answer.Unknown, "kind", string(r.answer.Kind))
}

// restart asks the current model about the same pictures.
func (v *manyView) restart() {
	var pictures []studio.Picture
	for _, r := range v.rows {
		pictures = append(pictures, r.picture)
	}
	v.start(pictures)
}

// apply filters and sorts, and shows the result.
func (v *manyView) apply() {
	v.shownRows = v.shownRows[:0]
	for i, r := range v.rows {
		if r.passes(v.filter.Selected) {
			v.shownRows = append(v.shownRows, i)
		}
	}
	if v.sortBy > columnThumb {
		order(v.rows, v.shownRows, v.sortBy, v.descending)
	}
	v.table.Refresh()
	v.followChosen()
	v.showWords()
}

// followChosen marks the chosen picture where it is in the table now.
func (v *manyView) followChosen() {
	at := slices.Index(v.shownRows, v.chosen)
	if at == v.chosenAt {
		return
	}
	v.chosenAt = at
	v.table.UnselectAll()
	if at >= 0 {
		v.table.Select(widget.TableCellID{Row: at, Col: columnAnswer})
	}
}

func (v *manyView) showWords() {
	defer widgets.Relayout(v.content)
	switch m := v.tab.studio.Model(); {
	case len(v.rows) == 0 && v.job == nil:
		v.words.SetText("Drop several pictures or a folder anywhere on the window to classify them all.")
	case v.model != nil && m != v.model:
		v.words.SetText(fmt.Sprintf("These are the answers of %s. The model is another one now: classify again to see its answers.", v.model.Name))
	default:
		v.words.SetText(summary(v.rows))
	}
}

// update brings the controls in line with what there is.
func (v *manyView) update() {
	running := v.job != nil
	widgets.SetVisible(v.bar, running)
	widgets.SetVisible(v.cancel, running)
	widgets.SetVisible(v.again, !running)
	widgets.SetEnabled(v.again, len(v.rows) > 0)
	widgets.SetEnabled(v.save, !running && len(v.rows) > 0)
	v.filter.Options = []string{filterAll}
	if v.model != nil {
		v.filter.Options = append(v.filter.Options, v.model.Classes...)
	}
	v.filter.Options = append(v.filter.Options, filterUnknown, filterProblems)
	if v.filter.Selected == "" {
		v.filter.Selected = filterAll
	}
	v.filter.Refresh()
	v.showWords()
}

// choose shows one of the pictures and the answer to it.
func (v *manyView) choose(r row) {
	if r.err != nil {
		v.tab.clear("No answer", widgets.Sentence(r.err.Error()))
		return
	}
	v.tab.studio.Go("classify.open", "Opening "+r.picture.Name, func(ctx context.Context, _ func(current, total int64)) error {
		s, err := open(ctx, r.picture)
		if err != nil {
			return err
		}
		v.tab.studio.Do(func() {
			v.tab.picture.set(s)
			v.tab.ask(s, true)
		})
		return nil
	})
}

func (v *manyView) askToSave() {
	rows, classes := append([]row(nil), v.rows...), v.model.Classes
	widgets.AskToSave(v.tab.window, "Save the answers as CSV", "answers", []string{".csv"}, func(path string) {
		v.tab.studio.Go("classify.csv", "Saving the answers", func(context.Context, func(current, total int64)) error {
			if err := saveCSV(path, rows, classes); err != nil {
				return err
			}
			v.tab.studio.Notify("Saved %s to %s", count(len(rows), "answer", "answers"), path)
			return nil
		})
	}, func(err error) { v.tab.studio.Report("Saving the answers", err) })
}

func (v *manyView) entry() fyne.Focusable { return v.table }

func (v *manyView) shown() {
	v.showWords()
	if v.chosen >= 0 {
		v.choose(v.rows[v.chosen])
		return
	}
	v.tab.clear("Many pictures", "Choose a row to see the picture's answer here.")
}

// manyCell is a cell of the table: a picture or a text.
type manyCell struct {
	widget.BaseWidget
	view  *canvas.Image
	label *widget.Label
}

func newManyCell() *manyCell {
	c := &manyCell{view: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}, label: widget.NewLabel("")}
	c.label.Truncation = fyne.TextTruncateEllipsis
	c.ExtendBaseWidget(c)
	return c
}

func (c *manyCell) show(r row, column int) {
	c.view.Hidden = column != columnThumb || r.thumb == nil
	c.label.Hidden = column == columnThumb
	if !c.view.Hidden {
		c.view.Image = r.thumb
		c.view.Refresh()
	}
	text := ""
	switch column {
	case columnName:
		text = r.picture.Name
	case columnAnswer:
		text = r.answerText()
	case columnCertainty:
		text = r.certaintyText()
	case columnNote:
		text = r.note()
	}
	c.label.TextStyle.Bold = column == columnAnswer
	c.label.SetText(text)
}

// MinSize implements fyne.Widget.
func (c *manyCell) MinSize() fyne.Size { return fyne.NewSize(40, rowHeight) }

// CreateRenderer implements fyne.Widget.
func (c *manyCell) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(c.view, container.NewVBox(layout.NewSpacer(), c.label, layout.NewSpacer())))
}
