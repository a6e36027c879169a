package vision

import (
	"image"
	"math"
	"slices"
)

// When sleeves count as spread, and how they are laid. The pictures of the dataset
// show sleeves that hang down beside the body.
const (
	sleeveLength    = .75                // least length of a sleeve, as a share of the body's width
	sleeveThickness = .6                 // most thickness, likewise
	shoulderHeight  = .4                 // how far down the garment a sleeve may begin
	sleeveSpread    = 30 * math.Pi / 180 // least angle between a sleeve and straight down
	sleeveHang      = 12 * math.Pi / 180 // the angle at which sleeves are laid
	longSleeve      = .55                // least length of a sleeve that tells a garment from a T-shirt
	hemNarrowing    = .2                 // how much narrower the hem is made
)

// folded lays spread sleeves down beside the body; ok tells whether there are
// any.
func folded(tone plane, keep mask) (plane, mask, bool) {
	left, right, ok := keep.body()
	if !ok {
		return tone, keep, false
	}
	width := float64(right - left)
	box := keep.bounds()
	room := box.Dx() / 2 // for sleeves longer than the body
	out, kept := newPlane(tone.w, tone.h+room), newMask(tone.w, tone.h+room)
	copy(out.v, tone.v)
	copy(kept.on, keep.on)
	moved := false
	for _, s := range []sleeve{{left, -1}, {right, 1}} {
		arm := keep.arm(s)
		if len(arm) == 0 {
			continue
		}
		pivot, angle, length := s.pose(arm)
		thick := float64(len(arm)) / max(length, 1)
		if length < sleeveLength*width || angle < sleeveSpread || thick > sleeveThickness*width || float64(pivot.Y-box.Min.Y) > shoulderHeight*float64(box.Dy()) {
			continue
		}
		moved = true
		for _, p := range arm {
			out.v[p.Y*out.w+p.X], kept.on[p.Y*out.w+p.X] = 0, false
		}
		turn := (angle - sleeveHang) * float64(s.side)
		sin, cos := math.Sincos(turn)
		cut := keep.having(arm)
		share := cut.plane()
		for y := range out.h {
			for x := range out.w {
				dx, dy := float64(x-pivot.X), float64(y-pivot.Y)
				px, py := float64(pivot.X)+dx*cos+dy*sin, float64(pivot.Y)-dx*sin+dy*cos
				if px < 0 || py < 0 || px > float64(tone.w-1) || py > float64(tone.h-1) || share.sample(px, py) < 128 {
					continue
				}
				out.v[y*out.w+x], kept.on[y*out.w+x] = tone.sample(px, py), true
			}
		}
	}
	return out, kept, moved
}

// longSleeves reports whether both sleeves stand off the body and are long: then
// it is no T-shirt, and no bag either.
func (m mask) longSleeves() bool {
	left, right, ok := m.body()
	if !ok {
		return false
	}
	box := m.bounds()
	for _, s := range []sleeve{{left, -1}, {right, 1}} {
		arm := m.arm(s)
		if len(arm) == 0 {
			return false
		}
		shoulder, _, length := s.pose(arm)
		if length < longSleeve*float64(right-left) || float64(shoulder.Y-box.Min.Y) > shoulderHeight*float64(box.Dy()) {
			return false
		}
	}
	return true
}

// straightened narrows a garment towards its hem, as it would look from above to
// somebody who photographed it standing at its foot end.
func straightened(tone plane, keep mask) (plane, mask) {
	box := keep.bounds()
	out, kept := newPlane(tone.w, tone.h), newMask(tone.w, tone.h)
	middle := float32(box.Min.X+box.Max.X-1) / 2
	for y := box.Min.Y; y < box.Max.Y; y++ {
		line, on := tone.v[y*tone.w:(y+1)*tone.w], keep.on[y*tone.w:(y+1)*tone.w]
		stretch := 1 / (1 - hemNarrowing*float32(y-box.Min.Y)/float32(box.Dy()))
		for x := box.Min.X; x < box.Max.X; x++ {
			from := middle + (float32(x)-middle)*stretch
			if from < 0 || from > float32(tone.w-1) {
				continue
			}
			left := int(from)
			right, part := min(left+1, tone.w-1), from-float32(left)
			if nearer := part < .5 && on[left] || part >= .5 && on[right]; !nearer {
				continue
			}
			i := y*tone.w + x
			out.v[i], kept.on[i] = line[left]*(1-part)+line[right]*part, true
		}
	}
	return out, kept
}

