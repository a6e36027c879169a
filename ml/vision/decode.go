package vision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // formats that Decode reads
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Limits on what Decode accepts. A picture's size is known before its pixels
// are decoded, so a small file that promises a huge picture costs nothing.
const (
	MaxPixels    = 64 << 20  // pixels in a picture
	maxFileBytes = 128 << 20 // bytes in a file
	maxDecoded   = 256 << 20 // bytes that the decoder may need for the pixels
	maxTurned    = 4096      // longest edge of a picture that had to be turned upright
)

// A DecodeError says which picture could not be read, why, and what to do.
type DecodeError struct {
	Name   string // the file
	Reason string // what is wrong and the remedy, without the name
	Err    error  // the cause, if another package found it
}

func (e *DecodeError) Error() string { return e.Name + " " + e.Reason }
func (e *DecodeError) Unwrap() error { return e.Err }

var extensions = []string{".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// Extensions returns the file name endings of the formats that Decode reads, in
// lower case with their dot.
func Extensions() []string { return slices.Clone(extensions) }

// IsPicture reports whether the file name looks like a picture that Decode reads.
func IsPicture(name string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
}

// IsForeign reports whether the file name is that of a picture which Decode can
// only name: phones make such pictures, and their owners must hear of it.
func IsForeign(name string) bool {
	return slices.Contains([]string{".heic", ".heif", ".avif"}, strings.ToLower(filepath.Ext(name)))
}

// DecodeFile reads the picture in the file at path; see Decode.
func DecodeFile(ctx context.Context, path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, &DecodeError{path, fmt.Sprintf("cannot be opened (%v): check that it exists and that you may read it", err), err}
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &DecodeError{path, "is a folder: choose the pictures in it", nil}
	}
	return Decode(ctx, f, path)
}

// Decode reads a PNG, JPEG, GIF (its first frame), WebP, BMP or TIFF picture
// and turns it upright by its EXIF orientation. It refuses files over 128 MB
// and pictures over MaxPixels before decoding, and stops soon after ctx is
// done. Errors other than ctx's are *DecodeError and carry name.
func Decode(ctx context.Context, r io.Reader, name string) (image.Image, error) {
	data, err := io.ReadAll(io.LimitReader(contextReader{ctx, r}, maxFileBytes+1))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &DecodeError{name, fmt.Sprintf("cannot be read (%v)", err), err}
	}
	if len(data) == 0 {
		return nil, &DecodeError{name, "is empty: choose another file", nil}
	}
	if len(data) > maxFileBytes {
		return nil, &DecodeError{name, fmt.Sprintf("is larger than %d MB: save a smaller copy", maxFileBytes>>20), nil}
	}

	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, &DecodeError{name, unreadable(data, err), err}
	}
	if reason := tooLarge(config, format); reason != "" {
		return nil, &DecodeError{name, reason, nil}
	}
	img, err := decodePixels(contextReader{ctx, bytes.NewReader(data)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &DecodeError{name, unreadable(data, err), err}
	}
	if img.Bounds().Empty() {
		return nil, &DecodeError{name, "has no pixels: choose another file", ErrEmpty}
	}
	return upright(img, orientation(data, format)), nil
}

// decodePixels decodes a picture; a decoder's panic on a damaged file becomes
// an error.
func decodePixels(r io.Reader) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("damaged picture: %v", p)
		}
	}()
	img, _, err = image.Decode(r)
	return img, err
}

func tooLarge(c image.Config, format string) string {
	if c.Width <= 0 || c.Height <= 0 {
		return "has no pixels: choose another file"
	}
	pixels := int64(c.Width) * int64(c.Height)
	if pixels > MaxPixels {
		return fmt.Sprintf("is %d×%d pixels, over the limit of %d megapixels: save a smaller copy", c.Width, c.Height, MaxPixels>>20)
	}
	bytes := pixels * int64(bytesPerPixel(c))
	if format == "jpeg" {
		bytes *= 2 // a progressive JPEG keeps its coefficients beside the pixels
	}
	if bytes > maxDecoded {
		return fmt.Sprintf("is %d×%d pixels and needs %d MB of memory: save a smaller copy with 8 bits a channel", c.Width, c.Height, bytes>>20)
	}
	return ""
}

func bytesPerPixel(c image.Config) int {
	switch c.ColorModel {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.Gray16Model, color.Alpha16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := c.ColorModel.(color.Palette); ok {
		return 1
	}
	return 4
}

// unreadable explains why a decoder failed on data, by what the data looks like.
func unreadable(data []byte, err error) string {
	head := data[:min(len(data), 512)]
	switch {
	case len(head) > 12 && string(head[4:8]) == "ftyp":
		switch brand := string(head[8:12]); brand {
		case "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1":
			return "is a HEIC photo, which cannot be read: save or export it as JPEG and open that"
		case "avif", "avis":
			return "is an AVIF picture, which cannot be read: save it as PNG or JPEG and open that"
		}
		return "is a video, not a picture: save one frame as PNG or JPEG and open that"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "is a PDF document: save the page as PNG or JPEG and open that"
	case bytes.Contains(head, []byte("<svg")):
		return "is an SVG drawing: export it as PNG and open that"
	case errors.Is(err, image.ErrFormat):
		return "is not a picture that can be read: choose a PNG, JPEG, GIF, WebP, BMP or TIFF file"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), strings.Contains(err.Error(), "not enough pixel data"):
		return "is cut off before its end: copy or download it again"
	}
	return fmt.Sprintf("is damaged (%v): open it in a picture program and save it as PNG", err)
}

// A contextReader fails with the context's error once the context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	// Small pieces, so that decoding a large picture is left soon.
	return c.r.Read(p[:min(len(p), 64<<10)])
}
