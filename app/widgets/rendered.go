package widgets

import (
	"image"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"atelier/app/look"
)

// Frame is what a picture is rendered for.
type Frame struct {
	// Width and Height are in pixels of the screen.
	Width, Height int
	// Scale is how many pixels make one unit of length in the window: 1 on
	// an ordinary screen, 2 on a fine one.
	Scale float64
	// Dark means that the theme is dark.
	Dark bool
	// Presentation asks for larger text and thicker lines.
	Presentation bool
}

// Rendered shows a picture that takes longer than a frame to draw, such as a
// figure. It renders off the window's thread at the pixels of the screen, and
// again when its size, the theme or what it shows changes.
type Rendered struct {
	widget.BaseWidget

	// OnTapped is called with a position within the picture, each coordinate
	// from 0 to 1.
	OnTapped func(x, y float32)
	// OnSecondaryTapped is called for the right mouse button.
	OnSecondaryTapped func(*fyne.PointEvent)

	min  fyne.Size
	view *canvas.Image

	mu      sync.Mutex
	idle    *sync.Cond
	render  func(Frame) image.Image
	frame   Frame
	version int
	drawn   int
	busy    bool
}

// NewRendered returns a widget of at least size min. Render runs on a
// goroutine, once at a time, and must not touch widgets; nil shows nothing.
func NewRendered(min fyne.Size, render func(Frame) image.Image) *Rendered {
	r := &Rendered{min: min, render: render, view: &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleFastest}}
	r.idle = sync.NewCond(&r.mu)
	r.ExtendBaseWidget(r)
	return r
}

// SetRender shows another picture. Call it on the window's thread.
func (r *Rendered) SetRender(render func(Frame) image.Image) {
	r.mu.Lock()
	r.render = render
	r.mu.Unlock()
	r.Redraw()
}

// Redraw renders again, because what render draws has changed. Call it on the
// window's thread.
func (r *Rendered) Redraw() {
	size := r.Size()
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(r); c != nil {
		scale = c.Scale()
	}
	f := Frame{
		Width:        int(size.Width*scale + 0.5),
		Height:       int(size.Height*scale + 0.5),
		Scale:        float64(scale),
		Dark:         look.IsDark(),
		Presentation: look.IsPresentation(),
	}
	_, threaded := fyne.CurrentApp().Driver().(desktop.Driver)
	r.mu.Lock()
	r.frame = f
	render := r.render
	if threaded {
		r.version++
		if !r.busy {
			r.busy = true
			go r.run()
		}
	}
	r.mu.Unlock()
	if !threaded { // the driver of tests has no thread of its own to come back to
		r.show(renderFrame(render, f))
	}
}

// Draw renders, at the widget's present size, on the calling goroutine. The
// returned function shows the picture; call it on the window's thread, when what
// the widget's own render draws has become the same.
func (r *Rendered) Draw(render func(Frame) image.Image) (show func()) {
	r.mu.Lock()
	f := r.frame
	r.mu.Unlock()
	img := renderFrame(render, f)
	return func() {
		r.mu.Lock()
		late := f != r.frame || r.busy // and would be replaced by what is being rendered
		r.mu.Unlock()
		if late {
			r.Redraw()
			return
		}
		r.show(img)
	}
}

func renderFrame(render func(Frame) image.Image, f Frame) *image.RGBA {
	if render == nil || f.Width <= 0 || f.Height <= 0 {
		return nil
	}
	return toRGBA(render(f))
}

func (r *Rendered) show(img *image.RGBA) {
	r.view.Image = nil
	if img != nil {
		r.view.Image = img
	}
	r.view.Refresh()
}

// run renders until the picture is that of the latest request.
func (r *Rendered) run() {
	for {
		r.mu.Lock()
		if r.drawn == r.version {
			r.busy = false
			r.idle.Broadcast()
			r.mu.Unlock()
			return
		}
		version, f, render := r.version, r.frame, r.render
		r.mu.Unlock()

		img := renderFrame(render, f)
		fyne.DoAndWait(func() { r.show(img) })
		r.mu.Lock()
		r.drawn = version
		r.mu.Unlock()
	}
}

// Wait returns when the picture shown is that of the latest request. Never
// call it on the window's thread; it is for tests and for screenshots.
func (r *Rendered) Wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.busy {
		r.idle.Wait()
	}
}

// Resize implements fyne.CanvasObject.
func (r *Rendered) Resize(size fyne.Size) {
	changed := size != r.Size()
	r.BaseWidget.Resize(size)
	if changed {
		r.Redraw()
	}
}

// Tapped implements fyne.Tappable.
func (r *Rendered) Tapped(e *fyne.PointEvent) {
	if size := r.Size(); r.OnTapped != nil && size.Width > 0 && size.Height > 0 {
		r.OnTapped(e.Position.X/size.Width, e.Position.Y/size.Height)
	}
}

// TappedSecondary implements fyne.SecondaryTappable.
func (r *Rendered) TappedSecondary(e *fyne.PointEvent) {
	if r.OnSecondaryTapped != nil {
		r.OnSecondaryTapped(e)
	}
}

// CreateRenderer implements fyne.Widget.
func (r *Rendered) CreateRenderer() fyne.WidgetRenderer {
	return &renderedRenderer{r: r, dark: look.IsDark(), presentation: look.IsPresentation()}
}

type renderedRenderer struct {
	r                  *Rendered
	dark, presentation bool
}

func (x *renderedRenderer) Layout(size fyne.Size) { x.r.view.Resize(size) }

func (x *renderedRenderer) MinSize() fyne.Size { return x.r.min }

// Refresh is what Fyne calls when the theme changes.
func (x *renderedRenderer) Refresh() {
	dark, presentation := look.IsDark(), look.IsPresentation()
	if dark != x.dark || presentation != x.presentation {
		x.dark, x.presentation = dark, presentation
		x.r.Redraw()
	}
	x.r.view.Refresh()
}

func (x *renderedRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{x.r.view} }

func (x *renderedRenderer) Destroy() {}
