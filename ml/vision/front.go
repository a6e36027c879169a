package vision

// A Front tells what a drawing of a garment shows in its middle, by which people
// tell a shirt or a coat, which open there, from a T-shirt or a pullover.
type Front int

// The fronts of drawn garments.
const (
	FrontUnknown Front = iota // filled or hatched, or no drawing
	FrontPlain                // nothing that opens
	FrontOpen                 // a line from top to bottom, or a row of buttons
)

// Where the line or the buttons of a front are looked for, and what counts, as
// shares of the garment's width or height.
const (
	frontTop, frontBottom = .25, .93
	frontMiddle           = .16 // how far from the middle
	frontBand             = .09 // width of the band that a line stays in
	frontLine             = .5  // least share of the rows that it crosses
	frontButtons          = 3   // least number of small marks above each other
	frontHatching         = .35 // most share of what lies inside the outline that is ink
)

// front tells what the lines inside the silhouette show in its middle.
func (d drawing) front(l layers) Front {
	box := l.silhouette.bounds()
	w, h := float32(box.Dx()), float32(box.Dy())
	deep := l.silhouette.inside()
	inner, inked := 0, 0
	for i, v := range deep.v {
		if v > d.stroke+1 {
			inner++
			if d.ink.on[i] {
				inked++
			}
		}
	}
	if l.solid.count()*4 > l.silhouette.count() || float32(inked) > frontHatching*float32(inner) {
		return FrontUnknown
	}
	middle := float32(box.Min.X) + w/2
	top, bottom := box.Min.Y+int(frontTop*h), box.Min.Y+int(frontBottom*h)
	band := max(3, int(frontBand*w))
	for left := int(middle - frontMiddle*w); left+band <= int(middle+frontMiddle*w)+1; left++ {
		crossed := 0
		for y := top; y < bottom; y++ {
			for x := left; x < left+band; x++ {
				if i := y*d.ink.w + x; d.ink.on[i] && deep.v[i] > d.stroke+1 {
					crossed++
					break
				}
			}
		}
		if float32(crossed) >= frontLine*float32(bottom-top) {
			return FrontOpen
		}
	}
	buttons := 0
	for _, mark := range d.marks(l.silhouette) {
		b := mark.bounds(d.ink.w)
		x, y := float32(b.Min.X+b.Max.X)/2, (b.Min.Y+b.Max.Y)/2
		if max(float32(b.Dx()), float32(b.Dy())) < .12*w && abs(x-middle) < frontMiddle*w && y >= box.Min.Y+int(.15*h) {
			buttons++
		}
	}
	if buttons >= frontButtons {
		return FrontOpen
	}
	return FrontPlain
}

// Where a photographed front that opens is looked for, as shares of the
// garment's width or height, and how much it tells.
const (
	seamTop, seamBottom = .22, .92
	seamMiddle          = .12 // how far from the middle
	seamBand            = .035
	seamStrong          = .85 // share of a row's brightness steps that are weaker than a seam's
	seamEven            = .8  // share of the rows at which garments that open are as usual as others
	seamOdds            = 6   // how much the logarithm of the odds grows with the share of the rows
	seamMissing         = 1   // how much it falls at most: a blurred picture shows no seams
)

// opens tells by the lines down the middle of a photographed garment how much
// likelier it is one that opens there: the logarithm of the odds, 0 where nothing
// is known.
func (p *picture) opens(keep mask) float64 {
	left, right, ok := keep.body()
	if !ok {
		return 0
	}
	box := keep.bounds()
	width, middle := float32(right-left), float32(left+right)/2
	inner := keep.erode(width / 12)
	top, bottom := box.Min.Y+int(seamTop*float64(box.Dy())), box.Min.Y+int(seamBottom*float64(box.Dy()))
	var rows []int
	strong := newMask(p.w, p.h)
	steps := make([]float32, p.w)
	for y := top; y < bottom; y++ {
		inside := steps[:0]
		var columns []int
		for x := left; x <= right; x++ {
			if !inner.on[y*p.w+x] {
				continue
			}
			// A seam goes on downwards, unlike the grain of cloth.
			var step float32
			for dy := -2; dy <= 2; dy++ {
				step += p.grey.clamped(x+1, y+dy) - p.grey.clamped(x-1, y+dy)
			}
			inside, columns = append(inside, abs(step/5)), append(columns, x)
		}
		if len(inside) < 10 {
			continue
		}
		rows = append(rows, y)
		least := max(3, quantileOf(inside, seamStrong))
		for k, step := range inside {
			strong.on[y*p.w+columns[k]] = step >= least
		}
	}
	if len(rows) < 10 {
		return 0
	}
	band := max(1, seamBand*width)
	most := 0
	for offset := -seamMiddle * width; offset <= seamMiddle*width; offset += max(1, seamMiddle*width/4) {
		crossed := 0
		for _, y := range rows {
			for x := int(middle + offset - band); x <= int(middle+offset+band); x++ {
				if x >= 0 && x < p.w && strong.on[y*p.w+x] {
					crossed++
					break
				}
			}
		}
		most = max(most, crossed)
	}
	return max(seamOdds*(float64(most)/float64(len(rows))-seamEven), -seamMissing)
}
