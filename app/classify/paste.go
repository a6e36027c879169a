package classify

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
)

// errNothingToPaste tells what can be pasted.
var errNothingToPaste = errors.New("there is no picture on the clipboard: copy a picture file in your file manager, or save the picture and drop the file on the window")

// Paste classifies what is on the clipboard.
func (t *Tab) Paste() {
	paths := pastedPaths(fyne.CurrentApp().Clipboard().Content())
	if len(paths) == 0 {
		t.studio.Report("Pasting", errNothingToPaste)
		return
	}
	t.openFiles(paths...)
}

// pastedPaths returns the files that copied text names, one a line as a path or
// as a file: address, the ways in which file managers copy; nil when any line is
// something else.
func pastedPaths(text string) []string {
	var paths []string
	for line := range strings.Lines(text) {
		line = strings.Trim(strings.TrimSpace(line), `"'`)
		if line == "" || line == "copy" || line == "x-special/nautilus-clipboard" {
			continue
		}
		path := line
		if strings.HasPrefix(line, "file:") {
			u, err := url.Parse(line)
			if err != nil {
				return nil
			}
			path = filepath.FromSlash(u.Path)
		}
		if _, err := os.Stat(path); err != nil || !filepath.IsAbs(path) {
			return nil
		}
		paths = append(paths, path)
	}
	return paths
}
