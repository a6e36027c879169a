// Package figures puts the figures of ml/figures into the window: drawn off its
// thread, read off by pointer and keys, and saved to files.
package figures

import (
	"image"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/figures"
)

// View shows a figure and offers to save it with the right mouse button.
type View struct {
	widget.BaseWidget

	// OnTapped is called with the data coordinates of a click.
	OnTapped func(x, y float64)
	// OnSave is asked to save the figure; nil offers nothing.
	OnSave func(f figures.Figure)

	rendered *widgets.Rendered

	mu     sync.Mutex
	figure figures.Figure
	axes   figures.Axes
}

// NewView returns an empty view of at least size min.
func NewView(min fyne.Size) *View {
	v := &View{}
	v.setUp(min)
	v.ExtendBaseWidget(v)
	return v
}

func (v *View) setUp(min fyne.Size) {
	v.rendered = widgets.NewRendered(min, v.render)
	v.rendered.OnTapped = func(x, y float32) {
		if dx, dy, inside := v.at(float64(x), float64(y)); inside && v.OnTapped != nil {
			v.OnTapped(dx, dy)
		}
	}
	v.rendered.OnSecondaryTapped = func(e *fyne.PointEvent) {
		if f := v.Figure(); f != nil && v.OnSave != nil {
			menu := fyne.NewMenu("", fyne.NewMenuItem("Save this figure…", func() { v.OnSave(f) }))
			if c := fyne.CurrentApp().Driver().CanvasForObject(v.rendered); c != nil {
				widget.ShowPopUpMenuAtPosition(menu, c, e.AbsolutePosition)
			}
		}
	}
}

// SetFigure replaces the figure; nil shows nothing. Call it on the window's thread.
func (v *View) SetFigure(f figures.Figure) {
	v.mu.Lock()
	v.figure = f
	v.mu.Unlock()
	v.rendered.Redraw()
}

// Draw draws another figure on the calling goroutine. The returned function shows
// it; call that on the window's thread.
func (v *View) Draw(f figures.Figure) (show func()) {
	var axes figures.Axes
	picture := v.rendered.Draw(func(frame widgets.Frame) image.Image {
		d := draw(f, frame)
		axes = d.Axes
		return d.Image
	})
	return func() {
		v.mu.Lock()
		v.figure, v.axes = f, axes
		v.mu.Unlock()
		picture()
	}
}

// Figure returns what is shown, or nil.
func (v *View) Figure() figures.Figure {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.figure
}

// Wait returns when the figure is drawn; see [widgets.Rendered.Wait].
func (v *View) Wait() { v.rendered.Wait() }

func (v *View) render(f widgets.Frame) image.Image {
	figure := v.Figure()
	if figure == nil {
		return nil
	}
	d := draw(figure, f)
	v.mu.Lock()
	v.axes = d.Axes
	v.mu.Unlock()
	return d.Image
}

func draw(figure figures.Figure, f widgets.Frame) figures.Drawing {
	return figures.Render(figure, f.Width, f.Height, f.Scale, figures.Style{
		Dark: f.Dark, Presentation: f.Presentation, Transparent: true,
	})
}

func (v *View) at(x, y float64) (dataX, dataY float64, inside bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.axes.At(x, y)
}

// CreateRenderer implements fyne.Widget.
func (v *View) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(v.rendered) }

// AskToSave asks for a file and saves a figure to it, in paper's colours; the
// name's extension chooses the format. The user is told of the outcome.
func AskToSave(s *studio.Studio, w fyne.Window, f figures.Figure, name string) {
	const doing = "Saving the figure"
	var extensions []string
	for _, format := range figures.Formats() {
		extensions = append(extensions, "."+format)
	}
	widgets.AskToSave(w, "Save the figure as PNG, SVG or PDF", name, extensions, func(path string) {
		go func() {
			if err := figures.Save(path, f, figures.Style{}); err != nil {
				s.Report(doing, err)
				return
			}
			s.Notify("Saved %s", path)
		}()
	}, func(err error) { s.Report(doing, err) })
}
