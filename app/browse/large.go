package browse

import (
	"image"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
)

// showLarge shows the picture as large as the window allows and tells the
// number of the pixel that the pointer or the arrow keys choose.
func (d *detail) showLarge() {
	if d.set == nil || d.tab.window == nil {
		return
	}
	set, index := d.set, d.index
	under := widget.NewLabelWithStyle("Point at a pixel, or choose one with the arrow keys", fyne.TextAlignCenter, fyne.TextStyle{})
	picture := newPixelPicker(widgets.GrayImage(slices.Clone(set.Image(index)), set.W))
	picture.onPixel = func(at image.Point) { under.SetText(pixelText(set, index, at.X, at.Y)) }
	canvas := d.tab.window.Canvas()
	before := canvas.Focused()
	box := dialog.NewCustom(d.panel.Title(), "Close", container.NewBorder(nil, under, nil, nil, picture), d.tab.window)
	box.SetOnClosed(func() { canvas.Focus(before) })
	size := canvas.Size()
	box.Resize(fyne.NewSquareSize(min(size.Width, size.Height) * 0.92))
	box.Show()
	canvas.Focus(picture)
}

// pixelPicker is a picture of which one pixel is chosen.
type pixelPicker struct {
	widget.BaseWidget

	onPixel func(image.Point)

	size    image.Point
	at      image.Point
	picture *widgets.Picture
	ring    *canvas.Rectangle
	frame   *widgets.FocusFrame
}

var _ fyne.Focusable = (*pixelPicker)(nil)

func newPixelPicker(img *image.RGBA) *pixelPicker {
	p := &pixelPicker{size: img.Rect.Size(), picture: widgets.NewPicture(420), ring: canvas.NewRectangle(color.Transparent), frame: widgets.NewFocusFrame()}
	p.at = p.size.Div(2)
	p.picture.SetImage(img)
	p.picture.OnHover = func(x, y int, inside bool) {
		if inside {
			p.choose(image.Pt(x, y))
		}
	}
	p.ring.StrokeWidth = 2
	p.ring.Hide()
	p.ExtendBaseWidget(p)
	return p
}

func (p *pixelPicker) choose(at image.Point) {
	p.at = image.Pt(min(max(at.X, 0), p.size.X-1), min(max(at.Y, 0), p.size.Y-1))
	p.ring.StrokeColor = theme.Color(theme.ColorNamePrimary)
	p.ring.Show()
	p.Refresh()
	if p.onPixel != nil {
		p.onPixel(p.at)
	}
}

// TypedKey implements fyne.Focusable.
func (p *pixelPicker) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		p.choose(p.at.Add(image.Pt(-1, 0)))
	case fyne.KeyRight:
		p.choose(p.at.Add(image.Pt(1, 0)))
	case fyne.KeyUp:
		p.choose(p.at.Add(image.Pt(0, -1)))
	case fyne.KeyDown:
		p.choose(p.at.Add(image.Pt(0, 1)))
	case fyne.KeyHome:
		p.choose(image.Pt(0, p.at.Y))
	case fyne.KeyEnd:
		p.choose(image.Pt(p.size.X-1, p.at.Y))
	}
}

// TypedRune implements fyne.Focusable.
func (p *pixelPicker) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (p *pixelPicker) FocusGained() { p.frame.Show() }

// FocusLost implements fyne.Focusable.
func (p *pixelPicker) FocusLost() { p.frame.Hide() }

// CreateRenderer implements fyne.Widget.
func (p *pixelPicker) CreateRenderer() fyne.WidgetRenderer { return &pixelPickerRenderer{p} }

type pixelPickerRenderer struct{ p *pixelPicker }

func (r *pixelPickerRenderer) MinSize() fyne.Size { return r.p.picture.MinSize() }

func (r *pixelPickerRenderer) Layout(size fyne.Size) {
	p := r.p
	p.picture.Resize(size)
	p.frame.Resize(size)
	scale := min(size.Width/float32(p.size.X), size.Height/float32(p.size.Y))
	left, top := (size.Width-scale*float32(p.size.X))/2, (size.Height-scale*float32(p.size.Y))/2
	p.ring.Move(fyne.NewPos(left+scale*float32(p.at.X)-1, top+scale*float32(p.at.Y)-1))
	p.ring.Resize(fyne.NewSquareSize(scale + 2))
}

func (r *pixelPickerRenderer) Refresh() {
	r.Layout(r.p.Size())
	r.p.ring.Refresh()
	r.p.frame.Refresh()
}

func (r *pixelPickerRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.picture, r.p.ring, r.p.frame}
}

func (r *pixelPickerRenderer) Destroy() {}
