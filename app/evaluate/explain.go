package evaluate

import (
	"context"
	"fmt"
	"image"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/explain"
	"atelier/ml/metrics"
)

// neighbourCount is how many alike training pictures are shown.
const neighbourCount = 24

// explainView shows how the model comes to its answer to one picture.
type explainView struct {
	tab  *Tab
	item *container.TabItem

	index   *widget.Entry
	test    *widget.Check
	words   *widget.Label
	picture *widgets.Picture
	heat    *widgets.Picture
	class   *widget.Select
	note    *widget.Label
	filters *widgets.Picture
	layers  *fyne.Container
	nearest *widgets.PictureGrid
	find    *widget.Button
	alike   *widget.Label

	current    subject
	shown      *explanation
	neighbours []explain.Neighbour
	// known is the index of the training pictures of one model and dataset.
	known     *explain.Index
	knownFrom *studio.Model
	knownData *dataset.Data
}

func newExplainView(t *Tab) *explainView {
	v := &explainView{tab: t, current: subject{Test: true}}
	v.index = widget.NewEntry()
	v.index.SetText("0")
	v.index.OnSubmitted = func(string) { v.start() }
	v.test = widget.NewCheck("Test pictures", nil)
	v.test.Checked = true
	step := func(by int) func() {
		return func() { v.explain(subject{v.test.Checked, v.current.Index + by}) }
	}
	back := widget.NewButtonWithIcon("", theme.NavigateBackIcon(), step(-1))
	next := widget.NewButtonWithIcon("", theme.NavigateNextIcon(), step(1))
	show := widget.NewButtonWithIcon("Explain", theme.QuestionIcon(), v.start)
	show.Importance = widget.HighImportance
	tools := container.NewHBox(container.NewCenter(widget.NewLabel("Picture number")),
		container.NewGridWrap(fyne.NewSize(90, v.index.MinSize().Height), v.index), v.test, show, back, next)

	v.words = wrapped("Choose a picture here, or press Explain below any picture of this tab, to see how the network comes to its answer.")
	v.picture, v.heat = widgets.NewPicture(150), widgets.NewPicture(150)
	v.class = widget.NewSelect(nil, func(string) { v.showHeat() })
	v.note = wrapped("")
	v.filters = widgets.NewPicture(150)
	v.layers = container.NewVBox()
	v.nearest = widgets.NewPictureGrid(52, v.drawNeighbour)
	v.nearest.OnCurrent = v.chooseNeighbour
	v.find = widget.NewButtonWithIcon("Find them", theme.SearchIcon(), v.findNearest)
	v.alike = wrapped("")

	left := widgets.NewVScroll(container.NewVBox(
		widgets.NewPanel("The picture", v.picture),
		widgets.NewPanel("What spoke for", container.NewVBox(v.class, v.heat, v.note)),
		widgets.NewPanel("First filters", v.filters),
	))
	alike := widgets.NewPanel("Training pictures that look most alike to the network",
		widgets.NewBorder(nil, v.alike, nil, nil, v.nearest), v.find)
	right := container.NewVSplit(widgets.NewPanel("What each layer answers", widgets.NewVScroll(v.layers)), alike)
	right.Offset = 0.68
	split := container.NewHSplit(left, right)
	split.Offset = 0.24
	v.item = widgets.NewTab("Explain", theme.QuestionIcon(), widgets.NewBorder(container.NewVBox(tools, v.words), nil, nil, nil, split))

	studio.Handle(t.studio, studio.Evaluate, func(r studio.ExplainSample) {
		t.sections.Select(v.item)
		v.explain(subject{r.Test, r.Index})
	})
	v.clear()
	return v
}

func (v *explainView) start() {
	i, err := strconv.Atoi(strings.TrimSpace(v.index.Text))
	if err != nil {
		v.words.SetText("The picture number must be a whole number, such as 0.")
		return
	}
	v.explain(subject{v.test.Checked, i})
}

// show clears what is about another model or dataset; the explanation does not
// need a verdict.
func (v *explainView) show(*verdict) {
	if v.shown != nil && v.shown.Data != v.tab.studio.Data() {
		v.clear()
	}
}

func (v *explainView) clear() {
	v.shown, v.neighbours = nil, nil
	v.picture.SetImage(nil)
	v.heat.SetImage(nil)
	v.filters.SetImage(nil)
	v.layers.RemoveAll()
	v.nearest.SetContent(0, 1, 1)
	widgets.SetEnabled(v.find, false)
	widgets.SetEnabled(v.class, false)
}

// explain explains a picture in the background.
func (v *explainView) explain(s subject) {
	if err := v.tab.studio.ModelFits(); err != nil {
		v.words.SetText(widgets.Sentence(err.Error()))
		return
	}
	m, d := v.tab.studio.Model(), v.tab.studio.Data()
	s.Index = max(0, min(s.Index, s.set(d).Len()-1))
	v.current = s
	v.index.SetText(strconv.Itoa(s.Index))
	v.test.SetChecked(s.Test)
	v.tab.studio.Go("evaluate.explain", "Explaining a picture", func(ctx context.Context, _ func(int64, int64)) error {
		e, err := explainPicture(ctx, m, d, s)
		if err != nil {
			return err
		}
		v.tab.studio.Do(func() {
			if s == v.current && d == v.tab.studio.Data() {
				v.present(e)
			}
		})
		return nil
	})
}

