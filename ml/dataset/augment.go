package dataset

import (
	"fmt"
	"math"
)

// Augment describes the random changes made to each training picture, a new
// one each epoch, so that the network cannot learn the pictures by heart. The
// zero value changes nothing.
type Augment struct {
	// Shift is the largest move in pixels, in each direction, 0 to 14.
	Shift int `json:"shift,omitempty"`
	// Flip mirrors every second picture, by chance, left to right.
	Flip bool `json:"flip,omitempty"`
	// Rotation is the largest turn in degrees, either way, 0 to 180.
	Rotation float64 `json:"rotation,omitempty"`
	// Scale is the largest change of size as a part of it, 0 to 0.9: 0.1
	// means between 90 % and 110 %.
	Scale float64 `json:"scale,omitempty"`
	// Erasing is the probability that a random rectangle of 2 to 40 % of the
	// picture is filled with noise (Zhong et al. 2017, arXiv 1708.04896).
	Erasing float64 `json:"erasing,omitempty"`
	// Mixup blends each picture and its target with another of the same
	// batch; the part of the other comes from Beta(Mixup, Mixup) (Zhang et
	// al. 2017, arXiv 1710.09412). 0 switches it off, 4 is the most.
	Mixup float64 `json:"mixup,omitempty"`
	// Garment makes the pictures look like what people draw and photograph.
	Garment Garment `json:"garment,omitzero"`
}

// IsZero reports whether a changes nothing.
func (a Augment) IsZero() bool { return a == Augment{} }

