package evaluate

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	mlfigures "atelier/ml/figures"
	"atelier/ml/metrics"
)

// Settings of the matrix.
const (
	keyPercent = "evaluate.percent"
	keySorted  = "evaluate.sorted"
)

// confusionView shows the confusion matrix and the pictures behind a cell.
type confusionView struct {
	tab     *Tab
	content fyne.CanvasObject

	matrix  *widgets.Matrix
	readout *widget.Label
	save    *widget.Button
	shelf   *shelf
	pairs   *widgets.ChoiceList

	percent, sorted bool
	verdict         *verdict
	order           []int // classes in the order of rows and columns
	worst           []metrics.Pair
}

func newConfusionView(t *Tab) *confusionView {
	v := &confusionView{tab: t, shelf: newShelf(t)}
	settings := t.studio.Settings()
	v.percent, v.sorted = settings.Bool(keyPercent), settings.Bool(keySorted)

	v.matrix = widgets.NewMatrix("True", "Taken for")
	v.matrix.OnHover = func(row, col int, inside bool) {
		v.readout.SetText(v.describe(row, col, inside))
	}
	v.matrix.OnPicked = v.pick
	v.readout = widget.NewLabel("")
	v.readout.Truncation = fyne.TextTruncateEllipsis

	option := func(label, key string, on *bool) *widget.Check {
		c := widget.NewCheck(label, nil)
		c.Checked = *on
		c.OnChanged = func(now bool) {
			*on = now
			settings.SetBool(key, now)
			v.draw()
		}
		return c
	}
	percent, sorted := option("Per cent", keyPercent, &v.percent), option("Confused classes side by side", keySorted, &v.sorted)
	v.save = widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), func() {
		t.saveFigure(v.figure(), "confusion matrix")
	})
	v.save.Importance = widget.LowImportance
	v.pairs = widgets.NewChoiceList(
		func() int { return len(v.worst) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(i int, o fyne.CanvasObject) {
			o.(*widget.Label).SetText(v.pairText(v.worst[i]))
		},
	)
	v.pairs.OnChosen = func(i int) {
		p := v.worst[i]
		v.matrix.Pick(v.place(p.True), v.place(p.Predicted))
	}

	tools := widgets.NewBorder(nil, nil, container.NewHBox(percent, sorted), v.save)
	left := widgets.NewBorder(tools, v.readout, nil, nil, v.matrix)
	right := container.NewVSplit(
		v.shelf.content,
		widgets.NewPanel("Most confused", v.pairs),
	)
	right.Offset = 0.64
	split := container.NewHSplit(left, right)
	split.Offset = 0.6
	v.content = split
	return v
}

func (v *confusionView) pairText(p metrics.Pair) string {
	names := v.verdict.Data.Classes
	return fmt.Sprintf("%s taken for %s: %d (%.1f %%)", names[p.True], names[p.Predicted], p.Count, 100*p.Share)
}

// place is the row of a class.
func (v *confusionView) place(class int) int {
	for i, c := range v.order {
		if c == class {
			return i
		}
	}
	return -1
}

func (v *confusionView) show(verdict *verdict) {
	v.verdict = verdict
	v.worst = nil
	v.pairs.Choose(-1)
	if verdict != nil {
		v.worst = verdict.Summary.Confusion.Pairs(10)
	}
	v.pairs.Refresh()
	widgets.SetEnabled(v.save, verdict != nil)
	v.shelf.show(nil, "Choose a cell to see its pictures", nil)
	v.draw()
}

func (v *confusionView) draw() {
	if v.verdict == nil {
		v.order = nil
		v.matrix.SetCells(nil, nil)
		v.readout.SetText("")
		return
	}
	confusion := v.verdict.Summary.Confusion
	v.order = make([]int, len(confusion))
	for i := range v.order {
		v.order[i] = i
	}
	if v.sorted {
		v.order = confusion.Order()
	}
	labels := make([]string, len(v.order))
	for i, class := range v.order {
		labels[i] = v.verdict.Data.Classes[class]
	}
	v.matrix.SetCells(labels, matrixCells(confusion.Permute(v.order), v.percent))
	v.readout.SetText(fmt.Sprintf("%s pictures, %s right. Each row adds up to the pictures of its class.", thousands(confusion.Total()), thousands(confusion.Correct())))
}

// matrixCells writes counts or per cent of the row and shades the cells. The
// root makes few errors visible.
func matrixCells(c metrics.Confusion, percent bool) [][]widgets.MatrixCell {
	shares := c.Shares()
	cells := make([][]widgets.MatrixCell, len(c))
	for row := range c {
		cells[row] = make([]widgets.MatrixCell, len(c))
		for col, count := range c[row] {
			cell := widgets.MatrixCell{Wrong: row != col, Shade: float32(math.Sqrt(shares[row][col]))}
			switch {
			case count == 0:
			case percent:
				cell.Text = fmt.Sprintf("%.1f", 100*shares[row][col])
			default:
				cell.Text = fmt.Sprint(count)
			}
			cells[row][col] = cell
		}
	}
	return cells
}

// describe puts a cell into words.
func (v *confusionView) describe(row, col int, inside bool) string {
	if !inside || v.verdict == nil || row >= len(v.order) || col >= len(v.order) {
		return ""
	}
	class, predicted := v.order[row], v.order[col]
	names, confusion := v.verdict.Data.Classes, v.verdict.Summary.Confusion
	count, of := confusion[class][predicted], confusion.Row(class)
	share := fmt.Sprintf("%s of %s %s pictures", thousands(count), thousands(of), names[class])
	if class == predicted {
		return fmt.Sprintf("%s are recognised (%.1f %%).", share, per(count, of))
	}
	return fmt.Sprintf("%s are taken for %s (%.1f %%).", share, names[predicted], per(count, of))
}

func per(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// pick shows the pictures behind a cell.
func (v *confusionView) pick(row, col int) {
	if v.verdict == nil {
		return
	}
	class, predicted := v.order[row], v.order[col]
	names := v.verdict.Data.Classes
	indices := v.verdict.Predictions.Cell(class, predicted)
	title := fmt.Sprintf("%s taken for %s (%d)", names[class], names[predicted], len(indices))
	if class == predicted {
		title = fmt.Sprintf("%s recognised (%d)", names[class], len(indices))
	}
	v.readout.SetText(v.describe(row, col, true))
	v.shelf.show(v.verdict, title, indices)
}

// figure is the matrix for a file.
func (v *confusionView) figure() mlfigures.Figure {
	f := mlfigures.Confusion{
		Matrix: v.verdict.Summary.Confusion, Classes: v.verdict.Data.Classes, Percent: v.percent,
	}
	if v.sorted {
		f.Order = v.order
	}
	return f
}
