package dataset_test

import (
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"atelier/ml/dataset"
)

func augmented(a dataset.Augment, pixels []byte, position int) []float32 {
	dst := make([]float32, len(pixels))
	a.Apply(dst, pixels, 28, 28, 42, 0, position)
	return dst
}

func plain(pixels []byte) []float32 {
	dst := make([]float32, len(pixels))
	dataset.Normalise(dst, pixels)
	return dst
}

// moved is x moved by dx and dy, background coming in.
func moved(x []float32, dx, dy int) []float32 {
	out := make([]float32, len(x))
	for r := range 28 {
		for c := range 28 {
			if sr, sc := r-dy, c-dx; sr >= 0 && sr < 28 && sc >= 0 && sc < 28 {
				out[r*28+c] = x[sr*28+sc]
			}
		}
	}
	return out
}

func mirrored(x []float32) []float32 {
	out := slices.Clone(x)
	for r := range 28 {
		slices.Reverse(out[r*28 : (r+1)*28])
	}
	return out
}

func TestAugmentZeroChangesNothing(t *testing.T) {
	p := sample(t).Test.Image(0)
	if !slices.Equal(augmented(dataset.Augment{}, p, 0), plain(p)) {
		t.Error("a picture changed")
	}
}

// A shift moves whole pixels, all moves in range occur, and none beyond it.
func TestAugmentShift(t *testing.T) {
	p := sample(t).Test.Image(0)
	seen := map[[2]int]bool{}
	for position := range 300 {
		got := augmented(dataset.Augment{Shift: 2}, p, position)
		for dx := -2; dx <= 2; dx++ {
			for dy := -2; dy <= 2; dy++ {
				if slices.Equal(got, moved(plain(p), dx, dy)) {
					seen[[2]int{dx, dy}] = true
				}
			}
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d of 25 shifts were seen", len(seen))
	}
}

func TestAugmentFlipMirrorsHalf(t *testing.T) {
	p := sample(t).Test.Image(0)
	flipped := 0
	for position := range 1000 {
		switch got := augmented(dataset.Augment{Flip: true}, p, position); {
		case slices.Equal(got, mirrored(plain(p))):
			flipped++
		case !slices.Equal(got, plain(p)):
			t.Fatal("a picture is neither as it was nor mirrored")
		}
	}
	if flipped < 400 || flipped > 600 {
		t.Errorf("%d of 1000 were mirrored", flipped)
	}
}

// A round picture does not change when it is turned, and a resized one has an
// area in proportion.
func TestAugmentRotationAndScaleOfADisc(t *testing.T) {
	disc := make([]byte, 784)
	for i := range disc {
		r := math.Hypot(float64(i%28)-13.5, float64(i/28)-13.5)
		disc[i] = byte(255 * min(max(8.5-r, 0), 1))
	}
	area := func(x []float32) (sum float64) {
		for _, v := range x {
			sum += float64(v)
		}
		return sum
	}
	whole := area(plain(disc))
	var least, most float64 = 1, 1
	for position := range 200 {
		turned := augmented(dataset.Augment{Rotation: 180}, disc, position)
		for i, v := range turned {
			if d := math.Abs(float64(v - plain(disc)[i])); d > 0.25 {
				t.Fatalf("pixel %d of a turned disc differs by %.2f", i, d)
			}
		}
		size := math.Sqrt(area(augmented(dataset.Augment{Scale: 0.2}, disc, position)) / whole)
		least, most = min(least, size), max(most, size)
	}
	if least < 0.79 || least > 0.84 || most > 1.21 || most < 1.16 {
		t.Errorf("sizes from %.3f to %.3f, want nearly 0.8 to 1.2", least, most)
	}
}

func TestAugmentErasing(t *testing.T) {
	p := make([]byte, 784)
	erased := 0
	for position := range 500 {
		got := augmented(dataset.Augment{Erasing: 0.5}, p, position)
		n := 0
		for _, v := range got {
			if v < 0 || v > 1 {
				t.Fatalf("noise of %v", v)
			}
			if v > 0 {
				n++
			}
		}
		if n > 0 {
			erased++
			if n < 10 || n > 784*45/100 {
				t.Errorf("%d pixels erased", n)
			}
		}
	}
	if erased < 200 || erased > 300 {
		t.Errorf("%d of 500 pictures erased", erased)
	}
}

func TestAugmentIsSeeded(t *testing.T) {
	p := sample(t).Test.Image(3)
	a := dataset.Augment{Shift: 2, Flip: true, Rotation: 10, Scale: 0.1, Erasing: 0.5}
	if !slices.Equal(augmented(a, p, 5), augmented(a, p, 5)) {
		t.Error("the same picture came out in two ways")
	}
	if slices.Equal(augmented(a, p, 5), augmented(a, p, 6)) {
		t.Error("two positions gave the same picture")
	}
}

// What a seed gives must stay as it is, so that a recipe trains the same model
// again. The checksums are those of amd64; elsewhere a multiplication and an
// addition may be rounded as one.
func TestAugmentOfASeedStays(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the checksums are those of amd64")
	}
	set := sample(t).Train
	for _, c := range []struct {
		name     string
		augment  dataset.Augment
		checksum uint64
	}{
		{"shift and flip", dataset.Augment{Shift: 2, Flip: true}, 0xb7fb5015f0932c61},
		{"rotation", dataset.Augment{Rotation: 15}, 0xdee96230fa0131a7},
		{"rotation, scale, shift and flip", dataset.Augment{Rotation: 15, Scale: 0.15, Shift: 2, Flip: true}, 0x6afa571f9ae43bb6},
		{"erasing", dataset.Augment{Erasing: 0.5}, 0x64e16dd974c1db14},
		{"redraw", dataset.Augment{Garment: dataset.Garment{Redraw: 1}}, 0x6bfb5d5619d6a668},
		{"wobble", dataset.Augment{Garment: dataset.Garment{Wobble: 1}}, 0xfc515e5d957c21dc},
		{"thickness", dataset.Augment{Garment: dataset.Garment{Thickness: 1}}, 0xc1cab25a443e28d0},
		{"tone", dataset.Augment{Garment: dataset.Garment{Tone: 1}}, 0x89346debd7d0dfb1},
		{"background", dataset.Augment{Garment: dataset.Garment{Background: 1}}, 0x7acf9eaeb0c68640},
		{"outlier", dataset.Augment{Garment: dataset.Garment{Outlier: 1}}, 0x832eaafe1d65a177},
	} {
		sum := fnv.New64a()
		dst := make([]float32, 784)
		raw := make([]byte, 0, 4*784)
		for i := range set.Len() {
			c.augment.Apply(dst, set.Image(i), 28, 28, 42, 3, i)
			raw = raw[:0]
			for _, v := range dst {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
			}
			sum.Write(raw)
		}
		if got := sum.Sum64(); got != c.checksum {
			t.Errorf("%s: the pictures' checksum is %#x, want %#x", c.name, got, c.checksum)
		}
	}
}

