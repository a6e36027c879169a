package visiontest

import (
	"image"
	"image/color"
	"math/rand/v2"
)

// template is a garment: the outlines that are filled, strokes that stay
// strokes (handles, straps), and lines inside.
type template struct {
	shapes []path
	straps []path
	seams  []path
}

// templates are one or more ways to draw each class of Fashion-MNIST.
var templates = [10][]template{
	{ // T-shirt
		{
			shapes: []path{outline(38, 12, 25, 16, 5, 34, 14, 46, 27, 37, 27, 90, 73, 90, 73, 37, 86, 46, 95, 34, 75, 16, 62, 12, 50, 19)},
			seams:  []path{curve(36, 12, 50, 23, 64, 12)},
		},
		{
			shapes: []path{outline(36, 10, 22, 14, 8, 42, 22, 47, 28, 38, 26, 92, 74, 92, 72, 38, 78, 47, 92, 42, 78, 14, 64, 10, 57, 16, 50, 18, 43, 16)},
			seams:  []path{stroke(26, 86, 74, 86)},
		},
	},
	{ // Trouser
		{
			shapes: []path{outline(30, 5, 70, 5, 77, 95, 58, 95, 50, 36, 42, 95, 23, 95)},
			seams:  []path{stroke(30, 12, 70, 12), stroke(50, 12, 50, 34)},
		},
		{
			shapes: []path{outline(34, 4, 66, 4, 70, 96, 55, 96, 50, 32, 45, 96, 30, 96)},
			seams:  []path{stroke(34, 10, 66, 10), curve(36, 12, 40, 20, 34, 22), curve(64, 12, 60, 20, 66, 22)},
		},
	},
	{ // Pullover
		{
			shapes: []path{outline(38, 10, 25, 15, 12, 48, 8, 82, 20, 84, 26, 55, 29, 44, 28, 90, 72, 90, 71, 44, 74, 55, 80, 84, 92, 82, 88, 48, 75, 15, 62, 10, 50, 14)},
			seams:  []path{stroke(28, 84, 72, 84), stroke(9, 76, 21, 78), stroke(91, 76, 79, 78), curve(37, 10, 50, 18, 63, 10)},
		},
		{
			shapes: []path{outline(40, 9, 26, 13, 16, 50, 14, 88, 24, 88, 28, 60, 30, 46, 30, 92, 70, 92, 70, 46, 72, 60, 76, 88, 86, 88, 84, 50, 74, 13, 60, 9, 50, 12)},
			seams:  []path{stroke(30, 86, 70, 86)},
		},
	},
	{ // Dress
		{
			shapes: []path{outline(40, 4, 36, 18, 38, 38, 24, 96, 76, 96, 62, 38, 64, 18, 60, 4, 56, 14, 50, 17, 44, 14)},
			seams:  []path{stroke(38, 38, 62, 38)},
		},
		{
			shapes: []path{outline(41, 4, 32, 8, 26, 28, 34, 31, 38, 22, 40, 42, 33, 96, 67, 96, 60, 42, 62, 22, 66, 31, 74, 28, 68, 8, 59, 4, 50, 9)},
			seams:  []path{stroke(40, 42, 60, 42)},
		},
	},
	{ // Coat
		{
			shapes: []path{outline(38, 5, 25, 10, 12, 45, 8, 76, 20, 79, 28, 45, 25, 96, 75, 96, 72, 45, 80, 79, 92, 76, 88, 45, 75, 10, 62, 5, 50, 12)},
			seams: []path{
				stroke(50, 12, 50, 96), stroke(38, 5, 42, 30, 50, 40), stroke(62, 5, 58, 30, 50, 40),
				stroke(32, 66, 43, 66), stroke(57, 66, 68, 66), circle(54, 50, 1.2), circle(54, 65, 1.2), circle(54, 80, 1.2),
			},
		},
		{
			shapes: []path{outline(36, 4, 24, 9, 14, 48, 13, 84, 24, 85, 29, 50, 28, 96, 72, 96, 71, 50, 76, 85, 87, 84, 86, 48, 76, 9, 64, 4, 58, 10, 42, 10)},
			seams:  []path{stroke(50, 10, 50, 96), stroke(30, 72, 44, 72), stroke(56, 72, 70, 72), stroke(42, 10, 36, 18), stroke(58, 10, 64, 18)},
		},
	},
	{ // Sandal
		{
			shapes: []path{outline(4, 74, 14, 70, 34, 70, 52, 62, 74, 50, 90, 46, 96, 50, 95, 90, 89, 90, 87, 62, 74, 64, 54, 76, 34, 80, 6, 80)},
			straps: []path{curve(14, 70, 20, 58, 32, 57, 38, 69), curve(78, 50, 76, 34, 86, 28, 94, 34, 93, 46)},
		},
		{
			shapes: []path{outline(4, 74, 30, 72, 60, 70, 96, 66, 97, 76, 60, 80, 4, 81)},
			straps: []path{curve(12, 73, 22, 56, 36, 58, 42, 71), curve(30, 72, 44, 52, 56, 70), curve(70, 69, 76, 46, 90, 44, 94, 66)},
		},
	},
	{ // Shirt
		{
			shapes: []path{outline(38, 9, 25, 14, 13, 46, 9, 80, 20, 83, 26, 56, 29, 42, 28, 92, 72, 92, 71, 42, 74, 56, 80, 83, 91, 80, 87, 46, 75, 14, 62, 9, 50, 18)},
			seams: []path{
				stroke(50, 18, 50, 92), stroke(38, 9, 42, 22, 50, 18, 58, 22, 62, 9),
				circle(50, 32, 1), circle(50, 46, 1), circle(50, 60, 1), circle(50, 74, 1), stroke(58, 38, 66, 38, 66, 47, 58, 47, 58, 38),
			},
		},
		{
			shapes: []path{outline(38, 9, 24, 14, 7, 42, 19, 50, 28, 40, 27, 92, 73, 92, 72, 40, 81, 50, 93, 42, 76, 14, 62, 9, 50, 18)},
			seams: []path{
				stroke(50, 18, 50, 92), stroke(38, 9, 42, 21, 50, 18, 58, 21, 62, 9),
				circle(50, 30, 1), circle(50, 44, 1), circle(50, 58, 1), circle(50, 72, 1),
			},
		},
	},
	{ // Sneaker
		{
			shapes: []path{outline(4, 66, 7, 58, 22, 52, 36, 44, 48, 34, 57, 32, 64, 42, 76, 42, 88, 34, 93, 40, 96, 62, 96, 76, 60, 76, 8, 76)},
			seams:  []path{stroke(5, 68, 96, 66), stroke(34, 46, 42, 54), stroke(40, 41, 48, 49), stroke(46, 37, 54, 45), curve(5, 62, 18, 58, 26, 66)},
		},
		{
			shapes: []path{outline(4, 68, 10, 58, 30, 52, 46, 40, 56, 36, 66, 44, 80, 42, 92, 38, 95, 56, 96, 74, 70, 77, 10, 77)},
			seams:  []path{stroke(6, 70, 96, 68), curve(50, 62, 66, 60, 84, 50), stroke(36, 49, 44, 56), stroke(43, 44, 51, 52)},
		},
	},
	{ // Bag
		{
			shapes: []path{outline(12, 40, 88, 40, 94, 90, 6, 90)},
			straps: []path{curve(30, 40, 32, 18, 50, 10, 68, 18, 70, 40)},
			seams:  []path{stroke(10, 52, 90, 52), circle(50, 56, 2.5)},
		},
		{
			shapes: []path{outline(6, 38, 94, 38, 94, 84, 6, 84)},
			straps: []path{stroke(30, 38, 34, 20, 66, 20, 70, 38)},
			seams:  []path{stroke(6, 54, 94, 54), stroke(44, 50, 56, 50, 56, 60, 44, 60, 44, 50)},
		},
	},
	{ // Ankle boot
		{
			shapes: []path{outline(52, 8, 92, 8, 91, 40, 94, 62, 95, 86, 78, 86, 77, 80, 60, 84, 8, 85, 6, 74, 14, 64, 40, 54, 54, 40)},
			seams:  []path{stroke(7, 78, 60, 77, 78, 74, 94, 74), stroke(56, 16, 92, 16)},
		},
		{
			shapes: []path{outline(50, 6, 88, 6, 88, 44, 94, 66, 94, 92, 84, 92, 82, 78, 62, 84, 40, 87, 8, 87, 7, 79, 24, 70, 44, 56, 52, 40)},
			seams:  []path{curve(54, 30, 62, 34, 70, 30), stroke(8, 83, 40, 82, 62, 79)},
		},
	},
}

