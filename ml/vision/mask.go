package vision

import (
	"image"
	"slices"
)

// A mask marks pixels of a w×h picture.
type mask struct {
	w, h int
	on   []bool
}

func newMask(w, h int) mask { return mask{w, h, make([]bool, w*h)} }

// where returns the mask of the pixels for which test is true.
func where(w, h int, test func(i int) bool) mask {
	m := newMask(w, h)
	for i := range m.on {
		m.on[i] = test(i)
	}
	return m
}

func (m mask) count() int {
	n := 0
	for _, on := range m.on {
		if on {
			n++
		}
	}
	return n
}

// bordersOff tells whether a pixel beside, above or below pixel i is not marked.
func (m mask) bordersOff(i int) bool {
	x, y := i%m.w, i/m.w
	return x > 0 && !m.on[i-1] || x < m.w-1 && !m.on[i+1] || y > 0 && !m.on[i-m.w] || y < m.h-1 && !m.on[i+m.w]
}

func (m mask) not() mask      { return where(m.w, m.h, func(i int) bool { return !m.on[i] }) }
func (m mask) or(o mask) mask { return where(m.w, m.h, func(i int) bool { return m.on[i] || o.on[i] }) }

func (m mask) and(o mask) mask {
	return where(m.w, m.h, func(i int) bool { return m.on[i] && o.on[i] })
}

// bounds returns the smallest rectangle around the marked pixels.
func (m mask) bounds() image.Rectangle {
	r := image.Rectangle{Min: image.Pt(m.w, m.h)}
	for y := range m.h {
		row := m.on[y*m.w : (y+1)*m.w]
		first := slices.Index(row, true)
		if first < 0 {
			continue
		}
		last := len(row) - 1
		for !row[last] {
			last--
		}
		r.Min.X, r.Min.Y = min(r.Min.X, first), min(r.Min.Y, y)
		r.Max.X, r.Max.Y = max(r.Max.X, last+1), y+1
	}
	if r.Max.X == 0 {
		return image.Rectangle{}
	}
	return r
}

// distance returns for every pixel the Euclidean distance, in pixels, to the
// nearest marked one. Without any marked pixel all distances are larger than the
// picture.
func (m mask) distance() plane {
	d := m.squaredDistance()
	for i, v := range d.v {
		d.v[i] = sqrt(v)
	}
	return d
}

// squaredDistance returns the squares of the distances: the two-pass transform of
// Felzenszwalb and Huttenlocher (Theory of Computing 8, 2012), of which the first
// pass, along the columns of a mask, needs counting only.
func (m mask) squaredDistance() plane {
	none := float32(m.w + m.h) // more than any distance along a column
	d := newPlane(m.w, m.h)
	for y := range m.h {
		row, above := d.v[y*m.w:(y+1)*m.w], d.v[max(y-1, 0)*m.w:]
		for x, on := range m.on[y*m.w : (y+1)*m.w] {
			switch {
			case on:
				row[x] = 0
			case y == 0:
				row[x] = none
			default:
				row[x] = above[x] + 1
			}
		}
	}
	for y := m.h - 2; y >= 0; y-- {
		row := d.v[y*m.w : (y+1)*m.w]
		for x, below := range d.v[(y+1)*m.w : (y+2)*m.w] {
			row[x] = min(row[x], below+1)
		}
	}
	far := 4 * none * none
	for i, v := range d.v {
		if v < none {
			d.v[i] = v * v
		} else {
			d.v[i] = far
		}
	}
	d.nearestInRows()
	return d
}

// nearestInRows replaces each row f by its lower envelope of parabolas: min over q
// of (p-q)² + f(q).
func (d plane) nearestInRows() {
	n := d.w
	apex := make([]int, n)
	from := make([]float32, n+1)
	f := make([]float32, n)
	for y := range d.h {
		row := d.v[y*n : (y+1)*n]
		copy(f, row)
		k := 0
		apex[0], from[0], from[1] = 0, negInf, posInf
		for q := 1; q < n; q++ {
			var s float32
			for {
				a := apex[k]
				s = ((f[q] + float32(q*q)) - (f[a] + float32(a*a))) / float32(2*(q-a))
				if s > from[k] {
					break
				}
				k--
			}
			k++
			apex[k], from[k], from[k+1] = q, s, posInf
		}
		k = 0
		for p := range n {
			for from[k+1] < float32(p) {
				k++
			}
			row[p] = float32((p-apex[k])*(p-apex[k])) + f[apex[k]]
		}
	}
}

// dilate grows the marked area by r pixels, erode shrinks it.
func (m mask) dilate(r float32) mask {
	return m.bits().dilated(r).mask()
}

func (m mask) erode(r float32) mask {
	return m.not().bits().dilated(r).mask().not()
}

// bits are a mask whose rows are packed into words, to work on 64 pixels at once.
type bits struct {
	w, h, words int // words a row
	row         []uint64
}

func newBits(w, h int) bits {
	words := (w + 63) / 64
	return bits{w, h, words, make([]uint64, words*h)}
}

