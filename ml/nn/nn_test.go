package nn_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"atelier/ml/nn"
)

var fashion = nn.Shape{H: 28, W: 28, C: 1}

func preset(t testing.TB, name string) nn.Network {
	t.Helper()
	p, err := nn.PresetByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return p.Build(fashion, 10)
}

func TestTheArticlesNetworkHasItsParameters(t *testing.T) {
	got, err := preset(t, "article").Counts()
	if err != nil {
		t.Fatal(err)
	}
	if want := (nn.Counts{Total: 211_822, Trainable: 211_756, Frozen: 66}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestPresets(t *testing.T) {
	// Parameters as Keras counts them.
	want := map[string]int{
		"article": 211_822, "small": 20_490, "lenet": 61_706, "strong": 395_434, "wide": 1_683_214, "vgg": 870_634,
		"residual": 273_754, "depthwise": 67_850, "logistic": 7_850, "mlp": 235_146,
	}
	for _, p := range nn.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			net := p.Build(fashion, 10)
			if net.Name != p.Name {
				t.Errorf("the network is named %q", net.Name)
			}
			if p.Title == "" || !strings.HasSuffix(p.Teaches, ".") {
				t.Errorf("title %q, teaches %q", p.Title, p.Teaches)
			}
			classes, err := net.Classes()
			if err != nil || classes != 10 {
				t.Fatalf("classes %d, %v", classes, err)
			}
			counts, err := net.Counts()
			if err != nil || counts.Total != want[p.Name] {
				t.Errorf("%d parameters, %v, want %d", counts.Total, err, want[p.Name])
			}
			// Other pictures and other numbers of classes must fit as well.
			if classes, err := p.Build(nn.Shape{H: 32, W: 20, C: 3}, 7).Classes(); err != nil || classes != 7 {
				t.Errorf("for colour pictures of 32×20 and 7 classes: %d, %v", classes, err)
			}
			data, err := json.Marshal(net)
			if err != nil {
				t.Fatal(err)
			}
			back, err := nn.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(net, back); diff != "" {
				t.Errorf("JSON changed the network (-before +after):\n%s", diff)
			}
		})
	}
	if len(want) != len(nn.Presets()) {
		t.Errorf("there are %d presets, want %d", len(nn.Presets()), len(want))
	}
	_, err := nn.PresetByName("artcile")
	if err == nil || !strings.Contains(err.Error(), "article, small, lenet, strong") {
		t.Errorf("an unknown preset gives %v, want the known names", err)
	}
}

func TestWalkNamesShapesAndParameters(t *testing.T) {
	net := nn.Network{Input: nn.Shape{H: 9, W: 8, C: 2}, Layers: nn.Layers{
		nn.Conv2D{Filters: 4, Kernel: 3, Stride: 2, Activation: nn.ReLU},
		nn.Conv2D{Filters: 5, Kernel: 3, Stride: 2, Padding: nn.Same, NoBias: true},
		nn.Residual{Filters: 6, Stride: 2},
		nn.Flatten{},
		nn.Dense{Units: 3, Activation: nn.Softmax},
	}}
	steps, err := net.Walk()
	if err != nil {
		t.Fatal(err)
	}
	var names, shapes, params []string
	for _, s := range steps {
		names = append(names, s.Name)
		shapes = append(shapes, s.Out.String())
		for _, p := range s.Params {
			params = append(params, p.Name)
		}
	}
	if diff := cmp.Diff([]string{"conv2d", "conv2d_1", "residual", "flatten", "dense"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"4×3×4", "2×2×5", "1×1×6", "6", "3"}, shapes); diff != "" {
		t.Error(diff)
	}
	wantParams := []string{
		"conv2d/kernel", "conv2d/bias", "conv2d_1/kernel",
		"residual/conv1/kernel", "residual/bn1/gamma", "residual/bn1/beta", "residual/bn1/moving_mean", "residual/bn1/moving_variance",
		"residual/conv2/kernel", "residual/bn2/gamma", "residual/bn2/beta", "residual/bn2/moving_mean", "residual/bn2/moving_variance",
		"residual/shortcut/kernel", "residual/shortcut_bn/gamma", "residual/shortcut_bn/beta", "residual/shortcut_bn/moving_mean", "residual/shortcut_bn/moving_variance",
		"dense/kernel", "dense/bias",
	}
	if diff := cmp.Diff(wantParams, params); diff != "" {
		t.Error(diff)
	}
	if got := steps[0].Layer; got != (nn.Conv2D{Filters: 4, Kernel: 3, Stride: 2, Padding: nn.Valid, Activation: nn.ReLU}) {
		t.Errorf("the step's layer is %+v, want its defaults written out", got)
	}
}