// Labels of the classes that are told from others by their front.
const (
	coat  = 4
	shirt = 6
)

// Style is a way of drawing.
type Style string

// The styles.
const (
	Outline   Style = "outline"    // thin lines
	Marker    Style = "marker"     // thick lines
	Gaps      Style = "gaps"       // lines that do not meet everywhere
	Wobbly    Style = "wobbly"     // an unsteady hand
	DarkFill  Style = "dark fill"  // filled black
	GreyFill  Style = "grey fill"  // filled with a light grey, no outline
	Coloured  Style = "coloured"   // outlined and filled with a colour
	Chalk     Style = "chalk"      // light lines on a dark board
	Small     Style = "small"      // in a corner of the sheet
	Sheet     Style = "sheet"      // a photographed sheet: off-white, with a shadow and noise
	WithSeams Style = "with seams" // lines inside, too
	Pen       Style = "pen"        // lines one pixel thin on a large page
	Hatched   Style = "hatched"    // outlined and filled by scribbling
	Crayons   Style = "crayons"    // each line in a colour of its own
	Pencil    Style = "pencil"     // photographed pencil lines on greyish paper under a lamp
)

// Styles lists every style.
func Styles() []Style {
	return []Style{Outline, Marker, Gaps, Wobbly, DarkFill, GreyFill, Coloured, Chalk, Small, Sheet, WithSeams, Pen, Hatched, Crayons, Pencil}
}

