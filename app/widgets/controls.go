package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// SetVisible shows or hides an object, and leaves it alone when it is so
// already.
func SetVisible(o fyne.CanvasObject, visible bool) {
	switch {
	case visible && !o.Visible():
		o.Show()
	case !visible && o.Visible():
		o.Hide()
	}
}

// SetEnabled enables or disables a control, and leaves it alone when it is so
// already.
func SetEnabled(w fyne.Disableable, enabled bool) {
	switch {
	case enabled && w.Disabled():
		w.Enable()
	case !enabled && !w.Disabled():
		w.Disable()
	}
}

// PopUpBelow opens a menu below an object.
func PopUpBelow(under fyne.CanvasObject, items ...*fyne.MenuItem) {
	c := fyne.CurrentApp().Driver().CanvasForObject(under)
	if c == nil {
		return
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, at.AddXY(0, under.Size().Height))
}

// NewVScroll scrolls up and down with the bar beside the content.
func NewVScroll(content fyne.CanvasObject) *container.Scroll {
	return container.NewVScroll(BesideScrollBar(content))
}

// BesideScrollBar leaves the room on the right that a scroll bar takes, so that
// what does not scroll is in line with what does.
func BesideScrollBar(content fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 0, ScrollBarRoom()), content)
}

// ScrollBarRoom is how wide a scroll bar is that stands beside its content.
func ScrollBarRoom() float32 { return theme.ScrollBarSmallSize() + 2 }

// NewTightBox stacks labels as closely as lines of a paragraph.
func NewTightBox(objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-10), objects...)
}

// NewHeaded stands a head above a body that takes the rest of the height. Unlike
// in a border layout, text that wraps in the head has room at once when it needs
// another line.
func NewHeaded(head, body fyne.CanvasObject) *fyne.Container {
	return container.New(headed{}, head, body)
}

// Relayout gives the contents of a container of NewHeaded the room that they ask
// for now. Fyne does so by itself for only one of several that change at once.
func Relayout(c *fyne.Container) { c.Layout.Layout(c.Objects, c.Size()) }

type headed struct{}

// MinSize implements fyne.Layout.
func (headed) MinSize(objects []fyne.CanvasObject) fyne.Size {
	head, body := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(head.Width, body.Width), head.Height+theme.Padding()+body.Height)
}

// Layout implements fyne.Layout.
func (headed) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	head, body := objects[0], objects[1]
	head.Resize(fyne.NewSize(size.Width, head.MinSize().Height)) // wraps its text
	head.Resize(fyne.NewSize(size.Width, head.MinSize().Height))
	head.Move(fyne.Position{})
	top := head.Size().Height + theme.Padding()
	body.Move(fyne.NewPos(0, top))
	body.Resize(fyne.NewSize(size.Width, max(0, size.Height-top)))
}
