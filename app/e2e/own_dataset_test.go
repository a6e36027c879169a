//go:build e2e

package e2e

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// TestOwnDataset trains, judges and classifies on a folder of three classes of
// thirty photos, dragged onto the window.
func TestOwnDataset(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	dir := filepath.Join(t.TempDir(), "wardrobe")
	names := []string{"bags", "boots", "trousers"}
	writeOwn(t, dir, map[int]string{8: names[0], 9: names[1], 1: names[2]})

	preset, err := nn.PresetByName("small")
	if err != nil {
		t.Fatal(err)
	}
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Batch, recipe.Optimizer, recipe.LearningRate = 20, 16, engine.Optimizer{Name: "adam"}, 0.002
	home := t.TempDir()
	// The stored network tells ten classes apart; it must follow the dataset.
	prefer(t, home, setup(t, preset.Build(nn.Shape{H: 28, W: 28, C: 1}, 10), recipe))

	p := s.launch(build(t, "migrated_fynedo"), home, nil)
	p.wait("data", nil)
	s.dropFiles(dir)
	data := p.wait("data", func(e entry) bool { return e.number("classes") == 3 })
	if data.number("train") != 72 || data.number("test") != 18 {
		t.Errorf("the folder gave %v", data)
	}
	s.shot("own-browse")

	s.key("ctrl+2")
	mark := p.mark()
	s.key("ctrl+r")
	trained := p.waitSince(mark, "trained", nil)
	if trained.number("epochs") != 20 {
		t.Errorf("the training ended as %v", trained)
	}
	s.shot("own-train")
	mark = p.mark()
	s.key("ctrl+3", "ctrl+e")
	evaluated := p.waitSince(mark, "evaluated", nil)
	t.Logf("own dataset: accuracy %.2f on %v pictures", evaluated.number("accuracy"), evaluated["pictures"])
	if evaluated.number("accuracy") < 0.7 || evaluated.number("pictures") != 18 {
		t.Errorf("the test says %v", evaluated)
	}
	s.shot("own-evaluate")

	s.key("ctrl+4")
	mark = p.mark()
	stroke(s)
	answer := p.waitSince(mark, "classified", nil)
	if !slices.Contains(names, answer.text("name")) {
		t.Errorf("the drawing is classified as %v", answer)
	}
	s.shot("own-classify")
}

// writeOwn writes thirty photos of each of the given classes of Fashion-MNIST:
// large, on white, in folders of the given names.
func writeOwn(t *testing.T, dir string, names map[int]string) {
	t.Helper()
	d, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	count := map[int]int{}
	for i := range d.Train.Len() {
		label := d.Train.Label(i)
		if names[label] == "" || count[label] == 30 {
			continue
		}
		count[label]++
		photo := image.NewRGBA(image.Rect(0, 0, 300, 300))
		for y := range 300 {
			for x := range 300 {
				v := uint8(255)
				if r, c := (y-10)/10, (x-10)/10; y >= 10 && x >= 10 && r < 28 && c < 28 {
					v -= d.Train.Image(i)[r*28+c]
				}
				photo.SetRGBA(x, y, color.RGBA{v, v, v, 255})
			}
		}
		path := filepath.Join(dir, names[label], fmt.Sprintf("%03d.jpg", count[label]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := jpeg.Encode(f, photo, nil); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
