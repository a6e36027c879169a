package dataset

import (
	"fmt"
	"math"
)

// Garment describes changes that make a Fashion-MNIST picture look like what
// people draw and photograph: other lines, other cloth, other grounds, and now
// and then something that is no garment at all. Each field is the probability
// of its change, 0 to 1; the zero value changes nothing.
type Garment struct {
	// Redraw renders the picture anew: flat tones, dark or light seams on flat
	// cloth, bare outlines, a few tones only, or blurred cloth.
	Redraw float64 `json:"redraw,omitempty"`
	// Wobble bends the picture by a smooth random field, as an unsteady hand
	// does, and changes its proportions.
	Wobble float64 `json:"wobble,omitempty"`
	// Thickness lets the cloth grow or shrink by a pixel.
	Thickness float64 `json:"thickness,omitempty"`
	// Tone makes the cloth darker, lighter, or of another contrast.
	Tone float64 `json:"tone,omitempty"`
	// Background leaves traces of a ground that was not removed well: a grey
	// level, a gradient, specks or a border.
	Background float64 `json:"background,omitempty"`
	// Outlier puts something else in the garment's place, such as scribbles,
	// blots, noise or shuffled pieces, and asks for the same probability for
	// every class, so that the network learns to be unsure (outlier exposure:
	// Hendrycks et al. 2019, arXiv 1812.04606).
	Outlier float64 `json:"outlier,omitempty"`
}

// validate says in words which value is out of its range.
func (g Garment) validate() error {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"redraw", g.Redraw},
		{"wobble", g.Wobble},
		{"thickness", g.Thickness},
		{"tone", g.Tone},
		{"background", g.Background},
		{"outlier", g.Outlier},
	} {
		if !(f.value >= 0 && f.value <= 1) { // true for NaN, too
			return fmt.Errorf("augmentation: garment %s is %v; choose a probability from 0 (off) to 1", f.name, f.value)
		}
	}
	return nil
}

// tailor changes pictures in place. It keeps the memory that this takes.
type tailor struct {
	h, w   int
	px     []byte    // the picture at work
	inside []bool    // its silhouette, holes filled
	other  []byte    // a copy
	field  []float32 // distances of outliers
	stack  []int
}

func newTailor(h, w int) *tailor {
	n := h * w
	return &tailor{
		h: h, w: w,
		px: make([]byte, n), inside: make([]bool, n), other: make([]byte, n),
		field: make([]float32, n), stack: make([]int, 0, n),
	}
}

// apply makes t.px what g makes of pixels, and reports whether it is no
// garment any more.
func (t *tailor) apply(g Garment, pixels []byte, rng *stream) (outlier bool) {
	copy(t.px, pixels)
	if rng.float() < g.Outlier {
		t.replace(rng)
		return true
	}
	redrawn := rng.float() < g.Redraw
	if redrawn {
		t.redraw(rng)
	}
	if rng.float() < g.Wobble {
		t.wobble(rng)
	}
	if rng.float() < g.Thickness {
		t.thicken(rng.next()&1 == 1)
	}
	if !redrawn && rng.float() < g.Tone {
		t.tone(rng)
	}
	if rng.float() < g.Background {
		t.ground(rng)
	}
	return false
}

// at returns a pixel, 0 outside of the picture.
func (t *tailor) at(px []byte, x, y int) int {
	if uint(x) >= uint(t.w) || uint(y) >= uint(t.h) {
		return 0
	}
	return int(px[y*t.w+x])
}

// outline finds the silhouette: all that cannot be reached from the edge over
// pixels darker than limit.
func (t *tailor) outline(limit byte) {
	for i := range t.inside {
		t.inside[i] = true
	}
	t.stack = t.stack[:0]
	visit := func(x, y int) {
		if uint(x) >= uint(t.w) || uint(y) >= uint(t.h) {
			return
		}
		if i := y*t.w + x; t.inside[i] && t.px[i] < limit {
			t.inside[i] = false
			t.stack = append(t.stack, i)
		}
	}
	for x := range t.w {
		visit(x, 0)
		visit(x, t.h-1)
	}
	for y := range t.h {
		visit(0, y)
		visit(t.w-1, y)
	}
	for len(t.stack) > 0 {
		i := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		x, y := i%t.w, i/t.w
		visit(x-1, y)
		visit(x+1, y)
		visit(x, y-1)
		visit(x, y+1)
	}
}

