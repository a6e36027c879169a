package classify

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
)

// teachView takes the right class of the picture that is shown.
type teachView struct {
	tab     *Tab
	content *fyne.Container
	words   *widget.Label
	classes *fyne.Container
	names   []string
}

func newTeachView(t *Tab) *teachView {
	v := &teachView{tab: t, words: widget.NewLabel(""), classes: container.New(layout.NewRowWrapLayout())}
	v.words.Wrapping = fyne.TextWrapWord
	v.content = widgets.NewHeaded(v.words, widgets.NewVScroll(v.classes))
	v.update()
	return v
}

// update asks about the answer that is shown.
func (v *teachView) update() {
	defer widgets.Relayout(v.content)
	r := v.tab.shown
	if !v.tab.answered() {
		v.words.SetText("Draw or open a picture first. Then say here what it really is.")
		v.classes.Hide()
		return
	}
	said := say(r.answers[0].Name)
	if r.answers[0].Unknown {
		said = "that it is no garment"
	}
	v.words.SetText(fmt.Sprintf("The model says %s. What is it really? The picture and your answer are kept under “Corrections”.", said))
	v.setNames(r.models[0].Classes)
	v.classes.Show()
}

func (v *teachView) setNames(names []string) {
	if len(v.names) == len(names) && (len(names) == 0 || &v.names[0] == &names[0]) {
		return
	}
	v.names = names
	v.classes.Objects = nil
	for _, name := range names {
		v.classes.Add(widget.NewButton(name, func() { v.keep(name) }))
	}
	v.classes.Refresh()
}

// keep keeps the picture with its right class.
func (v *teachView) keep(class string) {
	r := v.tab.shown
	if !v.tab.answered() {
		return
	}
	x := correction{
		Name: r.subject.name, Class: class, Answered: r.answers[0].Name, Model: r.models[0].Name,
		Time: time.Now(), pixels: r.answers[0].Pixels,
	}
	if err := v.tab.corrections.add(x); err != nil {
		v.tab.studio.Report("Keeping the correction", err)
		return
	}
	v.words.SetText(fmt.Sprintf("Kept as %s. Thank you!", say(class)))
	v.tab.studio.Notify("Kept “%s” as %s", r.subject.name, class)
	v.tab.taught.load()
}

// entry is where the keyboard enters: the first class, once there is an answer
// to correct.
func (v *teachView) entry() fyne.Focusable {
	if !v.classes.Visible() || len(v.classes.Objects) == 0 {
		return nil
	}
	return v.classes.Objects[0].(*widget.Button)
}
