package widgets

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
)

// AskToSave asks where to save a file and calls save with the path, which ends
// in one of the extensions (".png"); the first is added to a name without any
// of them. It asks before a file is replaced and leaves that file alone: the
// caller replaces it as a whole. Problem receives what keeps the dialog from
// doing its work.
func AskToSave(w fyne.Window, title, name string, extensions []string, save func(path string), problem func(error)) {
	if err := writeOnClose(); err != nil {
		problem(err)
		return
	}
	d := dialog.NewFileSave(func(to fyne.URIWriteCloser, err error) {
		if err != nil {
			problem(err)
			return
		}
		if to == nil {
			return // the user has changed their mind
		}
		path := filepath.FromSlash(to.URI().Path()) // nothing is written to it, so it need not be closed
		if slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
			save(path)
			return
		}
		path += extensions[0] // of which the dialog knows nothing
		if _, err := os.Stat(path); err != nil {
			save(path)
			return
		}
		dialog.ShowConfirm("Replace it?", "There is a file "+filepath.Base(path)+" already.", func(yes bool) {
			if yes {
				save(path)
			}
		}, w)
	}, w)
	d.SetTitleText(title)
	d.SetFileName(fileName(name, extensions))
	d.Show()
	d.Resize(w.Canvas().Size().Subtract(fyne.NewSize(120, 120)))
}

// fileName makes a name that every system takes.
func fileName(name string, extensions []string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	if !slices.Contains(extensions, strings.ToLower(filepath.Ext(name))) {
		name += extensions[0]
	}
	return name
}

// AskToOpen asks for a file with one of the extensions and calls open with its
// path.
func AskToOpen(w fyne.Window, title string, extensions []string, open func(path string), problem func(error)) {
	d := dialog.NewFileOpen(func(from fyne.URIReadCloser, err error) {
		if err != nil {
			problem(err)
			return
		}
		if from == nil {
			return // the user has changed their mind
		}
		path := from.URI().Path()
		from.Close()
		open(path)
	}, w)
	d.SetTitleText(title)
	d.SetFilter(storage.NewExtensionFileFilter(extensions))
	d.Show()
	d.Resize(w.Canvas().Size().Subtract(fyne.NewSize(120, 120)))
}