// page is a sheet and the pen that draws on it.
type page struct {
	w, h int
	pen  float64 // width in pixels
	tone color.Color
}

// Drawing draws a garment of a class of Fashion-MNIST.
func Drawing(class int, style Style, seed uint64) image.Image {
	return drawing(class, style, seed, page{w: 1024, h: 768, pen: 1})
}

// PenDrawing draws the garment that Drawing draws in the style Pen on a page of
// another size, with a pen of the given width in pixels and tone.
func PenDrawing(class int, seed uint64, w, h int, pen float64, tone color.Color) image.Image {
	return drawing(class, Pen, seed, page{w, h, pen, tone})
}

func drawing(class int, style Style, seed uint64, penned page) image.Image {
	rng := source(seed, uint64(class)*131+uint64(len(style))*17+uint64(style[0]))
	t := templates[class][rng.IntN(len(templates[class]))]
	paper, ink := color.Color(color.White), grey(rng.Float64()*50)
	if style == Chalk {
		paper, ink = color.RGBA{35, 60, 45, 255}, grey(235)
	}
	if style == Sheet {
		paper, ink = color.RGBA{232, 226, 214, 255}, color.RGBA{40, 45, 90, 255}
	}
	if style == Pencil {
		paper, ink = color.RGBA{196, 192, 184, 255}, grey(70+rng.Float64()*40)
	}
	side := 280 + rng.IntN(220)
	s := newSheet(side, side, paper, rng)
	if style == Pen {
		side = penned.h
		s = newSheet(penned.w, side, paper, rng)
		if penned.tone != nil {
			ink = penned.tone
		}
	}
	part := 0.62 + 0.3*rng.Float64()
	if style == Small {
		part = 0.24 + 0.1*rng.Float64()
	}
	room := float64(side) * (1 - part)
	s.scale *= part
	s.x0, s.y0 = room*(0.2+0.6*rng.Float64()), room*(0.2+0.6*rng.Float64())
	if style == Small {
		s.x0, s.y0 = room*rng.Float64(), room*rng.Float64()
	}
	s.angle = (rng.Float64() - 0.5) * 0.12
	s.wobble = 0.4 + 0.5*rng.Float64()
	if style == Wobbly {
		s.wobble = 1.8
	}
	stretchX, stretchY := 0.9+0.2*rng.Float64(), 0.94+0.1*rng.Float64()
	mirror := rng.IntN(2) == 0

	width := 1.2 + 1.2*rng.Float64()
	switch style {
	case Marker:
		width = 4 + 2*rng.Float64()
	case Small:
		width = 3
	case Pen:
		width = penned.pen / s.scale
	case Hatched, Pencil:
		width = 0.8 + 0.6*rng.Float64()
	}
	fill := color.Color(nil)
	switch style {
	case DarkFill:
		fill = grey(rng.Float64() * 60)
	case GreyFill:
		fill = grey(110 + rng.Float64()*90)
		ink = fill
	case Coloured:
		fill = color.RGBA{uint8(60 + rng.IntN(190)), uint8(60 + rng.IntN(190)), uint8(60 + rng.IntN(190)), 255}
	}
	draw := func(p path, filled bool) {
		p = changed(p, stretchX, stretchY, mirror, rng)
		line := s.shaken(p)
		if filled && fill != nil {
			s.fill(line, fill)
		}
		if style == Gaps && p.closed {
			from := rng.IntN(len(line))
			hole := max(2, len(line)/45)
			line = append(line[from:len(line):len(line)], line[1:from+1]...)
			line = line[:len(line)-hole]
		}
		if style == Crayons {
			ink = color.RGBA{uint8(rng.IntN(200)), uint8(rng.IntN(160)), uint8(rng.IntN(230)), 255}
		}
		s.line(line, width, ink)
		if style == Hatched && filled {
			s.hatch(line, width, ink)
		}
	}
	for _, p := range t.shapes {
		draw(p, true)
	}
	for _, p := range t.straps {
		if style == DarkFill || style == GreyFill {
			width = 4
		}
		draw(p, false)
	}
	// Nobody draws a coat or a shirt with lines and leaves out its front.
	opening := (class == coat || class == shirt) && style != DarkFill && style != GreyFill
	if opening || style == WithSeams || style == Coloured || style == Sheet || style == Pencil || style == Crayons {
		for _, p := range t.seams {
			draw(p, false)
		}
	}
	if style == Sheet || style == Pencil {
		s.light()
	}
	return s.RGBA
}

