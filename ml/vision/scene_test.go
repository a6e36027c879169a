package vision_test

import (
	"image"
	"math"
	"strings"
	"testing"

	"atelier/ml/vision"
)

// hazed darkens the middle of a picture, softly.
func hazed(img *image.RGBA) *image.RGBA {
	for i := range img.Pix {
		x, y := float64(i/4%img.Rect.Dx()-150), float64(i/4/img.Rect.Dx()-150)
		if i%4 < 3 {
			img.Pix[i] -= uint8(80 * math.Exp(-(x*x+y*y)/7000))
		}
	}
	return img
}

// striped is covered all over with stripes of many colours.
func striped() *image.RGBA {
	img := onFloor()
	for i := 0; i < len(img.Pix); i += 4 {
		x, y := i/4%img.Rect.Dx(), i/4/img.Rect.Dx()
		for c, width := range []int{5, 7, 11} {
			if (x+2*y)/width%2 == 0 {
				img.Pix[i+c] -= 120
			}
		}
	}
	return img
}

func TestScenesAreToldFromThings(t *testing.T) {
	for name, c := range map[string]struct {
		img  image.Image
		want string
	}{
		"T-shirt":  {onFloor(tShirt), ""},
		"trousers": {onFloor(trousers), ""},
		"shoes":    {onFloor(leftShoe, rightShoe), ""},
		"horizon":  {onFloor([]float32{-5, -5, 105, -5, 105, 58, 70, 52, 30, 62, -5, 55}), "fills the picture"},
		"haze":     {hazed(onFloor()), "stands out"},
		"stripes":  {striped(), "stands out"},
	} {
		r, err := vision.Prepare(c.img, vision.Auto)
		if err != nil {
			t.Fatal(err)
		}
		if r.Kind != vision.Photo || (r.Scene == "") != (c.want == "") || !strings.Contains(r.Scene, c.want) {
			t.Errorf("%s: %s, %q, want %q", name, r.Kind, r.Scene, c.want)
		}
	}
}
