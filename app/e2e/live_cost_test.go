//go:build e2e && slow

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"atelier/ml/fit"
	"atelier/ml/nn"
)

// The runs that TestLiveViews compares.
const (
	liveRounds = 3
	liveEpochs = 4
)

// TestLiveViews trains the same run in the window, with the curves in sight,
// and on the command line, taking turns. Both learn the same; what the window
// costs is printed. The screen of this test draws with the processor, which on
// a desktop the graphics card does.
func TestLiveViews(t *testing.T) {
	window := build(t, "migrated_fynedo")
	cli := filepath.Join(t.TempDir(), "atelier-cli")
	c := exec.Command("go", "build", "-o", cli, "./ml/cmd/atelier-cli")
	c.Dir = root
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	preset, err := nn.PresetByName("article")
	if err != nil {
		t.Fatal(err)
	}
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Seed = liveEpochs, 1
	settings := setup(t, preset.Build(nn.Shape{H: 28, W: 28, C: 1}, 10), recipe)
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))

	var without, with []float64
	for range liveRounds {
		home := t.TempDir()
		c := exec.Command(cli, "train", "--preset", "article", "--epochs", fmt.Sprint(liveEpochs), "--seed", "1",
			"--out", filepath.Join(home, "data/atelier/runs/run"))
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		alone := onlyRun(t, home)

		home = t.TempDir()
		prefer(t, home, settings)
		p := s.launch(window, home, nil)
		train(s, p)
		kill(p)
		watched := onlyRun(t, home)

		if diff := cmp.Diff(alone.History, watched.History, cmpopts.IgnoreFields(fit.Epoch{}, "Seconds", "ImagesPerSecond")); diff != "" {
			t.Errorf("the window learns something else than the command line:\n%s", diff)
		}
		without, with = append(without, speeds(alone)...), append(with, speeds(watched)...)
	}
	t.Logf("images per second on the command line %.0f, in the window %.0f: the live views cost %.1f %%",
		median(without), median(with), 100*(1-median(with)/median(without)))
}

// speeds are those of a run's epochs, without the first, in which the memory
// is not warm yet.
func speeds(r fit.Run) []float64 {
	var out []float64
	for _, e := range r.History[1:] {
		out = append(out, e.ImagesPerSecond)
	}
	return out
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
