package vision_test

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/vector"

	"atelier/ml/vision"
	"atelier/ml/vision/visiontest"
)

// onFloor fills shapes, given by the corners of polygons in a square of 100, on a
// floor as a camera sees it.
func onFloor(shapes ...[]float32) *image.RGBA {
	const side = 300
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(img.Pix); i += 4 {
		v := uint8(190 + rng.IntN(9))
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = v, v-12, v-25, 255
	}
	for _, s := range shapes {
		r := vector.NewRasterizer(side, side)
		for k := 0; k < len(s); k += 2 {
			if k == 0 {
				r.MoveTo(3*s[0], 3*s[1])
			} else {
				r.LineTo(3*s[k], 3*s[k+1])
			}
		}
		r.ClosePath()
		r.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{45, 60, 110, 255}), image.Point{})
	}
	return img
}

var (
	leftShoe      = []float32{28, 20, 38, 16, 46, 22, 48, 50, 44, 80, 34, 84, 27, 76, 24, 46}
	rightShoe     = []float32{72, 20, 62, 16, 54, 22, 52, 50, 56, 80, 66, 84, 73, 76, 76, 46}
	trousers      = []float32{30, 8, 70, 8, 76, 92, 56, 92, 50, 36, 44, 92, 24, 92}
	tShirt        = []float32{36, 14, 64, 14, 84, 30, 76, 42, 68, 36, 68, 88, 32, 88, 32, 36, 24, 42, 16, 30}
	spreadSweater = []float32{42, 20, 58, 20, 96, 32, 94, 44, 64, 38, 64, 84, 36, 84, 36, 38, 6, 44, 4, 32}
	laidSweater   = []float32{42, 14, 58, 14, 70, 20, 80, 74, 71, 76, 65, 38, 65, 86, 35, 86, 35, 38, 29, 76, 20, 74, 30, 20}
)

func TestPoses(t *testing.T) {
	for name, c := range map[string]struct {
		img     image.Image
		pair    bool
		sleeves bool
		long    bool
	}{
		"pair of shoes":           {onFloor(leftShoe, rightShoe), true, false, false},
		"trousers":                {onFloor(trousers), false, false, false},
		"T-shirt":                 {onFloor(tShirt), false, false, false},
		"middle of a T-shirt":     {onFloor(tShirt).SubImage(image.Rect(75, 80, 225, 230)), false, false, false},
		"sweater, sleeves spread": {onFloor(spreadSweater), false, true, true},
		"sweater, sleeves down":   {onFloor(laidSweater), false, false, true},
	} {
		r, err := vision.Prepare(c.img, vision.Photo)
		if err != nil {
			t.Fatal(err)
		}
		pair, sleeves, straight := false, false, false
		for _, pose := range r.Poses {
			switch {
			case pose.Footwear:
				pair = true
			case hasStep(pose, "Sleeves down"):
				sleeves = true
			case hasStep(pose, "Straightened"):
				straight = true
			}
			if pose.Pixels == r.Pixels || len(pose.Steps) < 4 || pose.Kind != r.Kind || pose.Steps[len(pose.Steps)-1].Name != "28×28" {
				t.Errorf("%s: a pose of kind %s with the steps %v", name, pose.Kind, pose.Steps)
			}
		}
		if pair != c.pair || sleeves != c.sleeves {
			t.Errorf("%s: read as a pair of shoes %v, with sleeves laid down %v", name, pair, sleeves)
		}
		if scene := name == "middle of a T-shirt"; scene != (r.Scene != "") || scene && len(r.Poses) > 0 {
			t.Errorf("%s: scene %q, %d poses", name, r.Scene, len(r.Poses))
		}
		if r.LongSleeves != c.long {
			t.Errorf("%s: long sleeves %v", name, r.LongSleeves)
		}
		if b := c.img.Bounds(); !r.Everyday || !straight && b.Dx() == b.Dy() && !c.sleeves && r.Scene == "" {
			t.Errorf("%s: taken for a shop's photograph (%v), straightened %v", name, !r.Everyday, straight)
		}
	}
}

func hasStep(r vision.Result, name string) bool {
	return slices.ContainsFunc(r.Steps, func(s vision.Step) bool { return s.Name == name })
}

func TestSleevesAreLaidDown(t *testing.T) {
	r, err := vision.Prepare(onFloor(spreadSweater), vision.Photo)
	if err != nil || len(r.Poses) == 0 || !hasStep(r.Poses[0], "Sleeves down") {
		t.Fatalf("%d poses, %v", len(r.Poses), err)
	}
	rows := func(p vision.Pixels) int {
		n := 0
		for y := range vision.Side {
			for x := range vision.Side {
				if p[y*vision.Side+x] > 40 {
					n++
					break
				}
			}
		}
		return n
	}
	if spread, laid := rows(r.Pixels), rows(r.Poses[0].Pixels); spread > 22 || laid < 27 {
		t.Errorf("the sweater is %d rows high with its sleeves spread and %d with them down", spread, laid)
	}
}

func TestFrontsOfDrawings(t *testing.T) {
	fronts := map[int]vision.Front{
		0: vision.FrontPlain, 2: vision.FrontPlain, 3: vision.FrontPlain, // T-shirt, pullover, dress
		4: vision.FrontOpen, 6: vision.FrontOpen, // coat, shirt
	}
	filled := map[visiontest.Style]bool{visiontest.DarkFill: true, visiontest.GreyFill: true}
	unknown, lines := 0, 0
	for _, style := range []visiontest.Style{visiontest.Outline, visiontest.Marker, visiontest.Chalk, visiontest.Small, visiontest.Sheet, visiontest.DarkFill, visiontest.GreyFill} {
		for class, want := range fronts {
			for seed := uint64(400); seed < 403; seed++ {
				r, err := vision.Prepare(visiontest.Drawing(class, style, seed), vision.Sketch)
				if err != nil {
					t.Fatal(err)
				}
				if !filled[style] {
					lines++
					if r.Front == vision.FrontUnknown {
						unknown++
					}
				}
				if r.Front != vision.FrontUnknown && (filled[style] || r.Front != want) {
					t.Errorf("class %d, %s, %d: front %d, want %d", class, style, seed, r.Front, want)
				}
			}
		}
	}
	if unknown*20 > lines {
		t.Errorf("the front of %d out of %d line drawings is unknown", unknown, lines)
	}
}

func TestFrontsOfPhotographs(t *testing.T) {
	shirt := onFloor(laidSweater)
	for y := 60; y < 258; y++ { // the edge of one half over the other
		for x := 148; x < 151; x++ {
			shirt.SetRGBA(x, y, color.RGBA{25, 35, 70, 255})
		}
	}
	for name, c := range map[string]struct {
		img  image.Image
		open bool
	}{"buttoned": {shirt, true}, "plain": {onFloor(laidSweater), false}} {
		r, err := vision.Prepare(c.img, vision.Photo)
		if err != nil {
			t.Fatal(err)
		}
		if r.Opens == 0 || r.Opens > 0 != c.open {
			t.Errorf("the odds that the %s garment opens in front have the logarithm %v", name, r.Opens)
		}
	}
}
