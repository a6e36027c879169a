package vision_test

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"atelier/ml/vision"
	"atelier/ml/vision/visiontest"
)

// FuzzPrepare prepares pictures of any size, content and colour model as every
// kind, whole and in part.
func FuzzPrepare(f *testing.F) {
	for i, img := range []image.Image{
		visiontest.Drawing(8, visiontest.Gaps, 1),
		visiontest.Drawing(0, visiontest.Coloured, 2),
		visiontest.NotGarment(visiontest.Landscape, 3),
		visiontest.NotGarment(visiontest.Stripes, 4),
	} {
		// Small enough to be changed usefully.
		var pixels []byte
		b := img.Bounds()
		for y := range 24 {
			for x := range 24 {
				r, g, bl, _ := img.At(b.Min.X+x*b.Dx()/24, b.Min.Y+y*b.Dy()/24).RGBA()
				pixels = append(pixels, byte(r>>8), byte(g>>8), byte(bl>>8), 255)
			}
		}
		f.Add(uint16(24), uint16(24), uint8(i), pixels, 2, 3, 9, 40)
	}
	f.Add(uint16(240), uint16(0), uint8(3), []byte{0, 255, 128}, -4, 0, 5, 5)
	f.Add(uint16(1), uint16(300), uint8(1), []byte{}, 0, 0, 1, 1)
	f.Add(uint16(229), uint16(219), uint8(130), append(bytes.Repeat([]byte{255}, 4*997), 0, 0, 0, 255), 0, 0, 400, 500)
	f.Fuzz(func(t *testing.T, w, h uint16, model uint8, pixels []byte, x0, y0, x1, y1 int) {
		width, height := 1+int(w)%250, 1+int(h)%250
		if model >= 128 { // so large that fine lines would vanish
			width, height = 3*width, 3*height
		}
		box := image.Rect(-7, 3, -7+width, 3+height)
		var img interface {
			image.Image
			Set(x, y int, c color.Color)
		}
		switch model % 5 {
		case 0:
			img = image.NewRGBA(box)
		case 1:
			img = image.NewGray(box)
		case 2:
			img = image.NewNRGBA64(box)
		case 3:
			img = image.NewPaletted(box, color.Palette{color.White, color.Black, color.Transparent, color.NRGBA{200, 30, 40, 255}})
		case 4:
			img = image.NewCMYK(box)
		}
		// The bytes repeat over the picture.
		for i := range width * height {
			at := func(k int) byte {
				if len(pixels) == 0 {
					return 255
				}
				return pixels[(4*i+k)%len(pixels)]
			}
			img.Set(box.Min.X+i%width, box.Min.Y+i/width, color.NRGBA{at(0), at(1), at(2), at(3)})
		}
		for _, kind := range vision.Kinds() {
			r, err := vision.Prepare(img, kind)
			if err != nil {
				t.Fatalf("%v as %s: %v", box, kind, err)
			}
			if r.Kind == vision.Auto || r.Why == "" || len(r.Steps) < 2 {
				t.Fatalf("%v as %s gives kind %s, %q, %d steps", box, kind, r.Kind, r.Why, len(r.Steps))
			}
		}
		_, err := vision.PrepareCrop(img, image.Rect(x0, y0, x1, y1), vision.Auto)
		if meets := !image.Rect(x0, y0, x1, y1).Intersect(box).Empty(); meets != (err == nil) {
			t.Fatalf("a box that meets the picture (%v) gives %v", meets, err)
		}
	})
}
