//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atelier/ml/fit"
	"atelier/ml/nn"
)

// TestByKeyboard does the studio's work without the mouse: builds a network,
// trains and names it, judges it, and takes everything along through dialogs.
func TestByKeyboard(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	home := t.TempDir()
	preset, err := nn.PresetByName("article")
	if err != nil {
		t.Fatal(err)
	}
	article := preset.Build(nn.Shape{H: 28, W: 28, C: 1}, 10)
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Share = 1, 0.1
	prefer(t, home, setup(t, article, recipe))
	p := s.launch(build(t, "migrated_fynedo"), home, nil)
	p.wait("data", nil)
	s.run("xdotool", "mousemove", "640", "799") // where it points at nothing

	s.key("ctrl+2", "alt+2")
	s.key("Insert", "Down", "Down") // Depthwise convolution
	s.shot("keyboard-add")
	s.key("Return", "Return") // adds it and goes into its first field, the window
	s.typeText("5")
	s.shot("keyboard-field")
	s.key("Escape", "ctrl+d")           // a copy of it
	s.key("alt+Down", "Delete")         // moved down and taken away
	s.key("ctrl+z", "ctrl+z", "ctrl+z") // all three undone
	s.key("Home", "Down", "Down", "Down", "Delete")
	s.key("ctrl+z", "ctrl+shift+z") // the max pooling comes back and goes again
	s.key("Return", "Up")           // the rate of the dropout in its place
	s.shot("keyboard-layers")
	s.key("Escape", "ctrl+z", "ctrl+z") // as it was with the depthwise convolution
	mark := p.mark()
	s.key("ctrl+r")
	p.waitSince(mark, "trained", nil)
	want := article.Clone()
	want.Layers = append(want.Layers[:1:1], append([]nn.Layer{nn.DepthwiseConv2D{Kernel: 5, Padding: nn.Same, Activation: nn.ReLU}}, want.Layers[1:]...)...)
	if got := onlyRun(t, home).Network; !got.Equal(want) {
		t.Errorf("trained was\n%s\nnot\n%s", got.Summary(), want.Summary())
	}

	s.key("alt+4", "F2")
	s.typeText("By keyboard")
	s.shot("keyboard-rename")
	s.key("Return")
	eventually(t, "the run is renamed", func() bool { return onlyRun(t, home).Name == "By keyboard" })
	s.key("F2")
	s.typeText("Not this")
	s.key("Escape", "Delete") // not renamed; the focus is on the list again, so that Delete deletes
	eventually(t, "the run is deleted", func() bool { return len(runFiles(t, home)) == 0 })
	s.shot("keyboard-deleted")
	s.key("ctrl+z")
	eventually(t, "the run is back", func() bool { return len(runFiles(t, home)) == 1 })
	if name := onlyRun(t, home).Name; name != "By keyboard" {
		t.Errorf("the run is called %s", name)
	}

	mark = p.mark()
	s.key("ctrl+e")
	p.waitSince(mark, "evaluated", nil)
	s.key("alt+shift+1", "Right", "Down", "Return")
	s.shot("keyboard-matrix")
	s.key("alt+shift+3") // Calibration, whose button stands after the one of the menu
	s.key("shift+Tab")
	folder := t.TempDir()
	for i, file := range []string{"report.html", "report.pdf", "classes.csv", "history.csv", "model.safetensors"} {
		path := filepath.Join(folder, file)
		item := max(1, i) // the first item makes both reports
		s.takeAlong(item)
		if i == 0 { // Escape leaves the menu and the dialog, and the focus comes back
			s.key("Escape")
			s.takeAlong(item)
			s.key("Return")
			time.Sleep(500 * time.Millisecond)
			s.shot("keyboard-save")
			s.key("Escape")
			s.takeAlong(item)
		}
		s.key("Return")
		time.Sleep(500 * time.Millisecond)
		s.typeText(path)
		s.key("Return")
		eventually(t, file+" is saved", func() bool {
			info, err := os.Stat(path)
			return err == nil && info.Size() > 0
		})
	}
	report, err := os.ReadFile(filepath.Join(folder, "report.html"))
	if err != nil || !strings.Contains(string(report), "Depthwise") {
		t.Errorf("the report does not tell of the network, error %v", err)
	}
	s.shot("keyboard-saved")

	s.key("ctrl+o")
	time.Sleep(500 * time.Millisecond)
	s.typeText(filepath.Join(folder, "none"))
	s.key("Return")
	s.shot("keyboard-open")
	mark = p.mark()
	s.key("ctrl+a")
	s.typeText(filepath.Join(folder, "model.safetensors"))
	s.key("Return")
	p.waitSince(mark, "notice", func(e entry) bool { return strings.HasPrefix(e.text("text"), "Opened the model") })
	s.key("ctrl+q")
	p.end()
}

// takeAlong opens the menu of what can be taken along, whose button has the
// focus, and goes to an item.
func (s *screen) takeAlong(item int) {
	s.t.Helper()
	s.key("Return")
	for range item {
		s.key("Down")
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}
