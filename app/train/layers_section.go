package train

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/ml/atomicfile"
	"atelier/ml/nn"
)

// layersSection is the editor of the network.
type layersSection struct {
	tab     *Tab
	content fyne.CanvasObject
	cards   *layersView
	totals  *widget.Label
	help    *helpLine
	undo    *widget.Button
	redo    *widget.Button
}

func newLayersSection(t *Tab) *layersSection {
	s := &layersSection{tab: t, help: newHelpLine("Click a layer to edit it; drag it to another place."), totals: widget.NewLabel("")}
	s.totals.Wrapping = fyne.TextWrapWord
	s.cards = newLayersView(t.edit, t.check)
	s.cards.OnHelp = s.help.Tell

	add := widget.NewButtonWithIcon("Add a layer", theme.ContentAddIcon(), nil)
	add.Importance = widget.HighImportance
	add.OnTapped = func() {
		var items []*fyne.MenuItem
		for _, kind := range nn.Kinds() {
			l, err := nn.New(kind)
			if err != nil {
				continue
			}
			item := fyne.NewMenuItem(layerTitle(l), func() { t.edit.Insert(l); s.cards.focus() })
			item.Icon = layerIcon(l)
			items = append(items, item)
		}
		popUpBelow(add, items...)
	}
	s.undo = widget.NewButtonWithIcon("", theme.ContentUndoIcon(), t.edit.Undo)
	s.redo = widget.NewButtonWithIcon("", theme.ContentRedoIcon(), t.edit.Redo)
	open := widget.NewButtonWithIcon("Open…", theme.FolderOpenIcon(), s.open)
	save := widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), s.save)
	summary := widget.NewButtonWithIcon("Summary", theme.InfoIcon(), s.summary)
	tools := container.NewHBox(add, s.undo, s.redo, open, save, summary)
	s.content = container.NewBorder(container.NewVBox(tools, s.totals), s.help.label, nil, nil, s.cards)
	return s
}

func (s *layersSection) show() {
	setEnabled(s.undo, s.tab.edit.CanUndo())
	setEnabled(s.redo, s.tab.edit.CanRedo())
	_, problem := s.tab.check(s.tab.edit.Setup().Network)
	s.totals.Importance = widget.MediumImportance
	if problem != nil {
		s.totals.Importance = widget.DangerImportance
		s.totals.SetText(problem.Error())
		return
	}
	n := s.tab.edit.Setup().Network
	s.totals.SetText(fmt.Sprintf("%s takes pictures of %s. %s.", networkTitle(n), n.Input, s.tab.estimate()))
}

// openNetwork reads a network from JSON.
func openNetwork(r io.Reader, name string) (nn.Network, error) {
	const limit = 16 << 20
	data, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nn.Network{}, fmt.Errorf("read %s: %w", name, err)
	}
	n, err := nn.Parse(data)
	if err != nil {
		return nn.Network{}, fmt.Errorf("%s: %w. It must be a network that was saved here or by atelier-cli", name, err)
	}
	return n, nil
}

func (s *layersSection) open() {
	d := dialog.NewFileOpen(func(from fyne.URIReadCloser, err error) {
		if err != nil || from == nil {
			s.tab.studio.Report("Opening a network", err)
			return
		}
		defer from.Close()
		n, err := openNetwork(from, from.URI().Name())
		if err != nil {
			s.tab.studio.Report("Opening a network", err)
			return
		}
		if d := s.tab.studio.Data(); d != nil {
			n = fitted(n, d)
		}
		s.tab.edit.SetNetwork(n)
	}, s.tab.window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".json"}))
	d.Show()
}

// saveNetwork writes a network as JSON.
func saveNetwork(path string, n nn.Network) error {
	data, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(data, '\n'))
}

func (s *layersSection) save() {
	n := s.tab.edit.Setup().Network
	d := dialog.NewFileSave(func(to fyne.URIWriteCloser, err error) {
		if err != nil || to == nil {
			s.tab.studio.Report("Saving the network", err)
			return
		}
		path := to.URI().Path()
		to.Close()
		if filepath.Ext(path) == "" {
			os.Remove(path) // the dialog has made an empty file
			path += ".json"
		}
		if err := saveNetwork(path, n); err != nil {
			s.tab.studio.Report("Saving the network", err)
			return
		}
		s.tab.studio.Notify("Saved %s", path)
	}, s.tab.window)
	d.SetFileName(n.Name + ".json")
	d.Show()
}

// summary shows what Keras's model.summary() prints, and the Keras code.
func (s *layersSection) summary() {
	n := s.tab.edit.Setup().Network
	show := func(text string) fyne.CanvasObject {
		l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
		l.Selectable = true
		return container.NewScroll(l)
	}
	code := ""
	for _, line := range n.KerasLines() {
		code += line + "\n"
	}
	tabs := container.NewAppTabs(
		container.NewTabItem("Summary", show(n.Summary())),
		container.NewTabItem("Keras code", show(code)),
	)
	d := dialog.NewCustom(networkTitle(n), "Close", tabs, s.tab.window)
	d.Resize(fyne.NewSize(760, 560))
	d.Show()
}
