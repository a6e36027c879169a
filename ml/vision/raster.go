package vision

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// shrink returns img over a transparent ground with its longest edge reduced to
// at most edge pixels, each the mean of up to 4×4 of the pixels it stands for.
func shrink(img image.Image, edge int) *image.RGBA {
	b := img.Bounds()
	sw, sh := b.Dx(), b.Dy()
	dw, dh := fit(sw, sh, edge)
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	if dw == sw && dh == sh {
		readRow := rowReader(img)
		for y := range sh {
			readRow(b.Min.Y+y, dst.Pix[y*dst.Stride:][:4*sw])
		}
		return dst
	}
	if photo, ok := img.(*image.YCbCr); ok {
		shrinkPhoto(photo, dst)
		return dst
	}
	readRow := rowReader(img)
	row := make([]byte, 4*sw)
	sums := make([]uint32, 4*dw)
	colStep := max(1, sw/dw/4)
	for y := range dh {
		y0, y1 := y*sh/dh, (y+1)*sh/dh
		rowStep := max(1, (y1-y0)/4)
		clear(sums)
		rows := uint32(0)
		for sy := y0; sy < y1; sy += rowStep {
			readRow(b.Min.Y+sy, row)
			rows++
			for x := range dw {
				s := sums[4*x : 4*x+4 : 4*x+4]
				for sx := x * sw / dw; sx < (x+1)*sw/dw; sx += colStep {
					p := row[4*sx : 4*sx+4 : 4*sx+4]
					s[0] += uint32(p[0])
					s[1] += uint32(p[1])
					s[2] += uint32(p[2])
					s[3] += uint32(p[3])
				}
			}
		}
		out := dst.Pix[y*dst.Stride:]
		for x := range dw {
			columns := uint32(((x+1)*sw/dw - x*sw/dw + colStep - 1) / colStep)
			n := rows * columns
			o := out[4*x : 4*x+4 : 4*x+4]
			for c := range o {
				o[c] = byte((sums[4*x+c] + n/2) / n)
			}
		}
	}
	return dst
}

// shrinkPhoto is shrink for a photograph as it is stored. The means are taken
// before the colours are changed to RGB, which costs more than all else, and of
// the colour differences there are fewer than of the brightnesses.
func shrinkPhoto(img *image.YCbCr, dst *image.RGBA) {
	b, w, h := img.Bounds(), dst.Rect.Dx(), dst.Rect.Dy()
	luma := samples{img.Y[img.YOffset(b.Min.X, b.Min.Y):], img.YStride, b.Dx(), b.Dy()}.shrunk(w, h)
	first, last := img.COffset(b.Min.X, b.Min.Y), img.COffset(b.Max.X-1, b.Max.Y-1)
	columns, rows := (last-first)%img.CStride+1, (last-first)/img.CStride+1
	cb := samples{img.Cb[first:], img.CStride, columns, rows}.shrunk(w, h)
	cr := samples{img.Cr[first:], img.CStride, columns, rows}.shrunk(w, h)
	for i := range luma {
		o := dst.Pix[4*i : 4*i+4 : 4*i+4]
		o[0], o[1], o[2] = color.YCbCrToRGB(luma[i], cb[i], cr[i])
		o[3] = 255
	}
}

// samples are w×h values of one channel, each row stride after the one before.
type samples struct {
	v            []byte
	stride, w, h int
}

