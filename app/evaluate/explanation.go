package evaluate

import (
	"context"
	"fmt"
	"image"
	"math"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/explain"
	"atelier/ml/metrics"
)

// subject is a picture of the open dataset.
type subject struct {
	Test  bool
	Index int
}

func (s subject) set(d *dataset.Data) *dataset.Set {
	if s.Test {
		return d.Test
	}
	return d.Train
}

func (s subject) String() string {
	if s.Test {
		return fmt.Sprintf("Test picture %d", s.Index)
	}
	return fmt.Sprintf("Training picture %d", s.Index)
}

// explanation is what a model makes of one picture.
type explanation struct {
	Subject  subject
	Model    *studio.Model
	Data     *dataset.Data
	Row      []float32 // the probability of each class
	Features []float32
	// Heat is the picture with the places that spoke for each class; nil, with
	// NoHeat telling why, when the network has no convolution.
	Heat   []image.Image
	NoHeat string
	Layers []explainedLayer
	// Filters is nil when the network has no convolution.
	Filters *image.RGBA
}

// explainedLayer is a layer's answer as pictures.
type explainedLayer struct {
	Title   string
	Sheet   *image.RGBA
	Columns int  // maps in a row of the sheet
	Wide    bool // a vector: one row of many numbers
}

// sheetLimit is how many channels of a layer are shown.
const sheetLimit = 64

// explainPicture asks a model how it comes to its answer.
func explainPicture(ctx context.Context, m *studio.Model, d *dataset.Data, s subject) (*explanation, error) {
	set := s.set(d)
	if s.Index < 0 || s.Index >= set.Len() {
		return nil, fmt.Errorf("there is no picture %d: choose one from 0 to %d", s.Index, set.Len()-1)
	}
	p, err := engine.NewPredictor(m.Network, m.Weights, engine.Options{MaxBatch: 1})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	x := make([]float32, set.H*set.W)
	dataset.Normalise(x, set.Image(s.Index))
	e := &explanation{
		Subject: s, Model: m, Data: d,
		Row: make([]float32, len(d.Classes)), Features: make([]float32, p.FeatureSize()),
	}
	if err := p.PredictFeatures(x, 1, e.Row, e.Features); err != nil {
		return nil, err
	}
	metrics.ApplyTemperature(e.Row, m.Temperature)

	picture := widgets.GrayImage(set.Image(s.Index), set.W)
	for class := range d.Classes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		heat, err := explain.GradCAM(p, m.Network, x, class)
		if err != nil {
			e.Heat, e.NoHeat = nil, widgets.Sentence(err.Error())
			break
		}
		e.Heat = append(e.Heat, heat.Overlay(picture))
	}
	layers, err := explain.Activations(p, x)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		images := l.Images()
		title := fmt.Sprintf("%s · %s", l.Name, l.Shape)
		if silent := l.Silent(); silent > 0 {
			title += fmt.Sprintf(" · %.0f %% silent", 100*silent)
		}
		if len(images) > sheetLimit {
			title += fmt.Sprintf(" · the first %d", sheetLimit)
			images = images[:sheetLimit]
		}
		e.Layers = append(e.Layers, explainedLayer{
			Title: title, Sheet: widgets.Sheet(images, sheetColumns),
			Columns: min(sheetColumns, len(images)), Wide: l.Shape.IsVector(),
		})
	}
	if filters, err := explain.Filters(m.Network, m.Weights); err == nil {
		images := make([]*image.Gray, len(filters))
		for i, f := range filters {
			images[i] = f.Image()
		}
		e.Filters = widgets.Sheet(images, int(math.Ceil(math.Sqrt(float64(len(images))))))
	}
	return e, nil
}

// sheetColumns is how many maps stand side by side.
const sheetColumns = 16

// words says what the model answers and what the truth is.
func (e *explanation) words() string {
	best := metrics.Argmax(e.Row)
	label := e.Subject.set(e.Data).Label(e.Subject.Index)
	text := fmt.Sprintf("%s is a picture of %s. %s takes it for %s with %.1f %%.",
		e.Subject, e.Data.Classes[label], e.Model.Name, e.Data.Classes[best], 100*e.Row[best])
	if best != label {
		text += fmt.Sprintf(" It gives %s %.1f %%.", e.Data.Classes[label], 100*e.Row[label])
	}
	return text
}
