package engine_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// randomBatch returns n pictures of normal noise with soft targets.
func randomBatch(n int, in nn.Shape, classes int, seed uint64) engine.Batch {
	r := rand.New(rand.NewPCG(seed, 1))
	b := engine.Batch{X: make([]float32, n*in.Size()), Targets: make([]float32, n*classes)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range n {
		row := b.Targets[i*classes : (i+1)*classes]
		sum := float32(0)
		for j := range row {
			row[j] = r.Float32()
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return b
}

func newTrainer(t *testing.T, net nn.Network, opt engine.Optimizer, o engine.Options) *engine.Trainer {
	t.Helper()
	w, err := engine.NewWeights(net, 7)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := engine.NewTrainer(net, w, opt, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

func newPredictor(t *testing.T, net nn.Network, w engine.Weights, o engine.Options) *engine.Predictor {
	t.Helper()
	p, err := engine.NewPredictor(net, w, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func step(t *testing.T, tr *engine.Trainer, b engine.Batch, rate float64) engine.StepResult {
	t.Helper()
	r, err := tr.Step(b, rate)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sameBits(a, b engine.Weights) bool {
	return slices.EqualFunc(a, b, func(x, y engine.Tensor) bool {
		return x.Name == y.Name && slices.EqualFunc(x.Data, y.Data, func(v, w float32) bool {
			return math.Float32bits(v) == math.Float32bits(w)
		})
	})
}

// readNPY reads a NumPy array of little-endian float32 or float64.
func readNPY(t *testing.T, path string) []float64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(raw, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("%s is not a NumPy file of version 1", path)
	}
	start := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	header, data := string(raw[10:start]), raw[start:]
	var out []float64
	switch {
	case strings.Contains(header, "'<f4'"):
		for ; len(data) >= 4; data = data[4:] {
			out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(data))))
		}
	case strings.Contains(header, "'<f8'"):
		for ; len(data) >= 8; data = data[8:] {
			out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		}
	default:
		t.Fatalf("%s has a type that is not expected: %s", path, header)
	}
	return out
}
