package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Panel is a titled group on a ground of its own.
type Panel struct {
	widget.BaseWidget

	title   *widget.Label
	actions *fyne.Container
	body    fyne.CanvasObject
}

// NewPanel returns a panel; title may be "". Actions stand at the right of
// the title.
func NewPanel(title string, body fyne.CanvasObject, actions ...fyne.CanvasObject) *Panel {
	p := &Panel{
		title:   widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}),
		actions: container.NewHBox(actions...),
		body:    body,
	}
	p.title.Truncation = fyne.TextTruncateEllipsis
	p.ExtendBaseWidget(p)
	return p
}

// SetTitle changes the title.
func (p *Panel) SetTitle(title string) { p.title.SetText(title) }

// Title returns the title.
func (p *Panel) Title() string { return p.title.Text }

// CreateRenderer implements fyne.Widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(theme.Color(theme.ColorNameHeaderBackground))
	ground.CornerRadius = 8
	var content fyne.CanvasObject = p.body
	if p.title.Text != "" || len(p.actions.Objects) > 0 {
		content = container.NewBorder(container.NewBorder(nil, nil, nil, p.actions, p.title), nil, nil, nil, p.body)
	}
	return &panelRenderer{ground: ground, content: container.New(layout.NewCustomPaddedLayout(4, 8, 8, 8), content)}
}

type panelRenderer struct {
	ground  *canvas.Rectangle
	content *fyne.Container
}

func (r *panelRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.content.Resize(size)
}

func (r *panelRenderer) MinSize() fyne.Size { return r.content.MinSize() }

func (r *panelRenderer) Refresh() {
	r.ground.FillColor = theme.Color(theme.ColorNameHeaderBackground)
	r.ground.Refresh()
	r.content.Refresh()
}

func (r *panelRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.content}
}

func (r *panelRenderer) Destroy() {}

// NewChips returns toggles in rows that wrap; each shows a label and whether
// it is chosen. It is for choosing any number among a few.
func NewChips(onChange func(chosen []int)) *Chips {
	c := &Chips{onChange: onChange, rows: container.New(layout.NewRowWrapLayout())}
	c.ExtendBaseWidget(c)
	return c
}

// Chips is a row of toggles.
type Chips struct {
	widget.BaseWidget

	onChange func([]int)
	rows     *fyne.Container
	buttons  []*widget.Button
	chosen   map[int]bool
}

// SetLabels replaces the toggles; those at chosen are on.
func (c *Chips) SetLabels(labels []string, chosen ...int) {
	c.chosen = map[int]bool{}
	for _, i := range chosen {
		c.chosen[i] = true
	}
	c.buttons = make([]*widget.Button, len(labels))
	objects := make([]fyne.CanvasObject, len(labels))
	for i, label := range labels {
		c.buttons[i] = widget.NewButton(label, func() { c.Toggle(i) })
		objects[i] = c.buttons[i]
	}
	c.rows.Objects = objects
	c.update()
}

// Toggle switches the i-th toggle, as a click does.
func (c *Chips) Toggle(i int) {
	c.chosen[i] = !c.chosen[i]
	c.update()
	if c.onChange != nil {
		c.onChange(c.Chosen())
	}
}

// Chosen returns the toggles that are on, in order.
func (c *Chips) Chosen() []int {
	var out []int
	for i := range c.buttons {
		if c.chosen[i] {
			out = append(out, i)
		}
	}
	return out
}

// Choose sets the toggles that are on without calling back.
func (c *Chips) Choose(chosen ...int) {
	clear(c.chosen)
	for _, i := range chosen {
		c.chosen[i] = true
	}
	c.update()
}

func (c *Chips) update() {
	for i, b := range c.buttons {
		b.Importance = widget.MediumImportance
		if c.chosen[i] {
			b.Importance = widget.HighImportance
		}
	}
	c.Refresh()
	c.rows.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.rows) }