// shrunk returns the samples at w×h, each the mean of up to 4×4 of those it stands
// for, or the one that is nearest where there are too few.
func (s samples) shrunk(w, h int) []byte {
	out := make([]byte, w*h)
	sums := make([]uint32, w)
	from := make([]int, w+1)
	for x := range from {
		from[x] = x * s.w / w
	}
	step := max(1, s.w/w/4)
	for y := range h {
		y0 := y * s.h / h
		y1 := max((y+1)*s.h/h, y0+1)
		rowStep := max(1, (y1-y0)/4)
		clear(sums)
		rows := uint32(0)
		for sy := y0; sy < y1; sy += rowStep {
			row := s.v[sy*s.stride:][:s.w]
			rows++
			for x := range sums {
				sum := uint32(row[from[x]])
				for sx := from[x] + step; sx < from[x+1]; sx += step {
					sum += uint32(row[sx])
				}
				sums[x] += sum
			}
		}
		for x, sum := range sums {
			n := rows * uint32(max(1, (from[x+1]-from[x]+step-1)/step))
			out[y*w+x] = byte((sum + n/2) / n)
		}
	}
	return out
}

// shrinkLines reduces img over white as shrink does, but each pixel is the darkest
// of all those it stands for, or the lightest: lines of a fine pen stay.
func shrinkLines(img image.Image, edge int, lightest bool) *image.RGBA {
	b := img.Bounds()
	sw, sh := b.Dx(), b.Dy()
	dw, dh := fit(sw, sh, edge)
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	readRow := rowReader(img)
	row := make([]byte, 4*sw)
	for y := range dh {
		out := dst.Pix[y*dst.Stride:][:4*dw]
		for sy := y * sh / dh; sy < (y+1)*sh/dh; sy++ {
			readRow(b.Min.Y+sy, row)
			for x := range dw {
				o := out[4*x : 4*x+4 : 4*x+4]
				for sx := x * sw / dw; sx < (x+1)*sw/dw; sx++ {
					p := row[4*sx : 4*sx+4 : 4*sx+4]
					under := 255 - int(p[3])
					r, g, b := int(p[0])+under, int(p[1])+under, int(p[2])+under
					luma := 2*r + 4*g + b
					kept := 2*int(o[0]) + 4*int(o[1]) + int(o[2])
					if o[3] == 0 || lightest && luma > kept || !lightest && luma < kept {
						o[0], o[1], o[2], o[3] = byte(r), byte(g), byte(b), 255
					}
				}
			}
		}
	}
	return dst
}

// fit returns the size of a w×h picture with its longest edge reduced to edge.
func fit(w, h, edge int) (int, int) {
	longest := max(w, h)
	if longest <= edge {
		return w, h
	}
	return max(1, (w*edge+longest/2)/longest), max(1, (h*edge+longest/2)/longest)
}

// rowReader returns a function that writes row y of img as premultiplied RGBA.
func rowReader(img image.Image) func(y int, row []byte) {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.RGBA:
		return func(y int, row []byte) {
			copy(row, m.Pix[m.PixOffset(b.Min.X, y):])
		}
	case *image.Gray:
		return func(y int, row []byte) {
			src := m.Pix[m.PixOffset(b.Min.X, y):]
			for x := range b.Dx() {
				v := src[x]
				row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = v, v, v, 255
			}
		}
	case *image.YCbCr:
		return func(y int, row []byte) {
			for x := range b.Dx() {
				k, c := m.YOffset(b.Min.X+x, y), m.COffset(b.Min.X+x, y)
				px := row[4*x : 4*x+4 : 4*x+4]
				px[0], px[1], px[2] = color.YCbCrToRGB(m.Y[k], m.Cb[c], m.Cr[c])
				px[3] = 255
			}
		}
	}
	line := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	return func(y int, row []byte) {
		draw.Draw(line, line.Rect, img, image.Pt(b.Min.X, y), draw.Src)
		copy(row, line.Pix)
	}
}

// A plane is one channel of a picture: w×h values, usually 0 … 255.
type plane struct {
	w, h int
	v    []float32
}

func newPlane(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

func (p plane) at(x, y int) float32 { return p.v[y*p.w+x] }

// clamped returns the value at (x, y), or at the nearest point inside.
func (p plane) clamped(x, y int) float32 {
	return p.v[min(max(y, 0), p.h-1)*p.w+min(max(x, 0), p.w-1)]
}

// sample interpolates linearly at (x, y) in pixel centres.
func (p plane) sample(x, y float64) float32 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	tx, ty := float32(x-fx), float32(y-fy)
	top := p.clamped(ix, iy)*(1-tx) + p.clamped(ix+1, iy)*tx
	bottom := p.clamped(ix, iy+1)*(1-tx) + p.clamped(ix+1, iy+1)*tx
	return top*(1-ty) + bottom*ty
}