func TestAugmentValidate(t *testing.T) {
	good := dataset.Augment{Shift: 2, Flip: true, Rotation: 10, Scale: 0.1, Erasing: 0.5, Mixup: 0.2}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, a := range map[string]dataset.Augment{
		"shift is -1":     {Shift: -1},
		"rotation is 200": {Rotation: 200},
		"scale is 1":      {Scale: 1},
		"erasing is 1.5":  {Erasing: 1.5},
		"mixup is NaN":    {Mixup: math.NaN()},
	} {
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAugmentJSON(t *testing.T) {
	want := dataset.Augment{Shift: 2, Flip: true, Rotation: 10, Scale: 0.1, Erasing: 0.5, Mixup: 0.2}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got dataset.Augment
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s came back as %+v, error %v", text, got, err)
	}
	if text, _ := json.Marshal(dataset.Augment{}); string(text) != "{}" {
		t.Errorf("no augmentation is %s", text)
	}
}

func BenchmarkAugment(b *testing.B) {
	p := sample(b).Test.Image(0)
	dst := make([]float32, 784)
	a := dataset.Augment{Shift: 2, Flip: true, Rotation: 10, Scale: 0.1, Erasing: 0.5}
	for i := range b.N {
		a.Apply(dst, p, 28, 28, 1, 0, i)
	}
}
