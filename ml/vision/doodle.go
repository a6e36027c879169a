package vision

import "slices"

// doodle returns what a drawing shows that people like to draw and that filled
// outlines would take for a bag: "a face" or "a house", or else nothing.
func (d drawing) doodle(silhouette mask) string {
	switch {
	case d.face(silhouette):
		return "a face"
	case d.house(silhouette):
		return "a house"
	}
	return ""
}

// face reports whether the silhouette is round and has two marks side by side in
// its upper half.
func (d drawing) face(silhouette mask) bool {
	box := silhouette.bounds()
	w, h := float32(box.Dx()), float32(box.Dy())
	if w < .65*h || h < .65*w {
		return false
	}
	// How much of the silhouette and of the ellipse in its bounds is common.
	common, either := 0, 0
	for i, on := range silhouette.on {
		x := (float32(i%silhouette.w-box.Min.X)+.5)/w*2 - 1
		y := (float32(i/silhouette.w-box.Min.Y)+.5)/h*2 - 1
		round := x*x+y*y <= 1
		if on && round {
			common++
		}
		if on || round {
			either++
		}
	}
	if common*100 < either*88 {
		return false
	}
	var left, right []float32 // heights of the marks, from 0 at the top to 1
	for _, m := range d.marks(silhouette) {
		b := m.bounds(d.ink.w)
		x := (float32(b.Min.X+b.Max.X)/2 - float32(box.Min.X)) / w
		y := (float32(b.Min.Y+b.Max.Y)/2 - float32(box.Min.Y)) / h
		if y > .6 || float32(b.Dx()) > .4*w || float32(b.Dy()) > .4*h {
			continue
		}
		if x < .48 {
			left = append(left, y)
		} else if x > .52 {
			right = append(right, y)
		}
	}
	for _, a := range left {
		if slices.ContainsFunc(right, func(b float32) bool { return abs(a-b) < .12 }) {
			return true
		}
	}
	return false
}

// marks returns the strokes inside the silhouette that do not touch its outline.
func (d drawing) marks(silhouette mask) []region {
	deep := silhouette.inside()
	return slices.DeleteFunc(d.ink.regions(), func(r region) bool {
		return slices.ContainsFunc(r.pixels, func(i int) bool { return deep.v[i] <= d.stroke+2 })
	})
}

// house reports whether the silhouette has a gable, growing from a point to its
// full width, upright walls below, and at least two windows or doors.
func (d drawing) house(silhouette mask) bool {
	box := silhouette.bounds()
	widths := make([]float32, box.Dy())
	for i, on := range silhouette.on {
		if on {
			widths[i/silhouette.w-box.Min.Y]++
		}
	}
	n := len(widths)
	if n < 20 {
		return false
	}
	most := slices.Max(widths)
	if most > 1.5*float32(n) { // a shoe is low and wide
		return false
	}
	eaves := slices.IndexFunc(widths, func(w float32) bool { return w > .88*most })
	if widths[n/25] > .3*most || eaves < n/5 || eaves > n*2/3 {
		return false
	}
	if half := widths[eaves/2]; half < .3*most || half > .7*most {
		return false
	}
	if slices.Min(widths[eaves:n-n/25]) < .62*most {
		return false
	}
	walls := 0
	for _, r := range silhouette.and(d.ink.not()).regions() {
		b := r.bounds(d.ink.w)
		small := float32(b.Dx()) < .45*most && b.Dy()*2 < n
		if small && len(r.pixels)*400 > n*int(most) && b.Min.Y-box.Min.Y >= eaves {
			walls++
		}
	}
	return walls >= 2
}
