// Package clipboard reads pictures and copied files from the clipboard, and puts
// pictures there: Fyne knows text only.
package clipboard

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Content is what the clipboard holds, as far as it is of use: files or else a
// picture. The zero value is neither.
type Content struct {
	// Files are the absolute paths of files and folders that were copied in a
	// file manager, or that copied text names.
	Files []string
	// Picture is a picture in one of the usual file formats.
	Picture []byte
}

// maxBytes is the size of the largest picture that is read.
const maxBytes = 128 << 20

type errTooLarge struct{}

func (errTooLarge) Error() string {
	return fmt.Sprintf("what was copied is larger than %d MB: save it as a file and open that", maxBytes>>20)
}

// paths returns the files that text names, one a line as a path or as a file:
// address, the ways in which file managers copy; nil when any line is something
// else or a file is not there.
func paths(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		line = strings.Trim(strings.TrimSpace(line), "\"'\x00")
		switch line {
		case "", "copy", "cut", "x-special/nautilus-clipboard":
			continue
		}
		path := line
		if strings.HasPrefix(line, "file:") {
			u, err := url.Parse(line)
			if err != nil {
				return nil
			}
			path = filepath.FromSlash(u.Path)
			if drive := strings.TrimPrefix(path, `\`); filepath.VolumeName(drive) != "" {
				path = drive // /C:/folder
			}
		}
		if _, err := os.Stat(path); err != nil || !filepath.IsAbs(path) {
			return nil
		}
		found = append(found, path)
	}
	return found
}
