package vision

import (
	"math"
	"slices"
)

// ground is a model of the background, learned from the rim of the picture: for
// each channel a plane over the picture.
type ground struct {
	plain bool          // whether most of the rim fits the model
	noise float32       // typical deviation of the rim from the model
	coef  [3][3]float32 // channel: constant, per column, per row
}

// ground returns the model of the background.
func (p *picture) ground() ground {
	if p.behind == nil {
		g := fitGround(p)
		p.behind = &g
	}
	return *p.behind
}

// fitGround fits the background by least squares to the rim, leaving out in each
// round what fits badly: the garment may reach the edge.
func fitGround(p *picture) ground {
	width := max(1, max(p.w, p.h)/40)
	var rim []int
	for y := range p.h {
		for x := range p.w {
			if x < width || y < width || x >= p.w-width || y >= p.h-width {
				rim = append(rim, y*p.w+x)
			}
		}
	}
	channels := [3]plane{p.r, p.g, p.b}
	var g ground
	for c := range channels {
		values := make([]float32, len(rim))
		for k, i := range rim {
			values[k] = channels[c].v[i]
		}
		g.coef[c] = [3]float32{median(values), 0, 0}
	}
	inliers := rim
	limit := float32(45)
	for range 4 {
		next := make([]int, 0, len(rim))
		for _, i := range rim {
			if g.distance(p, i) < limit {
				next = append(next, i)
			}
		}
		if len(next) < len(rim)/3 {
			break
		}
		inliers = next
		for c := range channels {
			g.coef[c] = fitPlane(channels[c], inliers)
		}
		limit = max(14, limit*.6)
	}
	var distances []float32
	for _, i := range inliers {
		distances = append(distances, g.distance(p, i))
	}
	if len(distances) > 0 {
		g.noise = median(distances)
	}
	fits := 0
	for _, i := range rim {
		if g.distance(p, i) < max(14, 4*g.noise) {
			fits++
		}
	}
	g.plain = fits*100 > len(rim)*72 && g.noise < 9
	return g
}

// fitPlane returns constant, column and row terms of the least-squares plane
// through the given pixels.
func fitPlane(v plane, pixels []int) [3]float32 {
	var n, sx, sy, sxx, sxy, syy, sv, sxv, syv float64
	for _, i := range pixels {
		x, y, z := float64(i%v.w), float64(i/v.w), float64(v.v[i])
		n++
		sx, sy, sxx, sxy, syy = sx+x, sy+y, sxx+x*x, sxy+x*y, syy+y*y
		sv, sxv, syv = sv+z, sxv+x*z, syv+y*z
	}
	// Cramer's rule on the normal equations.
	det := func(a, b, c, d, e, f, g, h, i float64) float64 { return a*(e*i-f*h) - b*(d*i-f*g) + c*(d*h-e*g) }
	base := det(n, sx, sy, sx, sxx, sxy, sy, sxy, syy)
	if math.Abs(base) < 1e-6*n*n*n {
		return [3]float32{float32(sv / max(n, 1)), 0, 0}
	}
	return [3]float32{
		float32(det(sv, sx, sy, sxv, sxx, sxy, syv, sxy, syy) / base),
		float32(det(n, sv, sy, sx, sxv, sxy, sy, syv, syy) / base),
		float32(det(n, sx, sv, sx, sxx, sxv, sy, sxy, syv) / base),
	}
}

// distance returns how far pixel i is from the background, 0 … 255.
func (g ground) distance(p *picture, i int) float32 {
	x, y := float32(i%p.w), float32(i/p.w)
	at := func(c int) float32 { return g.coef[c][0] + g.coef[c][1]*x + g.coef[c][2]*y }
	return max(abs(p.r.v[i]-at(0)), abs(p.g.v[i]-at(1)), abs(p.b.v[i]-at(2)))
}

// shadow reports whether pixel i looks like the background in the shade: darker
// by not too much, and of the same colour.
func (g ground) shadow(p *picture, i int) bool {
	x, y := float32(i%p.w), float32(i/p.w)
	at := func(c int) float32 { return max(g.coef[c][0]+g.coef[c][1]*x+g.coef[c][2]*y, 1) }
	r, gr, b := p.r.v[i]/at(0), p.g.v[i]/at(1), p.b.v[i]/at(2)
	low, high := min(r, gr, b), max(r, gr, b)
	return high < 1 && low > .72 && high-low < .05
}

