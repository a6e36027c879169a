package classify

import (
	"context"
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/fit"
	"atelier/ml/vision"
)

const (
	jobTeach    = "classify.teach"
	teachEpochs = 5
)

// correctionsView shows the pictures that the user has corrected, and teaches
// them to a copy of the model.
type correctionsView struct {
	tab     *Tab
	content *fyne.Container
	grid    *widgets.PictureGrid
	words   *widget.Label
	about   *widget.Label
	class   *widget.Select
	remove  *widget.Button
	epochs  *widget.Select
	teach   *widget.Button

	all []correction
	job *studio.Job
}

func newCorrectionsView(t *Tab) *correctionsView {
	v := &correctionsView{tab: t, words: widget.NewLabel(""), about: widget.NewLabel("")}
	v.words.Wrapping = fyne.TextWrapWord
	v.about.Truncation = fyne.TextTruncateEllipsis
	v.grid = widgets.NewPictureGrid(72, func(i int, dst *image.RGBA) {
		if i < len(v.all) {
			widgets.GrayRGBA(dst, v.all[i].pixels[:])
		}
	})
	v.grid.OnCurrent = v.choose
	v.grid.OnSelection = v.update
	v.class = widget.NewSelect(nil, nil)
	v.class.PlaceHolder = "It is really…"
	v.remove = widget.NewButtonWithIcon("Remove", theme.DeleteIcon(), v.askToRemove)
	v.epochs = widget.NewSelect([]string{"1 epoch", "3 epochs", "5 epochs", "10 epochs"}, nil)
	v.epochs.Selected = fmt.Sprintf("%d epochs", teachEpochs)
	v.teach = widget.NewButtonWithIcon("Teach a copy of the model", theme.MediaPlayIcon(), v.start)
	v.teach.Importance = widget.HighImportance
	top := widgets.NewBorder(nil, nil, container.NewHBox(v.teach, v.epochs), nil)
	bottom := widgets.NewBorder(nil, nil, nil, container.NewHBox(v.class, v.remove), v.about)
	v.content = widgets.NewHeaded(container.NewVBox(top, v.words), widgets.NewBorder(nil, bottom, nil, nil, v.grid))
	t.studio.Subscribe(func(c studio.Change) {
		if c == studio.DataChanged {
			v.publish()
		}
	})
	v.load()
	return v
}

// load reads the corrections from disk, shows them and lets the other tabs have
// them.
func (v *correctionsView) load() {
	all, err := v.tab.corrections.load()
	v.tab.studio.Report("Reading your corrections", err)
	v.all = all
	v.grid.SetContent(len(all), vision.Side, vision.Side)
	v.update()
	v.publish()
}

// publish lets the other tabs have the corrections as a set of the open
// dataset's classes.
func (v *correctionsView) publish() {
	if data := v.tab.studio.Data(); data != nil {
		v.tab.studio.SetCorrections(set(v.all, data.Classes))
	}
}

func (v *correctionsView) update() {
	defer widgets.Relayout(v.content)
	n := len(v.grid.Selected())
	widgets.SetEnabled(v.remove, n > 0)
	widgets.SetEnabled(v.class, n > 0)
	widgets.SetEnabled(v.teach, v.job == nil && len(v.all) > 0)
	v.class.OnChanged = nil
	v.class.ClearSelected()
	if m := v.tab.studio.Model(); m != nil {
		v.class.Options = m.Classes
	}
	v.class.OnChanged = v.reclass
	switch {
	case len(v.all) == 0:
		v.words.SetText("When an answer is wrong, give the right one under “Correct it”. Your pictures gather here, and a copy of the model can learn from them.")
		v.about.SetText("")
	default:
		v.words.SetText(count(len(v.all), "picture", "pictures") + " with the class that you gave. A copy of the model trains on that and on some of the dataset's own pictures, and is kept as a run; you then see what it has learnt.")
	}
}

