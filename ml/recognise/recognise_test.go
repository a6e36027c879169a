package recognise_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/recognise"
	"atelier/ml/vision"
	"atelier/ml/vision/visiontest"
)

var bundled = sync.OnceValues(func() (*recognise.Recogniser, error) {
	model, err := recognise.Bundled()
	if err != nil {
		return nil, err
	}
	return recognise.New(model, recognise.Options{})
})

func recogniser(t testing.TB) *recognise.Recogniser {
	t.Helper()
	r, err := bundled()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDrawingsAreRecognised(t *testing.T) {
	r := recogniser(t)
	right, refused, n := 0, 0, 0
	for class := range 10 {
		for _, style := range visiontest.Styles() {
			a, err := r.Picture(t.Context(), visiontest.Drawing(class, style, 1), vision.Auto)
			if err != nil {
				t.Fatal(err)
			}
			n++
			if !a.Unknown && a.Class == class {
				right++
			}
			if a.Unknown {
				refused++
			}
		}
	}
	t.Logf("of %d drawings %d are recognised and %d refused", n, right, refused)
	if right*100 < n*85 || refused*100 > n*10 {
		t.Errorf("of %d drawings %d are recognised and %d refused", n, right, refused)
	}
}

func TestFinePensOnLargePagesAreRead(t *testing.T) {
	r := recogniser(t)
	black, pencil := color.Gray{Y: 0}, color.Gray{Y: 120}
	for _, page := range []struct {
		w, h int
		pen  float64
		tone color.Gray
	}{
		{1400, 1000, 1, pencil},
		{2000, 1500, 1, black},
		{2000, 1500, 2, pencil},
		{3000, 2200, 1, black},
		{3000, 2200, 1, pencil},
		{2200, 3000, 2, black},
	} {
		same, known, n := 0, 0, 0
		for class := range 10 {
			answer := func(w, h int, pen float64, tone color.Gray) recognise.Answer {
				t.Helper()
				a, err := r.Picture(t.Context(), visiontest.PenDrawing(class, 7, w, h, pen, tone), vision.Auto)
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			usual := answer(512*page.w/page.h, 512, 6, black)
			if usual.Unknown {
				continue
			}
			fine := answer(page.w, page.h, page.pen, page.tone)
			n++
			if fine.Class == usual.Class {
				same++
			}
			if !fine.Unknown {
				known++
			}
		}
		if n < 6 || same < n-1 || known < n-1 {
			t.Errorf("a pen of %v pixels and tone %d on %d×%d: of %d drawings %d are answered as those of a usual pen and %d known",
				page.pen, page.tone.Y, page.w, page.h, n, same, known)
		}
	}
}

func TestOtherThingsAreRefused(t *testing.T) {
	r := recogniser(t)
	refused, n := 0, 0
	for _, kind := range visiontest.Others() {
		for seed := range uint64(6) {
			a, err := r.Picture(t.Context(), visiontest.NotGarment(kind, seed), vision.Auto)
			if err != nil {
				t.Fatal(err)
			}
			n++
			if a.Unknown {
				refused++
				if a.Why == "" {
					t.Errorf("%s %d is refused without a reason", kind, seed)
				}
			}
		}
	}
	t.Logf("of %d pictures %d are refused", n, refused)
	if refused*100 < n*80 {
		t.Errorf("of %d pictures that show no garment only %d are refused", n, refused)
	}
}

func TestFacesAndHousesAreCalledSo(t *testing.T) {
	r := recogniser(t)
	for kind, word := range map[visiontest.Other]string{visiontest.Face: "face", visiontest.House: "house"} {
		named := 0
		for seed := range uint64(10) {
			a, err := r.Picture(t.Context(), visiontest.NotGarment(kind, 50+seed), vision.Auto)
			if err != nil {
				t.Fatal(err)
			}
			if a.Unknown && strings.Contains(a.Why, word) {
				named++
			}
		}
		if named < 6 {
			t.Errorf("%d of 10 drawings of a %s are called so", named, word)
		}
	}
	for class := range 10 {
		for _, style := range visiontest.Styles() {
			p, err := vision.Prepare(visiontest.Drawing(class, style, 60), vision.Auto)
			if err != nil {
				t.Fatal(err)
			}
			if p.Doodle != "" {
				t.Errorf("class %d drawn as %s is called %s", class, style, p.Doodle)
			}
		}
	}
}

func TestRealGarmentsAreKnown(t *testing.T) {
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	r := recogniser(t)
	right, refused := 0, 0
	for i := range data.Test.Len() {
		img := &image.Gray{Pix: data.Test.Image(i), Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
		a, err := r.Picture(t.Context(), img, vision.MNIST)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Unknown && a.Class == data.Test.Label(i) {
			right++
		}
		if a.Unknown {
			refused++
		}
	}
	t.Logf("of %d test pictures %d are recognised and %d refused", data.Test.Len(), right, refused)
	if right*100 < data.Test.Len()*90 || refused*100 > data.Test.Len()*5 {
		t.Errorf("of %d test pictures %d are recognised and %d refused", data.Test.Len(), right, refused)
	}
}

func TestAnswersAddUp(t *testing.T) {
	r := recogniser(t)
	a, err := r.Drawing(t.Context(), visiontest.Drawing(1, visiontest.Outline, 2))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for c, p := range a.Probabilities {
		sum += p
		if p > a.Probability {
			t.Errorf("class %d is more probable than the answer", c)
		}
	}
	if math.Abs(sum-1) > 1e-4 || a.Probability != a.Probabilities[a.Class] || a.Class == a.RunnerUp {
		t.Errorf("probabilities sum to %v, answer %d with %v, then %d", sum, a.Class, a.Probability, a.RunnerUp)
	}
	if a.Name != r.Model().Classes[a.Class] || a.Kind != vision.Sketch || len(a.Steps) < 3 || a.Readings < 4 {
		t.Errorf("name %q, kind %s, %d steps, %d readings", a.Name, a.Kind, len(a.Steps), a.Readings)
	}
	empty, err := r.Drawing(t.Context(), visiontest.NotGarment(visiontest.Empty, 1))
	if err != nil || !empty.Unknown || empty.Why == "" {
		t.Errorf("an empty pad gives %v, %q, %v", empty.Unknown, empty.Why, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Drawing(ctx, visiontest.Drawing(1, visiontest.Outline, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled question gives %v", err)
	}
}

func TestWhatThePreparationKnowsCounts(t *testing.T) {
	ask := func(p vision.Result) []float64 {
		t.Helper()
		a, err := recogniser(t).Prepared(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return a.Probabilities
	}
	p, err := vision.Prepare(visiontest.Drawing(6, visiontest.Outline, 3), vision.Sketch)
	if err != nil {
		t.Fatal(err)
	}
	odds := func(front vision.Front) float64 {
		p.Front = front
		probabilities := ask(p)
		return (probabilities[4] + probabilities[6]) / (probabilities[0] + probabilities[2] + probabilities[3])
	}
	plain, unknown, open := odds(vision.FrontPlain), odds(vision.FrontUnknown), odds(vision.FrontOpen)
	if plain >= unknown || unknown >= open {
		t.Errorf("odds of a coat or shirt: %v with a plain front, %v without knowing, %v with one that opens", plain, unknown, open)
	}
	p.Front, p.Kind, p.Everyday, p.Opens = vision.FrontUnknown, vision.Photo, true, -1
	closed := odds(vision.FrontUnknown)
	p.Opens = 1
	if opens := odds(vision.FrontUnknown); opens < 2*closed {
		t.Errorf("odds of a coat or shirt: %v with a photographed front that opens, %v without", opens, closed)
	}
	p.Opens, p.LongSleeves = 0, false
	short := ask(p)
	p.LongSleeves = true
	if long := ask(p); long[0] > short[0]/2 || long[8] > short[8]/2 {
		t.Errorf("probabilities with long sleeves %v, without %v", long, short)
	}
	p.Everyday, p.Footwear = false, true
	shoes := ask(p)
	if sum := shoes[5] + shoes[7] + shoes[9]; math.Abs(sum-1) > 1e-6 {
		t.Errorf("one of a pair is footwear with probability %v", sum)
	}
}

func TestFilesAreAnsweredInOrder(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.png", "b.png", "sub/c.png", "z.png"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, visiontest.Drawing(i, visiontest.DarkFill, 1)); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{"notes.txt": "text", ".hidden.png": "no", "b-bad.png": "not a picture", "phone.HEIC": "\x00\x00\x00\x18ftypheic"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := recognise.Walk([]string{dir, filepath.Join(dir, "none.png")})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	if diff := cmp.Diff([]string{"a.png", "b-bad.png", "b.png", "phone.HEIC", "c.png", "z.png", "none.png"}, names); diff != "" {
		t.Fatal(diff)
	}
	next := 0
	err = recogniser(t).Files(t.Context(), paths, vision.Auto, func(i int, a recognise.Answer, err error) {
		if i != next {
			t.Errorf("answer %d came when %d was due", i, next)
		}
		next++
		if bad := i == 1 || i == 3 || i == 6; bad != (err != nil) || !bad && a.Name == "" {
			t.Errorf("%s: %v", names[i], err)
		}
	})
	if err != nil || next != len(paths) {
		t.Errorf("%d of %d answers, %v", next, len(paths), err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	err = recogniser(t).Files(ctx, paths, vision.Auto, func(int, recognise.Answer, error) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled walk gives %v", err)
	}
	empty := t.TempDir()
	if _, err := recognise.Walk([]string{empty}); err == nil {
		t.Error("a folder without pictures gives no error")
	}
}

func TestAnyModelOfThePicturesSizeWorks(t *testing.T) {
	network := nn.Network{Name: "own", Input: nn.Shape{H: 28, W: 28, C: 1}, Layers: nn.Layers{
		nn.Flatten{}, nn.Dense{Units: 3, Activation: nn.Softmax},
	}}
	weights, err := engine.NewWeights(network, 1)
	if err != nil {
		t.Fatal(err)
	}
	model := &modelfile.Model{Network: network, Weights: weights, Classes: []string{"cup", "plate", "fork"}}
	r, err := recognise.New(model, recognise.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a, err := r.Picture(t.Context(), visiontest.Drawing(0, visiontest.Outline, 1), vision.Auto)
	if err != nil || a.Unknown || len(a.Probabilities) != 3 {
		t.Errorf("answer %+v, %v", a.Probabilities, err)
	}
	wide := *model
	wide.Network.Input = nn.Shape{H: 14, W: 14, C: 1}
	if _, err := recognise.New(&wide, recognise.Options{}); err == nil {
		t.Error("a model for other pictures is accepted")
	}

	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]uint8, 300)
	for i := range labels {
		labels[i] = uint8(i % 3)
	}
	set := &dataset.Set{H: 28, W: 28, Images: data.Train.Images[:300*784], Labels: labels}
	calibrated, err := recognise.Calibrate(t.Context(), model, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	if calibrated.Temperature <= 0 || calibrated.Refusal == nil || model.Refusal != nil {
		t.Errorf("temperature %v, refusal %s; the original's %s", calibrated.Temperature, calibrated.Refusal, model.Refusal)
	}
	path := filepath.Join(t.TempDir(), "own.safetensors")
	if err := calibrated.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := modelfile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := recognise.New(loaded, recognise.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	refused := 0
	for i := range 300 {
		var pixels vision.Pixels
		copy(pixels[:], set.Image(i))
		a, err := again.Prepared(t.Context(), vision.Result{Pixels: pixels, Kind: vision.MNIST})
		if err != nil {
			t.Fatal(err)
		}
		if a.Unknown {
			refused++
		}
	}
	if refused > 15 {
		t.Errorf("%d of the 300 pictures it was calibrated by are refused", refused)
	}
	few := &dataset.Set{H: 28, W: 28, Images: set.Images[:784], Labels: labels[:1]}
	if _, err := recognise.Calibrate(t.Context(), model, few, nil); !errors.Is(err, recognise.ErrCannotCalibrate) {
		t.Errorf("one picture gives %v", err)
	}
}

func TestAModelIsAskedAboutWhatItLearned(t *testing.T) {
	bundled := recogniser(t).Model()
	var pixels vision.Pixels
	for i := range pixels {
		pixels[i] = byte(i % 251)
	}
	for _, c := range []struct {
		recipe   string
		readings int
	}{
		{``, 1},
		{`{"augment": {"erasing": 0.5}}`, 1},
		{`{"augment": {"flip": true}}`, 2},
		{`{"augment": {"shift": 1}}`, 3},
		{`{"augment": {"shift": 2, "flip": true}}`, 6},
	} {
		model := *bundled
		model.Recipe = []byte(c.recipe)
		if c.recipe == "" {
			model.Recipe = nil
		}
		r, err := recognise.New(&model, recognise.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		a, err := r.Prepared(t.Context(), vision.Result{Pixels: pixels, Kind: vision.MNIST})
		if err != nil || a.Readings != c.readings {
			t.Errorf("recipe %s: %d readings of a picture of the dataset's kind, want %d; %v", c.recipe, a.Readings, c.readings, err)
		}
		if a, err := r.Prepared(t.Context(), vision.Result{Pixels: pixels, Kind: vision.Photo}); err != nil || a.Readings < 2 {
			t.Errorf("recipe %s: %d readings of a photograph that is read in one way only, %v", c.recipe, a.Readings, err)
		}
		drawing, err := r.Drawing(t.Context(), visiontest.Drawing(9, visiontest.Outline, 1))
		if err != nil || drawing.Name != "Ankle boot" {
			t.Errorf("recipe %s: a drawn boot is taken for %s, %v", c.recipe, drawing.Name, err)
		}
	}
	model := *bundled
	model.Recipe = []byte("{")
	if _, err := recognise.New(&model, recognise.Options{}); err == nil {
		t.Error("a broken recipe gives no error")
	}
}