// cutout returns the pixels of the garment; found is false when there is nothing
// but background.
func (p *picture) cutout() (keep mask, found bool) {
	if p.opaque.on != nil {
		return p.opaque.garment(p.w * p.h / 500)
	}
	if spread(p.grey.v) < 4 && spread(p.r.v) < 5 && spread(p.b.v) < 5 {
		return mask{}, false
	}
	if g := p.ground(); g.plain {
		if keep, ok := p.offGround(g); ok {
			if !g.grainy() {
				return keep, true
			}
			// Cloth and walls are lit unevenly, which a plane does not follow.
			belief := keep.plane()
			if p.coarse() != p {
				belief = belief.halved()
			}
			belief = belief.blur(1)
			for i, v := range belief.v {
				belief.v[i] = .08 + .84*v/255
			}
			if finer, ok := p.refined(belief); ok {
				return finer, true
			}
			return keep, true
		}
	}
	if keep, ok := p.segmented(); ok {
		return keep, true
	}
	all := newMask(p.w, p.h)
	for i := range all.on {
		all.on[i] = true
	}
	return all, true
}

// offGround returns what differs from a plain background: pixels that clearly
// do, and those joined to them that do a little.
func (p *picture) offGround(g ground) (mask, bool) {
	weak := max(9, 3.5*g.noise)
	strong := max(26, 6*g.noise)
	distance := newPlane(p.w, p.h)
	for i := range distance.v {
		distance.v[i] = g.distance(p, i)
	}
	distance = distance.blur(1)
	candidate := where(p.w, p.h, func(i int) bool {
		// A shadow has no sharp edge; that of a grey garment is sharp.
		return distance.v[i] > weak && !(g.shadow(p, i) && distance.v[i] < 70 && p.gradient(i) < 6)
	})
	var parts []region
	for _, r := range candidate.regions() {
		hits := 0
		for _, i := range r.pixels {
			if distance.v[i] > strong {
				hits++
			}
		}
		if hits*12 > len(r.pixels) && len(r.pixels) > 6 {
			parts = append(parts, r)
		}
	}
	found := candidate.of(parts...)
	longest := float32(max(p.w, p.h))
	found = found.close(longest / 90).filled()
	return found.garment(p.w * p.h / 400)
}

// gradient returns how steeply the grey values change at pixel i.
func (p *picture) gradient(i int) float32 {
	x, y := i%p.w, i/p.w
	dx := p.grey.clamped(x+1, y) - p.grey.clamped(x-1, y)
	dy := p.grey.clamped(x, y+1) - p.grey.clamped(x, y-1)
	return max(abs(dx), abs(dy))
}

// garment keeps the largest part and those that belong to it: a second shoe, a
// loose belt. Parts below least pixels are dropped.
func (m mask) garment(least int) (mask, bool) {
	parts := m.regions()
	if len(parts) == 0 {
		return mask{}, false
	}
	largest := slices.MaxFunc(parts, func(a, b region) int { return int(m.weight(a) - m.weight(b)) })
	if len(largest.pixels) < least {
		return mask{}, false
	}
	var kept []region
	for _, r := range parts {
		if len(r.pixels)*4 >= len(largest.pixels) && !r.touchesRim || &r.pixels[0] == &largest.pixels[0] {
			kept = append(kept, r)
		}
	}
	return m.of(kept...), true
}

// weight is a region's size, counting what lies in the middle of the picture
// more.
func (m mask) weight(r region) float64 {
	sum := 0.0
	for _, i := range r.pixels {
		x := float64(i%m.w)/float64(m.w) - .5
		y := float64(i/m.w)/float64(m.h) - .5
		sum += 1.2 - 2*(x*x+y*y)
	}
	return sum
}

// segmented finds the garment before an uneven background. A first guess comes
// from how strongly a pixel is cut off from the rim and how near the middle it
// is; the guess is then refined.
func (p *picture) segmented() (mask, bool) {
	small := p.coarse()
	saliency := small.barrier()
	top := quantileOf(saliency.v, .98)
	if top < 4 {
		return mask{}, false
	}
	belief := newPlane(small.w, small.h)
	for i, v := range saliency.v {
		x := float64(i%small.w)/float64(small.w) - .5
		y := float64(i/small.w)/float64(small.h) - .5
		centre := float32(math.Exp(-(x*x + y*y) / .12))
		belief.v[i] = min(1, v/top) * (.35 + .65*centre)
	}
	threshold := otsu(belief.v)
	for i, v := range belief.v {
		belief.v[i] = 1 / (1 + exp(-8*(v-threshold)))
	}
	return p.refined(belief)
}

// coarse returns the picture at a size that is enough for 28×28 pixels, and four
// times as fast to work on.
func (p *picture) coarse() *picture {
	if max(p.w, p.h) <= workingEdge/2 {
		return p
	}
	if p.half == nil {
		p.half = p.halved()
	}
	return p.half
}

