package widgets

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Tool is what the pointer does on a pad.
type Tool int

// The tools.
const (
	Brush Tool = iota
	Eraser
	Bucket
)

// The bounds of a brush's radius, as shares of the pad's side.
const (
	MinBrush = 0.004
	MaxBrush = 0.08
)

// padSide is the size of a pad's drawing in pixels: sharp on a screen, and no
// more than can be looked at anew with every move of the hand.
const padSide = 448

// Pad is paper to draw on with the mouse, a pen or the keyboard.
//
// The left button draws with the chosen tool, the right one erases. With the
// focus, the arrow keys move a pen (faster with Shift), Space puts it down and
// lifts it, Enter fills.
type Pad struct {
	widget.BaseWidget

	// OnChanged is called after each change of the drawing: final is false
	// within a stroke, and true when a step is complete.
	OnChanged func(final bool)

	tool      Tool
	radius    float64
	tone      uint8
	symmetric bool
	drawing   *Drawing
	guide     []uint8 // how much of each pixel the lines to trace cover; nil for none

	drawn    *image.RGBA // what is on the screen
	stroking bool
	erasing  bool
	last     Point
	pointer  Point // the pen: of the mouse, or of the keyboard
	hovered  bool
	focused  bool
	penDown  bool

	view *canvas.Image
	ring *canvas.Circle
	edge *canvas.Rectangle
}

var (
	_ desktop.Mouseable  = (*Pad)(nil)
	_ desktop.Hoverable  = (*Pad)(nil)
	_ desktop.Cursorable = (*Pad)(nil)
	_ fyne.Focusable     = (*Pad)(nil)
	_ fyne.Draggable     = (*Pad)(nil)
)

// NewPad returns an empty pad with a brush.
func NewPad() *Pad {
	p := &Pad{
		radius: 0.02, tone: 0x20, drawing: NewDrawing(padSide), pointer: Point{.5, .5},
		drawn: image.NewRGBA(image.Rect(0, 0, padSide, padSide)),
		ring:  canvas.NewCircle(color.Transparent),
		edge:  canvas.NewRectangle(color.Transparent),
	}
	// Every move of the hand changes the picture: the graphics card scales it.
	p.view = &canvas.Image{Image: p.drawn, FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest}
	p.ExtendBaseWidget(p)
	p.paint(p.drawn.Rect)
	return p
}

// SetTool chooses what the left button does.
func (p *Pad) SetTool(t Tool) { p.tool = t; p.showPointer() }

// SetBrush sets the brush's radius, a share of the pad's side.
func (p *Pad) SetBrush(radius float64) {
	p.radius = min(max(radius, MinBrush), MaxBrush)
	p.showPointer()
}

// Brush returns the brush's radius, a share of the pad's side.
func (p *Pad) Brush() float64 { return p.radius }

// SetTone sets the grey that the brush and the bucket use: 0 is black.
func (p *Pad) SetTone(tone uint8) { p.tone = tone }

// SetSymmetric makes every stroke appear on both halves of the pad.
func (p *Pad) SetSymmetric(on bool) { p.symmetric = on }

// SetTemplate shows faint lines to trace, which are no part of the drawing; nil
// shows none.
func (p *Pad) SetTemplate(lines []Stroke) {
	p.guide = nil
	if lines != nil {
		d := NewDrawing(padSide)
		for _, s := range lines {
			d.Draw(s, 2.0/padSide, 0)
		}
		p.guide = d.ink.Pix
		for i, v := range p.guide {
			p.guide[i] = Paper - v
		}
	}
	p.paint(p.drawn.Rect)
	p.view.Refresh()
}

// Image returns a copy of the drawing.
func (p *Pad) Image() *image.Gray { return p.drawing.Image() }

// Empty reports whether nothing is drawn.
func (p *Pad) Empty() bool { return p.drawing.Empty() }

// CanUndo reports whether there is a step to undo.
func (p *Pad) CanUndo() bool { return p.drawing.CanUndo() }

// CanRedo reports whether there is a step to do again.
func (p *Pad) CanRedo() bool { return p.drawing.CanRedo() }

// Undo takes the last step back.
func (p *Pad) Undo() { p.change(p.drawing.Undo) }

// Redo does the step that was undone last again.
func (p *Pad) Redo() { p.change(p.drawing.Redo) }

// Clear empties the pad, which can be undone.
func (p *Pad) Clear() { p.change(p.drawing.Clear) }

// Mirror swaps left and right.
func (p *Pad) Mirror() { p.change(p.drawing.Mirror) }

