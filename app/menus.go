package main

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/widgets"
)

// menuOrder is the order of the menu bar.
var menuOrder = []widgets.Menu{widgets.FileMenu, widgets.EditMenu, widgets.ViewMenu, widgets.RunMenu, widgets.HelpMenu}

// menuInterval is how often the menus are compared with what can be done now.
const menuInterval = 500 * time.Millisecond

// menuBar makes the window's menus and shortcuts from commands.
type menuBar struct {
	w     *window
	shown string
}

func newMenuBar(w *window) *menuBar {
	m := &menuBar{w: w}
	m.update()
	return m
}

// watch keeps the menus up to date, since a command may become possible for
// reasons of its own tab.
func (m *menuBar) watch(ctx context.Context) {
	tick := time.NewTicker(menuInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			fyne.Do(m.update)
		}
	}
}

// commands returns those of a menu: the window's own, then those of the tabs in
// the order of the tabs. In the Edit menu only the tab in front takes part.
func (m *menuBar) commands(menu widgets.Menu) []widgets.Command {
	var out []widgets.Command
	for _, c := range m.w.commands() {
		if c.Menu == menu {
			out = append(out, c)
		}
	}
	for _, p := range m.w.places {
		if menu == widgets.EditMenu {
			if p == m.w.front {
				out = append(out, m.w.ownEdits(p)...)
			}
			continue
		}
		for _, c := range m.w.tabs[p].Commands() {
			if c.Menu == menu {
				out = append(out, inSection(c, p))
			}
		}
	}
	// Fyne adds another Quit to a File menu that does not end with one.
	if i := slices.IndexFunc(out, isQuit); i >= 0 {
		quit := out[i]
		out = append(slices.Delete(out, i, i+1), quit)
	}
	return out
}

func isQuit(c widgets.Command) bool { return c.Label == quitLabel }

// isOpen reports whether a menu is open: a part of Fyne's menu bar then has the
// focus.
func (m *menuBar) isOpen() bool {
	focused := m.w.Canvas().Focused()
	if focused == nil {
		return false
	}
	kind := reflect.TypeOf(focused)
	return kind.Kind() == reflect.Pointer && strings.HasSuffix(kind.Elem().PkgPath(), "/internal/driver/glfw")
}

// update rebuilds the menu bar if it is not as it should be. An open menu would
// close by that: it waits for watch.
func (m *menuBar) update() {
	if m.isOpen() {
		return
	}
	var state strings.Builder
	all := make([][]widgets.Command, len(menuOrder))
	for i, menu := range menuOrder {
		all[i] = m.commands(menu)
		describe(&state, all[i])
		fmt.Fprintln(&state)
	}
	if state.String() == m.shown {
		return
	}
	m.shown = state.String()
	var menus []*fyne.Menu
	for i, menu := range menuOrder {
		if len(all[i]) > 0 {
			menus = append(menus, fyne.NewMenu(string(menu), m.items(menu, all[i])...))
		}
	}
	m.w.SetMainMenu(fyne.NewMainMenu(menus...))
}

func describe(out *strings.Builder, commands []widgets.Command) {
	for _, c := range commands {
		fmt.Fprintf(out, "%s|%s|%s|%v|%v;", c.Label, c.Section, c.Keys(), c.Ready(), c.Checked != nil && c.Checked())
		if c.Submenu != nil {
			describe(out, c.Submenu())
		}
	}
}

func (m *menuBar) items(menu widgets.Menu, commands []widgets.Command) []*fyne.MenuItem {
	var out []*fyne.MenuItem
	for i, c := range commands {
		if i > 0 && c.Section != commands[i-1].Section {
			out = append(out, fyne.NewMenuItemSeparator())
		}
		item := fyne.NewMenuItem(c.Label, func() {
			if c.Run != nil && c.Ready() && m.allowed(menu) {
				c.Run()
			}
		})
		item.Icon = c.Icon
		item.Shortcut = c.Shortcut
		if item.Shortcut == nil && c.Key != "" {
			item.Shortcut = &desktop.CustomShortcut{KeyName: c.Key}
		}
		item.Disabled = !c.Ready()
		item.Checked = c.Checked != nil && c.Checked()
		if c.Submenu != nil {
			item.ChildMenu = fyne.NewMenu("", m.items(menu, c.Submenu())...)
		}
		item.IsQuit = isQuit(c)
		out = append(out, item)
	}
	return out
}

