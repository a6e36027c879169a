package vision

import (
	"image"
	"math"
	"slices"
)

// A drawing is a picture taken apart into paper and ink.
type drawing struct {
	ink    mask    // what is not paper
	stroke float32 // typical stroke width in pixels
	chalk  bool    // light on dark
	depth  plane   // how far each pixel differs from the paper, 0 … 1
}

// drawing returns the picture taken apart into paper and ink.
func (p *picture) drawing() drawing {
	if p.drawn == nil {
		d := findInk(p)
		p.drawn = &d
	}
	return *p.drawn
}

// finest is the width of strokes, in pixels, that reducing a picture may have left
// of wider ones: below it they may be what is left of a fine pen's.
const finest = 2.5

// inFinePen returns the picture of img, of which p is the reduced picture, with
// the lines of a fine pen as dark as they are; p itself if it has none.
func (p *picture) inFinePen(img image.Image) *picture {
	if b := img.Bounds(); max(b.Dx(), b.Dy()) < 3*max(p.w, p.h) {
		return p
	}
	if g := p.ground(); !g.plain || g.grainy() {
		return p
	}
	d := p.drawing()
	if d.stroke > finest || d.ink.count()*100 > p.w*p.h*15 {
		return p
	}
	fine := overGround(shrinkLines(img, max(p.w, p.h), d.chalk))
	if !fine.drawing().lineArt(fine) {
		return p
	}
	return fine
}

// findInk separates ink from paper. The paper's brightness is estimated locally,
// so that a shadow over a photographed sheet is not ink.
func findInk(p *picture) drawing {
	var d drawing
	d.chalk = median(rim(p.grey)) < 110
	paper := p.paper(d.chalk)
	d.depth = newPlane(p.w, p.h)
	for i := range d.depth.v {
		grey := abs(p.grey.v[i] - paper.grey.v[i])
		colour := max(abs(p.r.v[i]-paper.r.v[i]), abs(p.g.v[i]-paper.g.v[i]), abs(p.b.v[i]-paper.b.v[i]))
		d.depth.v[i] = min(1, max(grey, .8*colour)/220)
	}
	threshold := min(max(otsu(d.depth.v), .09), .3)
	d.ink = where(p.w, p.h, func(i int) bool { return d.depth.v[i] > threshold }).withoutSpecks()
	d.stroke = d.ink.strokeWidth()
	return d
}

// paper returns the picture without its ink: for every cell of a coarse grid the
// colour of its brightest part (darkest, for chalk), smoothed over the picture.
func (p *picture) paper(chalk bool) *picture {
	cell := max(8, max(p.w, p.h)/12)
	gw, gh := (p.w+cell-1)/cell, (p.h+cell-1)/cell
	grids := []plane{newPlane(gw, gh), newPlane(gw, gh), newPlane(gw, gh)}
	for gy := range gh {
		for gx := range gw {
			cellBox := image.Rect(gx*cell, gy*cell, min(p.w, (gx+1)*cell), min(p.h, (gy+1)*cell))
			low, high := p.paperTones(cellBox, chalk)
			var sums [3]float32
			n := float32(0)
			for y := cellBox.Min.Y; y < cellBox.Max.Y; y++ {
				for i := y*p.w + cellBox.Min.X; i < y*p.w+cellBox.Max.X; i++ {
					if tone := p.grey.v[i]; tone >= low && tone <= high {
						sums[0] += p.r.v[i]
						sums[1] += p.g.v[i]
						sums[2] += p.b.v[i]
						n++
					}
				}
			}
			for c, grid := range grids {
				grid.v[gy*gw+gx] = sums[c] / n
			}
		}
	}
	out := &picture{w: p.w, h: p.h, r: newPlane(p.w, p.h), g: newPlane(p.w, p.h), b: newPlane(p.w, p.h), grey: newPlane(p.w, p.h)}
	full := []plane{out.r, out.g, out.b}
	for c, grid := range grids {
		grid = overInk(grid, chalk)
		grid.spread(cell, full[c])
	}
	for i := range out.grey.v {
		out.grey.v[i] = .299*out.r.v[i] + .587*out.g.v[i] + .114*out.b.v[i]
	}
	return out
}

// spread interpolates between the middles of cells of the given size.
func (p plane) spread(cell int, over plane) {
	line := newPlane(p.w, 1)
	for y := range over.h {
		at := (float32(y)+.5)/float32(cell) - .5
		above := min(max(int(math.Floor(float64(at))), 0), p.h-1)
		below := min(above+1, p.h-1)
		part := min(max(at-float32(above), 0), 1)
		for x := range line.v {
			line.v[x] = p.at(x, above)*(1-part) + p.at(x, below)*part
		}
		for x := range over.w {
			at := (float32(x)+.5)/float32(cell) - .5
			left := max(int(at), 0)
			part := min(max(at-float32(left), 0), 1)
			over.v[y*over.w+x] = line.v[left]*(1-part) + line.v[min(left+1, p.w-1)]*part
		}
	}
}

