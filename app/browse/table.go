package browse

import (
	"fmt"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/ml/dataset"
)

// headRows is how many rows head() shows.
const headRows = 5

// table shows the pictures as the CSV's rows: label, pixel1 … pixel784.
type table struct {
	tab     *Tab
	content *fyne.Container

	set   *dataset.Set
	rows  []int
	head  bool
	names []string
	cells *cellTable
	shape *widget.Label
	top   *fyne.Container
}

func newTable(t *Tab) *table { return &table{tab: t, content: container.NewStack()} }

// start builds the table when it is first looked at: its many cells take
// longer than a frame.
func (x *table) start() {
	if x.cells != nil {
		return
	}
	x.shape = widget.NewLabel("")
	x.cells = newCellTable()
	x.cells.Length = func() (int, int) { return x.count(), len(x.names) }
	x.cells.CreateCell = func() fyne.CanvasObject {
		return newTableText(fyne.TextStyle{Monospace: true}, fyne.TextAlignTrailing)
	}
	x.cells.UpdateCell = func(id widget.TableCellID, o fyne.CanvasObject) {
		setTableText(o, strconv.Itoa(x.value(id.Row, id.Col)))
	}
	x.cells.CreateHeader = func() fyne.CanvasObject { return newTableText(fyne.TextStyle{Bold: true}, fyne.TextAlignCenter) }
	x.cells.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		switch {
		case id.Row < 0 && id.Col >= 0 && id.Col < len(x.names):
			setTableText(o, x.names[id.Col])
		case id.Col < 0 && id.Row >= 0 && id.Row < len(x.rows):
			setTableText(o, strconv.Itoa(x.rows[id.Row]))
		}
	}
	x.cells.OnSelected = func(id widget.TableCellID) {
		x.cells.at = id
		if id.Row >= 0 && id.Row < len(x.rows) && x.tab.grid.Current() != id.Row {
			x.tab.grid.Go(id.Row)
		}
	}
	head := widget.NewCheck("head() only", func(on bool) {
		x.head = on
		x.showRows(x.rows)
	})
	x.top = container.NewHBox(x.shape, head)
	x.content.Add(container.NewBorder(x.top, nil, nil, nil, x.cells))
	x.showRows(x.rows)
}

// newTableText returns a cell. A plain text is much cheaper than a label, of
// which a table needs hundreds.
func newTableText(style fyne.TextStyle, align fyne.TextAlign) fyne.CanvasObject {
	text := canvas.NewText("pixel784", theme.Color(theme.ColorNameForeground))
	text.TextStyle, text.Alignment, text.TextSize = style, align, theme.TextSize()
	pad := theme.InnerPadding()
	return container.New(layout.NewCustomPaddedLayout(pad, pad, pad, pad), text)
}

// setTableText changes a cell, and follows the theme.
func setTableText(cell fyne.CanvasObject, value string) {
	text := cell.(*fyne.Container).Objects[0].(*canvas.Text)
	colour, size := theme.Color(theme.ColorNameForeground), theme.TextSize()
	if text.Text == value && text.Color == colour && text.TextSize == size {
		return
	}
	text.Text, text.Color, text.TextSize = value, colour, size
	text.Refresh()
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
}

func (x *table) showRows(rows []int) {
	x.rows = rows
	if x.cells == nil {
		return
	}
	x.shape.SetText(fmt.Sprintf("%s rows × %d columns", thousands(len(rows)), len(x.names)))
	x.top.Refresh()
	x.cells.at.Row = -1
	x.cells.Refresh()
	x.cells.ScrollToTop()
}

// goTo brings a row into sight.
func (x *table) goTo(row int) {
	if x.cells != nil && row >= 0 && row < x.count() && row != x.cells.at.Row {
		x.cells.Select(widget.TableCellID{Row: row, Col: x.cells.at.Col})
	}
}

// cellTable is a table with headers whose keys choose a cell: the arrows, Page
// Up, Page Down, and Home and End for the first and the last row.
type cellTable struct {
	widget.Table

	at widget.TableCellID // the chosen cell
}

func newCellTable() *cellTable {
	c := &cellTable{at: widget.TableCellID{Row: -1}}
	c.ShowHeaderRow, c.ShowHeaderColumn, c.StickyColumnCount = true, true, 1
	c.ExtendBaseWidget(c)
	return c
}

// TypedKey implements fyne.Focusable.
func (c *cellTable) TypedKey(e *fyne.KeyEvent) {
	to := c.at
	switch e.Name {
	case fyne.KeyUp:
		to.Row--
	case fyne.KeyDown:
		to.Row++
	case fyne.KeyLeft:
		to.Col--
	case fyne.KeyRight:
		to.Col++
	case fyne.KeyPageUp:
		to.Row -= c.page()
	case fyne.KeyPageDown:
		to.Row += c.page()
	case fyne.KeyHome:
		to.Row = 0
	case fyne.KeyEnd:
		to.Row = math.MaxInt
	default:
		return
	}
	rows, columns := c.Length()
	to = widget.TableCellID{Row: max(0, min(to.Row, rows-1)), Col: max(0, min(to.Col, columns-1))}
	if to != c.at && rows > 0 {
		c.Select(to)
	}
}

// page is how many rows are in sight.
func (c *cellTable) page() int {
	row := c.CreateCell().MinSize().Height + theme.SeparatorThicknessSize()
	return max(1, int(c.Size().Height/row)-2)
}

// FocusGained implements fyne.Focusable. The chosen cell is marked already.
func (c *cellTable) FocusGained() {}

// FocusLost implements fyne.Focusable.
func (c *cellTable) FocusLost() {}
