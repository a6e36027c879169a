package visiontest

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Other is a kind of picture that shows no garment.
type Other string

// The kinds of pictures that show no garment.
const (
	Scribble  Other = "scribble"
	Digit     Other = "digit"
	Letter    Other = "letter"
	Text      Other = "text"
	Face      Other = "face"
	Cat       Other = "cat"
	House     Other = "house"
	Tree      Other = "tree"
	Star      Other = "star"
	Spiral    Other = "spiral"
	Fish      Other = "fish"
	Car       Other = "car"
	Landscape Other = "landscape"
	Gradient  Other = "gradient"
	Noise     Other = "noise"
	Stripes   Other = "stripes"
	Uniform   Other = "uniform"
	Empty     Other = "empty"
)

// Others lists every kind.
func Others() []Other {
	return []Other{
		Scribble, Digit, Letter, Text, Face, Cat, House, Tree, Star, Spiral, Fish, Car,
		Landscape, Gradient, Noise, Stripes, Uniform, Empty,
	}
}

// NotGarment makes a picture that shows no garment.
func NotGarment(kind Other, seed uint64) image.Image {
	rng := source(seed, uint64(kind[0])*7919+uint64(len(kind)))
	side := 260 + rng.IntN(200)
	s := newSheet(side, side, color.White, rng)
	part := 0.6 + 0.3*rng.Float64()
	s.scale *= part
	s.x0, s.y0 = float64(side)*(1-part)*rng.Float64(), float64(side)*(1-part)*rng.Float64()
	s.wobble, s.angle = 0.4+0.6*rng.Float64(), (rng.Float64()-0.5)*0.2
	width, ink := 1.5+2.5*rng.Float64(), grey(rng.Float64()*60)
	lines := func(paths ...path) {
		for _, p := range paths {
			s.line(s.shaken(p), width, ink)
		}
	}

	switch kind {
	case Scribble:
		p := path{smooth: true}
		for range 8 + rng.IntN(25) {
			p.points = append(p.points, point{rng.Float64() * 100, rng.Float64() * 100})
		}
		lines(p)
	case Digit:
		s.write(string(rune('0'+rng.IntN(10))), 90, ink)
	case Letter:
		s.write(string(rune('A'+rng.IntN(26)+32*rng.IntN(2))), 80, ink)
	case Text:
		words := []string{"Hello world", "lorem ipsum", "2 + 2 = 4", "The quick\nbrown fox", "Sale today", "to do:\n- tea\n- rice"}
		s.write(words[rng.IntN(len(words))], 18, ink)
	case Face:
		lines(circle(50, 50, 42), circle(34, 40, 5), circle(66, 40, 5), curve(30, 66, 50, 78, 70, 66), stroke(50, 44, 46, 58, 52, 58))
		if rng.IntN(2) == 0 {
			lines(curve(12, 30, 30, 4, 70, 4, 88, 30))
		}
	case Cat:
		lines(
			circle(50, 56, 34), stroke(22, 36, 18, 8, 40, 24), stroke(78, 36, 82, 8, 60, 24), circle(38, 50, 4), circle(62, 50, 4),
			outline(46, 60, 54, 60, 50, 65), curve(50, 65, 44, 72, 38, 69), curve(50, 65, 56, 72, 62, 69),
			stroke(34, 62, 6, 56), stroke(34, 66, 6, 68), stroke(66, 62, 94, 56), stroke(66, 66, 94, 68),
		)
	case House:
		lines(outline(15, 45, 85, 45, 85, 92, 15, 92), outline(8, 45, 50, 8, 92, 45), outline(44, 66, 58, 66, 58, 92, 44, 92), outline(24, 55, 36, 55, 36, 67, 24, 67))
	case Tree:
		lines(blob(50, 6, 76, 18, 84, 40, 66, 56, 34, 56, 16, 40, 24, 18), stroke(45, 56, 43, 94), stroke(55, 56, 57, 94), stroke(20, 94, 80, 94))
	case Star:
		p := path{closed: true}
		spikes := 5 + rng.IntN(4)
		for i := range 2 * spikes {
			radius := 45.0
			if i%2 == 1 {
				radius = 18
			}
			sin, cos := math.Sincos(float64(i) * math.Pi / float64(spikes))
			p.points = append(p.points, point{50 + radius*sin, 50 - radius*cos})
		}
		if rng.IntN(2) == 0 {
			s.fill(s.shaken(p), ink)
		}
		lines(p)
	case Spiral:
		p := path{smooth: true}
		for i := range 60 {
			sin, cos := math.Sincos(float64(i) * 0.4)
			p.points = append(p.points, point{50 + float64(i)*0.75*cos, 50 + float64(i)*0.75*sin})
		}
		lines(p)
	case Fish:
		lines(blob(8, 50, 30, 30, 60, 34, 78, 50, 60, 66, 30, 70), stroke(78, 50, 96, 32, 92, 50, 96, 68, 78, 50), circle(22, 46, 3), curve(34, 36, 40, 50, 34, 64))
	case Car:
		lines(outline(4, 70, 6, 54, 24, 50, 36, 34, 68, 34, 80, 50, 95, 54, 96, 70), circle(26, 72, 9), circle(76, 72, 9), outline(40, 38, 52, 38, 52, 50, 32, 50), outline(56, 38, 66, 38, 74, 50, 56, 50))
	case Landscape:
		s.landscape()
	case Gradient:
		s.each(func(x, y float64) (r, g, b float64) {
			t := x*math.Cos(float64(seed)) + y*math.Sin(float64(seed))
			return 128 + 110*math.Sin(2*t), 128 + 90*math.Sin(2*t+1), 140 + 60*math.Sin(2*t+2)
		})
	case Noise:
		blotch := 1 + rng.IntN(12)
		values := make([]float64, 40*40)
		for i := range values {
			values[i] = rng.Float64() * 255
		}
		s.each(func(x, y float64) (r, g, b float64) {
			v := values[(int(x*float64(s.Rect.Dx()))/blotch%40)*40+int(y*float64(s.Rect.Dy()))/blotch%40]
			return v, v, v
		})
	case Stripes:
		frequency := 3 + rng.Float64()*14
		s.each(func(x, y float64) (r, g, b float64) {
			v := 128 + 120*math.Copysign(1, math.Sin(frequency*(x+y*float64(seed%3)))*math.Sin(frequency*y*float64(seed%2)+1))
			return v, v * 0.9, v * 0.7
		})
	case Uniform:
		r, g, b := rng.Float64()*255, rng.Float64()*255, rng.Float64()*255
		s.each(func(x, y float64) (float64, float64, float64) { return r, g, b })
	}
	return s.RGBA
}

