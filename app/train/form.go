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

	"atelier/app/look"
	"atelier/app/widgets"
)

// form edits the fields of a value in place. It shows only those that have a
// meaning for the value, and calls back with a new value for each valid change.
type form[T any] struct {
	// OnEdit receives the changed value and the name of the field.
	OnEdit func(v T, field string)
	// OnHelp receives the explanation of the field that is pointed at or
	// focused, or what is wrong with what was typed.
	OnHelp func(text string, wrong bool)
	// OnEscape is called when the user leaves the fields with Escape.
	OnEscape func()

	value T
	cells []*formCell[T]
	box   *fyne.Container
}

// newForm returns a form that stands in the given number of columns; 0 lets
// the cells flow.
func newForm[T any](fields []field[T], columns int) *form[T] {
	f := &form[T]{}
	f.box = container.New(layout.NewRowWrapLayout())
	if columns > 0 {
		f.box = container.New(&columnsLayout{columns: columns})
	}
	for _, fd := range fields {
		c := newFormCell(f, fd)
		f.cells = append(f.cells, c)
		f.box.Add(c)
	}
	return f
}

// Show shows v without calling back. What is being typed stays.
func (f *form[T]) Show(v T) {
	f.value = v
	for _, c := range f.cells {
		c.show(v)
	}
	f.box.Refresh()
}

func (f *form[T]) help(text string, wrong bool) {
	if f.OnHelp != nil {
		f.OnHelp(text, wrong)
	}
}

// set tries text for a field.
func (f *form[T]) set(c *formCell[T], text string) {
	v, err := c.field.Set(f.value, text)
	c.mark(err != nil)
	if err != nil {
		f.help(err.Error(), true)
		return
	}
	f.help(c.about(), false)
	f.edit(v, c.field.Name)
}

func (f *form[T]) edit(v T, name string) {
	f.value = v
	if f.OnEdit != nil {
		f.OnEdit(v, name)
	}
}

// formCell is one field: its name above, its editor below.
type formCell[T any] struct {
	widget.BaseWidget

	form   *form[T]
	field  field[T]
	entry  *fieldEntry
	menu   *fieldSelect
	check  *fieldCheck
	quiet  bool // while the program itself changes the editor
	labels []string
	border *canvas.Rectangle // shown while what was typed is wrong
}

var (
	_ desktop.Hoverable = (*formCell[int])(nil)
	_ widgets.Composite = (*formCell[int])(nil)
)

func newFormCell[T any](f *form[T], fd field[T]) *formCell[T] {
	c := &formCell[T]{form: f, field: fd, border: canvas.NewRectangle(color.Transparent)}
	c.border.StrokeWidth = 2
	c.border.CornerRadius = theme.InputRadiusSize()
	c.border.Hide()
	focused := func() { f.help(c.about(), false) }
	escaped := func() {
		if f.OnEscape != nil {
			f.OnEscape()
		}
	}
	switch {
	case fd.Toggle:
		c.check = &fieldCheck{focused: focused, escaped: escaped}
		c.check.Text = fd.Label
		c.check.OnChanged = func(on bool) {
			if !c.quiet {
				f.set(c, map[bool]string{true: "true", false: "false"}[on])
			}
		}
		c.check.ExtendBaseWidget(c.check)
	case fd.Choices != nil:
		for _, ch := range fd.Choices {
			c.labels = append(c.labels, ch.Label)
		}
		c.menu = &fieldSelect{focused: focused, escaped: escaped}
		c.menu.Options = c.labels
		c.menu.OnChanged = func(string) {
			if !c.quiet {
				f.set(c, fd.Choices[c.menu.SelectedIndex()].Value)
			}
		}
		c.menu.ExtendBaseWidget(c.menu)
	default:
		c.entry = &fieldEntry{focused: focused, escaped: escaped}
		c.entry.blurred = func() { c.show(f.value) }
		c.entry.step = func(direction int) {
			if fd.Step == nil {
				return
			}
			v := fd.Step(f.value, direction)
			c.quiet = true
			c.entry.SetText(fd.Get(v))
			c.quiet = false
			c.mark(false)
			f.edit(v, fd.Name)
		}
		c.entry.OnChanged = func(text string) {
			if !c.quiet {
				f.set(c, text)
			}
		}
		c.entry.ExtendBaseWidget(c.entry)
	}
	c.ExtendBaseWidget(c)
	return c
}

// focusable is the part of the cell that takes the focus.
func (c *formCell[T]) focusable() fyne.Focusable {
	switch {
	case c.check != nil:
		return c.check
	case c.menu != nil:
		return c.menu
	}
	return c.entry
}

// about is the field's explanation with its Keras name.
func (c *formCell[T]) about() string {
	return c.field.Label + ": " + c.field.Help + " Keras: " + c.field.Keras + "."
}

func (c *formCell[T]) show(v T) {
	c.quiet = true
	defer func() { c.quiet = false }()
	if c.field.Shown != nil && !c.field.Shown(v) {
		c.Hide()
		return
	}
	c.BaseWidget.Show()
	text := c.field.Get(v)
	switch {
	case c.check != nil:
		c.check.SetChecked(text == "true")
	case c.menu != nil:
		for i, ch := range c.field.Choices {
			if ch.Value == text {
				c.menu.SetSelectedIndex(i)
			}
		}
	case !c.entry.hasFocus:
		c.entry.SetText(text)
		c.mark(false)
	default:
		// The user is typing: leave what stands there unless it means
		// something else, so that "0." can become "0.5".
		if typed, err := c.field.Set(v, c.entry.Text); err == nil && c.field.Get(typed) != text {
			c.entry.SetText(text)
			c.mark(false)
		}
	}
}

