//go:build slow

package recognise_test

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"atelier/ml/recognise"
	"atelier/ml/vision"
)

// TestEverydayPhotos compares three preparations on photographs that are not
// part of the repository: a folder, named by ATELIER_PHOTOS, with a folder for
// each sort of garment, as in the training part of the clothing data set of
// https://github.com/alexeygrigorev/clothing-dataset-small (CC0).
func TestEverydayPhotos(t *testing.T) {
	root := os.Getenv("ATELIER_PHOTOS")
	if root == "" {
		t.Skip("ATELIER_PHOTOS names no folder of photographs")
	}
	r := recogniser(t)
	preparations := []struct {
		name    string
		prepare func(img image.Image) (vision.Result, error)
	}{
		{"plain resize", func(img image.Image) (vision.Result, error) {
			return vision.Result{Pixels: vision.PlainResize(img), Kind: vision.Photo}, nil
		}},
		{"makers' pipeline", func(img image.Image) (vision.Result, error) {
			return vision.Result{Pixels: vision.MakersPipeline(img), Kind: vision.Photo}, nil
		}},
		{"ours", func(img image.Image) (vision.Result, error) { return vision.Prepare(img, vision.Auto) }},
	}
	total := make([]int, len(preparations))
	for folder, classes := range map[string][]int{
		"t-shirt": {0}, "pants": {1}, "longsleeve": {2, 6}, "dress": {3}, "outwear": {4}, "shirt": {6}, "shoes": {5, 7, 9},
	} {
		paths, err := recognise.Walk([]string{filepath.Join(root, folder)})
		if err != nil {
			t.Fatal(err)
		}
		right, refused := make([]int, len(preparations)), 0
		for _, path := range paths[:min(len(paths), 60)] {
			img, err := vision.DecodeFile(t.Context(), path)
			if err != nil {
				t.Error(err)
				continue
			}
			for k, p := range preparations {
				prepared, err := p.prepare(img)
				if err != nil {
					t.Fatal(err)
				}
				a, err := r.Prepared(t.Context(), prepared)
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(classes, a.Class) {
					right[k]++
					total[k]++
				}
				if a.Unknown && p.name == "ours" {
					refused++
				}
			}
		}
		t.Logf("%-10s of %d: plain resize %d, makers' pipeline %d, ours %d right; ours refuses %d", folder, min(len(paths), 60), right[0], right[1], right[2], refused)
	}
	if total[2] <= max(total[0], total[1]) {
		t.Errorf("right in all: plain resize %d, makers' pipeline %d, ours %d", total[0], total[1], total[2])
	}
}
