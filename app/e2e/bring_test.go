//go:build e2e

package e2e

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// launchClassify starts the program with Classify in front and its model read.
func (s *screen) launchClassify() *program {
	s.t.Helper()
	home := s.t.TempDir()
	prefer(s.t, home, map[string]any{"window.tab": "Classify"})
	p := s.launch(build(s.t, "migrated_fynedo"), home, nil)
	p.wait("data", nil)
	return p
}

// TestDrop brings pictures by a real drag and drop: one, five, a folder, and
// what is no picture.
func TestDrop(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launchClassify()
	dir := t.TempDir()
	var pictures []string
	for i := range 5 {
		pictures = append(pictures, filepath.Join(dir, fmt.Sprintf("trouser %d.png", i)))
		writeTrouser(t, pictures[i])
	}

	mark := p.mark()
	s.dropFiles(pictures[0])
	if answer := p.waitSince(mark, "classified", nil); answer.text("path") != pictures[0] || answer.text("name") != "Trouser" {
		t.Errorf("one file: %v", answer)
	}
	s.shot("drop-one")

	mark = p.mark()
	s.dropFiles(pictures...)
	if answer := p.waitSince(mark, "classified many", nil); answer.number("pictures") != 5 {
		t.Errorf("five files: %v", answer)
	}
	s.shot("drop-five")

	mark = p.mark()
	s.dropFiles(dir)
	if answer := p.waitSince(mark, "classified many", nil); answer.number("pictures") != 5 {
		t.Errorf("a folder: %v", answer)
	}
	s.shot("drop-folder")

	notes := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(notes, []byte("Buy trousers."), 0o644); err != nil {
		t.Fatal(err)
	}
	mark = p.mark()
	s.dropFiles(notes)
	p.waitSince(mark, "problem", contains("error", notes))
	s.shot("drop-text")
	s.key("Escape")

	mark = p.mark()
	s.dropFiles(pictures[1]) // the program goes on
	p.waitSince(mark, "classified", contains("path", pictures[1]))
}

// TestDropMark drags a file over the window, away again, back, and drops it.
func TestDropMark(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launchClassify()
	picture := filepath.Join(t.TempDir(), "trouser.png")
	writeTrouser(t, picture)
	before := s.pixels()
	marked := func(want bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); s.changedBy(before) != want; time.Sleep(200 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the window is marked: %v, want %v", !want, want)
			}
		}
	}
	d := s.dragFiles(width/2, height/2, picture)
	d.moveTo(width/2+20, height/2)
	marked(true)
	s.shot("drop-mark")
	d.leave()
	marked(false)

	mark := p.mark()
	s.dropFiles(picture)
	p.waitSince(mark, "classified", contains("path", picture))
	time.Sleep(2 * time.Second) // until all of the answer is drawn
	before = s.pixels()

	d = s.dragFiles(width/2, height/2, picture)
	marked(true)
	d.Close() // the program that drags ends
	marked(false)
	s.key("ctrl+q")
	p.end()
}

// TestPaste pastes a screenshot, a picture so large that it comes in pieces,
// the files that a file manager copies, and words.
func TestPaste(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launchClassify()
	dir := t.TempDir()
	small := filepath.Join(dir, "trouser.png")
	writeTrouser(t, small)
	large := filepath.Join(dir, "noise.png")
	if size := writeNoise(t, large); size < 20<<20 {
		t.Fatalf("the large picture has %d bytes only", size)
	}
	list := filepath.Join(dir, "list")
	if err := os.WriteFile(list, []byte("copy\nfile://"+small+"\nfile://"+small), 0o644); err != nil {
		t.Fatal(err)
	}

	mark := p.mark()
	s.copy("image/png", small)
	s.key("ctrl+v")
	if answer := p.waitSince(mark, "classified", contains("subject", "Pasted")); answer.text("name") != "Trouser" {
		t.Errorf("a pasted picture: %v", answer)
	}
	s.shot("paste")

	mark = p.mark()
	s.copy("image/png", large)
	s.key("ctrl+v")
	t.Log(p.waitSince(mark, "classified", contains("subject", "Pasted")))

	mark = p.mark()
	s.copy("x-special/gnome-copied-files", list)
	s.key("ctrl+v")
	if answer := p.waitSince(mark, "classified many", nil); answer.number("pictures") != 2 {
		t.Errorf("pasted files: %v", answer)
	}

	words := filepath.Join(dir, "words")
	if err := os.WriteFile(words, []byte("Buy trousers."), 0o644); err != nil {
		t.Fatal(err)
	}
	mark = p.mark()
	s.copy("UTF8_STRING", words)
	s.key("ctrl+v")
	p.waitSince(mark, "problem", contains("error", "no picture on the clipboard"))
	s.shot("paste-words")
}

// copy puts a file's content on the clipboard in one form.
func (s *screen) copy(form, path string) {
	s.t.Helper()
	// Without -quiet, xclip goes on in the background, where it would keep the
	// test's pipes open.
	start(s.t, s.command("xclip", "-selection", "clipboard", "-quiet", "-t", form, "-i", path))
	time.Sleep(300 * time.Millisecond)
}

// writeNoise writes a picture that cannot be compressed and returns its size in
// bytes.
func writeNoise(t *testing.T, path string) int64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, 3000, 2500))
	for y := range 2500 {
		for x := range 3000 {
			v := rng.Uint32()
			img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v >> 8), uint8(v >> 16), 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(f, img); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestFunctionKeys presses them while a field to type into has the focus.
func TestFunctionKeys(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	home := t.TempDir()
	p := s.launch(build(t, "migrated_fynedo"), home, nil)
	p.wait("data", nil)
	s.key("ctrl+g") // the field for a picture's number
	time.Sleep(300 * time.Millisecond)
	for _, key := range []string{"F11", "F5", "F1"} {
		before := s.pixels()
		s.key(key)
		time.Sleep(time.Second)
		if !s.changedBy(before) {
			t.Errorf("%s does nothing while a field has the focus", key)
		}
		s.shot("key-" + key)
	}
}

// pixels is a picture of the screen.
func (s *screen) pixels() image.Image {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "screen.png")
	s.run("import", "-window", "root", path)
	f, err := os.Open(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		s.t.Fatal(err)
	}
	return img
}

// changedBy reports whether a twentieth of the screen or more is different now,
// which a blinking cursor is not.
func (s *screen) changedBy(before image.Image) bool {
	s.t.Helper()
	after := s.pixels()
	different := 0
	for y := range height {
		for x := range width {
			if before.At(x, y) != after.At(x, y) {
				different++
			}
		}
	}
	return different > width*height/20
}
