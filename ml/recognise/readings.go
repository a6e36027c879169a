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

// readings returns the variations whose answers are averaged, as far as the model
// learned to answer all of them alike. Whoever made a picture of the dataset's kind
// chose the garment's size and place: it is asked about as it is and moved by a
// pixel along a diagonal, each mirrored too. Resampling blurs what tells a shirt
// from a coat, so no variation does it. In other pictures the size is a guess, a
// smaller one counts as well, and the other ways to read the picture tell more than
// small moves. The first glimpses of them are enough to choose among poses.
func (r *Recogniser) readings(p vision.Result) []reading {
	if p.Kind == vision.MNIST {
		all := []reading{{p.Pixels, 2}}
		if r.learned.Shift > 0 {
			all = append(all, reading{moved(p.Pixels, 1), 1}, reading{moved(p.Pixels, -1), 1})
		}
		if r.learned.Flip {
			for _, one := range all {
				all = append(all, reading{mirrored(one.pixels), one.weight})
			}
		}
		return all
	}
	all := []reading{{p.Pixels, 4}}
	others := slices.Clone(p.Others)
	if n := len(others); n > 1 { // the last differs most from the first
		others = slices.Insert(others[:n-1], 1, others[n-1])
	}
	// Mirroring every other one tells as much as asking about all of them twice.
	for i, other := range others {
		if i%2 == 1 && r.learned.Flip {
			other = mirrored(other)
		}
		all = append(all, reading{other, 2})
	}
	all = append(all, reading{smaller(p.Pixels), 2})
	if r.learned.Shift > 0 {
		move := moved(p.Pixels, 1)
		if r.learned.Flip {
			move = mirrored(move)
		}
		all = append(all, reading{move, 4})
	}
	return all
}

// glimpses is how many of the readings of a pose are asked about at most to choose
// it.
const glimpses = 3

// facingAway returns a prepared picture seen from behind, as it were. A model that
// knows shoes only as the dataset shows them, with their toes to the left, takes
// others for something else.
func facingAway(p vision.Result) vision.Result {
	p.Pixels = mirrored(p.Pixels)
	p.Others = slices.Clone(p.Others)
	for i := range p.Others {
		p.Others[i] = mirrored(p.Others[i])
	}
	p.Steps = append(slices.Clone(p.Steps), vision.Step{Name: "Mirrored", Image: p.Pixels.Image()})
	return p
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