func TestWindowsAgreeWithTensorFlow(t *testing.T) {
	for _, c := range []struct {
		padding                          nn.Padding
		in, size, stride, out, from, to_ int
	}{
		{nn.Same, 28, 3, 1, 28, 1, 1},
		{nn.Same, 28, 3, 2, 14, 0, 1},
		{nn.Same, 7, 2, 2, 4, 0, 1},
		{nn.Same, 5, 1, 3, 2, 0, 0},
		{nn.Same, 2, 5, 1, 2, 2, 2},
		{nn.Valid, 28, 3, 1, 26, 0, 0},
		{nn.Valid, 7, 2, 2, 3, 0, 0},
		{nn.Valid, 2, 3, 1, 0, 0, 0},
		{"", 7, 2, 2, 3, 0, 0},
	} {
		out, from, to := c.padding.Window(c.in, c.size, c.stride)
		if out != c.out || from != c.from || to != c.to_ {
			t.Errorf("%+v gives %d windows, padded by %d and %d", c, out, from, to)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		layers nn.Layers
		index  int
		want   string
	}{
		{nil, -1, "the network has no layers: add at least one"},
		{nn.Layers{nn.MaxPool{Size: 4}, nn.Dense{Units: 10}}, 1, "layer 2 (dense): Dense after a 7×7×1 map: put Flatten before it"},
		{nn.Layers{nn.Flatten{}, nn.Conv2D{Filters: 1, Kernel: 3}}, 1, "a vector of 784 numbers comes in: move it before Flatten"},
		{nn.Layers{nn.Flatten{}, nn.GlobalAveragePool{}}, 1, "move it before Flatten or remove it"},
		{nn.Layers{nn.Flatten{}, nn.Residual{Filters: 1}}, 1, "move it before Flatten"},
		{nn.Layers{nn.MaxPool{Size: 29}}, 0, `a 29×29 window does not fit into a 28×28×1 map: make the window smaller or the padding "same"`},
		{nn.Layers{nn.Conv2D{Kernel: 3}}, 0, "it needs at least 1 filter, not 0"},
		{nn.Layers{nn.Conv2D{Filters: 1}}, 0, "a window of 0×0 is not possible"},
		{nn.Layers{nn.Conv2D{Filters: 1, Kernel: 3, Stride: -1}}, 0, "a stride of -1 is not possible"},
		{nn.Layers{nn.Conv2D{Filters: 1, Kernel: 3, Padding: "full"}}, 0, `unknown padding "full": the known ones are same and valid`},
		{nn.Layers{nn.Flatten{}, nn.Dense{Units: 1, Activation: "swish"}}, 1, `unknown activation "swish": the known ones are linear, relu`},
		{nn.Layers{nn.Flatten{}, nn.Dense{Units: 1 << 20}}, 1, "1,048,576 units are too many"},
		{nn.Layers{nn.Dropout{Rate: 1}}, 0, "a dropout rate of 1 is not possible"},
		{nn.Layers{nn.Dropout{Rate: nan}}, 0, "a dropout rate of NaN is not possible"},
		{nn.Layers{nn.BatchNorm{Momentum: nan}}, 0, "a momentum of NaN is not possible"},
		{nn.Layers{nn.BatchNorm{Epsilon: -1}}, 0, "an epsilon of -1 is not possible"},
		{nn.Layers{nn.ActivationLayer{}}, 0, "it has no function: give one of linear"},
		{nn.Layers{nn.Conv2D{Filters: 9, Kernel: 1, Activation: nn.Softmax}, nn.Flatten{}}, 0, "put softmax on the last Dense layer"},
		{nn.Layers{nn.Flatten{}, nn.Dense{Units: 9, Activation: nn.Softmax}, nn.Dense{Units: 9}}, 1, "belongs on the last layer"},
		{nn.Layers{nn.Flatten{}, nil}, 1, "there is no layer here"},
		{nn.Layers{nn.Conv2D{Filters: 60000, Kernel: 1}, nn.Flatten{}, nn.Dense{Units: 60000}}, 1, ""},
	} {
		_, err := nn.Network{Input: fashion, Layers: c.layers}.Walk()
		if c.want == "" {
			if err != nil {
				continue
			}
			t.Error("an absurdly large network is accepted")
			continue
		}
		var wrong *nn.LayerError
		if !errors.As(err, &wrong) || wrong.Index != c.index || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v gives %v, want layer %d: %s", c.layers, err, c.index, c.want)
		}
	}
}

func TestSizesThatAreNot(t *testing.T) {
	for _, in := range []nn.Shape{{}, {H: 28, W: 0, C: 1}, {H: -1, W: -1, C: 1}, {H: 1 << 20, W: 1, C: 1}, {H: 1 << 16, W: 1 << 16, C: 1}, nn.Vector(-5)} {
		if _, err := (nn.Network{Input: in, Layers: nn.Layers{nn.Flatten{}}}).Walk(); err == nil {
			t.Errorf("an input of %v is accepted", in)
		}
	}
}

