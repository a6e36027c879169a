package train

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/nn"
)

// layersView shows the layers of the edited network as cards. With the focus
// on it, Up and Down select, Delete removes, Enter goes into the fields of the
// selected card, Insert asks for another layer; cards are dragged to another place
// with the mouse.
type layersView struct {
	widget.BaseWidget

	// OnHelp receives explanations of what is pointed at.
	OnHelp func(text string, wrong bool)
	// OnAdd is called to ask for another layer.
	OnAdd func()

	edit   *editor
	check  func(nn.Network) ([]nn.Step, *nn.LayerError)
	cards  []*layerCard
	column *fyne.Container
	scroll *container.Scroll
	marker *canvas.Rectangle // where a dragged card would go
	frame  *canvas.Rectangle // shows the focus
}

var (
	_ fyne.Focusable    = (*layersView)(nil)
	_ widgets.Composite = (*layersView)(nil)
)

// newLayersView shows the network of e. Check returns the steps of a network
// and what is wrong with it.
func newLayersView(e *editor, check func(nn.Network) ([]nn.Step, *nn.LayerError)) *layersView {
	v := &layersView{edit: e, check: check}
	v.column = container.New(layout.NewCustomPaddedVBoxLayout(3))
	v.marker = canvas.NewRectangle(color.Transparent)
	v.marker.Hide()
	v.frame = canvas.NewRectangle(color.Transparent)
	v.frame.CornerRadius = theme.InputRadiusSize()
	v.scroll = widgets.NewVScroll(container.NewStack(v.column, container.NewWithoutLayout(v.marker)))
	v.ExtendBaseWidget(v)
	e.OnChange(v.update)
	v.update()
	return v
}

// CreateRenderer implements fyne.Widget.
func (v *layersView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(v.scroll, v.frame))
}

// Parts implements widgets.Composite.
func (v *layersView) Parts() []fyne.CanvasObject { return []fyne.CanvasObject{v.scroll} }

// update brings the cards in line with the network.
func (v *layersView) update() {
	n := v.edit.Setup().Network
	steps, problem := v.check(n)
	for len(v.cards) < len(n.Layers) {
		c := newLayerCard(v, len(v.cards))
		v.cards = append(v.cards, c)
		v.column.Add(c)
	}
	v.cards = v.cards[:len(n.Layers)]
	v.column.Objects = v.column.Objects[:len(n.Layers)]
	for i, c := range v.cards {
		var step *nn.Step
		if i < len(steps) {
			step = &steps[i]
		}
		reason := ""
		if problem != nil && problem.Index == i {
			reason = problem.Reason
		}
		c.show(n.Layers[i], step, reason, i == v.edit.Selected())
	}
	v.column.Refresh()
	v.reveal()
}

// reveal scrolls the selected card into sight.
func (v *layersView) reveal() {
	i := v.edit.Selected()
	if i < 0 || v.scroll.Size().Height == 0 {
		return
	}
	c := v.cards[i]
	top, bottom := c.Position().Y, c.Position().Y+c.Size().Height
	offset := v.scroll.Offset.Y
	if bottom > offset+v.scroll.Size().Height {
		offset = bottom - v.scroll.Size().Height
	}
	if top < offset {
		offset = top
	}
	if offset != v.scroll.Offset.Y {
		v.scroll.ScrollToOffset(fyne.NewPos(0, offset))
	}
}

func (v *layersView) help(text string, wrong bool) {
	if v.OnHelp != nil {
		v.OnHelp(text, wrong)
	}
}

func (v *layersView) focus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		c.Focus(v)
	}
}

