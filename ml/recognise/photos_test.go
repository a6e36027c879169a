//go:build slow

package recognise_test

import (
	"fmt"
	"hash/fnv"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atelier/ml/recognise"
	"atelier/ml/vision"
	"atelier/ml/vision/visiontest"
)

// A preparation makes 28×28 pixels of a picture.
type preparation struct {
	name    string
	prepare func(img image.Image) (vision.Result, error)
}

func preparations() []preparation {
	return []preparation{
		{"plain resize", func(img image.Image) (vision.Result, error) {
			return vision.Result{Pixels: vision.PlainResize(img), Kind: vision.Photo}, nil
		}},
		{"makers' pipeline", func(img image.Image) (vision.Result, error) {
			return vision.Result{Pixels: vision.MakersPipeline(img), Kind: vision.Photo}, nil
		}},
		{"ours", func(img image.Image) (vision.Result, error) { return vision.Prepare(img, vision.Auto) }},
	}
}

// tally counts right classes by preparation, and for ours what is refused and
// what gets its right class as the answer.
type tally struct {
	pictures, refused, answered int
	right                       [3]int
}

// add asks about a picture that shows one of the classes.
func (c *tally) add(t *testing.T, img image.Image, classes ...int) {
	t.Helper()
	c.pictures++
	for k, p := range preparations() {
		prepared, err := p.prepare(img)
		if err != nil {
			t.Fatal(err)
		}
		a, err := recogniser(t).Prepared(t.Context(), prepared)
		if err != nil {
			t.Fatal(err)
		}
		right := slices.Contains(classes, a.Class)
		if right {
			c.right[k]++
		}
		if p.name != "ours" {
			continue
		}
		if a.Unknown {
			c.refused++
		} else if right {
			c.answered++
		}
	}
}

func (c *tally) join(d tally) {
	c.pictures, c.refused, c.answered = c.pictures+d.pictures, c.refused+d.refused, c.answered+d.answered
	for k := range c.right {
		c.right[k] += d.right[k]
	}
}

func (c tally) String() string {
	return fmt.Sprintf("of %3d: plain resize %3d, makers' pipeline %3d, ours %3d right; ours answers %d of them and refuses %d in all",
		c.pictures, c.right[0], c.right[1], c.right[2], c.answered, c.refused)
}

// oursIsBest fails where another preparation gets more pictures of a set right.
func (c tally) oursIsBest(t *testing.T, set string) {
	t.Helper()
	t.Logf("%-12s %s", set, c)
	if c.right[2] < max(c.right[0], c.right[1]) {
		t.Errorf("%s: ours is not the best", set)
	}
}

// keptApart tells whether a photograph of the clothing dataset belongs to the
// eighth that nothing is tuned on. The number makes it a part that holds none of
// the photographs that were looked at before there was a rule.
func keptApart(path string) bool {
	h := fnv.New32a()
	h.Write([]byte(filepath.Base(path) + "238285971"))
	return h.Sum32()>>29 == 0
}

// TestEverydayPhotos compares three preparations on photographs that are not
// part of the repository: the folder named by ATELIER_PHOTOS holds a folder for
// each sort of garment, as the training part of the clothing dataset of
// https://github.com/alexeygrigorev/clothing-dataset-small (CC0) does. It looks
// at 60 photographs of each sort to tune on, and, with ATELIER_PHOTOS_PART=apart,
// at those kept apart.
func TestEverydayPhotos(t *testing.T) {
	root := os.Getenv("ATELIER_PHOTOS")
	if root == "" {
		t.Skip("ATELIER_PHOTOS names no folder of photographs")
	}
	apart := os.Getenv("ATELIER_PHOTOS_PART") == "apart"
	var all tally
	for _, sort := range []struct {
		folder  string
		classes []int
	}{
		{"t-shirt", []int{0}},
		{"pants", []int{1}},
		{"longsleeve", []int{2, 6}},
		{"dress", []int{3}},
		{"outwear", []int{4}},
		{"shirt", []int{6}},
		{"shoes", []int{5, 7, 9}},
	} {
		paths, err := recognise.Walk([]string{filepath.Join(root, sort.folder)})
		if err != nil {
			t.Fatal(err)
		}
		paths = slices.DeleteFunc(paths, func(path string) bool { return keptApart(path) != apart })
		if !apart {
			paths = paths[:min(len(paths), 60)]
		}
		var c tally
		for _, path := range paths {
			img, err := vision.DecodeFile(t.Context(), path)
			if err != nil {
				t.Error(err)
				continue
			}
			c.add(t, img, sort.classes...)
		}
		t.Logf("%-12s %s", sort.folder, c)
		all.join(c)
	}
	all.oursIsBest(t, "photographs")
}

// TestPreparationsOnDrawings compares the preparations on drawings of which no
// other test looks at the seeds.
func TestPreparationsOnDrawings(t *testing.T) {
	var all tally
	for class := range 10 {
		var c tally
		for _, style := range visiontest.Styles() {
			for seed := uint64(100); seed < 103; seed++ {
				c.add(t, visiontest.Drawing(class, style, seed), class)
			}
		}
		t.Logf("%-12s %s", strings.ToLower(recogniser(t).Model().Classes[class]), c)
		all.join(c)
	}
	all.oursIsBest(t, "drawings")
}
