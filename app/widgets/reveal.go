package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Composite is a widget made of others that may take the focus.
type Composite interface {
	fyne.Widget
	// Parts are the others.
	Parts() []fyne.CanvasObject
}

var (
	_ Composite = (*page)(nil)
	_ Composite = (*Panel)(nil)
	_ Composite = (*KeyScroll)(nil)
)

// Parts implements Composite.
func (p *page) Parts() []fyne.CanvasObject { return []fyne.CanvasObject{p.content} }

// Parts implements Composite.
func (p *Panel) Parts() []fyne.CanvasObject { return []fyne.CanvasObject{p.actions, p.body} }

// Parts implements Composite.
func (s *KeyScroll) Parts() []fyne.CanvasObject { return []fyne.CanvasObject{s.scroll} }

// NewBorder is [container.NewBorder] in which the Tab key goes from the top to
// the bottom; Fyne's begins in the middle.
func NewBorder(top, bottom, left, right fyne.CanvasObject, middle ...fyne.CanvasObject) *fyne.Container {
	c := container.NewBorder(top, bottom, left, right, middle...)
	inOrder := make([]fyne.CanvasObject, 0, len(c.Objects))
	for _, o := range slices.Concat([]fyne.CanvasObject{top, left}, middle, []fyne.CanvasObject{right, bottom}) {
		if o != nil {
			inOrder = append(inOrder, o)
		}
	}
	c.Objects = inOrder
	return c
}

// Reveal scrolls as little as brings what has the focus into sight. Fyne moves
// the focus to places that are scrolled away.
func Reveal(c fyne.Canvas) {
	focused, ok := c.Focused().(fyne.CanvasObject)
	if !ok {
		return
	}
	root := c.Overlays().Top()
	if root == nil {
		root = c.Content()
	}
	reveal(root, focused)
}

// reveal does so within root and reports whether o is in it.
func reveal(root, o fyne.CanvasObject) bool {
	if root == o {
		return true
	}
	if !root.Visible() {
		return false
	}
	if scroll, ok := root.(*container.Scroll); ok {
		if !reveal(scroll.Content, o) {
			return false
		}
		ScrollTo(scroll, o)
		return true
	}
	return slices.ContainsFunc(Children(root), func(child fyne.CanvasObject) bool { return reveal(child, o) })
}

// Children returns what stands in a container or a composite widget.
func Children(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case *container.Scroll:
		return []fyne.CanvasObject{o.Content}
	case *container.Split:
		return []fyne.CanvasObject{o.Leading, o.Trailing}
	case *container.AppTabs:
		if item := o.Selected(); item != nil {
			return []fyne.CanvasObject{item.Content}
		}
	case *widget.PopUp:
		return []fyne.CanvasObject{o.Content}
	case Composite:
		return o.Parts()
	}
	return nil
}

// ScrollTo scrolls as little as brings an object of the content into sight.
func ScrollTo(s *container.Scroll, o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	at := d.AbsolutePositionForObject(o).Subtract(d.AbsolutePositionForObject(s.Content))
	to, view := s.Offset, s.Size()
	if s.Direction != container.ScrollHorizontalOnly {
		to.Y = scrolled(to.Y, view.Height, at.Y, o.Size().Height)
	}
	if s.Direction != container.ScrollVerticalOnly {
		to.X = scrolled(to.X, view.Width, at.X, o.Size().Width)
	}
	if to != s.Offset {
		s.ScrollToOffset(to)
	}
}

// scrolled is the offset nearest to offset at which a view shows what stands at
// a place: its beginning where it is longer than the view.
func scrolled(offset, view, at, length float32) float32 {
	return max(0, min(max(offset, at+length-view), at))
}