// Draw draws a stroke as the user's brush would.
func (p *Pad) Draw(s Stroke) {
	if len(s) == 0 {
		return
	}
	p.begin(s[0], false)
	for _, at := range s[1:] {
		p.moveTo(at)
	}
	p.finish()
}

func (p *Pad) change(do func()) {
	p.finish()
	do()
	p.paint(p.drawn.Rect)
	p.view.Refresh()
	p.changed(true)
}

func (p *Pad) changed(final bool) {
	if p.OnChanged != nil {
		p.OnChanged(final)
	}
}

// begin puts the brush down.
func (p *Pad) begin(at Point, erase bool) {
	p.finish()
	p.drawing.begin()
	p.stroking, p.erasing, p.last = true, erase || p.tool == Eraser, at
	p.moveTo(at)
}

// moveTo draws on to a point.
func (p *Pad) moveTo(at Point) {
	if !p.stroking {
		return
	}
	// Beside the pad the brush is just out of sight, so that leaving it leaves
	// no line along its edge.
	beside := p.radius + 0.01
	at = Point{min(max(at.X, -beside), 1+beside), min(max(at.Y, -beside), 1+beside)}
	tone := p.tone
	if p.erasing {
		tone = Paper
	}
	radius := p.radius * padSide
	p.drawing.line(p.last, at, radius, tone)
	if p.symmetric {
		p.drawing.line(Point{1 - p.last.X, p.last.Y}, Point{1 - at.X, at.Y}, radius, tone)
	}
	p.last, p.pointer = at, at
	p.paint(p.drawing.touched)
	p.view.Refresh()
	p.showPointer()
	p.changed(false)
}

// finish lifts the brush.
func (p *Pad) finish() {
	p.penDown = false
	if !p.stroking {
		return
	}
	p.stroking = false
	p.drawing.end()
	p.showPointer()
	p.changed(true)
}

// pour fills the area at a point.
func (p *Pad) pour(at Point) {
	p.finish()
	filled := p.drawing.Fill(at, p.tone)
	p.paint(p.drawn.Rect)
	p.view.Refresh()
	if filled {
		p.changed(true)
	}
}

// templateTone is the colour of the lines to trace.
var templateTone = color.RGBA{0x9c, 0xc4, 0xe4, 0xff}

// paint brings a part of the screen's picture in line with the drawing.
func (p *Pad) paint(r image.Rectangle) {
	ink := p.drawing.ink
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v := ink.Pix[y*padSide+x]
			px := p.drawn.Pix[4*(y*padSide+x):][:4:4]
			px[0], px[1], px[2], px[3] = v, v, v, 0xff
		}
	}
	if p.guide == nil {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			at := y*padSide + x
			share := int(p.guide[at]) * int(ink.Pix[at]) / 0xff
			if share == 0 {
				continue
			}
			px := p.drawn.Pix[4*at:][:4:4]
			for k, c := range []uint8{templateTone.R, templateTone.G, templateTone.B} {
				px[k] = uint8((int(px[k])*(255-share) + int(c)*share) / 255)
			}
		}
	}
}

// at returns the point of the drawing at a position within the widget.
func (p *Pad) at(pos fyne.Position) Point {
	origin, side := p.square()
	if side <= 0 {
		return Point{}
	}
	return Point{float64((pos.X - origin.X) / side), float64((pos.Y - origin.Y) / side)}
}

// square returns where the paper lies within the widget.
func (p *Pad) square() (origin fyne.Position, side float32) {
	size := p.Size()
	side = min(size.Width, size.Height)
	return fyne.NewPos((size.Width-side)/2, (size.Height-side)/2), side
}

func onPaper(at Point) bool { return at.X >= 0 && at.Y >= 0 && at.X < 1 && at.Y < 1 }

// MouseDown implements desktop.Mouseable.
func (p *Pad) MouseDown(e *desktop.MouseEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil {
		c.Focus(p)
	}
	at := p.at(e.Position)
	if !onPaper(at) {
		return
	}
	p.pointer = at
	switch {
	case e.Button == desktop.MouseButtonSecondary:
		p.begin(at, true)
	case e.Button != desktop.MouseButtonPrimary:
	case p.tool == Bucket:
		p.pour(at)
	default:
		p.begin(at, false)
	}
}

// MouseUp implements desktop.Mouseable.
func (p *Pad) MouseUp(*desktop.MouseEvent) { p.finish() }

// Dragged implements fyne.Draggable.
func (p *Pad) Dragged(e *fyne.DragEvent) { p.moveTo(p.at(e.Position)) }

// DragEnd implements fyne.Draggable.
func (p *Pad) DragEnd() { p.finish() }

