package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"
)

func TestTheChoiceFollowsTheKeys(t *testing.T) {
	test.NewTempApp(t)
	items := 4
	var chosen []int
	var keys []fyne.KeyName
	l := NewChoiceList(func() int { return items }, func() fyne.CanvasObject { return widget.NewLabel("") }, func(int, fyne.CanvasObject) {})
	l.OnChosen = func(i int) { chosen = append(chosen, i) }
	l.OnKey = func(k fyne.KeyName) { keys = append(keys, k) }
	w := test.NewTempWindow(t, l)
	w.Resize(fyne.NewSize(200, 300))

	w.Canvas().Focus(l)
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyEnd, fyne.KeyDown, fyne.KeyHome, fyne.KeyUp, fyne.KeyDelete} {
		l.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if diff := cmp.Diff([]int{0, 1, 2, 1, 3, 0}, chosen); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]fyne.KeyName{fyne.KeyDelete}, keys); diff != "" {
		t.Error(diff)
	}
	l.Choose(2)
	l.Choose(7)
	if l.Chosen() != -1 {
		t.Errorf("item %d of %d is chosen", l.Chosen(), items)
	}
	items = 0
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if l.Chosen() != -1 {
		t.Error("an item of an empty list is chosen")
	}
}
