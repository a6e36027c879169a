package main_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/modelfile"
)

// trainedModel trains a network well enough to tell trousers from shoes.
func trainedModel(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	call(t, 0, "train", "--data", smallData(t), "--network", tinyNetwork(t), "--epochs", "15", "--batch", "20", "--optimizer", "adam",
		"--lr", "0.005", "--out", filepath.Join(t.TempDir(), "run"), "--save", path)
	return path
}

// picture writes a test picture of the given class as a file that Fashion-MNIST could be made of.
func picture(t *testing.T, path string, class int) {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for data.Test.Label(at) != class {
		at++
	}
	grey := image.NewGray(image.Rect(0, 0, 28, 28))
	copy(grey.Pix, data.Test.Image(at))
	var b bytes.Buffer
	if err := png.Encode(&b, grey); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

func TestPredict(t *testing.T) {
	model, dir := trainedModel(t), t.TempDir()
	trouser, sneaker := filepath.Join(dir, "1 trouser.png"), filepath.Join(dir, "2 sneaker.png")
	picture(t, trouser, 1)
	picture(t, sneaker, 7)

	lines := call(t, 0, "predict", "--model", model, "--kind", "mnist", "--json", sneaker, trouser, dir).lines(t)
	if len(lines) != 4 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	for i, want := range []struct {
		path, name string
		class      float64
	}{{sneaker, "Sneaker", 7}, {trouser, "Trouser", 1}, {trouser, "Trouser", 1}, {sneaker, "Sneaker", 7}} {
		o := lines[i]
		wantKeys(t, o, "path", "class", "name", "probability", "probabilities", "unknown")
		if o["path"] != want.path || o["class"] != want.class || o["name"] != want.name {
			t.Errorf("line %d: %v, want %v", i, o, want)
		}
		probabilities, _ := o["probabilities"].([]any)
		sum := 0.0
		for _, p := range probabilities {
			sum += p.(float64)
		}
		if len(probabilities) != 10 || sum < 0.999 || sum > 1.001 || o["probability"] != probabilities[int(want.class)] {
			t.Errorf("line %d: %v", i, probabilities)
		}
	}
	text := call(t, 0, "predict", "--model", model, "--kind", "mnist", trouser).stdout
	if !strings.HasPrefix(text, trouser+": Trouser, ") {
		t.Errorf("%q", text)
	}
}

func TestSavedModelsCanRefuse(t *testing.T) {
	data, dir := smallData(t), t.TempDir()
	trouser := filepath.Join(dir, "trouser.png")
	picture(t, trouser, 1)
	for _, c := range []struct {
		held string
		want bool
	}{{"0.5", true}, {"0.2", false}} { // 250 and 100 pictures
		path := filepath.Join(dir, c.held+".safetensors")
		trained := call(t, 0, "train", "--data", data, "--network", tinyNetwork(t), "--epochs", "2", "--val", c.held,
			"--out", filepath.Join(t.TempDir(), "run"), "--save", path)
		model, err := modelfile.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		const missing = "no rule for “not a garment”"
		if can := model.Refusal != nil && model.Temperature > 0; can != c.want || strings.Contains(trained.stderr, missing) == c.want {
			t.Errorf("%s held back: a rule %v, want %v; training says %q", c.held, can, c.want, trained.stderr)
		}
		if r := call(t, 0, "predict", "--model", path, trouser); strings.Contains(r.stderr, missing) == c.want {
			t.Errorf("%s held back: predict says %q", c.held, r.stderr)
		}
	}
}

func TestPredictTellsOfEachPictureThatCannotBeRead(t *testing.T) {
	model, dir := trainedModel(t), t.TempDir()
	good, text, empty := filepath.Join(dir, "good.png"), filepath.Join(dir, "text.png"), filepath.Join(dir, "empty")
	picture(t, good, 1)
	write(t, text, []byte("no picture"))
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.png")
	r := call(t, 1, "predict", "--model", model, "--json", text, good, empty, missing, good, empty)
	lines := r.lines(t)
	want := []struct {
		path string
		good bool
	}{{text, false}, {good, true}, {empty, false}, {missing, false}, {good, true}, {empty, false}}
	if len(lines) != len(want) {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	for i, w := range want {
		_, failed := lines[i]["error"]
		if lines[i]["path"] != w.path || failed == w.good {
			t.Errorf("line %d: %v, want %v", i, lines[i], w)
		}
	}
	if !strings.Contains(r.stderr, "4 of 6") {
		t.Errorf("%s", r.stderr)
	}
	if r := call(t, 2, "predict", "--model", model, "--kind", "hologram", good); !strings.Contains(r.stderr, "hologram") {
		t.Errorf("%s", r.stderr)
	}
	call(t, 2, "predict")
}
