package nn

import "fmt"

// Preset is a ready-made network.
type Preset struct {
	Name    string // for files and the command line
	Title   string // for menus
	Teaches string // a sentence on what one learns from it
	Build   func(in Shape, classes int) Network
}

// Presets lists the ready-made networks, the article's first.
func Presets() []Preset {
	return []Preset{
		{
			"article", "The article's network",
			"The network of the article, layer by layer: two convolutions find edges and shapes, two dense layers decide.",
			network("article", articleLayers),
		},
		{
			"small", "Small and fast",
			"A tenth of the parameters and a fraction of the time: how little is enough for about nine in ten right.",
			network("small", smallLayers),
		},
		{
			"lenet", "LeNet-5",
			"The network that read handwritten cheques in 1998: wide windows, few filters, tanh and average pooling.",
			network("lenet", lenetLayers),
		},
		{
			"strong", "Strong",
			"Wider residual blocks with batch normalisation: what modern architecture gains on the same pictures.",
			network("strong", strongLayers),
		},
		{
			"wide", "Wide",
			"The article's plan with two to four times the filters: more capacity learns faster and overfits sooner.",
			network("wide", wideLayers),
		},
		{
			"vgg", "VGG-like",
			"Two small convolutions before each pooling see as far as one large, with fewer weights and one more ReLU.",
			network("vgg", vggLayers),
		},
		{
			"residual", "Residual (ResNet-20)",
			"Twenty layers deep and still trainable, because shortcuts carry the signal past each block.",
			network("residual", residualLayers),
		},
		{
			"depthwise", "Depthwise separable",
			"Filtering and mixing channels in two cheap steps, as networks for telephones do: few parameters, little loss.",
			network("depthwise", depthwiseLayers),
		},
		{
			"logistic", "Logistic regression",
			"One layer that weighs every pixel: the baseline that everything else must beat.",
			network("logistic", logisticLayers),
		},
		{
			"mlp", "Plain dense network",
			"Dense layers only: without convolutions a network must learn each pattern anew at each place.",
			network("mlp", mlpLayers),
		},
	}
}

// PresetByName returns a ready-made network. The error of an unknown name lists
// the known ones.
func PresetByName(name string) (Preset, error) {
	presets := Presets()
	names := make([]string, len(presets))
	for i, p := range presets {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	return Preset{}, fmt.Errorf("unknown preset %q: the known ones are %s", name, list(names))
}

func network(name string, layers func(classes int) Layers) func(Shape, int) Network {
	return func(in Shape, classes int) Network {
		return Network{Name: name, Input: in, Layers: layers(classes)}
	}
}

func articleLayers(classes int) Layers {
	return Layers{
		BatchNorm{},
		Conv2D{Filters: 32, Kernel: 3, Padding: Same, Activation: ReLU},
		MaxPool{Size: 2},
		Dropout{Rate: 0.25},
		BatchNorm{},
		Conv2D{Filters: 32, Kernel: 3, Padding: Same, Activation: ReLU},
		MaxPool{Size: 2},
		Dropout{Rate: 0.25},
		Flatten{},
		Dense{Units: 128, Activation: ReLU},
		Dropout{Rate: 0.5},
		Dense{Units: classes, Activation: Softmax},
	}
}

func smallLayers(classes int) Layers {
	return Layers{
		Conv2D{Filters: 16, Kernel: 3, Padding: Same, Activation: ReLU},
		MaxPool{Size: 2},
		Conv2D{Filters: 32, Kernel: 3, Padding: Same, Activation: ReLU},
		MaxPool{Size: 2},
		Flatten{},
		Dense{Units: classes, Activation: Softmax},
	}
}

// lenetLayers is LeNet-5 (LeCun et al. 1998) with the changes usual today: all
// filters see all maps, plain averages are pooled, a softmax decides.
func lenetLayers(classes int) Layers {
	return Layers{
		Conv2D{Filters: 6, Kernel: 5, Padding: Same, Activation: Tanh},
		AveragePool{Size: 2},
		Conv2D{Filters: 16, Kernel: 5, Activation: Tanh},
		AveragePool{Size: 2},
		Flatten{},
		Dense{Units: 120, Activation: Tanh},
		Dense{Units: 84, Activation: Tanh},
		Dense{Units: classes, Activation: Softmax},
	}
}

// vggLayers has the plan of VGG (Simonyan and Zisserman 2015), for small pictures.
func vggLayers(classes int) Layers {
	var layers Layers
	for _, filters := range []int{32, 64} {
		conv := Conv2D{Filters: filters, Kernel: 3, Padding: Same, Activation: ReLU}
		layers = append(layers, conv, conv, MaxPool{Size: 2}, Dropout{Rate: 0.25})
	}
	return append(layers,
		Flatten{},
		Dense{Units: 256, Activation: ReLU},
		Dropout{Rate: 0.5},
		Dense{Units: classes, Activation: Softmax},
	)
}

func wideLayers(classes int) Layers {
	return Layers{
		BatchNorm{},
		Conv2D{Filters: 64, Kernel: 3, Padding: Same, Activation: ReLU},
		MaxPool{Size: 2},
		Dropout{Rate: 0.25},
		BatchNorm{},
		Conv2D{Filters: 128, Kernel: 3, Padding: Same, Activation: ReLU},
		MaxPool{Size: 2},
		Dropout{Rate: 0.25},
		Flatten{},
		Dense{Units: 256, Activation: ReLU},
		Dropout{Rate: 0.5},
		Dense{Units: classes, Activation: Softmax},
	}
}

func strongLayers(classes int) Layers {
	return append(stem(32),
		Residual{Filters: 32},
		Residual{Filters: 48, Stride: 2},
		Residual{Filters: 48},
		Residual{Filters: 96, Stride: 2},
		Residual{Filters: 96},
		GlobalAveragePool{},
		Dropout{Rate: 0.25},
		Dense{Units: classes, Activation: Softmax},
	)
}

func residualLayers(classes int) Layers {
	layers := stem(16)
	for _, stage := range []Residual{{Filters: 16, Stride: 1}, {Filters: 32, Stride: 2}, {Filters: 64, Stride: 2}} {
		layers = append(layers, stage, Residual{Filters: stage.Filters}, Residual{Filters: stage.Filters})
	}
	return append(layers, GlobalAveragePool{}, Dense{Units: classes, Activation: Softmax})
}

func depthwiseLayers(classes int) Layers {
	layers := stem(32)
	for _, stage := range []SeparableConv2D{{Filters: 64}, {Filters: 128, Stride: 2}, {Filters: 128}, {Filters: 256, Stride: 2}} {
		stage.Kernel, stage.Padding, stage.NoBias = 3, Same, true
		layers = append(layers, stage, BatchNorm{}, ActivationLayer{ReLU})
	}
	return append(layers, GlobalAveragePool{}, Dense{Units: classes, Activation: Softmax})
}

func logisticLayers(classes int) Layers {
	return Layers{Flatten{}, Dense{Units: classes, Activation: Softmax}}
}

func mlpLayers(classes int) Layers {
	return Layers{
		Flatten{},
		Dense{Units: 256, Activation: ReLU},
		Dropout{Rate: 0.25},
		Dense{Units: 128, Activation: ReLU},
		Dropout{Rate: 0.25},
		Dense{Units: classes, Activation: Softmax},
	}
}

// stem is the first convolution of the deeper networks.
func stem(filters int) Layers {
	return Layers{
		Conv2D{Filters: filters, Kernel: 3, Padding: Same, NoBias: true},
		BatchNorm{},
		ActivationLayer{ReLU},
	}
}
