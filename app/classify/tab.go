// Package classify is the tab in which a trained network meets pictures that
// people bring: drawings, photos, whole folders.
package classify

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/clipboard"
	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/vision"
)

// keySplit remembers how wide the two sides are.
const keySplit = "classify.split"

// Tab is the Classify tab: at the left what is classified, at the right the
// answer.
type Tab struct {
	studio *studio.Studio
	window fyne.Window

	content  fyne.CanvasObject
	sections *container.AppTabs
	parts    []section
	draw     *drawView
	picture  *pictureView
	many     *manyView
	taught   *correctionsView
	game     *gameView
	models   *modelPicker
	answer   *answerView
	why      *whyView
	teach    *teachView
	save     *widget.Button
	copy     *widget.Button
	asker    *asker

	readClipboard func(context.Context) (clipboard.Content, error)
	copyPicture   func(png []byte) error
	corrections   corrections
	calibrations  calibrations

	subject subject // what the answer is about; without an image there is none
	topic   int     // counts the subjects; a drawing stays one while it is drawn
	shown   reply   // without answers while there is none
	second  *studio.Model
}

// What the answer says while there is no model.
const (
	noModelTitle = "No model yet"
	noModelText  = "Train one in the Train tab, or open a model file."
)

// The sections, in their order.
const (
	drawSection = iota
	pictureSection
	manySection
	correctionsSection
	gameSection
)

// section is one of the ways to bring pictures.
type section interface {
	// shown is called when the section comes to the front: it asks about what
	// it holds.
	shown()
	// entry is where the keyboard enters the section.
	entry() fyne.Focusable
}

// New returns the tab.
func New(s *studio.Studio, w fyne.Window) *Tab {
	t := &Tab{studio: s, window: w, readClipboard: clipboard.Read, copyPicture: clipboard.WritePicture, corrections: corrections{filepath.Join(s.Folder(), "corrections")}}
	t.calibrations = calibrations{t, map[*studio.Model]*studio.Model{}}
	t.asker = newAsker(s, t.show)
	t.answer = newAnswerView()
	t.why, t.teach = newWhyView(t), newTeachView(t)
	t.answer.below.Append(t.why.item)
	t.answer.below.Append(widgets.NewTab("Correct it", nil, t.teach.content))
	t.answer.below.OnSelected = func(*container.TabItem) { t.why.ask() }
	t.save = widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), t.saveCard)
	t.copy = widget.NewButtonWithIcon("Copy", theme.ContentCopyIcon(), t.copyCard)
	t.answer.columns[0].bars.OnTapped = func(class int) {
		t.answer.below.SelectIndex(1)
		t.why.speaksFor(class)
	}
	t.models = newModelPicker(t)
	t.draw = newDrawView(t)
	t.picture = newPictureView(t)
	t.many = newManyView(t)
	t.taught = newCorrectionsView(t)
	t.game = newGameView(t)
	t.parts = []section{t.draw, t.picture, t.many, t.taught, t.game}
	t.sections = container.NewAppTabs(
		widgets.NewTab("Draw", theme.DocumentCreateIcon(), t.draw.content),
		widgets.NewTab("Picture", theme.FileImageIcon(), t.picture.content),
		widgets.NewTab("Many", theme.ListIcon(), t.many.content),
		widgets.NewTab("Corrections", theme.ConfirmIcon(), t.taught.content),
		widgets.NewTab("Game", theme.MediaPlayIcon(), t.game.content),
	)
	t.sections.OnSelected = func(*container.TabItem) { t.parts[t.sections.SelectedIndex()].shown() }

	split := container.NewHSplit(t.sections, t.answer.content)
	split.Offset = s.Settings().FloatWithFallback(keySplit, 0.58)
	open := widget.NewButtonWithIcon("Open…", theme.FolderOpenIcon(), t.askForPicture)
	paste := widget.NewButtonWithIcon("Paste", theme.ContentPasteIcon(), t.Paste)
	recent := widget.NewButtonWithIcon("Recent", theme.HistoryIcon(), nil)
	recent.OnTapped = func() { widgets.PopUpBelow(recent, t.recentMenu()...) }
	try := widget.NewButtonWithIcon("Try one", theme.FileImageIcon(), nil)
	try.OnTapped = func() { widgets.PopUpBelow(try, t.sampleMenu()...) }
	t.content = widgets.NewBorder(
		widgets.NewBorder(nil, nil, container.NewHBox(open, paste, recent, try, t.save, t.copy), t.models.content), nil, nil, nil, split)

	s.Subscribe(func(c studio.Change) {
		switch c {
		case studio.ModelChanged:
			t.modelChanged()
		case studio.RunsChanged:
			t.models.list()
		case studio.PresentationChanged:
			s.Do(t.many.widen) // once the letters are larger
		}
	})
	studio.Handle(s, studio.Classify, func(r studio.ClassifyPictures) { t.open(r.Pictures) })
	t.modelChanged()
	return t
}

