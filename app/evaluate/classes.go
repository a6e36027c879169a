package evaluate

import (
	"cmp"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/widgets"
	mlfigures "atelier/ml/figures"
	"atelier/ml/metrics"
)

// classRow is a line of the table.
type classRow struct {
	Name string
	metrics.Scores
}

// classRows lists the figures of each class in the order of a column, followed
// by their means.
func classRows(v *verdict, column int, falling bool) []classRow {
	report := v.Summary.Report
	rows := make([]classRow, len(report.PerClass))
	for i, s := range report.PerClass {
		rows[i] = classRow{v.Data.Classes[i], s}
	}
	if column >= 0 {
		slices.SortStableFunc(rows, func(a, b classRow) int {
			order := 0
			switch column {
			case 0:
				order = cmp.Compare(a.Name, b.Name)
			case 1:
				order = cmp.Compare(a.Precision, b.Precision)
			case 2:
				order = cmp.Compare(a.Recall, b.Recall)
			case 3:
				order = cmp.Compare(a.F1, b.F1)
			case 4:
				order = cmp.Compare(a.Support, b.Support)
			}
			if falling {
				order = -order
			}
			return order
		})
	}
	return append(rows, classRow{"Mean of the classes", report.Macro}, classRow{"Mean of the pictures", report.Weighted})
}

func (r classRow) cell(column int) string {
	switch column {
	case 0:
		return r.Name
	case 1:
		return fmt.Sprintf("%.3f", r.Precision)
	case 2:
		return fmt.Sprintf("%.3f", r.Recall)
	case 3:
		return fmt.Sprintf("%.3f", r.F1)
	}
	return thousands(r.Support)
}

var classColumns = []string{"Class", "Precision", "Recall", "F1", "Pictures"}

// classesView shows precision, recall and F1 of each class as a table and as
// bars.
type classesView struct {
	tab     *Tab
	content fyne.CanvasObject
	table   *widget.Table
	bars    *figures.View
	save    *widget.Button
	rows    []classRow
	verdict *verdict
	column  int // sorted by; -1 is the order of the dataset
	falling bool
}

func newClassesView(t *Tab) *classesView {
	v := &classesView{tab: t, column: -1}
	v.table = widget.NewTableWithHeaders(
		func() (int, int) { return len(v.rows), len(classColumns) },
		func() fyne.CanvasObject { return widget.NewLabel("") },
		func(id widget.TableCellID, o fyne.CanvasObject) {
			l := o.(*widget.Label)
			l.TextStyle.Bold = id.Row >= len(v.rows)-2
			l.Alignment = fyne.TextAlignTrailing
			if id.Col == 0 {
				l.Alignment = fyne.TextAlignLeading
			}
			l.SetText(v.rows[id.Row].cell(id.Col))
		},
	)
	v.table.ShowHeaderColumn = false
	v.table.CreateHeader = func() fyne.CanvasObject {
		b := widget.NewButton("", nil)
		b.Importance = widget.LowImportance
		return b
	}
	v.table.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		b := o.(*widget.Button)
		text := classColumns[id.Col]
		if id.Col == v.column {
			text += map[bool]string{true: " ↓", false: " ↑"}[v.falling]
		}
		b.SetText(text)
		b.OnTapped = func() { v.sort(id.Col) }
	}
	v.bars = figures.NewView(fyne.NewSize(260, 200))
	v.bars.OnSave = func(f mlfigures.Figure) { t.saveFigure(f, "figures per class") }
	v.save = widget.NewButtonWithIcon("Save the bars…", theme.DocumentSaveIcon(), func() {
		t.saveFigure(v.bars.Figure(), "figures per class")
	})
	v.save.Importance = widget.LowImportance
	help := wrapped("Precision: of those taken for the class, how many are. Recall: of those of the class, how many are found. F1: the harmonic mean of both.")
	table := widgets.FitColumns(v.table, func() []float32 { return []float32{2.2, 1.1, 0.9, 0.8, 1} })
	split := container.NewHSplit(table, v.bars)
	split.Offset = 0.5
	v.content = widgets.NewBorder(widgets.NewBorder(nil, nil, nil, v.save, help), nil, nil, nil, split)
	return v
}

// sort orders the table by a column: falling first, then rising, then as the
// dataset has the classes.
func (v *classesView) sort(column int) {
	switch {
	case v.column != column:
		v.column, v.falling = column, column != 0
	case v.falling == (column != 0):
		v.falling = !v.falling
	default:
		v.column = -1
	}
	v.show(v.verdict)
}

func (v *classesView) show(verdict *verdict) {
	v.verdict, v.rows = verdict, nil
	if verdict == nil {
		v.bars.SetFigure(nil)
	} else {
		v.rows = classRows(verdict, v.column, v.falling)
		v.bars.SetFigure(mlfigures.PerClass(verdict.Summary.Report, verdict.Data.Classes))
	}
	widgets.SetEnabled(v.save, verdict != nil)
	v.table.Refresh()
}
