//go:build slow

package bench_test

import (
	"context"
	"os/exec"
	"testing"

	"atelier/ml/bench"
	"atelier/ml/nn"
)

// TestTorchBuildsEveryPreset compares the size of the networks that the PyTorch
// program builds with ours.
func TestTorchBuildsEveryPreset(t *testing.T) {
	if exec.Command("/usr/bin/python3", "-c", "import torch").Run() != nil {
		t.Skip("PyTorch is not installed (Debian package python3-torch)")
	}
	for _, preset := range nn.Presets() {
		c := quick()
		c.Network = preset.Build(c.Network.Input, 10)
		counts, err := c.Network.Counts()
		if err != nil {
			t.Fatal(err)
		}
		r, err := bench.Rival(context.Background(), sample(t), c, "torch/bench.py", 1, nil)
		if err != nil {
			t.Fatalf("%s: %v", preset.Name, err)
		}
		if r.Rival.Parameters != counts.Trainable {
			t.Errorf("%s: PyTorch trains %d parameters, we train %d", preset.Name, r.Rival.Parameters, counts.Trainable)
		}
	}
}
