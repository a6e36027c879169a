package train

import (
	"encoding/json"
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/widgets"
	"atelier/ml/atomicfile"
	mlfigures "atelier/ml/figures"
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
	picture *figures.View
	drawn   nn.Network
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
		for _, c := range s.additions() {
			item := fyne.NewMenuItem(c.Label, c.Run)
			item.Icon = c.Icon
			items = append(items, item)
		}
		widgets.PopUpBelow(add, items...)
	}
	s.cards.OnAdd = add.OnTapped
	s.undo = widget.NewButtonWithIcon("", theme.ContentUndoIcon(), t.edit.Undo)
	s.redo = widget.NewButtonWithIcon("", theme.ContentRedoIcon(), t.edit.Redo)
	open := widget.NewButtonWithIcon("Open…", theme.FolderOpenIcon(), s.open)
	save := widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), s.save)
	summary := widget.NewButtonWithIcon("Summary", theme.InfoIcon(), s.summary)
	savePicture := func() { t.saveFigure(s.picture.Figure(), t.edit.Setup().Network.Name) }
	s.picture = figures.NewView(fyne.NewSize(300, 105))
	s.picture.OnSave = func(mlfigures.Figure) { savePicture() }
	picture := widget.NewButtonWithIcon("Picture…", theme.FileImageIcon(), savePicture)
	tools := container.NewHBox(add, s.undo, s.redo, open, save, picture, summary)
	s.content = widgets.NewBorder(container.NewVBox(tools, s.totals), container.NewVBox(s.picture, s.help.label), nil, nil, s.cards)
	return s
}

// additions offers each kind of layer to be put after the selected one.
func (s *layersSection) additions() []widgets.Command {
	var out []widgets.Command
	for _, kind := range nn.Kinds() {
		l, err := nn.New(kind)
		if err != nil {
			continue
		}
		out = append(out, widgets.Command{Label: layerTitle(l), Icon: layerIcon(l), Run: func() {
			s.tab.edit.Insert(l)
			s.cards.focus()
		}})
	}
	return out
}

func (s *layersSection) show() {
	widgets.SetEnabled(s.undo, s.tab.edit.CanUndo())
	widgets.SetEnabled(s.redo, s.tab.edit.CanRedo())
	if n := s.tab.edit.Setup().Network; s.drawn.Layers == nil || !n.Equal(s.drawn) {
		s.drawn = n
		s.picture.SetFigure(mlfigures.Network{Network: n})
	}
	_, problem := s.tab.check(s.tab.edit.Setup().Network)
	s.totals.Importance = widget.MediumImportance
	if problem != nil {
		s.totals.Importance = widget.DangerImportance
		s.totals.SetText(problem.Error())
		return
	}
	n := s.tab.edit.Setup().Network
	s.totals.SetText(fmt.Sprintf("%s takes pictures of %s. Right: what a layer gives, and its parameters.", networkTitle(n), n.Input))
}

// openNetwork reads a network from a JSON file.
func openNetwork(path string) (nn.Network, error) {
	data, err := readSmall(path)
	if err != nil {
		return nn.Network{}, err
	}
	n, err := nn.Parse(data)
	if err != nil {
		return nn.Network{}, fmt.Errorf("%s is not a network: %w", path, err)
	}
	return n, nil
}

// readSmall reads a settings file; anything large is not one.
func readSmall(path string) ([]byte, error) {
	const limit = 16 << 20
	if info, err := os.Stat(path); err == nil && info.Size() > limit {
		return nil, fmt.Errorf("%s is too large for a settings file: choose one that was saved here", path)
	}
	return os.ReadFile(path)
}

func (s *layersSection) open() {
	t := s.tab
	problem := func(err error) { t.studio.Report("Opening a network", err) }
	widgets.AskToOpen(t.window, "Open a network", []string{".json"}, func(path string) {
		n, err := openNetwork(path)
		if err != nil {
			problem(err)
			return
		}
		if d := t.studio.Data(); d != nil {
			n = fitted(n, d)
		}
		t.edit.SetNetwork(n)
	}, problem)
}

// saveJSON writes a value as indented JSON.
func saveJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(data, '\n'))
}

func (s *layersSection) save() {
	t := s.tab
	n := t.edit.Setup().Network
	problem := func(err error) { t.studio.Report("Saving the network", err) }
	widgets.AskToSave(t.window, "Save the network", n.Name, []string{".json"}, func(path string) {
		if err := saveJSON(path, n); err != nil {
			problem(err)
			return
		}
		t.studio.Notify("Saved %s", path)
	}, problem)
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
		widgets.NewTab("Summary", nil, show(n.Summary())),
		widgets.NewTab("Keras code", nil, show(code)),
	)
	d := dialog.NewCustom(networkTitle(n), "Close", tabs, s.tab.window)
	d.Resize(fyne.NewSize(760, 560))
	d.Show()
}
