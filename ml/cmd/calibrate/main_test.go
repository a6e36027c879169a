package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/recognise"
	"atelier/ml/vision"
)

// trained trains a small network on the pictures in dir and returns the file of
// its model.
func trained(t *testing.T, dir string, recipe fit.Recipe) string {
	t.Helper()
	data, err := dataset.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	network := nn.Network{Name: "tiny", Input: nn.Shape{H: 28, W: 28, C: 1}, Layers: nn.Layers{
		nn.Conv2D{Filters: 8, Kernel: 3, Stride: 2, Padding: nn.Same, Activation: nn.ReLU},
		nn.Flatten{},
		nn.Dense{Units: 24, Activation: nn.ReLU},
		nn.Dense{Units: 10, Activation: nn.Softmax},
	}}
	var weights engine.Weights
	run, err := fit.Train(t.Context(), fit.Job{Dir: filepath.Join(t.TempDir(), "run"), Network: network, Recipe: recipe, Data: data}, nil,
		func(e fit.Event) {
			if f, ok := e.(fit.Finished); ok {
				weights = f.Weights
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	model, err := run.Model(weights)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "raw.safetensors")
	if err := model.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample writes the embedded sample's pictures, n for training, as a dataset.
func sample(t *testing.T, n int) string {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = i * data.Train.Len() / n
	}
	for name, set := range map[string]*dataset.Set{"train": data.Train.Subset(chosen), "t10k": data.Test} {
		for part, write := range map[string]func(io.Writer, *dataset.Set) error{"images-idx3": dataset.WriteIDXImages, "labels-idx1": dataset.WriteIDXLabels} {
			var b bytes.Buffer
			if err := write(&b, set); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+part+"-ubyte"), b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestCalibrate(t *testing.T) {
	dir := sample(t, 3000)
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Batch, recipe.Optimizer, recipe.LearningRate = 6, 64, engine.Optimizer{Name: "adam"}, 0.003
	raw := trained(t, dir, recipe)
	before, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}

	out := filepath.Join(t.TempDir(), "calibrated.safetensors")
	var told bytes.Buffer
	if err := run(t.Context(), []string{"--model", raw, "--out", out, "--data", dir}, &told, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(told.String(), "temperature ") {
		t.Errorf("it says %q", &told)
	}
	if after, err := os.ReadFile(raw); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the raw model changed (%v)", err)
	}
	refused := map[string][2]int{}
	for _, path := range []string{raw, out} {
		model, err := modelfile.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := recognise.New(model, recognise.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if calibrated := path == out; r.CanRefuse() != calibrated || (model.Temperature > 0) != calibrated {
			t.Errorf("%s: can refuse %v, temperature %v", filepath.Base(path), r.CanRefuse(), model.Temperature)
		}
		data, err := dataset.Sample()
		if err != nil {
			t.Fatal(err)
		}
		var counts [2]int // garments, stripes
		for i := range 300 {
			var p vision.Pixels
			copy(p[:], data.Test.Image(i))
			a, err := r.Prepared(t.Context(), vision.Result{Pixels: p, Kind: vision.MNIST})
			if err != nil {
				t.Fatal(err)
			}
			if a.Unknown {
				counts[0]++
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 30 {
			var p vision.Pixels
			for i := range p {
				if p[i] = p[max(i-28, 0)]; i/28%4 == 0 {
					p[i] = uint8(random.IntN(2) * 255)
				}
			}
			a, err := r.Prepared(t.Context(), vision.Result{Pixels: p, Kind: vision.MNIST})
			if err != nil {
				t.Fatal(err)
			}
			if a.Unknown {
				counts[1]++
			}
		}
		refused[path] = counts
	}
	if refused[raw] != [2]int{} {
		t.Errorf("without a rule %v are refused", refused[raw])
	}
	if c := refused[out]; c[0] > 15 || c[1] < 4 {
		t.Errorf("of 300 garments %d are refused, of 30 striped pictures %d", c[0], c[1])
	}
	t.Logf("of 300 garments %d are refused, of 30 striped pictures %d", refused[out][0], refused[out][1])
}

func TestCalibrateSaysWhatIsMissing(t *testing.T) {
	dir := sample(t, 300)
	recipe := fit.DefaultRecipe()
	recipe.Epochs = 1
	raw := trained(t, dir, recipe)
	out := filepath.Join(t.TempDir(), "out.safetensors")
	err := run(t.Context(), []string{"--model", raw, "--out", out, "--data", dir}, io.Discard, io.Discard)
	if !errors.Is(err, recognise.ErrCannotCalibrate) || !strings.Contains(err.Error(), raw) {
		t.Errorf("60 pictures give %v", err)
	}
	model, err := modelfile.Load(raw)
	if err != nil {
		t.Fatal(err)
	}
	model.Recipe = nil
	nameless := filepath.Join(t.TempDir(), "nameless.safetensors")
	if err := model.Save(nameless); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"--model", nameless, "--out", out, "--data", dir}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "recipe") {
		t.Errorf("a model without its recipe gives %v", err)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a failure leaves a file (%v)", err)
	}
	for _, args := range [][]string{{}, {"--model", raw}, {"--model", raw, "--out", out, "more"}, {"--speed", "9"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v gives %v", args, err)
		}
	}
}
