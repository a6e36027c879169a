package widgets

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/draw"
)

const (
	// minBox is the smallest edge of a box, in pixels of the screen.
	minBox = 16
	// boxStep is how far a key moves the box, as a share of the picture.
	boxStep = 0.02
)

// CropBox shows a picture and lets the user mark a part of it: a drag beside
// the box draws a new one, a drag in it moves it, a drag at its edge or corner
// changes its size. With the focus, the arrow keys move the box, those with
// Shift change its size, and Escape marks the whole picture.
type CropBox struct {
	widget.BaseWidget

	// OnChanged is called with the marked part, in the coordinates of the
	// picture's bounds; empty means all of it. Final is false within a drag.
	OnChanged func(box image.Rectangle, final bool)

	bounds  image.Rectangle // of the picture
	box     fyne.Position   // the upper left corner, as shares of the picture
	size    fyne.Size       // as shares of the picture; zero for none
	grip    grip
	anchor  fyne.Position // where the drag began, as shares
	was     fyne.Position // the box's corner when it began
	wasSize fyne.Size
	focused bool

	view  *canvas.Image
	shade [4]*canvas.Rectangle
	frame *canvas.Rectangle
}

// grip is what a drag has hold of: any of the four edges, all of the box, or
// nothing yet.
type grip struct {
	left, right, top, bottom, whole, dragging bool
}

var (
	_ desktop.Mouseable  = (*CropBox)(nil)
	_ desktop.Cursorable = (*CropBox)(nil)
	_ fyne.Draggable     = (*CropBox)(nil)
	_ fyne.Focusable     = (*CropBox)(nil)
)

// NewCropBox returns one without a picture.
func NewCropBox() *CropBox {
	c := &CropBox{view: &canvas.Image{FillMode: canvas.ImageFillStretch}, frame: canvas.NewRectangle(color.Transparent)}
	for i := range c.shade {
		c.shade[i] = canvas.NewRectangle(color.NRGBA{A: 0x90})
	}
	c.ExtendBaseWidget(c)
	return c
}

// SetImage shows a picture without a box. Bounds are those of the whole picture,
// of which img may be a [Preview]; nil shows nothing.
func (c *CropBox) SetImage(img *image.RGBA, bounds image.Rectangle) {
	c.box, c.size, c.bounds = fyne.Position{}, fyne.Size{}, image.Rectangle{}
	c.view.Image = nil
	if img != nil {
		c.bounds = bounds
		c.view.Image = img
		c.view.ScaleMode = canvas.ImageScaleSmooth
		if max(bounds.Dx(), bounds.Dy()) <= 64 {
			c.view.ScaleMode = canvas.ImageScalePixels
		}
	}
	c.Refresh()
}

// Preview returns a copy of a picture on white for the screen, its longest edge
// at most edge. It takes its time with a large picture: call it off the window's
// thread.
func Preview(img image.Image, edge int) *image.RGBA {
	b := img.Bounds()
	if longest := max(b.Dx(), b.Dy()); longest > edge {
		small := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*edge/longest), max(1, b.Dy()*edge/longest)))
		draw.Draw(small, small.Rect, image.White, image.Point{}, draw.Src)
		draw.ApproxBiLinear.Scale(small, small.Rect, img, b, draw.Over, nil)
		return small
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, b.Min, draw.Over)
	return out
}

// Box returns the marked part in the coordinates of the picture's bounds; empty
// means all of it.
func (c *CropBox) Box() image.Rectangle {
	if c.size.IsZero() {
		return image.Rectangle{}
	}
	w, h := float32(c.bounds.Dx()), float32(c.bounds.Dy())
	return image.Rect(
		int(c.box.X*w+.5), int(c.box.Y*h+.5),
		int((c.box.X+c.size.Width)*w+.5), int((c.box.Y+c.size.Height)*h+.5),
	).Add(c.bounds.Min).Intersect(c.bounds)
}

// SetBox marks a part of the picture, as the user would; empty means all of it.
func (c *CropBox) SetBox(box image.Rectangle) {
	box = box.Intersect(c.bounds)
	c.box, c.size = fyne.Position{}, fyne.Size{}
	if !box.Empty() {
		w, h := float32(c.bounds.Dx()), float32(c.bounds.Dy())
		at := box.Sub(c.bounds.Min)
		c.box = fyne.NewPos(float32(at.Min.X)/w, float32(at.Min.Y)/h)
		c.size = fyne.NewSize(float32(at.Dx())/w, float32(at.Dy())/h)
	}
	c.changed(true)
}

