package evaluate

import (
	"image/png"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"atelier/app/look"
	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// newTestTab returns a tab on the built-in pictures.
func newTestTab(t *testing.T) (*Tab, fyne.Window) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(look.Light, false))
	s := studio.New(studio.Config{Folder: t.TempDir()})
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	s.SetData(data)
	w := a.NewWindow("")
	tab := New(s, w)
	w.SetContent(tab.Content())
	w.Resize(fyne.NewSize(1280, 720))
	return tab, w
}

// guess makes up answers that are right about four times in five and confuse
// neighbouring classes.
func guess(t *testing.T, d *dataset.Data, seed uint64) *verdict {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	classes := len(d.Classes)
	probs := make([]float32, d.Test.Len()*classes)
	for i := range d.Test.Len() {
		row := probs[i*classes : (i+1)*classes]
		says := d.Test.Label(i)
		if rng.IntN(5) == 0 {
			says = (says + 2*rng.IntN(3)) % classes
		}
		sure := 0.5 + 0.5*rng.Float32()
		for c := range row {
			row[c] = (1 - sure) / float32(classes-1)
		}
		row[says] = sure
	}
	p, err := metrics.New(probs, d.Test.Labels, classes)
	if err != nil {
		t.Fatal(err)
	}
	n := nn.Presets()[0].Build(nn.Shape{H: 28, W: 28, C: 1}, classes)
	return &verdict{
		Model: &studio.Model{Name: "The article's network", Model: &modelfile.Model{Network: n, Classes: d.Classes}},
		Data:  d, Predictions: p, Summary: p.Summary(),
	}
}

func TestShots(t *testing.T) {
	tab, w := newTestTab(t)
	v := guess(t, tab.studio.Data(), 1)
	tab.studio.SetModel(v.Model)
	tab.show(v)
	tab.confusion.matrix.Pick(2, 4)
	tab.confusion.shelf.grid.Go(1)
	for i, name := range []string{"confusion", "classes", "calibration", "pictures"} {
		tab.sections.SelectIndex(i)
		time.Sleep(300 * time.Millisecond)
		f, _ := os.Create("/tmp/train/" + name + ".png")
		png.Encode(f, w.Canvas().Capture())
		f.Close()
	}
}