func TestClassesWantsProbabilities(t *testing.T) {
	for _, layers := range []nn.Layers{
		{nn.Flatten{}},
		{nn.Flatten{}, nn.Dense{Units: 10}},
		{nn.Flatten{}, nn.Dense{Units: 1, Activation: nn.Softmax}},
	} {
		var wrong *nn.LayerError
		if _, err := (nn.Network{Input: fashion, Layers: layers}).Classes(); !errors.As(err, &wrong) {
			t.Errorf("%+v gives %v", layers, err)
		}
	}
	split := nn.Layers{nn.Flatten{}, nn.Dense{Units: 10}, nn.ActivationLayer{Function: nn.Softmax}}
	if classes, err := (nn.Network{Input: fashion, Layers: split}).Classes(); classes != 10 || err != nil {
		t.Errorf("softmax in a layer of its own gives %d, %v", classes, err)
	}
}

func TestEqualLooksThroughDefaults(t *testing.T) {
	a := preset(t, "article")
	b := a.Clone()
	b.Name = "other"
	b.Layers[2] = nn.MaxPool{Size: 2, Stride: 2, Padding: nn.Valid}
	b.Layers[0] = nn.BatchNorm{Momentum: 0.99, Epsilon: 1e-3}
	if !a.Equal(b) {
		t.Error("written-out defaults make a difference")
	}
	if a.Layers[2] != (nn.MaxPool{Size: 2}) {
		t.Error("changing a clone changed the original")
	}
	b.Layers[3] = nn.Dropout{Rate: 0.3}
	if a.Equal(b) || a.Equal(nn.Network{}) {
		t.Error("different networks count as equal")
	}
}