// mark frames the editor while what was typed into it is wrong.
func (c *formCell[T]) mark(wrong bool) {
	c.border.StrokeColor = theme.Color(theme.ColorNameError)
	widgets.SetVisible(c.border, wrong)
}

// MouseIn implements desktop.Hoverable: pointing at a field explains it.
func (c *formCell[T]) MouseIn(*desktop.MouseEvent) { c.form.help(c.about(), false) }

// MouseMoved implements desktop.Hoverable.
func (c *formCell[T]) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *formCell[T]) MouseOut() {}

// Parts implements widgets.Composite.
func (c *formCell[T]) Parts() []fyne.CanvasObject {
	return []fyne.CanvasObject{c.focusable().(fyne.CanvasObject)}
}

// CreateRenderer implements fyne.Widget.
func (c *formCell[T]) CreateRenderer() fyne.WidgetRenderer {
	caption := widget.NewLabel(c.field.Label)
	caption.SizeName = theme.SizeNameCaptionText
	var editor fyne.CanvasObject
	switch {
	case c.check != nil:
		caption.SetText("")
		editor = c.check
	case c.menu != nil:
		editor = c.menu
	default:
		editor = container.NewStack(c.entry, c.border)
	}
	return widget.NewSimpleRenderer(container.New(layout.NewCustomPaddedVBoxLayout(-8), caption, editor))
}

// fieldEntry is an entry that tells of the focus and steps with the arrow keys.
// What is typed first replaces what it holds.
type fieldEntry struct {
	widget.Entry

	focused, blurred, escaped func()
	step                      func(direction int)
	hasFocus                  bool
}

// FocusGained implements fyne.Focusable.
func (e *fieldEntry) FocusGained() {
	e.hasFocus = true
	e.Entry.FocusGained()
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.focused()
}

// FocusLost implements fyne.Focusable.
func (e *fieldEntry) FocusLost() {
	e.hasFocus = false
	e.Entry.FocusLost()
	e.blurred()
}

// TypedKey implements fyne.Focusable.
func (e *fieldEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyUp:
		e.step(1)
	case fyne.KeyDown:
		e.step(-1)
	case fyne.KeyEscape:
		e.escaped()
	default:
		e.Entry.TypedKey(k)
	}
}

// MinSize keeps an entry as narrow as the numbers in it.
func (e *fieldEntry) MinSize() fyne.Size {
	min := e.Entry.MinSize()
	return fyne.NewSize(max(min.Width, 6*theme.TextSize()), min.Height)
}

// fieldSelect is a menu that tells of the focus.
type fieldSelect struct {
	widget.Select

	focused, escaped func()
}

// TypedKey implements fyne.Focusable.
func (s *fieldSelect) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		s.escaped()
		return
	}
	s.Select.TypedKey(k)
}

// FocusGained implements fyne.Focusable.
func (s *fieldSelect) FocusGained() {
	s.Select.FocusGained()
	s.focused()
}

// MinSize keeps a menu from being as wide as its longest choice.
func (s *fieldSelect) MinSize() fyne.Size {
	size := s.Select.MinSize()
	return fyne.NewSize(min(size.Width, 9*theme.TextSize()), size.Height)
}

// fieldCheck is a check box that tells of the focus.
type fieldCheck struct {
	widget.Check

	focused, escaped func()
}

// TypedKey implements fyne.Focusable.
func (c *fieldCheck) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		c.escaped()
		return
	}
	c.Check.TypedKey(k)
}

// FocusGained implements fyne.Focusable.
func (c *fieldCheck) FocusGained() {
	c.Check.FocusGained()
	c.focused()
}

// columnsLayout places visible objects in columns of equal width, row by row,
// each row as high as its highest object.
type columnsLayout struct{ columns int }

// count is one less where the text is enlarged.
func (l *columnsLayout) count() int {
	if l.columns > 2 && look.IsPresentation() {
		return l.columns - 1
	}
	return l.columns
}

func (l *columnsLayout) rows(objects []fyne.CanvasObject) (rows [][]fyne.CanvasObject, widest float32) {
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		widest = max(widest, o.MinSize().Width)
		if n := len(rows); n == 0 || len(rows[n-1]) == l.count() {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], o)
	}
	return rows, widest
}

func rowHeight(row []fyne.CanvasObject) (h float32) {
	for _, o := range row {
		h = max(h, o.MinSize().Height)
	}
	return h
}

// MinSize implements fyne.Layout.
func (l *columnsLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	rows, widest := l.rows(objects)
	size := fyne.NewSize(widest*float32(l.count())+theme.Padding()*float32(l.count()-1), 0)
	for _, row := range rows {
		size.Height += rowHeight(row)
	}
	return size
}

// Layout implements fyne.Layout.
func (l *columnsLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rows, _ := l.rows(objects)
	gap := theme.Padding()
	width := (size.Width - gap*float32(l.count()-1)) / float32(l.count())
	y := float32(0)
	for _, row := range rows {
		h := rowHeight(row)
		for i, o := range row {
			o.Resize(fyne.NewSize(width, h))
			o.Move(fyne.NewPos(float32(i)*(width+gap), y))
		}
		y += h
	}
}