// Content returns what the tab shows.
func (t *Tab) Content() fyne.CanvasObject { return t.content }

// model returns the current model, with a rule for "not a garment" if there is
// one by now; nil without a model.
func (t *Tab) model() *studio.Model { return t.calibrations.of(t.studio.Model()) }

// modelsToAsk returns the current model and, after it, the one to compare it
// with.
func (t *Tab) modelsToAsk() []*studio.Model {
	var out []*studio.Model
	for _, m := range []*studio.Model{t.studio.Model(), t.second} {
		if m != nil {
			out = append(out, t.calibrations.of(m))
		}
	}
	return out
}

// ask asks the models about a subject and shows the answer soon.
func (t *Tab) ask(s subject, final bool) {
	if !s.continues(t.subject) {
		t.topic++
	}
	t.subject = s
	if t.studio.Model() == nil {
		t.noAnswer(noModelTitle, noModelText)
		return
	}
	models := t.modelsToAsk()
	t.asker.ask(question{subject: s, topic: t.topic, models: models, final: final})
	if final {
		for _, m := range models {
			t.calibrations.want(m)
		}
	}
}

// reask asks again about what is in sight.
func (t *Tab) reask() { t.parts[t.sections.SelectedIndex()].shown() }

// clear shows that there is nothing to classify.
func (t *Tab) clear(head, text string) {
	t.subject = subject{}
	t.topic++
	t.noAnswer(head, text)
}

// update brings the controls in line with what there is.
func (t *Tab) update() {
	widgets.SetEnabled(t.save, t.answered())
	widgets.SetEnabled(t.copy, t.answered())
}

// answered reports whether there is an answer.
func (t *Tab) answered() bool { return len(t.shown.answers) > 0 }

// noAnswer shows a text in place of an answer.
func (t *Tab) noAnswer(head, text string) {
	t.shown = reply{}
	t.answer.clear(head, text)
	t.why.clear()
	t.teach.update()
	t.update()
}

// show shows the answer to a question and returns true, unless the tab has gone
// on to something else. A drawing that has gone on meanwhile is not: while the
// pointer moves, every answer comes late, and the next is on its way.
func (t *Tab) show(r reply) bool {
	if r.topic != t.topic || r.models[0] != t.model() {
		return false
	}
	if r.err != nil {
		t.noAnswer("No answer", widgets.Sentence(r.err.Error()))
		return true
	}
	t.shown = r
	t.answer.show(r)
	t.why.consider(r)
	t.teach.update()
	t.update()
	if t.sections.SelectedIndex() == gameSection {
		t.game.consider(r)
	}
	return true
}

// modelChanged asks the new model about the present picture. One of other
// classes is no longer compared with it.
func (t *Tab) modelChanged() {
	m := t.studio.Model()
	if m == nil || t.second == m || t.second != nil && !slices.Equal(t.second.Classes, m.Classes) {
		t.second = nil
	}
	t.compareWith(t.second)
}

// compareWith shows the answers of a second model beside those of the current
// one; nil ends that.
func (t *Tab) compareWith(m *studio.Model) {
	t.second = m
	t.answer.compare(m != nil)
	models := t.modelsToAsk()
	for i := range t.answer.columns {
		var classes []string
		if i < len(models) {
			classes = models[i].Classes
		}
		t.answer.setClasses(i, classes)
	}
	t.models.list()
	if t.sections != nil {
		t.reask()
	}
}

// open classifies pictures that were dropped, opened or sent by another tab.
func (t *Tab) open(pictures []studio.Picture) {
	if len(pictures) == 0 {
		return
	}
	for _, p := range pictures {
		if p.Path != "" {
			t.remember(p.Path)
		}
	}
	p := pictures[0]
	if len(pictures) > 1 || isFolder(p.Path) {
		t.sections.SelectIndex(manySection)
		t.many.start(pictures)
		return
	}
	t.studio.Go("classify.open", "Opening "+p.Name, func(ctx context.Context, _ func(current, total int64)) error {
		s, err := open(ctx, p)
		if err != nil {
			return err
		}
		t.studio.Do(func() { t.showPicture(s) })
		return nil
	})
}