// Validate says in words which value is out of its range.
func (a Augment) Validate() error {
	check := func(name string, v, high float64, unit string) error {
		if v >= 0 && v <= high { // false for NaN, too
			return nil
		}
		return fmt.Errorf("augmentation: %s is %v; choose a value from 0 (off) to %v%s", name, v, high, unit)
	}
	for _, err := range []error{
		check("shift", float64(a.Shift), 14, " pixels"),
		check("rotation", a.Rotation, 180, " degrees"),
		check("scale", a.Scale, 0.9, ""),
		check("erasing", a.Erasing, 1, ""),
		check("mixup", a.Mixup, 4, ""),
		a.Garment.validate(),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// Apply writes to dst, as float32 in [0, 1], what a makes of the picture of
// h·w pixels that stands at the given position of the given epoch's order. All
// but Mixup is applied, as that needs a second picture. The same arguments
// always give the same picture.
func (a Augment) Apply(dst []float32, pixels []byte, h, w int, seed uint64, epoch, position int) {
	rng := newStream(seed^augmentKey, uint64(epoch), uint64(position))
	var t *tailor
	if a.Garment != (Garment{}) {
		t = newTailor(h, w)
	}
	a.apply(dst, pixels, h, w, t, &rng)
}

// apply is Apply with the caller's tailor for pictures of h·w pixels, if there
// is one for Garment. It reports whether the picture is no garment any more.
func (a Augment) apply(dst []float32, pixels []byte, h, w int, t *tailor, rng *stream) (outlier bool) {
	if a.Garment != (Garment{}) {
		outlier = t.apply(a.Garment, pixels, rng)
		pixels = t.px
	}
	if m, moved := a.transform(h, w, rng); moved {
		resample(dst, pixels, h, w, m)
	} else {
		Normalise(dst, pixels)
	}
	if a.Erasing > 0 && rng.float() < a.Erasing {
		erase(dst, h, w, rng)
	}
	return outlier
}

// affine maps a pixel of the result to the place it comes from:
// x' = xx·x + xy·y + x0 and y' = yx·x + yy·y + y0.
type affine struct{ xx, xy, x0, yx, yy, y0 float64 }

// transform draws the flip, turn, size and shift of one picture. All are
// joined to one map, so that the picture is interpolated once.
func (a Augment) transform(h, w int, rng *stream) (m affine, moved bool) {
	var dx, dy int
	if a.Shift > 0 {
		dx, dy = rng.intN(2*a.Shift+1)-a.Shift, rng.intN(2*a.Shift+1)-a.Shift
	}
	mirror := 1.0
	if a.Flip && rng.next()&1 == 1 {
		mirror = -1
	}
	sin, cos, size := 0.0, 1.0, 1.0
	if a.Rotation > 0 {
		sin, cos = math.Sincos(rng.between(-a.Rotation, a.Rotation) * math.Pi / 180)
	}
	if a.Scale > 0 {
		size = 1 + rng.between(-a.Scale, a.Scale)
	}
	// Undo the shift, then turn and resize about the middle, then mirror.
	cx, cy := float64(w-1)/2, float64(h-1)/2
	m.xx, m.xy = mirror*cos/size, mirror*sin/size
	m.yx, m.yy = -sin/size, cos/size
	px, py := cx+float64(dx), cy+float64(dy)
	m.x0 = cx - m.xx*px - m.xy*py
	m.y0 = cy - m.yx*px - m.yy*py
	return m, m != affine{xx: 1, yy: 1}
}

// resample writes to dst the picture src seen through m, normalised as by
// Fill, with bilinear interpolation; outside of the picture is background, 0.
//
// All is counted in whole numbers: places in 1/65536 of a pixel, weights in
// 1/256. That is exact for whole-pixel moves and mirror images.
func resample(dst []float32, src []byte, h, w int, m affine) {
	const one = 1 << 16
	fixed := func(v float64) int { return int(math.Round(v * one)) }
	xx, xy, x0 := fixed(m.xx), fixed(m.xy), fixed(m.x0)
	yx, yy, y0 := fixed(m.yx), fixed(m.yy), fixed(m.y0)
	if max(xx, -xx) == one && yy == one && xy|yx == 0 && (x0|y0)%one == 0 {
		move(dst, src, h, w, x0>>16, y0>>16, xx>>16)
		return
	}
	for y := range h {
		row := dst[y*w : (y+1)*w]
		sx, sy := xy*y+x0, yy*y+y0
		for x := range row {
			ix, iy := sx>>16, sy>>16
			tx, ty := sx>>8&255, sy>>8&255
			sx += xx
			sy += yx
			var a, b, c, d int // the four neighbours
			if uint(ix) < uint(w-1) && uint(iy) < uint(h-1) {
				p := src[iy*w+ix:]
				q := p[w : w+2]
				a, b, c, d = int(p[0]), int(p[1]), int(q[0]), int(q[1])
			} else {
				a, b = pixelAt(src, h, w, ix, iy), pixelAt(src, h, w, ix+1, iy)
				c, d = pixelAt(src, h, w, ix, iy+1), pixelAt(src, h, w, ix+1, iy+1)
			}
			if tx|ty == 0 {
				row[x] = levels[byte(a)] // to the last bit what Fill gives
				continue
			}
			top, bottom := a<<8+tx*(b-a), c<<8+tx*(d-c)
			row[x] = float32(int32(top<<8+ty*(bottom-top))) * (1.0 / (255 * one))
		}
	}
}

// move is resample for whole pixels: the place of a row's first pixel is
// (left, its row + down), and step, 1 or -1, leads to that of the next.
func move(dst []float32, src []byte, h, w, left, down, step int) {
	for y := range h {
		row := dst[y*w:][:w]
		if uint(y+down) >= uint(h) {
			clear(row)
			continue
		}
		from := src[(y+down)*w:][:w]
		x := left
		for i := range row {
			v := byte(0)
			if uint(x) < uint(len(from)) {
				v = from[x]
			}
			row[i] = levels[v]
			x += step
		}
	}
}

func pixelAt(src []byte, h, w, x, y int) int {
	if uint(x) >= uint(w) || uint(y) >= uint(h) {
		return 0
	}
	return int(src[y*w+x])
}

// erase fills one rectangle with noise. Its area is 2 to 40 % of the picture
// and its sides have a ratio of 0.3 to 3.3, the paper's values.
func erase(x []float32, h, w int, rng *stream) {
	for range 100 { // a drawn rectangle may be longer than the picture
		area := rng.between(0.02, 0.4) * float64(h*w)
		ratio := rng.between(0.3, 1/0.3)
		eh, ew := int(math.Round(math.Sqrt(area*ratio))), int(math.Round(math.Sqrt(area/ratio)))
		if eh < 1 || ew < 1 || eh >= h || ew >= w {
			continue
		}
		top, left := rng.intN(h-eh+1), rng.intN(w-ew+1)
		for y := top; y < top+eh; y++ {
			row := x[y*w+left : y*w+left+ew]
			var bits uint64 // of eight grey levels
			for i := range row {
				if i%8 == 0 {
					bits = rng.next()
				}
				row[i] = levels[byte(bits)]
				bits >>= 8
			}
		}
		return
	}
}
