package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
)

type errNotAFile string

func (e errNotAFile) Error() string {
	return fmt.Sprintf("%s is not a file on this computer: save it first, then drop the file", string(e))
}

// showProblem shows what failed, in the words of the error.
func (w *window) showProblem(p studio.Problem) {
	text := widget.NewLabel(widgets.Sentence(p.Err.Error()))
	text.Wrapping = fyne.TextWrapWord
	text.Selectable = true
	icon := widget.NewIcon(theme.NewErrorThemedResource(theme.ErrorIcon()))
	line := container.NewStack(widget.NewLabel(""), container.NewCenter(icon)) // as high as the first line
	body := container.NewBorder(nil, nil, container.NewVBox(line), nil, container.NewVScroll(text))
	d := dialog.NewCustom(p.Doing+" did not work", "Close", body, w)
	d.Resize(fyne.NewSize(560, 260))
	d.Show()
}

func (w *window) confirmQuit(unfinished []string) {
	text := widget.NewLabel(strings.Join(unfinished, "\n"))
	text.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustomConfirm("Quit Atelier?", "Save and quit", "Stay", text, func(yes bool) {
		if yes {
			w.quitNow()
		}
	}, w)
	d.Resize(fyne.NewSize(460, 200))
	d.Show()
}

func (w *window) showSaving() {
	bar := widget.NewProgressBarInfinite()
	d := dialog.NewCustomWithoutButtons("Saving the run", container.NewVBox(widget.NewLabel("You can go on with it at the next start."), bar), w)
	d.Show()
}

func (w *window) showAbout() {
	m := metadata()
	picture := canvas.NewImageFromResource(m.Icon)
	picture.SetMinSize(fyne.NewSquareSize(96))
	picture.FillMode = canvas.ImageFillContain
	text := widget.NewRichTextFromMarkdown(fmt.Sprintf(
		"## Atelier %s\n\nTeach a convolutional network to recognise clothes, watch it learn, and try it on your own drawings and photos.\n\n%s, %s on %s/%s\n\nMIT licence. Fashion-MNIST © Zalando SE, MIT licence.",
		m.Version, revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
	text.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustom("About", "Close", container.NewBorder(nil, nil, container.NewVBox(picture), nil, text), w)
	d.Resize(fyne.NewSize(520, 280))
	d.Show()
}

// revision names the source that the program was built from.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown source"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 8 {
			return "Revision " + s.Value[:8]
		}
	}
	return "Development version"
}

// showShortcuts lists every key, by menu.
func (w *window) showShortcuts() {
	sections := container.NewVBox()
	add := func(title string, rows [][2]string) {
		if len(rows) == 0 {
			return
		}
		grid := container.NewGridWithColumns(2)
		for _, r := range rows {
			name := widget.NewLabel(r[0])
			name.Truncation = fyne.TextTruncateEllipsis
			keys := widget.NewLabelWithStyle(r[1], fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
			grid.Add(name)
			grid.Add(keys)
		}
		sections.Add(widgets.NewPanel(title, grid))
	}
	keysOf := func(commands []widgets.Command) (rows [][2]string) {
		for _, c := range commands {
			if c.Keys() != "" {
				rows = append(rows, [2]string{c.Label, c.Keys()})
			}
		}
		return rows
	}
	for _, menu := range menuOrder {
		if menu != widgets.EditMenu {
			add(string(menu), keysOf(w.menus.commands(menu)))
			continue
		}
		add(string(menu), keysOf(w.standardEdits()))
		for _, p := range w.places {
			add(string(menu)+" in "+string(p), keysOf(w.ownEdits(p)))
		}
	}
	add("Everywhere", [][2]string{
		{"Go to the next field or button", "Tab"},
		{"Go back", "Shift+Tab"},
		{"Press the button", "Space or Enter"},
		{"Answer as a dialog suggests", "Enter"},
		{"Open the menus", "Alt"},
		{"Close a dialog", "Escape"},
	})
	for _, p := range w.places {
		for _, g := range w.tabs[p].Keys() {
			add(g.Title, g.Keys)
		}
	}
	list := widgets.NewKeyScroll(sections)
	d := dialog.NewCustom("Keyboard shortcuts", "Close", list, w)
	d.Resize(fyne.NewSize(640, 620))
	d.Show()
	w.Canvas().Focus(list)
}

// chooseFile opens any file that the program reads.
func (w *window) chooseFile() {
	widgets.AskToOpen(w, "Open a dataset, a model or a picture", nil,
		func(path string) { w.open([]string{path}) },
		func(err error) { w.studio.Report("Opening a file", err) })
}

// chooseFolder opens a folder of data files, of class folders or of pictures.
func (w *window) chooseFolder() {
	widgets.AskForFolder(w, "Open a folder: a dataset or pictures", "Open",
		func(path string) { w.open([]string{path}) },
		func(err error) { w.studio.Report("Opening a folder", err) })
}
