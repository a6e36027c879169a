package browse

import (
	"fmt"
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
)

// variants is how many augmented versions of a picture are shown.
const variants = 12

// detail shows one picture in every form it takes on its way to the network.
type detail struct {
	tab     *Tab
	content fyne.CanvasObject

	set   *dataset.Set
	index int

	panel    *widgets.Panel
	picture  *widgets.Picture
	pixel    *widget.Label
	classify *widget.Button
	explain  *widget.Button
	forms    *container.AppTabs
	row      *widget.Label
	rowRoom  *onWidth // of row
	rowView  *container.Scroll
	array    *widget.TextGrid
	floats   *widget.TextGrid
	oneHot   *widget.TextGrid
	augment  dataset.Augment
	versions []*widgets.Picture
	seed     uint64
	live     *studio.Live[struct{}]
}

func newDetail(t *Tab) *detail {
	d := &detail{
		tab:     t,
		picture: widgets.NewPicture(112),
		pixel:   widget.NewLabel(""),
		row:     widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Monospace: true}),
		array:   widget.NewTextGrid(),
		floats:  widget.NewTextGrid(),
		oneHot:  widget.NewTextGrid(),
		augment: dataset.Augment{Shift: 2, Flip: true, Rotation: 10, Scale: 0.1},
	}
	d.row.Selectable = true
	d.pixel.Truncation = fyne.TextTruncateEllipsis
	d.live = studio.NewLive(t.studio, func(struct{}) { d.showForm() })
	d.picture.OnHover = d.hover
	d.rowView = container.NewScroll(widgets.BesideScrollBar(d.row))
	d.rowRoom = &onWidth{changed: func() { d.live.Put(struct{}{}) }}

	note := func(text string, body fyne.CanvasObject) fyne.CanvasObject {
		label := widget.NewLabel(text)
		label.Wrapping = fyne.TextWrapWord
		return widgets.NewHeaded(label, body)
	}
	copyRow := widget.NewButtonWithIcon("Copy row", theme.ContentCopyIcon(), func() {
		if d.set != nil {
			fyne.CurrentApp().Clipboard().SetContent(csvRow(d.set, d.index))
			t.studio.Notify("Copied the CSV row of picture %d", d.index)
		}
	})
	d.forms = container.NewAppTabs(
		widgets.NewTab("CSV row", nil, widgets.NewBorder(nil, container.NewHBox(copyRow), nil, nil, note("label, pixel1 … pixel784: one line of the table.", container.New(d.rowRoom, d.rowView)))),
		widgets.NewTab("Array", nil, note("reshape(28, 28): whole numbers from 0 to 255.", container.NewScroll(d.array))),
		widgets.NewTab("Normalised", nil, note("x / 255 as float32, shape 28×28×1: what the network sees.", container.NewScroll(d.floats))),
		widgets.NewTab("One-hot", nil, note("to_categorical(label): what the network should answer.", container.NewScroll(d.oneHot))),
		widgets.NewTab("Augmented", nil, d.buildAugmented()),
	)
	d.forms.OnSelected = func(*container.TabItem) { d.showForm() }
	previous := widget.NewButtonWithIcon("", theme.NavigateBackIcon(), func() { t.step(-1) })
	next := widget.NewButtonWithIcon("", theme.NavigateNextIcon(), func() { t.step(1) })
	large := widget.NewButtonWithIcon("", theme.ViewFullScreenIcon(), d.showLarge)
	d.classify = widget.NewButtonWithIcon("Classify", theme.SearchIcon(), t.classify)
	d.explain = widget.NewButtonWithIcon("Explain", theme.QuestionIcon(), t.explain)
	actions := container.NewHBox(d.classify, d.explain)
	d.classify.Hide()
	d.explain.Hide()
	top := widgets.NewBorder(nil, widgets.NewBorder(nil, nil, nil, actions, d.pixel), nil, nil, d.picture)
	split := container.NewVSplit(top, d.forms)
	split.Offset = 0.46
	d.panel = widgets.NewPanel("No picture", split, previous, next, large)
	d.content = d.panel
	return d
}

func (d *detail) show(set *dataset.Set, index int) {
	d.set, d.index = set, index
	label := set.Label(index)
	d.panel.SetTitle(fmt.Sprintf("%s %d: %s", d.tab.part, index, d.tab.data.Classes[label]))
	d.picture.SetImage(widgets.GrayImage(slices.Clone(set.Image(index)), set.W))
	d.hover(0, 0, false)
	d.live.Put(struct{}{})
}

