package vision_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"atelier/ml/vision"
)

// corners is a picture whose four quarters differ: red, green, blue, white.
func corners(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	colours := []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, colours[y*2/h*2+x*2/w])
		}
	}
	return img
}

// layout names the colours of the four quarters, in reading order.
func layout(img image.Image) string {
	b := img.Bounds()
	name := ""
	for _, at := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		r, g, bl, _ := img.At(b.Min.X+b.Dx()*at[0]/4, b.Min.Y+b.Dy()*at[1]/4).RGBA()
		switch high := func(v uint32) bool { return v > 0x8000 }; {
		case high(r) && high(g) && high(bl):
			name += "w"
		case high(r):
			name += "r"
		case high(g):
			name += "g"
		case high(bl):
			name += "b"
		default:
			name += "?"
		}
	}
	return name
}

func encode(t testing.TB, img image.Image, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	case "gif":
		err = gif.Encode(&b, img, nil)
	case "bmp":
		err = bmp.Encode(&b, img)
	case "tiff":
		err = tiff.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeReadsEveryFormat(t *testing.T) {
	for _, format := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		img, err := vision.Decode(t.Context(), bytes.NewReader(encode(t, corners(40, 40), format)), "x")
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if got := layout(img); got != "rgbw" {
			t.Errorf("%s shows %s", format, got)
		}
	}
	// A 1×1 lossless WebP.
	data, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	if img, err := vision.Decode(t.Context(), bytes.NewReader(data), "x"); err != nil || img.Bounds().Dx() != 1 {
		t.Errorf("webp: %v", err)
	}
}

func TestDecodeReadsEveryColourModel(t *testing.T) {
	source := corners(20, 20)
	for name, img := range map[string]interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		"16 bit":    image.NewNRGBA64(source.Rect),
		"grey":      image.NewGray(source.Rect),
		"grey 16":   image.NewGray16(source.Rect),
		"paletted":  image.NewPaletted(source.Rect, color.Palette{color.Black, color.White, color.NRGBA{255, 0, 0, 255}}),
		"with hole": image.NewNRGBA(source.Rect),
	} {
		for y := range 20 {
			for x := range 20 {
				if name != "with hole" || x < 10 {
					img.Set(x, y, source.At(x, y))
				}
			}
		}
		if _, err := vision.Decode(t.Context(), bytes.NewReader(encode(t, img, "png")), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// withOrientation puts an EXIF segment into a JPEG.
func withOrientation(data []byte, orientation uint16, order binary.ByteOrder) []byte {
	exif := []byte("Exif\x00\x00II*\x00")
	if order == binary.BigEndian {
		exif = []byte("Exif\x00\x00MM\x00*")
	}
	appender := order.(binary.AppendByteOrder)
	exif = appender.AppendUint32(exif, 8)
	exif = appender.AppendUint16(exif, 1)
	exif = appender.AppendUint16(exif, 0x0112)
	exif = appender.AppendUint16(exif, 3)
	exif = appender.AppendUint32(exif, 1)
	exif = appender.AppendUint16(exif, orientation)
	exif = append(exif, 0, 0, 0, 0, 0, 0)
	segment := append([]byte{0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(append(data[:2:2], segment...), exif...), data[2:]...)
}

func TestPhotosAreTurnedUpright(t *testing.T) {
	data := encode(t, corners(64, 32), "jpeg")
	// What a viewer shows for each EXIF orientation of r g / b w.
	want := map[uint16]string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 0: "rgbw", 9: "rgbw"}
	for orientation, layoutWanted := range want {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			img, err := vision.Decode(t.Context(), bytes.NewReader(withOrientation(data, orientation, order)), "x")
			if err != nil {
				t.Fatal(err)
			}
			if got := layout(img); got != layoutWanted {
				t.Errorf("orientation %d (%v) shows %s, want %s", orientation, order, got, layoutWanted)
			}
			if turned := orientation >= 5 && orientation <= 8; turned != (img.Bounds().Dy() > img.Bounds().Dx()) {
				t.Errorf("orientation %d gives %v", orientation, img.Bounds())
			}
		}
	}
}

func TestErrorsNameTheFileAndTheRemedy(t *testing.T) {
	good := encode(t, corners(300, 300), "png")
	promises := func(w, h uint32) []byte {
		// The header alone decides; what follows is never decoded.
		data := bytes.Clone(good)
		binary.BigEndian.PutUint32(data[16:], w)
		binary.BigEndian.PutUint32(data[20:], h)
		return fixCRC(data)
	}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty.png", "is empty", nil},
		{"notes.txt", "choose a PNG, JPEG", []byte("just some text, long enough to be looked at")},
		{"cut.png", "copy or download it again", good[:len(good)/2]},
		{"photo.heic", "export it as JPEG", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")},
		{"photo.avif", "save it as PNG or JPEG", []byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00")},
		{"film.mp4", "save one frame", []byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00")},
		{"paper.pdf", "save the page", []byte("%PDF-1.7 and so on")},
		{"logo.svg", "export it as PNG", []byte(`<?xml version="1.0"?><svg xmlns="x"></svg>`)},
		{"bomb.png", "over the limit of 64 megapixels: save a smaller copy", promises(100_000, 100_000)},
	} {
		_, err := vision.Decode(t.Context(), bytes.NewReader(c.data), c.name)
		var bad *vision.DecodeError
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), c.name+" ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s gives %v, want %q", c.name, err, c.want)
		}
	}

	dir := t.TempDir()
	if _, err := vision.DecodeFile(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder gives %v", err)
	}
	if _, err := vision.DecodeFile(t.Context(), filepath.Join(dir, "none.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := vision.Decode(ctx, bytes.NewReader(good), "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read gives %v", err)
	}
}

// fixCRC corrects the checksum of a PNG's first chunk.
func fixCRC(data []byte) []byte {
	crc := ^uint32(0)
	for _, b := range data[12:29] {
		crc ^= uint32(b)
		for range 8 {
			crc = crc>>1 ^ 0xEDB88320&-(crc&1)
		}
	}
	binary.BigEndian.PutUint32(data[29:], ^crc)
	return data
}

func FuzzDecode(f *testing.F) {
	img := corners(9, 7)
	for _, format := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		f.Add(encode(f, img, format))
	}
	f.Add(withOrientation(encode(f, img, "jpeg"), 6, binary.BigEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := vision.Decode(t.Context(), bytes.NewReader(data), "fuzz")
		if err != nil {
			var bad *vision.DecodeError
			if !errors.As(err, &bad) {
				t.Fatalf("%v is no DecodeError", err)
			}
			return
		}
		b := img.Bounds()
		if b.Dx()*b.Dy() > vision.MaxPixels {
			t.Fatalf("a picture of %v is accepted", b)
		}
		if b.Dx()*b.Dy() > 1<<20 {
			return
		}
		for _, kind := range vision.Kinds() {
			if _, err := vision.Prepare(img, kind); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
		}
	})
}
