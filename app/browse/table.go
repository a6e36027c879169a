package browse

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"atelier/ml/dataset"
)

// headRows is how many rows head() shows.
const headRows = 5

// table shows the pictures as the CSV's rows: label, pixel1 … pixel784.
type table struct {
	tab     *Tab
	content fyne.CanvasObject

	set   *dataset.Set
	rows  []int
	head  bool
	names []string
	cells *widget.Table
	shape *widget.Label
}

func newTable(t *Tab) *table {
	x := &table{tab: t, shape: widget.NewLabel("")}
	x.cells = widget.NewTableWithHeaders(
		func() (int, int) { return x.count(), len(x.names) },
		func() fyne.CanvasObject {
			return widget.NewLabelWithStyle("pixel784", fyne.TextAlignTrailing, fyne.TextStyle{Monospace: true})
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			o.(*widget.Label).SetText(strconv.Itoa(x.value(id.Row, id.Col)))
		})
	x.cells.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		label := o.(*widget.Label)
		switch {
		case id.Row < 0 && id.Col >= 0 && id.Col < len(x.names):
			label.SetText(x.names[id.Col])
		case id.Col < 0 && id.Row >= 0 && id.Row < len(x.rows):
			label.SetText(strconv.Itoa(x.rows[id.Row]))
		}
	}
	x.cells.StickyColumnCount = 1
	x.cells.OnSelected = func(id widget.TableCellID) {
		if id.Row >= 0 && id.Row < len(x.rows) && t.grid.Current() != id.Row {
			t.grid.Go(id.Row)
		}
	}
	head := widget.NewCheck("head() only", func(on bool) {
		x.head = on
		x.showRows(x.rows)
	})
	x.content = container.NewBorder(container.NewHBox(x.shape, head), nil, nil, nil, x.cells)
	return x
}

func (x *table) count() int {
	if x.head {
		return min(headRows, len(x.rows))
	}
	return len(x.rows)
}

// value returns a cell: the label in the first column, then the pixels.
func (x *table) value(row, col int) int {
	if row < 0 || row >= len(x.rows) || x.set == nil {
		return 0
	}
	i := x.rows[row]
	if col == 0 {
		return x.set.Label(i)
	}
	return int(x.set.Image(i)[col-1])
}

func (x *table) showSet(s *dataset.Set) {
	x.set, x.rows = s, nil
	x.names = header(s.H * s.W)
	x.cells.Refresh()
}

func (x *table) showRows(rows []int) {
	x.rows = rows
	x.shape.SetText(fmt.Sprintf("%s rows × %d columns", thousands(len(rows)), len(x.names)))
	x.cells.Refresh()
	x.cells.ScrollToTop()
}

// goTo brings a row into sight.
func (x *table) goTo(row int) {
	if row < x.count() {
		x.cells.Select(widget.TableCellID{Row: row})
	}
}
