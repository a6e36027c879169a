package vision

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"
)

func TestPhotographsShrinkAsOtherPictures(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444} {
		photo := image.NewYCbCr(image.Rect(0, 0, 230, 171), ratio)
		for i := range photo.Y {
			photo.Y[i] = uint8(60 + rng.IntN(130))
		}
		for i := range photo.Cb { // colours change slowly in photographs
			x, y := i%photo.CStride, i/photo.CStride
			photo.Cb[i], photo.Cr[i] = uint8(100+y/4), uint8(150-x/4)
		}
		part := photo.SubImage(image.Rect(11, 7, 213, 165))
		same := image.NewRGBA(part.Bounds())
		draw.Draw(same, same.Rect, part, part.Bounds().Min, draw.Src)
		for _, edge := range []int{500, 96, 31} {
			a, b := shrink(part, edge), shrink(same, edge)
			if a.Rect != b.Rect {
				t.Fatalf("%v to %d: %v and %v", ratio, edge, a.Rect, b.Rect)
			}
			for i := range a.Pix {
				if d := int(a.Pix[i]) - int(b.Pix[i]); d < -2 || d > 2 {
					t.Fatalf("%v to %d: byte %d is %d, and %d of the same picture in RGB", ratio, edge, i, a.Pix[i], b.Pix[i])
				}
			}
		}
	}
}

func TestLinesStayWhenShrunk(t *testing.T) {
	for name, c := range map[string]struct {
		paper, ink color.Color
		lightest   bool
	}{
		"ink on paper":     {color.White, color.Gray{Y: 40}, false},
		"chalk on a board": {color.Gray{Y: 30}, color.Gray{Y: 220}, true},
		"ink on nothing":   {color.Transparent, color.Gray{Y: 40}, false},
	} {
		page := image.NewNRGBA(image.Rect(-3, 5, 1997, 1205))
		draw.Draw(page, page.Rect, image.NewUniform(c.paper), image.Point{}, draw.Src)
		for x := range 1000 {
			page.Set(400+x, 300+x/3, c.ink)
		}
		small := shrinkLines(page, 200, c.lightest)
		want := color.RGBAModel.Convert(c.ink)
		inked := 0
		for x := range small.Rect.Dx() {
			for y := range small.Rect.Dy() {
				if small.At(x, y) == want {
					inked++
					break
				}
			}
		}
		if inked < 100 {
			t.Errorf("%s: of a line of 100 columns %d are left", name, inked)
		}
	}
}