// showPicture brings a picture to the front and classifies it.
func (t *Tab) showPicture(s subject) {
	t.picture.set(s)
	if t.sections.SelectedIndex() != pictureSection {
		t.sections.SelectIndex(pictureSection)
		return // which asks
	}
	t.picture.shown()
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// openFiles classifies files and folders.
func (t *Tab) openFiles(paths ...string) {
	var pictures []studio.Picture
	for _, path := range paths {
		pictures = append(pictures, studio.Picture{Name: filepath.Base(path), Path: path})
	}
	t.open(pictures)
}

func (t *Tab) askForPicture() {
	widgets.AskToOpen(t.window, "Open a picture", vision.Extensions(), func(path string) { t.openFiles(path) },
		func(err error) { t.studio.Report("Opening a picture", err) })
}

// pad returns the pad that is in sight, or nil.
func (t *Tab) pad() *widgets.Pad {
	switch t.sections.SelectedIndex() {
	case drawSection:
		return t.draw.pad
	case gameSection:
		return t.game.pad
	}
	return nil
}

// Commands are the tab's part of the menus.
func (t *Tab) Commands() []widgets.Command {
	drawing := func(ready func(*widgets.Pad) bool) func() bool {
		return func() bool { p := t.pad(); return p != nil && ready(p) }
	}
	onPad := func(do func(*widgets.Pad)) func() { return func() { do(t.pad()) } }
	return append(t.sectionCommands(), []widgets.Command{
		{Menu: widgets.FileMenu, Label: "Save the picture with its answer…", Section: "classify", Run: t.saveCard, Enabled: t.answered},
		{Menu: widgets.EditMenu, Label: "Undo", Shortcut: &fyne.ShortcutUndo{}, Run: onPad((*widgets.Pad).Undo), Enabled: drawing((*widgets.Pad).CanUndo)},
		{Menu: widgets.EditMenu, Label: "Redo", Shortcut: &fyne.ShortcutRedo{}, Run: onPad((*widgets.Pad).Redo), Enabled: drawing((*widgets.Pad).CanRedo)},
		{Menu: widgets.EditMenu, Label: "Copy", Shortcut: &fyne.ShortcutCopy{}, Run: t.copyCard, Enabled: t.answered},
		{Menu: widgets.EditMenu, Label: "Copy the answer in words", Section: "words", Shortcut: widgets.CtrlShift(fyne.KeyC), Run: t.copyWords, Enabled: t.answered},
		{Menu: widgets.EditMenu, Label: "Paste", Shortcut: &fyne.ShortcutPaste{}, Run: t.Paste},
		{Menu: widgets.EditMenu, Label: "Clear the drawing", Section: "drawing", Shortcut: widgets.Ctrl(fyne.KeyDelete), Run: onPad((*widgets.Pad).Clear), Enabled: drawing(func(p *widgets.Pad) bool { return !p.Empty() })},
	}...)
}

// Keys tells which keys the parts of the tab take while they have the focus.
func (t *Tab) Keys() []widgets.KeyGroup {
	return []widgets.KeyGroup{
		{Title: "Classify: drawing", Keys: widgets.PadKeys()},
		{Title: "Classify: table of many pictures", Keys: [][2]string{{"Go to another cell", "Arrows"}, {"Show the picture and its answer", "Space"}}},
		{Title: "Classify: bars of the answer, to see why", Keys: widgets.BarsKeys()},
		{Title: "Classify: part of a picture", Keys: widgets.CropBoxKeys()},
	}
}

// sectionCommands bring the parts of the tab to the front without the mouse.
func (t *Tab) sectionCommands() []widgets.Command {
	var out []widgets.Command
	add := func(label, section string, key fyne.KeyName, book *container.AppTabs, i int, entry func() fyne.Focusable) {
		out = append(out, widgets.Command{
			Menu: widgets.ViewMenu, Label: "Classify: " + label, Section: section, Shortcut: widgets.CtrlShift(key),
			Run: func() {
				t.studio.Show(studio.Classify)
				book.SelectIndex(i)
				if o := entry(); o != nil {
					t.window.Canvas().Focus(o)
				}
			},
		})
	}
	for i, item := range t.sections.Items {
		add(item.Text, "classify", fyne.KeyName(strconv.Itoa(i+1)), t.sections, i, t.parts[i].entry)
	}
	below := []func() fyne.Focusable{
		func() fyne.Focusable { return nil },
		func() fyne.Focusable { return t.answer.columns[0].bars },
		t.teach.entry,
	}
	for i, item := range t.answer.below.Items {
		add(item.Text, "classify answer", fyne.KeyName(strconv.Itoa(i+6)), t.answer.below, i, below[i])
	}
	return out
}
