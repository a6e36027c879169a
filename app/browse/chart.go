package browse

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/figures"
)

// How many pictures the map shows: the components are cheap, the neighbours
// are not.
const (
	pcaPoints  = 6000
	tsnePoints = 2000
)

// pickRadius is how near to a dot, as a share of the map, the pointer picks it.
const pickRadius = 0.03

// hoveredSide is the side of the picture under the pointer.
const hoveredSide = 84

// How far the map zooms in, and what one turn of the wheel or one key does.
const (
	maxZoom  = 200
	zoomStep = 1.2
	panStep  = 0.1 // of the view
)

// chart is the map of the pictures: alike ones lie near each other. It zooms
// with the wheel, moves by dragging, and a click shows the picture.
type chart struct {
	tab     *Tab
	content fyne.CanvasObject

	set     *dataset.Set
	started bool
	drawn   scatter

	view    *chartView
	about   *widget.Label
	legend  *fyne.Container
	hovered *widgets.Picture
	name    *widget.Label // of the class of the hovered picture
}

func newChart(t *Tab) *chart {
	c := &chart{
		tab: t, about: widget.NewLabel(""), legend: container.NewVBox(),
		hovered: widgets.NewPicture(hoveredSide),
		name:    widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{}),
	}
	c.about.Truncation = fyne.TextTruncateEllipsis
	c.name.Truncation = fyne.TextTruncateEllipsis
	c.view = newChartView(c)
	whole := widget.NewButtonWithIcon("Show all", theme.ZoomFitIcon(), c.showWhole)
	save := widget.NewButtonWithIcon("", theme.DocumentSaveIcon(), func() { t.saveFigure(c.figure(), "map") })
	actions := container.NewHBox(widget.NewButton("PCA", c.showPCA), widget.NewButton("t-SNE", c.showTSNE), whole, save)
	side := widgets.NewBorder(nil, container.NewVBox(container.NewCenter(c.hovered), c.name), nil, nil, container.NewVScroll(c.legend))
	c.content = widgets.NewBorder(
		widgets.NewBorder(nil, nil, actions, nil, c.about), nil, nil,
		side, c.view)
	return c
}

// showLegend names the colours of the classes.
func (c *chart) showLegend() {
	c.legend.Objects = nil
	for k, name := range c.tab.data.Classes {
		c.legend.Add(newLegendEntry(k, name))
	}
}

// figure returns the map as it is seen now, or nil.
func (c *chart) figure() figures.Figure {
	if c.set == nil || len(c.drawn.points) == 0 {
		return nil
	}
	return c.drawn
}

func (c *chart) showSet(s *dataset.Set) {
	if s == c.set {
		return
	}
	c.set, c.started = s, false
	c.drawn = scatter{}
	c.about.SetText("")
	c.showLegend()
	c.hideHovered()
	c.redraw()
}

// start draws the first map, once a set.
func (c *chart) start() {
	if c.set != nil && !c.started {
		c.started = true
		c.showPCA()
	}
}

// choose returns up to n indices of the set, the same each time.
func choose(s *dataset.Set, n int) []int {
	return rand.New(rand.NewPCG(1, uint64(s.Len()))).Perm(s.Len())[:min(n, s.Len())]
}

func (c *chart) showPCA() {
	set := c.set
	if set == nil {
		return
	}
	c.tab.studio.Go("browse.map", "Drawing the map", func(context.Context, func(current, total int64)) error {
		indices := choose(set, pcaPoints)
		p := atlas.NewPCA(set, 2)
		points := p.Map(set, indices)
		text := "The two directions in which the pictures differ most"
		if len(p.Explained) == 2 {
			text += fmt.Sprintf(" (%.0f %% and %.0f %% of all differences)", 100*p.Explained[0], 100*p.Explained[1])
		}
		c.show(set, indices, points, text)
		return nil
	})
}

func (c *chart) showTSNE() {
	set := c.set
	if set == nil {
		return
	}
	live := studio.NewLive(c.tab.studio, func(points []atlas.Point) {
		if c.set == set {
			c.place(set, choose(set, tsnePoints), points, "Pictures look for their neighbours …")
		}
	})
	c.tab.studio.Go("browse.map", "Drawing the map by neighbours", func(ctx context.Context, progress func(current, total int64)) error {
		defer live.Stop()
		indices := choose(set, tsnePoints)
		points, err := atlas.TSNE(ctx, set, indices, func(round, rounds int, points []atlas.Point) {
			progress(int64(round), int64(rounds))
			live.Put(points)
		})
		if err != nil {
			return err
		}
		live.Stop()
		c.show(set, indices, points, "t-SNE: alike pictures lie side by side; distances between groups mean little")
		return nil
	})
}