// showForm fills the form that is looked at. The others are filled when they
// are, since a held key goes through many pictures a second.
func (d *detail) showForm() {
	if d.set == nil {
		return
	}
	switch d.forms.SelectedIndex() {
	case 0:
		d.row.SetText(wrapRow(csvRow(d.set, d.index), d.valuesInLine()))
		d.rowView.Refresh()
	case 1:
		d.array.SetText(arrayText(d.set, d.index))
	case 2:
		d.floats.SetText(normalisedText(d.set, d.index))
	case 3:
		d.oneHot.SetText(oneHotText(d.set.Label(d.index), d.tab.data.Classes))
	case 4:
		d.showVersions()
	}
}

// valuesInLine is how many values of the CSV row have room in one line, whatever
// the values are.
func (d *detail) valuesInLine() int {
	value := fyne.MeasureText("255,", theme.TextSize(), d.row.TextStyle).Width
	room := d.rowRoom.width - 2*theme.InnerPadding() - widgets.ScrollBarRoom()
	return min(max(1, int(room/value)), d.set.W)
}

func (d *detail) showNothing() {
	d.set = nil
	d.panel.SetTitle("No picture")
	d.picture.SetImage(nil)
	d.pixel.SetText("No picture matches: choose other classes or Show all")
	d.row.SetText("")
	for _, g := range []*widget.TextGrid{d.array, d.floats, d.oneHot} {
		g.SetText("")
	}
	for _, v := range d.versions {
		v.SetImage(nil)
	}
}

func (d *detail) hover(x, y int, inside bool) {
	switch {
	case d.set == nil:
	case !inside:
		d.pixel.SetText("Point at a pixel")
	default:
		d.pixel.SetText(pixelText(d.set, d.index, x, y))
	}
}

// pixelText tells where a pixel stands in each form of the picture.
func pixelText(s *dataset.Set, i, x, y int) string {
	at := y*s.W + x
	v := s.Image(i)[at]
	return fmt.Sprintf("[%d, %d] pixel%d: %d → %.3f", y, x, at+1, v, float64(v)/255)
}

// buildAugmented builds the page on which one plays with augmentation.
func (d *detail) buildAugmented() fyne.CanvasObject {
	check := func(label string, on bool, set func(bool)) *widget.Check {
		c := widget.NewCheck(label, func(on bool) {
			set(on)
			d.showVersions()
		})
		c.Checked = on
		return c
	}
	pick := func(on bool, v float64) float64 {
		if on {
			return v
		}
		return 0
	}
	controls := container.NewGridWithColumns(3,
		check("Shift", true, func(on bool) { d.augment.Shift = int(pick(on, 2)) }),
		check("Flip", true, func(on bool) { d.augment.Flip = on }),
		check("Rotate", true, func(on bool) { d.augment.Rotation = pick(on, 10) }),
		check("Scale", true, func(on bool) { d.augment.Scale = pick(on, 0.1) }),
		check("Erase", false, func(on bool) { d.augment.Erasing = pick(on, 0.5) }),
		widget.NewButtonWithIcon("Again", theme.ViewRefreshIcon(), func() {
			d.seed++
			d.showVersions()
		}),
	)
	grid := container.NewGridWithColumns(4)
	for range variants {
		p := widgets.NewPicture(56)
		d.versions = append(d.versions, p)
		grid.Add(p)
	}
	return widgets.NewBorder(controls, nil, nil, nil, container.NewVScroll(grid))
}

// showVersions shows what augmentation makes of the picture.
func (d *detail) showVersions() {
	if d.set == nil {
		return
	}
	x := make([]float32, d.set.H*d.set.W)
	for k, p := range d.versions {
		d.augment.Apply(x, d.set.Image(d.index), d.set.H, d.set.W, d.seed, 0, k)
		p.SetImage(floatImage(x, d.set.W))
	}
}

func floatImage(x []float32, w int) *image.RGBA {
	gray := make([]byte, len(x))
	for i, v := range x {
		gray[i] = byte(min(max(v, 0), 1)*255 + 0.5)
	}
	return widgets.GrayImage(gray, w)
}
