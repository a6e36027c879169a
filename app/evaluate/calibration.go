package evaluate

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/widgets"
	mlfigures "atelier/ml/figures"
)

// calibrationView shows whether the model's confidence can be believed.
type calibrationView struct {
	content fyne.CanvasObject
	figure  *figures.View
	words   *widget.Label
	save    *widget.Button
}

func newCalibrationView(t *Tab) *calibrationView {
	v := &calibrationView{figure: figures.NewView(fyne.NewSize(300, 260)), words: wrapped("")}
	v.figure.OnSave = func(f mlfigures.Figure) { t.saveFigure(f, "calibration") }
	v.save = widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), func() {
		t.saveFigure(v.figure.Figure(), "calibration")
	})
	v.save.Importance = widget.LowImportance
	v.content = widgets.NewBorder(widgets.NewBorder(nil, nil, nil, v.save, v.words), nil, nil, nil, v.figure)
	return v
}

func (v *calibrationView) show(verdict *verdict) {
	widgets.SetEnabled(v.save, verdict != nil)
	if verdict == nil {
		v.figure.SetFigure(nil)
		v.words.SetText("")
		return
	}
	c := verdict.Summary.Calibration
	v.figure.SetFigure(mlfigures.Reliability{Calibration: c})
	mean, right := 0.0, verdict.Summary.Accuracy
	for _, b := range c.Bins {
		mean += b.Confidence * float64(b.Count) / float64(verdict.Summary.Pictures)
	}
	text := fmt.Sprintf("Its mean confidence is %.1f %%, and %.1f %% of its answers are right: ", 100*mean, 100*right)
	switch {
	case mean > right+0.02:
		text += "it is too sure of itself."
	case mean < right-0.02:
		text += "it is more careful than it needs to be."
	default:
		text += "its confidence can be believed."
	}
	v.words.SetText(text + fmt.Sprintf(" Expected calibration error: %.2f %%.", 100*c.ECE))
}
