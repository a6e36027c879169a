package figures

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"atelier/ml/metrics"
)

// Confusion is the confusion matrix: rows are true classes, columns predicted
// ones; right answers are blue, wrong ones orange.
type Confusion struct {
	Title    string
	Matrix   metrics.Confusion
	Classes  []string
	Percent  bool // shares of each row instead of counts
	Order    []int
	Selected *metrics.Pair // a cell to frame, by its classes
}

// Size suits a page's width.
func (Confusion) Size() (width, height vg.Length) { return 17 * vg.Centimeter, 15 * vg.Centimeter }

// order returns the classes in the order of rows and columns.
func (f Confusion) order() []int {
	if len(f.Order) == len(f.Matrix) {
		return f.Order
	}
	order := make([]int, len(f.Matrix))
	for i := range order {
		order[i] = i
	}
	return order
}

// Cell returns the classes of the cell at data coordinates, as Axes.At returns
// them.
func (f Confusion) Cell(dataX, dataY float64) (class, predicted int, ok bool) {
	n := len(f.Matrix)
	column, row := int(math.Floor(dataX)), n-1-int(math.Floor(dataY))
	if row < 0 || row >= n || column < 0 || column >= n {
		return 0, 0, false
	}
	order := f.order()
	return order[row], order[column], true
}

// Draw draws the matrix.
func (f Confusion) Draw(c draw.Canvas, s Style) Axes {
	pen := s.pen()
	p := pen.plot(c, f.Title, "Predicted class", "True class")
	n := float64(len(f.Matrix))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, max(n, 1), 0, max(n, 1)

	order := f.order()
	var across, down plot.ConstantTicks
	for i, class := range order {
		text := name(f.Classes, class)
		style := pen.textStyle(pen.small, pen.ink)
		across = append(across, plot.Tick{Value: float64(i) + 0.5, Label: shortened(style, text, nameShare*c.Size().Y)})
		down = append(down, plot.Tick{Value: n - float64(i) - 0.5, Label: shortened(style, text, nameShare*c.Size().X)})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = across, down
	p.X.Tick.Label.Rotation = math.Pi / 5
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
	p.X.Padding, p.Y.Padding = 0.6*pen.small, 4
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Length, axis.Width = 0, 0
		axis.Tick.Label.Color = pen.ink
		axis.Tick.Label.Font.Size = pen.small
	}
	p.Add(cells{f, order, pen})
	return pen.finish(p, c, 0)
}

func name(names []string, class int) string {
	if class < len(names) {
		return names[class]
	}
	return strconv.Itoa(class)
}

// cells draws the fields of the matrix.
type cells struct {
	Confusion
	order []int
	pen   pen
}

// Plot implements plot.Plotter.
func (f cells) Plot(c draw.Canvas, p *plot.Plot) {
	n := len(f.order)
	shares := f.Matrix.Shares()
	width, height := (c.Max.X-c.Min.X)/vg.Length(n), (c.Max.Y-c.Min.Y)/vg.Length(n)
	gap := min(width, height) * 0.03
	// Five characters must fit the width, one the height.
	size := font.Length(min(height*0.42, width/3, 1.7*vg.Length(f.pen.text)))
	for row, class := range f.order {
		for column, predicted := range f.order {
			cell := vg.Rectangle{
				Min: vg.Point{X: c.Min.X + vg.Length(column)*width + gap, Y: c.Max.Y - vg.Length(row+1)*height + gap},
				Max: vg.Point{X: c.Min.X + vg.Length(column+1)*width - gap, Y: c.Max.Y - vg.Length(row)*height - gap},
			}
			fill := f.fill(shares[class][predicted], class == predicted)
			c.SetColor(fill)
			c.Fill(cell.Path())
			if f.Selected != nil && f.Selected.True == class && f.Selected.Predicted == predicted {
				c.SetLineStyle(f.pen.lineStyle(2*f.pen.line, f.pen.ink))
				c.Stroke(cell.Path())
			}
			text := f.text(class, predicted, shares)
			if text == "" || size < 5 {
				continue
			}
			style := f.pen.textStyle(size, readable(fill))
			if text == "0" {
				style.Color = mix(fill, f.pen.faint, 0.6)
			}
			style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
			c.FillText(style, vg.Point{X: (cell.Min.X + cell.Max.X) / 2, Y: (cell.Min.Y + cell.Max.Y) / 2}, text)
		}
	}
}

// fill returns the colour of a cell. The root makes few errors visible.
func (f cells) fill(share float64, right bool) color.Color {
	empty := color.Color(rgb(0xf0efeb))
	full := color.Color(rgb(0xd55e00))
	if f.pen.style.Dark {
		empty, full = rgb(0x262930), rgb(0xd9652b)
	}
	if right {
		return mix(empty, rgb(0x1f6fa8), 0.15*min(1, math.Ceil(share))+0.85*share)
	}
	return mix(empty, full, math.Sqrt(share))
}

func (f cells) text(class, predicted int, shares [][]float64) string {
	if !f.Percent {
		return strconv.Itoa(f.Matrix[class][predicted])
	}
	if f.Matrix[class][predicted] == 0 {
		return "0"
	}
	return strconv.FormatFloat(100*shares[class][predicted], 'f', 1, 64)
}

// readable returns black or white, whichever stands out more.
func readable(ground color.Color) color.Color {
	r, g, b, _ := ground.RGBA()
	if 0.299*float64(r)+0.587*float64(g)+0.114*float64(b) > 0.55*0xffff {
		return rgb(0x16181c)
	}
	return color.White
}

// reversed returns a copy from last to first: a vertical axis grows upwards.
func reversed[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}
