package widgets

import (
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// MatrixCell is what a matrix shows in one place.
type MatrixCell struct {
	// Text is written into the cell.
	Text string
	// Shade is how strong the cell's colour is, 0 to 1.
	Shade float32
	// Wrong gives the cell the colour of errors instead of that of success.
	Wrong bool
}

// Matrix shows a square of labelled cells that are pointed at, clicked or
// walked through with the arrow keys; Enter picks the current one. Its text
// grows with it, so that a large matrix is read from afar.
type Matrix struct {
	widget.BaseWidget

	// OnHover is called with the cell that is pointed at or walked to, and
	// with inside false when there is none.
	OnHover func(row, col int, inside bool)
	// OnPicked is called with the cell that was clicked or chosen with Enter.
	OnPicked func(row, col int)

	rowTitle, colTitle string

	labels  []string
	cells   [][]MatrixCell
	current image.Point // column, row; -1, -1 for none
	picked  image.Point
	focused bool
}

var (
	_ desktop.Hoverable = (*Matrix)(nil)
	_ fyne.Tappable     = (*Matrix)(nil)
	_ fyne.Focusable    = (*Matrix)(nil)
)

var noCell = image.Pt(-1, -1)

// Beyond these numbers of labels there is no room for text.
const (
	matrixTexts  = 24
	matrixLabels = 40
)

// NewMatrix returns an empty matrix whose rows and columns are called so.
func NewMatrix(rowTitle, colTitle string) *Matrix {
	m := &Matrix{rowTitle: rowTitle, colTitle: colTitle, current: noCell, picked: noCell}
	m.ExtendBaseWidget(m)
	return m
}

// SetCells shows cells[row][col], as many rows as columns as labels. What was
// picked stays picked if it still exists.
func (m *Matrix) SetCells(labels []string, cells [][]MatrixCell) {
	m.labels, m.cells = labels, cells
	if n := len(labels); m.picked.X >= n || m.picked.Y >= n {
		m.picked = noCell
	}
	if n := len(labels); m.current.X >= n || m.current.Y >= n {
		m.current = noCell
	}
	m.Refresh()
}

// Picked returns the picked cell.
func (m *Matrix) Picked() (row, col int, ok bool) {
	return m.picked.Y, m.picked.X, m.picked != noCell
}

// Pick picks a cell as a click does.
func (m *Matrix) Pick(row, col int) {
	n := len(m.labels)
	if row < 0 || col < 0 || row >= n || col >= n {
		return
	}
	m.picked = image.Pt(col, row)
	m.current = m.picked
	m.Refresh()
	if m.OnPicked != nil {
		m.OnPicked(row, col)
	}
}

func (m *Matrix) point(at image.Point) {
	if at == m.current {
		return
	}
	m.current = at
	m.Refresh()
	if m.OnHover != nil {
		m.OnHover(at.Y, at.X, at != noCell)
	}
}

// geometry is where the parts of a matrix stand for its size.
type geometry struct {
	origin fyne.Position // of the first cell
	cell   fyne.Size
	text   float32
}

func (m *Matrix) geometry() geometry {
	n := float32(max(1, len(m.labels)))
	size := m.Size()
	text := min(theme.TextSize()*1.6, max(theme.CaptionTextSize()*0.9, size.Height/n*0.3))
	left := float32(0)
	if len(m.labels) <= matrixLabels {
		for _, l := range m.labels {
			left = max(left, fyne.MeasureText(l, text, fyne.TextStyle{}).Width)
		}
	}
	line := fyne.MeasureText("M", text, fyne.TextStyle{}).Height
	g := geometry{text: text}
	g.origin = fyne.NewPos(left+line+14, line*3+8)
	g.cell = fyne.NewSize(max(1, (size.Width-g.origin.X)/n), max(1, (size.Height-g.origin.Y)/n))
	return g
}

func (m *Matrix) cellAt(pos fyne.Position) image.Point {
	g := m.geometry()
	x, y := (pos.X-g.origin.X)/g.cell.Width, (pos.Y-g.origin.Y)/g.cell.Height
	n := float32(len(m.labels))
	if x < 0 || y < 0 || x >= n || y >= n {
		return noCell
	}
	return image.Pt(int(x), int(y))
}

// MouseIn implements desktop.Hoverable.
func (m *Matrix) MouseIn(e *desktop.MouseEvent) { m.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (m *Matrix) MouseMoved(e *desktop.MouseEvent) { m.point(m.cellAt(e.Position)) }

// MouseOut implements desktop.Hoverable.
func (m *Matrix) MouseOut() { m.point(noCell) }

// Tapped implements fyne.Tappable.
func (m *Matrix) Tapped(e *fyne.PointEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(m); c != nil {
		c.Focus(m)
	}
	if at := m.cellAt(e.Position); at != noCell {
		m.Pick(at.Y, at.X)
	}
}

// MatrixKeys are the keys of a Matrix.
func MatrixKeys() [][2]string {
	return [][2]string{
		{"Go to another cell", "Arrows, Home, End"},
		{"Show its pictures", "Enter or Space"},
	}
}

// TypedKey implements fyne.Focusable.
func (m *Matrix) TypedKey(k *fyne.KeyEvent) {
	n := len(m.labels)
	if n == 0 {
		return
	}
	at := m.current
	if at == noCell {
		at = image.Point{}
	}
	switch k.Name {
	case fyne.KeyLeft:
		at.X--
	case fyne.KeyRight:
		at.X++
	case fyne.KeyUp:
		at.Y--
	case fyne.KeyDown:
		at.Y++
	case fyne.KeyHome:
		at.X = 0
	case fyne.KeyEnd:
		at.X = n - 1
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		m.Pick(at.Y, at.X)
		return
	default:
		return
	}
	m.point(image.Pt(min(max(at.X, 0), n-1), min(max(at.Y, 0), n-1)))
}

// TypedRune implements fyne.Focusable.
func (m *Matrix) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (m *Matrix) FocusGained() {
	m.focused = true
	if m.current == noCell && len(m.labels) > 0 {
		m.current = image.Point{}
	}
	m.Refresh()
}

// FocusLost implements fyne.Focusable.
func (m *Matrix) FocusLost() {
	m.focused = false
	m.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (m *Matrix) CreateRenderer() fyne.WidgetRenderer {
	r := &matrixRenderer{
		m:       m,
		ground:  &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScalePixels},
		pointer: canvas.NewRectangle(color.Transparent),
		picked:  canvas.NewRectangle(color.Transparent),
	}
	r.build()
	return r
}

type matrixRenderer struct {
	m       *Matrix
	ground  *canvas.Image // one pixel a cell
	pointer *canvas.Rectangle
	picked  *canvas.Rectangle
	titles  [2]*canvas.Text
	rows    []*canvas.Text
	cols    [][2]*canvas.Text
	texts   []*canvas.Text
	objects []fyne.CanvasObject
}

// build makes the objects anew for the number of labels.
func (r *matrixRenderer) build() {
	m := r.m
	n := len(m.labels)
	text := func(align fyne.TextAlign) *canvas.Text {
		t := canvas.NewText("", color.Black)
		t.Alignment = align
		return t
	}
	r.rows, r.cols, r.texts = nil, nil, nil
	r.objects = []fyne.CanvasObject{r.ground}
	for i := range r.titles {
		r.titles[i] = text(fyne.TextAlignCenter)
		r.objects = append(r.objects, r.titles[i])
	}
	if n <= matrixLabels {
		for range n {
			row, upper, lower := text(fyne.TextAlignTrailing), text(fyne.TextAlignCenter), text(fyne.TextAlignCenter)
			r.rows = append(r.rows, row)
			r.cols = append(r.cols, [2]*canvas.Text{upper, lower})
			r.objects = append(r.objects, row, upper, lower)
		}
	}
	if n <= matrixTexts {
		for range n * n {
			t := text(fyne.TextAlignCenter)
			r.texts = append(r.texts, t)
			r.objects = append(r.objects, t)
		}
	}
	r.objects = append(r.objects, r.picked, r.pointer)
}

// twoLines splits a label so that its longer part is as short as possible.
func twoLines(label string) (upper, lower string) {
	upper, best := label, len(label)
	for i, c := range label {
		if c != ' ' && c != '/' && c != '-' {
			continue
		}
		a, b := strings.TrimSpace(label[:i+1]), strings.TrimSpace(label[i+1:])
		if longer := max(len(a), len(b)); b != "" && longer < best {
			upper, lower, best = a, b, longer
		}
	}
	return upper, lower
}

func (r *matrixRenderer) Layout(fyne.Size) {
	m := r.m
	n := len(m.labels)
	g := m.geometry()
	span := fyne.NewSize(g.cell.Width*float32(n), g.cell.Height*float32(n))
	r.ground.Move(g.origin)
	r.ground.Resize(span)

	line := fyne.MeasureText("M", g.text, fyne.TextStyle{}).Height
	place := func(t *canvas.Text, s string, size float32, x, y, w, h float32) {
		t.Text, t.TextSize = s, size
		if width := fyne.MeasureText(s, size, t.TextStyle).Width; width > w && width > 0 {
			t.TextSize = max(7, size*w/width)
		}
		t.Move(fyne.NewPos(x, y))
		t.Resize(fyne.NewSize(w, h))
		t.Refresh()
	}
	r.titles[0].TextStyle.Bold, r.titles[1].TextStyle.Bold = true, true
	r.titles[0].Alignment = fyne.TextAlignLeading
	if n > 0 {
		place(r.titles[0], m.rowTitle+" ↓", g.text*0.9, 0, line*2, g.origin.X-8, line)
		place(r.titles[1], m.colTitle+" →", g.text*0.9, g.origin.X, 0, span.Width, line)
	}
	for i, t := range r.rows {
		y := g.origin.Y + g.cell.Height*float32(i)
		place(t, m.labels[i], g.text, 0, y, g.origin.X-6, g.cell.Height)
	}
	for i, t := range r.cols {
		x := g.origin.X + g.cell.Width*float32(i)
		upper, lower := twoLines(m.labels[i])
		if lower == "" {
			upper, lower = "", upper
		}
		place(t[0], upper, g.text*0.9, x+1, line*1.05, g.cell.Width-2, line)
		place(t[1], lower, g.text*0.9, x+1, line*1.95, g.cell.Width-2, line)
	}
	for i, t := range r.texts {
		row, col := i/n, i%n
		size := min(g.cell.Height*0.56, theme.TextSize()*1.8)
		place(t, m.cells[row][col].Text, size,
			g.origin.X+g.cell.Width*float32(col)+1, g.origin.Y+g.cell.Height*float32(row), g.cell.Width-2, g.cell.Height)
	}
	for _, c := range []struct {
		rect *canvas.Rectangle
		at   image.Point
	}{{r.picked, m.picked}, {r.pointer, m.current}} {
		c.rect.Hidden = c.at == noCell || n == 0
		c.rect.Move(g.origin.AddXY(g.cell.Width*float32(c.at.X), g.cell.Height*float32(c.at.Y)))
		c.rect.Resize(g.cell)
	}
}

func (r *matrixRenderer) MinSize() fyne.Size {
	side := 19 * theme.TextSize()
	return fyne.NewSize(side, side*0.8)
}

func (r *matrixRenderer) Refresh() {
	m := r.m
	n := len(m.labels)
	if len(r.rows) != min(n, matrixLabels) && n <= matrixLabels || len(r.texts) != n*n && n <= matrixTexts || n > matrixLabels && len(r.rows) > 0 {
		r.build()
	}
	right, wrong := toNRGBA(theme.Color(theme.ColorNamePrimary)), toNRGBA(theme.Color(theme.ColorNameError))
	paper := toNRGBA(theme.Color(theme.ColorNameInputBackground))
	ink, inkOn := theme.Color(theme.ColorNameForeground), theme.Color(theme.ColorNameForegroundOnPrimary)
	img := image.NewRGBA(image.Rect(0, 0, max(1, n), max(1, n)))
	for row := range n {
		for col := range n {
			c := m.cells[row][col]
			full := right
			if c.Wrong {
				full = wrong
			}
			shade := min(1, max(0, c.Shade))
			img.Set(col, row, blend(paper, full, shade))
			if r.texts != nil {
				t := r.texts[row*n+col]
				t.Color = ink
				if shade > 0.6 {
					t.Color = inkOn
				}
				t.TextStyle.Bold = row == col
			}
		}
	}
	r.ground.Image = img
	r.ground.Hidden = n == 0
	for _, t := range r.titles {
		t.Color = theme.Color(theme.ColorNamePlaceHolder)
	}
	for i := range r.rows {
		r.rows[i].Color = ink
		r.cols[i][0].Color, r.cols[i][1].Color = ink, ink
	}
	r.picked.StrokeColor, r.picked.StrokeWidth = ink, 3
	r.pointer.StrokeColor, r.pointer.StrokeWidth = ink, 1.5
	if m.focused {
		r.pointer.StrokeWidth = 3
	}
	r.Layout(m.Size())
	canvas.Refresh(m)
}

func (r *matrixRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *matrixRenderer) Destroy() {}

func toNRGBA(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }

// blend goes from a to b by share.
func blend(a, b color.NRGBA, share float32) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(float32(x) + (float32(y)-float32(x))*share + 0.5) }
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 0xff}
}
