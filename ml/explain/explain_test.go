package explain_test

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/explain"
	"atelier/ml/nn"
)

var input = nn.Shape{H: 28, W: 28, C: 1}

func predictor(t *testing.T, net nn.Network, change func(engine.Weights)) (*engine.Predictor, engine.Weights) {
	t.Helper()
	w, err := engine.NewWeights(net, 3)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(w)
	}
	p, err := engine.NewPredictor(net, w, engine.Options{MaxBatch: 256})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, w
}

func preset(t *testing.T, name string) nn.Network {
	t.Helper()
	p, err := nn.PresetByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p.Build(input, 10)
}

func picture(t *testing.T) []float32 {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 784)
	dataset.Normalise(x, data.Train.Image(0))
	return x
}

func TestActivationsOfEveryPreset(t *testing.T) {
	x := picture(t)
	for _, preset := range nn.Presets() {
		net := preset.Build(input, 10)
		p, _ := predictor(t, net, nil)
		layers, err := explain.Activations(p, x)
		if err != nil {
			t.Fatalf("%s: %v", preset.Name, err)
		}
		steps, err := net.Walk()
		if err != nil {
			t.Fatal(err)
		}
		if len(layers) != len(steps) {
			t.Fatalf("%s: %d layers answered, the network has %d", preset.Name, len(layers), len(steps))
		}
		for i, l := range layers {
			if l.Name != steps[i].Name || l.Shape != steps[i].Out || len(l.Data) != l.Shape.Size() {
				t.Errorf("%s: layer %d is %s %s, want %s %s", preset.Name, i, l.Name, l.Shape, steps[i].Name, steps[i].Out)
			}
			want := max(1, l.Shape.C)
			if l.Shape.IsVector() {
				want = 1
			}
			if got := len(l.Images()); got != want {
				t.Errorf("%s: %s drew %d images, want %d", preset.Name, l.Name, got, want)
			}
		}
		sum := 0.0
		for _, v := range layers[len(layers)-1].Data {
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("%s: the last layer's answers sum to %v, not to 1", preset.Name, sum)
		}
	}
}

func TestLayerImagesShareOneScale(t *testing.T) {
	l := explain.Layer{Shape: nn.Shape{H: 1, W: 2, C: 2}, Data: []float32{-1, 0, 1, 3}}
	images := l.Images()
	want := [][]uint8{{0, 128}, {64, 255}}
	for c, img := range images {
		if img.Bounds() != image.Rect(0, 0, 2, 1) || img.Pix[0] != want[c][0] || img.Pix[1] != want[c][1] {
			t.Errorf("channel %d is %v, want %v", c, img.Pix, want[c])
		}
	}
	if m := l.Channel(1); m[0] != 0 || m[1] != 3 {
		t.Errorf("channel 1 holds %v", m)
	}
}

func TestSilent(t *testing.T) {
	l := explain.Layer{Shape: nn.Shape{H: 1, W: 2, C: 4}, Data: []float32{0, 0, 1, -1, 0, 2, 0, -3}}
	if got := l.Silent(); got != 0.5 {
		t.Errorf("%v of the channels are silent, want half", got)
	}
}

func TestFilters(t *testing.T) {
	for name, c := range map[string]struct {
		net   nn.Network
		count int
		size  int
	}{
		"article":   {preset(t, "article"), 32, 3},
		"residual":  {preset(t, "residual"), 16, 3},
		"depthwise": {nn.Network{Input: nn.Shape{H: 8, W: 8, C: 3}, Layers: nn.Layers{nn.DepthwiseConv2D{Kernel: 5}, nn.Flatten{}, nn.Dense{Units: 2, Activation: nn.Softmax}}}, 3, 5},
	} {
		w, err := engine.NewWeights(c.net, 1)
		if err != nil {
			t.Fatal(err)
		}
		filters, err := explain.Filters(c.net, w)
		if err != nil {
			t.Fatal(err)
		}
		if len(filters) != c.count || filters[0].Size != c.size {
			t.Errorf("%s: %d filters of %d×%d, want %d of %d×%d", name, len(filters), filters[0].Size, filters[0].Size, c.count, c.size, c.size)
		}
		kernel := w[0]
		if name == "article" {
			kernel, _ = w.ByName("conv2d/kernel")
		}
		if name != "residual" { // one input channel, or depthwise: element i of filter f is kernel[i, f]
			for i, v := range filters[1].Values {
				if v != kernel.Data[i*c.count+1] {
					t.Errorf("%s: filter 1 holds %v at %d, the kernel %v", name, v, i, kernel.Data[i*c.count+1])
				}
			}
		}
	}
	if _, err := explain.Filters(preset(t, "mlp"), nil); err == nil {
		t.Error("a network without a convolution has no filters")
	}
}

func TestFilterImage(t *testing.T) {
	img := explain.Filter{Size: 2, Values: []float32{-2, 0, 1, 2}}.Image()
	if want := []uint8{0, 128, 191, 255}; string(img.Pix) != string(want) {
		t.Errorf("drew %v, want %v", img.Pix, want)
	}
}

