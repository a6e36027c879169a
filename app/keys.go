package main

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
	"github.com/go-gl/glfw/v3.3/glfw"

	"atelier/app/widgets"
)

// listenToKeys takes keys before Fyne sees them, wherever the focus is. Fyne
// leaves a key without a modifier to the widget that has the focus.
func (w *window) listenToKeys() {
	view, ok := w.Window.(interface{ RunWithContext(f func()) })
	if !ok {
		return // another driver than GLFW's
	}
	view.RunWithContext(func() {
		native := glfw.GetCurrentContext()
		if native == nil {
			return
		}
		taken := false // the last key
		var char glfw.CharCallback
		char = native.SetCharCallback(func(v *glfw.Window, r rune) {
			if r == ' ' && taken {
				return // it would be typed into what the button has opened
			}
			char(v, r)
		})
		var fynes glfw.KeyCallback
		fynes = native.SetKeyCallback(func(v *glfw.Window, key glfw.Key, scancode int, action glfw.Action, mods glfw.ModifierKey) {
			if action == glfw.Press {
				taken = mods == 0 && w.takeKey(keyName(key))
			}
			if taken && action != glfw.Release {
				return
			}
			before := w.Canvas().Focused()
			fynes(v, key, scancode, action, mods)
			if w.Canvas().Focused() != before {
				widgets.Reveal(w.Canvas())
			}
		})
	})
}

// keyName is Fyne's name of a key that takeKey may take, or "".
func keyName(key glfw.Key) fyne.KeyName {
	switch {
	case glfw.KeyF1 <= key && key <= glfw.KeyF12:
		return fyne.KeyName(fmt.Sprintf("F%d", key-glfw.KeyF1+1))
	case key == glfw.KeySpace:
		return fyne.KeySpace
	case key == glfw.KeyEscape:
		return fyne.KeyEscape
	case key == glfw.KeyEnter:
		return fyne.KeyReturn
	case key == glfw.KeyKPEnter:
		return fyne.KeyEnter
	}
	return ""
}

// takeKey does what a key without a modifier does wherever the focus is, and
// reports whether it does anything: function keys are those of the menus, Escape
// closes a dialog, and Space and Enter press the button that has the focus; without
// one, Enter presses what a dialog suggests.
func (w *window) takeKey(key fyne.KeyName) bool {
	if key == "" {
		return false
	}
	focused := w.Canvas().Focused()
	dialog, asks := w.Canvas().Overlays().Top().(*widget.PopUp)
	switch key {
	case fyne.KeyEscape:
		if asks {
			closeDialog(dialog)
		}
		return asks
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		if b, ok := focused.(button); ok {
			if _, isText := focused.(textField); !isText {
				w.press(b)
				return true
			}
		}
		if key == fyne.KeySpace || !asks || focused != nil {
			return false
		}
		if suggested, _ := suggestedButton(dialog); suggested != nil {
			suggested.Tapped(&fyne.PointEvent{})
		}
		return true
	}
	return w.menus.functionKey(key)
}

// button is what Fyne's buttons and those made of them have in common.
type button interface {
	fyne.CanvasObject
	fyne.Focusable
	fyne.Tappable
	SetIcon(fyne.Resource)
}

// press presses the button that has the focus. Fyne takes the focus away from it,
// so that the Tab key would begin anew.
func (w *window) press(b button) {
	overlays := len(w.Canvas().Overlays().List())
	b.Tapped(&fyne.PointEvent{})
	closed := len(w.Canvas().Overlays().List()) < overlays
	if closed || len(w.Canvas().Overlays().List()) == overlays && w.Canvas().Focused() != nil {
		return // the button is gone, or the focus is in another place
	}
	if at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b); !at.IsZero() { // it is still shown
		w.Canvas().Focus(b)
	}
}

// closeDialog closes a dialog as its button for that does, which in Fyne's dialogs
// stands before the suggested one.
func closeDialog(dialog *widget.PopUp) {
	if suggested, row := suggestedButton(dialog); suggested != nil {
		for _, o := range row {
			if b, ok := o.(*widget.Button); ok && !b.Disabled() {
				b.Tapped(&fyne.PointEvent{})
				return
			}
		}
	}
	dialog.Hide()
}

// suggestedButton returns the button of a dialog that stands out, or else its
// last one, and what stands beside it; nil if there is none.
func suggestedButton(dialog fyne.CanvasObject) (suggested *widget.Button, row []fyne.CanvasObject) {
	var look func(o fyne.CanvasObject)
	look = func(o fyne.CanvasObject) {
		children := widgets.Children(o)
		for _, child := range children {
			b, ok := child.(*widget.Button)
			if !ok {
				look(child)
				continue
			}
			standsOut := b.Importance == widget.HighImportance
			if b.Visible() && !b.Disabled() && (suggested == nil || standsOut || suggested.Importance != widget.HighImportance) {
				suggested, row = b, children
			}
		}
	}
	look(dialog)
	return suggested, row
}
