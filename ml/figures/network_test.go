package figures_test

import (
	"bytes"
	"strings"
	"testing"

	"atelier/ml/figures"
	"atelier/ml/nn"
)

func TestNetworkPictures(t *testing.T) {
	in := nn.Shape{H: 28, W: 28, C: 1}
	for _, c := range []struct {
		name  string
		style figures.Style
	}{{"article", figures.Style{}}, {"residual", figures.Style{Dark: true}}, {"mlp", figures.Style{Presentation: true}}} {
		p, err := nn.PresetByName(c.name)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "network-"+c.name, figures.Network{Network: p.Build(in, 10)}, c.style)
	}
}

func TestNetworkPictureNamesEveryLayer(t *testing.T) {
	p, err := nn.PresetByName("article")
	if err != nil {
		t.Fatal(err)
	}
	var svg bytes.Buffer
	if err := figures.Write(&svg, figures.Network{Network: p.Build(nn.Shape{H: 28, W: 28, C: 1}, 10)}, "svg", figures.Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Input", "Conv2D", "MaxPool", "Dropout", "Flatten", "Dense", "14×14×32", "1568"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

func TestABrokenNetworkIsDrawnAsFarAsItGoes(t *testing.T) {
	broken := nn.Network{Input: nn.Shape{H: 28, W: 28, C: 1}, Layers: nn.Layers{nn.Conv2D{Filters: 8, Kernel: 3}, nn.Dense{Units: 10}}}
	for _, n := range []nn.Network{broken, {}} {
		if img := figures.Render(figures.Network{Network: n}, 300, 120, 1, figures.Style{}).Image; img.Bounds().Dx() != 300 {
			t.Error("no picture")
		}
	}
}
