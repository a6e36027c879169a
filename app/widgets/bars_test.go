package widgets

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
)

func TestBars(t *testing.T) {
	for _, x := range []struct {
		name  string
		theme look.Theme
		size  fyne.Size
	}{
		{"light", look.New(look.Light, false), fyne.NewSize(420, 300)},
		{"dark", look.New(look.Dark, false), fyne.NewSize(420, 180)},
		{"presentation", look.New(look.Light, true), fyne.NewSize(420, 300)},
	} {
		a := test.NewTempApp(t)
		a.Settings().SetTheme(x.theme)
		b := NewBars([]string{"T-shirt/top", "Trouser", "Ankle boot"})
		b.Set([]float64{0.0421, 0.0002, 0.9577}, 2)
		w := test.NewTempWindow(t, b)
		w.Resize(x.size)
		test.AssertRendersToImage(t, "bars/"+x.name+".png", w.Canvas())

		tapped := -1
		b.OnTapped = func(i int) { tapped = i }
		b.Tapped(&fyne.PointEvent{Position: fyne.NewPos(50, b.Size().Height/2)})
		if tapped != 1 {
			t.Errorf("a click in the middle is on bar %d", tapped)
		}
	}
}

func TestBarsAreChosenByKeyboard(t *testing.T) {
	test.NewTempApp(t)
	b := NewBars([]string{"T-shirt/top", "Trouser", "Ankle boot"})
	b.Set([]float64{0.1, 0.2, 0.7}, 2)
	var chosen []int
	b.OnTapped = func(i int) { chosen = append(chosen, i) }
	w := test.NewTempWindow(t, b)
	w.Canvas().FocusNext()
	if w.Canvas().Focused() != b {
		t.Fatal("the bars do not take the focus")
	}
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyUp, fyne.KeyHome, fyne.KeyUp, fyne.KeyEnd} {
		b.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := []int{1, 0, 2}; !slices.Equal(chosen, want) {
		t.Errorf("chose %v, want %v", chosen, want)
	}
	w.Canvas().Unfocus()
	b.Disable()
	if w.Canvas().FocusNext(); w.Canvas().Focused() != nil {
		t.Error("bars that are only looked at take the focus")
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0.0 %", 0.0004: "<0.1 %", 0.125: "12.5 %", 0.99996: ">99.9 %", 1: "100.0 %"} {
		if got := Percent(share); got != want {
			t.Errorf("Percent(%v) = %q, want %q", share, got, want)
		}
	}
}