// halved returns the plane at half its size, rounded up; each pixel is the mean
// of up to four.
func (p plane) halved() plane {
	out := newPlane((p.w+1)/2, (p.h+1)/2)
	for y := range out.h {
		for x := range out.w {
			out.v[y*out.w+x] = (p.clamped(2*x, 2*y) + p.clamped(2*x+1, 2*y) + p.clamped(2*x, 2*y+1) + p.clamped(2*x+1, 2*y+1)) / 4
		}
	}
	return out
}

// doubled undoes halved: it returns the plane at w×h, interpolated.
func (p plane) doubled(w, h int) plane {
	// A pixel lies a quarter from the middle of the one it came from, and three
	// quarters from the next.
	neighbours := func(i, n int) (near, next int) {
		near = i / 2
		return near, min(max(near-1+i%2*2, 0), n-1)
	}
	rows := newPlane(p.w, h)
	for y := range h {
		near, next := neighbours(y, p.h)
		a, b := p.v[near*p.w:(near+1)*p.w], p.v[next*p.w:(next+1)*p.w]
		for x, v := range a {
			rows.v[y*p.w+x] = .75*v + .25*b[x]
		}
	}
	out := newPlane(w, h)
	for x := range w {
		near, next := neighbours(x, p.w)
		for y := range h {
			out.v[y*w+x] = .75*rows.v[y*p.w+near] + .25*rows.v[y*p.w+next]
		}
	}
	return out
}

// blur returns the plane averaged over boxes of (2r+1)×(2r+1) pixels, cut at
// the edges of the picture.
func (p plane) blur(r int) plane {
	return p.blurRows(r).blurColumns(r)
}

// blurColumns averages all columns at once, row by row.
func (p plane) blurColumns(r int) plane {
	out := newPlane(p.w, p.h)
	row := func(y int) []float32 { return p.v[y*p.w : (y+1)*p.w] }
	sums := make([]float64, p.w)
	for y := range min(r, p.h) {
		for x, v := range row(y) {
			sums[x] += float64(v)
		}
	}
	for y := range p.h {
		if y+r < p.h {
			for x, v := range row(y + r) {
				sums[x] += float64(v)
			}
		}
		if y-r-1 >= 0 {
			for x, v := range row(y - r - 1) {
				sums[x] -= float64(v)
			}
		}
		n := float64(min(y+r, p.h-1) - max(y-r, 0) + 1)
		for x, sum := range sums {
			out.v[y*p.w+x] = float32(sum / n)
		}
	}
	return out
}

func (p plane) blurRows(r int) plane {
	out := newPlane(p.w, p.h)
	for y := range p.h {
		in, o := p.v[y*p.w:(y+1)*p.w], out.v[y*p.w:(y+1)*p.w]
		var sum float64
		for x := range min(r, p.w) {
			sum += float64(in[x])
		}
		for x := range p.w {
			if x+r < p.w {
				sum += float64(in[x+r])
			}
			if x-r-1 >= 0 {
				sum -= float64(in[x-r-1])
			}
			o[x] = float32(sum / float64(min(x+r, p.w-1)-max(x-r, 0)+1))
		}
	}
	return out
}

// part returns the plane inside box.
func (p plane) part(box image.Rectangle) plane {
	out := newPlane(box.Dx(), box.Dy())
	for y := range out.h {
		copy(out.v[y*out.w:(y+1)*out.w], p.v[(box.Min.Y+y)*p.w+box.Min.X:])
	}
	return out
}

