package widgets

import (
	"os"
	"path/filepath"
	"strings"
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
	good, fresh, elsewhere := filepath.Join(dir, "good.png"), filepath.Join(dir, "new.png"), filepath.Join(t.TempDir(), "a b.png")
	if err := os.WriteFile(good, []byte("a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typed  string
		asks   bool
		chosen string
	}{
		{"good.png", true, good},
		{"good", true, good},
		{good, true, good},
		{"new.png", false, fresh},
		{"new", false, fresh},
		{elsewhere, false, elsewhere},
		{strings.TrimSuffix(elsewhere, ".png"), false, elsewhere},
	} {
		var chosen string
		AskToSave(w, "Choose", "picture", []string{".png"}, func(path string) { chosen = path }, func(err error) { t.Error(err) })
		choose := w.Canvas().Overlays().Top()
		name := w.Canvas().Focused().(*widget.Entry)
		if name.SelectedText() != "picture.png" {
			t.Errorf("%q is selected at first", name.SelectedText())
		}
		test.Type(name, c.typed)
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

func TestAPathCanBeTyped(t *testing.T) {
	app := test.NewTempApp(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(home, "folder", "a b.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w := app.NewWindow("")
	t.Cleanup(w.Close)
	w.Resize(fyne.NewSize(1000, 800))
	for _, c := range []struct {
		typed, opened, wrong string
		folder               bool // is asked for
	}{
		{typed: file, opened: file},
		{typed: "~/folder/a b.json", opened: file},
		{typed: "folder/a b.json", opened: file},
		{typed: filepath.Dir(file)}, // goes there
		{typed: "folder/none", wrong: filepath.Join(home, "folder/none")},
		{typed: "~", opened: home, folder: true},
		{typed: filepath.Dir(file), opened: filepath.Dir(file), folder: true},
		{typed: file, wrong: "choose a folder", folder: true},
	} {
		opened := ""
		ask := func(w fyne.Window, title string, open func(string), problem func(error)) {
			AskToOpen(w, title, []string{".json"}, open, problem)
		}
		if c.folder {
			ask = func(w fyne.Window, title string, open func(string), problem func(error)) {
				AskForFolder(w, title, "Choose", open, problem)
			}
		}
		ask(w, "Open", func(path string) { opened = path }, func(err error) { t.Error(err) })
		path := w.Canvas().Focused().(*widget.Entry)
		test.Type(path, c.typed)
		path.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		if opened != c.opened {
			t.Errorf("%q opens %q, want %q", c.typed, opened, c.opened)
		}
		dialog := w.Canvas().Overlays().Top()
		if open := dialog != nil; open != (c.opened == "") {
			t.Errorf("%q: the dialog is open: %v", c.typed, open)
		}
		if c.wrong != "" {
			tabtest.Find(t, dialog, func(l *widget.Label) bool { return l.Visible() && strings.Contains(l.Text, c.wrong) })
		}
		if c.opened == "" && c.wrong == "" {
			tabtest.Find(t, dialog, func(l *widget.Label) bool { return strings.HasPrefix(l.Text, "a b") })
		}
		if dialog != nil {
			dialog.Hide()
		}
	}
}
