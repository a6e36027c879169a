package train

import (
	"fmt"
	"image"
	"math"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/look"
	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/explain"
	mlfigures "atelier/ml/figures"
	"atelier/ml/fit"
)

// curveOptions say how the curves are drawn.
type curveOptions struct {
	Smoothing float64
	Log       bool
	ByBatch   bool
}

// lossFigure and accuracyFigure draw a run: training solid, validation dashed,
// the best epoch marked.
func lossFigure(v liveView, o curveOptions) mlfigures.Lines {
	f := curves(v, o, func(p batchPoint) float64 { return p.Loss },
		func(e fit.Epoch) float64 { return e.Loss }, func(e fit.Epoch) float64 { return e.ValLoss })
	f.Title, f.LogY = "Loss", o.Log
	return f
}

func accuracyFigure(v liveView, o curveOptions) mlfigures.Lines {
	f := curves(v, o, func(p batchPoint) float64 { return p.Accuracy },
		func(e fit.Epoch) float64 { return e.Accuracy }, func(e fit.Epoch) float64 { return e.ValAccuracy })
	f.Title, f.Percent = "Accuracy", true
	return f
}

func curves(v liveView, o curveOptions, ofBatch func(batchPoint) float64, ofTraining, ofValidation func(fit.Epoch) float64) mlfigures.Lines {
	f := mlfigures.Lines{X: "Epoch", Smoothing: o.Smoothing}
	batches := float64(max(1, v.Batches))
	train := mlfigures.Series{Name: "Training", Colour: 0, Dots: true}
	if o.ByBatch {
		f.X = "Batch"
		train.Dots = false
		for _, p := range v.Points {
			train.X = append(train.X, float64(p.Step))
			train.Y = append(train.Y, ofBatch(p))
		}
	} else {
		f.Whole = true
	}
	train.Exact = !o.ByBatch // an epoch's figure is a mean already
	val := mlfigures.Series{Name: "Validation", Colour: 1, Dots: true, Exact: true}
	at := func(epoch int) float64 {
		if o.ByBatch {
			return float64(epoch) * batches
		}
		return float64(epoch)
	}
	for _, e := range v.Run.History {
		if !o.ByBatch {
			train.X, train.Y = append(train.X, at(e.Epoch)), append(train.Y, ofTraining(e))
		}
		if e.Validated {
			val.X, val.Y = append(val.X, at(e.Epoch)), append(val.Y, ofValidation(e))
		}
	}
	f.Series = []mlfigures.Series{train}
	if len(val.X) > 0 {
		f.Series = append(f.Series, val)
	}
	if best, ok := v.Run.Best(); ok && len(v.Run.History) > 1 {
		f.Marks = []mlfigures.Mark{{X: at(best.Epoch), Text: fmt.Sprintf("best: %d", best.Epoch)}}
	}
	if epochs := v.Run.Recipe.Epochs; epochs > 0 {
		from := 1.0
		if o.ByBatch {
			from = 0
		}
		if end := at(epochs); end > from {
			f.XRange = [2]float64{from, end}
		}
	}
	return f
}

// readOut is what the curves are worth at x, in words.
func readOut(v liveView, o curveOptions, x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	if o.ByBatch {
		if len(v.Points) == 0 {
			return ""
		}
		nearest := v.Points[0]
		for _, p := range v.Points {
			if math.Abs(float64(p.Step)-x) < math.Abs(float64(nearest.Step)-x) {
				nearest = p
			}
		}
		return fmt.Sprintf("Batch %d: loss %.4f, accuracy %.1f %%", nearest.Step, nearest.Loss, 100*nearest.Accuracy)
	}
	for _, e := range v.Run.History {
		if e.Epoch == int(math.Round(x)) {
			text := fmt.Sprintf("Epoch %d: training loss %.4f, accuracy %.2f %%", e.Epoch, e.Loss, 100*e.Accuracy)
			if e.Validated {
				text += fmt.Sprintf(" · validation loss %.4f, accuracy %.2f %%", e.ValLoss, 100*e.ValAccuracy)
			}
			return text
		}
	}
	return ""
}

// nextReading is where an arrow key leads on the curves: to the next epoch, or on
// by a hundredth of the batches.
func nextReading(v liveView, o curveOptions, x float64, direction int) float64 {
	first, last, step := 1.0, float64(len(v.Run.History)), 1.0
	if o.ByBatch {
		if len(v.Points) == 0 {
			return 0
		}
		first, last = float64(v.Points[0].Step), float64(v.Points[len(v.Points)-1].Step)
		step = math.Ceil((last - first) / 100)
	}
	if math.IsInf(x, 0) { // to an end, not beyond it
		step = 0
	}
	return min(max(math.Round(x)+float64(direction)*step, first), last)
}

