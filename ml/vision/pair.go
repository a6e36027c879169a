package vision

import (
	"image"
	"math"
)

// When a shape counts as a pair of shoes: two like things side by side that touch
// little and leave a notch between the toes and one between the heels. Trousers
// have a notch at one end only. All lengths are shares of a shoe's length.
const (
	pairBalance  = .55 // least ratio of the two areas
	pairLikeness = .5  // least overlap of the two when one is laid over the other
	pairNotch    = .06 // least depth of either notch
	pairNotches  = .28 // least sum of the two
	pairContact  = .85 // most length of contact, in the cut-out and by colour together
	cutContact   = .57 // how much the contact in the cut-out counts
)

// pair returns the two parts of a cut-out that looks like a pair of shoes, the
// larger first.
func (p *picture) pair(keep mask) (one, other mask, ok bool) {
	small, scale := p.coarse(), 1.0
	whole := keep
	if small != p {
		half := keep.plane().halved()
		whole, scale = where(small.w, small.h, func(i int) bool { return half.v[i] > 127 }), 2
	}
	core := small.core(whole)
	pixels := whole.pixels()
	if len(pixels) < 100 {
		return one, other, false
	}
	var best line
	bestFit := 0.0
	for _, l := range throughMiddle(pixels) {
		if fit := whole.pairFit(pixels, core, l); fit > bestFit {
			best, bestFit = l, fit
		}
	}
	if bestFit == 0 {
		return one, other, false
	}
	best.x, best.y = (best.x+.5)*scale-.5, (best.y+.5)*scale-.5
	one = where(p.w, p.h, func(i int) bool { return keep.on[i] && best.right(image.Pt(i%p.w, i/p.w)) })
	other = keep.and(one.not())
	if other.count() > one.count() {
		one, other = other, one
	}
	return one, other, true
}

// core returns the part of a cut-out whose colours are more those of the garment
// than those of what lies around: without the strip of ground that a smooth cut
// leaves between two shoes.
func (p *picture) core(keep mask) mask {
	bins := p.colourBins()
	front, back := keep.colours(bins)
	return where(p.w, p.h, func(i int) bool { return keep.on[i] && front.share(bins[i]) > back.share(bins[i]) })
}

// pixels lists the marked pixels.
func (m mask) pixels() []image.Point {
	var out []image.Point
	for i, on := range m.on {
		if on {
			out = append(out, image.Pt(i%m.w, i/m.w))
		}
	}
	return out
}

// A line goes through (x, y) in the direction (cos, sin).
type line struct{ x, y, cos, sin float64 }

// of returns a pixel's distances along the line and across it.
func (l line) of(p image.Point) (along, across float64) {
	dx, dy := float64(p.X)-l.x, float64(p.Y)-l.y
	return dx*l.cos + dy*l.sin, dy*l.cos - dx*l.sin
}

func (l line) right(p image.Point) bool {
	_, across := l.of(p)
	return across >= 0
}

// throughMiddle returns lines in all directions that pass the middle of the
// pixels closely.
func throughMiddle(pixels []image.Point) []line {
	var middle image.Point
	for _, p := range pixels {
		middle = middle.Add(p)
	}
	n := float64(len(pixels))
	x, y := float64(middle.X)/n, float64(middle.Y)/n
	const angles = 12
	var out []line
	for k := range angles {
		sin, cos := math.Sincos(float64(k) * math.Pi / angles)
		for _, offset := range []float64{-.1, -.05, 0, .05, .1} {
			offset *= math.Sqrt(n)
			out = append(out, line{x - sin*offset, y + cos*offset, cos, sin})
		}
	}
	return out
}

// A part is what lies on one side of a line.
type part struct {
	area             float64
	along, across    float64 // of its middle
	low, high, width float64 // its extent along the line, and the farthest across
}

