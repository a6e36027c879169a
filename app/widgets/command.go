// Package widgets holds what the tabs build their views from. A widget shows
// plain values and calls back; it knows nothing of datasets or training.
package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Menu is one of the window's menus.
type Menu string

// The menus, in the order of the menu bar.
const (
	FileMenu Menu = "File"
	EditMenu Menu = "Edit"
	ViewMenu Menu = "View"
	RunMenu  Menu = "Run"
	HelpMenu Menu = "Help"
)

// Command is something the user can do: one value makes the menu item, the
// shortcut and the line in the list of shortcuts.
type Command struct {
	Menu  Menu
	Label string
	Icon  fyne.Resource
	// Shortcut is Ctrl, Alt or Cmd with a key; it works wherever the focus
	// is. Nil means none.
	Shortcut fyne.Shortcut
	// Key is a function key, such as F11; it works wherever the focus is. ""
	// means none.
	Key fyne.KeyName
	// Section separates groups within a menu: a line is drawn where it changes.
	Section string
	Run     func()
	// Enabled reports whether the command can run now; nil means always.
	Enabled func() bool
	// Checked makes the item a switch and reports its state.
	Checked func() bool
	// Submenu turns the item into a menu of its own; Run is then unused.
	Submenu func() []Command
}

// Ready reports whether the command can run now.
func (c Command) Ready() bool { return c.Enabled == nil || c.Enabled() }

// Keys returns the command's keys in words: "F11 or Alt+Return", or "".
func (c Command) Keys() string {
	keys := string(c.Key)
	if s, ok := c.Shortcut.(fyne.KeyboardShortcut); ok {
		if keys != "" {
			keys += " or "
		}
		keys += KeysOf(s.Mod(), s.Key())
	}
	return keys
}

// KeysOf names a key with modifiers as menus do.
func KeysOf(mod fyne.KeyModifier, key fyne.KeyName) string {
	text := ""
	for _, m := range []struct {
		mod  fyne.KeyModifier
		name string
	}{
		{fyne.KeyModifierControl, "Ctrl+"},
		{fyne.KeyModifierAlt, "Alt+"},
		{fyne.KeyModifierShift, "Shift+"},
		{fyne.KeyModifierSuper, "Cmd+"},
	} {
		if mod&m.mod != 0 {
			text += m.name
		}
	}
	return text + string(key)
}

// KeyGroup tells which keys one part of the window takes while it has the focus.
type KeyGroup struct {
	Title string
	// Keys are what one does and, beside it, with which keys.
	Keys [][2]string
}

// Ctrl returns the shortcut of a key with Ctrl, or Cmd on a Mac.
func Ctrl(key fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// CtrlShift returns the shortcut of a key with Ctrl and Shift.
func CtrlShift(key fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
}

// Alt returns the shortcut of a key with Alt.
func Alt(key fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierAlt}
}