// refined finds the garment, given a first belief that each pixel of the coarse
// picture is garment, in the manner of GrabCut (Rother, Kolmogorov and Blake
// 2004): colour models of garment and background, and the cheapest cut between
// the two, in turns. After two turns little changes.
func (p *picture) refined(belief plane) (mask, bool) {
	full := p
	p = p.coarse()
	cutter := newCutter(p.links())
	var found mask
	for range 2 {
		found = cutter.cut(p.odds(belief))
		belief = found.plane().blur(2)
		for i, v := range belief.v {
			belief.v[i] = .04 + .92*v/255
		}
	}
	share := found.plane()
	for i := range share.v {
		share.v[i] /= 255
	}
	longest := float32(max(full.w, full.h))
	smooth := guided(p.grey, full.grey, share, int(longest/120)+1, 60)
	m := where(full.w, full.h, func(i int) bool { return smooth.v[i] > .5 })
	m = m.open(longest / 110).close(longest / 60).filled()
	keep, ok := m.garment(full.w * full.h / 50)
	if !ok || keep.count()*100 > full.w*full.h*96 {
		return mask{}, false
	}
	return keep, true
}

// odds returns the logarithm of how much likelier each pixel is garment than
// background, by its colour and its place.
func (p *picture) odds(belief plane) plane {
	bins := p.colourBins()
	front, back := newHistogram(), newHistogram()
	for i, b := range bins {
		front.add(b, belief.v[i])
		back.add(b, 1-belief.v[i])
	}
	front.blur()
	back.blur()
	var colour [len(front.counts)]float32
	for bin := range colour {
		colour[bin] = min(max(ln(front.share(bin)/back.share(bin)), -4), 4)
	}
	out := newPlane(p.w, p.h)
	for i, bin := range bins {
		x := float32(i%p.w)/float32(p.w)*2 - 1
		y := float32(i/p.w)/float32(p.h)*2 - 1
		out.v[i] = colour[bin] + centreOdds - edgeOdds*(x*x*x*x+y*y*y*y)
	}
	return out
}

// How much a pixel's place counts, and how much parting two like pixels costs.
const (
	centreOdds = .6
	edgeOdds   = 1.6
	linkCost   = 6
)

// links returns what it costs to part neighbouring pixels: much where they are
// alike, little at an edge.
func (p *picture) links() links {
	difference := func(a, b int) float32 {
		r, g, bl := p.r.v[a]-p.r.v[b], p.g.v[a]-p.g.v[b], p.b.v[a]-p.b.v[b]
		return r*r + g*g + bl*bl
	}
	var sum float32
	for i := range len(p.grey.v) - 1 {
		sum += difference(i, i+1)
	}
	scale := 1 / (2*sum/float32(max(1, len(p.grey.v)-1)) + 1)
	return newLinks(p.w, p.h, func(a, b int, steps float32) float32 {
		return linkCost * exp(-difference(a, b)*scale) / steps
	})
}

// A histogram counts colours in levels×levels×levels bins.
type histogram struct {
	counts [levels * levels * levels]float32
	total  float32
}

func newHistogram() *histogram { return &histogram{} }

func (h *histogram) add(bin int, weight float32) {
	h.counts[bin] += weight
	h.total += weight
}

// share returns the part of all that lies in a bin, never quite 0.
func (h *histogram) share(bin int) float32 { return (h.counts[bin] + .2) / (h.total + 60) }

// colours counts the colours inside a mask and outside, given each pixel's bin.
func (m mask) colours(bins []int) (inside, outside *histogram) {
	inside, outside = newHistogram(), newHistogram()
	for i, bin := range bins {
		if m.on[i] {
			inside.add(bin, 1)
		} else {
			outside.add(bin, 1)
		}
	}
	inside.blur()
	outside.blur()
	return inside, outside
}

// blur spreads each bin over its neighbours, as likely colours are likely in
// other light, too.
func (h *histogram) blur() {
	for _, step := range []int{1, levels, levels * levels} {
		old := h.counts
		for i, v := range old {
			level := i / step % levels
			h.counts[i] = v / 2
			if level > 0 {
				h.counts[i] += old[i-step] / 4
			}
			if level < levels-1 {
				h.counts[i] += old[i+step] / 4
			}
		}
	}
}

