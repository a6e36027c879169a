package classify

import (
	"context"
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/image/draw"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/explain"
	"atelier/ml/recognise"
	"atelier/ml/vision"
)

const (
	neighbourCount = 8
	heatSide       = 120
	jobIndex       = "classify.index"
)

// whyView shows where in the picture the model saw what speaks for a class, and
// which training pictures it finds most alike.
type whyView struct {
	tab    *Tab
	item   *container.TabItem
	heat   *widgets.Picture
	words  *widget.Label
	alike  *fyne.Container
	found  *fyne.Container // the title of the pictures alike
	find   *widget.Button
	browse *widget.Button

	queue latest[whyQuestion]
	last  whyQuestion
	index *alikeIndex
	shown []explain.Neighbour

	// Only the queue's goroutine uses these.
	predictor *engine.Predictor
	of        *studio.Model
}

// alikeIndex is the index of the training pictures for one model and dataset.
type alikeIndex struct {
	model *studio.Model
	data  *dataset.Data
	index *explain.Index
}

// whyQuestion asks why a model gives a class to a prepared picture.
type whyQuestion struct {
	model  *studio.Model
	answer recognise.Answer
	class  int
	index  *alikeIndex // nil while there is none for the model
}

// why is the answer.
type why struct {
	heat       image.Image
	neighbours []explain.Neighbour
	err        error
}

func newWhyView(t *Tab) *whyView {
	v := &whyView{tab: t, heat: widgets.NewPicture(heatSide), alike: container.NewHBox(newStepView("", nil))}
	v.queue.work = v.explain
	v.words = widget.NewLabel("")
	v.words.Wrapping = fyne.TextWrapWord
	v.words.SizeName = theme.SizeNameCaptionText
	v.find = widget.NewButtonWithIcon("Find training pictures alike", theme.SearchIcon(), v.makeIndex)
	v.browse = widget.NewButtonWithIcon("Show in Browse", theme.GridIcon(), func() {
		r := studio.ShowSamples{Title: "Most alike to " + t.subject.name}
		for _, n := range v.shown {
			r.Indices = append(r.Indices, n.Picture)
		}
		t.studio.Send(r)
	})
	v.browse.Importance = widget.LowImportance
	row := container.NewHScroll(v.alike)
	row.SetMinSize(fyne.NewSize(0, v.alike.MinSize().Height))
	v.found = widgets.NewBorder(nil, nil, nil, v.browse, caption("Training pictures that look most alike to the network"))
	right := container.NewVBox(v.words, container.NewStack(v.find, v.found), row)
	v.item = widgets.NewTab("Why", nil, widgets.NewBorder(nil, nil, container.NewVBox(v.heat), nil, right))
	v.update(why{})
	return v
}

// consider explains a complete answer, when one looks at explanations.
func (v *whyView) consider(r reply) {
	if !r.final || r.err != nil || len(r.answers) == 0 {
		return
	}
	v.last = whyQuestion{model: r.models[0], answer: r.answers[0], class: r.answers[0].Class}
	v.ask()
}

// clear shows that there is nothing to explain.
func (v *whyView) clear() {
	v.last = whyQuestion{}
	v.update(why{})
}

// speaksFor explains another class of the same answer.
func (v *whyView) speaksFor(class int) {
	v.last.class = class
	v.ask()
}

func (v *whyView) visible() bool { return v.tab.answer.below.Selected() == v.item }

func (v *whyView) ask() {
	if v.last.model == nil || !v.visible() {
		return
	}
	q := v.last
	if v.indexFits(q.model) {
		q.index = v.index
	}
	v.queue.put(q)
}

func (v *whyView) indexFits(m *studio.Model) bool {
	return v.index != nil && v.index.model == m && v.index.data == v.tab.studio.Data()
}

