package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// columnMin is the least width of a column in letters of text; with so many
// columns that they are narrower the table scrolls sideways.
const columnMin = 5

// FitColumns shows a table whose columns share the width that there is. Shares
// returns how much each column takes, in any unit.
func FitColumns(t *widget.Table, shares func() []float32) *fyne.Container {
	return container.New(&fitColumns{t, shares}, t)
}

type fitColumns struct {
	table  *widget.Table
	shares func() []float32
}

// MinSize implements fyne.Layout.
func (f *fitColumns) MinSize([]fyne.CanvasObject) fyne.Size { return f.table.MinSize() }

// Layout implements fyne.Layout.
func (f *fitColumns) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	shares := f.shares()
	whole := float32(0)
	for _, s := range shares {
		whole += s
	}
	free := size.Width - theme.Padding()*float32(len(shares)) - theme.ScrollBarSmallSize()
	for i, s := range shares {
		f.table.SetColumnWidth(i, max(columnMin*theme.TextSize(), float32(int(free*s/whole))))
	}
	f.table.Resize(size)
}