// each paints every pixel by its place, both coordinates from 0 to 1.
func (s *sheet) each(colour func(x, y float64) (r, g, b float64)) {
	w, h := s.Rect.Dx(), s.Rect.Dy()
	for y := range h {
		for x := range w {
			r, g, b := colour(float64(x)/float64(w), float64(y)/float64(h))
			clip := func(v float64) uint8 { return uint8(min(max(v, 0), 255)) }
			s.SetRGBA(x, y, color.RGBA{clip(r), clip(g), clip(b), 255})
		}
	}
}

// landscape paints a sky, hills and a sun.
func (s *sheet) landscape() {
	phase, height := s.rng.Float64()*6, 0.4+0.3*s.rng.Float64()
	sunX, sunY := s.rng.Float64(), 0.1+0.2*s.rng.Float64()
	s.each(func(x, y float64) (r, g, b float64) {
		grain := s.rng.NormFloat64() * 6
		switch {
		case y > height+0.12*math.Sin(4*x+phase)+0.2:
			return 60 + 40*y + grain, 110 + 30*x + grain, 50 + grain
		case y > height+0.08*math.Sin(7*x+2*phase):
			return 90 + grain, 120 + grain, 100 + grain
		case math.Hypot(x-sunX, y-sunY) < 0.07:
			return 255, 240, 180
		}
		return 130 + 80*y + grain, 170 + 50*y + grain, 235 + grain
	})
}

// write writes text of the given height on the sheet.
func (s *sheet) write(text string, height float64, ink color.Color) {
	data := goregular.TTF
	if s.rng.IntN(2) == 0 {
		data = gobold.TTF
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		panic(err) // the fonts are part of the module
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: height * s.scale, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	defer face.Close()
	d := font.Drawer{Dst: s.RGBA, Src: image.NewUniform(ink), Face: face}
	d.Dot = fixed.P(int(s.x0+8*s.scale), int(s.y0+(10+height*0.8)*s.scale))
	start := d.Dot
	for _, r := range text {
		if r == '\n' {
			start.Y += fixed.Int26_6(height * s.scale * 1.2 * 64)
			d.Dot = start
			continue
		}
		d.DrawString(string(r))
	}
}
