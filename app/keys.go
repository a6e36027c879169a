package main

import (
	"fmt"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// listenToFunctionKeys gives the function keys to the menus, wherever the focus
// is. Fyne leaves a key without a modifier to the widget that has the focus, so
// they are taken before Fyne sees them.
func (w *window) listenToFunctionKeys() {
	view, ok := w.Window.(interface{ RunWithContext(f func()) })
	if !ok {
		return // another driver than GLFW's
	}
	view.RunWithContext(func() {
		native := glfw.GetCurrentContext()
		if native == nil {
			return
		}
		var fynes glfw.KeyCallback
		fynes = native.SetKeyCallback(func(v *glfw.Window, key glfw.Key, scancode int, action glfw.Action, mods glfw.ModifierKey) {
			if action == glfw.Press && mods == 0 && glfw.KeyF1 <= key && key <= glfw.KeyF12 &&
				w.menus.functionKey(fyne.KeyName(fmt.Sprintf("F%d", key-glfw.KeyF1+1))) {
				return
			}
			fynes(v, key, scancode, action, mods)
		})
	})
}
