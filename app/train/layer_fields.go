package train

import (
	"strings"

	"atelier/ml/nn"
)

// layerPart is the property at an address inside a layer of type L. It shows
// the layer's defaults where nothing is set.
func layerPart[L nn.Layer, V any](at func(*L) *V) property[nn.Layer, V] {
	return property[nn.Layer, V]{
		get: func(v nn.Layer) V { l := v.WithDefaults().(L); return *at(&l) },
		set: func(v nn.Layer, p V) nn.Layer { l := v.(L); *at(&l) = p; return l },
	}
}

// negated turns a property around: NoBias is shown as "Bias".
func negated[T any](p property[T, bool]) property[T, bool] {
	return property[T, bool]{
		get: func(v T) bool { return !p.get(v) },
		set: func(v T, on bool) T { return p.set(v, !on) },
	}
}

type layerField = field[nn.Layer]

// layerFields lists what can be set in a layer, in the order of a card.
func layerFields(l nn.Layer) []layerField {
	switch l.(type) {
	case nn.Conv2D:
		return []layerField{
			filtersField(layerPart(func(l *nn.Conv2D) *int { return &l.Filters })),
			kernelField(layerPart(func(l *nn.Conv2D) *int { return &l.Kernel })),
			strideField(layerPart(func(l *nn.Conv2D) *int { return &l.Stride })),
			paddingField(layerPart(func(l *nn.Conv2D) *nn.Padding { return &l.Padding })),
			activationField(layerPart(func(l *nn.Conv2D) *nn.Activation { return &l.Activation }), false),
			biasField(layerPart(func(l *nn.Conv2D) *bool { return &l.NoBias })),
		}
	case nn.DepthwiseConv2D:
		return []layerField{
			kernelField(layerPart(func(l *nn.DepthwiseConv2D) *int { return &l.Kernel })),
			strideField(layerPart(func(l *nn.DepthwiseConv2D) *int { return &l.Stride })),
			paddingField(layerPart(func(l *nn.DepthwiseConv2D) *nn.Padding { return &l.Padding })),
			activationField(layerPart(func(l *nn.DepthwiseConv2D) *nn.Activation { return &l.Activation }), false),
			biasField(layerPart(func(l *nn.DepthwiseConv2D) *bool { return &l.NoBias })),
		}
	case nn.SeparableConv2D:
		return []layerField{
			filtersField(layerPart(func(l *nn.SeparableConv2D) *int { return &l.Filters })),
			kernelField(layerPart(func(l *nn.SeparableConv2D) *int { return &l.Kernel })),
			strideField(layerPart(func(l *nn.SeparableConv2D) *int { return &l.Stride })),
			paddingField(layerPart(func(l *nn.SeparableConv2D) *nn.Padding { return &l.Padding })),
			activationField(layerPart(func(l *nn.SeparableConv2D) *nn.Activation { return &l.Activation }), false),
			biasField(layerPart(func(l *nn.SeparableConv2D) *bool { return &l.NoBias })),
		}
	case nn.Residual:
		return []layerField{
			filtersField(layerPart(func(l *nn.Residual) *int { return &l.Filters })),
			strideField(layerPart(func(l *nn.Residual) *int { return &l.Stride })),
		}
	case nn.MaxPool:
		return []layerField{
			poolField(layerPart(func(l *nn.MaxPool) *int { return &l.Size })),
			strideField(layerPart(func(l *nn.MaxPool) *int { return &l.Stride })),
			paddingField(layerPart(func(l *nn.MaxPool) *nn.Padding { return &l.Padding })),
		}
	case nn.AveragePool:
		return []layerField{
			poolField(layerPart(func(l *nn.AveragePool) *int { return &l.Size })),
			strideField(layerPart(func(l *nn.AveragePool) *int { return &l.Stride })),
			paddingField(layerPart(func(l *nn.AveragePool) *nn.Padding { return &l.Padding })),
		}
	case nn.BatchNorm:
		return []layerField{
			number(layerField{
				Name: "momentum", Label: "Momentum", Keras: "momentum",
				Help: "How slowly the averages that predictions use follow the batches; 0.99 keeps 99 % of the old value at each batch.",
			}, layerPart(func(l *nn.BatchNorm) *float64 { return &l.Momentum }), 0.01, 0.9999),
			number(layerField{
				Name: "epsilon", Label: "Epsilon", Keras: "epsilon",
				Help: "A small number added to the variance, so that a channel that never changes does not divide by zero.",
			}, layerPart(func(l *nn.BatchNorm) *float64 { return &l.Epsilon }), 1e-7, 1),
		}
	case nn.Dropout:
		return []layerField{
			share(layerField{
				Name: "rate", Label: "Rate", Keras: "rate",
				Help: "The share of the numbers set to zero at random while training, which keeps the network from learning by heart.",
			}, layerPart(func(l *nn.Dropout) *float64 { return &l.Rate }), 0, 0.95),
		}
	case nn.Dense:
		return []layerField{
			integer(layerField{
				Name: "units", Label: "Units", Keras: "units",
				Help: "How many numbers the layer makes; each is a weighted sum of everything that comes in. The last layer needs one for each class.",
			}, layerPart(func(l *nn.Dense) *int { return &l.Units }), 1, 1<<16),
			activationField(layerPart(func(l *nn.Dense) *nn.Activation { return &l.Activation }), true),
			biasField(layerPart(func(l *nn.Dense) *bool { return &l.NoBias })),
		}
	case nn.ActivationLayer:
		return []layerField{
			activationField(layerPart(func(l *nn.ActivationLayer) *nn.Activation { return &l.Function }), true),
		}
	}
	return nil
}

