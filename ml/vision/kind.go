package vision

// kind decides whether the picture is a drawing or a photograph.
func (p *picture) kind() (Kind, string) {
	if p.opaque.on != nil {
		if ink := p.drawing(); ink.lineArt(p) {
			return Sketch, "It is made of lines on an empty ground."
		}
		return Photo, "Its ground is transparent."
	}
	g := p.ground()
	if !g.plain {
		return Photo, "Its background is not plain, as that of a drawing would be."
	}
	d := p.drawing()
	if d.ink.count() < max(12, p.w*p.h/2500) {
		return Sketch, "It is empty."
	}
	if d.lineArt(p) {
		return Sketch, "It is made of lines on plain paper."
	}
	if p.flat(d) {
		return Sketch, "It is made of flat areas on plain paper."
	}
	return Photo, "It shows tones as a photograph does, on a plain background."
}

// lineArt reports whether the ink is lines: mostly thin, and with much of what
// they enclose as clean as the paper.
func (d drawing) lineArt(p *picture) bool {
	area := d.ink.count()
	if area == 0 {
		return true
	}
	box := d.ink.bounds()
	longest := float32(max(box.Dx(), box.Dy()))
	thick := d.ink.open(max(2, longest/12)).count()
	if thick*3 > area {
		return false
	}
	// Strokes are clearly darker than the paper; the folds and edges of a pale
	// garment are not.
	var strong int
	for i, on := range d.ink.on {
		if on && d.depth.v[i] > .35 {
			strong++
		}
	}
	if strong*3 < area {
		return false
	}
	// Between the strokes there is bare paper.
	inside := d.ink.dilate(1.5).filled().and(d.ink.dilate(2).not())
	bare, all := 0, 0
	for i, on := range inside.on {
		if on {
			all++
			if d.depth.v[i] < .05 {
				bare++
			}
		}
	}
	return all == 0 || bare*10 > all*6
}

// flat reports whether the ink consists of a few even colours, as a brush or
// fill tool leaves them.
func (p *picture) flat(d drawing) bool {
	histogram := map[int]int{}
	n := 0
	inner := d.ink.erode(1.5)
	for i, on := range inner.on {
		if on {
			histogram[int(p.r.v[i])>>4<<8|int(p.g.v[i])>>4<<4|int(p.b.v[i])>>4]++
			n++
		}
	}
	if n == 0 {
		return false
	}
	first, second, third := 0, 0, 0
	for _, count := range histogram {
		switch {
		case count > first:
			first, second, third = count, first, second
		case count > second:
			second, third = count, second
		case count > third:
			third = count
		}
	}
	return (first+second+third)*100 > n*85
}
