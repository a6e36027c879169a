package widgets

import (
	"image"
	"math"
)

// Paper is the grey value of an empty drawing.
const Paper = 0xff

// undoLimit is how many steps back a drawing remembers.
const undoLimit = 200

// Point is a place in a drawing: 0, 0 its upper left corner and 1, 1 its lower
// right one.
type Point struct{ X, Y float64 }

// Stroke is a line through points, drawn in one go.
type Stroke []Point

// Drawing is a square grey picture that is drawn on with a round brush, with
// smooth edges, and that remembers every step.
type Drawing struct {
	side   int
	ink    *image.Gray
	undone []patch // steps that can be done again
	done   []patch // steps that can be undone

	// A stroke is laid over the picture as it was when the stroke began, so
	// that it has one tone where it crosses itself.
	base     *image.Gray
	coverage []uint8
	touched  image.Rectangle
}

// patch is what a step has changed: the pixels of a rectangle, those of the
// other side of the step.
type patch struct {
	rect   image.Rectangle
	pixels []uint8
}

// NewDrawing returns an empty drawing, side pixels wide and high.
func NewDrawing(side int) *Drawing {
	d := &Drawing{side: side, ink: image.NewGray(image.Rect(0, 0, side, side)), base: image.NewGray(image.Rect(0, 0, side, side)), coverage: make([]uint8, side*side)}
	fill(d.ink.Pix, Paper)
	return d
}

func fill(pix []uint8, v uint8) {
	for i := range pix {
		pix[i] = v
	}
}

// Image returns a copy of the picture: 0 is black, Paper white.
func (d *Drawing) Image() *image.Gray {
	out := image.NewGray(d.ink.Rect)
	copy(out.Pix, d.ink.Pix)
	return out
}

// Empty reports whether nothing is drawn.
func (d *Drawing) Empty() bool {
	for _, v := range d.ink.Pix {
		if v != Paper {
			return false
		}
	}
	return true
}

// begin starts a step.
func (d *Drawing) begin() {
	copy(d.base.Pix, d.ink.Pix)
	clear(d.coverage)
	d.touched = image.Rectangle{}
}

// end makes what was drawn since begin one step, if it has changed anything.
func (d *Drawing) end() bool {
	if d.touched.Empty() {
		return false
	}
	p := cut(d.base, d.touched)
	if same(p, d.ink) {
		return false
	}
	d.done = append(d.done, p)
	if len(d.done) > undoLimit {
		d.done = d.done[1:]
	}
	d.undone = nil
	d.touched = image.Rectangle{}
	return true
}

func cut(img *image.Gray, r image.Rectangle) patch {
	p := patch{r, make([]uint8, 0, r.Dx()*r.Dy())}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := img.PixOffset(r.Min.X, y)
		p.pixels = append(p.pixels, img.Pix[at:at+r.Dx()]...)
	}
	return p
}

func same(p patch, img *image.Gray) bool {
	for y := range p.rect.Dy() {
		at := img.PixOffset(p.rect.Min.X, p.rect.Min.Y+y)
		if string(p.pixels[y*p.rect.Dx():(y+1)*p.rect.Dx()]) != string(img.Pix[at:at+p.rect.Dx()]) {
			return false
		}
	}
	return true
}

// swap puts a patch's pixels into the picture and returns those that were there.
func (d *Drawing) swap(p patch) patch {
	before := cut(d.ink, p.rect)
	for y := range p.rect.Dy() {
		copy(d.ink.Pix[d.ink.PixOffset(p.rect.Min.X, p.rect.Min.Y+y):], p.pixels[y*p.rect.Dx():(y+1)*p.rect.Dx()])
	}
	return before
}

// CanUndo reports whether there is a step to undo.
func (d *Drawing) CanUndo() bool { return len(d.done) > 0 }

// CanRedo reports whether there is a step to do again.
func (d *Drawing) CanRedo() bool { return len(d.undone) > 0 }

// Undo takes the last step back.
func (d *Drawing) Undo() { d.move(&d.done, &d.undone) }

// Redo does the step that was undone last again.
func (d *Drawing) Redo() { d.move(&d.undone, &d.done) }

func (d *Drawing) move(from, to *[]patch) {
	n := len(*from)
	if n == 0 {
		return
	}
	*to = append(*to, d.swap((*from)[n-1]))
	*from = (*from)[:n-1]
}

