//go:build e2e

// Package e2e drives the real program on a virtual screen, as a person does.
//
//	go test -tags e2e -v ./app/e2e
//
// It needs the Debian packages xvfb, openbox, xdotool, xclip, imagemagick and
// libgl1-mesa-dri. Screenshots stay in the folder screenshots.
package e2e

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The size of the virtual screen.
const width, height = 1280, 800

func TestBrowse(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launch(build(t, "migrated_fynedo"), t.TempDir(), nil)
	data := p.wait("data", nil)
	shown := p.wait("took", func(e entry) bool { return e.text("what") == "first pictures" })
	t.Logf("first pictures %.0f ms after the window", between(t, p.wait("window shown", nil), shown))
	s.shot("browse")

	const meanLimit = 50 // milliseconds that a frame of the grid may take on average
	smooth := func(mark int, doing string) {
		t.Helper()
		if mean := p.checkTurns(mark, doing); mean > meanLimit {
			t.Errorf("%s: %.1f ms a frame on average, more than %d", doing, mean, meanLimit)
		}
	}
	last := data.number("train") - 1
	mark := p.mark()
	s.key("ctrl+alt+1")
	for range 50 {
		s.key("End", "Home")
	}
	smooth(mark, "100 times to the other end of the grid")
	mark = p.mark()
	for range 100 {
		s.key("Next")
	}
	smooth(mark, "100 pages of the grid")
	s.key("End")
	p.waitSince(mark, "picture", func(e entry) bool { return e.number("index") == last })
	s.key("Home")

	mark = p.mark()
	path := [][2]int{{836, 208}}
	for i := range 100 {
		path = append(path, [2]int{836, 208 + 5*i})
	}
	s.drag(path...)
	smooth(mark, "100 steps of the scroll bar")
	s.shot("browse-end")

	mark = p.mark()
	s.key("ctrl+g")
	s.typeText("123")
	s.key("Return")
	p.waitSince(mark, "picture", func(e entry) bool { return e.number("index") == 123 })
	s.key("alt+Right")
	p.waitSince(mark, "picture", func(e entry) bool { return e.number("index") == 124 })

	for i, view := range []string{"table", "overview", "map"} {
		s.key(fmt.Sprintf("ctrl+alt+%d", i+2))
		time.Sleep(2 * time.Second)
		s.shot("browse-" + view)
	}
	mark = p.mark()
	s.key("ctrl+alt+2", "End")
	p.waitSince(mark, "picture", func(e entry) bool { return e.number("index") == last })
	now, peak := p.memory()
	t.Logf("memory: %d MB, %d MB at most", now, peak)
	if now > 400 {
		t.Errorf("%d MB of memory", now)
	}
	s.key("ctrl+q")
	p.end()
}

// TestTrainEvaluateClassify is the main job: train, judge, draw, drop; then
// quit in the middle of another run, which must be kept.
func TestTrainEvaluateClassify(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	home := t.TempDir()
	p := s.launch(build(t, "migrated_fynedo"), home, nil)
	p.wait("data", nil)

	s.key("ctrl+2")
	s.shot("train")
	mark := p.mark()
	s.key("ctrl+r")
	p.waitSince(mark, "training", nil)
	for range 6 { // a person who cannot sit still
		s.key("ctrl+1", "ctrl+3", "ctrl+4", "ctrl+2")
		time.Sleep(300 * time.Millisecond)
	}
	s.key("ctrl+4")
	stroke(s)
	p.checkTurns(mark, "while training")
	s.key("ctrl+2")
	s.shot("train-running")
	trained := p.waitSince(mark, "trained", nil)
	if trained.number("epochs") < 1 {
		t.Errorf("no epoch was trained: %v", trained)
	}
	s.shot("train-finished")

	mark = p.mark()
	s.key("ctrl+3", "ctrl+e")
	evaluated := p.waitSince(mark, "evaluated", nil)
	t.Logf("test accuracy %.4f, loss %.4f", evaluated.number("accuracy"), evaluated.number("loss"))
	if evaluated.number("accuracy") < 0.5 {
		t.Errorf("the trained network is right in %.0f %% only", 100*evaluated.number("accuracy"))
	}
	s.shot("evaluate")

	s.key("ctrl+4")
	mark = p.mark()
	stroke(s)
	p.waitSince(mark, "classified", nil)
	s.shot("classify-drawing")
	drop(t, s, p)

	s.key("ctrl+2")
	mark = p.mark()
	s.key("ctrl+r")
	p.waitSince(mark, "training", nil)
	time.Sleep(2 * time.Second)
	s.key("ctrl+q")
	s.shot("quit")
	s.key("Tab", "Tab", "space")
	p.waitSince(mark, "closing", nil)
	p.end()
	if kept := interrupted(t, home); kept != 1 {
		t.Errorf("%d interrupted runs were kept, want 1", kept)
	}
}

