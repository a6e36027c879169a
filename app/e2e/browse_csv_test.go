//go:build e2e

package e2e

import (
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"atelier/ml/dataset"
)

// TestOpenTable drops Kaggle's table on the window, and then a compressed one
// that is four times as long: while it is read, its progress is shown, the grid
// answers, and the user can cancel, after which the first one is still open.
func TestOpenTable(t *testing.T) {
	d, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	kaggle := filepath.Join(t.TempDir(), "fashion-mnist_train.csv")
	long := filepath.Join(t.TempDir(), "long_train.csv.gz")
	rows := writeTable(t, kaggle, d.Train, 1)
	longRows := writeTable(t, long, d.Train, 4)
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launch(build(t, "migrated_fynedo"), t.TempDir(), nil)
	p.wait("data", nil)
	p.wait("took", contains("what", "first pictures"))

	mark := p.mark()
	s.dropFiles(kaggle)
	opened := p.waitSince(mark, "data", nil)
	if got := int(opened.number("train") + opened.number("test")); got != rows {
		t.Errorf("%d pictures were opened, want %d", got, rows)
	}
	t.Logf("Kaggle's table was opened in %.0f ms", p.waitSince(mark, "took", contains("what", "open data")).number("ms"))

	mark = p.mark()
	s.dropFiles(long)
	p.waitSince(mark, "dropped", nil)
	time.Sleep(300 * time.Millisecond)
	begun := s.pixels()
	s.key("ctrl+g")
	s.typeText("123")
	s.key("Return")
	p.waitSince(mark, "picture", func(e entry) bool { return e.number("index") == 123 })
	s.key("ctrl+2", "ctrl+1")
	p.waitSince(mark, "tab", contains("name", "Train"))
	s.run("import", "-window", "root", "-strip", filepath.Join(s.shots, "browse-opening.png"))
	if shows, later := begun, s.pixels(); len(p.since(mark, "took")) == 0 && same(shows, later, statusBar) {
		t.Error("no progress is shown")
	}
	s.key("ctrl+period")
	p.waitSince(mark, "took", contains("what", "open data"))
	time.Sleep(300 * time.Millisecond)
	if changed := p.since(mark, "data"); len(changed) > 0 {
		t.Errorf("the table was opened before it could be cancelled, or though it was: %v", changed)
	}
	p.checkTurns(mark, "while a table is read")
	s.shot("browse-cancelled")
	s.key("ctrl+alt+1", "End")
	p.waitSince(mark, "picture", func(e entry) bool { return e.number("index") == opened.number("train")-1 })

	mark = p.mark()
	s.dropFiles(long)
	opened = p.waitSince(mark, "data", nil)
	if got := int(opened.number("train") + opened.number("test")); got != longRows {
		t.Errorf("%d pictures were opened, want %d", got, longRows)
	}
	now, peak := p.memory()
	t.Logf("memory with %d pictures: %d MB, %d MB at most", longRows, now, peak)
}

// statusBar is where the window shows what it does.
var statusBar = image.Rect(0, height-40, 600, height-4)

// same reports whether two pictures of the screen are equal within a part.
func same(a, b image.Image, part image.Rectangle) bool {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// writeTable writes the pictures of a set, several times, as a table, which is
// compressed when its name says so. It returns the number of rows.
func writeTable(t *testing.T, path string, s *dataset.Set, times int) int {
	t.Helper()
	indices := make([]int, s.Len())
	for i := range indices {
		indices[i] = i
	}
	rows := s.Subset(slices.Repeat(indices, times))
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var w io.Writer = f
	if filepath.Ext(path) == ".gz" {
		z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		w = z
	}
	if err := dataset.WriteCSV(w, rows); err != nil {
		t.Fatal(err)
	}
	return rows.Len()
}
