package figures_test

import (
	"bytes"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atelier/ml/dataset"
	"atelier/ml/figures"
	"atelier/ml/metrics"
)

// matrix is like that of the article's network after five epochs.
var matrix = metrics.Confusion{
	{790, 6, 18, 72, 5, 3, 86, 0, 20, 0},
	{4, 930, 15, 38, 5, 0, 6, 0, 2, 0},
	{12, 3, 680, 11, 190, 2, 88, 0, 14, 0},
	{38, 22, 11, 850, 40, 1, 33, 0, 5, 0},
	{1, 4, 110, 45, 745, 1, 83, 0, 11, 0},
	{0, 0, 0, 1, 0, 905, 0, 64, 7, 23},
	{210, 6, 142, 62, 130, 1, 419, 0, 30, 0},
	{0, 0, 0, 0, 0, 46, 0, 897, 0, 57},
	{4, 1, 10, 11, 4, 7, 21, 5, 937, 0},
	{0, 0, 0, 0, 0, 14, 1, 44, 2, 1000},
}

func losses() (batches, epochs []float64) {
	for i := range 3000 {
		x := float64(i)
		batches = append(batches, 2/(1+x/300)+0.25+0.15*math.Sin(1.7*x)*math.Sin(0.01*x))
	}
	for i := range 8 {
		epochs = append(epochs, 1.1/(1+float64(i))+0.3+0.02*max(0, float64(i-4)))
	}
	return batches, epochs
}

func accuracies() figures.Lines {
	train, val := []float64{0.49, 0.68, 0.73, 0.76, 0.78}, []float64{0.71, 0.77, 0.8, 0.82, 0.833}
	return figures.Lines{
		X: "Epoch", Y: "Accuracy", Whole: true, Percent: true,
		Series: []figures.Series{
			{Name: "Training", Y: train, Dashed: true, Dots: true},
			{Name: "Validation", Y: val, Colour: 1, Dots: true},
		},
		Marks: []figures.Mark{{X: 5, Text: "best: 5"}},
	}
}

func TestFiguresLookRight(t *testing.T) {
	batches, epochs := losses()
	confusion := figures.Confusion{Title: "Confusion matrix", Matrix: matrix, Classes: dataset.FashionClasses}
	ordered := confusion
	ordered.Percent, ordered.Order, ordered.Selected = true, matrix.Order(), &metrics.Pair{True: 6, Predicted: 0}
	calibration := metrics.Calibration{Bins: []metrics.Bin{
		{Low: 0, High: 0.2},
		{Low: 0.2, High: 0.4, Count: 20, Confidence: 0.33, Accuracy: 0.25},
		{Low: 0.4, High: 0.6, Count: 100, Confidence: 0.51, Accuracy: 0.45},
		{Low: 0.6, High: 0.8, Count: 250, Confidence: 0.7, Accuracy: 0.6},
		{Low: 0.8, High: 1, Count: 900, Confidence: 0.95, Accuracy: 0.9},
	}}
	rates := figures.Lines{
		Title: "Learning rate search", X: "Learning rate", Y: "Loss", LogX: true, LogY: true,
		Series: []figures.Series{{X: []float64{1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1}, Y: []float64{2.3, 2.2, 1.5, 0.8, 0.7, math.Inf(1)}}},
		Marks:  []figures.Mark{{X: 1e-2, Text: "suggested"}},
	}

	golden(t, "loss", figures.Lines{
		Title: "Loss", X: "Epoch", Y: "Loss", Whole: true,
		Series: []figures.Series{{Name: "Training", Y: epochs, Dots: true}},
		Marks:  []figures.Mark{{X: 5, Text: "best epoch"}},
	}, figures.Style{})
	golden(t, "loss_smoothed", figures.Lines{
		Title: "Loss", X: "Batch", Y: "Loss", Whole: true, Smoothing: 0.95,
		Series: []figures.Series{{Name: "Training", Y: batches}},
	}, figures.Style{})
	golden(t, "accuracy", accuracies(), figures.Style{})
	golden(t, "accuracy_presentation", accuracies(), figures.Style{Dark: true, Presentation: true})
	golden(t, "nothing_yet", figures.Lines{X: "Epoch", Y: "Loss", XRange: [2]float64{0, 5}, Whole: true}, figures.Style{})
	golden(t, "rates", rates, figures.Style{})
	golden(t, "confusion", confusion, figures.Style{})
	golden(t, "confusion_ordered", ordered, figures.Style{Dark: true})
	golden(t, "per_class", figures.PerClass(matrix.Report(), dataset.FashionClasses), figures.Style{})
	long := slices.Clone(dataset.FashionClasses)
	long[0] = "short-sleeved T-shirts and tops, from the summer catalogue of 2026"
	long[3] = "Überlanges Kleid mit sehr ausführlicher Beschreibung der Ärmel"
	longMatrix := confusion
	longMatrix.Classes = long
	golden(t, "per_class_long_names", figures.PerClass(matrix.Report(), long), figures.Style{})
	golden(t, "confusion_long_names", longMatrix, figures.Style{})
	golden(t, "balance", figures.Bars{
		X: "Pictures", Names: dataset.FashionClasses,
		Series: []figures.BarSeries{{Values: []float64{6000, 6000, 5800, 6000, 3000, 6000, 40, 6000, 6000, 6000}}},
	}, figures.Style{})
	golden(t, "calibration", figures.Reliability{Title: "Calibration", Calibration: calibration}, figures.Style{})
}

