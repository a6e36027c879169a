package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// The Tab key leads through panels and tabs to buttons that are scrolled away.
func TestTheFocusComesIntoSight(t *testing.T) {
	a := test.NewTempApp(t)
	w := a.NewWindow("")
	t.Cleanup(w.Close)
	box := container.NewVBox()
	var buttons []*widget.Button
	for i := range 30 {
		buttons = append(buttons, widget.NewButton(fmt.Sprint(i), nil))
		box.Add(NewPanel("A panel", buttons[i]))
	}
	scroll := NewVScroll(box)
	beside := widget.NewButton("beside", nil)
	tabs := container.NewAppTabs(NewTab("First", nil, container.NewHSplit(beside, scroll)), NewTab("Second", nil, widget.NewButton("other", nil)))
	w.SetContent(tabs)
	w.Resize(fyne.NewSize(400, 300))

	inSight := func(o fyne.CanvasObject) bool {
		d := fyne.CurrentApp().Driver()
		top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(scroll).Y
		return top >= 0 && top+o.Size().Height <= scroll.Size().Height
	}
	w.Canvas().Focus(beside)
	for i, b := range buttons {
		w.Canvas().FocusNext()
		Reveal(w.Canvas())
		if w.Canvas().Focused() != b || !inSight(b) {
			t.Fatalf("button %d is not in sight, the focus is on %v", i, w.Canvas().Focused())
		}
	}
	end := scroll.Offset.Y
	w.Canvas().Focus(buttons[28])
	Reveal(w.Canvas())
	if scroll.Offset.Y != end {
		t.Errorf("scrolled from %v to %v for a button that was in sight", end, scroll.Offset.Y)
	}
	w.Canvas().Focus(beside)
	Reveal(w.Canvas())
	if scroll.Offset.Y != end {
		t.Error("a button outside scrolls the content")
	}
	w.Canvas().Focus(buttons[0])
	Reveal(w.Canvas())
	if !inSight(buttons[0]) {
		t.Error("the first button is not in sight")
	}
}

func TestTabGoesFromTheTopToTheBottom(t *testing.T) {
	a := test.NewTempApp(t)
	w := a.NewWindow("")
	t.Cleanup(w.Close)
	button := func(text string) *widget.Button { return widget.NewButton(text, nil) }
	w.SetContent(NewBorder(button("top"), button("bottom"), button("left"), nil, button("middle")))
	w.Resize(fyne.NewSize(400, 300))
	for _, want := range []string{"top", "left", "middle", "bottom"} {
		w.Canvas().FocusNext()
		if got := w.Canvas().Focused().(*widget.Button).Text; got != want {
			t.Errorf("the focus is on %s, want %s", got, want)
		}
	}
}
