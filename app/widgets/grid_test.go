package widgets_test

import (
	"image"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
	"atelier/app/widgets"
)

// start runs the test's window with the program's theme, light unless dark.
func start(t *testing.T, v look.Variant) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.New(v, false))
}

// pictures returns a grid of count pictures; the i-th has the grey value i.
func pictures(t *testing.T, count int) (*widgets.PictureGrid, fyne.Window) {
	t.Helper()
	start(t, look.Light)
	g := widgets.NewPictureGrid(40, func(i int, dst *image.RGBA) {
		gray := make([]byte, 4)
		for k := range gray {
			gray[k] = byte(i)
		}
		widgets.GrayRGBA(dst, gray)
	})
	w := test.NewTempWindow(t, g)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(440, 300)) // 10 columns of 40 with 4 between
	g.SetContent(count, 2, 2)
	return g, w
}

func press(g *widgets.PictureGrid, keys ...fyne.KeyName) {
	for _, k := range keys {
		g.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func TestKeysMoveThroughTheGrid(t *testing.T) {
	g, w := pictures(t, 70_000)
	if n := g.ColumnCount(); n != 10 {
		t.Fatalf("%d columns, want 10", n)
	}
	w.Canvas().Focus(g)
	for _, step := range []struct {
		key  fyne.KeyName
		want int
	}{
		{fyne.KeyHome, 0},
		{fyne.KeyLeft, 0},
		{fyne.KeyUp, 0},
		{fyne.KeyRight, 1},
		{fyne.KeyDown, 11},
		{fyne.KeyPageDown, 71},
		{fyne.KeyPageUp, 11},
		{fyne.KeyUp, 1},
		{fyne.KeyEnd, 69_999},
		{fyne.KeyRight, 69_999},
		{fyne.KeyDown, 69_999},
	} {
		press(g, step.key)
		if g.Current() != step.want {
			t.Errorf("after %s the current picture is %d, want %d", step.key, g.Current(), step.want)
		}
	}
	if g.GetScrollOffset() < 40*6_900 {
		t.Errorf("the last picture is out of sight: the grid is scrolled to %g", g.GetScrollOffset())
	}
}

func TestSpaceAddsToTheSelection(t *testing.T) {
	g, _ := pictures(t, 100)
	changes := 0
	g.OnSelection = func() { changes++ }
	g.Go(3)
	press(g, fyne.KeyRight, fyne.KeySpace) // takes 4 out again
	if got := g.Selected(); len(got) != 0 {
		t.Errorf("selected %v, want none", got)
	}
	g.SelectAll()
	if got := len(g.Selected()); got != 100 {
		t.Errorf("%d selected, want all 100", got)
	}
	if changes != 4 {
		t.Errorf("told of %d changes, want 4", changes)
	}
	g.SetContent(50, 2, 2)
	if len(g.Selected()) != 0 || g.Current() != -1 {
		t.Error("the selection outlived its pictures")
	}
}

func TestClickMakesAPictureCurrent(t *testing.T) {
	g, w := pictures(t, 100)
	var told []int
	g.OnCurrent = func(i int) { told = append(told, i) }
	test.TapCanvas(w.Canvas(), fyne.NewPos(44*3+20, 44+20))
	if g.Current() != 13 || !slices.Equal(g.Selected(), []int{13}) || !slices.Equal(told, []int{13}) {
		t.Errorf("current %d, selected %v, told %v, want 13", g.Current(), g.Selected(), told)
	}
	if w.Canvas().Focused() != g {
		t.Error("a click does not give the grid the keys")
	}
}

func TestZoomKeepsTheCurrentPictureInSight(t *testing.T) {
	g, _ := pictures(t, 10_000)
	g.Go(5_000)
	g.SetSide(100)
	cols := g.ColumnCount()
	if cols != 4 {
		t.Fatalf("%d columns of 100, want 4", cols)
	}
	top := g.GetScrollOffset()
	y := float32(5_000/cols) * 104
	if y < top || y+100 > top+300 {
		t.Errorf("picture 5000 is at %g, but %g … %g is in sight", y, top, top+300)
	}
	g.SetSide(1)
	if g.Side() != widgets.MinThumbnail {
		t.Errorf("side %g, want no less than %d", g.Side(), widgets.MinThumbnail)
	}
}

func TestAnEmptyGridTakesKeys(t *testing.T) {
	g, w := pictures(t, 0)
	w.Canvas().Focus(g)
	press(g, fyne.KeyDown, fyne.KeyEnd, fyne.KeySpace, fyne.KeyReturn, fyne.KeyPageUp)
	if g.Current() != -1 {
		t.Errorf("current %d in an empty grid", g.Current())
	}
}
