package train

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
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