func (c *CropBox) changed(final bool) {
	c.layoutBox()
	if c.OnChanged != nil && !c.bounds.Empty() {
		c.OnChanged(c.Box(), final)
	}
}

// area returns where the picture lies within the widget.
func (c *CropBox) area() (fyne.Position, fyne.Size) {
	size := c.Size()
	if c.bounds.Empty() || size.Width <= 0 || size.Height <= 0 {
		return fyne.Position{}, fyne.Size{}
	}
	w, h := float32(c.bounds.Dx()), float32(c.bounds.Dy())
	scale := min(size.Width/w, size.Height/h)
	return fyne.NewPos((size.Width-w*scale)/2, (size.Height-h*scale)/2), fyne.NewSize(w*scale, h*scale)
}

// share returns a position as shares of the picture, within it.
func (c *CropBox) share(pos fyne.Position) fyne.Position {
	origin, area := c.area()
	if area.IsZero() {
		return fyne.Position{}
	}
	return fyne.NewPos(clampShare((pos.X-origin.X)/area.Width), clampShare((pos.Y-origin.Y)/area.Height))
}

func clampShare(v float32) float32 { return min(max(v, 0), 1) }

// hold returns what is at a place.
func (c *CropBox) hold(at fyne.Position) grip {
	if c.size.IsZero() {
		return grip{}
	}
	_, area := c.area()
	near := fyne.NewSize(8/area.Width, 8/area.Height)
	right, bottom := c.box.X+c.size.Width, c.box.Y+c.size.Height
	if at.X < c.box.X-near.Width || at.X > right+near.Width || at.Y < c.box.Y-near.Height || at.Y > bottom+near.Height {
		return grip{}
	}
	g := grip{
		left: at.X < c.box.X+near.Width, right: at.X > right-near.Width,
		top: at.Y < c.box.Y+near.Height, bottom: at.Y > bottom-near.Height,
	}
	g.whole = !g.left && !g.right && !g.top && !g.bottom
	return g
}

// MouseDown implements desktop.Mouseable.
func (c *CropBox) MouseDown(e *desktop.MouseEvent) {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(c); canvas != nil {
		canvas.Focus(c)
	}
	if c.bounds.Empty() || e.Button != desktop.MouseButtonPrimary {
		return
	}
	c.anchor, c.was, c.wasSize = c.share(e.Position), c.box, c.size
	c.grip = c.hold(c.anchor)
	c.grip.dragging = true
}

// Dragged implements fyne.Draggable.
func (c *CropBox) Dragged(e *fyne.DragEvent) {
	if !c.grip.dragging {
		return
	}
	at := c.share(e.Position)
	dx, dy := at.X-c.anchor.X, at.Y-c.anchor.Y
	left, top, right, bottom := c.was.X, c.was.Y, c.was.X+c.wasSize.Width, c.was.Y+c.wasSize.Height
	switch g := c.grip; {
	case g.whole:
		dx = min(max(dx, -left), 1-right)
		dy = min(max(dy, -top), 1-bottom)
		left, right, top, bottom = left+dx, right+dx, top+dy, bottom+dy
	case g.left || g.right || g.top || g.bottom:
		if g.left {
			left = at.X
		}
		if g.right {
			right = at.X
		}
		if g.top {
			top = at.Y
		}
		if g.bottom {
			bottom = at.Y
		}
	default:
		left, right, top, bottom = c.anchor.X, at.X, c.anchor.Y, at.Y
	}
	left, right = min(left, right), max(left, right)
	top, bottom = min(top, bottom), max(top, bottom)
	_, area := c.area()
	if (right-left)*area.Width < minBox || (bottom-top)*area.Height < minBox {
		return
	}
	c.box, c.size = fyne.NewPos(left, top), fyne.NewSize(right-left, bottom-top)
	c.changed(false)
}

// DragEnd implements fyne.Draggable.
func (c *CropBox) DragEnd() { c.release() }

// MouseUp implements desktop.Mouseable.
func (c *CropBox) MouseUp(*desktop.MouseEvent) { c.release() }

