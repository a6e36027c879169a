// Package figures draws what there is to see about training and judging a
// network: curves, the confusion matrix, figures a class, calibration, learning
// rates. A figure is a plain value that draws itself on any gonum/plot canvas,
// so the same figure appears in the window, in a report and in a file.
package figures

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"atelier/ml/atomicfile"
)

// Figure is something that can be drawn.
type Figure interface {
	// Draw fills the canvas, whose lengths are units of the window, and tells
	// where the data lies on it.
	Draw(c draw.Canvas, s Style) Axes
	// Size is the size that suits the figure in a file.
	Size() (width, height vg.Length)
}

// Style says for what the figure is drawn. The zero value is for paper.
type Style struct {
	Dark         bool // light lines on a dark ground
	Presentation bool // larger text and thicker lines, for the back row
	Transparent  bool // no ground of its own
}

// Drawing is a figure drawn to an image.
type Drawing struct {
	Image *image.RGBA
	Axes  Axes
}

// Render draws a figure to an image of width × height pixels, of which scale
// make one unit of length: 2 on a fine screen.
func Render(f Figure, width, height int, scale float64, s Style) Drawing {
	width, height = max(width, 1), max(height, 1)
	if !(scale > 0) {
		scale = 1
	}
	// At 72 dots an inch a point, gonum's unit, is one pixel.
	dpi := max(int(72*scale+0.5), 1)
	point := vg.Inch / vg.Length(dpi)
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(width)*point, vg.Length(height)*point), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.Transparent))
	axes := f.Draw(draw.New(canvas), s)
	return Drawing{canvas.Image().(*image.RGBA), axes}
}

// Formats lists the file formats by their extensions.
func Formats() []string { return []string{"png", "svg", "pdf"} }

// fileDPI is the resolution of PNG files.
const fileDPI = 200

// Write writes a figure in one of Formats.
func Write(w io.Writer, f Figure, format string, s Style) error {
	width, height := f.Size()
	var canvas vg.CanvasWriterTo
	switch format {
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(fileDPI), vgimg.UseBackgroundColor(color.Transparent))}
	case "svg":
		canvas = vgsvg.NewWith(vgsvg.UseWH(width, height))
	case "pdf":
		canvas = vgpdf.New(width, height)
	default:
		return fmt.Errorf("unknown format %q for a figure: the known ones are %s", format, strings.Join(Formats(), ", "))
	}
	f.Draw(draw.NewCanvas(canvas, width, height), s)
	if format == "svg" {
		return writeSVG(w, canvas)
	}
	_, err := canvas.WriteTo(w)
	return err
}

// writeSVG writes an SVG that, where its font is missing, falls back to those
// whose letters are as wide.
func writeSVG(w io.Writer, canvas io.WriterTo) error {
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(),
		[]byte("font-family:Liberation Sans;"),
		[]byte("font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;")))
	return err
}

// Save writes a figure to a file, whose extension tells the format.
func Save(path string, f Figure, s Style) error {
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("save figure %s: end the name with .%s", path, strings.Join(Formats(), ", ."))
	}
	if err := atomicfile.Write(path, func(w io.Writer) error { return Write(w, f, format, s) }); err != nil {
		return fmt.Errorf("save figure: %w", err)
	}
	return nil
}

// Axes map a place on a drawing to the data shown there. The zero value is that
// of a figure without axes.
type Axes struct {
	left, right, bottom, top float64 // the data's area, as shares of the drawing from its top left corner
	x, y                     scale
}

type scale struct {
	min, max float64
	norm     plot.Normalizer
}

// At returns the data coordinates at a place given as shares of the drawing's
// width and height from the top left corner; inside is false beside the data.
func (a Axes) At(x, y float64) (dataX, dataY float64, inside bool) {
	if a.right <= a.left || x < a.left || x > a.right || y < a.top || y > a.bottom {
		return 0, 0, false
	}
	return a.x.value((x - a.left) / (a.right - a.left)), a.y.value((a.bottom - y) / (a.bottom - a.top)), true
}

// Place is the reverse of At: where on the drawing a point of the data lies.
func (a Axes) Place(dataX, dataY float64) (x, y float64) {
	return a.left + (a.right-a.left)*a.x.norm.Normalize(a.x.min, a.x.max, dataX),
		a.bottom - (a.bottom-a.top)*a.y.norm.Normalize(a.y.min, a.y.max, dataY)
}

// Upright returns where the data whose horizontal coordinate is dataX lies: how
// far from the left, and from where to where from the top, as shares of the
// drawing; inside is false beside the data.
func (a Axes) Upright(dataX float64) (x, top, bottom float64, inside bool) {
	if a.right <= a.left || !(dataX >= a.x.min && dataX <= a.x.max) {
		return 0, 0, 0, false
	}
	return a.left + (a.right-a.left)*a.x.norm.Normalize(a.x.min, a.x.max, dataX), a.top, a.bottom, true
}

// value undoes the normaliser, which is monotonic, by bisection.
func (s scale) value(share float64) float64 {
	low, high := s.min, s.max
	for range 60 {
		middle := low + (high-low)/2
		if s.norm.Normalize(s.min, s.max, middle) < share {
			low = middle
		} else {
			high = middle
		}
	}
	return low + (high-low)/2
}

// margin keeps text off the edge of the drawing.
const margin = 8