func (p plane) transposed() plane {
	out := newPlane(p.h, p.w)
	for y := range p.h {
		for x := range p.w {
			out.v[x*p.h+y] = p.v[y*p.w+x]
		}
	}
	return out
}

// A picture is a colour picture over white at working size.
type picture struct {
	w, h    int
	r, g, b plane
	grey    plane    // luma, Rec. 601
	opaque  mask     // where the original is not transparent; nil if everywhere
	drawn   *drawing // what drawing returned, once asked
	behind  *ground  // what ground returned, once asked
	bins    []int    // what colourBins returned, once asked
	half    *picture // what coarse returned, once asked
}

// newPicture reduces img to at most edge pixels and lays it over white, or over
// black if it would vanish on white.
func newPicture(img image.Image, edge int) *picture { return overGround(shrink(img, edge)) }

// overGround lays a picture over white, or over black if it would vanish on white.
func overGround(src *image.RGBA) *picture {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	p := &picture{w: w, h: h, r: newPlane(w, h), g: newPlane(w, h), b: newPlane(w, h), grey: newPlane(w, h)}
	clearPixels := 0
	brightest, darkest := byte(0), byte(255)
	for i := range w * h {
		px := src.Pix[4*i : 4*i+4]
		if px[3] < 128 {
			clearPixels++
			continue
		}
		brightest, darkest = max(brightest, px[1]), min(darkest, px[1])
	}
	if clearPixels*50 > w*h && clearPixels < w*h {
		p.opaque = newMask(w, h)
	}
	ground := float32(255)
	if p.opaque.on != nil && darkest > 225 {
		ground = 0
	}
	for i := range w * h {
		px := src.Pix[4*i : 4*i+4]
		under := ground * float32(255-px[3]) / 255
		p.r.v[i], p.g.v[i], p.b.v[i] = float32(px[0])+under, float32(px[1])+under, float32(px[2])+under
		p.grey.v[i] = .299*p.r.v[i] + .587*p.g.v[i] + .114*p.b.v[i]
		if p.opaque.on != nil {
			p.opaque.on[i] = px[3] >= 128
		}
	}
	return p
}

// halved returns the picture at half its size.
func (p *picture) halved() *picture {
	r := p.r.halved()
	return &picture{w: r.w, h: r.h, r: r, g: p.g.halved(), b: p.b.halved(), grey: p.grey.halved()}
}

// image returns the picture, with what is outside of keep white; a keep of no
// size keeps all.
func (p *picture) image(keep mask) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, p.w, p.h))
	for i := range p.w * p.h {
		px := out.Pix[4*i : 4*i+4]
		px[3] = 255
		if keep.on != nil && !keep.on[i] {
			px[0], px[1], px[2] = 255, 255, 255
			continue
		}
		px[0], px[1], px[2] = toByte(p.r.v[i]), toByte(p.g.v[i]), toByte(p.b.v[i])
	}
	return out
}

func toByte(v float32) byte { return byte(min(max(v+.5, 0), 255)) }

var (
	posInf = float32(math.Inf(1))
	negInf = float32(math.Inf(-1))
)

func sqrt(v float32) float32 { return float32(math.Sqrt(float64(v))) }

func ln(v float32) float32 { return float32(math.Log(float64(v))) }

func abs(v float32) float32 { return max(v, -v) }

// image returns the plane as a grey picture.
func (p plane) image() *image.Gray {
	out := image.NewGray(image.Rect(0, 0, p.w, p.h))
	for i, v := range p.v {
		out.Pix[i] = toByte(v)
	}
	return out
}

// plane returns the mask with 255 where it is on.
func (m mask) plane() plane {
	out := newPlane(m.w, m.h)
	for i, on := range m.on {
		if on {
			out.v[i] = 255
		}
	}
	return out
}

// negative returns the plane as dark on white.
func negative(p plane) *image.Gray {
	out := p.image()
	for i := range out.Pix {
		out.Pix[i] = 255 - out.Pix[i]
	}
	return out
}