// show shows a finished map, from any goroutine.
func (c *chart) show(set *dataset.Set, indices []int, points []atlas.Point, about string) {
	c.tab.studio.Do(func() {
		if c.set == set {
			c.place(set, indices, points, about)
		}
	})
}

// place shows points; the part in sight stays.
func (c *chart) place(set *dataset.Set, indices []int, points []atlas.Point, about string) {
	zoom, x, y := c.drawn.zoom, c.drawn.x, c.drawn.y
	if zoom == 0 {
		zoom, x, y = 1, 0.5, 0.5
	}
	c.drawn = newScatter(set, c.tab.data.Classes, indices, points)
	c.drawn.zoom, c.drawn.x, c.drawn.y = zoom, x, y
	c.about.SetText(about)
	c.redraw()
}

func (c *chart) showWhole() {
	c.move(func(s *scatter) { s.zoom, s.x, s.y = 1, 0.5, 0.5 })
}

// move changes the part in sight.
func (c *chart) move(change func(*scatter)) {
	change(&c.drawn)
	c.drawn.zoom = min(max(c.drawn.zoom, 1), maxZoom)
	half := 0.5 / c.drawn.zoom
	c.drawn.x = min(max(c.drawn.x, half), 1-half)
	c.drawn.y = min(max(c.drawn.y, half), 1-half)
	c.redraw()
}

func (c *chart) redraw() {
	m := c.drawn
	c.view.rendered.SetRender(func(f widgets.Frame) image.Image {
		if len(m.points) == 0 {
			return nil
		}
		return figures.Render(mapOnly{m}, f.Width, f.Height, f.Scale, figures.Style{Dark: f.Dark, Presentation: f.Presentation, Transparent: true}).Image
	})
}

// hover shows the picture under the pointer, at shares of the view.
func (c *chart) hover(x, y float64) {
	k, distance := c.drawn.nearest(x, y)
	if distance > pickRadius {
		c.hideHovered()
		return
	}
	c.showHovered(k)
}

// showHovered shows a point's picture and class.
func (c *chart) showHovered(k int) {
	i := c.drawn.indices[k]
	c.hovered.SetImage(widgets.GrayImage(c.set.Image(i), c.set.W))
	c.name.SetText(c.drawn.classes[c.set.Label(i)])
}

func (c *chart) hideHovered() {
	c.hovered.SetImage(nil)
	c.name.SetText("Point at a dot")
}

func (c *chart) tap(x, y float64) {
	if k, distance := c.drawn.nearest(x, y); distance <= pickRadius {
		c.tab.goToIndex(c.drawn.indices[k])
	}
}

// nearest returns the point nearest to a place of the view, and its distance as
// a share of the view: infinite when there is none.
func (s scatter) nearest(x, y float64) (point int, distance float64) {
	distance = math.Inf(1)
	for k, p := range s.points {
		px, py := s.toView(p)
		if d := math.Hypot(px-x, py-y); d < distance {
			point, distance = k, d
		}
	}
	return point, distance
}

// chartView is the picture of the map with its gestures.
type chartView struct {
	widget.BaseWidget

	chart    *chart
	rendered *widgets.Rendered
	frame    *widgets.FocusFrame
	aim      *canvas.Circle // what Enter shows, while the view has the focus
}

var (
	_ fyne.Scrollable   = (*chartView)(nil)
	_ fyne.Draggable    = (*chartView)(nil)
	_ desktop.Hoverable = (*chartView)(nil)
	_ fyne.Focusable    = (*chartView)(nil)
)

func newChartView(c *chart) *chartView {
	v := &chartView{chart: c, rendered: widgets.NewRendered(fyne.NewSize(200, 200), nil), frame: widgets.NewFocusFrame(), aim: canvas.NewCircle(color.Transparent)}
	v.aim.StrokeWidth = 2
	v.aim.Hide()
	v.rendered.OnTapped = func(x, y float32) {
		if c.tab.window != nil {
			c.tab.window.Canvas().Focus(v)
		}
		c.tap(float64(x), float64(y))
	}
	v.ExtendBaseWidget(v)
	return v
}