// isInside tells whether a pixel belongs to the silhouette.
func (t *tailor) isInside(x, y int) bool {
	return uint(x) < uint(t.w) && uint(y) < uint(t.h) && t.inside[y*t.w+x]
}

// rim tells whether a pixel of the silhouette touches the ground.
func (t *tailor) rim(x, y int) bool {
	return !t.isInside(x-1, y) || !t.isInside(x+1, y) || !t.isInside(x, y-1) || !t.isInside(x, y+1)
}

// slope is the strength of the edge at a pixel of t.other (Sobel), 0 to 255.
func (t *tailor) slope(x, y int) int {
	p := func(dx, dy int) int { return t.at(t.other, x+dx, y+dy) }
	gx := p(1, -1) + 2*p(1, 0) + p(1, 1) - p(-1, -1) - 2*p(-1, 0) - p(-1, 1)
	gy := p(-1, 1) + 2*p(0, 1) + p(1, 1) - p(-1, -1) - 2*p(0, -1) - p(1, -1)
	return min(255, (max(gx, -gx)+max(gy, -gy))/4)
}

// redraw renders the picture as a drawing would come out.
func (t *tailor) redraw(rng *stream) {
	t.outline(byte(8 + rng.intN(24)))
	copy(t.other, t.px)
	cloth := rng.between(70, 245)
	seam := rng.between(40, 130)
	limit := 25 + rng.intN(50)
	switch rng.intN(7) {
	case 0: // flat
		t.paint(func(x, y int) float64 { return cloth })
	case 1, 2: // dark seams on flat cloth, as a filled outline gives
		t.paint(func(x, y int) float64 {
			if !t.rim(x, y) && t.slope(x, y) > limit {
				return cloth - seam
			}
			return cloth
		})
	case 3: // light lines on flat cloth
		t.paint(func(x, y int) float64 {
			if t.rim(x, y) || t.slope(x, y) > limit {
				return cloth + seam
			}
			return cloth
		})
	case 4: // a bare outline
		ink := rng.between(130, 255)
		hollow := rng.between(0, 60)
		t.paint(func(x, y int) float64 {
			if t.rim(x, y) || t.slope(x, y) > 2*limit {
				return ink
			}
			return hollow
		})
	case 5: // two or three tones
		levels := float64(1 + rng.intN(2))
		low, high := rng.between(40, 130), rng.between(140, 250)
		t.paint(func(x, y int) float64 {
			v := math.Round(float64(t.other[y*t.w+x])/255*levels) / levels
			return low + v*(high-low)
		})
	case 6: // blurred cloth
		part := rng.between(0.6, 1)
		t.paint(func(x, y int) float64 {
			sum, n := 0, 0
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					if t.isInside(x+dx, y+dy) {
						sum += t.at(t.other, x+dx, y+dy)
						n++
					}
				}
			}
			v := float64(t.other[y*t.w+x])
			return v + part*(float64(sum)/float64(n)-v)
		})
	}
	if rng.next()&1 == 1 { // cloth turns away from the light at its rim
		shade := rng.between(0.6, 0.95)
		for y := range t.h {
			for x := range t.w {
				if i := y*t.w + x; t.inside[i] && t.rim(x, y) {
					t.px[i] = byte(float64(t.px[i]) * shade)
				}
			}
		}
	}
}

// paint sets the silhouette's pixels and clears the others.
func (t *tailor) paint(tone func(x, y int) float64) {
	for y := range t.h {
		for x := range t.w {
			i := y*t.w + x
			if !t.inside[i] {
				t.px[i] = 0
				continue
			}
			t.px[i] = grey(tone(x, y))
		}
	}
}

func grey(v float64) byte { return byte(min(max(v+0.5, 0), 255)) }

// wobble moves every pixel by a smooth field of up to a pixel and a half and
// changes width and height by up to 15 %.
func (t *tailor) wobble(rng *stream) {
	const knots = 5
	var dx, dy [knots * knots]float64
	reach := rng.between(0.3, 1.6)
	for i := range dx {
		dx[i], dy[i] = rng.between(-reach, reach), rng.between(-reach, reach)
	}
	sx, sy := 1/rng.between(0.85, 1.08), 1/rng.between(0.85, 1.08)
	cx, cy := float64(t.w-1)/2, float64(t.h-1)/2
	copy(t.other, t.px)
	for y := range t.h {
		gy := float64(y) / float64(t.h) * (knots - 1)
		ky := int(gy)
		for x := range t.w {
			gx := float64(x) / float64(t.w) * (knots - 1)
			kx := int(gx)
			k, fx, fy := ky*knots+kx, gx-float64(kx), gy-float64(ky)
			blend := func(f *[knots * knots]float64) float64 {
				top := f[k] + fx*(f[k+1]-f[k])
				return top + fy*(f[k+knots]+fx*(f[k+knots+1]-f[k+knots])-top)
			}
			t.px[y*t.w+x] = t.sample(cx+(float64(x)-cx)*sx+blend(&dx), cy+(float64(y)-cy)*sy+blend(&dy))
		}
	}
}