// paperTones returns the range of grey values that counts as paper in a part of
// the picture: its brightest fifth (darkest, for chalk) without the extremes.
func (p *picture) paperTones(box image.Rectangle, chalk bool) (low, high float32) {
	var histogram [256]int
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for i := y*p.w + box.Min.X; i < y*p.w+box.Max.X; i++ {
			histogram[toByte(p.grey.v[i])]++
		}
	}
	n := box.Dx() * box.Dy()
	from, to := n*3/4, n*19/20 // in order of brightness
	if chalk {
		from, to = n/20, n/4
	}
	seen, lowest, highest := 0, -1, 255
	for tone, count := range histogram {
		seen += count
		if lowest < 0 && seen > from {
			lowest = tone
		}
		if seen > to {
			highest = tone
			break
		}
	}
	return float32(lowest) - .5, float32(highest) + .5
}

// overInk bridges the cells that are all ink: a cell that differs much from the
// paper at the rim takes the rim's value.
func overInk(grid plane, chalk bool) plane {
	edge := median(rim(grid))
	out := newPlane(grid.w, grid.h)
	for i, v := range grid.v {
		out.v[i] = v
		if (!chalk && v < edge*.8) || (chalk && v > edge+50) {
			out.v[i] = edge
		}
	}
	return out
}

// withoutSpecks drops the parts that are too small to be meant.
func (m mask) withoutSpecks() mask {
	all := m.regions()
	largest := 0
	for _, r := range all {
		largest = max(largest, len(r.pixels))
	}
	limit := max(4, largest/400)
	return m.of(slices.DeleteFunc(all, func(r region) bool { return len(r.pixels) < limit })...)
}

// strokeWidth estimates the width of the strokes: twice the mean distance to the
// outside, over a stroke's cross-section a quarter of its width.
func (m mask) strokeWidth() float32 {
	d := m.padded(1).not().distance()
	var sum, n float32
	for _, v := range d.v {
		if v > 0 {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return max(1, 4*sum/n-2)
}

// silhouettes returns the shapes that the ink may stand for, the likeliest
// first: gaps closed and the outline filled.
func (d drawing) silhouettes() []mask {
	box := d.ink.bounds()
	longest := float32(max(box.Dx(), box.Dy()))
	area := d.ink.count()
	solid := d.ink.filled()
	best := solid
	thick := d.ink.open(max(2, longest/14)).count()*5 > area*2
	if !thick {
		best = d.closed(solid, longest)
	}
	out := []mask{best}
	if body, ok := d.withoutLoops(best); ok {
		out = append(out, body)
	}
	return out
}

// closed returns the silhouette of an outline that may have gaps: solid if the
// outline is whole, else with the smallest gaps closed that make it so.
func (d drawing) closed(solid mask, longest float32) mask {
	widest := d.ink.close(.05 * longest).filled()
	box := d.ink.bounds()
	if n := solid.count(); n*10 >= widest.count()*7 && n*10 > box.Dx()*box.Dy()*4 {
		return solid // nothing much is gained by closing gaps
	}
	candidates := []mask{solid}
	for _, gap := range []float32{.015, .03} {
		candidates = append(candidates, d.ink.close(gap*longest).filled())
	}
	candidates = append(candidates, widest, d.ink.or(d.links(longest)).filled())
	most := 0
	for _, c := range candidates {
		most = max(most, c.count())
	}
	if float64(most) < 1.35*float64(d.ink.count())+.04*float64(box.Dx()*box.Dy()) {
		// Nothing is enclosed; take what the lines surround.
		if c := d.ink.close(.05 * longest).surrounded(); c.count() > most {
			return c
		}
	}
	for _, c := range candidates {
		if c.count()*10 >= most*7 {
			return c
		}
	}
	return solid
}

// withoutLoops leaves the smaller enclosed areas at the top open, as the loop of
// a bag's handle is; ok tells whether there are any.
func (d drawing) withoutLoops(silhouette mask) (body mask, ok bool) {
	holes := silhouette.and(d.ink.not()).regions()
	if len(holes) < 2 {
		return body, false
	}
	main := slices.MaxFunc(holes, func(a, b region) int { return len(a.pixels) - len(b.pixels) })
	mainBox := main.bounds(d.ink.w)
	var open []region
	for _, h := range holes {
		box := h.bounds(d.ink.w)
		if len(h.pixels)*100 > len(main.pixels) && (box.Max.Y <= mainBox.Min.Y+mainBox.Dy()/4) && len(h.pixels)*2 < len(main.pixels)*3 && box.Min.Y < mainBox.Min.Y {
			open = append(open, h)
		}
	}
	if len(open) == 0 {
		return body, false
	}
	return silhouette.and(d.ink.of(open...).not()), true
}

// surrounded returns the pixels from which the marked area is met in each of the
// four directions.
func (m mask) surrounded() mask {
	hits := make([]uint8, len(m.on))
	sweep := func(start, step, n int) {
		met := false
		for i, k := start, 0; k < n; i, k = i+step, k+1 {
			met = met || m.on[i]
			if met {
				hits[i]++
			}
		}
	}
	for y := range m.h {
		sweep(y*m.w, 1, m.w)
		sweep(y*m.w+m.w-1, -1, m.w)
	}
	for x := range m.w {
		sweep(x, m.w, m.h)
		sweep((m.h-1)*m.w+x, -m.w, m.h)
	}
	return where(m.w, m.h, func(i int) bool { return hits[i] == 4 })
}

// links returns lines that join the loose ends of the strokes in pairs, nearest
// ends first, over at most half of longest.
func (d drawing) links(longest float32) mask {
	ends := d.ink.looseEnds()
	type pair struct {
		a, b   int
		length float64
	}
	var pairs []pair
	for a := range ends {
		for b := range a {
			if l := math.Hypot(float64(ends[a].X-ends[b].X), float64(ends[a].Y-ends[b].Y)); l <= float64(longest)/2 {
				pairs = append(pairs, pair{a, b, l})
			}
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return int(p.length*16) - int(q.length*16) })
	out := newMask(d.ink.w, d.ink.h)
	used := make([]bool, len(ends))
	for _, p := range pairs {
		if used[p.a] || used[p.b] {
			continue
		}
		used[p.a], used[p.b] = true, true
		out.line(ends[p.a], ends[p.b])
	}
	return out
}

// line marks the 4-connected line from a to b.
func (m mask) line(a, b image.Point) {
	steps := 2 * max(1, abs2(b.X-a.X)+abs2(b.Y-a.Y))
	for i := range steps + 1 {
		x := a.X + (b.X-a.X)*i/steps
		y := a.Y + (b.Y-a.Y)*i/steps
		m.on[y*m.w+x] = true
		m.on[y*m.w+min(x+1, m.w-1)] = true
	}
}

func abs2(v int) int { return max(v, -v) }

// looseEnds returns where the centre lines of the strokes end.
func (m mask) looseEnds() []image.Point {
	thin := m.thinned()
	var out []image.Point
	for y := 1; y < m.h-1; y++ {
		for x := 1; x < m.w-1; x++ {
			if !thin.on[y*m.w+x] {
				continue
			}
			neighbours := 0
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if (dx != 0 || dy != 0) && thin.on[(y+dy)*m.w+x+dx] {
						neighbours++
					}
				}
			}
			if neighbours == 1 {
				out = append(out, image.Pt(x, y))
			}
		}
	}
	return out
}