// hatch fills an outline with slanting strokes of an impatient hand.
func (s *sheet) hatch(outline []point, width float64, ink color.Color) {
	inside := func(p point) bool {
		in := false
		for i, a := range outline {
			b := outline[(i+1)%len(outline)]
			if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x) {
				in = !in
			}
		}
		return in
	}
	gap := 2.5 + 2.5*s.rng.Float64()
	for start := -100.0; start < 100; start += gap * (0.7 + 0.6*s.rng.Float64()) {
		var run []point
		for x := 0.0; x <= 100; x++ {
			p := point{x, start + x*(0.9+0.02*s.rng.Float64())}
			if inside(p) {
				run = append(run, p)
				continue
			}
			if len(run) > 1 {
				s.line(run, width, ink)
			}
			run = nil
		}
	}
}

// changed returns the path stretched, mirrored and with its points moved a
// little.
func changed(p path, sx, sy float64, mirror bool, rng *rand.Rand) path {
	out := p
	out.points = make([]point, len(p.points))
	for i, q := range p.points {
		q = point{50 + (q.x-50)*sx + rng.NormFloat64()*0.5, 50 + (q.y-50)*sy + rng.NormFloat64()*0.5}
		if mirror {
			q.x = 100 - q.x
		}
		out.points[i] = q
	}
	return out
}

// light lays a soft shadow and the grain of a camera over the picture.
func (s *sheet) light() {
	w, h := s.Rect.Dx(), s.Rect.Dy()
	gx, gy := (s.rng.Float64()-0.5)*0.3, (s.rng.Float64()-0.5)*0.3
	for y := range h {
		for x := range w {
			shade := 0.9 + gx*(float64(x)/float64(w)-0.5) + gy*(float64(y)/float64(h)-0.5)
			px := s.Pix[s.PixOffset(x, y):][:3]
			for c := range px {
				px[c] = uint8(min(max(float64(px[c])*shade+s.rng.NormFloat64()*3, 0), 255))
			}
		}
	}
}
