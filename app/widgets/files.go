package widgets

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"
)

// AskToSave asks where to save a file and calls save with the path, which ends
// in one of the extensions (".png"); the first is added to a name without any
// of them. Instead of a name a whole path may be typed. It asks before a file is
// replaced and leaves that file alone: the caller replaces it as a whole. Problem
// receives what keeps the dialog from doing its work.
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
	showFiles(d, w)
	if name, ok := w.Canvas().Focused().(*widget.Entry); ok {
		name.TypedShortcut(&fyne.ShortcutSelectAll{}) // what is typed replaces it
	}
}

// showFiles shows a dialog almost as large as the window.
func showFiles(d *dialog.FileDialog, w fyne.Window) {
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

// AskToOpen asks for a file with one of the extensions, or any where there are
// none, and calls open with its path.
func AskToOpen(w fyne.Window, title string, extensions []string, open func(path string), problem func(error)) {
	d := dialog.NewFileOpen(func(from fyne.URIReadCloser, err error) {
		if err != nil {
			problem(err)
			return
		}
		if from == nil {
			return // the user has changed their mind
		}
		path := filepath.FromSlash(from.URI().Path())
		_ = from.Close() // it is opened again by whoever reads it
		open(path)
	}, w)
	d.SetTitleText(title)
	if len(extensions) > 0 {
		d.SetFilter(storage.NewExtensionFileFilter(extensions))
	}
	showFiles(d, w)
	typePath(d, w, open, func(folder string) {
		at, err := storage.ListerForURI(storage.NewFileURI(folder))
		if err != nil {
			problem(err)
			return
		}
		d.SetLocation(at)
	})
}

// AskForFolder asks for a folder and calls open with its path; confirm is what
// the button for that says.
func AskForFolder(w fyne.Window, title, confirm string, open func(path string), problem func(error)) {
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		if err != nil {
			problem(err)
			return
		}
		if folder != nil {
			open(filepath.FromSlash(folder.Path()))
		}
	}, w)
	d.SetTitleText(title)
	d.SetConfirmText(confirm)
	showFiles(d, w)
	typePath(d, w, nil, func(folder string) {
		d.Hide()
		open(folder)
	})
}

// typePath adds a field to a shown dialog in which a path is typed; it has the
// focus at first. Fyne's own dialog is slow to go through by keyboard. File is
// called after the dialog has closed; nil means that no file can be chosen.
func typePath(d *dialog.FileDialog, w fyne.Window, file, folder func(path string)) {
	popUp, ok := w.Canvas().Overlays().Top().(*widget.PopUp)
	if !ok {
		return
	}
	body, ok := popUp.Content.(*fyne.Container)
	if !ok {
		return
	}
	path := widget.NewEntry()
	path.SetPlaceHolder("Type or paste a path and press Enter, or choose below")
	wrong := widget.NewLabel("")
	wrong.Importance = widget.DangerImportance
	wrong.Wrapping = fyne.TextWrapWord
	wrong.Hide()
	path.OnChanged = func(string) { SetVisible(wrong, false) }
	path.OnSubmitted = func(text string) {
		full := fullPath(strings.TrimSpace(text))
		info, err := os.Stat(full)
		switch {
		case text == "":
		case err != nil:
			wrong.SetText(fmt.Sprintf("There is no %s.", full))
			wrong.Show()
		case info.IsDir():
			folder(full)
		case file == nil:
			wrong.SetText(fmt.Sprintf("%s is a file: choose a folder.", full))
			wrong.Show()
		default:
			d.Hide()
			file(full)
		}
	}
	inner := container.New(body.Layout, body.Objects...)
	outer := NewBorder(container.NewVBox(path, wrong), nil, nil, nil, inner)
	body.Layout, body.Objects = outer.Layout, outer.Objects
	body.Refresh()
	w.Canvas().Focus(path)
}

// fullPath completes a typed path: ~ is the home folder, and what is not
// absolute starts there.
func fullPath(typed string) string {
	home, err := os.UserHomeDir()
	if err != nil || filepath.IsAbs(typed) {
		return typed
	}
	return filepath.Join(home, strings.TrimPrefix(filepath.ToSlash(typed)+"/", "~/"))
}