// thinned reduces strokes to lines one pixel wide (Zhang and Suen, "A fast
// parallel algorithm for thinning digital patterns", CACM 27, 1984).
func (m mask) thinned() mask {
	out := m.padded(1)
	w := out.w
	around := [8]int{-w, -w + 1, 1, w + 1, w, w - 1, -1, -w - 1}
	var active []int
	for i, on := range out.on {
		if on {
			active = append(active, i)
		}
	}
	var remove []int
	for changed := true; changed; {
		changed = false
		for pass := range 2 {
			remove = remove[:0]
			for _, i := range active {
				if !out.on[i] {
					continue
				}
				var n [8]bool
				count, turns := 0, 0
				for k, o := range around {
					n[k] = out.on[i+o]
					if n[k] {
						count++
					}
				}
				for k := range n {
					if !n[k] && n[(k+1)%8] {
						turns++
					}
				}
				a, b := n[0] && n[2] && n[4], n[2] && n[4] && n[6]
				if pass == 1 {
					a, b = n[0] && n[2] && n[6], n[0] && n[4] && n[6]
				}
				if count >= 2 && count <= 6 && turns == 1 && !a && !b {
					remove = append(remove, i)
				}
			}
			for _, i := range remove {
				out.on[i] = false
			}
			changed = changed || len(remove) > 0
		}
		active = slices.DeleteFunc(active, func(i int) bool { return !out.on[i] })
	}
	return out.cropped(1)
}

// Tones of a filled drawing, 0 … 255 on the negated scale.
const (
	clothTone = 165 // what was paper inside the outline
	seamDepth = 55  // how much darker a line inside is
)

// layers are the parts of a drawing that are painted differently.
type layers struct {
	silhouette mask
	solid      mask      // filled areas, which keep their own tones
	seams      mask      // lines inside
	straps     mask      // strokes outside the silhouette
	edge       []float32 // how much of the cloth's tone is left where it turns away
}