// allowed reports whether the keys of a menu do anything now: behind a dialog they
// still change the view and edit text, but start nothing.
func (m *menuBar) allowed(menu widgets.Menu) bool {
	_, dialog := m.w.Canvas().Overlays().Top().(*widget.PopUp)
	return !dialog || menu == widgets.ViewMenu || menu == widgets.EditMenu
}

// functionKey runs the command of a key without a modifier and reports whether
// there is one. While a dialog is open, only the view can be changed.
func (m *menuBar) functionKey(key fyne.KeyName) bool {
	menus := menuOrder
	if m.w.Canvas().Overlays().Top() != nil {
		menus = []widgets.Menu{widgets.ViewMenu}
	}
	for _, menu := range menus {
		for _, c := range m.commands(menu) {
			if c.Key == key && c.Ready() {
				c.Run()
				return true
			}
		}
	}
	return false
}

const quitLabel = "Quit"

// commands are those of the window itself.
func (w *window) commands() []widgets.Command {
	s := w.studio
	var out []widgets.Command
	add := func(menu widgets.Menu, c widgets.Command) {
		c.Menu = menu
		out = append(out, c)
	}

	add(widgets.FileMenu, widgets.Command{Label: "Open…", Section: "open", Icon: theme.FolderOpenIcon(), Shortcut: widgets.Ctrl(fyne.KeyO), Run: w.chooseFile})
	add(widgets.FileMenu, widgets.Command{Label: "Open folder…", Section: "open", Shortcut: widgets.CtrlShift(fyne.KeyO), Run: w.chooseFolder})
	add(widgets.FileMenu, widgets.Command{Label: "Recent datasets", Section: "open", Submenu: w.recentCommands})
	add(widgets.FileMenu, widgets.Command{
		Label: "Download Fashion-MNIST", Section: "download", Icon: theme.DownloadIcon(),
		Run:     func() { s.Download() },
		Enabled: func() bool { d := s.Data(); return (d == nil || d.Source.Sample) && !running(s, studio.JobDownload) },
	})
	add(widgets.FileMenu, widgets.Command{Label: "Use the pretrained model", Section: "download", Run: func() { s.SetModel(nil) }, Enabled: func() bool { return s.Builtin() != nil && s.Model() != s.Builtin() }})
	add(widgets.FileMenu, widgets.Command{Label: quitLabel, Section: "quit", Shortcut: widgets.Ctrl(fyne.KeyQ), Run: w.quit})

	add(widgets.RunMenu, widgets.Command{
		Label: "Cancel what is going on", Section: "jobs", Shortcut: widgets.Ctrl(fyne.KeyPeriod),
		Run: w.status.cancel.OnTapped, Enabled: func() bool { return len(s.Jobs()) > 0 },
	})

	for _, e := range w.standardEdits() {
		e.Run = func() { w.edit(e.Shortcut) }
		add(widgets.EditMenu, e)
	}

	for i, p := range w.places {
		add(widgets.ViewMenu, widgets.Command{
			Label: string(p), Section: "tabs", Shortcut: widgets.Ctrl(fyne.KeyName(fmt.Sprint(i + 1))),
			Run: func() { w.show(p) }, Checked: func() bool { return w.front == p },
		})
	}
	add(widgets.ViewMenu, widgets.Command{Label: "Next tab", Section: "tabs", Shortcut: widgets.Ctrl(fyne.KeyTab), Run: func() { w.step(1) }})
	add(widgets.ViewMenu, widgets.Command{Label: "Previous tab", Section: "tabs", Shortcut: widgets.CtrlShift(fyne.KeyTab), Run: func() { w.step(-1) }})
	add(widgets.ViewMenu, widgets.Command{
		Label: "Full screen", Section: "screen", Key: fyne.KeyF11, Shortcut: widgets.Alt(fyne.KeyReturn),
		Run: func() { w.SetFullScreen(!w.FullScreen()) }, Checked: w.FullScreen,
	})
	add(widgets.ViewMenu, widgets.Command{
		Label: "Presentation", Section: "screen", Key: fyne.KeyF5, Shortcut: widgets.Ctrl(fyne.KeyF5),
		Run: func() { s.SetPresentation(!s.Presentation()) }, Checked: s.Presentation,
	})
	for _, t := range []struct {
		label   string
		variant look.Variant
	}{{"Colours of the system", look.System}, {"Light", look.Light}, {"Dark", look.Dark}} {
		add(widgets.ViewMenu, widgets.Command{
			Label: t.label, Section: "theme", Run: func() { w.setTheme(t.variant) },
			Checked: func() bool { return s.Settings().String(keyTheme) == string(t.variant) },
		})
	}

	add(widgets.HelpMenu, widgets.Command{Label: "Keyboard shortcuts", Key: fyne.KeyF1, Section: "help", Run: w.showShortcuts})
	add(widgets.HelpMenu, widgets.Command{Label: "About Atelier", Section: "about", Run: w.showAbout})
	return out
}