func (m mask) bits() bits {
	b := newBits(m.w, m.h)
	for y := range m.h {
		row := b.row[y*b.words:]
		for x, on := range m.on[y*m.w : (y+1)*m.w] {
			if on {
				row[x/64] |= 1 << (x % 64)
			}
		}
	}
	return b
}

func (b bits) mask() mask {
	m := newMask(b.w, b.h)
	for y := range b.h {
		row := b.row[y*b.words:]
		on := m.on[y*b.w : (y+1)*b.w]
		for x := range on {
			on[x] = row[x/64]>>(x%64)&1 == 1
		}
	}
	return m
}

// dilated returns the pixels at most r pixels from a marked one. From the top of
// a disk to its middle its rows become wider, and so do the mask's.
func (b bits) dilated(r float32) bits {
	out := newBits(b.w, b.h)
	wide := newBits(b.w, b.h)
	copy(wide.row, b.row)
	half := 0
	for dy := int(r); dy >= 0; dy-- {
		for float32((half+1)*(half+1)+dy*dy) <= r*r {
			wide.widen()
			half++
		}
		shift := dy * b.words
		for i := range len(out.row) - shift {
			out.row[i] |= wide.row[i+shift]
			out.row[i+shift] |= wide.row[i]
		}
	}
	return out
}

// widen marks the pixels beside marked ones, too. The bits behind a row's last
// pixel, which it marks as well, come from that pixel and tell it nothing new.
func (b bits) widen() {
	for y := range b.h {
		row := b.row[y*b.words : (y+1)*b.words]
		before := uint64(0)
		for k, v := range row {
			after := uint64(0)
			if k+1 < len(row) {
				after = row[k+1]
			}
			row[k] = v | v<<1 | before>>63 | v>>1 | after<<63
			before = v
		}
	}
}

// part returns the mask inside box.
func (m mask) part(box image.Rectangle) mask {
	out := newMask(box.Dx(), box.Dy())
	for y := range out.h {
		copy(out.on[y*out.w:(y+1)*out.w], m.on[(box.Min.Y+y)*m.w+box.Min.X:])
	}
	return out
}

// padded returns the mask with n unmarked pixels on each side, and cropped
// takes n pixels away on each side.
func (m mask) padded(n int) mask {
	out := newMask(m.w+2*n, m.h+2*n)
	for y := range m.h {
		copy(out.on[(y+n)*out.w+n:], m.on[y*m.w:(y+1)*m.w])
	}
	return out
}

func (m mask) cropped(n int) mask { return m.part(image.Rect(n, n, m.w-n, m.h-n)) }

// close joins marked areas that are less than 2r pixels apart, also beside the
// edge of the picture.
func (m mask) close(r float32) mask {
	n := int(r) + 2
	return m.padded(n).dilate(r).erode(r).cropped(n).or(m)
}

// open removes what is thinner than 2r pixels.
func (m mask) open(r float32) mask { return m.erode(r).dilate(r).and(m) }

// A region is a connected part of a mask.
type region struct {
	pixels     []int // indices, in the order they were found
	touchesRim bool  // whether it reaches the edge of the picture
}

// bounds returns the smallest rectangle around a region of a picture w pixels
// wide.
func (r region) bounds(w int) image.Rectangle {
	var out image.Rectangle
	for _, i := range r.pixels {
		out = out.Union(image.Rect(i%w, i/w, i%w+1, i/w+1))
	}
	return out
}

// regions returns the 4-connected parts of the marked area, in reading order of
// their first pixels.
func (m mask) regions() []region {
	seen := make([]bool, len(m.on))
	var out []region
	for start, on := range m.on {
		if !on || seen[start] {
			continue
		}
		seen[start] = true
		r := region{pixels: []int{start}}
		for k := 0; k < len(r.pixels); k++ {
			i := r.pixels[k]
			x, y := i%m.w, i/m.w
			if x == 0 || y == 0 || x == m.w-1 || y == m.h-1 {
				r.touchesRim = true
			}
			visit := func(inside bool, j int) {
				if inside && m.on[j] && !seen[j] {
					seen[j] = true
					r.pixels = append(r.pixels, j)
				}
			}
			visit(x > 0, i-1)
			visit(x < m.w-1, i+1)
			visit(y > 0, i-m.w)
			visit(y < m.h-1, i+m.w)
		}
		out = append(out, r)
	}
	return out
}

// filled returns the mask with its holes filled: whatever cannot be reached from
// the edge of the picture without crossing the marked area.
func (m mask) filled() mask {
	out := newMask(m.w, m.h)
	for i := range out.on {
		out.on[i] = true
	}
	for _, r := range m.padded(1).not().regions() {
		if !r.touchesRim {
			continue
		}
		for _, i := range r.pixels {
			x, y := i%(m.w+2)-1, i/(m.w+2)-1
			if x >= 0 && y >= 0 && x < m.w && y < m.h {
				out.on[y*m.w+x] = false
			}
		}
	}
	return out
}

// of returns the mask of the given regions.
func (m mask) of(regions ...region) mask {
	out := newMask(m.w, m.h)
	for _, r := range regions {
		for _, i := range r.pixels {
			out.on[i] = true
		}
	}
	return out
}
