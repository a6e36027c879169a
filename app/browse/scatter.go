package browse

import (
	"image"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
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
		return 0.03 + 0.94*(v-low)/(high-low)
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
func (s scatter) Size() (width, height vg.Length) { return 18 * vg.Centimeter, 16 * vg.Centimeter }

// Draw implements figures.Figure.
func (s scatter) Draw(c draw.Canvas, style figures.Style) figures.Axes {
	if !style.Transparent {
		ground := color.Gray{Y: 255}
		if style.Dark {
			ground = color.Gray{Y: 27}
		}
		c.FillPolygon(ground, []vg.Point{c.Min, {X: c.Min.X, Y: c.Max.Y}, c.Max, {X: c.Max.X, Y: c.Min.Y}})
	}
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
	s.drawLegend(c, style)
	return figures.Axes{}
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

// drawLegend names the colours down the right edge.
func (s scatter) drawLegend(c draw.Canvas, style figures.Style) {
	text := color.Gray{Y: 30}
	if style.Dark {
		text.Y = 235
	}
	size := vg.Points(11)
	if style.Presentation {
		size = vg.Points(15)
	}
	sty := draw.TextStyle{Color: text, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}, Handler: plot.DefaultTextHandler, XAlign: draw.XRight, YAlign: draw.YCenter}
	y := c.Max.Y - size
	for k, name := range s.classes {
		c.DrawGlyph(draw.GlyphStyle{Color: look.SeriesOn(style.Dark, k), Radius: size * 0.4, Shape: draw.CircleGlyph{}}, vg.Point{X: c.Max.X - size*0.7, Y: y})
		c.FillText(sty, vg.Point{X: c.Max.X - size*1.5, Y: y}, name)
		if y -= size * 1.5; y < c.Min.Y+size {
			return
		}
	}
}