// pairFit tells how well a line parts the shape, whose pixels are given, into a
// pair: 0 if it does not.
func (m mask) pairFit(pixels []image.Point, core mask, l line) float64 {
	inf := math.Inf(1)
	parts := [2]part{{low: inf, high: -inf}, {low: inf, high: -inf}}
	first, last := inf, -inf // where the line runs within the core
	var touching, coreTouching float64
	for _, pixel := range pixels {
		along, across := l.of(pixel)
		p := &parts[0]
		if across >= 0 {
			p = &parts[1]
		}
		p.area++
		p.along += along
		p.across += across
		// Comparing is faster than min and max, which mind NaN.
		if along < p.low {
			p.low = along
		}
		if along > p.high {
			p.high = along
		}
		if away := math.Abs(across); away > p.width {
			p.width = away
		}
		if math.Abs(across) < .5 {
			touching++
			if core.on[pixel.Y*m.w+pixel.X] {
				coreTouching++
				first, last = min(first, along), max(last, along)
			}
		}
	}
	a, b := &parts[0], &parts[1]
	if min(a.area, b.area) < pairBalance*max(a.area, b.area) {
		return 0
	}
	length := (a.high - a.low + b.high - b.low) / 2
	contact := (coreTouching + cutContact*touching) / length
	if length < (a.width+b.width)/2 || contact > pairContact {
		return 0
	}
	if coreTouching > 0 {
		before, after := (first-(a.low+b.low)/2)/length, ((a.high+b.high)/2-last)/length
		if min(before, after) < pairNotch || before+after < pairNotches {
			return 0
		}
	}
	for k := range parts {
		parts[k].along /= parts[k].area
		parts[k].across /= parts[k].area
	}
	like := max(m.likeness(pixels, l, parts, 1), m.likeness(pixels, l, parts, -1))
	if like < pairLikeness {
		return 0
	}
	return like * (2 - contact)
}

// likeness lays the first part over the second, mirrored across the line where
// mirror is -1, and returns the area they have in common as a share of the whole.
func (m mask) likeness(pixels []image.Point, l line, parts [2]part, mirror float64) float64 {
	common := 0.0
	for _, p := range pixels {
		along, across := l.of(p)
		if across >= 0 {
			continue
		}
		along += parts[1].along - parts[0].along
		across = mirror*(across-parts[0].across) + parts[1].across
		x, y := int(math.Round(l.x+along*l.cos-across*l.sin)), int(math.Round(l.y+along*l.sin+across*l.cos))
		if across >= 0 && x >= 0 && y >= 0 && x < m.w && y < m.h && m.on[y*m.w+x] {
			common++
		}
	}
	return common / (parts[0].area + parts[1].area - common)
}

// levelled turns the part of a picture inside keep so that its longer axis lies
// level, as shoes do in the dataset.
func levelled(tone plane, keep mask) (plane, mask) {
	var n, sx, sy, sxx, sxy, syy float64
	for _, p := range keep.pixels() {
		x, y := float64(p.X), float64(p.Y)
		n, sx, sy, sxx, sxy, syy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y, syy+y*y
	}
	cx, cy := sx/n, sy/n
	sin, cos := math.Sincos(math.Atan2(2*(sxy/n-cx*cy), sxx/n-cx*cx-syy/n+cy*cy) / 2)
	alone := newPlane(tone.w, tone.h)
	for i, on := range keep.on {
		if on {
			alone.v[i] = tone.v[i]
		}
	}
	share := keep.plane()
	side := int(math.Hypot(float64(tone.w), float64(tone.h)))
	out, kept := newPlane(side, side), newMask(side, side)
	for y := range side {
		for x := range side {
			dx, dy := float64(x)-float64(side)/2, float64(y)-float64(side)/2
			px, py := cx+dx*cos-dy*sin, cy+dx*sin+dy*cos
			if px < 0 || py < 0 || px > float64(tone.w-1) || py > float64(tone.h-1) || share.sample(px, py) < 128 {
				continue
			}
			out.v[y*side+x], kept.on[y*side+x] = alone.sample(px, py), true
		}
	}
	return out, kept
}
