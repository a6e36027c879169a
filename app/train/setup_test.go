package train

import (
	"testing"

	"atelier/ml/nn"
)

var fashion = nn.Shape{H: 28, W: 28, C: 1}

func kinds(n nn.Network) string {
	text := ""
	for _, l := range n.Layers {
		text += l.Kind() + " "
	}
	return text
}

func TestEditorChangesLayersAndUndoesThem(t *testing.T) {
	e := newEditor(setup{Network: nn.Network{Name: "small", Input: fashion, Layers: nn.Layers{
		nn.Conv2D{Filters: 8, Kernel: 3}, nn.Flatten{}, nn.Dense{Units: 10, Activation: nn.Softmax},
	}}})
	start := e.Setup().Network
	changes := 0
	e.OnChange(func() { changes++ })

	e.Select(0)
	e.Insert(nn.MaxPool{Size: 2})
	if got := kinds(e.Setup().Network); got != "conv2d max_pooling2d flatten dense " || e.Selected() != 1 {
		t.Fatalf("insert: %s, selected %d", got, e.Selected())
	}
	e.Duplicate(0)
	e.Move(1, 2)
	if got := kinds(e.Setup().Network); got != "conv2d max_pooling2d conv2d flatten dense " || e.Selected() != 2 {
		t.Fatalf("duplicate and move: %s, selected %d", got, e.Selected())
	}
	e.Remove(2)
	e.SetLayer(0, nn.Conv2D{Filters: 1, Kernel: 3}, "0.filters")
	e.SetLayer(0, nn.Conv2D{Filters: 16, Kernel: 3}, "0.filters")
	if e.Setup().Network.Name != ownName {
		t.Errorf("an edited preset is still called %q", e.Setup().Network.Name)
	}
	if changes < 6 {
		t.Errorf("%d changes were told", changes)
	}
	steps := 0
	for e.CanUndo() {
		e.Undo()
		steps++
	}
	if steps != 5 {
		t.Errorf("%d steps were undone, want 5 (typing in one field is one)", steps)
	}
	if !e.Setup().Network.Equal(start) || e.Setup().Network.Name != "small" {
		t.Errorf("undoing everything gives %+v", e.Setup().Network)
	}
	for e.CanRedo() {
		e.Redo()
	}
	if l := e.Setup().Network.Layers[0]; l != (nn.Conv2D{Filters: 16, Kernel: 3}) {
		t.Errorf("redoing everything ends in %+v", l)
	}
}

func TestEditorIgnoresPlacesThatDoNotExist(t *testing.T) {
	e := newEditor(articleSetup(fashion, 10))
	for _, i := range []int{-1, 12, 100} {
		e.Remove(i)
		e.Duplicate(i)
		e.Move(i, 0)
		e.SetLayer(i, nn.Flatten{}, "")
	}
	e.Move(0, 0)
	if e.CanUndo() {
		t.Error("nothing was changed, yet there is something to undo")
	}
}

func TestSelectionStaysInsideTheNetwork(t *testing.T) {
	e := newEditor(articleSetup(fashion, 10))
	e.Select(99)
	if e.Selected() != 11 {
		t.Errorf("selected %d", e.Selected())
	}
	e.Remove(11)
	if e.Selected() != 10 {
		t.Errorf("after removing the last layer %d is selected", e.Selected())
	}
}

func TestPresetsAreRecognised(t *testing.T) {
	for _, p := range nn.Presets() {
		n := p.Build(fashion, 10)
		if got := networkTitle(n); got != p.Title {
			t.Errorf("%s is called %q", p.Name, got)
		}
	}
	n := articleSetup(fashion, 10).Network
	n.Layers = n.Layers[1:]
	if got := networkTitle(n); got != "Own network" {
		t.Errorf("a shortened preset is called %q", got)
	}
}

func TestEveryLayerHasATitleAnExplanationAndWorkingFields(t *testing.T) {
	for _, kind := range nn.Kinds() {
		l, err := nn.New(kind)
		if err != nil {
			t.Fatal(err)
		}
		if layerTitle(l) == "" || layerAbout(l) == "" {
			t.Errorf("%s has no title or explanation", kind)
		}
		for _, f := range layerFields(l) {
			if f.Help == "" || f.Keras == "" || f.Label == "" {
				t.Errorf("%s.%s lacks its help", kind, f.Name)
			}
			same, err := f.Set(l, f.Get(l))
			if err != nil || same.WithDefaults() != l.WithDefaults() {
				t.Errorf("%s.%s: writing back what it shows (%q) gives %+v, %v", kind, f.Name, f.Get(l), same, err)
			}
			if f.Step == nil {
				continue
			}
			if up := f.Step(l, 1); up.WithDefaults() == l.WithDefaults() {
				t.Errorf("%s.%s: the arrow key changes nothing", kind, f.Name)
			}
		}
	}
}

func TestLayerNumbersAreShort(t *testing.T) {
	for _, c := range []struct {
		layer nn.Layer
		want  string
	}{
		{nn.Conv2D{Filters: 32, Kernel: 3, Padding: nn.Same, Activation: nn.ReLU}, "32 filters 3×3, same border, ReLU"},
		{nn.Conv2D{Filters: 32, Kernel: 3, Stride: 2, NoBias: true}, "32 filters 3×3, stride 2, no bias"},
		{nn.MaxPool{Size: 2}, "2×2"},
		{nn.Dropout{Rate: 0.25}, "25 %"},
		{nn.Dense{Units: 128, Activation: nn.ReLU}, "128 units, ReLU"},
		{nn.Flatten{}, ""},
	} {
		if got := layerNumbers(c.layer); got != c.want {
			t.Errorf("%+v: %q, want %q", c.layer, got, c.want)
		}
	}
}
