package train

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tagOf names a step of the undo history.
func tagOf(parts ...any) string { return fmt.Sprint(parts...) }

// helpLine is the place where the fields explain themselves and errors are
// told in words.
type helpLine struct{ label *widget.Label }

func newHelpLine(first string) *helpLine {
	l := widget.NewLabel(first)
	l.Wrapping = fyne.TextWrapWord
	return &helpLine{l}
}

// Tell shows text, in the colour of errors when it says what is wrong.
func (h *helpLine) Tell(text string, wrong bool) {
	h.label.Importance = widget.MediumImportance
	if wrong {
		h.label.Importance = widget.DangerImportance
	}
	h.label.SetText(text)
}

// iconButton is a button without words that explains itself when it is pointed
// at or focused.
type iconButton struct {
	widget.Button

	tip     string
	explain func()
}

func newIconButton(icon fyne.Resource, tip string, do, explain func()) *iconButton {
	b := &iconButton{tip: tip, explain: explain}
	b.Icon = icon
	b.OnTapped = do
	b.Importance = widget.LowImportance
	b.ExtendBaseWidget(b)
	return b
}

// MouseIn implements desktop.Hoverable.
func (b *iconButton) MouseIn(e *desktop.MouseEvent) {
	b.Button.MouseIn(e)
	b.explain()
}

// FocusGained implements fyne.Focusable.
func (b *iconButton) FocusGained() {
	b.Button.FocusGained()
	b.explain()
}

// atLeast gives an object a least size that grows with the text, in multiples of
// its size; 0 is what the object needs. A hidden object takes no room.
func atLeast(width, height float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(&leastSize{width, height}, o)
}

type leastSize struct{ width, height float32 }

// MinSize implements fyne.Layout.
func (l *leastSize) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if !objects[0].Visible() {
		return fyne.Size{}
	}
	text := theme.TextSize()
	return objects[0].MinSize().Max(fyne.NewSize(l.width*text, l.height*text))
}

// Layout implements fyne.Layout.
func (l *leastSize) Layout(objects []fyne.CanvasObject, size fyne.Size) { objects[0].Resize(size) }

// tick is a check box for the mouse. In a list, which the keyboard ticks with the
// space bar, a check box for each item would hold the Tab key up.
type tick struct {
	widget.BaseWidget

	onTapped func(on bool)
	on       bool
	icon     *widget.Icon
}

func newTick(onTapped func(on bool)) *tick {
	t := &tick{onTapped: onTapped, icon: widget.NewIcon(nil)}
	t.ExtendBaseWidget(t)
	t.set(false)
	return t
}

func (t *tick) set(on bool) {
	t.on = on
	if on {
		t.icon.SetResource(theme.NewPrimaryThemedResource(theme.CheckButtonCheckedIcon()))
	} else {
		t.icon.SetResource(theme.CheckButtonIcon())
	}
}

// Tapped implements fyne.Tappable.
func (t *tick) Tapped(*fyne.PointEvent) {
	t.set(!t.on)
	t.onTapped(t.on)
}

// CreateRenderer implements fyne.Widget.
func (t *tick) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewPadded(container.NewCenter(t.icon)))
}
