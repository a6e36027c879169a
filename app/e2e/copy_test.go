//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCopy copies a drawing with its answer, as a picture for other programs and
// for this one, and as text.
func TestCopy(t *testing.T) {
	s := newScreen(t, fmt.Sprintf("%dx%d", width, height))
	p := s.launchClassify()
	mark := p.mark()
	stroke(s)
	answer := p.waitSince(mark, "classified", nil)
	s.key("ctrl+c")
	p.waitSince(mark, "notice", contains("text", "Copied the picture"))
	s.shot("copy")
	forms := s.pasted("TARGETS")
	for _, form := range []string{"TARGETS", "TIMESTAMP", "MULTIPLE", "image/png"} {
		if !strings.Contains(string(forms), form) {
			t.Errorf("the clipboard does not offer %s: %s", form, forms)
		}
	}
	img, err := png.Decode(bytes.NewReader(s.pasted("image/png")))
	if err != nil || img.Bounds().Size() != image.Pt(960, 560) {
		t.Errorf("another program gets %v, %v", img, err)
	}

	mark = p.mark()
	s.key("ctrl+v")
	p.waitSince(mark, "classified", contains("subject", "Pasted"))

	s.key("ctrl+shift+c")
	p.waitSince(mark, "notice", contains("text", "in words"))
	if text := string(s.pasted("UTF8_STRING")); !strings.Contains(text, "Pasted picture: ") || strings.Count(text, "\t") != 10 {
		t.Errorf("after %v the text is %q", answer, text)
	}

	picture := filepath.Join(t.TempDir(), "trouser.png")
	writeTrouser(t, picture)
	mark = p.mark()
	s.key("ctrl+shift+1", "ctrl+c") // the drawing again
	p.waitSince(mark, "notice", contains("text", "Copied the picture"))
	s.copy("image/png", picture) // another program takes the clipboard over
	want, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s.pasted("image/png"), want) {
		t.Error("what another program copied later is not on the clipboard")
	}
}

// pasted returns what the clipboard holds in one form.
func (s *screen) pasted(form string) []byte {
	s.t.Helper()
	out, err := s.command("xclip", "-selection", "clipboard", "-t", form, "-o").Output()
	if err != nil {
		s.t.Fatalf("paste %s: %v", form, err)
	}
	return out
}
