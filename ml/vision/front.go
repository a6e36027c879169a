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