// stroke draws a T-shirt-like outline on the pad.
func stroke(s *screen) {
	s.drag([2]int{180, 300}, [2]int{230, 270}, [2]int{330, 270}, [2]int{380, 300}, [2]int{350, 340}, [2]int{330, 330}, [2]int{330, 460}, [2]int{230, 460}, [2]int{230, 330}, [2]int{210, 340}, [2]int{180, 300})
}

// drop drags a real file onto the window.
func drop(t *testing.T, s *screen, p *program) {
	picture := filepath.Join(t.TempDir(), "trouser.png")
	writeTrouser(t, picture)
	mark := p.mark()
	s.dropFiles(picture)
	p.waitSince(mark, "dropped", nil)
	answer := p.waitSince(mark, "classified", contains("path", picture))
	t.Logf("the dropped picture is classified as %v", answer)
	s.shot("classify-drop")
}

// writeTrouser writes a picture of dark trousers on white.
func writeTrouser(t *testing.T, path string) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 300, 400))
	for y := range 400 {
		for x := range 300 {
			c := color.RGBA{255, 255, 255, 255}
			if y >= 30 && y < 370 && (x >= 90 && x < 145 || x >= 155 && x < 210 || y < 120 && x >= 90 && x < 210) {
				c = color.RGBA{40, 50, 90, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// interrupted counts the runs on disk that can be gone on with.
func interrupted(t *testing.T, home string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "data/atelier/runs/*/run.json"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var run struct {
			Status string `json:"status"`
		}
		if err := json.Unmarshal(text, &run); err != nil {
			t.Fatal(err)
		}
		if run.Status != "finished" {
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), "checkpoint.safetensors")); err != nil {
				t.Errorf("the interrupted run has no checkpoint: %v", err)
			}
		}
	}
	return n
}

// TestThreads runs the program as Fyne checks it for touching widgets from
// the wrong thread.
func TestThreads(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launch(build(t, "e2e"), t.TempDir(), nil)
	p.wait("data", nil)
	for _, x := range []int{101, 170, 232, 36} {
		s.click(x, 182)
		time.Sleep(time.Second)
	}
	s.key("ctrl+2", "ctrl+r")
	p.wait("training", nil)
	time.Sleep(3 * time.Second)
	s.key("ctrl+3", "ctrl+e", "ctrl+4")
	time.Sleep(2 * time.Second)
	stroke(s)
	time.Sleep(time.Second)
	s.key("ctrl+F5", "ctrl+1", "ctrl+2")
	time.Sleep(time.Second)
	if text := p.complaints(); strings.Contains(text, "Error in Fyne call thread") {
		t.Error(text)
	}
}

// TestLooks saves pictures of every tab in both themes and on a fine screen.
func TestLooks(t *testing.T) {
	binary := build(t, "migrated_fynedo")
	for _, look := range []struct{ name, size, scale, theme string }{
		{"light", "1280x800", "1", "light"},
		{"dark", "1280x800", "1", "dark"},
		{"light-2x", "2560x1600", "2", "light"},
	} {
		t.Run(look.name, func(t *testing.T) {
			s := newScreen(t, look.size)
			home := t.TempDir()
			prefer(t, home, map[string]any{"window.theme": look.theme})
			p := s.launch(binary, home, []string{"FYNE_SCALE=" + look.scale})
			p.wait("data", nil)
			for i, tab := range []string{"browse", "train", "evaluate", "classify"} {
				s.key(fmt.Sprintf("ctrl+%d", i+1))
				s.shot(look.name + "-" + tab)
			}
		})
	}
}

// between returns the milliseconds from one entry of the log to another.
func between(t *testing.T, from, to entry) float64 {
	t.Helper()
	var at [2]time.Time
	for i, e := range []entry{from, to} {
		var err error
		if at[i], err = time.Parse(time.RFC3339Nano, e.text("time")); err != nil {
			t.Fatal(err)
		}
	}
	return float64(at[1].Sub(at[0]).Microseconds()) / 1000
}
