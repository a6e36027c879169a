package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestAHeadHasRoomForEveryLineOfItsText(t *testing.T) {
	test.NewTempApp(t)
	words := widget.NewLabel("Some words that need one line where there is room and several where there is little")
	words.Wrapping = fyne.TextWrapWord
	body := widget.NewLabel("")
	c := NewHeaded(container.NewVBox(widget.NewButton("Go", nil), words), body)
	for _, width := range []float32{900, 200, 120, 900} {
		c.Resize(fyne.NewSize(width, 400))
		end := words.Position().Y + words.MinSize().Height
		if body.Position().Y < end || body.Position().Y+body.Size().Height != 400 {
			t.Errorf("width %v: the body lies from %v to %v, the text ends at %v", width, body.Position().Y, body.Position().Y+body.Size().Height, end)
		}
	}
	words.SetText(strings.Repeat(words.Text+" ", 4))
	Relayout(c)
	if end := words.Position().Y + words.MinSize().Height; body.Position().Y < end {
		t.Errorf("the body lies at %v, the longer text ends at %v", body.Position().Y, end)
	}
}