// selected returns the names of the selected corrections.
func (v *correctionsView) selected() []string {
	var ids []string
	for _, i := range v.grid.Selected() {
		ids = append(ids, v.all[i].ID)
	}
	return ids
}

// choose shows what a correction is and what the model says of it now.
func (v *correctionsView) choose(i int) {
	if i < 0 || i >= len(v.all) {
		return
	}
	x := v.all[i]
	v.about.SetText(fmt.Sprintf("%s: %s, taken for %s by %s", x.Name, x.Class, x.Answered, x.Model))
	v.tab.ask(subject{name: x.Name, image: x.pixels.Image(), prepared: true, kind: vision.MNIST}, true)
}

func (v *correctionsView) reclass(class string) {
	if err := v.tab.corrections.reclass(class, v.selected()...); err != nil {
		v.tab.studio.Report("Changing the class", err)
	}
	v.load()
}

func (v *correctionsView) askToRemove() {
	ids := v.selected()
	dialog.ShowConfirm("Remove corrections?", count(len(ids), "of your corrections", "of your corrections")+" will be deleted.", func(yes bool) {
		if !yes {
			return
		}
		v.tab.studio.Report("Removing corrections", v.tab.corrections.remove(ids...))
		v.load()
	}, v.tab.window)
}

// start teaches a copy of the current model.
func (v *correctionsView) start() {
	m, data := v.tab.studio.Model(), v.tab.studio.Data()
	var classes []string
	if m != nil {
		classes = m.Classes
	}
	own := set(v.all, classes)
	if err := teachable(m, data, own); err != nil {
		v.tab.studio.Report("Teaching the model", err)
		return
	}
	epochs := []int{1, 3, 5, 10}[max(v.epochs.SelectedIndex(), 0)]
	runs := fit.Runs{Dir: v.tab.studio.RunsDir()}
	v.job = v.tab.studio.Go(jobTeach, "Teaching a copy of "+m.Name, func(ctx context.Context, progress func(current, total int64)) error {
		defer v.tab.studio.Do(func() { v.job = nil; v.update() })
		l, err := fineTune(ctx, m, data, own, epochs, runs, progress)
		if err != nil {
			return err
		}
		v.tab.studio.Logger().Info("taught", "corrections", l.corrections,
			"before", l.before.corrections, "after", l.after.corrections, "test_before", l.before.test, "test_after", l.after.test)
		v.tab.studio.Announce(studio.RunsChanged)
		v.tab.studio.Do(func() { v.showLesson(m, l) })
		return nil
	})
	v.update()
}

// showLesson shows what teaching has changed, and offers to use the new model.
func (v *correctionsView) showLesson(before *studio.Model, l lesson) {
	grid := container.NewGridWithColumns(3)
	for _, text := range []string{
		"Right answers", "Before", "After",
		"Your " + count(l.corrections, "correction", "corrections"), widgets.Percent(l.before.corrections), widgets.Percent(l.after.corrections),
		"Test pictures", widgets.Percent(l.before.test), widgets.Percent(l.after.test),
	} {
		grid.Add(widget.NewLabel(text))
	}
	note := widget.NewLabel("The corrections were trained on, so their figure shows what was learnt by heart. The test pictures were not: they show what was lost or gained.")
	note.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustomConfirm("What the copy has learnt", "Use the new model", "Keep "+before.Name, container.NewVBox(grid, note), func(use bool) {
		if use {
			v.tab.studio.SetModel(l.model)
		}
	}, v.tab.window)
	d.Resize(fyne.NewSize(520, 280))
	d.Show()
}

func (v *correctionsView) entry() fyne.Focusable { return v.grid }

func (v *correctionsView) shown() {
	if i := v.grid.Current(); i >= 0 {
		v.choose(i)
		return
	}
	v.tab.clear("Your corrections", "Choose a picture to see what the model says of it now.")
}
