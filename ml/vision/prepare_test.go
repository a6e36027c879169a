package vision_test

import (
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"

	"atelier/ml/dataset"
	"atelier/ml/vision"
	"atelier/ml/vision/visiontest"
)

// garments returns some pictures of Fashion-MNIST.
func garments(t testing.TB) *dataset.Set {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	return data.Test
}

func TestFashionMNISTPicturesPassUnchanged(t *testing.T) {
	set := garments(t)
	for i := range 200 {
		img := &image.Gray{Pix: set.Image(i), Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
		for _, factor := range []int{1, 10} {
			large := image.NewGray(image.Rect(0, 0, 28*factor, 28*factor))
			draw.NearestNeighbor.Scale(large, large.Rect, img, img.Rect, draw.Src, nil)
			r, err := vision.Prepare(large, vision.MNIST)
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Pixels[:]) != string(img.Pix) && rimIsDark(img) {
				t.Fatalf("picture %d, enlarged by %d, is changed", i, factor)
			}
		}
	}
	r, err := vision.Prepare(&image.Gray{Pix: set.Image(0), Stride: 28, Rect: image.Rect(0, 0, 28, 28)}, vision.Auto)
	if err != nil || r.Kind != vision.MNIST {
		t.Errorf("kind %s, %v", r.Kind, err)
	}
}

func rimIsDark(img *image.Gray) bool {
	dark := 0
	for i := range 28 {
		for _, p := range [][2]int{{i, 0}, {i, 27}, {0, i}, {27, i}} {
			if img.GrayAt(p[0], p[1]).Y < 64 {
				dark++
			}
		}
	}
	return dark > 80
}

// photo makes a product photo of a picture of the dataset: enlarged, negated,
// on a ground of the given colour.
func photo(pixels []byte, ground func(x, y int) color.RGBA) *image.RGBA {
	const factor, border = 9, 40
	grey := &image.Gray{Pix: pixels, Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
	large := image.NewGray(image.Rect(0, 0, 28*factor, 28*factor))
	draw.BiLinear.Scale(large, large.Rect, grey, grey.Rect, draw.Src, nil)
	out := image.NewRGBA(image.Rect(0, 0, 28*factor+2*border, 28*factor+2*border))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			g := ground(x, y)
			v := large.GrayAt(x-border, y-border).Y
			// Cloth covers the ground where there is any.
			cover := min(1, float64(v)/24)
			mix := func(under uint8) uint8 { return uint8(float64(under)*(1-cover) + float64(255-v)*cover) }
			out.SetRGBA(x, y, color.RGBA{mix(g.R), mix(g.G), mix(g.B), 255})
		}
	}
	return out
}

// likeness returns the correlation of two pictures.
func likeness(a, b []byte) float64 {
	var sa, sb, saa, sbb, sab float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	n := float64(len(a))
	return (sab - sa*sb/n) / math.Sqrt((saa-sa*sa/n)*(sbb-sb*sb/n)+1e-9)
}

func TestGarmentsAreFoundBeforeAnyGround(t *testing.T) {
	set := garments(t)
	noise := rand.New(rand.NewPCG(1, 2))
	for name, ground := range map[string]func(x, y int) color.RGBA{
		"white":     func(x, y int) color.RGBA { return color.RGBA{255, 255, 255, 255} },
		"off-white": func(x, y int) color.RGBA { return color.RGBA{243, 240, 235, 255} },
		"blue":      func(x, y int) color.RGBA { return color.RGBA{70, 110, 190, 255} },
		"gradient": func(x, y int) color.RGBA {
			return color.RGBA{uint8(190 + x/8), uint8(205 + y/10), uint8(200 + x/10), 255}
		},
		"grainy": func(x, y int) color.RGBA {
			v := uint8(225 + noise.IntN(14))
			return color.RGBA{v, v, v, 255}
		},
	} {
		total, n := 0.0, 0
		for i := 0; i < set.Len(); i += 25 {
			r, err := vision.Prepare(photo(set.Image(i), ground), vision.Photo)
			if err != nil {
				t.Fatal(err)
			}
			total += likeness(r.Pixels[:], set.Image(i))
			n++
		}
		if mean := total / float64(n); mean < 0.8 {
			t.Errorf("on %s the pictures are alike to %.2f only", name, mean)
		} else {
			t.Logf("on %s the pictures are alike to %.3f", name, mean)
		}
	}
}

