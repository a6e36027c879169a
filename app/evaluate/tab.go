// Package evaluate is the tab that judges a trained network on pictures that
// it has never seen.
package evaluate

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/studio"
	"atelier/app/widgets"
	mlfigures "atelier/ml/figures"
)

// Tab is the Evaluate tab.
type Tab struct {
	studio *studio.Studio
	window fyne.Window

	content  fyne.CanvasObject
	sections *container.AppTabs
	run      *widget.Button
	cancel   *widget.Button
	along    *widget.Button
	bar      *widget.ProgressBar
	model    *widget.Label
	hint     *widget.Label
	figures  []*stat

	confusion   *confusionView
	classes     *classesView
	calibration *calibrationView
	pictures    *picturesView
	compare     *compareView
	explain     *explainView
	panels      []panel

	verdict *verdict
	job     *studio.Job
}

// panel is a section that shows a verdict; nil clears it.
type panel interface{ show(v *verdict) }

// New returns the tab.
func New(s *studio.Studio, w fyne.Window) *Tab {
	t := &Tab{studio: s, window: w}
	t.run = widget.NewButtonWithIcon("Evaluate on the test pictures", theme.ConfirmIcon(), t.Evaluate)
	t.run.Importance = widget.HighImportance
	t.cancel = widget.NewButtonWithIcon("Cancel", theme.CancelIcon(), func() {
		if t.job != nil {
			t.job.Cancel()
		}
	})
	t.along = widget.NewButtonWithIcon("Take it along…", theme.DocumentSaveIcon(), nil)
	t.along.OnTapped = func() {
		var items []*fyne.MenuItem
		for _, e := range exports() {
			items = append(items, fyne.NewMenuItem(fmt.Sprintf("%s (%s)…", e.Label, strings.Join(e.Extensions, ", ")), func() { t.take(e) }))
		}
		widgets.PopUpBelow(t.along, items...)
	}
	t.bar = widget.NewProgressBar()
	t.model = widget.NewLabel("")
	t.model.Truncation = fyne.TextTruncateEllipsis
	t.hint = widget.NewLabel("")
	t.hint.Wrapping = fyne.TextWrapWord

	t.confusion = newConfusionView(t)
	t.classes = newClassesView(t)
	t.calibration = newCalibrationView(t)
	t.pictures = newPicturesView(t)
	t.compare = newCompareView(t)
	t.explain = newExplainView(t)
	t.panels = []panel{t.confusion, t.classes, t.calibration, t.pictures, t.compare, t.explain}
	t.sections = container.NewAppTabs(
		widgets.NewTab("Confusion", theme.GridIcon(), t.confusion.content),
		widgets.NewTab("Classes", theme.ListIcon(), t.classes.content),
		widgets.NewTab("Calibration", theme.InfoIcon(), t.calibration.content),
		widgets.NewTab("Pictures", theme.FileImageIcon(), t.pictures.content),
		widgets.NewTab("Compare", theme.ViewRefreshIcon(), t.compare.content),
		t.explain.item,
	)

	t.figures = []*stat{newStat("Test accuracy"), newStat("Test loss"), newStat("Right in the first 2"), newStat("Calibration error")}
	stats := container.NewGridWithColumns(len(t.figures))
	for _, f := range t.figures {
		stats.Add(f.content)
	}
	line := widgets.NewBorder(nil, nil, t.run, container.NewHBox(t.cancel, t.along), container.NewStack(t.model, t.bar))
	t.content = widgets.NewBorder(container.NewVBox(line, t.hint, stats), nil, nil, nil, t.sections)

	s.Subscribe(func(c studio.Change) {
		switch c {
		case studio.DataChanged:
			t.show(nil) // whatever was shown is about other pictures
		case studio.ModelChanged:
			t.update()
		}
	})
	t.show(nil)
	return t
}

// Content returns what the tab shows.
func (t *Tab) Content() fyne.CanvasObject { return t.content }

// Evaluate judges the current model in the background.
func (t *Tab) Evaluate() {
	if err := t.studio.ModelFits(); err != nil {
		t.studio.Report("Evaluating", err)
		return
	}
	m, d := t.studio.Model(), t.studio.Data()
	live := studio.NewLive(t.studio, func(share float64) { t.bar.SetValue(share) })
	t.job = t.studio.Go("evaluate", "Evaluating "+m.Name, func(ctx context.Context, progress func(int64, int64)) error {
		defer t.studio.Do(func() { t.job = nil; t.update() })
		v, err := judge(ctx, m, d, func(done, total int) {
			progress(int64(done), int64(total))
			live.Put(float64(done) / float64(total))
		})
		live.Stop()
		if err != nil {
			return err
		}
		t.studio.Logger().Info("evaluated", "model", m.Name, "accuracy", v.Summary.Accuracy, "loss", v.Summary.Loss, "pictures", v.Summary.Pictures)
		t.studio.Do(func() {
			if t.studio.Data() == d {
				t.show(v)
			}
		})
		return nil
	})
	t.bar.SetValue(0)
	t.update()
}

// show shows a verdict; nil clears what is shown.
func (t *Tab) show(v *verdict) {
	t.verdict = v
	for _, p := range t.panels {
		p.show(v)
	}
	t.update()
}

