package figures

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"atelier/ml/figures"
)

func TestViewTellsTheDataUnderThePointer(t *testing.T) {
	test.NewTempApp(t)
	v := NewView(fyne.NewSize(200, 100))
	w := test.NewTempWindow(t, v)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 300))
	v.SetFigure(figures.Lines{
		Series: []figures.Series{{X: []float64{0, 10}, Y: []float64{0, 1}}},
		XRange: [2]float64{0, 10}, YRange: [2]float64{0, 1},
	})
	v.Wait()
	var x, y float64
	var inside bool
	v.OnHover = func(dx, dy float64, in bool) { x, y, inside = dx, dy, in }
	move := func(px, py float32) {
		v.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(px, py)}})
	}
	move(220, 140)
	if !inside || x < 4 || x > 6 || y < 0.4 || y > 0.7 {
		t.Errorf("in the middle: %v, %v, %v", x, y, inside)
	}
	move(1, 1)
	if inside {
		t.Error("the corner is beside the data")
	}
	move(220, 140)
	v.MouseOut()
	if inside {
		t.Error("the pointer has left")
	}
	tapped := false
	v.OnTapped = func(float64, float64) { tapped = true }
	test.TapAt(v.rendered, fyne.NewPos(220, 140))
	if !tapped {
		t.Error("a click on the data is not told")
	}
}

func TestViewOffersToSaveItsFigure(t *testing.T) {
	test.NewTempApp(t)
	v := NewView(fyne.NewSize(200, 100))
	w := test.NewTempWindow(t, v)
	v.OnSave = func(figures.Figure) {}
	test.TapSecondaryAt(v.rendered, fyne.NewPos(50, 50))
	if w.Canvas().Overlays().Top() != nil {
		t.Error("an empty view offers to save")
	}
	v.SetFigure(figures.Lines{Title: "Loss"})
	v.Wait()
	test.TapSecondaryAt(v.rendered, fyne.NewPos(50, 50))
	if w.Canvas().Overlays().Top() == nil {
		t.Fatal("no menu opens")
	}
	if v.Figure().(figures.Lines).Title != "Loss" {
		t.Errorf("the view shows %v", v.Figure())
	}
}
