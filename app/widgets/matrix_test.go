package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"atelier/app/internal/golden"
	"atelier/app/look"
)

// numbered fills a matrix of n labels with row·n+col.
func numbered(m *Matrix, labels []string) {
	n := len(labels)
	cells := make([][]MatrixCell, n)
	for row := range n {
		cells[row] = make([]MatrixCell, n)
		for col := range n {
			cells[row][col] = MatrixCell{Text: fmt.Sprint(row*n + col), Wrong: row != col, Shade: float32(col+1) / float32(n)}
		}
	}
	m.SetCells(labels, cells)
}

func TestMatrixIsWalkedAndPickedByKeyboard(t *testing.T) {
	test.NewTempApp(t)
	m := NewMatrix("True", "Taken for")
	w := test.NewTempWindow(t, m)
	w.Resize(fyne.NewSize(400, 300))
	numbered(m, []string{"A", "B", "C"})
	var hovered, picked []string
	m.OnHover = func(row, col int, inside bool) { hovered = append(hovered, fmt.Sprint(row, col, inside)) }
	m.OnPicked = func(row, col int) { picked = append(picked, fmt.Sprint(row, col)) }
	w.Canvas().Focus(m)
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyRight, fyne.KeyRight, fyne.KeyRight, fyne.KeyReturn, fyne.KeyHome, fyne.KeyUp, fyne.KeyUp, fyne.KeySpace} {
		m.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if got, want := fmt.Sprint(picked), "[1 2 0 0]"; got != want {
		t.Errorf("picked %s, want %s", got, want)
	}
	if got, want := hovered[len(hovered)-1], "0 0 true"; got != want {
		t.Errorf("the last cell walked to is %s, want %s", got, want)
	}
	if row, col, ok := m.Picked(); row != 0 || col != 0 || !ok {
		t.Errorf("picked is %d, %d, %v", row, col, ok)
	}
	numbered(m, []string{"A"})
	m.Pick(5, 5)
	if row, col, _ := m.Picked(); row != 0 || col != 0 {
		t.Error("a cell that does not exist was picked")
	}
	m.SetCells(nil, nil)
	m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) // an empty matrix has nothing to pick
	if _, _, ok := m.Picked(); ok {
		t.Error("a cell of an empty matrix is picked")
	}
}

func TestMatrixFollowsThePointer(t *testing.T) {
	test.NewTempApp(t)
	m := NewMatrix("True", "Taken for")
	w := test.NewTempWindow(t, m)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(500, 400))
	numbered(m, []string{"T-shirt/top", "Bag"})
	g := m.geometry()
	at := g.origin.AddXY(g.cell.Width*1.5, g.cell.Height*0.5)
	var got string
	m.OnHover = func(row, col int, inside bool) { got = fmt.Sprint(row, col, inside) }
	m.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}})
	if got != "0 1 true" {
		t.Errorf("over the upper right cell: %s", got)
	}
	m.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(1, 1)}})
	if got != "-1 -1 false" {
		t.Errorf("over the labels: %s", got)
	}
	m.OnPicked = func(row, col int) { got = fmt.Sprint("picked", row, col) }
	test.TapAt(m, at)
	if got != "picked0 1" {
		t.Errorf("a click gives %s", got)
	}
}

func TestLabelsAreSplitIntoTwoLines(t *testing.T) {
	for label, want := range map[string][2]string{
		"Ankle boot":  {"Ankle", "boot"},
		"T-shirt/top": {"T-shirt/", "top"},
		"Sneaker":     {"Sneaker", ""},
		"a b c d e f": {"a b c", "d e f"},
		"":            {"", ""},
	} {
		if a, b := twoLines(label); a != want[0] || b != want[1] {
			t.Errorf("%q becomes %q and %q", label, a, b)
		}
	}
}

func TestMatrixPictures(t *testing.T) {
	a := test.NewTempApp(t)
	many := make([]string, 30)
	for i := range many {
		many[i] = fmt.Sprintf("Class %d", i)
	}
	for _, c := range []struct {
		name   string
		theme  look.Theme
		labels []string
	}{
		{"matrix-light", look.New(look.Light, false), []string{"T-shirt/top", "Trouser", "Ankle boot"}},
		{"matrix-presentation", look.New(look.Dark, true), []string{"T-shirt/top", "Trouser", "Ankle boot"}},
		{"matrix-many", look.New(look.Dark, false), many},
	} {
		a.Settings().SetTheme(c.theme)
		m := NewMatrix("True", "Taken for")
		w := a.NewWindow("")
		w.SetPadded(false)
		w.SetContent(m)
		w.Resize(fyne.NewSize(460, 360))
		numbered(m, c.labels)
		m.Pick(1, 2)
		golden.Compare(t, c.name, w.Canvas().Capture())
	}
}