// line draws from a to b within the present step, with a round brush of the
// given radius in pixels and a grey tone.
func (d *Drawing) line(a, b Point, radius float64, tone uint8) {
	side := float64(d.side)
	ax, ay, bx, by := a.X*side, a.Y*side, b.X*side, b.Y*side
	r := image.Rect(
		int(math.Floor(min(ax, bx)-radius-1)), int(math.Floor(min(ay, by)-radius-1)),
		int(math.Ceil(max(ax, bx)+radius+1)), int(math.Ceil(max(ay, by)+radius+1)),
	).Intersect(d.ink.Rect)
	if r.Empty() {
		return
	}
	d.touched = d.touched.Union(r)
	dx, dy := bx-ax, by-ay
	length := dx*dx + dy*dy
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			px, py := float64(x)+.5-ax, float64(y)+.5-ay
			t := 0.0
			if length > 0 {
				t = min(max((px*dx+py*dy)/length, 0), 1)
			}
			far := math.Hypot(px-t*dx, py-t*dy)
			if c := min(max(radius+.5-far, 0), 1); c > 0 {
				d.cover(y*d.side+x, uint8(math.Round(255*c)), tone)
			}
		}
	}
}

// cover lays tone over a pixel as far as the stroke does not cover it yet.
func (d *Drawing) cover(at int, share, tone uint8) {
	if share <= d.coverage[at] {
		return
	}
	d.coverage[at] = share
	s := int(share)
	d.ink.Pix[at] = uint8((int(d.base.Pix[at])*(255-s) + int(tone)*s + 127) / 255)
}

// Draw draws a stroke as one step. Radius is a share of the side.
func (d *Drawing) Draw(s Stroke, radius float64, tone uint8) {
	d.begin()
	for i := range s {
		d.line(s[max(i-1, 0)], s[i], radius*float64(d.side), tone)
	}
	d.end()
}

// fillTolerance is how far a tone may be from that of the place that was
// clicked, to be filled with it.
const fillTolerance = 48

// Fill fills the area around p that has p's tone, up to the lines that enclose
// it and half of their soft edge. It reports whether that has changed anything.
func (d *Drawing) Fill(p Point, tone uint8) bool {
	x, y := int(p.X*float64(d.side)), int(p.Y*float64(d.side))
	if !image.Pt(x, y).In(d.ink.Rect) {
		return false
	}
	d.begin()
	seed := d.base.GrayAt(x, y).Y
	alike := func(at int) bool {
		return max(d.base.Pix[at], seed)-min(d.base.Pix[at], seed) <= fillTolerance
	}
	inside := make([]bool, len(d.ink.Pix))
	stack := []int{y*d.side + x}
	inside[stack[0]] = true
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, next := range d.neighbours(at) {
			if next >= 0 && !inside[next] && alike(next) {
				inside[next] = true
				stack = append(stack, next)
			}
		}
	}
	// The soft edge of a line is neither line nor area. Filling one pixel of it
	// leaves no pale seam.
	for at, in := range inside {
		if !in {
			continue
		}
		d.ink.Pix[at] = tone
		d.touched = d.touched.Union(d.pixel(at))
		for _, next := range d.neighbours(at) {
			if next >= 0 && !inside[next] && d.ink.Pix[next] > tone && d.base.Pix[next] < Paper {
				d.ink.Pix[next] = tone
				d.touched = d.touched.Union(d.pixel(next))
			}
		}
	}
	return d.end()
}

func (d *Drawing) pixel(at int) image.Rectangle {
	return image.Rect(at%d.side, at/d.side, at%d.side+1, at/d.side+1)
}

// neighbours returns the four pixels beside one, -1 where there is none.
func (d *Drawing) neighbours(at int) [4]int {
	n := [4]int{at - d.side, at + d.side, at - 1, at + 1}
	if at%d.side == 0 {
		n[2] = -1
	}
	if at%d.side == d.side-1 {
		n[3] = -1
	}
	if n[1] >= len(d.ink.Pix) {
		n[1] = -1
	}
	return n
}

// Clear empties the drawing, as a step that can be undone.
func (d *Drawing) Clear() {
	d.replace(func(pix []uint8) { fill(pix, Paper) })
}

// Mirror swaps left and right.
func (d *Drawing) Mirror() {
	d.replace(func(pix []uint8) {
		for y := range d.side {
			row := pix[y*d.side : (y+1)*d.side]
			for i, j := 0, len(row)-1; i < j; i, j = i+1, j-1 {
				row[i], row[j] = row[j], row[i]
			}
		}
	})
}

// replace changes the whole picture in one step.
func (d *Drawing) replace(change func(pix []uint8)) {
	d.begin()
	change(d.ink.Pix)
	d.touched = d.ink.Rect
	d.end()
}
