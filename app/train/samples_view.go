package train

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/metrics"
)

// sampleCount is how many validation pictures are followed.
const sampleCount = 12

// sampleAnswer is a validation picture and what the network says of it.
type sampleAnswer struct {
	Place     int // among the validation pictures
	Index     int // in the training set
	True      int
	Predicted int
	Sure      float64
}

// sampleAnswers spreads a few pictures evenly over the validation set and reads
// the answers to them.
func sampleAnswers(v liveView) []sampleAnswer {
	if v.Data == nil || len(v.Validation) == 0 {
		return nil
	}
	classes := len(v.Data.Classes)
	count := min(sampleCount, len(v.Validation))
	answers := make([]sampleAnswer, count)
	for i := range answers {
		place := i * len(v.Validation) / count
		a := sampleAnswer{Place: place, Index: v.Validation[place], Predicted: -1}
		a.True = v.Data.Train.Label(a.Index)
		if len(v.Probabilities) == classes*len(v.Validation) {
			row := v.Probabilities[place*classes : (place+1)*classes]
			a.Predicted = metrics.Argmax(row)
			a.Sure = float64(row[a.Predicted])
		}
		answers[i] = a
	}
	return answers
}

// samplesView shows a few validation pictures with the network's answers.
type samplesView struct {
	content fyne.CanvasObject
	note    *widget.Label
	cells   []*sampleCell
	box     *fyne.Container
}

type sampleCell struct {
	picture *widgets.Picture
	answer  *widget.Label
	box     *fyne.Container
}

func newSamplesView() *samplesView {
	v := &samplesView{note: widget.NewLabel("")}
	v.note.Wrapping = fyne.TextWrapWord
	v.box = container.New(layout.NewRowWrapLayout())
	for range sampleCount {
		c := &sampleCell{picture: widgets.NewPicture(44), answer: widget.NewLabel("")}
		c.answer.SizeName = theme.SizeNameCaptionText
		c.answer.Truncation = fyne.TextTruncateEllipsis
		c.box = container.New(layout.NewCustomPaddedVBoxLayout(-6),
			container.NewCenter(c.picture), atLeast(5.7, 0, c.answer))
		v.cells = append(v.cells, c)
		v.box.Add(c.box)
	}
	v.content = widgets.NewVScroll(container.NewVBox(v.note, v.box))
	v.show(liveView{})
	return v
}

func (v *samplesView) show(live liveView) {
	answers := sampleAnswers(live)
	right := 0
	for i, c := range v.cells {
		widgets.SetVisible(c.box, i < len(answers))
		if i >= len(answers) {
			continue
		}
		a := answers[i]
		c.picture.SetImage(widgets.GrayImage(live.Data.Train.Image(a.Index), live.Data.Train.W))
		c.answer.Importance = widget.MediumImportance
		switch {
		case a.Predicted < 0:
			c.answer.SetText(live.Data.Classes[a.True])
		case a.Predicted == a.True:
			right++
			c.answer.Importance = widget.SuccessImportance
			c.answer.SetText(fmt.Sprintf("✓ %s", live.Data.Classes[a.Predicted]))
		default:
			c.answer.Importance = widget.DangerImportance
			c.answer.SetText(fmt.Sprintf("✗ %s", live.Data.Classes[a.Predicted]))
		}
		c.answer.Refresh()
	}
	switch {
	case len(answers) == 0:
		v.note.SetText("A few pictures that the network never learns from, judged after each epoch.")
	case answers[0].Predicted < 0:
		v.note.SetText("Judged at the end of each epoch.")
	default:
		v.note.SetText(fmt.Sprintf("%d of these %d are right after epoch %d.", right, len(answers), len(live.Run.History)))
	}
	v.box.Refresh()
}