func (v *explainView) present(e *explanation) {
	v.shown = e
	set := e.Subject.set(e.Data)
	v.words.SetText(e.words())
	v.picture.SetImage(widgets.GrayImage(set.Image(e.Subject.Index), set.W))
	v.filters.SetImage(nil)
	if e.Filters != nil {
		v.filters.SetImage(e.Filters)
	}
	best := metrics.Argmax(e.Row)
	names := make([]string, len(e.Data.Classes))
	for c, name := range e.Data.Classes {
		names[c] = fmt.Sprintf("%s (%.1f %%)", name, 100*e.Row[c])
	}
	v.class.Options = names
	v.class.SetSelectedIndex(best)
	widgets.SetEnabled(v.class, e.Heat != nil)
	v.showHeat()
	v.layers.RemoveAll()
	for _, l := range e.Layers {
		if l.Sheet == nil {
			continue
		}
		title := widget.NewLabel(l.Title)
		title.SizeName = theme.SizeNameCaptionText
		v.layers.Add(title)
		v.layers.Add(layerImage(l))
	}
	widgets.SetEnabled(v.find, true)
	v.showNeighbours()
}

// layerImage shows a layer's maps enlarged, or a vector as a strip.
func layerImage(l explainedLayer) fyne.CanvasObject {
	img := canvas.NewImageFromImage(l.Sheet)
	img.ScaleMode = canvas.ImageScalePixels
	if l.Wide {
		img.FillMode = canvas.ImageFillStretch
		img.SetMinSize(fyne.NewSize(200, 18))
		return img
	}
	img.FillMode = canvas.ImageFillContain
	const cell = 36 // the side of a map in the window
	size := l.Sheet.Rect.Size()
	width := cell * float32(l.Columns)
	img.SetMinSize(fyne.NewSize(width, width*float32(size.Y)/float32(size.X)))
	return container.NewHBox(img)
}

func (v *explainView) showHeat() {
	e := v.shown
	if e == nil {
		return
	}
	if e.Heat == nil {
		v.heat.SetImage(nil)
		v.note.SetText(e.NoHeat)
		return
	}
	if i := v.class.SelectedIndex(); i >= 0 && i < len(e.Heat) {
		v.heat.SetImage(e.Heat[i])
		v.note.SetText("Bright places spoke for it (Grad-CAM on the last convolution).")
	}
}

// findNearest looks for training pictures that the network finds alike. The
// features of all of them are computed once for a model.
func (v *explainView) findNearest() {
	e := v.shown
	if e == nil {
		return
	}
	known := v.known
	if v.knownFrom != e.Model || v.knownData != e.Data {
		known = nil
	}
	v.tab.studio.Go("evaluate.nearest", "Looking at all training pictures", func(ctx context.Context, progress func(int64, int64)) error {
		if known == nil {
			p, err := engine.NewPredictor(e.Model.Network, e.Model.Weights, engine.Options{Background: true})
			if err != nil {
				return err
			}
			defer p.Close()
			known, err = explain.NewIndex(ctx, p, e.Data.Train, func(done, total int) { progress(int64(done), int64(total)) })
			if err != nil {
				return err
			}
		}
		v.tab.studio.Do(func() {
			v.known, v.knownFrom, v.knownData = known, e.Model, e.Data
			v.showNeighbours()
		})
		return nil
	})
}

// showNeighbours shows the alike pictures once the features are known.
func (v *explainView) showNeighbours() {
	e := v.shown
	v.neighbours = nil
	if e != nil && v.known != nil && v.knownFrom == e.Model && v.knownData == e.Data {
		found, err := v.known.Nearest(e.Features, neighbourCount+1)
		if err != nil {
			v.alike.SetText(widgets.Sentence(err.Error()))
		}
		for _, n := range found {
			if (e.Subject.Test || n.Picture != e.Subject.Index) && len(v.neighbours) < neighbourCount {
				v.neighbours = append(v.neighbours, n)
			}
		}
	}
	if len(v.neighbours) == 0 {
		v.nearest.SetContent(0, 1, 1)
		v.alike.SetText("Compares the numbers from which the last layer decides.")
		return
	}
	train := e.Data.Train
	v.nearest.SetContent(len(v.neighbours), train.W, train.H)
	counts := map[string]int{}
	most := ""
	for _, n := range v.neighbours {
		name := e.Data.Classes[train.Label(n.Picture)]
		counts[name]++
		if counts[name] > counts[most] {
			most = name
		}
	}
	v.alike.SetText(fmt.Sprintf("%d of these %d are labelled %s.", counts[most], len(v.neighbours), most))
}

func (v *explainView) drawNeighbour(i int, dst *image.RGBA) {
	if v.shown != nil && i < len(v.neighbours) {
		widgets.GrayRGBA(dst, v.shown.Data.Train.Image(v.neighbours[i].Picture))
	}
}

func (v *explainView) chooseNeighbour(i int) {
	if v.shown == nil || i < 0 || i >= len(v.neighbours) {
		return
	}
	n := v.neighbours[i]
	v.alike.SetText(fmt.Sprintf("Training picture %d, labelled %s, %.0f %% alike.",
		n.Picture, v.shown.Data.Classes[v.shown.Data.Train.Label(n.Picture)], 100*n.Similarity))
}