// curvesView shows the run that is under way, or the last one: curves, the log,
// what the network makes of some validation pictures and its first filters.
type curvesView struct {
	studio  *studio.Studio
	content fyne.CanvasObject

	view   liveView
	epochs int

	mu      sync.Mutex // the window's thread changes these; draw reads them beside it
	options curveOptions
	hidden  bool

	loss, accuracy *figures.Chart
	readout        *widget.Label
	verdict        *widget.Label
	why            *widget.Label // why the training accuracy is the lower one
	log            *widget.Label // lines that stay as they are
	line           *widget.Label // the line of the epoch under way
	logScroll      *container.Scroll
	samples        *samplesView
	filters        *widgets.Picture
	filtersNote    *widget.Label
	filtersPanel   *widgets.Panel
}

// Settings of the curves.
const (
	keySmoothing = "train.smoothing"
	keyLog       = "train.logAxis"
	keyByBatch   = "train.byBatch"
)

func newCurvesView(s *studio.Studio, save func(mlfigures.Figure, string)) *curvesView {
	v := &curvesView{studio: s, samples: newSamplesView()}
	v.options = curveOptions{
		Smoothing: s.Settings().FloatWithFallback(keySmoothing, 0.6),
		Log:       s.Settings().Bool(keyLog),
		ByBatch:   s.Settings().BoolWithFallback(keyByBatch, true),
	}
	newFigure := func(name string) *figures.Chart {
		f := figures.NewChart(fyne.NewSize(240, 150))
		f.Step = func(x float64, direction int) float64 { return nextReading(v.view, v.options, x, direction) }
		f.Read = func(x float64) bool {
			text := readOut(v.view, v.options, x)
			v.readout.SetText(text)
			return text != ""
		}
		f.OnSave = func(fig mlfigures.Figure) { save(fig, name) }
		return f
	}
	v.loss, v.accuracy = newFigure("loss"), newFigure("accuracy")
	v.readout = widget.NewLabel("")
	v.readout.Truncation = fyne.TextTruncateEllipsis
	v.verdict = widget.NewLabel("")
	v.verdict.Wrapping = fyne.TextWrapWord
	v.why = wrapped(keepAccuracyApart)
	logLabel := func() *widget.Label {
		l := widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
		l.SizeName = look.SizeNameLog
		l.Wrapping = fyne.TextWrapWord
		return l
	}
	v.log, v.line = logLabel(), logLabel()
	v.logScroll = widgets.NewVScroll(container.New(layout.NewCustomPaddedVBoxLayout(-2*theme.InnerPadding()), v.log, v.line))
	v.filters = widgets.NewPicture(96)
	v.filtersNote = widget.NewLabel("")
	v.filtersNote.SizeName = theme.SizeNameCaptionText
	v.filtersNote.Wrapping = fyne.TextWrapWord

	smoothing := widget.NewSlider(0, 0.98)
	smoothing.Step = 0.02
	smoothing.Value = v.options.Smoothing
	smoothing.OnChanged = func(x float64) {
		s.Settings().SetFloat(keySmoothing, x)
		v.change(func() { v.options.Smoothing = x })
	}
	option := func(label, key string, on *bool) *widget.Check {
		c := widget.NewCheck(label, nil)
		c.Checked = *on
		c.OnChanged = func(now bool) {
			s.Settings().SetBool(key, now)
			v.change(func() { *on = now })
		}
		return c
	}
	byBatch, logAxis := option("Every batch", keyByBatch, &v.options.ByBatch), option("Log axis", keyLog, &v.options.Log)
	export := widget.NewButtonWithIcon("Save…", theme.DocumentSaveIcon(), nil)
	export.Importance = widget.LowImportance
	export.OnTapped = func() {
		pick := func(f *figures.Chart, name string) *fyne.MenuItem {
			return fyne.NewMenuItem("Save the "+name+" curve…", func() { save(f.Figure(), name) })
		}
		widgets.PopUpBelow(export, pick(v.loss, "loss"), pick(v.accuracy, "accuracy"))
	}
	tools := widgets.NewBorder(nil, nil,
		container.NewHBox(byBatch, logAxis, widget.NewLabel("Smoothing")), export,
		widgets.NewBorder(nil, nil, container.NewGridWrap(fyne.NewSize(130, smoothing.MinSize().Height), smoothing), nil, v.readout))

	plots := container.NewGridWithColumns(2, v.loss, v.accuracy)
	logPanel := widgets.NewPanel("Log", v.logScroll)
	watch := widgets.NewPanel("Validation pictures", v.samples.content)
	v.filtersPanel = widgets.NewPanel("Filters", widgets.NewBorder(nil, v.filtersNote, nil, nil, atLeast(7, 0, v.filters)))
	right := widgets.NewBorder(nil, nil, nil, v.filtersPanel, watch)
	lower := container.NewHSplit(logPanel, right)
	lower.Offset = 0.54
	body := container.NewVSplit(widgets.NewBorder(tools, widgets.NewTightBox(v.verdict, v.why), nil, nil, plots), lower)
	body.Offset = 0.66
	v.content = body
	v.redraw()
	return v
}

