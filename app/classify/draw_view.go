package classify

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/vision"
)

// keyBrush remembers the size of the brush.
const keyBrush = "classify.brush"

// tone is a grey to draw with.
type tone struct {
	name string
	grey uint8
}

func tones() []tone {
	return []tone{{"Dark", 0x20}, {"Medium", 0x70}, {"Light", 0xb8}}
}

// drawView is the pad with its tools.
type drawView struct {
	tab     *Tab
	content fyne.CanvasObject
	pad     *widgets.Pad
	undo    *widget.Button
	redo    *widget.Button
	clear   *widget.Button
	tools   *widget.RadioGroup
	brush   *widget.Slider
}

func newDrawView(t *Tab) *drawView {
	v := &drawView{tab: t, pad: widgets.NewPad()}
	v.pad.OnChanged = v.changed
	settings := t.studio.Settings()

	v.tools = widget.NewRadioGroup([]string{"Brush", "Fill", "Eraser"}, func(name string) {
		v.pad.SetTool(map[string]widgets.Tool{"Brush": widgets.Brush, "Fill": widgets.Bucket, "Eraser": widgets.Eraser}[name])
	})
	v.tools.Required = true
	v.tools.Selected = "Brush"
	v.brush = widget.NewSlider(widgets.MinBrush, widgets.MaxBrush)
	v.brush.Step = 0.002
	v.brush.Value = settings.FloatWithFallback(keyBrush, v.pad.Brush())
	v.pad.SetBrush(v.brush.Value)
	v.brush.OnChanged = v.pad.SetBrush
	v.brush.OnChangeEnded = func(radius float64) { settings.SetFloat(keyBrush, radius) }

	var names []string
	for _, c := range tones() {
		names = append(names, c.name)
	}
	shade := widget.NewSelect(names, func(name string) {
		for _, c := range tones() {
			if c.name == name {
				v.pad.SetTone(c.grey)
			}
		}
	})
	shade.SetSelected(names[0])
	symmetric := widget.NewCheck("Both halves", v.pad.SetSymmetric)

	none := "Nothing"
	titles := []string{none}
	for _, c := range templates() {
		titles = append(titles, c.title)
	}
	trace := widget.NewSelect(titles, func(title string) {
		v.pad.SetTemplate(nil)
		for _, c := range templates() {
			if c.title == title {
				v.pad.SetTemplate(c.lines)
			}
		}
	})
	trace.SetSelected(none)

	v.undo = widget.NewButtonWithIcon("Undo", theme.ContentUndoIcon(), v.pad.Undo)
	v.redo = widget.NewButtonWithIcon("Redo", theme.ContentRedoIcon(), v.pad.Redo)
	v.clear = widget.NewButtonWithIcon("Clear", theme.DeleteIcon(), v.pad.Clear)
	flip := widget.NewButtonWithIcon("Flip", theme.MediaReplayIcon(), v.pad.Mirror)
	tools := container.NewVBox(
		v.tools,
		caption("Brush size"), v.brush,
		caption("Shade"), shade,
		symmetric,
		caption("Trace"), trace,
		widget.NewSeparator(),
		v.undo, v.redo, v.clear, flip,
	)
	v.content = widgets.NewBorder(nil, nil, nil, container.NewVScroll(tools), v.pad)
	v.update()
	return v
}

func caption(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.SizeName = theme.SizeNameCaptionText
	return l
}

func (v *drawView) changed(final bool) {
	v.ask(final)
	if final {
		v.update()
	}
}

func (v *drawView) update() {
	widgets.SetEnabled(v.undo, v.pad.CanUndo())
	widgets.SetEnabled(v.redo, v.pad.CanRedo())
	widgets.SetEnabled(v.clear, !v.pad.Empty())
}

func (v *drawView) ask(final bool) {
	if v.pad.Empty() {
		v.tab.clear("Draw something to wear", "Draw with the mouse, drop a picture anywhere on the window, or paste one with Ctrl+V.")
		return
	}
	v.tab.ask(subject{name: "Drawing", image: v.pad.Image(), drawn: true, kind: vision.Sketch}, final)
}

func (v *drawView) entry() fyne.Focusable { return v.pad }

func (v *drawView) shown() { v.ask(true) }
