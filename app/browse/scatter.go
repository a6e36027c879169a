package browse

import (
	"image"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"atelier/app/look"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/figures"
)

// thumbnailsBelow is the number of points in sight under which they are drawn
// as pictures.
const thumbnailsBelow = 120

// margin is how much of the map stays free at its edges.
const margin = 0.04

// scatter is the map as a figure: one dot a picture, coloured by class, or the
// pictures themselves when few are in sight.
type scatter struct {
	set     *dataset.Set
	classes []string
	indices []int
	points  []atlas.Point // within [0, 1] × [0, 1], y downwards

	zoom float64 // 1 shows all
	x, y float64 // the point in the middle of the view
}

// newScatter fits points of any scale into the unit square, with a margin.
func newScatter(set *dataset.Set, classes []string, indices []int, points []atlas.Point) scatter {
	s := scatter{set: set, classes: classes, indices: indices, points: make([]atlas.Point, len(points)), zoom: 1, x: 0.5, y: 0.5}
	if len(points) == 0 {
		return s
	}
	low, high := points[0], points[0]
	for _, p := range points {
		low.X, low.Y = min(low.X, p.X), min(low.Y, p.Y)
		high.X, high.Y = max(high.X, p.X), max(high.Y, p.Y)
	}
	fit := func(v, low, high float64) float64 {
		if high <= low {
			return 0.5
		}
		return margin + (1-2*margin)*(v-low)/(high-low)
	}
	for i, p := range points {
		s.points[i] = atlas.Point{X: fit(p.X, low.X, high.X), Y: 1 - fit(p.Y, low.Y, high.Y)}
	}
	return s
}

// toView returns where a point lies, as shares of the view.
func (s scatter) toView(p atlas.Point) (x, y float64) {
	return (p.X-s.x)*s.zoom + 0.5, (p.Y-s.y)*s.zoom + 0.5
}

// Size implements figures.Figure.
func (s scatter) Size() (width, height vg.Length) { return 20 * vg.Centimeter, 16 * vg.Centimeter }

// Draw implements figures.Figure: the map with its legend beside it.
func (s scatter) Draw(c draw.Canvas, style figures.Style) figures.Axes {
	fillGround(c, style)
	legend := s.legendWidth(c.Size(), style)
	s.drawDots(draw.Crop(c, 0, -legend, 0, 0), style)
	s.drawLegend(draw.Crop(c, c.Size().X-legend, 0, 0, 0), style)
	return figures.Axes{}
}

// mapOnly is the map as a figure without its legend.
type mapOnly struct{ scatter }

// Draw implements figures.Figure.
func (m mapOnly) Draw(c draw.Canvas, style figures.Style) figures.Axes {
	fillGround(c, style)
	m.drawDots(c, style)
	return figures.Axes{}
}

func (s scatter) drawDots(c draw.Canvas, style figures.Style) {
	size := c.Size()
	var inSight []int
	for k, p := range s.points {
		if x, y := s.toView(p); x >= 0 && x <= 1 && y >= 0 && y <= 1 {
			inSight = append(inSight, k)
		}
	}
	at := func(k int) vg.Point {
		x, y := s.toView(s.points[k])
		return vg.Point{X: c.Min.X + vg.Length(x)*size.X, Y: c.Min.Y + vg.Length(1-y)*size.Y}
	}
	radius := vg.Points(2.2)
	if style.Presentation {
		radius = vg.Points(3.5)
	}
	for _, k := range inSight {
		i := s.indices[k]
		colour := look.SeriesOn(style.Dark, s.set.Label(i))
		if len(inSight) < thumbnailsBelow {
			s.drawThumbnail(c, at(k), widgets.GrayImage(s.set.Image(i), s.set.W), colour)
			continue
		}
		c.DrawGlyph(draw.GlyphStyle{Color: colour, Radius: radius, Shape: draw.CircleGlyph{}}, at(k))
	}
}

func (s scatter) drawThumbnail(c draw.Canvas, at vg.Point, picture image.Image, frame color.Color) {
	half, edge := vg.Points(16), vg.Points(2)
	box := func(half vg.Length) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: at.X - half, Y: at.Y - half}, Max: vg.Point{X: at.X + half, Y: at.Y + half}}
	}
	outer := box(half + edge)
	c.FillPolygon(frame, []vg.Point{outer.Min, {X: outer.Min.X, Y: outer.Max.Y}, outer.Max, {X: outer.Max.X, Y: outer.Min.Y}})
	c.DrawImage(box(half), picture)
}

// legendRows is how many names stand below one another in the legend.
func (s scatter) legendRows(size vg.Point, style figures.Style) int {
	return max(1, int(size.Y/(1.5*textStyle(style).Font.Size)))
}

// legendColumn is the width of one column of the legend.
func (s scatter) legendColumn(style figures.Style) vg.Length {
	const most = 4 * vg.Centimeter
	text := textStyle(style)
	var widest vg.Length
	for _, name := range s.classes {
		widest = max(widest, text.Width(name))
	}
	return min(widest, most) + 2.5*text.Font.Size
}

func (s scatter) legendWidth(size vg.Point, style figures.Style) vg.Length {
	rows := s.legendRows(size, style)
	columns := (len(s.classes) + rows - 1) / rows
	return min(vg.Length(columns)*s.legendColumn(style), size.X/2)
}

// drawLegend names the colours, in as many columns as they need.
func (s scatter) drawLegend(c draw.Canvas, style figures.Style) {
	text := textStyle(style)
	text.YAlign = draw.YCenter
	size, rows := text.Font.Size, s.legendRows(c.Size(), style)
	column := s.legendColumn(style)
	for k, name := range s.classes {
		at := vg.Point{
			X: c.Min.X + vg.Length(k/rows)*column + size,
			Y: c.Max.Y - (vg.Length(k%rows)+0.75)*1.5*size,
		}
		c.DrawGlyph(draw.GlyphStyle{Color: look.SeriesOn(style.Dark, k), Radius: size * 0.4, Shape: draw.CircleGlyph{}}, at)
		c.FillText(text, vg.Point{X: at.X + size, Y: at.Y}, fitText(text, name, column-2.5*size))
	}
}
