package figures

import (
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"atelier/ml/figures"
)

// newTestChart shows a straight line from 0 to 10.
func newTestChart(t *testing.T) (*Chart, fyne.Window) {
	t.Helper()
	test.NewTempApp(t)
	c := NewChart(fyne.NewSize(200, 100))
	w := test.NewTempWindow(t, c)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 300))
	c.SetFigure(figures.Lines{
		Series: []figures.Series{{X: []float64{0, 10}, Y: []float64{0, 1}}},
		XRange: [2]float64{0, 10}, YRange: [2]float64{0, 1},
	})
	c.Wait()
	return c, w
}

func TestChartTellsTheDataUnderThePointer(t *testing.T) {
	c, _ := newTestChart(t)
	var x float64
	var inside bool
	c.Read = func(at float64) bool { x, inside = at, !math.IsNaN(at); return inside && at < 9 }
	move := func(px, py float32) {
		c.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(px, py)}})
	}
	move(220, 140)
	if !inside || x < 4 || x > 6 {
		t.Errorf("in the middle: %v, %v", x, inside)
	}
	if at := c.line.Position1.X; at < 219 || at > 221 {
		t.Errorf("the line stands at %v, the pointer at 220", at)
	}
	late, _, _, _ := c.axes.Upright(9.5)
	move(400*float32(late), 140)
	if !inside || x < 9 || c.line.Visible() {
		t.Errorf("at %v there is nothing to be read", x)
	}
	move(1, 1)
	if inside || c.line.Visible() {
		t.Error("the corner is beside the data")
	}
	move(220, 140)
	c.MouseOut()
	if inside {
		t.Error("the pointer has left")
	}
	tapped := false
	c.OnTapped = func(float64, float64) { tapped = true }
	test.TapAt(c.rendered, fyne.NewPos(220, 140))
	if !tapped {
		t.Error("a click on the data is not told")
	}
}

func TestChartIsReadByKeys(t *testing.T) {
	c, w := newTestChart(t)
	var read []float64
	c.Read = func(x float64) bool {
		if math.IsNaN(x) {
			return false
		}
		read = append(read, x)
		return true
	}
	c.Step = func(x float64, direction int) float64 { return min(max(x+float64(direction), 0), 10) }
	w.Canvas().Focus(c)
	for _, k := range []fyne.KeyName{fyne.KeyLeft, fyne.KeyRight, fyne.KeyRight, fyne.KeyHome, fyne.KeyLeft, fyne.KeyRight} {
		c.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := []float64{10, 9, 10, 10, 0, 0, 1}; !slices.Equal(read, want) {
		t.Errorf("read at %v, want %v", read, want)
	}
	w.Canvas().Unfocus()
	if c.line.Visible() {
		t.Error("the line stays when the focus has gone")
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