func (c *CropBox) release() {
	moved := c.grip.dragging && (c.box != c.was || c.size != c.wasSize)
	c.grip = grip{}
	if moved {
		c.changed(true)
	}
}

// Cursor implements desktop.Cursorable.
func (c *CropBox) Cursor() desktop.Cursor {
	if c.bounds.Empty() {
		return desktop.DefaultCursor
	}
	return desktop.CrosshairCursor
}

// FocusGained implements fyne.Focusable.
func (c *CropBox) FocusGained() { c.focused = true; c.layoutBox() }

// FocusLost implements fyne.Focusable.
func (c *CropBox) FocusLost() { c.focused = false; c.layoutBox() }

// TypedRune implements fyne.Focusable.
func (c *CropBox) TypedRune(rune) {}

// CropBoxKeys are the keys of a CropBox.
func CropBoxKeys() [][2]string {
	return [][2]string{
		{"Move the box", "Arrows"},
		{"Change its size", "Shift+Arrows"},
		{"Whole picture", "Escape"},
	}
}

// TypedKey implements fyne.Focusable.
func (c *CropBox) TypedKey(e *fyne.KeyEvent) {
	d := map[fyne.KeyName][2]float32{
		fyne.KeyLeft: {-boxStep, 0}, fyne.KeyRight: {boxStep, 0}, fyne.KeyUp: {0, -boxStep}, fyne.KeyDown: {0, boxStep},
	}
	move, ok := d[e.Name]
	switch {
	case c.bounds.Empty():
	case e.Name == fyne.KeyEscape:
		c.SetBox(image.Rectangle{})
	case !ok:
	case c.size.IsZero():
		c.box, c.size = fyne.NewPos(0.1, 0.1), fyne.NewSize(0.8, 0.8)
		c.changed(true)
	case modifiers()&fyne.KeyModifierShift != 0:
		c.size.Width = min(max(c.size.Width+move[0], boxStep), 1-c.box.X)
		c.size.Height = min(max(c.size.Height+move[1], boxStep), 1-c.box.Y)
		c.changed(true)
	default:
		c.box.X = min(max(c.box.X+move[0], 0), 1-c.size.Width)
		c.box.Y = min(max(c.box.Y+move[1], 0), 1-c.size.Height)
		c.changed(true)
	}
}

// layoutBox places the frame and darkens what is beside it.
func (c *CropBox) layoutBox() {
	origin, area := c.area()
	marked := !c.size.IsZero() && !area.IsZero()
	x0, y0 := origin.X+c.box.X*area.Width, origin.Y+c.box.Y*area.Height
	w, h := c.size.Width*area.Width, c.size.Height*area.Height
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
	}
	place(c.shade[0], origin.X, origin.Y, area.Width, y0-origin.Y)
	place(c.shade[1], origin.X, y0+h, area.Width, origin.Y+area.Height-y0-h)
	place(c.shade[2], origin.X, y0, x0-origin.X, h)
	place(c.shade[3], x0+w, y0, origin.X+area.Width-x0-w, h)
	for _, s := range c.shade {
		s.Hidden = !marked
		s.Refresh()
	}
	if marked {
		place(c.frame, x0, y0, w, h)
	} else {
		place(c.frame, origin.X, origin.Y, area.Width, area.Height)
	}
	c.frame.StrokeColor = theme.Color(theme.ColorNamePrimary)
	c.frame.StrokeWidth = 2
	c.frame.Hidden = area.IsZero() || !marked && !c.focused
	c.frame.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (c *CropBox) CreateRenderer() fyne.WidgetRenderer { return &cropRenderer{c} }

type cropRenderer struct{ c *CropBox }

func (r *cropRenderer) Layout(fyne.Size) {
	origin, area := r.c.area()
	r.c.view.Move(origin)
	r.c.view.Resize(area)
	r.c.layoutBox()
}

func (r *cropRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(200) }

func (r *cropRenderer) Refresh() {
	r.Layout(r.c.Size())
	r.c.view.Refresh()
}

func (r *cropRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.c.view}
	for _, s := range r.c.shade {
		out = append(out, s)
	}
	return append(out, r.c.frame)
}

func (r *cropRenderer) Destroy() {}