// TestGradCAMFindsTheReason uses a network whose class 0 likes bright pixels and
// whose class 1 dislikes them: the heat must be where the bright pixel is.
func TestGradCAMFindsTheReason(t *testing.T) {
	net := nn.Network{Input: nn.Shape{H: 4, W: 5, C: 1}, Layers: nn.Layers{
		nn.Conv2D{Filters: 1, Kernel: 1}, nn.Flatten{}, nn.Dense{Units: 2, Activation: nn.Softmax},
	}}
	p, _ := predictor(t, net, func(w engine.Weights) {
		w[0].Data[0] = 1
		for i := range 20 {
			w[2].Data[2*i], w[2].Data[2*i+1] = 1, -1
		}
	})
	x := make([]float32, 20)
	x[7], x[12] = 1, 0.5
	h, err := explain.GradCAM(p, net, x, 0)
	if err != nil {
		t.Fatal(err)
	}
	if h.Layer != "conv2d" || h.H != 4 || h.W != 5 {
		t.Errorf("explained by %s of %d×%d", h.Layer, h.H, h.W)
	}
	for i, v := range h.Values {
		if want := x[i]; math.Abs(float64(v-want)) > 1e-6 {
			t.Errorf("place %d has heat %v, want %v", i, v, want)
		}
	}
	if h, err = explain.GradCAM(p, net, x, 1); err != nil {
		t.Fatal(err)
	}
	for i, v := range h.Values {
		if v != 0 {
			t.Errorf("place %d speaks for a class that it speaks against: %v", i, v)
		}
	}
	if _, err := explain.GradCAM(p, net, x, 2); err == nil {
		t.Error("class 2 does not exist")
	}
	mlp := preset(t, "mlp")
	q, _ := predictor(t, mlp, nil)
	if _, err := explain.GradCAM(q, mlp, make([]float32, 784), 0); err == nil {
		t.Error("a network without a convolution cannot say where it looked")
	}
}

func TestGradCAMOfEveryConvolutionalPreset(t *testing.T) {
	x := picture(t)
	for _, name := range []string{"article", "small", "residual", "depthwise"} {
		net := preset(t, name)
		p, _ := predictor(t, net, nil)
		hot := false
		for class := range 10 {
			h, err := explain.GradCAM(p, net, x, class)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, v := range h.Values {
				if v < 0 || v > 1 || v != v {
					t.Fatalf("%s: heat of %v", name, v)
				}
				hot = hot || v == 1
			}
		}
		if !hot {
			t.Errorf("%s: no place speaks for any class", name)
		}
	}
}

func TestHeatImages(t *testing.T) {
	h := explain.Heat{H: 2, W: 2, Values: []float32{0, 0, 0, 1}}
	img := h.Image(28, 28)
	light := func(c color.Color) uint8 { return color.GrayModel.Convert(c).(color.Gray).Y }
	if cold, hot := light(img.At(0, 0)), light(img.At(27, 27)); cold > 10 || hot < 240 {
		t.Errorf("cold is drawn with lightness %d, hot with %d", cold, hot)
	}
	picture := image.NewGray(image.Rect(5, 5, 33, 33))
	for i := range picture.Pix {
		picture.Pix[i] = 200
	}
	over := h.Overlay(picture)
	if over.Bounds().Dx() != 28 || over.Bounds().Dy() != 28 {
		t.Fatalf("the overlay is %v", over.Bounds())
	}
	if got := light(over.At(0, 0)); got < 90 || got > 110 {
		t.Errorf("a cold place shows the picture of 200 with lightness %d, want half of it", got)
	}
}

func TestNearest(t *testing.T) {
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	set := data.Train.Subset([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 3})
	p, _ := predictor(t, preset(t, "article"), nil)
	told := 0
	ix, err := explain.NewIndex(context.Background(), p, set, func(done, total int) {
		if total != 13 || done <= told {
			t.Errorf("progress of %d in %d after %d", done, total, told)
		}
		told = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if told != 13 {
		t.Errorf("progress ended at %d", told)
	}
	x := make([]float32, 784)
	features := make([]float32, p.FeatureSize())
	dataset.Normalise(x, set.Image(3))
	if err := p.PredictFeatures(x, 1, make([]float32, 10), features); err != nil {
		t.Fatal(err)
	}
	near, err := ix.Nearest(features, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(near) != 5 || near[0].Picture != 3 || near[1].Picture != 12 || near[0].Similarity < 0.999 || near[1].Similarity < 0.999 {
		t.Errorf("picture 3 and its copy should come first: %v", near)
	}
	for i := 1; i < len(near); i++ {
		if near[i].Similarity > near[i-1].Similarity {
			t.Errorf("not in order: %v", near)
		}
	}
	if all, err := ix.Nearest(features, 100); err != nil || len(all) != 13 {
		t.Errorf("%d neighbours among 13 pictures (%v)", len(all), err)
	}
	if _, err := ix.Nearest(features[1:], 1); err == nil {
		t.Error("features of another network should be refused")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := explain.NewIndex(ctx, p, set, nil); err == nil {
		t.Error("a cancelled index should fail")
	}
}