// update brings the head of the tab in line with what there is.
func (t *Tab) update() {
	running := t.job != nil
	m := t.studio.Model()
	fits := t.studio.ModelFits()
	widgets.SetVisible(t.bar, running)
	widgets.SetVisible(t.cancel, running)
	widgets.SetVisible(t.model, !running)
	widgets.SetEnabled(t.run, !running && fits == nil)
	widgets.SetEnabled(t.along, t.verdict != nil)
	t.model.SetText("")
	if m != nil {
		counts, _ := m.Network.Counts()
		t.model.SetText(fmt.Sprintf("Model: %s · %s parameters", m.Name, thousands(counts.Total)))
	}

	t.hint.Importance = widget.MediumImportance
	switch {
	case fits != nil:
		t.hint.Importance = widget.WarningImportance
		t.hint.SetText(widgets.Sentence(fits.Error()))
	case t.verdict == nil:
		t.hint.SetText("The test pictures were never trained on, so they tell how good the network really is.")
	case !t.verdict.of(m, t.studio.Data()):
		t.hint.Importance = widget.WarningImportance
		t.hint.SetText(fmt.Sprintf("These figures are those of %s. The model is another one now: evaluate again to see its figures.", t.verdict.Model.Name))
	default:
		t.hint.SetText("") // the figures below say it all
	}
	t.hint.Refresh()
	if hinted := t.hint.Text != ""; hinted != t.hint.Visible() {
		widgets.SetVisible(t.hint, hinted)
		t.content.Refresh() // its room is another's
	}

	for _, f := range t.figures {
		f.set("–", "")
	}
	if t.verdict == nil {
		return
	}
	s := t.verdict.Summary
	t.figures[0].set(fmt.Sprintf("%.2f %%", 100*s.Accuracy), fmt.Sprintf("95 %%: %.1f–%.1f %%", 100*s.Interval.Low, 100*s.Interval.High))
	t.figures[1].set(fmt.Sprintf("%.4f", s.Loss), "mean cross-entropy")
	t.figures[2].set(fmt.Sprintf("%.2f %%", 100*s.Top2), fmt.Sprintf("first 3: %.2f %%", 100*s.Top3))
	t.figures[3].set(fmt.Sprintf("%.2f %%", 100*s.Calibration.ECE), "0 is perfect")
}

// saveFigure asks where to save a figure.
func (t *Tab) saveFigure(f mlfigures.Figure, name string) {
	figures.AskToSave(t.studio, t.window, f, name)
}

// Commands returns what the menus offer for this tab.
func (t *Tab) Commands() []widgets.Command {
	return append([]widgets.Command{{
		Menu: widgets.RunMenu, Section: "evaluate", Label: "Evaluate on the test pictures", Icon: theme.ConfirmIcon(),
		Shortcut: widgets.Ctrl(fyne.KeyE),
		Enabled:  func() bool { return t.job == nil && t.studio.ModelFits() == nil },
		Run: func() {
			t.studio.Show(studio.Evaluate)
			t.Evaluate()
		},
	}}, append(t.sectionCommands(), t.exportCommands()...)...)
}

// entries are where the keyboard enters the sections.
func (t *Tab) entries() []fyne.Focusable {
	return []fyne.Focusable{t.confusion.matrix, t.classes.table, t.calibration.save, t.pictures.shelf.grid, t.compare.choice, t.explain.index}
}

// sectionCommands bring the sections to the front.
func (t *Tab) sectionCommands() []widgets.Command {
	keys := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6}
	var out []widgets.Command
	for i, item := range t.sections.Items {
		out = append(out, widgets.Command{
			Menu: widgets.ViewMenu, Section: "evaluate", Label: "Evaluate: " + item.Text,
			Shortcut: &desktop.CustomShortcut{KeyName: keys[i], Modifier: fyne.KeyModifierAlt | fyne.KeyModifierShift},
			Run: func() {
				t.studio.Show(studio.Evaluate)
				t.sections.SelectIndex(i)
				t.window.Canvas().Focus(t.entries()[i])
			},
		})
	}
	return out
}

// stat is a figure in large type with its title and a note beside it.
type stat struct {
	content     fyne.CanvasObject
	row         *fyne.Container
	value, note *widget.Label
}

func newStat(title string) *stat {
	s := &stat{
		value: widget.NewLabelWithStyle("–", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}),
		note:  widget.NewLabel(""),
	}
	s.value.SizeName = theme.SizeNameHeadingText
	s.note.SizeName = theme.SizeNameCaptionText
	s.note.Truncation = fyne.TextTruncateEllipsis
	caption := widget.NewLabel(title)
	caption.SizeName = theme.SizeNameCaptionText
	caption.Truncation = fyne.TextTruncateEllipsis
	s.row = widgets.NewBorder(nil, nil, container.NewCenter(s.value), nil, widgets.NewTightBox(caption, s.note))
	s.content = widgets.NewPanel("", s.row)
	return s
}

func (s *stat) set(value, note string) {
	s.value.SetText(value)
	s.note.SetText(note)
	s.row.Refresh() // the value is of another width
}