// share turns a position into shares of the view.
func (v *chartView) share(p fyne.Position) (x, y float64) {
	size := v.Size()
	return float64(p.X / max(1, size.Width)), float64(p.Y / max(1, size.Height))
}

// Scrolled implements fyne.Scrollable: it zooms about the pointer.
func (v *chartView) Scrolled(e *fyne.ScrollEvent) {
	x, y := v.share(e.Position)
	v.zoom(math.Pow(zoomStep, math.Copysign(1, float64(e.Scrolled.DY))), x, y)
}

// zoom zooms by a factor about a place of the view, given in shares of it.
func (v *chartView) zoom(factor, x, y float64) {
	v.chart.move(func(s *scatter) {
		before := s.zoom
		s.zoom = min(max(s.zoom*factor, 1), maxZoom)
		s.x += (x - 0.5) * (1/before - 1/s.zoom)
		s.y += (y - 0.5) * (1/before - 1/s.zoom)
	})
}

// TypedKey implements fyne.Focusable: the arrows move, Home shows all and Enter
// shows the picture that is aimed at large.
func (v *chartView) TypedKey(e *fyne.KeyEvent) {
	pan := func(dx, dy float64) {
		v.chart.move(func(s *scatter) { s.x, s.y = s.x+dx*panStep/s.zoom, s.y+dy*panStep/s.zoom })
	}
	switch e.Name {
	case fyne.KeyLeft:
		pan(-1, 0)
	case fyne.KeyRight:
		pan(1, 0)
	case fyne.KeyUp:
		pan(0, -1)
	case fyne.KeyDown:
		pan(0, 1)
	case fyne.KeyHome:
		v.chart.showWhole()
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if k, ok := v.aimed(); ok {
			v.chart.tab.goToIndex(v.chart.drawn.indices[k])
		}
	}
	v.showAim()
}

// TypedRune implements fyne.Focusable.
func (v *chartView) TypedRune(r rune) {
	switch r {
	case '+', '=':
		v.zoom(zoomStep, 0.5, 0.5)
	case '-':
		v.zoom(1/zoomStep, 0.5, 0.5)
	}
	v.showAim()
}

// aimed returns the point nearest to the middle of the view.
func (v *chartView) aimed() (point int, ok bool) {
	point, distance := v.chart.drawn.nearest(0.5, 0.5)
	return point, distance < 0.5
}

// showAim rings the point that is aimed at.
func (v *chartView) showAim() {
	k, ok := v.aimed()
	widgets.SetVisible(v.aim, ok)
	if !ok {
		v.chart.hideHovered()
		return
	}
	v.chart.showHovered(k)
	const side = 16
	x, y := v.chart.drawn.toView(v.chart.drawn.points[k])
	size := v.Size()
	v.aim.StrokeColor = theme.Color(theme.ColorNameForeground)
	v.aim.Resize(fyne.NewSquareSize(side))
	v.aim.Move(fyne.NewPos(float32(x)*size.Width-side/2, float32(y)*size.Height-side/2))
	v.aim.Refresh()
}

// FocusGained implements fyne.Focusable.
func (v *chartView) FocusGained() {
	v.frame.Show()
	v.showAim()
}

// FocusLost implements fyne.Focusable.
func (v *chartView) FocusLost() {
	v.frame.Hide()
	v.aim.Hide()
}

// Dragged implements fyne.Draggable.
func (v *chartView) Dragged(e *fyne.DragEvent) {
	size := v.Size()
	v.chart.move(func(s *scatter) {
		s.x -= float64(e.Dragged.DX/max(1, size.Width)) / s.zoom
		s.y -= float64(e.Dragged.DY/max(1, size.Height)) / s.zoom
	})
}

// DragEnd implements fyne.Draggable.
func (v *chartView) DragEnd() {}

// MouseIn implements desktop.Hoverable.
func (v *chartView) MouseIn(e *desktop.MouseEvent) { v.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (v *chartView) MouseMoved(e *desktop.MouseEvent) { v.chart.hover(v.share(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (v *chartView) MouseOut() { v.chart.hideHovered() }

// CreateRenderer implements fyne.Widget.
func (v *chartView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(v.rendered, container.NewWithoutLayout(v.aim), v.frame))
}
