package evaluate

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"atelier/ml/nn"
)

func thousands(n int) string { return nn.Thousands(int64(n)) }

func wrapped(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}
