package browse

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// fill gives an object all of a size.
func fill(o fyne.CanvasObject, size fyne.Size) {
	o.Resize(size)
	o.Move(fyne.Position{})
}

// fixedHeight lays one object out over the width, at some height from the top.
type fixedHeight float32

// MinSize implements fyne.Layout.
func (h fixedHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, float32(h))
}

// Layout implements fyne.Layout.
func (h fixedHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	fill(objects[0], fyne.NewSize(size.Width, min(size.Height, float32(h))))
}

// onWidth lays one object out over all room and tells when that becomes wider or
// narrower.
type onWidth struct {
	width   float32
	changed func()
}

// MinSize implements fyne.Layout.
func (*onWidth) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// Layout implements fyne.Layout.
func (l *onWidth) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	fill(objects[0], size)
	if size.Width != l.width {
		l.width = size.Width
		l.changed()
	}
}

// lettersWide makes one object as wide as so many letters are, more or less.
type lettersWide float32

// MinSize implements fyne.Layout.
func (l lettersWide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(float32(l)*0.6*theme.TextSize(), objects[0].MinSize().Height)
}

// Layout implements fyne.Layout.
func (l lettersWide) Layout(objects []fyne.CanvasObject, size fyne.Size) { fill(objects[0], size) }

// fewRows lays out a scroll of buttons over the width: as high as the buttons
// are, up to some rows.
type fewRows struct{}

// chipRows is how many rows of chips are in sight.
const chipRows = 3

// MinSize implements fyne.Layout.
func (fewRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	scroll := objects[0].(*container.Scroll)
	row := widget.NewButton("Class", nil).MinSize().Height + theme.Padding()
	return fyne.NewSize(scroll.MinSize().Width, min(scroll.Content.MinSize().Height, chipRows*row-theme.Padding()))
}

// Layout implements fyne.Layout.
func (fewRows) Layout(objects []fyne.CanvasObject, size fyne.Size) { fill(objects[0], size) }