// TypedKey implements fyne.Focusable.
func (v *layersView) TypedKey(k *fyne.KeyEvent) {
	i := v.edit.Selected()
	switch k.Name {
	case fyne.KeyDown:
		v.edit.Select(i + 1)
	case fyne.KeyUp:
		v.edit.Select(max(0, i-1))
	case fyne.KeyHome:
		v.edit.Select(0)
	case fyne.KeyEnd:
		v.edit.Select(len(v.cards) - 1)
	case fyne.KeyDelete, fyne.KeyBackspace:
		v.edit.Remove(i)
	case fyne.KeyInsert:
		if v.OnAdd != nil {
			v.OnAdd()
		}
	case fyne.KeyEscape:
		v.edit.Select(-1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if i >= 0 {
			v.cards[i].focusFirst()
		}
	}
}

// TypedRune implements fyne.Focusable.
func (v *layersView) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (v *layersView) FocusGained() {
	v.frame.StrokeColor = theme.Color(theme.ColorNameFocus)
	v.frame.StrokeWidth = 2
	v.frame.Refresh()
	if v.edit.Selected() < 0 {
		v.edit.Select(0)
	}
	v.help("Up and Down choose a layer, Alt+Up and Alt+Down move it, Enter edits it and Escape leaves it, Insert adds one after it, Delete removes it.", false)
}

// FocusLost implements fyne.Focusable.
func (v *layersView) FocusLost() {
	v.frame.StrokeWidth = 0
	v.frame.StrokeColor = color.Transparent
	v.frame.Refresh()
}

// placeAt returns the index at which a card dropped at height y would stand.
func (v *layersView) placeAt(y float32) int {
	for i, c := range v.cards {
		if y < c.Position().Y+c.Size().Height/2 {
			return i
		}
	}
	return len(v.cards)
}

// dragTo shows where the card would go.
func (v *layersView) dragTo(y float32) {
	at := v.placeAt(y)
	line := float32(0)
	if at < len(v.cards) {
		line = v.cards[at].Position().Y - 3
	} else if at > 0 {
		last := v.cards[at-1]
		line = last.Position().Y + last.Size().Height
	}
	v.marker.FillColor = theme.Color(theme.ColorNamePrimary)
	v.marker.Move(fyne.NewPos(0, max(0, line)))
	v.marker.Resize(fyne.NewSize(v.column.Size().Width, 3))
	v.marker.Show()
	v.marker.Refresh()
}

// drop moves the card at from to where it was dragged.
func (v *layersView) drop(from int, y float32) {
	v.marker.Hide()
	to := v.placeAt(y)
	if to > from {
		to-- // its own place is free by then
	}
	v.edit.Move(from, to)
}

// layerCard shows one layer; the selected one shows its fields.
type layerCard struct {
	widget.BaseWidget

	view  *layersView
	index int
	layer nn.Layer

	ground  *canvas.Rectangle
	icon    *widget.Icon
	title   *widget.Label
	numbers *widget.Label
	shape   *widget.Label
	params  *widget.Label
	problem *widget.Label
	about   *widget.Label
	details *fyne.Container
	form    *form[nn.Layer]
	kind    string // of the form
	dragY   float32
	drags   bool
}

var (
	_ fyne.Draggable    = (*layerCard)(nil)
	_ desktop.Hoverable = (*layerCard)(nil)
	_ widgets.Composite = (*layerCard)(nil)
)

func newLayerCard(v *layersView, index int) *layerCard {
	c := &layerCard{
		view:    v,
		index:   index,
		ground:  canvas.NewRectangle(color.Transparent),
		icon:    widget.NewIcon(nil),
		title:   widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}),
		numbers: widget.NewLabel(""),
		shape:   widget.NewLabelWithStyle("", fyne.TextAlignTrailing, fyne.TextStyle{}),
		params:  widget.NewLabelWithStyle("", fyne.TextAlignTrailing, fyne.TextStyle{}),
		problem: widget.NewLabel(""),
		about:   widget.NewLabel(""),
	}
	c.ground.CornerRadius = theme.InputRadiusSize()
	c.numbers.Truncation = fyne.TextTruncateEllipsis
	c.problem.Wrapping = fyne.TextWrapWord
	c.problem.Importance = widget.DangerImportance
	c.about.Wrapping = fyne.TextWrapWord
	c.details = container.NewVBox()
	c.details.Hide()
	c.ExtendBaseWidget(c)
	return c
}

// show brings the card in line with a layer. Step is nil where the shapes are
// not known because of an earlier problem.
func (c *layerCard) show(l nn.Layer, step *nn.Step, problem string, selected bool) {
	c.layer = l
	c.icon.SetResource(layerIcon(l))
	c.title.SetText(layerTitle(l))
	c.numbers.SetText(layerNumbers(l))
	shape, params := "?", ""
	if step != nil {
		shape = step.Out.String()
		total := 0
		for _, p := range step.Params {
			total += p.Size()
		}
		params = nn.Thousands(int64(total))
	}
	c.shape.SetText(shape)
	c.params.SetText(params)
	c.problem.SetText(problem)
	widgets.SetVisible(c.problem, problem != "")

	c.ground.FillColor = theme.Color(theme.ColorNameInputBackground)
	c.ground.StrokeWidth, c.ground.StrokeColor = 0, color.Transparent
	if selected {
		c.ground.FillColor = theme.Color(theme.ColorNameSelection)
	}
	if problem != "" {
		c.ground.StrokeWidth, c.ground.StrokeColor = 2, theme.Color(theme.ColorNameError)
	}
	if selected {
		c.showDetails()
	} else {
		c.details.Hide()
	}
	c.Refresh()
}

