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
//
// other and inside have a border of one pixel around the picture, in which
// they are 0, so that a pixel's neighbours need no care: rows of w+2, the pixel
// in column x of row y at place(x, y).
type tailor struct {
	h, w   int
	px     []byte    // the picture at work
	other  []byte    // a copy of it: see keep
	inside []byte    // its silhouette: see outline
	field  []float32 // distances of outliers
	lines  []float64 // of wobble's field
	stack  []int
}

func newTailor(h, w int) *tailor {
	n, bordered := h*w, (h+2)*(w+2)
	return &tailor{
		h: h, w: w,
		px: make([]byte, n), other: make([]byte, bordered), inside: make([]byte, bordered),
		field: make([]float32, n), lines: make([]float64, 2*knots*w), stack: make([]int, 0, n),
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

// row is the length of a row with its border.
func (t *tailor) row() int { return t.w + 2 }

func (t *tailor) place(x, y int) int { return (y+1)*t.row() + x + 1 }

// keep copies the picture to t.other.
func (t *tailor) keep() {
	for y := range t.h {
		copy(t.other[t.place(0, y):][:t.w], t.px[y*t.w:])
	}
}

// outline finds the silhouette: all that cannot be reached from the edge over
// pixels darker than limit.
func (t *tailor) outline(limit byte) {
	const ground, dark, bright = 0, 1, 2 // the border is ground
	for y := range t.h {
		row := t.inside[t.place(0, y):][:t.w]
		for x, v := range t.px[y*t.w : (y+1)*t.w] {
			row[x] = bright
			if v < limit {
				row[x] = dark
			}
		}
	}
	inside, stack := t.inside, t.stack[:0]
	visit := func(i int) {
		if inside[i] == dark {
			inside[i] = ground
			stack = append(stack, i)
		}
	}
	for x := range t.w {
		visit(t.place(x, 0))
		visit(t.place(x, t.h-1))
	}
	for y := range t.h {
		visit(t.place(0, y))
		visit(t.place(t.w-1, y))
	}
	row := t.row()
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(i - 1)
		visit(i + 1)
		visit(i - row)
		visit(i + row)
	}
}

// rim tells whether a pixel of the silhouette touches the ground.
func (t *tailor) rim(place int) bool {
	in, row := t.inside, t.row()
	return in[place-1] == 0 || in[place+1] == 0 || in[place-row] == 0 || in[place+row] == 0
}

// slope is the strength of the edge at a pixel of t.other (Sobel), 0 to 255.
func (t *tailor) slope(place int) int {
	row := t.row()
	above, here, below := t.other[place-row-1:][:3], t.other[place-1:][:3], t.other[place+row-1:][:3]
	corner, opposite := int(below[2])-int(above[0]), int(above[2])-int(below[0])
	gx := corner + opposite + 2*(int(here[2])-int(here[0]))
	gy := corner - opposite + 2*(int(below[1])-int(above[1]))
	return min(255, (max(gx, -gx)+max(gy, -gy))/4)
}

// redraw renders the picture as a drawing would come out.
func (t *tailor) redraw(rng *stream) {
	t.outline(byte(8 + rng.intN(24)))
	t.keep()
	cloth := rng.between(70, 245)
	seam := rng.between(40, 130)
	limit := 25 + rng.intN(50)
	switch rng.intN(7) {
	case 0: // flat
		tone := grey(cloth)
		t.paint(func(int) byte { return tone })
	case 1, 2: // dark seams on flat cloth, as a filled outline gives
		tone, line := grey(cloth), grey(cloth-seam)
		t.paint(func(place int) byte {
			if !t.rim(place) && t.slope(place) > limit {
				return line
			}
			return tone
		})
	case 3: // light lines on flat cloth
		tone, line := grey(cloth), grey(cloth+seam)
		t.paint(func(place int) byte {
			if t.rim(place) || t.slope(place) > limit {
				return line
			}
			return tone
		})
	case 4: // a bare outline
		ink := grey(rng.between(130, 255))
		hollow := grey(rng.between(0, 60))
		t.paint(func(place int) byte {
			if t.rim(place) || t.slope(place) > 2*limit {
				return ink
			}
			return hollow
		})
	case 5: // two or three tones
		levels := float64(1 + rng.intN(2))
		low, high := rng.between(40, 130), rng.between(140, 250)
		t.paint(func(place int) byte {
			v := math.Round(float64(t.other[place])/255*levels) / levels
			return grey(low + v*(high-low))
		})
	case 6: // blurred cloth
		t.blur(rng.between(0.6, 1))
	}
	if rng.next()&1 == 1 { // cloth turns away from the light at its rim
		shade := rng.between(0.6, 0.95)
		for y := range t.h {
			for x := range t.w {
				if place := t.place(x, y); t.inside[place] != 0 && t.rim(place) {
					t.px[y*t.w+x] = byte(float64(t.px[y*t.w+x]) * shade)
				}
			}
		}
	}
}

// paint sets the silhouette's pixels and clears the others.
func (t *tailor) paint(tone func(place int) byte) {
	for y := range t.h {
		place := t.place(0, y)
		for x := range t.w {
			v := byte(0)
			if t.inside[place+x] != 0 {
				v = tone(place + x)
			}
			t.px[y*t.w+x] = v
		}
	}
}

// blur moves each pixel of the silhouette by the given part towards the mean
// of those within two pixels of it, and clears the others.
func (t *tailor) blur(part float64) {
	// A column's sum over five rows, and how many these are, in one number.
	const one = 1 << 16
	columns := t.stack[:t.w]
	for y := range t.h {
		clear(columns)
		for near := max(0, y-2); near <= min(t.h-1, y+2); near++ {
			place := t.place(0, near)
			in, px := t.inside[place:][:t.w], t.other[place:][:t.w]
			for x := range columns {
				if in[x] != 0 {
					columns[x] += one + int(px[x])
				}
			}
		}
		in := t.inside[t.place(0, y):][:t.w]
		for x := range columns {
			to := &t.px[y*t.w+x]
			if in[x] == 0 {
				*to = 0
				continue
			}
			total := 0
			for _, column := range columns[max(0, x-2):min(t.w, x+3)] {
				total += column
			}
			v := float64(*to)
			*to = grey(v + part*(float64(total%one)/float64(total/one)-v))
		}
	}
}

func grey(v float64) byte {
	switch v += 0.5; {
	case v <= 0:
		return 0
	case v >= 255:
		return 255
	}
	return byte(v)
}

// knots is how many random moves wobble's field has along either axis.
const knots = 5

// wobble moves every pixel by a smooth field of up to a pixel and a half and
// changes width and height by up to 15 %.
func (t *tailor) wobble(rng *stream) {
	var dx, dy [knots * knots]float64
	reach := rng.between(0.3, 1.6)
	for i := range dx {
		dx[i], dy[i] = rng.between(-reach, reach), rng.between(-reach, reach)
	}
	sx, sy := 1/rng.between(0.85, 1.08), 1/rng.between(0.85, 1.08)
	cx, cy := float64(t.w-1)/2, float64(t.h-1)/2
	// The field between two knots side by side, then between two such lines.
	size := knots * t.w
	linesX, linesY := t.lines[:size], t.lines[size:]
	for x := range t.w {
		gx := float64(x) / float64(t.w) * (knots - 1)
		kx := int(gx)
		fx := gx - float64(kx)
		for line := range knots {
			k := line*knots + kx
			linesX[line*t.w+x] = dx[k] + fx*(dx[k+1]-dx[k])
			linesY[line*t.w+x] = dy[k] + fx*(dy[k+1]-dy[k])
		}
	}
	t.keep()
	for y := range t.h {
		gy := float64(y) / float64(t.h) * (knots - 1)
		line := int(gy)
		fy := gy - float64(line)
		x0, x1 := linesX[line*t.w:][:t.w], linesX[(line+1)*t.w:][:t.w]
		y0, y1 := linesY[line*t.w:][:t.w], linesY[(line+1)*t.w:][:t.w]
		row := t.px[y*t.w:][:t.w]
		fromY := cy + (float64(y)-cy)*sy
		for x := range row {
			row[x] = t.sample(cx+(float64(x)-cx)*sx+(x0[x]+fy*(x1[x]-x0[x])), fromY+(y0[x]+fy*(y1[x]-y0[x])))
		}
	}
}

// sample reads t.other between its pixels.
func (t *tailor) sample(x, y float64) byte {
	ix, iy := int(x+1)-1, int(y+1)-1 // rounded down, where it matters: from -1 on
	if x < -1 || y < -1 || ix >= t.w || iy >= t.h {
		return 0
	}
	top := t.other[t.place(ix, iy):]
	bottom := top[t.row():][:2]
	a, b, c, d := top[0], top[1], bottom[0], bottom[1]
	if a|b|c|d == 0 {
		return 0
	}
	fx, fy := x-float64(ix), y-float64(iy)
	above := float64(a)*(1-fx) + float64(b)*fx
	below := float64(c)*(1-fx) + float64(d)*fx
	return byte(above*(1-fy) + below*fy + 0.5)
}

// thicken replaces each pixel by the largest (or smallest) of its cross.
func (t *tailor) thicken(grow bool) {
	t.keep()
	row := t.row()
	for y := range t.h {
		place := t.place(0, y)
		above, here, below := t.other[place-row:][:t.w], t.other[place-1:][:t.w+2], t.other[place+row:][:t.w]
		to := t.px[y*t.w:][:t.w]
		for x := range to {
			if grow {
				to[x] = max(here[x], here[x+1], here[x+2], above[x], below[x])
			} else {
				to[x] = min(here[x], here[x+1], here[x+2], above[x], below[x])
			}
		}
	}
}

// logs holds ln(v/255).
var logs = func() (t [256]float64) {
	for v := range t {
		t[v] = math.Log(float64(v) / 255)
	}
	return t
}()

// tone changes the cloth's gamma and brightness; the ground stays black.
func (t *tailor) tone(rng *stream) {
	gamma := math.Exp(rng.between(-0.7, 0.7))
	gain := rng.between(0.55, 1.1)
	var table [256]byte
	for v := 1; v < 256; v++ {
		tone := 255 * gain * math.Exp(gamma*logs[v])
		// Within its error of a step the faster formula could fall on the
		// other side than the power itself.
		if up := tone + 0.5; up-math.Floor(up) < 1e-6 || math.Ceil(up)-up < 1e-6 {
			tone = 255 * gain * math.Pow(float64(v)/255, gamma)
		}
		table[v] = grey(tone)
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
	even, border := grey(level), grey(2*level)
	for y := range t.h {
		in, row := t.inside[t.place(0, y):][:t.w], t.px[y*t.w:][:t.w]
		for x := range row {
			if in[x] != 0 {
				continue
			}
			v := byte(0)
			switch kind {
			case 0: // grey
				v = even
			case 1: // a gradient
				v = grey(level * (1 + (float64(x)/float64(t.w)-0.5)*cos + (float64(y)/float64(t.h)-0.5)*sin))
			case 2: // specks
				if rng.intN(12) == 0 {
					v = grey(rng.between(0, 3*level))
				}
			case 3: // a border
				if x < width || y < width || x >= t.w-width || y >= t.h-width {
					v = border
				}
			}
			row[x] = max(row[x], v)
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
		for y := range t.h {
			for x := range t.w {
				fx, fy := float64(x)/float64(t.w)-0.5, float64(y)/float64(t.h)-0.5
				t.px[y*t.w+x] = grey(from + (to-from)*(fx*cos+fy*sin+0.5))
			}
		}
	case 7: // a scrap of the garment, enlarged
		t.keep()
		size := rng.between(0.25, 0.5)
		x0, y0 := rng.between(0, 1-size)*float64(t.w), rng.between(0, 1-size)*float64(t.h)
		for y := range t.h {
			for x := range t.w {
				t.px[y*t.w+x] = t.sample(x0+float64(x)*size, y0+float64(y)*size)
			}
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
	reach := radius + 1 // half a pixel beyond the softest ink
	for i := range t.field {
		t.field[i] = float32(reach)
	}
	start := 0
	for _, end := range ends[:lines] {
		for k := start + 1; k < end; k++ {
			t.segment(line[k-1], line[k], reach)
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
		tone := grey(fill)
		for y := range t.h {
			row := t.px[y*t.w:][:t.w]
			for x, in := range t.inside[t.place(0, y):][:t.w] {
				if in != 0 {
					row[x] = max(row[x], tone)
				}
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

// segment lowers t.field to the distance from the line a to b, where it is
// less than reach.
func (t *tailor) segment(a, b point, reach float64) {
	dx, dy := b.x-a.x, b.y-a.y
	length := dx*dx + dy*dy
	x0, x1 := span(min(a.x, b.x)-reach, max(a.x, b.x)+reach, t.w)
	y0, y1 := span(min(a.y, b.y)-reach, max(a.y, b.y)+reach, t.h)
	for row := y0; row < y1; row++ {
		for column := x0; column < x1; column++ {
			x, y := float64(column)-a.x, float64(row)-a.y
			along := 0.0
			if length > 0 {
				along = min(1, max(0, (x*dx+y*dy)/length))
			}
			x, y = x-along*dx, y-along*dy
			nearest := &t.field[row*t.w+column]
			if d := float64(*nearest); x*x+y*y < d*d*1.000001 { // else it is farther for certain
				*nearest = min(*nearest, float32(math.Hypot(x, y)))
			}
		}
	}
}

// span returns the pixels of a row of n from low to high, which they may leave.
func span(low, high float64, n int) (from, to int) {
	return max(0, int(low)), min(n, int(high)+2)
}

// blots draws a few soft ellipses, some light and some dark.
func (t *tailor) blots(rng *stream) {
	clear(t.px)
	for range 2 + rng.intN(6) {
		cx, cy := rng.between(0, float64(t.w)), rng.between(0, float64(t.h))
		rx, ry := rng.between(1.5, 9), rng.between(1.5, 9)
		tone := rng.between(-200, 255)
		x0, x1 := span(cx-rx, cx+rx, t.w)
		y0, y1 := span(cy-ry, cy+ry, t.h)
		for row := y0; row < y1; row++ {
			for column := x0; column < x1; column++ {
				x, y := (float64(column)-cx)/rx, (float64(row)-cy)/ry
				to := &t.px[row*t.w+column]
				*to = grey(float64(*to) + tone*min(1, max(0, 3*(1-math.Hypot(x, y)))))
			}
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
	t.keep()
	parts := 3 + rng.intN(2)
	ph, pw := t.h/parts, t.w/parts
	var order [16]int
	for i := range parts * parts {
		order[i] = i
	}
	shuffle(order[:parts*parts], rng)
	for to, from := range order[:parts*parts] {
		for y := range ph {
			copy(t.px[(to/parts*ph+y)*t.w+to%parts*pw:][:pw], t.other[t.place(from%parts*pw, from/parts*ph+y):][:pw])
		}
	}
}
