package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// FocusFrame is the frame around what has the focus.
type FocusFrame struct {
	widget.BaseWidget

	border *canvas.Rectangle
}

// NewFocusFrame returns a frame that is not seen before Show.
func NewFocusFrame() *FocusFrame {
	f := &FocusFrame{border: canvas.NewRectangle(color.Transparent)}
	f.border.StrokeWidth, f.border.CornerRadius = 2, 4
	f.ExtendBaseWidget(f)
	f.Hide()
	return f
}

// Refresh follows the theme.
func (f *FocusFrame) Refresh() {
	f.border.StrokeColor = theme.Color(theme.ColorNameFocus)
	f.BaseWidget.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (f *FocusFrame) CreateRenderer() fyne.WidgetRenderer {
	f.border.StrokeColor = theme.Color(theme.ColorNameFocus)
	return widget.NewSimpleRenderer(f.border)
}

// KeyScroll scrolls its content up and down, by keyboard too: it takes the
// focus, and then the arrow keys, Page Up, Page Down, Home and End move it.
type KeyScroll struct {
	widget.BaseWidget

	scroll *container.Scroll
	frame  *FocusFrame
}

var _ fyne.Focusable = (*KeyScroll)(nil)

// NewKeyScroll returns content in a KeyScroll.
func NewKeyScroll(content fyne.CanvasObject) *KeyScroll {
	s := &KeyScroll{scroll: NewVScroll(content), frame: NewFocusFrame()}
	s.ExtendBaseWidget(s)
	return s
}

// Offset returns how far down the content is scrolled.
func (s *KeyScroll) Offset() float32 { return s.scroll.Offset.Y }

// ScrollToTop shows the beginning of the content.
func (s *KeyScroll) ScrollToTop() { s.scroll.ScrollToTop() }

// Reveal scrolls as little as brings an object of the content into sight.
func (s *KeyScroll) Reveal(o fyne.CanvasObject) { ScrollTo(s.scroll, o) }

func (s *KeyScroll) scrollTo(y float32) {
	most := s.scroll.Content.MinSize().Height - s.scroll.Size().Height
	s.scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(y, most))))
}

// TypedKey implements fyne.Focusable.
func (s *KeyScroll) TypedKey(e *fyne.KeyEvent) {
	line, page := 3*theme.TextSize(), 0.9*s.scroll.Size().Height
	switch e.Name {
	case fyne.KeyUp:
		s.scrollTo(s.Offset() - line)
	case fyne.KeyDown:
		s.scrollTo(s.Offset() + line)
	case fyne.KeyPageUp:
		s.scrollTo(s.Offset() - page)
	case fyne.KeyPageDown, fyne.KeySpace:
		s.scrollTo(s.Offset() + page)
	case fyne.KeyHome:
		s.ScrollToTop()
	case fyne.KeyEnd:
		s.scroll.ScrollToBottom()
	}
}

// TypedRune implements fyne.Focusable.
func (s *KeyScroll) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (s *KeyScroll) FocusGained() { s.frame.Show() }

// FocusLost implements fyne.Focusable.
func (s *KeyScroll) FocusLost() { s.frame.Hide() }

// CreateRenderer implements fyne.Widget.
func (s *KeyScroll) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(s.scroll, s.frame))
}

// Button returns a button that the content holds: it comes into sight when the
// Tab key leads to it.
func (s *KeyScroll) Button(label string, icon fyne.Resource, tapped func()) *RevealedButton {
	b := &RevealedButton{in: s}
	b.Text, b.Icon, b.OnTapped = label, icon, tapped
	b.ExtendBaseWidget(b)
	return b
}

// RevealedButton is a button of KeyScroll.Button. While it is disabled its
// KeyScroll keeps the focus for it: from a disabled button the Tab key would lead
// to the window's beginning.
type RevealedButton struct {
	widget.Button

	in   *KeyScroll
	kept bool // in has the focus for it
}

// Tapped implements fyne.Tappable.
func (b *RevealedButton) Tapped(e *fyne.PointEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(b)
	had := c != nil && c.Focused() == b
	b.Button.Tapped(e) // which takes the focus from it
	if had && b.Disabled() {
		c.Focus(b.in)
		b.kept = true
	}
}

// Enable implements fyne.Disableable.
func (b *RevealedButton) Enable() {
	b.Button.Enable()
	if c := fyne.CurrentApp().Driver().CanvasForObject(b); c != nil && b.kept && c.Focused() == b.in {
		c.Focus(b)
	}
	b.kept = false
}

// FocusGained implements fyne.Focusable.
func (b *RevealedButton) FocusGained() {
	b.Button.FocusGained()
	b.in.Reveal(b)
}
