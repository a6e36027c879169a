package figures_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"atelier/ml/figures"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// golden compares a figure with the picture kept in testdata. Other processors
// round differently, hence the tolerance.
func golden(t *testing.T, name string, f figures.Figure, s figures.Style) {
	t.Helper()
	width, height := f.Size()
	var got bytes.Buffer
	drawn := figures.Render(f, int(width), int(height), 1, s).Image
	if err := png.Encode(&got, drawn); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".png")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if share := difference(drawn, want); share > 0.002 {
		failed := filepath.Join(os.TempDir(), "figures-"+name+".png")
		if err := os.WriteFile(failed, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%.1f %% of %s look different now: compare it with %s, and if it is right run the test with -update", 100*share, name, failed)
	}
}

// difference returns the share of pixels whose colour clearly differs.
func difference(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	clear := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x1800 }
	count := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, a1 := a.At(x, y).RGBA()
			r2, g2, b2, a2 := b.At(x, y).RGBA()
			if clear(r1, r2) || clear(g1, g2) || clear(b1, b2) || clear(a1, a2) {
				count++
			}
		}
	}
	return float64(count) / float64(a.Bounds().Dx()*a.Bounds().Dy())
}
