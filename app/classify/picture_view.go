package classify

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/vision"
)

// pictureView shows the picture that is classified. The user may say what kind
// it is and which part of it to look at.
type pictureView struct {
	tab     *Tab
	content fyne.CanvasObject
	crop    *widgets.CropBox
	kind    *widget.Select
	whole   *widget.Button
	name    *widget.Label

	subject subject
}

func newPictureView(t *Tab) *pictureView {
	v := &pictureView{tab: t, crop: widgets.NewCropBox(), name: widget.NewLabel("")}
	v.name.Truncation = fyne.TextTruncateEllipsis
	var titles []string
	for _, k := range vision.Kinds() {
		titles = append(titles, kindTitle(k))
	}
	v.kind = widget.NewSelect(titles, nil)
	v.kind.Selected = titles[0]
	v.kind.OnChanged = func(string) {
		v.subject.kind = vision.Kinds()[v.kind.SelectedIndex()]
		v.ask(true)
	}
	v.whole = widget.NewButtonWithIcon("Whole picture", theme.ViewFullScreenIcon(), func() { v.crop.SetBox(image.Rectangle{}) })
	v.crop.OnChanged = func(box image.Rectangle, final bool) {
		v.subject.crop = box
		v.showName()
		widgets.SetEnabled(v.whole, !box.Empty())
		v.ask(final)
	}
	bar := widgets.NewBorder(nil, nil, nil, container.NewHBox(v.whole, caption("Kind"), v.kind), v.name)
	v.content = widgets.NewBorder(bar, nil, nil, nil, v.crop)
	v.set(subject{})
	return v
}

// set shows another picture, as a whole.
func (v *pictureView) set(s subject) {
	v.subject = s
	v.crop.SetImage(s.preview, s.bounds())
	v.kind.Selected = kindTitle(s.kind)
	v.kind.Refresh()
	widgets.SetEnabled(v.kind, s.image != nil && !s.prepared)
	v.whole.Disable()
	v.showName()
}

func (v *pictureView) showName() {
	s := v.subject
	if s.image == nil {
		v.name.SetText("Drop a picture anywhere on the window, or open one.")
		return
	}
	b := s.image.Bounds()
	text := fmt.Sprintf("%s, %d×%d", s.name, b.Dx(), b.Dy())
	if !s.crop.Empty() {
		text += fmt.Sprintf(" (%d×%d of it)", s.crop.Dx(), s.crop.Dy())
	}
	v.name.SetText(text)
}

func (v *pictureView) ask(final bool) {
	if v.subject.image == nil {
		v.tab.clear("No picture yet", "Drop one anywhere on the window, open one, or paste one with Ctrl+V.")
		return
	}
	v.tab.ask(v.subject, final)
}

func (v *pictureView) entry() fyne.Focusable { return v.crop }

func (v *pictureView) shown() { v.ask(true) }
