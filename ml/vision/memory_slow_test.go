//go:build slow

package vision_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"atelier/ml/vision"
)

// TestThePicturesAtTheLimitNeedLittleMemory reads and prepares, each in a process
// of its own, the largest pictures that Decode accepts.
func TestThePicturesAtTheLimitNeedLittleMemory(t *testing.T) {
	const limit = 512 << 20
	if path := os.Getenv("ATELIER_LARGE_PICTURE"); path != "" {
		img, err := vision.DecodeFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vision.Prepare(img, vision.Auto); err != nil {
			t.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if err := os.WriteFile(path+".memory", []byte(strconv.FormatUint(m.Sys, 10)), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name, make := range map[string]func(b *bytes.Buffer) error{
		"grey.png": func(b *bytes.Buffer) error {
			return png.Encode(b, painted(image.NewGray(image.Rect(0, 0, 8192, 8192))))
		},
		"colour.png": func(b *bytes.Buffer) error {
			return png.Encode(b, painted(image.NewNRGBA(image.Rect(0, 0, 8192, 8192))))
		},
		"deep.png": func(b *bytes.Buffer) error {
			return png.Encode(b, painted(image.NewNRGBA64(image.Rect(0, 0, 4096, 8192))))
		},
		"photo.jpg": func(b *bytes.Buffer) error {
			data, err := jpegOf(6600, 6700)
			if err != nil {
				return err
			}
			// Turned, which takes a copy.
			_, err = b.Write(withOrientation(data, 6, binary.BigEndian))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := make(&b); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThePicturesAtTheLimitNeedLittleMemory$")
			command.Env = append(os.Environ(), "ATELIER_LARGE_PICTURE="+path)
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile(path + ".memory")
			if err != nil {
				t.Fatal(err)
			}
			memory, err := strconv.ParseUint(string(text), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MB", memory>>20)
			if memory > limit {
				t.Errorf("it takes %d MB", memory>>20)
			}
		})
	}
}

// painted puts a disc into the middle of a white picture.
func painted(img interface {
	image.Image
	Set(x, y int, c color.Color)
},
) image.Image {
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			dx, dy := x-b.Dx()/2, y-b.Dy()/2
			v := uint8(255)
			if dx*dx+dy*dy < b.Dx()*b.Dx()/9 {
				v = uint8(60 + x%32)
			}
			img.Set(x, y, color.Gray{Y: v})
		}
	}
	return img
}

func jpegOf(w, h int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, painted(image.NewRGBA(image.Rect(0, 0, w, h))), nil)
	return b.Bytes(), err
}
