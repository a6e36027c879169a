package widgets

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"atelier/app/internal/tabtest"
)

func TestFileNamesAreGoodOnEverySystem(t *testing.T) {
	png := []string{".png", ".svg"}
	for given, want := range map[string]string{
		"loss":          "loss.png",
		"loss.SVG":      "loss.SVG",
		"T-shirt/top":   "T-shirt-top.png",
		`a:b*c?"<>|\d`:  "a-b-c------d.png",
		"version 1.5":   "version 1.5.png",
		"tab\tand line": "tab-and line.png",
	} {
		if got := fileName(given, png); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

// A file that is chosen to be replaced stays whole until there is something to
// replace it with, and is never replaced unasked.
func TestChoosingAFileLeavesItAlone(t *testing.T) {
	app := test.NewTempApp(t)
	dir := t.TempDir()
	app.Preferences().SetString("fyne:fileDialogLastFolder", storage.NewFileURI(dir).String())
	w := app.NewWindow("")
	w.Resize(fyne.NewSize(1000, 800))
	good, fresh := filepath.Join(dir, "good.png"), filepath.Join(dir, "new.png")
	if err := os.WriteFile(good, []byte("a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typed  string
		asks   bool
		chosen string
	}{{"good.png", true, good}, {"good", true, good}, {"new.png", false, fresh}, {"new", false, fresh}} {
		var chosen string
		AskToSave(w, "Choose", "picture", []string{".png"}, func(path string) { chosen = path }, func(err error) { t.Error(err) })
		choose := w.Canvas().Overlays().Top()
		tabtest.Find(t, choose, func(*widget.Entry) bool { return true }).SetText(c.typed)
		test.Tap(tabtest.Find(t, choose, func(b *widget.Button) bool { return b.Text == "Save" }))
		if c.asks {
			if chosen != "" {
				t.Errorf("%s is replaced unasked", c.typed)
			}
			test.Tap(tabtest.Find(t, w.Canvas().Overlays().Top(), func(b *widget.Button) bool { return b.Text == "Yes" }))
		}
		if chosen != c.chosen {
			t.Errorf("%s became %q, want %q", c.typed, chosen, c.chosen)
		}
		if text, err := os.ReadFile(good); err != nil || string(text) != "a picture" {
			t.Fatalf("after choosing %s the good file holds %q, error %v", c.typed, text, err)
		}
		if _, err := os.Stat(fresh); err == nil {
			t.Errorf("choosing %s made a file", c.typed)
		}
	}
}

func TestFilesAreWrittenAsAWhole(t *testing.T) {
	test.NewTempApp(t)
	if err := writeOnClose(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	w, err := storage.Writer(storage.NewFileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	holds := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(path); err != nil || string(text) != want {
			t.Errorf("the file holds %q, want %q, error %v", text, want, err)
		}
	}
	if _, err := w.Write([]byte("after")); err != nil {
		t.Fatal(err)
	}
	holds("before")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	holds("after")
}
