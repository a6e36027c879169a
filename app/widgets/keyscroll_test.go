package widgets_test

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
	"atelier/app/widgets"
)

func TestKeysScrollWhatHasTheFocus(t *testing.T) {
	start(t, look.Light)
	tall := canvas.NewRectangle(color.Black)
	tall.SetMinSize(fyne.NewSize(100, 1000))
	body := container.NewVBox(tall)
	s := widgets.NewKeyScroll(body)
	pressed := 0
	last := s.Button("Last", nil, func() { pressed++ })
	body.Add(last)
	w := test.NewTempWindow(t, s)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(200, 200))
	most := body.MinSize().Height - 200

	w.Canvas().FocusNext()
	if w.Canvas().Focused() != s {
		t.Fatalf("the focus is on %v", w.Canvas().Focused())
	}
	at := func(key fyne.KeyName, above, upTo float32) {
		t.Helper()
		s.TypedKey(&fyne.KeyEvent{Name: key})
		if y := s.Offset(); y <= above || y > upTo {
			t.Errorf("after %s it is scrolled by %g, want more than %g and at most %g", key, y, above, upTo)
		}
	}
	at(fyne.KeyDown, 0, 100)
	at(fyne.KeyPageDown, 150, 300)
	at(fyne.KeyEnd, most-1, most)
	at(fyne.KeyPageDown, most-1, most)
	at(fyne.KeyPageUp, most-200, most-100)
	at(fyne.KeyHome, -1, 0)
	at(fyne.KeyUp, -1, 0)

	w.Canvas().FocusNext()
	if w.Canvas().Focused() != last || s.Offset() != most {
		t.Errorf("Tab leads to %v, scrolled by %g of %g", w.Canvas().Focused(), s.Offset(), most)
	}
	test.Tap(last)
	if pressed != 1 {
		t.Error("the button does nothing")
	}

	last.OnTapped = last.Disable
	w.Canvas().Focus(last)
	last.Tapped(&fyne.PointEvent{})
	if w.Canvas().Focused() != s {
		t.Errorf("with the button disabled the focus is on %v", w.Canvas().Focused())
	}
	last.Enable()
	if w.Canvas().Focused() != last {
		t.Errorf("with the button enabled again the focus is on %v", w.Canvas().Focused())
	}
}