func TestSummary(t *testing.T) {
	for _, name := range []string{"article", "residual"} {
		want, err := os.ReadFile(filepath.Join("testdata", name+".summary"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), preset(t, name).Summary()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	broken := nn.Network{Input: fashion, Layers: nn.Layers{nn.Dense{Units: 10}}}
	if got := broken.Summary(); !strings.Contains(got, "put Flatten before it") {
		t.Errorf("the summary of a network that does not fit says nothing about it:\n%s", got)
	}
}

func TestKerasLines(t *testing.T) {
	want := []string{
		"model = Sequential()",
		"model.add(Input(shape=(28, 28, 1)))",
		"model.add(BatchNormalization())",
		`model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))`,
		"model.add(MaxPooling2D((2, 2)))",
		"model.add(Dropout(0.25))",
		"model.add(BatchNormalization())",
		`model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))`,
		"model.add(MaxPooling2D((2, 2)))",
		"model.add(Dropout(0.25))",
		"model.add(Flatten())",
		`model.add(Dense(128, activation="relu"))`,
		"model.add(Dropout(0.5))",
		`model.add(Dense(10, activation="softmax"))`,
	}
	if diff := cmp.Diff(want, preset(t, "article").KerasLines()); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		layer nn.Layer
		want  string
	}{
		{nn.Conv2D{Filters: 8, Kernel: 5, Stride: 2, NoBias: true}, "Conv2D(8, (5, 5), strides=2, use_bias=False)"},
		{nn.DepthwiseConv2D{Kernel: 3}, "DepthwiseConv2D((3, 3))"},
		{nn.SeparableConv2D{Filters: 8, Kernel: 3, Padding: nn.Same}, `SeparableConv2D(8, (3, 3), padding="same")`},
		{nn.AveragePool{Size: 3, Stride: 1, Padding: nn.Same}, `AveragePooling2D((3, 3), strides=1, padding="same")`},
		{nn.GlobalAveragePool{}, "GlobalAveragePooling2D()"},
		{nn.BatchNorm{Momentum: 0.9, Epsilon: 1e-5}, "BatchNormalization(momentum=0.9, epsilon=1e-05)"},
		{nn.ActivationLayer{Function: nn.Tanh}, `Activation("tanh")`},
		{nn.Dense{Units: 4, NoBias: true}, "Dense(4, use_bias=False)"},
		{nn.Residual{Filters: 16, Stride: 2}, "Residual(16, strides=2)"},
	} {
		if got := nn.KerasCall(c.layer); got != c.want {
			t.Errorf("%+v is %s, want %s", c.layer, got, c.want)
		}
	}
}

func TestFLOPsAndMemory(t *testing.T) {
	// The convolutions and dense layers of the article's network take
	// 2·(28²·9·32 + 14²·288·32 + 1568·128 + 128·10) operations.
	got, err := preset(t, "article").FLOPs()
	if err != nil {
		t.Fatal(err)
	}
	products := int64(2 * (28*28*9*32 + 14*14*288*32 + 1568*128 + 1280))
	if got < products || got > products*11/10 {
		t.Errorf("%d operations, want %d and a little", got, products)
	}
	net := preset(t, "article")
	one, err := net.Memory(1)
	if err != nil {
		t.Fatal(err)
	}
	many, err := net.Memory(256)
	if err != nil || many <= one || one < 4*4*211_822 {
		t.Errorf("memory %d for 1 image, %d for 256, %v", one, many, err)
	}
}

func TestFansAreKeras(t *testing.T) {
	for _, c := range []struct {
		shape   []int
		in, out int
	}{
		{[]int{3, 3, 16, 32}, 144, 288},
		{[]int{784, 10}, 784, 10},
		{[]int{5}, 5, 5},
	} {
		in, out := nn.ParamSpec{Shape: c.shape}.Fans()
		if in != c.in || out != c.out {
			t.Errorf("%v has fans %d, %d, want %d, %d", c.shape, in, out, c.in, c.out)
		}
	}
}

func TestEveryKindStartsUsable(t *testing.T) {
	for _, kind := range nn.Kinds() {
		layer, err := nn.New(kind)
		if err != nil {
			t.Fatal(err)
		}
		in := fashion
		if kind == "dense" {
			in = nn.Vector(20)
		}
		if _, err := layer.Output(in); err != nil || layer.Kind() != kind {
			t.Errorf("a new %s is a %s and gives %v", kind, layer.Kind(), err)
		}
		if nn.KerasClass(layer) == kind {
			t.Errorf("%s has no class name", kind)
		}
	}
	if _, err := nn.New("conv3d"); err == nil || !strings.Contains(err.Error(), "conv2d") {
		t.Errorf("an unknown kind gives %v, want the known ones", err)
	}
}

func TestBadJSONIsPlaced(t *testing.T) {
	const head = `{"name":"x","input":[28,28,1],"layers":[{"kind":"flatten"},`
	for _, c := range []struct{ text, want string }{
		{`{`, "line 1: not valid JSON"},
		{"{\n\"name\": \"x\",\n\"input\": [28 28]}", "line 3: not valid JSON"},
		{`[]`, "network"},
		{`{"name":"x","imput":[28,28,1]}`, `unknown field "imput": the known ones are name, input and layers`},
		{`{"name":"x","input":[28,28],"layers":[]}`, "a shape has one number or three, not 2"},
		{`{"name":"x","input":"28","layers":[]}`, "a shape is a list like [28, 28, 1]"},
		{head + `{"kind":"dens"}]}`, `layers[1]: unknown kind of layer "dens": the known ones are conv2d`},
		{head + `{"units":10}]}`, "layers[1]: the layer has no kind"},
		{head + `{"kind":"dense","unit":10}]}`, `layers[1]: dense: unknown field "unit": the known ones are units, activation and no_bias`},
		{head + `{"kind":"flatten","size":1}]}`, `layers[1]: flatten: unknown field "size": it has no settings`},
		{head + `{"kind":"dense","units":"ten"}]}`, `layers[1]: dense: field "units" cannot be a string: it needs a value like 32`},
		{head + `{"kind":"dense","units":1.5}]}`, `layers[1]: dense: field "units"`},
		{head + `7]}`, "layers[1]: a layer is an object"},
		{head + `null]}`, "layers[1]: a layer is an object"},
		{`{"name":"x","input":[28,28,1],"layers":{}}`, "layers is not a list"},
		{`{"name":"x","input":[28,28,1],"layers":[{"kind":"dense","units":10}]}`, "put Flatten before it"},
	} {
		_, err := nn.Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v\nwant  %s", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range nn.Presets() {
		data, err := json.Marshal(p.Build(fashion, 10))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"input":[65536,65536,1],"layers":[{"kind":"conv2d","filters":65536,"kernel":1024,"padding":"same"}]}`))
	f.Add([]byte(`{"input":[1],"layers":[{"kind":"dense","units":65536},{"kind":"dense","units":65536}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		net, err := nn.Parse(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(net)
		if err != nil {
			t.Fatal(err)
		}
		back, err := nn.Parse(again)
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", again, err)
		}
		if !net.Equal(back) {
			t.Fatalf("%s reads as a different network", again)
		}
		if counts, err := net.Counts(); err != nil || counts.Total < 0 {
			t.Fatalf("counts %+v, %v", counts, err)
		}
		if flops, err := net.FLOPs(); err != nil || flops < 0 {
			t.Fatalf("%d operations, %v", flops, err)
		}
		net.Summary()
		net.KerasLines()
	})
}
