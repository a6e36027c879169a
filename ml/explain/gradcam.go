package explain

import (
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/draw"
	"gonum.org/v1/plot/palette/moreland"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Heat says how much each place of a picture spoke for a class.
type Heat struct {
	Layer  string // the convolution that it is taken from
	H, W   int
	Values []float32 // H·W in rows, from 0 to 1; all zero when nothing spoke for the class
}

// GradCAM explains the score of a class by the maps of the network's last
// convolution (Selvaraju et al. 2017, arXiv 1610.02391): the maps are weighted
// by the mean of their gradients and summed, and what speaks against the class
// is left out.
func GradCAM(p *engine.Predictor, net nn.Network, x []float32, class int) (Heat, error) {
	layer, err := lastConvolution(net)
	if err != nil {
		return Heat{}, err
	}
	maps, gradient, err := p.GradientTo(layer, x, class)
	if err != nil {
		return Heat{}, err
	}
	h := Heat{Layer: layer, H: maps.Shape.H, W: maps.Shape.W, Values: make([]float32, maps.Shape.H*maps.Shape.W)}
	channels := maps.Shape.C
	weights := make([]float32, channels)
	for i, g := range gradient.Data {
		weights[i%channels] += g / float32(len(h.Values))
	}
	most := float32(0)
	for i := range h.Values {
		sum := float32(0)
		for c, w := range weights {
			sum += w * maps.Data[i*channels+c]
		}
		h.Values[i] = max(sum, 0)
		most = max(most, h.Values[i])
	}
	if most > 0 {
		for i := range h.Values {
			h.Values[i] /= most
		}
	}
	return h, nil
}

// lastConvolution names the last layer that convolves.
func lastConvolution(net nn.Network) (string, error) {
	steps, err := net.Walk()
	if err != nil {
		return "", err
	}
	name := ""
	for _, s := range steps {
		switch s.Layer.(type) {
		case nn.Conv2D, nn.DepthwiseConv2D, nn.SeparableConv2D, nn.Residual:
			name = s.Name
		}
	}
	if name == "" {
		return "", fmt.Errorf("the network has no convolution, so it does not say where it looked")
	}
	return name, nil
}

// Image draws the heat smoothly enlarged to w×h, from black over red to white.
func (h Heat) Image(w, height int) *image.RGBA {
	small := grey(h.Values, h.W, h.H, 0, 1)
	large := image.NewGray(image.Rect(0, 0, w, height))
	draw.CatmullRom.Scale(large, large.Bounds(), small, small.Bounds(), draw.Src, nil)
	img := image.NewRGBA(large.Bounds())
	colours := heatColours()
	for y := range height {
		for x := range w {
			img.SetRGBA(x, y, colours[large.GrayAt(x, y).Y])
		}
	}
	return img
}

// Overlay mixes the heat half and half with the picture that was explained.
func (h Heat) Overlay(picture image.Image) *image.RGBA {
	b := picture.Bounds()
	heat := h.Image(b.Dx(), b.Dy())
	draw.DrawMask(heat, heat.Bounds(), picture, b.Min, image.NewUniform(color.Alpha{A: 128}), image.Point{}, draw.Over)
	return heat
}

// heatColours are the 256 steps of a black-body scale, whose lightness rises
// evenly, so that it reads in grey and for the colour-blind too.
func heatColours() (colours [256]color.RGBA) {
	scale := moreland.ExtendedBlackBody()
	scale.SetMin(0)
	scale.SetMax(255)
	for i := range colours {
		c, err := scale.At(float64(i))
		if err != nil {
			panic(err) // i lies between the limits set above
		}
		colours[i] = color.RGBAModel.Convert(c).(color.RGBA)
	}
	return colours
}