// explain runs on the queue's goroutine.
func (v *whyView) explain(q whyQuestion) {
	w := v.compute(q)
	shown := make(chan struct{})
	v.tab.studio.Do(func() {
		defer close(shown)
		if q.model == v.last.model && q.answer.Pixels == v.last.answer.Pixels && q.class == v.last.class {
			v.update(w)
		}
	})
	<-shown
}

func (v *whyView) compute(q whyQuestion) (w why) {
	if v.of != q.model {
		if v.predictor != nil {
			v.predictor.Close()
			v.predictor, v.of = nil, nil
		}
		p, err := engine.NewPredictor(q.model.Network, q.model.Weights, engine.Options{MaxBatch: 1, Threads: 1})
		if err != nil {
			return why{err: err}
		}
		v.predictor, v.of = p, q.model
	}
	x := make([]float32, vision.Side*vision.Side)
	dataset.Normalise(x, q.answer.Pixels[:])
	if q.index != nil {
		features := make([]float32, v.predictor.FeatureSize())
		probs := make([]float32, v.predictor.Classes())
		if w.err = v.predictor.PredictFeatures(x, 1, probs, features); w.err != nil {
			return w
		}
		if w.neighbours, w.err = q.index.index.Nearest(features, neighbourCount); w.err != nil {
			return w
		}
	}
	heat, err := explain.GradCAM(v.predictor, q.model.Network, x, q.class)
	if err != nil {
		w.err = err
		return w
	}
	large := image.NewGray(image.Rect(0, 0, 5*vision.Side, 5*vision.Side))
	draw.NearestNeighbor.Scale(large, large.Rect, q.answer.Pixels.Image(), image.Rect(0, 0, vision.Side, vision.Side), draw.Src, nil)
	w.heat = heat.Overlay(large)
	return w
}

// update shows an explanation.
func (v *whyView) update(w why) {
	v.shown = w.neighbours
	v.heat.SetImage(w.heat)
	q := v.last
	switch {
	case w.err != nil:
		v.words.SetText(widgets.Sentence(w.err.Error()))
	case q.model == nil:
		v.words.SetText("Bright places speak for the class. Choose a bar above to see the places for another class.")
	default:
		v.words.SetText(fmt.Sprintf("Bright places speak for “%s” (Grad-CAM). Choose a bar above to see the places for another class.", q.model.Classes[q.class]))
	}
	data := v.tab.studio.Data()
	ready := q.model != nil && v.indexFits(q.model)
	widgets.SetVisible(v.find, !ready)
	widgets.SetVisible(v.found, ready)
	widgets.SetEnabled(v.find, q.model != nil && data != nil)
	widgets.SetVisible(v.browse, len(v.shown) > 0 && studio.Handles[studio.ShowSamples](v.tab.studio))
	v.alike.Objects = v.alike.Objects[:1]
	v.alike.Objects[0].Hide()
	for _, n := range v.shown {
		img := widgets.GrayImage(data.Train.Image(n.Picture), data.Train.W)
		v.alike.Add(newStepView(data.Classes[data.Train.Label(n.Picture)], img))
	}
	v.alike.Refresh()
}

// makeIndex lets the model look at all training pictures.
func (v *whyView) makeIndex() {
	m, data := v.last.model, v.tab.studio.Data()
	if m == nil || data == nil {
		return
	}
	v.find.Disable()
	v.tab.studio.Go(jobIndex, "Looking at all training pictures", func(ctx context.Context, progress func(current, total int64)) error {
		defer v.tab.studio.Do(v.find.Enable)
		p, err := engine.NewPredictor(m.Network, m.Weights, engine.Options{})
		if err != nil {
			return err
		}
		defer p.Close()
		index, err := explain.NewIndex(ctx, p, data.Train, func(done, total int) { progress(int64(done), int64(total)) })
		if err != nil {
			return err
		}
		v.tab.studio.Do(func() {
			v.index = &alikeIndex{m, data, index}
			v.ask()
		})
		return nil
	})
}
