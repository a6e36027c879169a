package classify

import (
	"math"

	"atelier/app/widgets"
)

// template is an outline to trace.
type template struct {
	title string
	lines []widgets.Stroke
}

// path makes a stroke of coordinates x, y, x, y …
func path(xy ...float64) widgets.Stroke {
	var s widgets.Stroke
	for i := 0; i+1 < len(xy); i += 2 {
		s = append(s, widgets.Point{X: xy[i], Y: xy[i+1]})
	}
	return s
}

// symmetric closes the left half of an outline, from its top to its bottom, by
// its mirror image.
func symmetric(xy ...float64) widgets.Stroke {
	s := path(xy...)
	for i := len(s) - 1; i >= 0; i-- {
		s = append(s, widgets.Point{X: 1 - s[i].X, Y: s[i].Y})
	}
	return append(s, s[0])
}

// arc is a part of an ellipse from angle a to b, in degrees.
func arc(x, y, rx, ry, a, b float64) widgets.Stroke {
	const steps = 24
	var s widgets.Stroke
	for i := range steps + 1 {
		t := (a + (b-a)*float64(i)/steps) * math.Pi / 180
		s = append(s, widgets.Point{X: x + rx*math.Cos(t), Y: y + ry*math.Sin(t)})
	}
	return s
}

// templates are outlines of the ten kinds of Fashion-MNIST, standing as its
// pictures do: clothes upright, shoes with the toe to the left.
func templates() []template {
	return []template{
		{"T-shirt", []widgets.Stroke{symmetric(.42, .16, .30, .20, .10, .36, .20, .47, .30, .40, .30, .86), arc(.5, .16, .08, .06, 0, 180)}},
		{"Trousers", []widgets.Stroke{symmetric(.34, .10, .28, .90, .45, .90, .49, .38), path(.33, .18, .67, .18)}},
		{"Pullover", []widgets.Stroke{symmetric(.42, .14, .29, .18, .14, .80, .25, .83, .33, .44, .33, .86), arc(.5, .14, .08, .05, 0, 180), path(.33, .80, .67, .80)}},
		{"Dress", []widgets.Stroke{symmetric(.40, .08, .36, .08, .36, .24, .41, .42, .26, .92), arc(.5, .08, .10, .12, 0, 180), path(.41, .42, .59, .42)}},
		{"Coat", []widgets.Stroke{symmetric(.40, .10, .28, .15, .12, .78, .24, .81, .32, .44, .29, .92), path(.40, .10, .5, .34, .60, .10), path(.5, .34, .5, .92)}},
		{"Sandal", []widgets.Stroke{path(.08, .72, .30, .70, .60, .62, .84, .50, .92, .58, .90, .72, .80, .72, .76, .66, .55, .74, .30, .79, .08, .78, .08, .72), arc(.34, .70, .13, .20, 180, 355), path(.62, .61, .72, .36, .86, .34, .88, .50)}},
		{"Shirt", []widgets.Stroke{symmetric(.43, .13, .29, .18, .15, .78, .26, .81, .33, .44, .32, .88), path(.43, .13, .5, .22, .57, .13), path(.43, .13, .40, .22, .5, .22, .60, .22, .57, .13), path(.5, .22, .5, .88)}},
		{"Sneaker", []widgets.Stroke{path(.06, .62, .12, .56, .34, .50, .54, .36, .64, .38, .84, .34, .90, .42, .94, .68, .06, .68, .06, .62), path(.06, .68, .06, .73, .94, .73, .94, .68), path(.40, .46, .48, .52), path(.46, .42, .54, .48)}},
		{"Bag", []widgets.Stroke{path(.14, .42, .86, .42, .90, .88, .10, .88, .14, .42), arc(.5, .42, .22, .28, 180, 360), path(.14, .56, .86, .56)}},
		{"Ankle boot", []widgets.Stroke{path(.08, .74, .12, .66, .40, .56, .46, .16, .84, .14, .84, .84, .66, .84, .64, .80, .08, .80, .08, .74)}},
	}
}
