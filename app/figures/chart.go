package figures

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/figures"
)

// Chart is a View whose curves are read off: a line stands where the pointer is,
// or where the arrow keys, Home and End have led it.
type Chart struct {
	View

	// Read is called with the place of the line on the horizontal axis, not a
	// number when the line goes away, and reports whether there is anything to
	// be read there.
	Read func(x float64) bool
	// Step returns the place to which an arrow key leads from x, direction being
	// 1 for the right one and -1 for the left one. It leads from minus infinity
	// to the first place and from plus infinity to the last.
	Step func(x float64, direction int) float64

	at    float64
	line  *canvas.Line
	frame *widgets.FocusFrame
}

var (
	_ fyne.Focusable    = (*Chart)(nil)
	_ desktop.Hoverable = (*Chart)(nil)
)

// NewChart returns an empty chart of at least size min.
func NewChart(min fyne.Size) *Chart {
	c := &Chart{at: nowhere, line: canvas.NewLine(color.Transparent), frame: widgets.NewFocusFrame()}
	c.line.StrokeWidth = 1
	c.line.Hide()
	c.setUp(min)
	c.ExtendBaseWidget(c)
	return c
}

// Draw is [View.Draw].
func (c *Chart) Draw(f figures.Figure) (show func()) {
	picture := c.View.Draw(f)
	return func() {
		picture()
		c.place()
	}
}

// read puts the line at x, or takes it away where there is no data.
func (c *Chart) read(x float64) {
	if c.Read == nil || !c.Read(x) {
		x = nowhere
	}
	c.at = x
	c.place()
}

func (c *Chart) place() {
	c.mu.Lock()
	x, top, bottom, inside := c.axes.Upright(c.at)
	c.mu.Unlock()
	if !inside {
		c.line.Hide()
		return
	}
	size := c.Size()
	c.line.Position1 = fyne.NewPos(float32(x)*size.Width, float32(top)*size.Height)
	c.line.Position2 = fyne.NewPos(float32(x)*size.Width, float32(bottom)*size.Height)
	c.line.StrokeColor = theme.Color(theme.ColorNamePlaceHolder)
	c.line.Show()
	c.line.Refresh()
}

// nowhere is no place on an axis.
var nowhere = math.NaN()

// MouseIn implements desktop.Hoverable.
func (c *Chart) MouseIn(e *desktop.MouseEvent) { c.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (c *Chart) MouseMoved(e *desktop.MouseEvent) {
	size := c.Size()
	if size.Width <= 0 || size.Height <= 0 {
		return
	}
	x, _, inside := c.View.at(float64(e.Position.X/size.Width), float64(e.Position.Y/size.Height))
	if !inside {
		x = nowhere
	}
	c.read(x)
}

// MouseOut implements desktop.Hoverable.
func (c *Chart) MouseOut() { c.read(nowhere) }

// FocusGained implements fyne.Focusable.
func (c *Chart) FocusGained() {
	c.frame.Show()
	c.step(math.Inf(1), -1)
}

// FocusLost implements fyne.Focusable.
func (c *Chart) FocusLost() {
	c.frame.Hide()
	c.read(nowhere)
}

// TypedRune implements fyne.Focusable.
func (c *Chart) TypedRune(rune) {}

// ChartKeys are the keys of a Chart.
func ChartKeys() [][2]string { return [][2]string{{"Read another point", "Left, Right, Home, End"}} }

// TypedKey implements fyne.Focusable.
func (c *Chart) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		c.step(c.at, -1)
	case fyne.KeyRight:
		c.step(c.at, 1)
	case fyne.KeyHome:
		c.step(math.Inf(-1), 1)
	case fyne.KeyEnd:
		c.step(math.Inf(1), -1)
	}
}

func (c *Chart) step(from float64, direction int) {
	if c.Step == nil {
		return
	}
	if math.IsNaN(from) { // the line is nowhere: begin at the end
		from, direction = math.Inf(1), -1
	}
	c.read(c.Step(from, direction))
}

// Resize implements fyne.CanvasObject.
func (c *Chart) Resize(size fyne.Size) {
	c.View.Resize(size)
	c.place()
}

// CreateRenderer implements fyne.Widget.
func (c *Chart) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(c.rendered, container.NewWithoutLayout(c.line), c.frame))
}