func TestAnUprightStandsWhereTheDataIs(t *testing.T) {
	axes := figures.Render(accuracies(), 700, 400, 1, figures.Style{}).Axes
	for _, epoch := range []float64{1, 2.5, 5} {
		x, top, bottom, inside := axes.Upright(epoch)
		back, _, _ := axes.At(x, (top+bottom)/2)
		if !inside || math.Abs(back-epoch) > 1e-6 || top >= bottom {
			t.Errorf("epoch %v: at %v from %v to %v, inside %v; there is epoch %v", epoch, x, top, bottom, inside, back)
		}
	}
	if _, _, _, inside := axes.Upright(7); inside {
		t.Error("there is no data of epoch 7")
	}
	if _, _, _, inside := (figures.Axes{}).Upright(1); inside {
		t.Error("there is data on a figure without axes")
	}
}

func TestAPlaceOnTheDrawingLeadsToTheData(t *testing.T) {
	_, epochs := losses()
	linear := figures.Lines{Series: []figures.Series{{Y: epochs}}}
	log := figures.Lines{LogX: true, LogY: true, Series: []figures.Series{{X: []float64{0.001, 1}, Y: []float64{10, 0.1}}}}
	for _, f := range []figures.Figure{linear, log} {
		axes := figures.Render(f, 700, 400, 1, figures.Style{}).Axes
		for _, want := range [][2]float64{{1, 0.5}, {0.9, 1.2}} {
			x, y := axes.Place(want[0], want[1])
			gotX, gotY, _ := axes.At(x, y)
			if _, _, inside := axes.At(0.001, 0.001); inside {
				t.Error("the corner of the drawing counts as data")
			}
			if x > 0 && x < 1 && y > 0 && y < 1 && (math.Abs(gotX-want[0]) > 1e-6 || math.Abs(gotY-want[1]) > 1e-6) && inside(axes, x, y) {
				t.Errorf("At(Place(%v)) = %v, %v", want, gotX, gotY)
			}
		}
	}
	axes := figures.Render(log, 700, 400, 2, figures.Style{}).Axes
	x, y := axes.Place(0.01, 1)
	gotX, gotY, ok := axes.At(x, y)
	if !ok || math.Abs(gotX-0.01) > 1e-9 || math.Abs(gotY-1) > 1e-9 {
		t.Errorf("At gives %v, %v, %v, want 0.01, 1, true", gotX, gotY, ok)
	}
}

func inside(a figures.Axes, x, y float64) bool {
	_, _, ok := a.At(x, y)
	return ok
}