func running(s *studio.Studio, key string) bool {
	for _, j := range s.Jobs() {
		if j.Key == key {
			return true
		}
	}
	return false
}

func (w *window) recentCommands() []widgets.Command {
	standard := widgets.Command{Label: "Fashion-MNIST, where it is found", Section: "standard", Run: func() { w.studio.OpenStandardData() }}
	sample := widgets.Command{Label: "The built-in sample", Section: "standard", Run: func() {
		w.show(studio.Browse)
		w.studio.OpenSample()
	}}
	out := []widgets.Command{standard, sample}
	for _, path := range w.studio.Recent() {
		out = append(out, widgets.Command{Label: filepath.Base(path) + " in " + filepath.Dir(path), Section: "recent", Run: func() {
			w.show(studio.Browse)
			w.studio.OpenData(path)
		}})
	}
	if len(w.studio.Recent()) > 0 {
		out = append(out, widgets.Command{Label: "Forget these", Section: "forget", Run: w.studio.ForgetRecent})
	}
	return out
}

// standardEdits are the items that every Edit menu has.
func (w *window) standardEdits() []widgets.Command {
	clipboard := w.app.Clipboard()
	return []widgets.Command{
		{Label: "Undo", Section: "undo", Shortcut: &fyne.ShortcutUndo{}},
		{Label: "Redo", Section: "undo", Shortcut: &fyne.ShortcutRedo{}},
		{Label: "Cut", Section: "clipboard", Shortcut: &fyne.ShortcutCut{Clipboard: clipboard}},
		{Label: "Copy", Section: "clipboard", Shortcut: &fyne.ShortcutCopy{Clipboard: clipboard}},
		{Label: "Paste", Section: "clipboard", Shortcut: &fyne.ShortcutPaste{Clipboard: clipboard}},
		{Label: "Select all", Section: "clipboard", Shortcut: &fyne.ShortcutSelectAll{}},
	}
}

// inSection returns a tab's command, in a section of the tab's own if it names
// none.
func inSection(c widgets.Command, p studio.Place) widgets.Command {
	if c.Section == "" {
		c.Section = string(p)
	}
	return c
}

// ownEdits are the commands of a tab in the Edit menu that are not standard.
func (w *window) ownEdits(p studio.Place) []widgets.Command {
	var out []widgets.Command
	for _, c := range w.tabs[p].Commands() {
		if c.Menu == widgets.EditMenu && !w.standardEdit(c.Shortcut) {
			out = append(out, inSection(c, p))
		}
	}
	return out
}

// standardEdit reports whether a shortcut is that of a standard item, by its
// kind or by its keys.
func (w *window) standardEdit(s fyne.Shortcut) bool {
	for _, c := range w.standardEdits() {
		if sameKeys(c.Shortcut, s) {
			return true
		}
	}
	return false
}

func sameKeys(a, b fyne.Shortcut) bool {
	ka, ok := a.(fyne.KeyboardShortcut)
	kb, ok2 := b.(fyne.KeyboardShortcut)
	return ok && ok2 && ka.Key() == kb.Key() && ka.Mod() == kb.Mod()
}

// textField is what Fyne's entries and selectable labels have in common.
type textField interface {
	fyne.Shortcutable
	SelectedText() string
}

// edit gives a shortcut of editing to the text field that has the focus, else
// to the tab in front, else to whatever has the focus.
func (w *window) edit(shortcut fyne.Shortcut) {
	focused := w.Canvas().Focused()
	if text, ok := focused.(textField); ok {
		text.TypedShortcut(shortcut)
		return
	}
	for _, c := range w.tabs[w.front].Commands() {
		if c.Menu == widgets.EditMenu && sameKeys(c.Shortcut, shortcut) && c.Ready() {
			c.Run()
			return
		}
	}
	if other, ok := focused.(fyne.Shortcutable); ok {
		other.TypedShortcut(shortcut)
	}
}
