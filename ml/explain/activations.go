package explain

import (
	"image"
	"math"
	"slices"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Layer is what one layer answered to one picture.
type Layer struct {
	Name  string
	Kind  string
	Shape nn.Shape
	Data  []float32 // H·W·C, or C for a vector
}

// Activations returns every layer's answer to the picture x (H·W·C numbers, as
// dataset.Normalise makes them), in the network's order.
func Activations(p *engine.Predictor, x []float32) ([]Layer, error) {
	all, err := p.Activations(x, 1)
	if err != nil {
		return nil, err
	}
	layers := make([]Layer, len(all))
	for i, a := range all {
		layers[i] = Layer{Name: a.Layer, Kind: a.Kind, Shape: a.Shape, Data: a.Data}
	}
	return layers, nil
}

// Channel returns the map of one channel, H·W numbers in rows; nil for a vector.
func (l Layer) Channel(c int) []float32 {
	if l.Shape.IsVector() {
		return nil
	}
	m := make([]float32, 0, l.Shape.H*l.Shape.W)
	for i := c; i < len(l.Data); i += l.Shape.C {
		m = append(m, l.Data[i])
	}
	return m
}

// Images returns one grey picture a channel, or one picture of a row for a
// vector. All share one scale, black for the layer's smallest number and white
// for its largest, so that channels can be compared.
func (l Layer) Images() []*image.Gray {
	low, high := bounds(l.Data)
	if l.Shape.IsVector() {
		return []*image.Gray{grey(l.Data, l.Shape.C, 1, low, high)}
	}
	images := make([]*image.Gray, l.Shape.C)
	for c := range images {
		images[c] = grey(l.Channel(c), l.Shape.W, l.Shape.H, low, high)
	}
	return images
}

// Silent returns the share of channels (or units) that answer zero or less
// everywhere: after ReLU, those that say nothing about this picture.
func (l Layer) Silent() float64 {
	silent := 0
	for c := range l.Shape.C {
		quiet := true
		for i := c; i < len(l.Data) && quiet; i += l.Shape.C {
			quiet = l.Data[i] <= 0
		}
		if quiet {
			silent++
		}
	}
	return float64(silent) / float64(l.Shape.C)
}

func bounds(data []float32) (low, high float32) {
	if len(data) == 0 {
		return 0, 0
	}
	return slices.Min(data), slices.Max(data)
}

// grey draws numbers between low and high.
func grey(data []float32, w, h int, low, high float32) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i, v := range data {
		if high > low {
			img.Pix[i] = uint8(math.Round(255 * float64((v-low)/(high-low))))
		}
	}
	return img
}
