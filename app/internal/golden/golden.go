// Package golden compares what a window shows with a picture kept in testdata.
package golden

import (
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// tolerance is the share of pixels that may differ: other processors round the
// places of letters and lines differently.
const tolerance = 0.003

// Compare compares a picture with testdata/name.png. With the flag -update it
// writes that file instead.
func Compare(t *testing.T, name string, got image.Image) {
	t.Helper()
	path := filepath.Join("testdata", name+".png")
	if *update {
		write(t, path, got)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update and look at the picture", err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if share := difference(got, want); share > tolerance {
		failed := filepath.Join(os.TempDir(), "golden-"+name+".png")
		write(t, failed, got)
		t.Errorf("%.1f %% of %s look different now: compare it with %s, and if it is right run the test with -update", 100*share, path, failed)
	}
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(file, coarse(img)); err != nil {
		t.Fatal(err)
	}
}

// coarse rounds the colours, far within what Compare tolerates, so that the
// files are small.
func coarse(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(b)
	const step = 16
	round := func(v uint8) uint8 { return v / step * step }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			out.SetRGBA(x, y, color.RGBA{R: round(c.R), G: round(c.G), B: round(c.B), A: 0xff})
		}
	}
	return out
}

// difference returns the share of pixels whose colour clearly differs.
func difference(a, b image.Image) float64 {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 1
	}
	clear := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x2000 }
	count := 0
	size, pa, pb := a.Bounds().Size(), a.Bounds().Min, b.Bounds().Min
	for y := range size.Y {
		for x := range size.X {
			r1, g1, b1, _ := a.At(pa.X+x, pa.Y+y).RGBA()
			r2, g2, b2, _ := b.At(pb.X+x, pb.Y+y).RGBA()
			if clear(r1, r2) || clear(g1, g2) || clear(b1, b2) {
				count++
			}
		}
	}
	return float64(count) / float64(size.X*size.Y)
}
