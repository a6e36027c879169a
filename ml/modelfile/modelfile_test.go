package modelfile_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nlpodyssey/safetensors"

	"atelier/ml/engine"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// sample returns a small model with everything in it that a model can hold.
func sample(t testing.TB) *modelfile.Model {
	t.Helper()
	network := nn.Network{Name: "tiny", Input: nn.Shape{H: 4, W: 4, C: 1}, Layers: nn.Layers{
		nn.BatchNorm{}, nn.Flatten{}, nn.Dense{Units: 2, Activation: nn.Softmax},
	}}
	weights, err := engine.NewWeights(network, 7)
	if err != nil {
		t.Fatal(err)
	}
	return &modelfile.Model{
		Network:     network,
		Weights:     weights,
		Classes:     []string{"Hemd", "Stiefel «é»"},
		Recipe:      json.RawMessage(`{"epochs":5,"note":"a \"b\" \\ \n"}`),
		History:     json.RawMessage(`[{"epoch":1,"loss":0.5}]`),
		Temperature: 1.25,
		Refusal:     json.RawMessage(`{"threshold":0.125}`),
		Extra:       []engine.Tensor{{Name: "refusal/means", Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}}},
	}
}

func checkpoint(t testing.TB) *modelfile.Model {
	t.Helper()
	m := sample(t)
	m.Checkpoint = &modelfile.Checkpoint{
		// In an order that is not the alphabet's.
		State: engine.State{Iteration: math.MaxUint64, Slots: []engine.Tensor{
			{Name: "v/dense/kernel", Shape: []int{16, 2}, Data: make([]float32, 32)},
			{Name: "m/dense/bias", Shape: []int{2}, Data: []float32{math.SmallestNonzeroFloat32, -math.MaxFloat32}},
		}},
		Epoch: 2, Batch: 17,
		Loop: json.RawMessage(`{"sum":0.1}`),
	}
	return m
}

func encode(t testing.TB, m *modelfile.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAModelComesBackAsItWas(t *testing.T) {
	for name, m := range map[string]*modelfile.Model{"model": sample(t), "checkpoint": checkpoint(t)} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.safetensors")
			if err := m.Save(path); err != nil {
				t.Fatal(err)
			}
			got, err := modelfile.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if got.Preprocessing == "" {
				t.Error("the file does not say how pictures are prepared")
			}
			got.Preprocessing = ""
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("(-saved +loaded):\n%s", diff)
			}
			first, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, encode(t, got)) {
				t.Error("the same model gives other bytes")
			}
		})
	}
}

func TestOtherProgramsCanReadTheWeights(t *testing.T) {
	m := sample(t)
	file, err := safetensors.Deserialize(encode(t, m))
	if err != nil {
		t.Fatal(err)
	}
	kernel, ok := file.Tensor("dense/kernel")
	if !ok || kernel.DType() != safetensors.F32 || !cmp.Equal(kernel.Shape(), []uint64{16, 2}) {
		t.Fatalf("dense/kernel is %v, %v", kernel, ok)
	}
	want, _ := m.Weights.ByName("dense/kernel")
	if got := math.Float32frombits(binary.LittleEndian.Uint32(kernel.Data()[4:])); got != want.Data[1] {
		t.Errorf("the second number is %v, want %v", got, want.Data[1])
	}
}

// rewrite changes the header of a file.
func rewrite(t testing.TB, data []byte, change func(header map[string]any)) []byte {
	t.Helper()
	size := binary.LittleEndian.Uint64(data)
	var header map[string]any
	if err := json.Unmarshal(data[8:8+size], &header); err != nil {
		t.Fatal(err)
	}
	change(header)
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(out, text...), data[8+size:]...)
}

