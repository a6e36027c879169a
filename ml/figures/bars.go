package figures

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"atelier/ml/metrics"
)

// Bars are horizontal bars, one group a name, one bar of a group a series.
type Bars struct {
	Title, X string
	Names    []string // from top to bottom
	Series   []BarSeries
	Percent  bool // the values are shares, labelled in per cent
}

// BarSeries is one bar of each group.
type BarSeries struct {
	Name   string
	Values []float64 // one for each of Names
	Colour int       // see Style.Colour
}

// PerClass returns the figure of precision, recall and F1 of each class.
func PerClass(r metrics.Report, classes []string) Bars {
	bars := Bars{Title: "Figures for each class", Names: classes, Percent: true}
	for i, figure := range []struct {
		name string
		of   func(metrics.Scores) float64
	}{
		{"Precision", func(s metrics.Scores) float64 { return s.Precision }},
		{"Recall", func(s metrics.Scores) float64 { return s.Recall }},
		{"F1", func(s metrics.Scores) float64 { return s.F1 }},
	} {
		series := BarSeries{Name: figure.name, Colour: i}
		for _, scores := range r.PerClass {
			series.Values = append(series.Values, figure.of(scores))
		}
		bars.Series = append(bars.Series, series)
	}
	return bars
}

// Size grows with the number of bars.
func (f Bars) Size() (width, height vg.Length) {
	rows := len(f.Names) * (len(f.Series) + 1)
	return 16 * vg.Centimeter, vg.Centimeter * (3 + 0.3*vg.Length(rows))
}

// Draw draws the bars.
func (f Bars) Draw(c draw.Canvas, s Style) Axes {
	pen := s.pen()
	p := pen.plot(c, f.Title, f.X, "")
	grid := pen.gridLines()
	grid.Vertical, grid.Horizontal = grid.Horizontal, grid.Vertical
	p.Add(grid)

	n := len(f.Names)
	low, high := 0.0, 0.0
	for _, series := range f.Series {
		for _, v := range series.Values {
			if finite(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if f.Percent {
		high = 1
	}
	if low == high {
		high = 1
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = low, high, -0.5, max(float64(n), 1)-0.5
	if f.Percent {
		p.X.Tick.Marker = percentTicks{pen.across(c)}
	}
	var ticks plot.ConstantTicks
	for i, name := range reversed(f.Names) {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: shortened(p.Y.Tick.Label, name, nameShare*c.Size().X)})
	}
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.Width, p.Y.Padding = ticks, 0, 0, 4
	p.Y.Tick.Label.Color = pen.ink
	p.Add(groups{f, pen})
	head := vg.Length(0)
	if len(f.Series) > 1 {
		head = 1.6 * pen.text
		defer f.legend(c, pen)
	}
	return pen.finish(p, c, head)
}

// legend names the series in a row above the bars.
func (f Bars) legend(c draw.Canvas, pen pen) {
	style := pen.textStyle(pen.small, pen.ink)
	style.YAlign = draw.YCenter
	x, y := c.Max.X-margin, c.Max.Y-margin-pen.text*0.6
	for _, series := range reversed(f.Series) {
		x -= style.Width(series.Name)
		c.FillText(style, vg.Point{X: x, Y: y}, series.Name)
		x -= pen.text * 1.2
		half := pen.text * 0.4
		c.SetColor(pen.style.Colour(series.Colour))
		c.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: y - half}, Max: vg.Point{X: x + 2*half, Y: y + half}}.Path())
		x -= pen.text
	}
}

// groups draws the bars of Bars.
type groups struct {
	Bars
	pen pen
}