func TestEveryCellOfTheMatrixIsFound(t *testing.T) {
	f := figures.Confusion{Matrix: matrix, Classes: dataset.FashionClasses, Order: matrix.Order()}
	axes := figures.Render(f, 600, 500, 1, figures.Style{}).Axes
	found := map[[2]int]bool{}
	for py := range 500 {
		for px := range 600 {
			dx, dy, ok := axes.At((float64(px)+0.5)/600, (float64(py)+0.5)/500)
			if !ok {
				continue
			}
			if class, predicted, ok := f.Cell(dx, dy); ok {
				found[[2]int{class, predicted}] = true
			}
		}
	}
	if len(found) != 100 {
		t.Errorf("%d of 100 cells can be clicked", len(found))
	}
	// The first row from the top and the first column belong to the first class
	// of the order.
	x, y := axes.Place(0.5, 9.5)
	dx, dy, _ := axes.At(x, y)
	if class, predicted, _ := f.Cell(dx, dy); class != f.Order[0] || predicted != f.Order[0] {
		t.Errorf("the top left cell is %d, %d, want class %d", class, predicted, f.Order[0])
	}
}

func TestSpikesSurviveThinning(t *testing.T) {
	y := make([]float64, 100_000)
	y[77_777] = 5
	f := figures.Lines{Series: []figures.Series{{Y: y}}}
	drawing := figures.Render(f, 800, 400, 1, figures.Style{Transparent: true})
	px, py := drawing.Axes.Place(77_778, 4)
	if !inked(drawing.Image, int(px*800), int(py*400)) {
		t.Error("the spike is not drawn")
	}
}

// inked reports whether something is drawn near a pixel.
func inked(img *image.RGBA, x, y int) bool {
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			if c := img.RGBAAt(x+dx, y+dy); c.A > 128 && c.B > c.R+40 {
				return true
			}
		}
	}
	return false
}

func TestFilesOfEveryFormat(t *testing.T) {
	dir := t.TempDir()
	for format, start := range map[string]string{"png": "\x89PNG", "svg": "<?xml", "pdf": "%PDF-"} {
		path := filepath.Join(dir, "accuracy."+strings.ToUpper(format))
		if err := figures.Save(path, accuracies(), figures.Style{}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte(start)) {
			t.Errorf("the %s file starts with %q", format, data[:min(8, len(data))])
		}
	}
	err := figures.Save(filepath.Join(dir, "accuracy.gif"), accuracies(), figures.Style{})
	if err == nil || !strings.Contains(err.Error(), ".svg") {
		t.Errorf("a .gif gives %v, want an error that names the formats", err)
	}
}

func TestOddDataDrawsWithoutPanic(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	odd := []figures.Figure{
		figures.Lines{Series: []figures.Series{{Y: []float64{nan, inf, -inf}}}},
		figures.Lines{Series: []figures.Series{{Y: []float64{3}}}, Percent: true},
		figures.Lines{Series: []figures.Series{{Y: []float64{2, 2, 2}}}, LogY: true, Percent: true},
		figures.Lines{Series: []figures.Series{{X: []float64{1}, Y: []float64{1, 2}}}, Smoothing: 1},
		figures.Lines{Series: []figures.Series{{Y: []float64{-1, 0, 1e300}}}, LogX: true, LogY: true},
		figures.Lines{Series: []figures.Series{{Y: []float64{-1e300, 1e300}}}, Whole: true},
		figures.Confusion{},
		figures.Confusion{Matrix: metrics.Confusion{{0, 0}, {0, 0}}, Percent: true, Order: []int{1}},
		figures.Bars{},
		figures.Bars{Names: []string{"a"}, Series: []figures.BarSeries{{Values: []float64{nan, 1}}, {}}},
		figures.Reliability{},
	}
	for i, f := range odd {
		for _, size := range [][2]int{{0, 0}, {1, 1}, {30, 20}, {400, 300}} {
			if img := figures.Render(f, size[0], size[1], 0, figures.Style{}).Image; img == nil {
				t.Errorf("figure %d gives no picture", i)
			}
		}
	}
}
