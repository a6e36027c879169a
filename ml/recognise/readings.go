package recognise

import (
	"math"
	"slices"

	"atelier/ml/vision"
)

// reading is one variation of a prepared picture and how much it counts.
type reading struct {
	pixels vision.Pixels
	weight float32
}

// readings returns the variations whose answers are averaged: the picture and the
// picture moved by a pixel along a diagonal, each mirrored too, and the other
// ways to read it. Whoever made a picture of the data set's kind chose the
// garment's size; in others it is a guess, so a smaller one counts as well.
// Resampling blurs what tells a shirt from a coat: no other variation does it.
func readings(p vision.Result) []reading {
	var all []reading
	add := func(pixels vision.Pixels, weight float32) {
		all = append(all, reading{pixels, weight}, reading{mirrored(pixels), weight})
	}
	add(p.Pixels, 2)
	add(moved(p.Pixels, 1), 1)
	add(moved(p.Pixels, -1), 1)
	if p.Kind != vision.MNIST {
		add(smaller(p.Pixels), 1)
	}
	for i, other := range p.Others {
		if len(all) == maxReadings {
			break
		}
		// Each once, every other one mirrored, costs half and tells as much.
		if i%2 == 1 {
			other = mirrored(other)
		}
		all = append(all, reading{other, 2})
	}
	return all
}

// mirrored returns the picture with left and right swapped.
func mirrored(p vision.Pixels) vision.Pixels {
	for row := range vision.Side {
		slices.Reverse(p[row*vision.Side : (row+1)*vision.Side])
	}
	return p
}

// moved returns the picture moved by so many pixels to the right and down; what
// comes in is empty.
func moved(p vision.Pixels, by int) vision.Pixels {
	var out vision.Pixels
	for y := max(by, 0); y < vision.Side+min(by, 0); y++ {
		for x := max(by, 0); x < vision.Side+min(by, 0); x++ {
			out[y*vision.Side+x] = p[(y-by)*vision.Side+x-by]
		}
	}
	return out
}

// smaller returns the picture shrunk a little about its middle, interpolating
// linearly.
func smaller(p vision.Pixels) vision.Pixels {
	const scale, middle = 0.93, (vision.Side - 1) / 2.0
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= vision.Side || y >= vision.Side {
			return 0
		}
		return float64(p[y*vision.Side+x])
	}
	var out vision.Pixels
	for y := range vision.Side {
		for x := range vision.Side {
			sx, sy := (float64(x)-middle)/scale+middle, (float64(y)-middle)/scale+middle
			x0, y0 := int(math.Floor(sx)), int(math.Floor(sy))
			tx, ty := sx-float64(x0), sy-float64(y0)
			value := (at(x0, y0)*(1-tx)+at(x0+1, y0)*tx)*(1-ty) + (at(x0, y0+1)*(1-tx)+at(x0+1, y0+1)*tx)*ty
			out[y*vision.Side+x] = byte(value + 0.5)
		}
	}
	return out
}
