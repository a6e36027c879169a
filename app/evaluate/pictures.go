package evaluate

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/metrics"
)

// worth is a way of choosing pictures that are worth a look.
type worth struct {
	title, help string
	pick        func(metrics.Predictions, int) []int
}

func worths() []worth {
	return []worth{
		{
			"Hardest", "The pictures with the largest loss: the least probability for what they are.",
			metrics.Predictions.Hardest,
		},
		{
			"Most confident mistakes", "Wrong answers given with the most confidence. Some are mistakes of the dataset.",
			metrics.Predictions.ConfidentWrong,
		},
		{
			"Least sure", "Pictures between two classes: the two best answers are almost equally probable.",
			metrics.Predictions.LeastSure,
		},
	}
}

// pictureLimit is how many pictures each choice shows.
const pictureLimit = 200

// picturesView shows pictures that are worth a look.
type picturesView struct {
	content fyne.CanvasObject
	choice  *widget.RadioGroup
	help    *widget.Label
	shelf   *shelf
	verdict *verdict
}

func newPicturesView(t *Tab) *picturesView {
	v := &picturesView{shelf: newShelf(t), help: wrapped("")}
	var titles []string
	for _, w := range worths() {
		titles = append(titles, w.title)
	}
	v.choice = widget.NewRadioGroup(titles, func(string) { v.draw() })
	v.choice.Horizontal = true
	v.choice.Required = true
	v.choice.Selected = titles[0]
	v.content = widgets.NewBorder(container.NewVBox(v.choice, v.help), nil, nil, nil, v.shelf.content)
	v.draw()
	return v
}

func (v *picturesView) show(verdict *verdict) {
	v.verdict = verdict
	v.draw()
}

func (v *picturesView) draw() {
	for _, w := range worths() {
		if w.title != v.choice.Selected {
			continue
		}
		v.help.SetText(w.help)
		if v.verdict == nil {
			v.shelf.show(nil, "Evaluate first", nil)
			return
		}
		v.shelf.show(v.verdict, w.title, w.pick(v.verdict.Predictions, pictureLimit))
	}
}