// sample reads t.other between its pixels.
func (t *tailor) sample(x, y float64) byte {
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := x-float64(ix), y-float64(iy)
	top := float64(t.at(t.other, ix, iy))*(1-fx) + float64(t.at(t.other, ix+1, iy))*fx
	bottom := float64(t.at(t.other, ix, iy+1))*(1-fx) + float64(t.at(t.other, ix+1, iy+1))*fx
	return grey(top*(1-fy) + bottom*fy)
}

// thicken replaces each pixel by the largest (or smallest) of its cross.
func (t *tailor) thicken(grow bool) {
	copy(t.other, t.px)
	for y := range t.h {
		for x := range t.w {
			v := t.at(t.other, x, y)
			for _, n := range [4]int{t.at(t.other, x-1, y), t.at(t.other, x+1, y), t.at(t.other, x, y-1), t.at(t.other, x, y+1)} {
				if grow {
					v = max(v, n)
				} else {
					v = min(v, n)
				}
			}
			t.px[y*t.w+x] = byte(v)
		}
	}
}

// tone changes the cloth's gamma and brightness; the ground stays black.
func (t *tailor) tone(rng *stream) {
	gamma := math.Exp(rng.between(-0.7, 0.7))
	gain := rng.between(0.55, 1.1)
	var table [256]byte
	for v := 1; v < 256; v++ {
		table[v] = grey(255 * gain * math.Pow(float64(v)/255, gamma))
	}
	for i, v := range t.px {
		t.px[i] = table[v]
	}
}

// ground lays something behind the garment.
func (t *tailor) ground(rng *stream) {
	t.outline(16)
	level := rng.between(5, 60)
	kind := rng.intN(4)
	turn := rng.between(0, 2*math.Pi)
	sin, cos := math.Sincos(turn)
	width := 1 + rng.intN(2)
	for y := range t.h {
		for x := range t.w {
			i := y*t.w + x
			if t.inside[i] {
				continue
			}
			v := 0.0
			switch kind {
			case 0: // grey
				v = level
			case 1: // a gradient
				v = level * (1 + (float64(x)/float64(t.w)-0.5)*cos + (float64(y)/float64(t.h)-0.5)*sin)
			case 2: // specks
				if rng.intN(12) == 0 {
					v = rng.between(0, 3*level)
				}
			case 3: // a border
				if x < width || y < width || x >= t.w-width || y >= t.h-width {
					v = 2 * level
				}
			}
			t.px[i] = max(t.px[i], grey(v))
		}
	}
}

// replace puts something that is no garment into t.px.
func (t *tailor) replace(rng *stream) {
	switch rng.intN(8) {
	case 0, 1, 2:
		t.strokes(rng)
	case 3:
		t.blots(rng)
	case 4:
		t.noise(rng)
	case 5:
		t.shuffle(rng)
	case 6: // one tone or a gradient, perhaps black
		from, to := rng.between(-80, 255), rng.between(-80, 255)
		sin, cos := math.Sincos(rng.between(0, 2*math.Pi))
		for i := range t.px {
			x, y := float64(i%t.w)/float64(t.w)-0.5, float64(i/t.w)/float64(t.h)-0.5
			t.px[i] = grey(from + (to-from)*(x*cos+y*sin+0.5))
		}
	case 7: // a scrap of the garment, enlarged
		copy(t.other, t.px)
		size := rng.between(0.25, 0.5)
		x0, y0 := rng.between(0, 1-size)*float64(t.w), rng.between(0, 1-size)*float64(t.h)
		for i := range t.px {
			t.px[i] = t.sample(x0+float64(i%t.w)*size, y0+float64(i/t.w)*size)
		}
	}
}

// point is a place in a drawing.
type point struct{ x, y float64 }

