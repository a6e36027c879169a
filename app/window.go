package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"atelier/app/browse"
	"atelier/app/classify"
	"atelier/app/evaluate"
	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/train"
	"atelier/app/widgets"
	"atelier/ml/recognise"
)

// Keys of the settings of the window.
const (
	keyWidth   = "window.width"
	keyHeight  = "window.height"
	keyTab     = "window.tab"
	keyTheme   = "window.theme"
	closeLimit = 30 * time.Second
)

// tab is what the window asks of each of its tabs.
type tab interface {
	Content() fyne.CanvasObject
	// Commands are the tab's menu items and shortcuts. Those of the Edit menu
	// work while the tab is in front, the others always.
	Commands() []widgets.Command
	// Keys tells which keys the tab's parts take while they have the focus.
	Keys() []widgets.KeyGroup
}

// visible is for a tab that wants to know when it comes to the front.
type visible interface {
	Shown()
	Hidden()
}

// window is the program's window: four tabs, menus and a status bar.
type window struct {
	fyne.Window
	app    fyne.App
	studio *studio.Studio

	places   []studio.Place
	tabs     map[studio.Place]tab
	book     *container.AppTabs
	status   *statusBar
	dropMark *dropMark
	front    studio.Place
	menus    *menuBar

	stopWatching context.CancelFunc
	shownAt      time.Time
	closing      bool
	closeErr     error
}

func newWindow(a fyne.App, s *studio.Studio) *window {
	w := &window{Window: a.NewWindow("Atelier"), app: a, studio: s, tabs: map[studio.Place]tab{}}
	w.applyTheme()
	w.SetMaster()
	w.SetPadded(false)
	w.SetIcon(metadata().Icon)

	w.book = container.NewAppTabs()
	w.add(studio.Browse, theme.GridIcon(), browse.New(s, w))
	w.add(studio.Train, theme.MediaPlayIcon(), train.New(s, w))
	w.add(studio.Evaluate, theme.ConfirmIcon(), evaluate.New(s, w))
	w.add(studio.Classify, theme.SearchIcon(), classify.New(s, w))
	w.book.SetTabLocation(container.TabLocationTop)
	w.status = newStatusBar(s)
	w.dropMark = newDropMark()
	w.SetContent(container.NewStack(container.NewBorder(nil, w.status.content, nil, nil, w.book), w.dropMark))
	w.Resize(fyne.NewSize(
		float32(s.Settings().FloatWithFallback(keyWidth, 1280)),
		float32(s.Settings().FloatWithFallback(keyHeight, 800))))

	w.menus = newMenuBar(w)
	w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) { w.takeKey(e.Name) })
	w.Canvas().AddShortcut(widgets.CtrlShift(fyne.KeyZ), func(fyne.Shortcut) { w.edit(&fyne.ShortcutRedo{}) })
	w.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.drop(uris) })
	w.SetCloseIntercept(w.quit)
	s.OnShow(w.show)
	s.OnProblem(w.showProblem)
	s.OnNotice(w.status.notice)
	studio.Handle(s, studio.Browse, func(c studio.ChooseData) {
		if c.Folder {
			w.chooseFolder()
		} else {
			w.chooseFile()
		}
	})
	s.Subscribe(func(c studio.Change) {
		w.status.update(c)
		if c == studio.PresentationChanged {
			w.applyTheme()
		}
		w.menus.update()
	})

	w.front = w.places[0]
	w.book.OnSelected = func(item *container.TabItem) { w.selected(w.places[w.book.SelectedIndex()]) }
	w.show(studio.Place(s.Settings().String(keyTab)))
	return w
}

func (w *window) add(p studio.Place, icon fyne.Resource, t tab) {
	w.places = append(w.places, p)
	w.tabs[p] = t
	padded := container.New(layout.NewCustomPaddedLayout(4, 4, 8, 8), t.Content())
	w.book.Append(widgets.NewTab(string(p), icon, padded))
}

// started runs once the window is on the screen.
func (w *window) started(o options) {
	w.shownAt = time.Now()
	w.listenToKeys()
	ctx, cancel := context.WithCancel(context.Background())
	w.stopWatching = cancel
	watch(ctx, w.studio.Logger())
	go w.menus.watch(ctx)
	w.watchDrags(ctx)
	slog.Info("window shown")
	w.studio.StartData(o.data)
	go w.loadBuiltin()
	if len(o.files) > 0 {
		w.open(o.files)
	}
	if v, ok := w.tabs[w.front].(visible); ok {
		v.Shown()
	}
}

// loadBuiltin makes the model that comes with the program available.
func (w *window) loadBuiltin() {
	m, err := recognise.Bundled()
	if err != nil {
		w.studio.Logger().Error("built-in model", "error", err)
		return
	}
	w.studio.SetBuiltin(&studio.Model{Model: m, Name: "Pretrained"})
}

// show brings a tab to the front.
func (w *window) show(p studio.Place) {
	for i, place := range w.places {
		if place == p {
			w.book.SelectIndex(i)
		}
	}
}

func (w *window) selected(p studio.Place) {
	if p == w.front {
		return
	}
	if v, ok := w.tabs[w.front].(visible); ok {
		v.Hidden()
	}
	w.front = p
	w.studio.Settings().SetString(keyTab, string(p))
	w.studio.Logger().Info("tab", "name", string(p))
	if v, ok := w.tabs[p].(visible); ok {
		v.Shown()
	}
	w.menus.update()
}

// step goes to the next or the previous tab.
func (w *window) step(by int) {
	n := len(w.places)
	w.book.SelectIndex((w.book.SelectedIndex() + by + n) % n)
}

func (w *window) applyTheme() {
	v := look.Variant(w.studio.Settings().String(keyTheme))
	w.app.Settings().SetTheme(look.New(v, w.studio.Presentation()))
}

func (w *window) setTheme(v look.Variant) {
	w.studio.Settings().SetString(keyTheme, string(v))
	w.applyTheme()
}

// drop opens what was dropped anywhere on the window.
func (w *window) drop(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() != "file" {
			w.showProblem(studio.Problem{Doing: "Opening what was dropped", Err: errNotAFile(u.String())})
			return
		}
		paths = append(paths, filepath.FromSlash(u.Path()))
	}
	w.studio.Logger().Info("dropped", "files", len(paths))
	w.open(paths)
}

func (w *window) open(paths []string) {
	w.studio.Report("Opening files", w.studio.OpenFiles(paths))
}

// rememberSize keeps the size for the next start, unless the window fills the
// screen.
func (w *window) rememberSize() {
	if w.FullScreen() {
		return
	}
	size := w.Canvas().Size()
	w.studio.Settings().SetFloat(keyWidth, float64(size.Width))
	w.studio.Settings().SetFloat(keyHeight, float64(size.Height))
}

// quit asks first when something runs that closing would end.
func (w *window) quit() {
	if w.closing {
		return
	}
	if unfinished := w.studio.Unfinished(); len(unfinished) > 0 {
		w.confirmQuit(unfinished)
		return
	}
	w.quitNow()
}

// quitNow keeps what runs and closes the window.
func (w *window) quitNow() {
	if w.closing {
		return
	}
	w.closing = true
	w.rememberSize()
	if len(w.studio.Unfinished()) > 0 {
		w.showSaving()
	}
	if w.stopWatching != nil {
		w.stopWatching()
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
		defer cancel()
		err := w.studio.Close(ctx)
		w.studio.Logger().Info("closing", "error", err)
		w.studio.Do(func() {
			w.closeErr = err
			w.Close()
		})
	}()
}
