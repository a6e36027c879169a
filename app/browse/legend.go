package browse

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/look"
)

// legendEntry is a class's colour and name beside the map.
type legendEntry struct {
	widget.BaseWidget

	class int
	dot   *canvas.Circle
	name  *widget.Label
}

func newLegendEntry(class int, name string) *legendEntry {
	e := &legendEntry{class: class, dot: canvas.NewCircle(look.Series(class)), name: widget.NewLabel(name)}
	e.name.Truncation = fyne.TextTruncateEllipsis
	e.ExtendBaseWidget(e)
	return e
}

// CreateRenderer implements fyne.Widget.
func (e *legendEntry) CreateRenderer() fyne.WidgetRenderer { return &legendRenderer{e} }

type legendRenderer struct{ e *legendEntry }

// legendLetters is how many letters of a name have room, more or less.
const legendLetters = 12

func (r *legendRenderer) MinSize() fyne.Size {
	return fyne.NewSize(legendLetters*0.62*theme.TextSize()+1.5*theme.TextSize(), 1.6*theme.TextSize())
}

func (r *legendRenderer) Layout(size fyne.Size) {
	side := 0.7 * theme.TextSize()
	r.e.dot.Resize(fyne.NewSquareSize(side))
	r.e.dot.Move(fyne.NewPos(theme.Padding(), (size.Height-side)/2))
	left := theme.Padding() + side
	label := r.e.name.MinSize().Height
	r.e.name.Resize(fyne.NewSize(size.Width-left, label))
	r.e.name.Move(fyne.NewPos(left, (size.Height-label)/2))
}

// Refresh follows the theme.
func (r *legendRenderer) Refresh() {
	r.e.dot.FillColor = look.Series(r.e.class)
	r.e.dot.Refresh()
	r.e.name.Refresh()
}

func (r *legendRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.e.dot, r.e.name} }

func (r *legendRenderer) Destroy() {}
