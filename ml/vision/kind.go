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
	if g.likePaper() && d.lineArt(p) && (!g.grainy() || d.ink.count()*100 < p.w*p.h*18) {
		return Sketch, "It is made of lines on plain paper."
	}
	if !g.grainy() && p.flat(d) {
		return Sketch, "It is made of flat areas on plain paper."
	}
	return Photo, "It shows tones as a photograph does, on a plain background."
}

// grainy reports whether the background varies as it does before a camera.
func (g ground) grainy() bool { return g.noise > 1 }

// likePaper reports whether the background may be a sheet or a board: of one
// colour, or photographed and then neither as rough as cloth or wood nor of a
// strong light colour.
func (g ground) likePaper() bool {
	red, green, blue := g.coef[0][0], g.coef[1][0], g.coef[2][0]
	strong := max(red, green, blue)-min(red, green, blue) > 60
	return !g.grainy() || g.noise < 5.5 && !strong
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
	// Strokes are clearly darker than the paper; the folds and edges of a pale
	// garment are not. The lines of a fine pen on a large page may come out pale,
	// too, but around them there is not a speck of tone.
	strong, spots, around := 0, 0, 0
	near := d.ink.dilate(2)
	for i, on := range d.ink.on {
		if on && d.depth.v[i] > .35 {
			strong++
		}
		if !near.on[i] {
			around++
			if d.depth.v[i] > .01 {
				spots++
			}
		}
	}
	if strong*3 < area && spots*50 > around {
		return false
	}
	return all == 0 || bare*10 > all*6
}

// flat reports whether the ink consists of a few even colours, as a brush or
// fill tool leaves them. Plain cloth has few colours, too, but folds in them.
func (p *picture) flat(d drawing) bool {
	histogram := map[int]int{}
	n, even := 0, 0
	inner := d.ink.erode(1.5)
	for i, on := range inner.on {
		if on {
			histogram[int(p.r.v[i])>>4<<8|int(p.g.v[i])>>4<<4|int(p.b.v[i])>>4]++
			n++
			if j := min(i+1, len(inner.on)-1); max(abs(p.r.v[i]-p.r.v[j]), abs(p.g.v[i]-p.g.v[j]), abs(p.b.v[i]-p.b.v[j])) <= 1 {
				even++
			}
		}
	}
	if n == 0 || even*10 < n*7 {
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