// strokes draws a scribble, a sign like a digit or letter, or such an outline
// filled, at the size that a picture's preparation would give it.
func (t *tailor) strokes(rng *stream) {
	var line [64]point
	n := 0
	lines := 1 + rng.intN(4)
	var ends [4]int
	for l := range lines {
		p := point{rng.float(), rng.float()}
		turn, speed := rng.between(0, 2*math.Pi), rng.between(0.08, 0.3)
		curl := rng.between(-0.9, 0.9)
		for range 4 + rng.intN(len(line)/lines-3) {
			line[n] = p
			n++
			turn += curl + rng.between(-0.5, 0.5)
			sin, cos := math.Sincos(turn)
			p.x, p.y = p.x+speed*cos, p.y+speed*sin
		}
		ends[l] = n
	}
	fit(line[:n], t.w, t.h, rng.between(0.7, 1))
	radius := rng.between(0.5, 2.2)
	ink := rng.between(110, 255)
	for i := range t.field {
		t.field[i] = math.MaxFloat32
	}
	start := 0
	for _, end := range ends[:lines] {
		for k := start + 1; k < end; k++ {
			t.segment(line[k-1], line[k])
		}
		start = end
	}
	fill := 0.0
	if rng.intN(3) == 0 {
		fill = ink * rng.between(0.4, 1)
	}
	for i, d := range t.field {
		t.px[i] = grey(ink * min(1, max(0, radius+0.5-float64(d))))
	}
	if fill > 0 {
		t.outline(40)
		for i, in := range t.inside {
			if in {
				t.px[i] = max(t.px[i], grey(fill))
			}
		}
	}
}

// fit scales the points about their middle to the given part of the picture.
func fit(points []point, w, h int, part float64) {
	low, high := points[0], points[0]
	for _, p := range points {
		low = point{min(low.x, p.x), min(low.y, p.y)}
		high = point{max(high.x, p.x), max(high.y, p.y)}
	}
	size := max(high.x-low.x, high.y-low.y, 1e-6)
	scale := part * float64(min(w, h)-4) / size
	for i, p := range points {
		points[i] = point{
			float64(w-1)/2 + (p.x-(low.x+high.x)/2)*scale,
			float64(h-1)/2 + (p.y-(low.y+high.y)/2)*scale,
		}
	}
}

// segment lowers t.field to the distance from the line a to b.
func (t *tailor) segment(a, b point) {
	dx, dy := b.x-a.x, b.y-a.y
	length := dx*dx + dy*dy
	for i := range t.field {
		x, y := float64(i%t.w)-a.x, float64(i/t.w)-a.y
		along := 0.0
		if length > 0 {
			along = min(1, max(0, (x*dx+y*dy)/length))
		}
		t.field[i] = min(t.field[i], float32(math.Hypot(x-along*dx, y-along*dy)))
	}
}

// blots draws a few soft ellipses, some light and some dark.
func (t *tailor) blots(rng *stream) {
	for i := range t.px {
		t.px[i] = 0
	}
	for range 2 + rng.intN(6) {
		cx, cy := rng.between(0, float64(t.w)), rng.between(0, float64(t.h))
		rx, ry := rng.between(1.5, 9), rng.between(1.5, 9)
		tone := rng.between(-200, 255)
		for i := range t.px {
			x, y := (float64(i%t.w)-cx)/rx, (float64(i/t.w)-cy)/ry
			t.px[i] = grey(float64(t.px[i]) + tone*min(1, max(0, 3*(1-math.Hypot(x, y)))))
		}
	}
}

// noise fills the picture with noise of a random grain.
func (t *tailor) noise(rng *stream) {
	grain := 1 + rng.intN(5)
	low, high := rng.between(-200, 120), rng.between(130, 400)
	cols := t.w/grain + 1
	for i := range cols * (t.h/grain + 1) {
		v := grey(rng.between(low, high))
		x0, y0 := i%cols*grain, i/cols*grain
		for y := y0; y < min(y0+grain, t.h); y++ {
			for x := x0; x < min(x0+grain, t.w); x++ {
				t.px[y*t.w+x] = v
			}
		}
	}
}

// shuffle cuts the picture into pieces and lays them out anew.
func (t *tailor) shuffle(rng *stream) {
	copy(t.other, t.px)
	parts := 3 + rng.intN(2)
	ph, pw := t.h/parts, t.w/parts
	var order [16]int
	for i := range parts * parts {
		order[i] = i
	}
	shuffle(order[:parts*parts], rng)
	for to, from := range order[:parts*parts] {
		for y := range ph {
			copy(t.px[(to/parts*ph+y)*t.w+to%parts*pw:][:pw], t.other[(from/parts*ph+y)*t.w+from%parts*pw:][:pw])
		}
	}
}
