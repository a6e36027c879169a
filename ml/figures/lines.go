package figures

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Lines are one or several curves over a common axis: loss, accuracy, learning
// rate.
type Lines struct {
	Title, X, Y string // title and what the axes show
	Series      []Series
	Marks       []Mark
	LogX, LogY  bool
	Percent     bool // the values are shares, labelled in per cent
	Whole       bool // only whole numbers on the horizontal axis: epochs, batches
	// Smoothing is the weight, from 0 to below 1, that the past keeps in a
	// moving average; the curve itself stays faintly visible.
	Smoothing float64
	// XRange and YRange fix the axes; equal ends leave them to the data.
	XRange, YRange [2]float64
}

// Series is one curve. Points that are not finite are left out.
type Series struct {
	Name   string    // in the legend; empty for none
	X, Y   []float64 // equally long; nil X means 1, 2, 3, …
	Colour int       // see Style.Colour
	Dashed bool
	Dots   bool // a dot at each point, when there are few
	Exact  bool // never smoothed
}

// Mark is a vertical line at X, such as that of the best epoch.
type Mark struct {
	X    float64
	Text string
}

// Size suits half a page.
func (Lines) Size() (width, height vg.Length) { return 16 * vg.Centimeter, 9 * vg.Centimeter }

// maxPoints bounds the points drawn of one curve; more would not be seen.
const maxPoints = 800

// Draw draws the curves.
func (l Lines) Draw(c draw.Canvas, s Style) Axes {
	pen := s.pen()
	p := pen.plot(c, l.Title, l.X, l.Y)
	p.Add(pen.gridLines())
	if l.LogX {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
	} else if l.Whole {
		p.X.Tick.Marker = wholeTicks{pen.across(c)}
	}
	switch {
	case l.LogY:
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{percent: l.Percent}
	case l.Percent:
		p.Y.Tick.Marker = percentTicks{pen.up(c)}
	}

	high, count := 0.0, 0.0
	extent := newExtent()
	for _, series := range l.Series {
		points := l.points(series)
		extent.add(points)
		colour := s.Colour(series.Colour)
		shown := points
		if l.Smoothing > 0 && !series.Exact {
			faint := pen.lineStyle(pen.line*0.6, mix(colour, pen.grid, 0.7))
			p.Add(&plotter.Line{XYs: thin(points), LineStyle: faint})
			shown = smooth(points, l.Smoothing)
		}
		shown = thin(shown)
		line := &plotter.Line{XYs: shown, LineStyle: pen.lineStyle(pen.line, colour)}
		if series.Dashed {
			line.Dashes = []vg.Length{3 * pen.line, 2 * pen.line}
		}
		if len(shown) > 1 {
			p.Add(line)
		}
		if len(shown) == 1 || series.Dots && len(shown) <= 60 {
			p.Add(&plotter.Scatter{XYs: shown, GlyphStyle: draw.GlyphStyle{Color: colour, Radius: 1.5 * pen.line, Shape: draw.CircleGlyph{}}})
		}
		if series.Name != "" {
			p.Legend.Add(series.Name, line)
		}
		for _, point := range shown[len(shown)/2:] {
			high += point.Y
			count++
		}
	}
	l.setRanges(p, extent)
	// The legend stands on the right, above curves that end low and below those
	// that end high.
	middle := (p.Y.Min + p.Y.Max) / 2
	if l.LogY {
		middle = math.Sqrt(p.Y.Min * p.Y.Max)
	}
	p.Legend.Top = count == 0 || high/count < middle
	if !p.Legend.Top {
		p.Legend.YOffs = 8
	}
	// The texts of the marks stand above the data, clear of curves and legend.
	head := vg.Length(0)
	if len(l.Marks) > 0 {
		room := 1.3 * pen.small
		if l.Title == "" {
			head = room
		}
		p.Title.Padding += room
	}
	for _, mark := range l.Marks {
		p.Add(markLine{mark, pen})
	}
	return pen.finish(p, c, head)
}

func (l Lines) points(s Series) plotter.XYs {
	points := make(plotter.XYs, 0, len(s.Y))
	for i, y := range s.Y {
		x := float64(i + 1)
		if s.X != nil {
			if i >= len(s.X) {
				break
			}
			x = s.X[i]
		}
		if !finite(x) || !finite(y) || l.LogX && x <= 0 || l.LogY && y <= 0 {
			continue
		}
		points = append(points, plotter.XY{X: x, Y: y})
	}
	return points
}

