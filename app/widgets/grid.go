package widgets

import (
	"image"
	"image/color"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// The bounds of a thumbnail's side.
const (
	MinThumbnail = 28
	MaxThumbnail = 224
)

// PictureGrid shows any number of equal pictures in rows. Only those in sight
// exist: each cell draws its picture on demand into memory of its own, so that
// scrolling through 70,000 allocates nothing.
//
// One picture is current; any number are selected. Arrow keys, Home, End, Page
// Up and Page Down move; Shift extends the selection, Ctrl adds to it; Ctrl
// with the wheel zooms.
type PictureGrid struct {
	widget.GridWrap

	// Draw draws the i-th picture into dst, whose size is that given to
	// SetContent.
	Draw func(i int, dst *image.RGBA)
	// Mark returns a colour for a corner of the i-th picture, or nil.
	Mark func(i int) color.Color
	// OnCurrent is called when another picture becomes current.
	OnCurrent func(i int)
	// OnSelection is called when the selection changes.
	OnSelection func()
	// OnOpen is called for Enter on the current picture.
	OnOpen func(i int)
	// OnZoom is called when Ctrl and the wheel have changed the side.
	OnZoom func(side float32)
	// OnFocus is called when the grid gains the focus.
	OnFocus func()

	count    int
	w, h     int
	side     float32
	current  int
	anchor   int
	selected map[int]bool
	hasFocus bool
}

var (
	_ fyne.Focusable    = (*PictureGrid)(nil)
	_ fyne.Shortcutable = (*PictureGrid)(nil)
)

// NewPictureGrid returns an empty grid of thumbnails with the given side.
func NewPictureGrid(side float32, draw func(i int, dst *image.RGBA)) *PictureGrid {
	g := &PictureGrid{Draw: draw, w: 28, h: 28, side: clampSide(side), selected: map[int]bool{}, current: -1}
	g.Length = func() int { return g.count }
	g.CreateItem = func() fyne.CanvasObject { return newCell(g) }
	g.UpdateItem = func(i int, o fyne.CanvasObject) { o.(*cell).show(i) }
	g.ExtendBaseWidget(g)
	return g
}

func clampSide(side float32) float32 { return min(max(side, MinThumbnail), MaxThumbnail) }

// SetContent shows count pictures of w×h pixels from the first one on; none
// is selected.
func (g *PictureGrid) SetContent(count, w, h int) {
	g.count, g.w, g.h = count, w, h
	clear(g.selected)
	g.current, g.anchor = -1, 0
	g.Refresh()
	g.ScrollToOffset(0)
	g.selectionChanged()
}

// Count returns the number of pictures.
func (g *PictureGrid) Count() int { return g.count }

// Side returns the side of a thumbnail.
func (g *PictureGrid) Side() float32 { return g.side }

// SetSide zooms, and keeps the current picture, or else the first in sight, in
// sight.
func (g *PictureGrid) SetSide(side float32) {
	side = clampSide(side)
	if side == g.side {
		return
	}
	keep := g.current
	if first := g.firstInSight(); keep < first || keep >= first+(g.rowsInSight()+1)*g.ColumnCount() {
		keep = first
	}
	g.side = side
	g.Refresh()
	// The number of columns follows the width only.
	size := g.Size()
	g.Resize(fyne.NewSize(size.Width, size.Height+1))
	g.Resize(size)
	g.ScrollTo(keep)
}

func (g *PictureGrid) firstInSight() int {
	return int(g.GetScrollOffset()/(g.side+theme.Padding())) * g.ColumnCount()
}

// Current returns the current picture, or -1.
func (g *PictureGrid) Current() int { return g.current }

// Selected returns the selected pictures in order.
func (g *PictureGrid) Selected() []int { return slices.Sorted(maps.Keys(g.selected)) }

// Go makes the i-th picture current and selects it alone.
func (g *PictureGrid) Go(i int) { g.move(i, 0) }

// SelectAll selects every picture.
func (g *PictureGrid) SelectAll() {
	for i := range g.count {
		g.selected[i] = true
	}
	g.Refresh()
	g.selectionChanged()
}

// move makes i current; the modifier says what becomes of the selection.
func (g *PictureGrid) move(i int, mod fyne.KeyModifier) {
	if g.count == 0 {
		return
	}
	i = min(max(i, 0), g.count-1)
	switch {
	case mod&fyne.KeyModifierShift != 0:
		clear(g.selected)
		for k := min(g.anchor, i); k <= max(g.anchor, i); k++ {
			g.selected[k] = true
		}
	case mod&fyne.KeyModifierShortcutDefault != 0:
		if g.selected[i] {
			delete(g.selected, i)
		} else {
			g.selected[i] = true
		}
		g.anchor = i
	default:
		clear(g.selected)
		g.selected[i] = true
		g.anchor = i
	}
	changed := i != g.current
	g.current = i
	if g.Size().Height > 0 {
		g.ScrollTo(i)
	} else {
		g.Refresh()
	}
	if changed && g.OnCurrent != nil {
		g.OnCurrent(i)
	}
	g.selectionChanged()
}

func (g *PictureGrid) selectionChanged() {
	if g.OnSelection != nil {
		g.OnSelection()
	}
}

func modifiers() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// rowsInSight is at least one.
func (g *PictureGrid) rowsInSight() int {
	return max(1, int(g.Size().Height/(g.side+theme.Padding())))
}

// PictureGridKeys are the keys of a PictureGrid.
func PictureGridKeys() [][2]string {
	return [][2]string{
		{"Move", "Arrows, Home, End, Page Up, Page Down"},
		{"Select a range", "Shift with those, or Shift+click"},
		{"Add to the selection", "Space, or " + KeysOf(fyne.KeyModifierShortcutDefault, "click")},
		{"Larger, smaller", "+ and -, or " + KeysOf(fyne.KeyModifierShortcutDefault, "wheel")},
		{"Show large", "Enter"},
	}
}

// TypedKey implements fyne.Focusable.
func (g *PictureGrid) TypedKey(e *fyne.KeyEvent) {
	if g.count == 0 {
		return
	}
	cols, mod := g.ColumnCount(), modifiers()&fyne.KeyModifierShift
	if g.current < 0 && e.Name != fyne.KeyEnd {
		g.move(g.firstInSight(), 0)
		return
	}
	switch e.Name {
	case fyne.KeyLeft:
		g.move(g.current-1, mod)
	case fyne.KeyRight:
		g.move(g.current+1, mod)
	case fyne.KeyUp:
		if g.current >= cols {
			g.move(g.current-cols, mod)
		}
	case fyne.KeyDown:
		g.move(g.current+cols, mod)
	case fyne.KeyPageUp:
		g.move(g.current-cols*g.rowsInSight(), mod)
	case fyne.KeyPageDown:
		g.move(g.current+cols*g.rowsInSight(), mod)
	case fyne.KeyHome:
		g.move(0, mod)
	case fyne.KeyEnd:
		g.move(g.count-1, mod)
	case fyne.KeySpace:
		g.move(g.current, fyne.KeyModifierShortcutDefault)
	case fyne.KeyReturn, fyne.KeyEnter:
		if g.OnOpen != nil {
			g.OnOpen(g.current)
		}
	}
}

// TypedRune implements fyne.Focusable.
func (g *PictureGrid) TypedRune(r rune) {
	switch r {
	case '+', '=':
		g.zoom(1.25)
	case '-':
		g.zoom(0.8)
	}
}

func (g *PictureGrid) zoom(factor float32) {
	g.SetSide(g.side * factor)
	if g.OnZoom != nil {
		g.OnZoom(g.side)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (g *PictureGrid) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutSelectAll); ok {
		g.SelectAll()
	}
}

// FocusGained implements fyne.Focusable.
func (g *PictureGrid) FocusGained() {
	g.hasFocus = true
	g.Refresh()
	if g.OnFocus != nil {
		g.OnFocus()
	}
}

// FocusLost implements fyne.Focusable.
func (g *PictureGrid) FocusLost() {
	g.hasFocus = false
	g.Refresh()
}

// cell is one thumbnail.
type cell struct {
	widget.BaseWidget

	grid  *PictureGrid
	index int

	pixels *image.RGBA
	view   *canvas.Image
	ring   *canvas.Rectangle
	mark   *canvas.Circle
}

func newCell(g *PictureGrid) *cell {
	c := &cell{
		grid: g,
		view: &canvas.Image{ScaleMode: canvas.ImageScalePixels, FillMode: canvas.ImageFillStretch},
		ring: canvas.NewRectangle(color.Transparent),
		mark: canvas.NewCircle(color.Transparent),
	}
	c.mark.Hide()
	c.ring.Hide()
	c.ExtendBaseWidget(c)
	return c
}

func (c *cell) show(i int) {
	g := c.grid
	c.index = i
	if c.pixels == nil || c.pixels.Rect.Dx() != g.w || c.pixels.Rect.Dy() != g.h {
		c.pixels = image.NewRGBA(image.Rect(0, 0, g.w, g.h))
		c.view.Image = c.pixels
	}
	g.Draw(i, c.pixels)
	c.view.Refresh()

	c.ring.Hidden = i != g.current && !g.selected[i]
	c.ring.FillColor = theme.Color(theme.ColorNamePrimary)
	if i == g.current && !g.hasFocus {
		c.ring.FillColor = theme.Color(theme.ColorNameForeground)
	}
	c.ring.Refresh()
	c.place()

	c.mark.Hidden = true
	if g.Mark != nil {
		if m := g.Mark(i); m != nil {
			c.mark.FillColor = m
			c.mark.Hidden = false
		}
	}
	c.mark.Refresh()
}

// Tapped implements fyne.Tappable.
func (c *cell) Tapped(*fyne.PointEvent) {
	if canvas := fyne.CurrentApp().Driver().CanvasForObject(c.grid); canvas != nil {
		canvas.Focus(c.grid)
	}
	c.grid.move(c.index, modifiers())
}

// Scrolled implements fyne.Scrollable: the wheel zooms with Ctrl.
func (c *cell) Scrolled(e *fyne.ScrollEvent) {
	if modifiers()&fyne.KeyModifierShortcutDefault == 0 {
		c.grid.ScrollToOffset(c.grid.GetScrollOffset() - e.Scrolled.DY)
		return
	}
	if e.Scrolled.DY > 0 {
		c.grid.zoom(1.15)
	} else if e.Scrolled.DY < 0 {
		c.grid.zoom(1 / 1.15)
	}
}

// CreateRenderer implements fyne.Widget.
func (c *cell) CreateRenderer() fyne.WidgetRenderer { return &cellRenderer{c} }

type cellRenderer struct{ c *cell }

func (r *cellRenderer) Layout(size fyne.Size) {
	r.c.ring.Resize(size)
	r.c.place()
	side := max(6, size.Width/7)
	r.c.mark.Resize(fyne.NewSquareSize(side))
	r.c.mark.Move(fyne.NewPos(size.Width-side-3, 3))
}

// place puts the picture into the cell, or within its ring.
func (c *cell) place() {
	inset := float32(0)
	switch {
	case c.index == c.grid.current:
		inset = 4
	case c.grid.selected[c.index]:
		inset = 2
	}
	c.view.Move(fyne.NewPos(inset, inset))
	c.view.Resize(c.Size().SubtractWidthHeight(2*inset, 2*inset))
}

func (r *cellRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.c.grid.side) }

func (r *cellRenderer) Refresh() {
	r.c.view.Refresh()
	r.c.ring.Refresh()
	r.c.mark.Refresh()
}

func (r *cellRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.c.ring, r.c.view, r.c.mark}
}

func (r *cellRenderer) Destroy() {}