// Plot implements plot.Plotter.
func (f groups) Plot(c draw.Canvas, p *plot.Plot) {
	const share = 0.8 // of a group's height that its bars take
	thick := share / float64(max(len(f.Series), 1))
	for k, series := range f.Series {
		for i, v := range series.Values {
			if i >= len(f.Names) || !finite(v) {
				continue
			}
			top := float64(len(f.Names)-1-i) + share/2 - float64(k)*thick
			bar := vg.Rectangle{
				Min: vg.Point{X: c.X(p.X.Norm(min(0, v))), Y: c.Y(p.Y.Norm(top - thick*0.92))},
				Max: vg.Point{X: c.X(p.X.Norm(max(0, v))), Y: c.Y(p.Y.Norm(top))},
			}
			c.SetColor(f.pen.style.Colour(series.Colour))
			c.Fill(bar.Path())
			f.label(c, bar, v)
		}
	}
}

// label writes a bar's value at its end, inside when it is long, if it fits.
func (f groups) label(c draw.Canvas, bar vg.Rectangle, v float64) {
	height := bar.Max.Y - bar.Min.Y
	style := f.pen.textStyle(min(f.pen.small, height*0.95), f.pen.ink)
	if style.Font.Size < f.pen.small/2 {
		return // nobody could read it
	}
	text := strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	if f.Percent {
		text = fmt.Sprintf("%.1f", 100*v)
	}
	style.YAlign = draw.YCenter
	at := vg.Point{X: bar.Max.X + 3, Y: (bar.Min.Y + bar.Max.Y) / 2}
	if at.X+style.Width(text) > c.Max.X {
		style.XAlign, at.X, style.Color = draw.XRight, bar.Max.X-3, readable(f.pen.style.Colour(0))
	}
	c.FillText(style, at, text)
}

// Reliability shows whether probabilities mean what they say: the accuracy of
// the answers given with about the same confidence. Bars on the line are well
// calibrated, bars below it too confident.
type Reliability struct {
	Title       string
	Calibration metrics.Calibration
}

// Size is nearly square.
func (Reliability) Size() (width, height vg.Length) { return 12 * vg.Centimeter, 11 * vg.Centimeter }

// Draw draws the diagram.
func (f Reliability) Draw(c draw.Canvas, s Style) Axes {
	pen := s.pen()
	p := pen.plot(c, f.Title, "Confidence", "Share of right answers")
	p.Add(pen.gridLines(), bins{f, pen})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	p.X.Tick.Marker, p.Y.Tick.Marker = percentTicks{pen.across(c)}, percentTicks{pen.up(c)}
	ideal := &plotter.Line{XYs: plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}, LineStyle: pen.lineStyle(pen.line*0.7, pen.ink)}
	ideal.Dashes = []vg.Length{4, 3}
	p.Add(ideal)
	return pen.finish(p, c, 0)
}

// bins draws the bars of Reliability.
type bins struct {
	Reliability
	pen pen
}

// Plot implements plot.Plotter.
func (f bins) Plot(c draw.Canvas, p *plot.Plot) {
	most := 1
	for _, bin := range f.Calibration.Bins {
		most = max(most, bin.Count)
	}
	colour := f.pen.style.Colour(0)
	for _, bin := range f.Calibration.Bins {
		if bin.Count == 0 {
			continue
		}
		bar := vg.Rectangle{
			Min: vg.Point{X: c.X(p.X.Norm(bin.Low)) + 1, Y: c.Y(p.Y.Norm(0))},
			Max: vg.Point{X: c.X(p.X.Norm(bin.High)) - 1, Y: c.Y(p.Y.Norm(bin.Accuracy))},
		}
		// A bin of few pictures is pale: its height says little.
		weight := math.Sqrt(float64(bin.Count) / float64(most))
		c.SetColor(mix(f.pen.grid, colour, 0.25+0.75*weight))
		c.Fill(bar.Path())
		gap := f.pen.lineStyle(f.pen.line, f.pen.style.Colour(1))
		y := c.Y(p.Y.Norm(bin.Confidence))
		c.StrokeLine2(gap, bar.Min.X, y, bar.Max.X, y)
	}
}