// draw draws the curves of a run beside the window's thread. The returned
// function brings the view in line with the run; call it on that thread.
func (v *curvesView) draw(live liveView) (show func()) {
	v.mu.Lock()
	o, hidden := v.options, v.hidden
	v.mu.Unlock()
	if hidden {
		return func() { v.show(live, nil) }
	}
	loss, accuracy := v.loss.Draw(lossFigure(live, o)), v.accuracy.Draw(accuracyFigure(live, o))
	return func() {
		if o != v.options {
			v.show(live, nil)
			return
		}
		v.show(live, func() { loss(); accuracy() })
	}
}

// show brings the view in line with a run. Curves shows those that are drawn
// already; nil draws them.
func (v *curvesView) show(live liveView, curves func()) {
	v.view = live
	if v.hidden {
		return
	}
	if curves == nil {
		v.redraw()
		return
	}
	curves()
	v.showWords()
}

func (v *curvesView) redraw() {
	v.loss.SetFigure(lossFigure(v.view, v.options))
	v.accuracy.SetFigure(accuracyFigure(v.view, v.options))
	v.showWords()
}

// change changes the options.
func (v *curvesView) change(alter func()) {
	v.mu.Lock()
	alter()
	v.mu.Unlock()
	v.redraw()
}

// showWords shows all but the curves.
func (v *curvesView) showWords() {
	v.showLog()
	if n := len(v.view.Run.History); n != v.epochs || n == 0 {
		v.epochs = n
		v.samples.show(v.view)
		v.showFilters()
	}
	text := "Press Train to see the network learn."
	if v.view.Phase != idle {
		text = verdict(v.view.Run.History)
	}
	if text != v.verdict.Text {
		v.verdict.SetText(text)
	}
	lower := false
	if n := len(v.view.Run.History); n > 0 {
		last := v.view.Run.History[n-1]
		lower = last.Validated && last.Accuracy < last.ValAccuracy
	}
	widgets.SetVisible(v.why, lower)
}

// logLines is how many lines of the log are shown.
const logLines = 200

// logText is the end of a run's log, and the lines of the epoch under way.
func logText(v liveView) (finished, running string) {
	finished = strings.Join(v.Log[max(0, len(v.Log)-logLines):], "\n")
	if v.Line != "" {
		running = fmt.Sprintf("Epoch %d/%d\n%s", max(1, v.Epoch), v.Run.Recipe.Epochs, v.Line)
	}
	return finished, running
}

// showLog changes the long text only when a line is added, since laying it out
// takes time.
func (v *curvesView) showLog() {
	finished, running := logText(v.view)
	grown := finished != v.log.Text || (running != "") != v.line.Visible()
	if running != v.line.Text {
		v.line.SetText(running)
	}
	if grown {
		v.log.SetText(finished)
		widgets.SetVisible(v.line, running != "")
		v.logScroll.ScrollToBottom()
	}
}

// setHidden says whether the view is out of sight, where drawing it would be
// wasted.
func (v *curvesView) setHidden(hidden bool) {
	if v.hidden == hidden {
		return
	}
	v.mu.Lock()
	v.hidden = hidden
	v.mu.Unlock()
	if !hidden {
		v.redraw()
	}
}

func (v *curvesView) showFilters() {
	img, note := filterSheet(v.view)
	if img == nil {
		v.filters.SetImage(nil)
	} else {
		v.filters.SetImage(img)
	}
	v.filtersNote.SetText(note)
	v.filtersPanel.Refresh() // the note may take another number of lines
}

// filterSheet draws the windows of the first convolution side by side: white is
// what a filter looks for, black what it looks against.
func filterSheet(live liveView) (*image.RGBA, string) {
	if live.Weights == nil {
		return nil, "Shown after the first epoch"
	}
	filters, err := explain.Filters(live.Run.Network, live.Weights)
	if err != nil || len(filters) == 0 {
		return nil, "There is no convolution"
	}
	pictures := make([]*image.Gray, len(filters))
	for i, f := range filters {
		pictures[i] = f.Image()
	}
	side := pictures[0].Rect.Size()
	columns := int(math.Ceil(math.Sqrt(float64(len(pictures)))))
	return widgets.Sheet(pictures, columns), fmt.Sprintf("The %d of the first layer, %d×%d", len(filters), side.Y, side.X)
}