func TestDrawingsAreKnownAsSuch(t *testing.T) {
	wrong, n := 0, 0
	for class := range 10 {
		for _, style := range visiontest.Styles() {
			r, err := vision.Prepare(visiontest.Drawing(class, style, 3), vision.Auto)
			if err != nil {
				t.Fatal(err)
			}
			n++
			if r.Kind != vision.Sketch {
				wrong++
				t.Logf("class %d drawn as %s is taken for a %s: %s", class, style, r.Kind, r.Why)
			}
			if r.Blank || r.Why == "" || len(r.Steps) < 3 || r.Steps[0].Name != "Original" || r.Steps[len(r.Steps)-1].Name != "28×28" {
				t.Errorf("class %d drawn as %s: blank %v, why %q, %d steps", class, style, r.Blank, r.Why, len(r.Steps))
			}
		}
	}
	if wrong*20 > n {
		t.Errorf("%d of %d drawings are taken for something else", wrong, n)
	}
}

func TestOutlinesAreFilled(t *testing.T) {
	for class := range 10 {
		if class == 5 || class == 8 {
			continue // straps and handles stay lines
		}
		for _, style := range []visiontest.Style{visiontest.Outline, visiontest.Gaps, visiontest.Wobbly, visiontest.Chalk, visiontest.Small} {
			r, err := vision.Prepare(visiontest.Drawing(class, style, 5), vision.Auto)
			if err != nil {
				t.Fatal(err)
			}
			inked := 0
			for _, v := range r.Pixels {
				if v > 60 {
					inked++
				}
			}
			if inked < 28*28/6 {
				t.Errorf("class %d drawn as %s fills %d pixels only", class, style, inked)
			}
		}
	}
}

func TestNothingIsBlank(t *testing.T) {
	for _, kind := range []visiontest.Other{visiontest.Empty, visiontest.Uniform} {
		for seed := range uint64(6) {
			r, err := vision.Prepare(visiontest.NotGarment(kind, seed), vision.Auto)
			if err != nil || !r.Blank {
				t.Errorf("%s %d: blank %v, %v", kind, seed, r.Blank, err)
			}
		}
	}
}

func TestCrop(t *testing.T) {
	img := visiontest.Drawing(0, visiontest.Outline, 1)
	whole, err := vision.Prepare(img, vision.Sketch)
	if err != nil {
		t.Fatal(err)
	}
	same, err := vision.PrepareCrop(img, img.Bounds().Inset(-50), vision.Sketch)
	if err != nil || same.Pixels != whole.Pixels {
		t.Errorf("a box around everything changes the picture (%v)", err)
	}
	b := img.Bounds()
	half, err := vision.PrepareCrop(img, image.Rect(b.Min.X, b.Min.Y, b.Max.X, b.Dy()/2), vision.Sketch)
	if err != nil || half.Pixels == whole.Pixels {
		t.Errorf("half of the picture gives the same (%v)", err)
	}
	if _, err := vision.PrepareCrop(img, image.Rect(-9, -9, -1, -1), vision.Auto); !errors.Is(err, vision.ErrEmpty) {
		t.Errorf("a box beside the picture gives %v", err)
	}
}

func TestAnyShapeAndKind(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 500}, {700, 2}, {28, 28}, {29, 27}, {3, 3}} {
		img := image.NewRGBA(image.Rect(-5, 7, -5+size[0], 7+size[1]))
		r := rand.New(rand.NewPCG(uint64(size[0]), uint64(size[1])))
		for i := range img.Pix {
			img.Pix[i] = uint8(r.IntN(256))
		}
		for _, kind := range vision.Kinds() {
			got, err := vision.Prepare(img, kind)
			if err != nil {
				t.Fatalf("%v as %s: %v", size, kind, err)
			}
			if got.Kind == vision.Auto || len(got.Steps) < 2 {
				t.Errorf("%v as %s gives kind %s and %d steps", size, kind, got.Kind, len(got.Steps))
			}
		}
	}
	if _, err := vision.Prepare(image.NewGray(image.Rectangle{}), vision.Auto); !errors.Is(err, vision.ErrEmpty) {
		t.Errorf("no pixels give %v", err)
	}
	if _, err := vision.Prepare(image.NewGray(image.Rect(0, 0, 5, 5)), "film"); err == nil {
		t.Error("an unknown kind is accepted")
	}
}

func TestParseKind(t *testing.T) {
	for text, want := range map[string]vision.Kind{"": vision.Auto, "Photo": vision.Photo, "sketch": vision.Sketch, "MNIST": vision.MNIST} {
		if got, err := vision.ParseKind(text); err != nil || got != want {
			t.Errorf("%q gives %s, %v", text, got, err)
		}
	}
	if _, err := vision.ParseKind("film"); err == nil {
		t.Error("film is accepted")
	}
}

func TestPicture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shirt.png")
	img := visiontest.Drawing(0, visiontest.DarkFill, 1)
	if err := os.WriteFile(path, encode(t, img, "png"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := vision.Picture(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := vision.Prepare(img, vision.Auto)
	if err != nil || string(got) != string(want.Pixels[:]) {
		t.Errorf("a file gives other pixels than its picture (%v)", err)
	}
}
