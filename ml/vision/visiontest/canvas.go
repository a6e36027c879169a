// Package visiontest makes pictures to try the preparation of pictures on:
// drawings of garments in many styles, and of many things that are none. The
// same arguments always give the same picture.
package visiontest

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// point is a place on a sheet of 100×100.
type point struct{ x, y float64 }

// path is a line through points; a closed one returns to its start.
type path struct {
	points []point
	closed bool
	smooth bool // bends through the points instead of turning sharply
}

func outline(xy ...float64) path { return path{points: points(xy), closed: true} }
func stroke(xy ...float64) path  { return path{points: points(xy)} }
func curve(xy ...float64) path   { return path{points: points(xy), smooth: true} }
func blob(xy ...float64) path    { return path{points: points(xy), closed: true, smooth: true} }

func points(xy []float64) []point {
	out := make([]point, len(xy)/2)
	for i := range out {
		out[i] = point{xy[2*i], xy[2*i+1]}
	}
	return out
}

func circle(x, y, r float64) path {
	p := path{closed: true}
	for i := range 24 {
		a := float64(i) * math.Pi / 12
		p.points = append(p.points, point{x + r*math.Cos(a), y + r*math.Sin(a)})
	}
	return p
}

// fine returns the path as short straight pieces.
func (p path) fine() []point {
	n := len(p.points)
	if n < 2 {
		return p.points
	}
	at := func(i int) point {
		if p.closed {
			return p.points[(i%n+n)%n]
		}
		return p.points[min(max(i, 0), n-1)]
	}
	pieces := n - 1
	if p.closed {
		pieces = n
	}
	var out []point
	for i := range pieces {
		a, b := at(i), at(i+1)
		before, after := at(i-1), at(i+2)
		const steps = 12
		for k := range steps {
			t := float64(k) / steps
			if !p.smooth {
				out = append(out, point{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t})
				continue
			}
			// Catmull–Rom spline.
			spline := func(p0, p1, p2, p3 float64) float64 {
				return p1 + t/2*(p2-p0+t*(2*p0-5*p1+4*p2-p3+t*(3*(p1-p2)+p3-p0)))
			}
			out = append(out, point{spline(before.x, a.x, b.x, after.x), spline(before.y, a.y, b.y, after.y)})
		}
	}
	if p.closed {
		return append(out, out[0])
	}
	return append(out, at(n-1))
}

// sheet is a picture under way.
type sheet struct {
	*image.RGBA
	rng *rand.Rand
	// Where the 100×100 sheet lies on the picture.
	x0, y0, scale float64
	angle         float64
	wobble        float64 // how unsteady the hand is, in units of the sheet
}

func newSheet(w, h int, paper color.Color, rng *rand.Rand) *sheet {
	s := &sheet{RGBA: image.NewRGBA(image.Rect(0, 0, w, h)), rng: rng, scale: float64(min(w, h)) / 100}
	draw.Draw(s.RGBA, s.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	return s
}

func (s *sheet) place(p point) (x, y float32) {
	sin, cos := math.Sincos(s.angle)
	dx, dy := p.x-50, p.y-50
	return float32(s.x0 + s.scale*(50+dx*cos-dy*sin)), float32(s.y0 + s.scale*(50+dx*sin+dy*cos))
}

// shaken returns the path as an unsteady hand draws it.
func (s *sheet) shaken(p path) []point {
	fine := p.fine()
	if s.wobble == 0 {
		return fine
	}
	// A slow random walk that returns to where it started.
	out := make([]point, len(fine))
	ax, ay := s.rng.Float64()*6, s.rng.Float64()*6
	fx, fy := 1+s.rng.Float64()*3, 1+s.rng.Float64()*3
	for i, q := range fine {
		t := float64(i) / float64(len(fine)) * 2 * math.Pi
		out[i] = point{
			q.x + s.wobble*(math.Sin(math.Round(fx)*t+ax)+0.5*math.Sin(5*t+ay)),
			q.y + s.wobble*(math.Sin(math.Round(fy)*t+ay)+0.5*math.Sin(4*t+ax)),
		}
	}
	return out
}

func (s *sheet) paint(ink color.Color, shape func(r *vector.Rasterizer)) {
	r := vector.NewRasterizer(s.Rect.Dx(), s.Rect.Dy())
	shape(r)
	r.Draw(s.RGBA, s.Rect, image.NewUniform(ink), image.Point{})
}

func (s *sheet) fill(line []point, ink color.Color) {
	s.paint(ink, func(r *vector.Rasterizer) {
		for i, p := range line {
			if x, y := s.place(p); i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	})
}

// line draws with a round pen of the given width on the sheet.
func (s *sheet) line(line []point, width float64, ink color.Color) {
	half := float32(width / 2 * s.scale)
	for i := range len(line) - 1 {
		x0, y0 := s.place(line[i])
		x1, y1 := s.place(line[i+1])
		dx, dy := x1-x0, y1-y0
		length := float32(math.Hypot(float64(dx), float64(dy)))
		if length == 0 {
			continue
		}
		nx, ny := -dy/length*half, dx/length*half
		s.piece(ink, x0, y0, x1, y1, nx, ny, half)
	}
}

// piece draws one piece of a line with a round end, on the part of the picture
// around it only.
func (s *sheet) piece(ink color.Color, x0, y0, x1, y1, nx, ny, half float32) {
	left, top := int(min(x0, x1)-half)-1, int(min(y0, y1)-half)-1
	right, bottom := int(max(x0, x1)+half)+2, int(max(y0, y1)+half)+2
	box := image.Rect(left, top, right, bottom)
	if !box.In(s.Rect) { // the rasterizer does not clip
		return
	}
	r := vector.NewRasterizer(box.Dx(), box.Dy())
	ox, oy := float32(left), float32(top)
	r.MoveTo(x0+nx-ox, y0+ny-oy)
	r.LineTo(x1+nx-ox, y1+ny-oy)
	r.LineTo(x1-nx-ox, y1-ny-oy)
	r.LineTo(x0-nx-ox, y0-ny-oy)
	r.ClosePath()
	r.Draw(s.RGBA, box, image.NewUniform(ink), image.Point{})
	r.Reset(box.Dx(), box.Dy())
	for i := range 12 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 6)
		x, y := x1-ox+half*float32(cos), y1-oy+half*float32(sin)
		if i == 0 {
			r.MoveTo(x, y)
		} else {
			r.LineTo(x, y)
		}
	}
	r.ClosePath()
	r.Draw(s.RGBA, box, image.NewUniform(ink), image.Point{})
}

func grey(v float64) color.Color { return color.Gray{Y: uint8(min(max(v, 0), 255))} }

func source(seed uint64, salt uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, salt)) }
