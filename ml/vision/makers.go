package vision

import (
	"image"
	"math"
)

// render makes the final picture of the tones inside box: longest edge to Side,
// sharpened, centred. Tones are already negated: 0 is the background.
func render(tone plane, box image.Rectangle) Pixels {
	if box.Empty() {
		return Pixels{}
	}
	w, h := box.Dx(), box.Dy()
	dw, dh := Side, Side
	if w >= h {
		dh = max(1, int(math.Round(float64(h)*Side/float64(w))))
	} else {
		dw = max(1, int(math.Round(float64(w)*Side/float64(h))))
	}
	return centred(sharpened(resized(tone, box, dw, dh)))
}

// resized returns the part of p in box at w×h pixels, each the mean of what it
// covers.
func resized(p plane, box image.Rectangle, w, h int) plane {
	columns := newPlane(w, p.h)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		if y < 0 || y >= p.h {
			continue
		}
		resizeLine(p.v[y*p.w:(y+1)*p.w], columns.v[y*w:(y+1)*w], box.Min.X, box.Max.X)
	}
	columns = columns.transposed()
	out := newPlane(h, w)
	for x := range w {
		resizeLine(columns.v[x*p.h:(x+1)*p.h], out.v[x*h:(x+1)*h], box.Min.Y, box.Max.Y)
	}
	return out.transposed()
}

// resizeLine averages src from index from up to to over the elements of dst;
// what lies outside src counts as 0.
func resizeLine(src, dst []float32, from, to int) {
	step := float64(to-from) / float64(len(dst))
	for i := range dst {
		a := float64(from) + float64(i)*step
		b := a + step
		var sum float64
		for j := max(0, int(math.Floor(a))); j < min(len(src), int(math.Ceil(b))); j++ {
			sum += float64(src[j]) * (min(b, float64(j+1)) - max(a, float64(j)))
		}
		dst[i] = float32(sum / step)
	}
}

// sharpened applies what the makers used, ImageMagick's sharpening with radius
// and deviation 1: a 3×3 kernel of negative Gaussian weights whose centre is
// twice their total, normalised to a sum of 1.
func sharpened(p plane) plane {
	edge, corner := float32(math.Exp(-.5)), float32(math.Exp(-1))
	total := 1 + 4*edge + 4*corner
	norm := 2*total - 4*edge - 4*corner
	out := newPlane(p.w, p.h)
	for y := range p.h {
		for x := range p.w {
			around := edge*(p.clamped(x-1, y)+p.clamped(x+1, y)+p.clamped(x, y-1)+p.clamped(x, y+1)) +
				corner*(p.clamped(x-1, y-1)+p.clamped(x+1, y-1)+p.clamped(x-1, y+1)+p.clamped(x+1, y+1))
			out.v[y*p.w+x] = (2*total*p.at(x, y) - around) / norm
		}
	}
	return out
}

// centred puts p, at most Side×Side, into the middle of a black picture.
func centred(p plane) Pixels {
	var out Pixels
	// Where the room is odd, the makers left the odd pixel before the garment,
	// as the margins of their pictures show.
	x0, y0 := (Side-p.w+1)/2, (Side-p.h+1)/2
	for y := range p.h {
		for x := range p.w {
			out[(y0+y)*Side+x0+x] = toByte(p.at(x, y))
		}
	}
	return out
}

// trimmed returns the part of the picture left after the makers' trimming: rows
// and columns at the edges go while all their pixels are within 5 % of the
// corner's colour. It is empty for a picture of one colour.
func (p *picture) trimmed() image.Rectangle {
	const tolerance = .05 * 255
	r0, g0, b0 := p.r.v[0], p.g.v[0], p.b.v[0]
	return where(p.w, p.h, func(i int) bool {
		return abs(p.r.v[i]-r0) > tolerance || abs(p.g.v[i]-g0) > tolerance || abs(p.b.v[i]-b0) > tolerance
	}).bounds()
}

// negated returns 255 minus the grey value where keep is on, and 0 elsewhere; a
// keep of no size keeps all.
func (p *picture) negated(keep mask) plane {
	out := newPlane(p.w, p.h)
	for i, v := range p.grey.v {
		if keep.on == nil || keep.on[i] {
			out.v[i] = 255 - v
		}
	}
	return out
}

// PlainResize squeezes a picture into 28×28 and negates it, as tutorials do. It
// is there to compare with.
func PlainResize(img image.Image) Pixels {
	p := newPicture(img, workingEdge)
	return centred(resized(p.negated(mask{}), image.Rect(0, 0, p.w, p.h), Side, Side))
}

// MakersPipeline prepares a picture exactly as Fashion-MNIST's makers did,
// without looking for the garment: right for product photos on plain white.
func MakersPipeline(img image.Image) Pixels {
	p := newPicture(img, workingEdge)
	return render(p.negated(mask{}), p.trimmed())
}
