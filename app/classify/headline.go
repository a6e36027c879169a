package classify

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// headline is one line in letters for the last row of a classroom, made
// smaller when it would not fit.
type headline struct {
	widget.BaseWidget
	text *canvas.Text
}

func newHeadline() *headline {
	h := &headline{text: canvas.NewText("", nil)}
	h.text.TextStyle.Bold = true
	h.ExtendBaseWidget(h)
	return h
}

// SetText shows a text.
func (h *headline) SetText(text string) {
	h.text.Text = text
	h.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (h *headline) CreateRenderer() fyne.WidgetRenderer {
	r := &headlineRenderer{h}
	r.Refresh()
	return r
}

type headlineRenderer struct{ h *headline }

// size is that of the largest letters.
func (r *headlineRenderer) size() float32 { return theme.TextHeadingSize() * 1.5 }

func (r *headlineRenderer) Layout(size fyne.Size) {
	pad := theme.InnerPadding()
	letters := r.size()
	if wide := fyne.MeasureText(r.h.text.Text, letters, r.h.text.TextStyle).Width; wide > size.Width-2*pad && wide > 0 {
		letters = max(letters*(size.Width-2*pad)/wide, theme.TextSize())
	}
	r.h.text.TextSize = letters
	high := r.h.text.MinSize().Height
	r.h.text.Move(fyne.NewPos(pad, (size.Height-high)/2))
	r.h.text.Resize(fyne.NewSize(size.Width-2*pad, high))
}

func (r *headlineRenderer) MinSize() fyne.Size {
	return fyne.NewSize(80, r.size()*1.3+theme.InnerPadding())
}

func (r *headlineRenderer) Refresh() {
	r.h.text.Color = theme.Color(theme.ColorNameForeground)
	r.Layout(r.h.Size())
	r.h.text.Refresh()
}

func (r *headlineRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.h.text} }

func (r *headlineRenderer) Destroy() {}