// setRanges gives the axes their ends, also when there is nothing to show yet.
func (l Lines) setRanges(p *plot.Plot, e extent) {
	p.X.Min, p.X.Max = axisRange(l.XRange, e.minX, e.maxX, l.LogX, 0)
	p.Y.Min, p.Y.Max = axisRange(l.YRange, e.minY, e.maxY, l.LogY, 0.05)
	if l.Percent && l.YRange[0] == l.YRange[1] {
		p.Y.Min, p.Y.Max = max(p.Y.Min, 0), min(p.Y.Max, 1)
		if l.LogY {
			p.Y.Min = max(p.Y.Min, 1e-6)
		}
		if p.Y.Max <= p.Y.Min {
			p.Y.Min = p.Y.Max - 0.1
		}
	}
}

// axisRange returns the ends of an axis: fixed if given, else those of the data
// with some air on both sides.
func axisRange(fixed [2]float64, low, high float64, log bool, air float64) (float64, float64) {
	switch {
	case fixed[0] < fixed[1] && (!log || fixed[0] > 0):
		return fixed[0], fixed[1]
	case low > high && log:
		return 0.1, 1
	case low > high:
		return 0, 1
	case log && low == high:
		return low / 2, high * 2
	case log:
		ratio := math.Pow(high/low, air)
		return low / ratio, high * ratio
	case low == high:
		half := max(math.Abs(low)*0.1, 0.5)
		return low - half, high + half
	}
	return low - air*(high-low), high + air*(high-low)
}

// extent is the range of all points seen.
type extent struct{ minX, maxX, minY, maxY float64 }

func newExtent() extent {
	return extent{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
}

func (e *extent) add(points plotter.XYs) {
	for _, p := range points {
		e.minX, e.maxX = min(e.minX, p.X), max(e.maxX, p.X)
		e.minY, e.maxY = min(e.minY, p.Y), max(e.maxY, p.Y)
	}
}

// smooth returns the exponential moving average, corrected for its start as
// Adam's moments are.
func smooth(points plotter.XYs, weight float64) plotter.XYs {
	out := make(plotter.XYs, len(points))
	weight = min(max(weight, 0), 0.999)
	mean, decay := 0.0, 1.0
	for i, p := range points {
		mean = weight*mean + (1-weight)*p.Y
		decay *= weight
		out[i] = plotter.XY{X: p.X, Y: mean / (1 - decay)}
	}
	return out
}

// thin reduces a long curve to maxPoints, keeping the lowest and highest point
// of every stretch so that spikes stay visible.
func thin(points plotter.XYs) plotter.XYs {
	if len(points) <= maxPoints {
		return points
	}
	stretches := maxPoints/2 - 1
	out := make(plotter.XYs, 0, maxPoints)
	out = append(out, points[0])
	for i := range stretches {
		from, to := i*len(points)/stretches, (i+1)*len(points)/stretches
		low, high := from, from
		for j := from; j < to; j++ {
			if points[j].Y < points[low].Y {
				low = j
			}
			if points[j].Y > points[high].Y {
				high = j
			}
		}
		out = append(out, points[min(low, high)])
		if low != high {
			out = append(out, points[max(low, high)])
		}
	}
	return append(out, points[len(points)-1])
}

func finite(x float64) bool { return x-x == 0 }

// markLine draws a Mark, its text above the data.
type markLine struct {
	mark Mark
	pen  pen
}

// Plot implements plot.Plotter.
func (m markLine) Plot(c draw.Canvas, p *plot.Plot) {
	if m.mark.X < p.X.Min || m.mark.X > p.X.Max {
		return
	}
	x := c.X(p.X.Norm(m.mark.X))
	line := m.pen.lineStyle(m.pen.line*0.6, m.pen.faint)
	line.Dashes = []vg.Length{2, 2}
	c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y)
	text := m.pen.textStyle(m.pen.small, m.pen.ink)
	text.XAlign, text.YAlign = draw.XCenter, draw.YBottom
	half := text.Width(m.mark.Text) / 2
	c.FillText(text, vg.Point{X: min(max(x, c.Min.X+half), c.Max.X-half), Y: c.Max.Y + 2}, m.mark.Text)
}

func (p pen) gridLines() *plotter.Grid {
	grid := plotter.NewGrid()
	grid.Horizontal, grid.Vertical = p.lineStyle(0.6, p.grid), draw.LineStyle{}
	return grid
}