// body returns the columns between which the body of an upright garment lies:
// the run of its lower rows that holds the middle.
func (m mask) body() (left, right int, ok bool) {
	box := m.bounds()
	if box.Dx() < 12 || box.Dy() < 12 {
		return 0, 0, false
	}
	columns, pixels := 0, 0
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if m.on[y*m.w+x] {
				columns, pixels = columns+x, pixels+1
			}
		}
	}
	middle := columns / pixels
	var lefts, rights []int
	for y := box.Min.Y + box.Dy()*6/10; y < box.Min.Y+box.Dy()*95/100; y++ {
		if !m.on[y*m.w+middle] {
			continue
		}
		l, r := middle, middle
		for l > 0 && m.on[y*m.w+l-1] {
			l--
		}
		for r < m.w-1 && m.on[y*m.w+r+1] {
			r++
		}
		lefts, rights = append(lefts, l), append(rights, r)
	}
	if len(lefts) < box.Dy()/5 {
		return 0, 0, false
	}
	slices.Sort(lefts)
	slices.Sort(rights)
	left, right = lefts[len(lefts)/2], rights[len(rights)/2]
	return left, right, right-left > box.Dx()/6
}

// A sleeve begins at a column of the body and goes to one side: -1 for the left.
type sleeve struct{ column, side int }

// arm returns the pixels of the largest part of the shape beyond the sleeve's
// column.
func (m mask) arm(s sleeve) []image.Point {
	beyond := where(m.w, m.h, func(i int) bool { return m.on[i] && (i%m.w-s.column)*s.side > 0 })
	var largest []int
	for _, r := range beyond.regions() {
		if len(r.pixels) > len(largest) {
			largest = r.pixels
		}
	}
	out := make([]image.Point, len(largest))
	for k, i := range largest {
		out[k] = image.Pt(i%m.w, i/m.w)
	}
	return out
}

// pose returns the shoulder of a sleeve, the angle between it and straight down,
// and its length.
func (s sleeve) pose(arm []image.Point) (shoulder image.Point, angle, length float64) {
	top, bottom := math.MaxInt, -1
	for _, p := range arm {
		if p.X == s.column+s.side {
			top, bottom = min(top, p.Y), max(bottom, p.Y)
		}
	}
	if bottom < 0 {
		return image.Point{}, 0, 0
	}
	shoulder = image.Pt(s.column, top)
	// The cuff is where it is farthest from the middle of its root.
	root := image.Pt(s.column, (top+bottom)/2)
	var far []image.Point
	for _, p := range arm {
		length = max(length, math.Hypot(float64(p.X-root.X), float64(p.Y-root.Y)))
	}
	for _, p := range arm {
		if math.Hypot(float64(p.X-root.X), float64(p.Y-root.Y)) > .85*length {
			far = append(far, p)
		}
	}
	var cuff image.Point
	for _, p := range far {
		cuff = cuff.Add(p)
	}
	dx := float64(cuff.X)/float64(len(far)) - float64(root.X)
	dy := float64(cuff.Y)/float64(len(far)) - float64(root.Y)
	return shoulder, math.Atan2(dx*float64(s.side), dy), length
}

// having returns a mask of the same size that marks the given pixels.
func (m mask) having(pixels []image.Point) mask {
	out := newMask(m.w, m.h)
	for _, p := range pixels {
		out.on[p.Y*m.w+p.X] = true
	}
	return out
}
