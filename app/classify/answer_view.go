package classify

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/recognise"
	"atelier/ml/vision"
)

// answerView shows what the model says of the present picture: in words, as
// bars, and how the picture was read. With a second model, its answer stands
// beside.
type answerView struct {
	content  fyne.CanvasObject
	input    *widgets.Picture
	columns  [2]*column
	heads    *fyne.Container // of the columns shown
	bars     *fyne.Container // of the columns shown
	steps    *fyne.Container
	kindText *widget.Label
	below    *container.AppTabs
}

// column is the answer of one model.
type column struct {
	head     fyne.CanvasObject // what stands above the bars
	model    *widget.Label
	headline *headline
	text     *widget.Label
	bars     *widgets.Bars
}

func newColumn() *column {
	c := &column{
		model:    widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Italic: true}),
		headline: newHeadline(),
		text:     widget.NewLabel(""),
		bars:     widgets.NewBars(nil),
	}
	c.model.Truncation = fyne.TextTruncateEllipsis
	c.text.Wrapping = fyne.TextWrapWord
	c.model.Hide()
	c.head = widgets.NewTightBox(c.model, c.headline, c.text)
	return c
}

func (c *column) show(m *studio.Model, a recognise.Answer) {
	c.model.SetText(m.Name)
	c.headline.SetText(title(a))
	text := explanation(a, m.Classes)
	if m.Refusal == nil {
		text += " " + noRefusal
	}
	c.text.SetText(text)
	best := a.Class
	if a.Unknown {
		best = -1
	}
	c.bars.Set(a.Probabilities, best)
}

func (c *column) clear(head, text string) {
	c.headline.SetText(head)
	c.text.SetText(text)
	c.bars.Set(nil, -1)
}

func newAnswerView() *answerView {
	v := &answerView{
		input:    widgets.NewPicture(112),
		columns:  [2]*column{newColumn(), newColumn()},
		steps:    container.NewHBox(newStepView("", nil)),
		kindText: widget.NewLabel(""),
	}
	v.kindText.Truncation = fyne.TextTruncateEllipsis
	v.kindText.SizeName = theme.SizeNameCaptionText

	caption := widget.NewLabelWithStyle("What the network sees", fyne.TextAlignCenter, fyne.TextStyle{})
	caption.SizeName = theme.SizeNameCaptionText
	input := widgets.NewTightBox(v.input, caption)
	v.columns[1].bars.Disable() // only the current model is asked why
	v.heads, v.bars = container.NewWithoutLayout(), container.NewWithoutLayout()
	row := container.NewHScroll(v.steps)
	row.SetMinSize(fyne.NewSize(0, v.steps.MinSize().Height))
	steps := widgets.NewBorder(nil, v.kindText, nil, nil, row)
	v.below = container.NewAppTabs(widgets.NewTab("How it is read", nil, steps))
	top := widgets.NewBorder(nil, nil, input, nil, v.heads)
	// In large letters it may be higher than the window.
	v.content = widgets.NewPanel("", widgets.NewVScroll(widgets.NewBorder(top, v.below, nil, nil, v.bars)))
	v.compare(false)
	return v
}

// compare shows one column or two.
func (v *answerView) compare(two bool) {
	shown := v.columns[:1]
	if two {
		shown = v.columns[:]
	}
	v.heads.Objects, v.bars.Objects = nil, nil
	for i, c := range shown {
		v.heads.Add(c.head)
		v.bars.Add(container.New(layout.NewCustomPaddedLayout(0, 0, 16*float32(i), 0), c.bars))
		widgets.SetVisible(c.model, two)
	}
	v.heads.Layout = layout.NewGridLayoutWithColumns(len(shown))
	v.bars.Layout = layout.NewGridLayoutWithColumns(len(shown))
	v.heads.Refresh()
	v.bars.Refresh()
}

// setClasses names the bars of the i-th model.
func (v *answerView) setClasses(i int, classes []string) { v.columns[i].bars.SetNames(classes) }

// show shows the answers to a question.
func (v *answerView) show(r reply) {
	for i, a := range r.answers {
		v.columns[i].show(r.models[i], a)
	}
	first := r.answers[0]
	v.input.SetImage(widgets.GrayImage(first.Pixels[:], vision.Side))
	if r.final {
		v.showSteps(first)
	}
}

// clear shows that there is nothing to answer.
func (v *answerView) clear(head, text string) {
	v.columns[0].clear(head, text)
	v.columns[1].clear("", "")
	v.input.SetImage(nil)
	v.showSteps(recognise.Answer{})
}

// stepSide is the side of the picture of a step.
const stepSide = 84

func (v *answerView) showSteps(a recognise.Answer) {
	text := ""
	if a.Kind != "" {
		text = kindTitle(a.Kind) + ". " + a.KindWhy
	}
	v.kindText.SetText(text)
	for len(v.steps.Objects) < len(a.Steps) {
		v.steps.Add(newStepView("", nil))
	}
	for i, o := range v.steps.Objects {
		if i >= len(a.Steps) {
			o.Hide()
			continue
		}
		o.(*stepView).show(a.Steps[i].Name, a.Steps[i].Image)
		widgets.SetVisible(o, true)
	}
	v.steps.Refresh()
}

// stepView is the picture of one step with its name.
type stepView struct {
	widget.BaseWidget
	view *canvas.Image
	name *widget.Label
}

func newStepView(name string, img image.Image) *stepView {
	s := &stepView{view: &canvas.Image{FillMode: canvas.ImageFillContain}, name: widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{})}
	s.view.SetMinSize(fyne.NewSquareSize(stepSide))
	s.name.SizeName = theme.SizeNameCaptionText
	s.ExtendBaseWidget(s)
	s.show(name, img)
	return s
}

func (s *stepView) show(name string, img image.Image) {
	s.view.Image = img
	s.view.ScaleMode = canvas.ImageScaleFastest
	if img != nil && img.Bounds().Dx() <= vision.Side {
		s.view.ScaleMode = canvas.ImageScalePixels
	}
	s.view.Refresh()
	s.name.SetText(name)
}

// CreateRenderer implements fyne.Widget.
func (s *stepView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(widgets.NewTightBox(s.view, s.name))
}

// kindTitle is what people call a kind of picture.
func kindTitle(k vision.Kind) string {
	switch k {
	case vision.Photo:
		return "Photo"
	case vision.Sketch:
		return "Drawing"
	case vision.MNIST:
		return "Dataset picture"
	}
	return "Automatic"
}
