//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"atelier/assets"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// TestKill kills the program at random moments of a run. Each time the next
// start offers the run, and the history of the run gone on with is that of an
// uninterrupted one.
func TestKill(t *testing.T) {
	binary := build(t, "migrated_fynedo")
	data := filepath.Join(t.TempDir(), "sample")
	if err := os.CopyFS(data, assets.Sample); err != nil {
		t.Fatal(err)
	}
	data = filepath.Join(data, "sample")
	preset, err := nn.PresetByName("article")
	if err != nil {
		t.Fatal(err)
	}
	recipe := fit.DefaultRecipe()
	recipe.Batch = 32  // many batches, so that few kills fall between two epochs
	recipe.Share = 0.3 // of the pictures, so that a round takes seconds
	settings := setup(t, preset.Build(nn.Shape{H: 28, W: 28, C: 1}, 10), recipe)
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))

	home := t.TempDir()
	prefer(t, home, settings)
	p := s.launch(binary, home, nil, data)
	took := train(s, p)
	kill(p)
	want := onlyRun(t, home)
	if want.Status != fit.StatusFinished || len(want.History) != recipe.Epochs {
		t.Fatalf("the uninterrupted run ended as %s after %d epochs", want.Status, len(want.History))
	}
	t.Logf("the uninterrupted run took %.1f s", took.Seconds())

	seed := uint64(time.Now().UnixNano())
	t.Logf("the moments come from the seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for n := 0; n < kills; {
		home := t.TempDir()
		prefer(t, home, settings)
		p := s.launch(binary, home, nil, data)
		p.wait("data", nil)
		s.key("ctrl+2", "ctrl+r")
		p.wait("training", nil)
		for len(runFiles(t, home)) == 0 { // nothing was promised before the run is on disk
			time.Sleep(time.Millisecond)
		}
		moment := time.Duration(rng.Float64() * 0.9 * float64(took))
		time.Sleep(moment)
		kill(p)
		killed := onlyRun(t, home)
		if killed.Status == fit.StatusFinished {
			took = moment // the machine is faster now
			continue
		}
		n++

		p = s.launch(binary, home, nil, data)
		p.wait("offered to resume", nil)
		time.Sleep(time.Second)
		s.key("Tab", "Tab", "space") // past “Not now” to “Go on”
		p.wait("training", func(e entry) bool { return e["resume"] == true })
		p.wait("trained", nil)
		kill(p)
		got := onlyRun(t, home)
		t.Logf("kill %d: after %v, in epoch %d", n, moment, len(killed.History)+1)
		if got.Status != fit.StatusFinished {
			t.Errorf("kill %d: the run ended as %s", n, got.Status)
		}
		if diff := cmp.Diff(want.History, got.History, cmpopts.IgnoreFields(fit.Epoch{}, "Seconds", "ImagesPerSecond")); diff != "" {
			t.Errorf("kill %d after %v: the history differs:\n%s", n, moment, diff)
		}
	}
}

// train trains as set up and returns how long that took.
func train(s *screen, p *program) time.Duration {
	p.wait("data", nil)
	s.key("ctrl+2", "ctrl+r")
	p.wait("training", nil)
	start := time.Now()
	p.wait("trained", nil)
	return time.Since(start)
}

// kill ends the program as a crash does.
func kill(p *program) {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

func runFiles(t *testing.T, home string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "data/atelier/runs/*/run.json"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// onlyRun reads the one run in a home as it is on disk.
func onlyRun(t *testing.T, home string) fit.Run {
	t.Helper()
	files := runFiles(t, home)
	if len(files) != 1 {
		t.Fatalf("%d runs are on disk, want 1", len(files))
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var run fit.Run
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatalf("%s: %v", files[0], err)
	}
	return run
}