// MouseIn implements desktop.Hoverable.
func (p *Pad) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (p *Pad) MouseMoved(e *desktop.MouseEvent) {
	p.pointer = p.at(e.Position)
	p.hovered = onPaper(p.pointer)
	if p.stroking && !p.penDown {
		p.moveTo(p.pointer)
		return
	}
	p.showPointer()
}

// MouseOut implements desktop.Hoverable.
func (p *Pad) MouseOut() { p.hovered = false; p.showPointer() }

// Cursor implements desktop.Cursorable.
func (p *Pad) Cursor() desktop.Cursor { return desktop.CrosshairCursor }

// showPointer shows how large the brush is, and where.
func (p *Pad) showPointer() {
	origin, side := p.square()
	r := float32(p.radius) * side
	p.ring.Hidden = !p.hovered && !p.focused || p.tool == Bucket && !p.focused
	p.ring.StrokeWidth = 1
	p.ring.StrokeColor = color.NRGBA{0x23, 0x69, 0x9b, 0xff}
	if p.penDown {
		p.ring.StrokeWidth = 3
	}
	p.ring.Resize(fyne.NewSquareSize(2 * r))
	p.ring.Move(fyne.NewPos(origin.X+float32(p.pointer.X)*side-r, origin.Y+float32(p.pointer.Y)*side-r))
	p.ring.Refresh()
}

// The steps of the pen on the keyboard, as shares of the pad's side.
const (
	penStep     = 0.01
	penLongStep = 0.05
)

// FocusGained implements fyne.Focusable.
func (p *Pad) FocusGained() { p.focused = true; p.Refresh() }

// FocusLost implements fyne.Focusable.
func (p *Pad) FocusLost() {
	p.focused = false
	if p.penDown {
		p.finish()
	}
	p.Refresh()
}

// TypedRune implements fyne.Focusable.
func (p *Pad) TypedRune(rune) {}

// PadKeys are the keys of a Pad.
func PadKeys() [][2]string {
	return [][2]string{
		{"Move the pen", "Arrows, Shift for longer steps"},
		{"Pen down, pen up", "Space"},
		{"Fill", "Enter"},
		{"Clear", "Delete"},
	}
}

// TypedKey implements fyne.Focusable.
func (p *Pad) TypedKey(e *fyne.KeyEvent) {
	step := penStep
	if modifiers()&fyne.KeyModifierShift != 0 {
		step = penLongStep
	}
	switch e.Name {
	case fyne.KeyLeft:
		p.walk(-step, 0)
	case fyne.KeyRight:
		p.walk(step, 0)
	case fyne.KeyUp:
		p.walk(0, -step)
	case fyne.KeyDown:
		p.walk(0, step)
	case fyne.KeySpace:
		if p.penDown {
			p.finish()
			return
		}
		p.begin(p.pointer, false)
		p.penDown = true
		p.showPointer()
	case fyne.KeyReturn, fyne.KeyEnter:
		p.pour(p.pointer)
	case fyne.KeyDelete:
		p.Clear()
	}
}

// walk moves the pen of the keyboard.
func (p *Pad) walk(dx, dy float64) {
	within := func(v float64) float64 { return min(max(math.Round(v*1000)/1000, 0), 0.999) }
	p.pointer = Point{within(p.pointer.X + dx), within(p.pointer.Y + dy)}
	if p.penDown {
		p.moveTo(p.pointer)
		return
	}
	p.showPointer()
}

// CreateRenderer implements fyne.Widget.
func (p *Pad) CreateRenderer() fyne.WidgetRenderer {
	p.edge.StrokeWidth = 1
	r := &padRenderer{p}
	r.Refresh()
	return r
}

type padRenderer struct{ p *Pad }

func (r *padRenderer) Layout(fyne.Size) {
	origin, side := r.p.square()
	for _, o := range []fyne.CanvasObject{r.p.view, r.p.edge} {
		o.Move(origin)
		o.Resize(fyne.NewSquareSize(side))
	}
	r.p.showPointer()
}

func (r *padRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(224) }

func (r *padRenderer) Refresh() {
	r.p.edge.StrokeColor = theme.Color(theme.ColorNameInputBorder)
	r.p.edge.StrokeWidth = 1
	if r.p.focused {
		r.p.edge.StrokeColor = theme.Color(theme.ColorNamePrimary)
		r.p.edge.StrokeWidth = 2
	}
	r.p.edge.Refresh()
	r.p.view.Refresh()
	r.p.showPointer()
}

func (r *padRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.p.view, r.p.edge, r.p.ring}
}

func (r *padRenderer) Destroy() {}
