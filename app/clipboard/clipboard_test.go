package clipboard

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Copied files come in the ways of several file managers and terminals.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "my boots.png")
	if err := os.WriteFile(path, []byte("a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	address := "file://" + filepath.ToSlash(dir) + "/my%20boots.png"
	if runtime.GOOS == "windows" {
		address = "file:///" + filepath.ToSlash(dir) + "/my%20boots.png"
	}
	for text, want := range map[string][]string{
		path:                       {path},
		path + "\n" + dir + "\n":   {path, dir},
		`"` + path + `"`:           {path},
		address + "\r\n":           {path},
		"copy\n" + address:         {path},
		"cut\n" + address + "\x00": {path},
		"x-special/nautilus-clipboard\ncopy\n" + address + "\n" + address + "\n": {path, path},
		"":                                nil,
		"just words":                      nil,
		"clipboard_test.go":               nil, // a word that happens to name a file here
		filepath.Join(dir, "missing.png"): nil,
		path + "\nand words":              nil,
		"https://example.org/boots.png":   nil,
		"file://%zz":                      nil,
	} {
		if diff := cmp.Diff(want, paths(text)); diff != "" {
			t.Errorf("paths(%q): %s", text, diff)
		}
	}
}
