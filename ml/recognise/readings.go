package recognise

import (
	"math"

	"atelier/ml/vision"
)

// reading is one variation of a prepared picture and how much it counts.
type reading struct {
	pixels vision.Pixels
	weight float32
}

// readings returns the variations whose answers are averaged: the picture,
// mirrored, moved by a pixel, a little smaller and larger, and the other ways to
// read it.
func readings(p vision.Result) []reading {
	all := []reading{
		{p.Pixels, 2},
		{warped(p.Pixels, true, 1, 0, 0), 2},
		{warped(p.Pixels, false, 1, 1, 0), 1},
		{warped(p.Pixels, true, 1, 0, 1), 1},
		{warped(p.Pixels, false, 0.93, 0, 0), 1},
		{warped(p.Pixels, true, 0.93, 0, 0), 1},
	}
	for _, other := range p.Others {
		if len(all)+2 > maxReadings {
			break
		}
		all = append(all, reading{other, 1}, reading{warped(other, true, 1, 0, 0), 1})
	}
	return all
}

// warped returns the picture mirrored if asked, scaled about its middle and
// moved, interpolating linearly.
func warped(p vision.Pixels, mirror bool, scale, dx, dy float64) vision.Pixels {
	const middle = (vision.Side - 1) / 2.0
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= vision.Side || y >= vision.Side {
			return 0
		}
		return float64(p[y*vision.Side+x])
	}
	var out vision.Pixels
	for y := range vision.Side {
		for x := range vision.Side {
			sx, sy := (float64(x)-middle-dx)/scale+middle, (float64(y)-middle-dy)/scale+middle
			if mirror {
				sx = vision.Side - 1 - sx
			}
			x0, y0 := int(math.Floor(sx)), int(math.Floor(sy))
			tx, ty := sx-float64(x0), sy-float64(y0)
			value := (at(x0, y0)*(1-tx)+at(x0+1, y0)*tx)*(1-ty) + (at(x0, y0+1)*(1-tx)+at(x0+1, y0+1)*tx)*ty
			out[y*vision.Side+x] = byte(value + 0.5)
		}
	}
	return out
}
