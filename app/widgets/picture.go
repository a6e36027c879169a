package widgets

import (
	"image"
	"image/color"
	"image/draw"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Picture shows a small picture enlarged, each pixel a sharp square, and says
// which pixel the pointer is over.
type Picture struct {
	widget.BaseWidget

	// OnHover is called with the pixel under the pointer, and with inside
	// false when the pointer leaves the picture.
	OnHover func(x, y int, inside bool)
	// OnTapped is called with the pixel that was clicked.
	OnTapped func(x, y int)

	side    float32
	picture *image.RGBA
	view    *canvas.Image
	frame   *canvas.Rectangle
	over    image.Point
	inside  bool
}

var (
	_ desktop.Hoverable = (*Picture)(nil)
	_ fyne.Tappable     = (*Picture)(nil)
)

// NewPicture returns an empty picture that is at least side wide and high.
func NewPicture(side float32) *Picture {
	p := &Picture{side: side, view: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScalePixels}}
	p.frame = canvas.NewRectangle(color.Transparent)
	p.frame.StrokeColor = theme.Color(theme.ColorNameSeparator)
	p.frame.StrokeWidth = 1
	p.ExtendBaseWidget(p)
	return p
}

// SetImage shows img; nil shows nothing.
func (p *Picture) SetImage(img image.Image) {
	p.picture = toRGBA(img)
	p.view.Image = nil
	if p.picture != nil {
		p.view.Image = p.picture
	}
	p.Refresh()
}

// Image returns what is shown, or nil.
func (p *Picture) Image() *image.RGBA { return p.picture }

// toRGBA gives Fyne's painter the kind of picture that it uploads without
// converting it again.
func toRGBA(img image.Image) *image.RGBA {
	switch img := img.(type) {
	case nil:
		return nil
	case *image.RGBA:
		if img.Rect.Min == (image.Point{}) && img.Stride == 4*img.Rect.Dx() {
			return img
		}
	}
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	return out
}

// pixel returns the pixel at a position within the widget.
func (p *Picture) pixel(pos fyne.Position) (image.Point, bool) {
	if p.picture == nil {
		return image.Point{}, false
	}
	w, h := float32(p.picture.Rect.Dx()), float32(p.picture.Rect.Dy())
	size := p.Size()
	scale := min(size.Width/w, size.Height/h)
	if scale <= 0 {
		return image.Point{}, false
	}
	x := (pos.X - (size.Width-w*scale)/2) / scale
	y := (pos.Y - (size.Height-h*scale)/2) / scale
	if x < 0 || y < 0 || x >= w || y >= h {
		return image.Point{}, false
	}
	return image.Pt(int(x), int(y)), true
}

func (p *Picture) hover(at image.Point, inside bool) {
	if at == p.over && inside == p.inside {
		return
	}
	p.over, p.inside = at, inside
	if p.OnHover != nil {
		p.OnHover(at.X, at.Y, inside)
	}
}

// MouseIn implements desktop.Hoverable.
func (p *Picture) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (p *Picture) MouseMoved(e *desktop.MouseEvent) { p.hover(p.pixel(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (p *Picture) MouseOut() { p.hover(image.Point{}, false) }

// Tapped implements fyne.Tappable.
func (p *Picture) Tapped(e *fyne.PointEvent) {
	if at, ok := p.pixel(e.Position); ok && p.OnTapped != nil {
		p.OnTapped(at.X, at.Y)
	}
}

// CreateRenderer implements fyne.Widget.
func (p *Picture) CreateRenderer() fyne.WidgetRenderer {
	return &pictureRenderer{p}
}

type pictureRenderer struct{ p *Picture }

func (r *pictureRenderer) Layout(size fyne.Size) {
	r.p.view.Resize(size)
	r.p.frame.Resize(size)
}

func (r *pictureRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.p.side) }

func (r *pictureRenderer) Refresh() {
	r.p.frame.StrokeColor = theme.Color(theme.ColorNameSeparator)
	r.p.frame.Hidden = r.p.picture != nil
	r.p.frame.Refresh()
	r.p.view.Refresh()
}

func (r *pictureRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.frame, r.p.view}
}

func (r *pictureRenderer) Destroy() {}

// GrayRGBA draws 8-bit grey values into dst, which has one pixel a value.
func GrayRGBA(dst *image.RGBA, gray []byte) {
	for i, v := range gray {
		px := dst.Pix[4*i : 4*i+4 : 4*i+4]
		px[0], px[1], px[2], px[3] = v, v, v, 0xff
	}
}

// GrayImage returns a picture of 8-bit grey values, w a row.
func GrayImage(gray []byte, w int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, len(gray)/w))
	GrayRGBA(img, gray)
	return img
}