func metadata(set map[string]any) func(map[string]any) {
	return func(header map[string]any) {
		entries := header["__metadata__"].(map[string]any)
		for key, value := range set {
			if value == nil {
				delete(entries, key)
			} else {
				entries[key] = value
			}
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	good := encode(t, checkpoint(t))
	size := binary.LittleEndian.Uint64(good)
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint64(huge, 1<<62)
	long := bytes.Clone(good)
	binary.LittleEndian.PutUint64(long, uint64(len(good)))
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1

	for _, c := range []struct {
		name, place, want string
		data              []byte
	}{
		{"empty", "header", "the file ends after 0 bytes", nil},
		{"short", "header", "the file ends after 5 bytes", good[:5]},
		{"picture", "header", "not a safetensors file; choose a model file", []byte("\x89PNG\r\n\x1a\n and so on")},
		{"absurd header", "header", "not a safetensors file", huge},
		{"header too long", "header", "but the file ends after", long},
		{"cut header", "header", "but the file ends after", good[:size/2]},
		{"cut data", "header", "intact copy", good[:len(good)-3]},
		{"more data", "header", "intact copy", append(bytes.Clone(good), 0)},
		{"flipped bit", "weights", "differ from those that were saved", flipped},
		{"other program's", "metadata", "no description of a network; choose", rewrite(t, good, func(h map[string]any) { delete(h, "__metadata__") })},
		{"newer", "metadata", "newer version (format 99", rewrite(t, good, metadata(map[string]any{"atelier.format": "99"}))},
		{"no network", "network", "it is missing", rewrite(t, good, metadata(map[string]any{"atelier.network": nil}))},
		{"bad network", "network", `unknown kind of layer "dens"`, rewrite(t, good, metadata(map[string]any{"atelier.network": `{"name":"x","input":[4],"layers":[{"kind":"dens"}]}`}))},
		{"bad classes", "classes", "intact copy", rewrite(t, good, metadata(map[string]any{"atelier.classes": `["one"]`}))},
		{"bad recipe", "recipe", "not valid JSON", rewrite(t, good, metadata(map[string]any{"atelier.recipe": `{`}))},
		{"bad temperature", "temperature", `"warm" is not a number`, rewrite(t, good, metadata(map[string]any{"atelier.temperature": "warm"}))},
		{"negative temperature", "temperature", "positive", rewrite(t, good, metadata(map[string]any{"atelier.temperature": "-1"}))},
		{"other preparation", "preprocessing", "update Atelier", rewrite(t, good, metadata(map[string]any{"atelier.preprocessing": "colour-v9"}))},
		{"bad position", "checkpoint", "negative", rewrite(t, good, metadata(map[string]any{"atelier.checkpoint": `{"epoch":-1}`}))},
		{"lost slot", "optimizer/none", "missing", rewrite(t, good, metadata(map[string]any{"atelier.checkpoint": `{"slots":["none"]}`}))},
		{"lost array", "dense/bias", "the array is missing", rewrite(t, good, func(h map[string]any) {
			h["bias"] = h["dense/bias"]
			delete(h, "dense/bias")
		})},
		{"extra array", "dense_7/bias", "no such array", rewrite(t, good, func(h map[string]any) {
			h["dense_7/bias"] = h["extra/refusal/means"]
			delete(h, "extra/refusal/means")
			delete(h["__metadata__"].(map[string]any), "atelier.sha256")
		})},
		{"other shape", "dense/kernel", "but the network needs [16 2]", rewrite(t, good, func(h map[string]any) {
			h["dense/kernel"].(map[string]any)["shape"] = []int{2, 16}
		})},
		{"other type", "dense/bias", "of type I32", rewrite(t, good, func(h map[string]any) {
			h["dense/bias"].(map[string]any)["dtype"] = "I32"
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shirts.safetensors")
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := modelfile.Load(path)
			var bad *modelfile.Error
			if !errors.As(err, &bad) {
				t.Fatalf("error %v is no *modelfile.Error", err)
			}
			if bad.File != path || bad.Place != c.place || bad.Remedy == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nhas the place %q; want %q and %q", err, bad.Place, c.place, c.want)
			}
		})
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	good := encode(t, checkpoint(t))
	for n := range good {
		if _, err := modelfile.Decode(good[:n], "cut"); err == nil {
			t.Fatalf("a file cut after %d of %d bytes is accepted", n, len(good))
		}
	}
}

func TestSaveRefusesWhatCouldNotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := sample(t).Save(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*modelfile.Model){
		"not finite":              func(m *modelfile.Model) { m.Weights[0].Data[0] = float32(math.NaN()) },
		"there are 1 names":       func(m *modelfile.Model) { m.Classes = m.Classes[:1] },
		"there are 5 arrays":      func(m *modelfile.Model) { m.Weights = m.Weights[:5] },
		"stands where":            func(m *modelfile.Model) { m.Weights[0], m.Weights[1] = m.Weights[1], m.Weights[0] },
		"it holds 1 numbers":      func(m *modelfile.Model) { m.Weights[5].Data = m.Weights[5].Data[:1] },
		"the last layer":          func(m *modelfile.Model) { m.Network.Layers = m.Network.Layers[:2] },
		"recipe":                  func(m *modelfile.Model) { m.Recipe = json.RawMessage("{") },
		"two arrays":              func(m *modelfile.Model) { m.Extra = append(m.Extra, m.Extra[0]) },
		"it has no shape":         func(m *modelfile.Model) { m.Extra[0].Shape = nil },
		"[-2 -3] is not a shape":  func(m *modelfile.Model) { m.Extra[0].Shape = []int{-2, -3} },
		"temperature":             func(m *modelfile.Model) { m.Temperature = math.NaN() },
		"prepared by \"unknown\"": func(m *modelfile.Model) { m.Preprocessing = "unknown" },
	} {
		m := sample(t)
		spoil(m)
		if err := m.Save(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("a failed save changed the file (%v)", err)
	}
}

func TestLoadOfNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := modelfile.Load(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	if _, err := modelfile.Load(dir); err == nil {
		t.Error("a folder is accepted as a model")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sample(f)))
	f.Add(encode(f, checkpoint(f)))
	// Without its checksum a changed file gets further.
	f.Add(rewrite(f, encode(f, checkpoint(f)), metadata(map[string]any{"atelier.sha256": nil})))
	f.Add([]byte("\x89\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F32","shape":[4294967295,4294967295],"data_offsets":[0,4]},"__metadata__":{"atelier.format":"1"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := modelfile.Decode(data, "fuzz")
		if err != nil {
			var bad *modelfile.Error
			if !errors.As(err, &bad) || bad.File != "fuzz" || bad.Reason == "" || bad.Remedy == "" {
				t.Fatalf("%v does not say what is wrong and what to do", err)
			}
			return
		}
		again, err := modelfile.Decode(encode(t, m), "fuzz")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.Weights, again.Weights); diff != "" {
			t.Fatal(diff)
		}
	})
}