func (c *layerCard) showDetails() {
	if c.form == nil || c.kind != c.layer.Kind() {
		c.kind = c.layer.Kind()
		c.form = newForm(layerFields(c.layer), 0)
		c.form.OnHelp = c.view.help
		c.form.OnEscape = c.view.focus
		c.form.OnEdit = func(l nn.Layer, field string) {
			c.view.edit.SetLayer(c.index, l, tagOf("layer", c.index, field))
		}
		action := func(icon fyne.Resource, tip string, do func()) fyne.CanvasObject {
			return newIconButton(icon, tip, do, func() { c.view.help(tip, false) })
		}
		e := c.view.edit
		buttons := container.NewHBox(
			action(theme.MoveUpIcon(), "Move this layer up (Alt+Up).", func() { e.Move(c.index, c.index-1) }),
			action(theme.MoveDownIcon(), "Move this layer down (Alt+Down).", func() { e.Move(c.index, c.index+1) }),
			action(theme.ContentCopyIcon(), "Put a copy of this layer after it (Ctrl+D).", func() { e.Duplicate(c.index) }),
			action(theme.DeleteIcon(), "Remove this layer (Delete).", func() { e.Remove(c.index) }),
		)
		c.details.Objects = []fyne.CanvasObject{
			widgets.NewBorder(nil, nil, nil, container.NewVBox(buttons), c.about),
			c.form.box,
		}
	}
	c.about.SetText(layerAbout(c.layer))
	c.form.Show(c.layer)
	c.details.Show()
}

// focusFirst puts the focus into the first field.
func (c *layerCard) focusFirst() {
	if c.form == nil || len(c.form.cells) == 0 {
		return
	}
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(c.view); canvas != nil {
		canvas.Focus(c.form.cells[0].focusable())
	}
}

// Parts implements widgets.Composite.
func (c *layerCard) Parts() []fyne.CanvasObject { return []fyne.CanvasObject{c.details} }

// Tapped implements fyne.Tappable.
func (c *layerCard) Tapped(*fyne.PointEvent) {
	c.view.focus()
	if c.view.edit.Selected() == c.index {
		c.view.edit.Select(-1)
		return
	}
	c.view.edit.Select(c.index)
}

// Dragged implements fyne.Draggable.
func (c *layerCard) Dragged(e *fyne.DragEvent) {
	c.drags = true
	c.dragY = c.Position().Y + e.Position.Y
	c.view.dragTo(c.dragY)
}

// DragEnd implements fyne.Draggable.
func (c *layerCard) DragEnd() {
	if c.drags {
		c.drags = false
		c.view.drop(c.index, c.dragY)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *layerCard) MouseIn(*desktop.MouseEvent) { c.view.help(layerAbout(c.layer), false) }

// MouseMoved implements desktop.Hoverable.
func (c *layerCard) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *layerCard) MouseOut() {}

// CreateRenderer implements fyne.Widget.
func (c *layerCard) CreateRenderer() fyne.WidgetRenderer {
	row := container.New(&cardLayout{}, container.NewPadded(c.icon), c.title, c.numbers, c.shape, c.params)
	body := container.New(layout.NewCustomPaddedVBoxLayout(0), row, c.problem,
		container.New(layout.NewCustomPaddedLayout(0, 4, 36, 6), c.details))
	return widget.NewSimpleRenderer(container.NewStack(c.ground, body))
}

// cardLayout places icon, title, numbers, shape and parameters of a card so
// that the columns of all cards stand below each other.
type cardLayout struct{}

// MinSize implements fyne.Layout.
func (*cardLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(30*theme.TextSize(), o[1].MinSize().Height)
}

// Layout implements fyne.Layout.
func (*cardLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	em := theme.TextSize()
	widths := []float32{2.4 * em, min(13.5*em, size.Width/3), 0, 7.5 * em, 6 * em}
	widths[2] = max(0, size.Width-widths[0]-widths[1]-widths[3]-widths[4])
	x := float32(0)
	for i, w := range widths {
		o[i].Move(fyne.NewPos(x, 0))
		o[i].Resize(fyne.NewSize(w, size.Height))
		x += w
	}
}