func filtersField(p property[nn.Layer, int]) layerField {
	return integer(layerField{
		Name: "filters", Label: "Filters", Keras: "filters",
		Help: "How many patterns the layer looks for; each makes one map. Twice the filters take about twice the time.",
	}, p, 1, 1<<16)
}

func kernelField(p property[nn.Layer, int]) layerField {
	return integer(layerField{
		Name: "kernel", Label: "Window", Keras: "kernel_size",
		Help: "The side of the square that each filter looks at, in pixels; 3 is usual.",
	}, p, 1, 31)
}

func poolField(p property[nn.Layer, int]) layerField {
	return integer(layerField{
		Name: "size", Label: "Window", Keras: "pool_size",
		Help: "The side of the square that becomes one number; 2 halves the map.",
	}, p, 1, 31)
}

func strideField(p property[nn.Layer, int]) layerField {
	return integer(layerField{
		Name: "stride", Label: "Stride", Keras: "strides",
		Help: "How far the window moves from place to place; 2 halves the map.",
	}, p, 1, 31)
}

func paddingField(p property[nn.Layer, nn.Padding]) layerField {
	return oneOf(layerField{
		Name: "padding", Label: "Border", Keras: "padding",
		Help: "Same puts zeros around the map, so that it keeps its size; valid uses only whole windows, so that it shrinks.",
	}, p, choices(nn.Paddings()...))
}

func activationField(p property[nn.Layer, nn.Activation], withSoftmax bool) layerField {
	var menu []choice
	for _, c := range choices(nn.Activations()...) {
		if withSoftmax || c.Value != string(nn.Softmax) {
			menu = append(menu, c)
		}
	}
	return oneOf(layerField{
		Name: "activation", Label: "Activation", Keras: "activation",
		Help: "The function applied to each result. ReLU sets what is negative to zero; softmax makes probabilities and belongs on the last layer.",
	}, p, menu)
}

func biasField(noBias property[nn.Layer, bool]) layerField {
	return toggle(layerField{
		Name: "bias", Label: "Bias", Keras: "use_bias",
		Help: "Adds a learned number to each result. It has no effect right before a batch normalisation, which removes it again.",
	}, negated(noBias))
}

// layerTitle is what a card calls a layer.
func layerTitle(l nn.Layer) string {
	switch l := l.(type) {
	case nn.Conv2D:
		return "Convolution"
	case nn.DepthwiseConv2D:
		return "Depthwise convolution"
	case nn.SeparableConv2D:
		return "Separable convolution"
	case nn.Residual:
		return "Residual block"
	case nn.MaxPool:
		return "Max pooling"
	case nn.AveragePool:
		return "Average pooling"
	case nn.GlobalAveragePool:
		return "Global average pooling"
	case nn.BatchNorm:
		return "Batch normalisation"
	case nn.Dropout:
		return "Dropout"
	case nn.Flatten:
		return "Flatten"
	case nn.Dense:
		return "Dense"
	case nn.ActivationLayer:
		return "Activation"
	default:
		return inWords(l.Kind())
	}
}

// layerAbout tells in a sentence what a layer does.
func layerAbout(l nn.Layer) string {
	switch l.(type) {
	case nn.Conv2D:
		return "Looks for small patterns everywhere in the picture and marks where it finds them."
	case nn.DepthwiseConv2D:
		return "Filters each map by itself, which is cheap; it does not mix maps."
	case nn.SeparableConv2D:
		return "Filters each map by itself and then mixes the maps: almost a convolution at a fraction of its cost."
	case nn.Residual:
		return "Two convolutions with a shortcut around them, which keeps very deep networks trainable."
	case nn.MaxPool:
		return "Keeps the strongest number of each window, so that the map gets smaller."
	case nn.AveragePool:
		return "Takes the mean of each window, so that the map gets smaller."
	case nn.GlobalAveragePool:
		return "Makes one number of each map: its mean."
	case nn.BatchNorm:
		return "Brings each channel to mean 0 and spread 1, which makes training steadier."
	case nn.Dropout:
		return "Switches off some numbers at random while training, against learning by heart."
	case nn.Flatten:
		return "Lays all numbers of the maps out as one long row."
	case nn.Dense:
		return "Connects every number that comes in with every unit."
	case nn.ActivationLayer:
		return "Applies a function to each number."
	}
	return ""
}

// layerNumbers are a layer's key settings in one short line: "32 filters 3×3,
// same, ReLU".
func layerNumbers(l nn.Layer) string {
	texts := map[string]string{}
	for _, f := range layerFields(l) {
		text := f.Get(l)
		for _, c := range f.Choices {
			if c.Value == text {
				text = c.Label
			}
		}
		texts[f.Name] = text
	}
	var parts []string
	add := func(s string) { parts = append(parts, s) }
	windowOf := func(side string) string { return side + "×" + side }
	switch l.(type) {
	case nn.Conv2D, nn.SeparableConv2D:
		add(texts["filters"] + " filters " + windowOf(texts["kernel"]))
	case nn.DepthwiseConv2D:
		add(windowOf(texts["kernel"]))
	case nn.Residual:
		add(texts["filters"] + " filters")
	case nn.MaxPool, nn.AveragePool:
		add(windowOf(texts["size"]))
	case nn.Dropout:
		add(texts["rate"])
	case nn.Dense:
		add(texts["units"] + " units")
	}
	if s := texts["stride"]; s != "" && s != "1" && s != texts["size"] {
		add("stride " + s)
	}
	if p := texts["padding"]; p == "Same" {
		add("same border")
	}
	if a := texts["activation"]; a != "" && a != "Linear" {
		add(a)
	}
	if texts["bias"] == "false" {
		add("no bias")
	}
	return strings.Join(parts, ", ")
}