// layers takes the drawing apart, given its silhouette.
func (d drawing) layers(p *picture, silhouette mask) layers {
	box := silhouette.or(d.ink).bounds()
	longest := float32(max(box.Dx(), box.Dy()))
	l := layers{silhouette: silhouette, solid: d.solid(p, longest), edge: make([]float32, len(silhouette.on))}
	depth := silhouette.inside()
	// A thin line must come out at least a pixel wide.
	widening := max(0, longest/28*.5-d.stroke/2)
	l.straps = d.ink.and(silhouette.not()).dilate(widening + longest/280)
	l.seams = where(d.ink.w, d.ink.h, func(i int) bool {
		return d.ink.on[i] && !l.solid.on[i] && silhouette.on[i] && depth.v[i] > d.stroke+1
	}).dilate(widening)
	for i, on := range silhouette.on {
		if on {
			// Cloth turns away from the light towards its edges.
			l.edge[i] = 1 - .18*exp(-depth.v[i]/(.05*longest+1))
		}
	}
	return l
}

// inside returns for every marked pixel how far it is from the unmarked ones;
// beyond the picture everything counts as unmarked.
func (m mask) inside() plane {
	around := m.padded(1).not().distance()
	out := newPlane(m.w, m.h)
	for y := range m.h {
		copy(out.v[y*m.w:(y+1)*m.w], around.v[(y+1)*around.w+1:])
	}
	return out
}

// shade paints the layers like cloth: paper inside takes the given tone, filled
// areas keep their own tones within the range of real cloth, lines inside become
// seams, and strokes outside the silhouette stay as straps.
func (d drawing) shade(p *picture, l layers, cloth float32) plane {
	tone := newPlane(p.w, p.h)
	for i := range tone.v {
		switch {
		case l.silhouette.on[i]:
			t := cloth
			if l.solid.on[i] {
				t = 255 - p.grey.v[i]
				if d.chalk {
					t = p.grey.v[i]
				}
				t = 80 + t*.55
			}
			if l.seams.on[i] {
				t -= seamDepth
			}
			tone.v[i] = t * l.edge[i]
		case l.straps.on[i]:
			tone.v[i] = cloth
		}
	}
	return tone
}

// solid returns the areas of ink that are no strokes but filled.
func (d drawing) solid(p *picture, longest float32) mask {
	radius := min(max(d.stroke, longest/28), longest/9)
	core := d.ink.erode(radius)
	least := d.ink.bounds()
	var large []region
	for _, r := range core.regions() {
		if len(r.pixels)*400 > least.Dx()*least.Dy() {
			large = append(large, r)
		}
	}
	if len(large) == 0 {
		return core.of()
	}
	// Grow back to where the ink ends, following it into sleeves and legs.
	grown := core.of(large...)
	wide := d.ink.open(max(1.5, d.stroke*.3))
	for {
		next := grown.dilate(radius + 2).and(wide.or(grown))
		if next.count()-grown.count() < 8 {
			grown = next.dilate(2).and(d.ink)
			break
		}
		grown = next
	}
	// Ends that are as thin as strokes but of the same colour, such as cuffs,
	// belong to it.
	tone := quantile(p.grey, grown, .5)
	alike := where(d.ink.w, d.ink.h, func(i int) bool { return d.ink.on[i] && (grown.on[i] || abs(p.grey.v[i]-tone) < 24) })
	var joined []region
	for _, r := range alike.regions() {
		if slices.ContainsFunc(r.pixels, func(i int) bool { return grown.on[i] }) {
			joined = append(joined, r)
		}
	}
	return alike.of(joined...)
}

func exp(v float32) float32 { return float32(math.Exp(float64(v))) }

// rim returns the values along the edge of the plane.
func rim(p plane) []float32 {
	var out []float32
	for x := range p.w {
		out = append(out, p.at(x, 0), p.at(x, p.h-1))
	}
	for y := range p.h {
		out = append(out, p.at(0, y), p.at(p.w-1, y))
	}
	return out
}

func median(v []float32) float32 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// otsu returns the threshold that best divides values of 0 … 1 into two groups
// (Otsu, "A threshold selection method from gray-level histograms", 1979).
func otsu(values []float32) float32 {
	const bins = 64
	var histogram [bins]float64
	for _, v := range values {
		histogram[min(max(int(v*bins), 0), bins-1)]++
	}
	var total, sum float64
	for b, n := range histogram {
		total += n
		sum += n * float64(b)
	}
	var below, belowSum, bestSpread float64
	best := 0
	for b, n := range histogram {
		below += n
		belowSum += n * float64(b)
		if below == 0 || below == total {
			continue
		}
		gap := belowSum/below - (sum-belowSum)/(total-below)
		if spread := below * (total - below) * gap * gap; spread > bestSpread {
			best, bestSpread = b, spread
		}
	}
	return float32(best+1) / bins
}