// barrier returns for every pixel the minimum barrier distance to the rim: the
// smallest range of values that a path to the rim must cross, largest over the
// channels (Zhang et al., "Minimum Barrier Salient Object Detection at 80 FPS",
// ICCV 2015, in raster passes).
func (p *picture) barrier() plane {
	out := newPlane(p.w, p.h)
	for _, channel := range []plane{p.r.blur(1), p.g.blur(1), p.b.blur(1)} {
		d, high, low := newPlane(p.w, p.h), newPlane(p.w, p.h), newPlane(p.w, p.h)
		copy(high.v, channel.v)
		copy(low.v, channel.v)
		for y := range p.h {
			for x := range p.w {
				if x > 0 && y > 0 && x < p.w-1 && y < p.h-1 {
					d.v[y*p.w+x] = posInf
				}
			}
		}
		relax := func(i, from int) {
			h, l := max(high.v[from], channel.v[i]), min(low.v[from], channel.v[i])
			if h-l < d.v[i] {
				d.v[i], high.v[i], low.v[i] = h-l, h, l
			}
		}
		for pass := range 3 {
			if pass%2 == 0 {
				for y := 1; y < p.h; y++ {
					for x := 1; x < p.w; x++ {
						relax(y*p.w+x, (y-1)*p.w+x)
						relax(y*p.w+x, y*p.w+x-1)
					}
				}
			} else {
				for y := p.h - 2; y >= 0; y-- {
					for x := p.w - 2; x >= 0; x-- {
						relax(y*p.w+x, (y+1)*p.w+x)
						relax(y*p.w+x, y*p.w+x+1)
					}
				}
			}
		}
		for i, v := range d.v {
			if v < posInf {
				out.v[i] = max(out.v[i], v)
			}
		}
	}
	return out
}

// levels is the number of steps of each channel in a colour histogram.
const levels = 12

// colourBins returns for each pixel the bin of its colour.
func (p *picture) colourBins() []int {
	if p.bins != nil {
		return p.bins
	}
	level := func(v float32) int { return min(max(int(v), 0)*levels/256, levels-1) }
	p.bins = make([]int, p.w*p.h)
	for i := range p.bins {
		p.bins[i] = (level(p.r.v[i])*levels+level(p.g.v[i]))*levels + level(p.b.v[i])
	}
	return p.bins
}

// guided smooths values along the edges of a guide picture and brings them to the
// size of the guide's finer version (He, Sun and Tang, "Guided Image Filtering",
// ECCV 2010; He and Sun, "Fast Guided Filter", 2015). finer may be guide itself.
func guided(guide, finer, values plane, radius int, smoothness float32) plane {
	product := func(a, b plane) plane {
		out := newPlane(a.w, a.h)
		for i := range out.v {
			out.v[i] = a.v[i] * b.v[i]
		}
		return out
	}
	meanG, meanV := guide.blur(radius), values.blur(radius)
	meanGG, meanGV := product(guide, guide).blur(radius), product(guide, values).blur(radius)
	slope, offset := newPlane(guide.w, guide.h), newPlane(guide.w, guide.h)
	for i := range slope.v {
		variance := meanGG.v[i] - meanG.v[i]*meanG.v[i]
		slope.v[i] = (meanGV.v[i] - meanG.v[i]*meanV.v[i]) / (variance + smoothness)
		offset.v[i] = meanV.v[i] - slope.v[i]*meanG.v[i]
	}
	slope, offset = slope.blur(radius), offset.blur(radius)
	if finer.w != guide.w || finer.h != guide.h {
		slope, offset = slope.doubled(finer.w, finer.h), offset.doubled(finer.w, finer.h)
	}
	out := newPlane(finer.w, finer.h)
	for i := range out.v {
		out.v[i] = min(max(slope.v[i]*finer.v[i]+offset.v[i], 0), 1)
	}
	return out
}

// spread returns the standard deviation of values.
func spread(values []float32) float32 {
	var sum, squares float64
	for _, v := range values {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(values))
	return float32(math.Sqrt(max(squares/n-sum/n*sum/n, 0)))
}

// quantile returns the value below which a share of the tones inside keep lies.
func quantile(tone plane, keep mask, share float64) float32 {
	var t tally
	for i, v := range tone.v {
		if keep.on[i] {
			t.add(v)
		}
	}
	return t.quantile(share)
}

// quantileOf returns the value below which a share of the values lies.
func quantileOf(values []float32, share float64) float32 {
	var t tally
	for _, v := range values {
		t.add(v)
	}
	return t.quantile(share)
}

// A tally counts values of 0 … 255 to a quarter of a step.
type tally struct {
	counts [256 * fineness]int
	total  int
}

const fineness = 4

func (t *tally) add(v float32) {
	t.counts[min(max(int(v*fineness), 0), len(t.counts)-1)]++
	t.total++
}

// quantile returns the value below which a share of those counted lies.
func (t *tally) quantile(share float64) float32 {
	left := int(share * float64(t.total))
	for i, n := range t.counts {
		if left -= n; left < 0 {
			return (float32(i) + .5) / fineness
		}
	}
	return 0
}
