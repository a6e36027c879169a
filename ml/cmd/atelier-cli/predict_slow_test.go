//go:build slow

package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"atelier/ml/vision/visiontest"
)

// TestPredictAThousandPictures answers for a folder of 1,000 pictures of 600×800, drawings and
// scenes as JPEG and PNG, in which every fiftieth is none, and tells how many it answers a second.
func TestPredictAThousandPictures(t *testing.T) {
	const pictures, distinct = 1000, 50
	files := make([][]byte, distinct)
	for i := range files {
		source := visiontest.Drawing(i%10, visiontest.Styles()[i%len(visiontest.Styles())], uint64(i))
		if i%3 == 0 {
			source = visiontest.NotGarment(visiontest.Landscape, uint64(i))
		}
		img := image.NewRGBA(image.Rect(0, 0, 600, 800))
		draw.BiLinear.Scale(img, img.Rect, source, source.Bounds(), draw.Src, nil)
		var b bytes.Buffer
		var err error
		if i%10 == 9 {
			err = png.Encode(&b, img)
		} else {
			err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 88})
		}
		if err != nil {
			t.Fatal(err)
		}
		files[i] = b.Bytes()
	}
	dir := t.TempDir()
	bad := 0
	for i := range pictures {
		data, name := files[i%distinct], fmt.Sprintf("%04d.jpg", i)
		switch i % 50 {
		case 7:
			data, bad = data[:len(data)/2], bad+1 // cut off
		case 31:
			data, bad = []byte("no picture at all"), bad+1
		}
		write(t, filepath.Join(dir, name), data)
	}
	start := time.Now()
	lines := call(t, 1, "predict", "--json", dir).lines(t)
	took := time.Since(start)
	failed := 0
	for i, line := range lines {
		if want := filepath.Join(dir, fmt.Sprintf("%04d.jpg", i)); line["path"] != want {
			t.Fatalf("line %d is about %v, not %s", i, line["path"], want)
		}
		if line["error"] != nil {
			failed++
		}
	}
	if len(lines) != pictures || failed != bad {
		t.Errorf("%d lines, %d of them errors; want %d and %d", len(lines), failed, pictures, bad)
	}
	t.Logf("%d pictures in %.1f s: %.0f a second", pictures, took.Seconds(), pictures/took.Seconds())
}
