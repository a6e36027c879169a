package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// ChoiceList is a list of which one item is chosen. The choice follows the
// arrow keys, Home and End; other keys go to OnKey.
type ChoiceList struct {
	widget.List

	// OnChosen is called when another item is chosen, by hand or by Choose.
	OnChosen func(i int)
	// OnKey is called with a key that does not move the choice.
	OnKey func(fyne.KeyName)
	// OnFocus is called when the list receives the focus.
	OnFocus func()

	chosen int
	ring   int // the item that Fyne marks as focused
}

// NewChoiceList returns a list in which nothing is chosen.
func NewChoiceList(length func() int, create func() fyne.CanvasObject, update func(i int, o fyne.CanvasObject)) *ChoiceList {
	l := &ChoiceList{chosen: -1}
	l.Length, l.CreateItem, l.UpdateItem = length, create, update
	l.OnSelected = func(i int) { // by Choose or by a click
		l.chosen, l.ring = i, i
		if l.OnChosen != nil {
			l.OnChosen(i)
		}
	}
	l.ExtendBaseWidget(l)
	return l
}

// Chosen returns the chosen item, or -1.
func (l *ChoiceList) Chosen() int { return l.chosen }

// Choose chooses an item; one that does not exist leaves nothing chosen.
func (l *ChoiceList) Choose(i int) {
	if i < 0 || i >= l.Length() {
		l.chosen = -1
		l.UnselectAll()
		return
	}
	// Fyne's mark of the focus moves with its keys only.
	for ; l.ring < i; l.ring++ {
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	for ; l.ring > i; l.ring-- {
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	}
	l.Select(i)
}

// TypedKey implements fyne.Focusable.
func (l *ChoiceList) TypedKey(e *fyne.KeyEvent) {
	to, last := l.chosen, l.Length()-1
	switch e.Name {
	case fyne.KeyUp:
		to--
	case fyne.KeyDown:
		to++
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = last
	default:
		if l.OnKey != nil {
			l.OnKey(e.Name)
		}
		return
	}
	if last >= 0 {
		l.Choose(min(max(to, 0), last))
	}
}

// FocusGained implements fyne.Focusable.
func (l *ChoiceList) FocusGained() {
	l.List.FocusGained()
	if l.chosen < 0 {
		l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	}
	if l.OnFocus != nil {
		l.OnFocus()
	}
}
