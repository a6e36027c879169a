package figures

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"atelier/ml/nn"
)

// Network draws a network from left to right as boxes: a box is as high as its
// maps and as deep as there are maps; layers that leave the shape as it is are
// thin. A network with a mistake is drawn up to there. It has no axes.
type Network struct {
	Network nn.Network
}

// Size is wide enough for every box.
func (f Network) Size() (width, height vg.Length) {
	steps, _ := f.Network.Walk()
	return vg.Length(max(14, 4+1.7*float64(len(steps)))) * vg.Centimeter, 8 * vg.Centimeter
}

// block is one box of the drawing.
type block struct {
	title, shape  string
	height, depth float64 // 0 to 1
	colour        int     // see Style.Colour
	thin          bool
}

// blocks lists the boxes, the input first.
func (f Network) blocks() []block {
	steps, _ := f.Network.Walk()
	in := f.Network.Input
	out := []block{sized(block{title: "Input", shape: in.String(), colour: 6}, in, in)}
	for _, step := range steps {
		b := block{title: title(step.Layer), shape: step.Out.String(), colour: family(step.Layer)}
		b.thin = step.In == step.Out && !learnsWindows(step.Layer)
		out = append(out, sized(b, step.Out, in))
	}
	return out
}

// sized gives a box the size of a shape. A map is as high as it has rows and as
// deep as it has channels, on a logarithmic scale; a vector is a narrow box.
func sized(b block, s, in nn.Shape) block {
	channels := math.Log2(float64(s.C) + 1)
	if s.IsVector() {
		b.height = math.Min(1, 0.12+channels/14)
		return b
	}
	b.height = math.Max(0.08, math.Min(1, float64(s.H)/math.Max(1, float64(in.H))))
	b.depth = math.Min(1, channels/9)
	return b
}

// family gives layers that do alike the same colour.
func family(l nn.Layer) int {
	switch l.(type) {
	case nn.Conv2D, nn.DepthwiseConv2D, nn.SeparableConv2D, nn.Residual:
		return 0
	case nn.Dense:
		return 1
	case nn.MaxPool, nn.AveragePool, nn.GlobalAveragePool:
		return 2
	case nn.BatchNorm:
		return 3
	case nn.Dropout:
		return 4
	case nn.ActivationLayer:
		return 5
	}
	return 6
}

func learnsWindows(l nn.Layer) bool { return family(l) <= 2 }

// title is a layer's name on a drawing.
func title(l nn.Layer) string {
	switch l.(type) {
	case nn.BatchNorm:
		return "BatchNorm"
	case nn.MaxPool:
		return "MaxPool"
	case nn.AveragePool:
		return "AveragePool"
	case nn.GlobalAveragePool:
		return "GlobalPool"
	case nn.DepthwiseConv2D:
		return "Depthwise"
	case nn.SeparableConv2D:
		return "Separable"
	}
	return nn.KerasClass(l)
}

// Draw draws the boxes with their names and shapes below.
func (f Network) Draw(c draw.Canvas, s Style) Axes {
	pen := s.pen()
	if pen.ground != nil {
		c.SetColor(pen.ground)
		c.Fill(c.Rectangle.Path())
	}
	blocks := f.blocks()
	width, height := c.Max.X-c.Min.X, c.Max.Y-c.Min.Y
	const margin = 8
	slot := (width - 2*margin) / vg.Length(len(blocks))
	text := font.Length(math.Max(5, math.Min(float64(pen.small), float64(slot)/5)))
	foot := text * 5.6 // room for the slanted names
	room := max(10, height-foot-2*margin)
	middle := c.Min.Y + foot + margin + room/2
	for i, b := range blocks {
		x := c.Min.X + margin + slot*vg.Length(i)
		boxHeight := room * 0.82 * vg.Length(b.height)
		boxWidth, shift := slot*0.5, vg.Length(b.depth)*slot*0.32
		switch {
		case b.thin:
			boxWidth, shift = slot*0.14, slot*0.1
		case b.depth == 0:
			boxWidth = slot * 0.24
		}
		shift = min(shift, room*0.18)
		left := x + (slot-boxWidth-shift)/2
		if i > 0 {
			c.StrokeLine2(pen.lineStyle(pen.line*0.5, pen.faint), x-slot*0.08, middle, x+slot*0.08, middle)
		}
		face := vg.Rectangle{
			Min: vg.Point{X: left, Y: middle - boxHeight/2},
			Max: vg.Point{X: left + boxWidth, Y: middle + boxHeight/2},
		}
		box(c, face, shift, s.Colour(b.colour), pen)
		label(c, pen, b, vg.Point{X: x + slot/2, Y: c.Min.Y + foot + margin/2}, text)
	}
	return Axes{}
}

// box draws a box with its upper and right side.
func box(c draw.Canvas, face vg.Rectangle, shift vg.Length, fill color.Color, pen pen) {
	side := func(shade float64, points ...vg.Point) {
		c.FillPolygon(mix(fill, pen.ink, shade), points)
		c.StrokeLines(pen.lineStyle(0.6, pen.ink), append(points, points[0]))
	}
	up := vg.Point{X: shift, Y: shift}
	low, high := face.Min, face.Max
	lowRight, topLeft := vg.Point{X: high.X, Y: low.Y}, vg.Point{X: low.X, Y: high.Y}
	if shift > 0 {
		side(0.12, topLeft, high, high.Add(up), topLeft.Add(up))
		side(0.3, lowRight, high, high.Add(up), lowRight.Add(up))
	}
	side(0, low, lowRight, high, topLeft)
}

// label writes a box's name and shape, slanted so that long ones have room.
func label(c draw.Canvas, pen pen, b block, at vg.Point, size font.Length) {
	style := pen.textStyle(size, pen.ink)
	style.Rotation = math.Pi / 4
	style.XAlign, style.YAlign = draw.XRight, draw.YTop
	c.FillText(style, at, b.title)
	style.Color = pen.faint
	c.FillText(style, at.Add(vg.Point{X: size * 1.5}), b.shape)
}