// finish fills the ground, draws a plot with a margin around it, head above it
// left free, and returns its axes.
func (p pen) finish(fig *plot.Plot, c draw.Canvas, head vg.Length) Axes {
	if p.ground != nil {
		c.SetColor(p.ground)
		c.Fill(c.Rectangle.Path())
	}
	inner := draw.Crop(c, margin, -margin, margin, -margin-head)
	fig.Draw(inner)
	area := fig.DataCanvas(inner)
	width, height := float64(c.Max.X-c.Min.X), float64(c.Max.Y-c.Min.Y)
	return Axes{
		left:   float64(area.Min.X-c.Min.X) / width,
		right:  float64(area.Max.X-c.Min.X) / width,
		bottom: float64(c.Max.Y-area.Min.Y) / height,
		top:    float64(c.Max.Y-area.Max.Y) / height,
		x:      scale{fig.X.Min, fig.X.Max, fig.X.Scale},
		y:      scale{fig.Y.Min, fig.Y.Max, fig.Y.Scale},
	}
}

// pen holds the lengths and colours that follow from a style.
type pen struct {
	style            Style
	text, small      font.Length
	line             vg.Length
	ink, faint, grid color.Color
	ground           color.Color // nil for none
}

func (s Style) pen() pen {
	p := pen{
		style: s, text: 13, small: 12, line: 1.8,
		ink: rgb(0x22252b), faint: rgb(0x6b6f78), grid: rgb(0xdedcd6), ground: color.White,
	}
	if s.Presentation {
		p.text, p.small, p.line = 18, 16.5, 3
	}
	if s.Dark {
		p.ink, p.faint, p.grid, p.ground = rgb(0xe9e7e2), rgb(0xa9adb6), rgb(0x3a3e47), rgb(0x1b1d22)
	}
	if s.Transparent {
		p.ground = nil
	}
	return p
}

// Colour returns the colour of the i-th of several things in a figure. The
// colours are told apart by colour-blind people too (Okabe and Ito 2008).
func (s Style) Colour(i int) color.Color {
	colours := []uint32{0x0072b2, 0xd55e00, 0x009e73, 0xaa3f86, 0xb07d00, 0x3a8fc4, 0x555a63}
	if s.Dark {
		colours = []uint32{0x56b4e9, 0xf0803c, 0x2fc79a, 0xe08ac0, 0xe6b422, 0x8ecbf0, 0xb6bac2}
	}
	return rgb(colours[i%len(colours)])
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// mix returns a colour between two, share 0 being the first.
func mix(a, b color.Color, share float64) color.Color {
	r1, g1, b1, a1 := a.RGBA()
	r2, g2, b2, a2 := b.RGBA()
	between := func(x, y uint32) uint16 { return uint16(float64(x)*(1-share) + float64(y)*share) }
	return color.RGBA64{between(r1, r2), between(g1, g2), between(b1, b2), between(a1, a2)}
}

// textStyle returns a sans-serif text.
func (p pen) textStyle(size font.Length, ink color.Color) draw.TextStyle {
	return draw.TextStyle{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: plot.DefaultTextHandler,
	}
}

func (p pen) lineStyle(width vg.Length, ink color.Color) draw.LineStyle {
	return draw.LineStyle{Width: width, Color: ink}
}

// nameShare is how much of a figure's width or height names of classes may take.
const nameShare = 0.28

// shortened takes letters out of the middle of a text until it is at most so wide:
// names that are long often begin or end alike.
func shortened(s draw.TextStyle, text string, width vg.Length) string {
	if s.Width(text) <= width {
		return text
	}
	letters := []rune(text)
	short := func(kept int) string {
		return string(letters[:(kept+1)/2]) + "…" + string(letters[len(letters)-kept/2:])
	}
	tooMany := sort.Search(len(letters), func(kept int) bool { return s.Width(short(kept)) > width })
	return short(max(2, tooMany-1))
}

// mostParts is into how many parts an axis is divided where there is room.
const mostParts = 6

// across and up are into how many parts the axes of a plot on c can be divided
// so that the numbers stand clear of each other.
func (p pen) across(c draw.Canvas) float64 {
	return min(mostParts, max(1, float64(c.Size().X/(5*p.small))))
}

func (p pen) up(c draw.Canvas) float64 {
	around := 5 * p.text // title, numbers and label below
	return min(mostParts, max(1, float64((c.Size().Y-around)/(1.8*p.small))))
}

// plot returns an empty plot for c in the style.
func (p pen) plot(c draw.Canvas, title, x, y string) *plot.Plot {
	fig := plot.New()
	fig.BackgroundColor = color.Transparent // finish fills it
	heading := p.textStyle(p.text+1, p.ink)
	heading.XAlign, heading.YAlign = draw.XCenter, draw.YTop
	fig.Title.Text, fig.Title.TextStyle, fig.Title.Padding = title, heading, 6
	fig.X.Label.Text, fig.Y.Label.Text = x, y
	for _, axis := range []*plot.Axis{&fig.X, &fig.Y} {
		label := p.textStyle(p.text, p.ink)
		label.XAlign, label.YAlign = axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign
		label.Rotation = axis.Label.TextStyle.Rotation
		axis.Label.TextStyle, axis.Label.Padding = label, 3
		tick := p.textStyle(p.small, p.faint)
		tick.XAlign, tick.YAlign = axis.Tick.Label.XAlign, axis.Tick.Label.YAlign
		axis.Tick.Label = tick
		axis.LineStyle = p.lineStyle(0.7, p.faint)
		axis.Tick.LineStyle = p.lineStyle(0.7, p.faint)
		axis.Tick.Length = 4
		axis.Padding = 0
	}
	fig.X.Tick.Marker, fig.Y.Tick.Marker = numberTicks{p.across(c)}, numberTicks{p.up(c)}
	fig.Legend.TextStyle = p.textStyle(p.small, p.ink)
	fig.Legend.ThumbnailWidth = 1.6 * p.text
	fig.Legend.Padding = 2
	fig.Legend.XOffs, fig.Legend.YOffs = -6, -4
	return fig
}
