package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Bars shows a share for each of a few names as horizontal bars, in letters
// that grow with the room there is. The order never changes, so that one can
// watch a bar grow.
type Bars struct {
	widget.BaseWidget

	// OnTapped is called with the bar that was clicked or chosen by keyboard.
	OnTapped func(i int)

	names  []string
	shares []float64
	best   int

	inert  bool // takes neither clicks nor the focus
	chosen int  // by keyboard
	frame  *FocusFrame
}

var (
	_ fyne.Tappable    = (*Bars)(nil)
	_ fyne.Focusable   = (*Bars)(nil)
	_ fyne.Disableable = (*Bars)(nil)
)

// NewBars returns empty bars with these names.
func NewBars(names []string) *Bars {
	b := &Bars{frame: NewFocusFrame()}
	b.SetNames(names)
	b.ExtendBaseWidget(b)
	return b
}

// SetNames replaces the names and empties the bars.
func (b *Bars) SetNames(names []string) {
	b.names, b.shares, b.best, b.chosen = names, nil, -1, 0
	b.Refresh()
}

// Set shows one share, 0 to 1, for each name. Best is the bar that stands out,
// or -1. Nil shares empty the bars.
func (b *Bars) Set(shares []float64, best int) {
	b.shares, b.best = shares, best
	b.Refresh()
}

// Tapped implements fyne.Tappable.
func (b *Bars) Tapped(e *fyne.PointEvent) {
	if len(b.names) == 0 {
		return
	}
	b.choose(int(e.Position.Y / (b.Size().Height / float32(len(b.names)))))
}

func (b *Bars) choose(i int) {
	if i < 0 || i >= len(b.names) || b.inert || b.OnTapped == nil {
		return
	}
	b.chosen = i
	b.Refresh()
	b.OnTapped(i)
}

// BarsKeys are the keys of Bars.
func BarsKeys() [][2]string { return [][2]string{{"Choose a bar", "Up, Down, Home, End"}} }

// TypedKey implements fyne.Focusable.
func (b *Bars) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp:
		b.choose(b.chosen - 1)
	case fyne.KeyDown:
		b.choose(b.chosen + 1)
	case fyne.KeyHome:
		b.choose(0)
	case fyne.KeyEnd:
		b.choose(len(b.names) - 1)
	}
}

// TypedRune implements fyne.Focusable.
func (b *Bars) TypedRune(rune) {}

// FocusGained implements fyne.Focusable: the keyboard begins at the bar that
// stands out.
func (b *Bars) FocusGained() {
	b.chosen = max(b.best, 0)
	b.Refresh()
	b.frame.Show()
}

// FocusLost implements fyne.Focusable.
func (b *Bars) FocusLost() { b.frame.Hide() }

// Disable implements fyne.Disableable: the bars are only looked at.
func (b *Bars) Disable() { b.inert = true }

// Enable implements fyne.Disableable.
func (b *Bars) Enable() { b.inert = false }

// Disabled implements fyne.Disableable.
func (b *Bars) Disabled() bool { return b.inert || len(b.names) == 0 }

// CreateRenderer implements fyne.Widget.
func (b *Bars) CreateRenderer() fyne.WidgetRenderer {
	r := &barsRenderer{b: b}
	r.Refresh()
	return r
}

type bar struct {
	name, share   *canvas.Text
	ground, level *canvas.Rectangle
}

type barsRenderer struct {
	b    *Bars
	bars []bar
}

func (r *barsRenderer) textSize(height float32) float32 {
	text := theme.TextSize()
	return min(max(height*0.6, text*0.8), text*1.7)
}

func (r *barsRenderer) Layout(size fyne.Size) {
	if len(r.bars) == 0 {
		return
	}
	height := size.Height / float32(len(r.bars))
	text := r.textSize(height)
	wide, percent := float32(0), fyne.MeasureText("100.0 %", text, fyne.TextStyle{Bold: true}).Width
	for _, x := range r.bars {
		wide = max(wide, fyne.MeasureText(x.name.Text, text, fyne.TextStyle{Bold: true}).Width)
	}
	r.b.frame.Move(fyne.NewPos(-2, float32(r.b.chosen)*height))
	r.b.frame.Resize(fyne.NewSize(size.Width+4, height))
	gap := theme.Padding() * 2
	wide = min(wide, size.Width*0.45)
	track := max(size.Width-wide-percent-2*gap, 0)
	for i, x := range r.bars {
		y := float32(i) * height
		x.name.TextSize, x.share.TextSize = text, text
		line := x.name.MinSize().Height
		x.name.Move(fyne.NewPos(0, y+(height-line)/2))
		x.name.Resize(fyne.NewSize(wide, line))
		x.share.Move(fyne.NewPos(size.Width-percent, y+(height-line)/2))
		x.share.Resize(fyne.NewSize(percent, line))
		thick := height * 0.62
		x.ground.Move(fyne.NewPos(wide+gap, y+(height-thick)/2))
		x.ground.Resize(fyne.NewSize(track, thick))
		x.level.Move(x.ground.Position())
		level := float32(0)
		if i < len(r.b.shares) {
			level = track * float32(min(max(r.b.shares[i], 0), 1))
		}
		x.level.Resize(fyne.NewSize(level, thick))
		for _, rect := range []*canvas.Rectangle{x.ground, x.level} {
			rect.CornerRadius = min(4, thick/2)
		}
	}
}

func (r *barsRenderer) MinSize() fyne.Size {
	text := theme.TextSize()
	return fyne.NewSize(text*18, text*1.4*float32(len(r.b.names)))
}

func (r *barsRenderer) Refresh() {
	if len(r.bars) != len(r.b.names) {
		r.bars = make([]bar, len(r.b.names))
		for i := range r.bars {
			r.bars[i] = bar{canvas.NewText("", nil), canvas.NewText("", nil), canvas.NewRectangle(nil), canvas.NewRectangle(nil)}
			r.bars[i].share.Alignment = fyne.TextAlignTrailing
		}
	}
	for i, x := range r.bars {
		best := i == r.b.best
		x.name.Text, x.share.Text = r.b.names[i], ""
		if i < len(r.b.shares) {
			x.share.Text = Percent(r.b.shares[i])
		}
		ink, level := theme.Color(theme.ColorNameForeground), theme.Color(theme.ColorNamePlaceHolder)
		if best {
			level = theme.Color(theme.ColorNamePrimary)
		}
		for _, t := range []*canvas.Text{x.name, x.share} {
			t.Color, t.TextStyle = ink, fyne.TextStyle{Bold: best}
		}
		x.level.FillColor = withAlpha(level, best)
		x.ground.FillColor = theme.Color(theme.ColorNameInputBackground)
	}
	r.Layout(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// withAlpha pales the colour of a bar that is not the best.
func withAlpha(c color.Color, best bool) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if !best {
		n.A = 0xa0
	}
	return n
}

func (r *barsRenderer) Objects() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, x := range r.bars {
		out = append(out, x.ground, x.level, x.name, x.share)
	}
	return append(out, r.b.frame)
}

func (r *barsRenderer) Destroy() {}
