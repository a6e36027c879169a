package vision_test

import (
	"image"
	"testing"

	"atelier/ml/vision"
	"atelier/ml/vision/visiontest"
)

func BenchmarkPrepare(b *testing.B) {
	for name, img := range map[string]image.Image{
		"outline":   visiontest.Drawing(4, visiontest.WithSeams, 1),
		"gaps":      visiontest.Drawing(4, visiontest.Gaps, 1),
		"fill":      visiontest.Drawing(4, visiontest.DarkFill, 1),
		"landscape": visiontest.NotGarment(visiontest.Landscape, 1),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := vision.Prepare(img, vision.Auto); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
