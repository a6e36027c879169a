package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/report"
)

// trained returns a model trained for a moment on the sample, and what it says
// about the sample's test pictures.
var trained = sync.OnceValues(func() (report.Report, error) {
	data, err := dataset.Sample()
	if err != nil {
		return report.Report{}, err
	}
	preset, err := nn.PresetByName("logistic")
	if err != nil {
		return report.Report{}, err
	}
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.LearningRate, recipe.Share = 3, 0.05, 0.5
	recipe.Optimizer = engine.Optimizer{Name: engine.SGD, Momentum: 0.9, Nesterov: true}
	recipe.Augment.Flip = true
	job := fit.Job{Network: preset.Build(nn.Shape{H: 28, W: 28, C: 1}, 10), Recipe: recipe, Data: data}
	var weights engine.Weights
	run, err := fit.Train(context.Background(), job, nil, func(e fit.Event) {
		if done, ok := e.(fit.Finished); ok {
			weights = done.Weights
		}
	})
	if err != nil {
		return report.Report{}, err
	}
	recipeJSON, err := json.Marshal(recipe)
	if err != nil {
		return report.Report{}, err
	}
	historyJSON, err := json.Marshal(run.History)
	if err != nil {
		return report.Report{}, err
	}
	predictor, err := engine.NewPredictor(job.Network, weights, engine.Options{})
	if err != nil {
		return report.Report{}, err
	}
	defer predictor.Close()
	probs, err := fit.Probabilities(context.Background(), predictor, data.Test, nil, 10, nil)
	if err != nil {
		return report.Report{}, err
	}
	predictions, err := metrics.New(probs, data.Test.Labels, 10)
	if err != nil {
		return report.Report{}, err
	}
	return report.Report{
		Model:       &modelfile.Model{Network: job.Network, Weights: weights, Classes: data.Classes, Recipe: recipeJSON, History: historyJSON},
		Data:        data,
		Predictions: predictions,
		Created:     time.Date(2025, 3, 1, 14, 30, 0, 0, time.UTC),
	}, nil
})

// sample returns a copy whose model may be changed.
func sample(t *testing.T) report.Report {
	t.Helper()
	r, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	model := *r.Model
	model.Network = model.Network.Clone()
	model.Classes = append([]string(nil), model.Classes...)
	r.Model = &model
	return r
}

func page(t *testing.T, r report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLTellsEverything(t *testing.T) {
	r := sample(t)
	got := page(t, r)
	s := r.Predictions.Summary()
	for _, want := range []string{
		"Model “logistic”", "1 March 2025, 14:30",
		"small sample", // the data
		"7,850 parameters", `Dense(10, activation=&#34;softmax&#34;)`,
		"sgd (momentum 0.9, nesterov)", "flip", "<td>Seed</td>",
		"Validation accuracy", "expected calibration error",
		"The hardest pictures", "taken for", "--preset logistic --recipe recipe.json",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	accuracy := regexp.MustCompile(`accuracy of ([0-9.]+) %`).FindStringSubmatch(got)
	if accuracy == nil || !strings.Contains(accuracy[1], strings.TrimRight(strings.TrimRight(jsonNumber(100*s.Accuracy), "0"), ".")) {
		t.Errorf("the page says the accuracy is %v, and it is %v", accuracy, s.Accuracy)
	}
	for _, class := range r.Model.Classes {
		if !strings.Contains(got, "<td>"+class+"</td>") {
			t.Errorf("the page has no row for %s", class)
		}
	}
	if n := strings.Count(got, "data:image/png;base64,"); n != 48 {
		t.Errorf("%d pictures are shown, want 48", n)
	}
	if n := strings.Count(got, "<svg"); n != 5 {
		t.Errorf("%d figures are shown, want 5", n)
	}
}

func jsonNumber(x float64) string {
	data, _ := json.Marshal(x)
	return string(data)
}

func TestHTMLNeedsNothingBesideIt(t *testing.T) {
	for _, outside := range regexp.MustCompile(`(src|href|url)\s*[=(]\s*["']?([^"')\s]+)`).FindAllStringSubmatch(page(t, sample(t)), -1) {
		if !strings.HasPrefix(outside[2], "data:") && !strings.HasPrefix(outside[2], "#") {
			t.Errorf("the page refers to %s", outside[2])
		}
	}
}

func TestNamesCannotBreakThePage(t *testing.T) {
	r := sample(t)
	r.Model.Classes[6] = `<script>alert("x")</script>`
	r.Model.Network.Name = `</title><b>`
	got := page(t, r)
	if strings.Contains(got, "<script>") || strings.Contains(got, "</title><b>") {
		t.Error("a name became part of the page's code")
	}
	if !strings.Contains(got, "&lt;script&gt;") {
		t.Error("the class's name is not shown")
	}
}

var pre = regexp.MustCompile(`(?s)<strong>([^<]*)</strong></p>\s*<pre>(.*?)</pre>`)

func TestWhatIsToBeCopiedCanBeUsed(t *testing.T) {
	r := sample(t)
	r.Model.Network.Layers[1] = nn.Dense{Units: 10, Activation: nn.Softmax, NoBias: true} // no preset any more
	var err error
	if r.Model.Weights, err = engine.NewWeights(r.Model.Network, 1); err != nil {
		t.Fatal(err)
	}
	copied := map[string]string{}
	for _, block := range pre.FindAllStringSubmatch(page(t, r), -1) {
		copied[block[1]] = html.UnescapeString(block[2])
	}
	network, err := nn.Parse([]byte(copied["network.json"]))
	if err != nil || !network.Equal(r.Model.Network) {
		t.Errorf("network.json reads as %+v, %v", network, err)
	}
	recipe, err := fit.ParseRecipe([]byte(copied["recipe.json"]))
	if err != nil {
		t.Error(err)
	}
	again, err := json.Marshal(recipe)
	if err != nil || string(again) != string(r.Model.Recipe) {
		t.Errorf("recipe.json reads as %s, want %s", again, r.Model.Recipe)
	}
	if !strings.Contains(copied["commands"], "--network network.json") {
		t.Errorf("the commands are %q", copied["commands"])
	}
}

func TestAModelWithoutAPast(t *testing.T) {
	r := sample(t)
	r.Model.Recipe, r.Model.History = nil, nil
	got := page(t, r)
	for _, unwanted := range []string{"<h2>Recipe", "<h2>Training", "<h2>Do it again"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("the page of a model of unknown training has %q", unwanted)
		}
	}
}

func TestPDF(t *testing.T) {
	r := sample(t)
	var got bytes.Buffer
	if err := r.PDF(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(got.Bytes(), []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(got.Bytes()), []byte("%%EOF")) {
		t.Error("it is not a PDF")
	}
	if pages := len(regexp.MustCompile(`/Type /Page\b[^s]`).FindAll(got.Bytes(), -1)); pages < 4 || pages > 12 {
		t.Errorf("%d pages", pages)
	}
	if size := got.Len(); size > 3<<20 {
		t.Errorf("the PDF takes %d bytes", size)
	}
}

func TestSave(t *testing.T) {
	r, dir := sample(t), t.TempDir()
	for _, name := range []string{"a.html", "a.HTM", "a.pdf"} {
		if err := r.Save(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if err := r.Save(filepath.Join(dir, "a.doc")); err == nil || !strings.Contains(err.Error(), ".pdf") {
		t.Errorf("a.doc gives %v", err)
	}

	before, err := os.ReadFile(filepath.Join(dir, "a.html"))
	if err != nil {
		t.Fatal(err)
	}
	r.Predictions.Labels = r.Predictions.Labels[:10]
	if err := r.Save(filepath.Join(dir, "a.html")); err == nil || !strings.Contains(err.Error(), "evaluate the model again") {
		t.Errorf("predictions for other pictures give %v", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "a.html"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("a failure changed the report (%v)", err)
	}
}

func TestCSV(t *testing.T) {
	var b strings.Builder
	err := report.WriteHistory(&b, []fit.Epoch{
		{Epoch: 1, Loss: 0.5, Accuracy: 0.1, LearningRate: 0.01},
		{Epoch: 2, Loss: 1.0 / 3, Accuracy: 0.9, Validated: true, ValLoss: 0.25, ValAccuracy: 0.875, LearningRate: 0.001, Seconds: 2.5, ImagesPerSecond: 1000},
	})
	want := "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second\n" +
		"1,0.5,0.1,,,0.01,,\n" +
		"2,0.3333333333333333,0.9,0.25,0.875,0.001,2.5,1000\n"
	if err != nil || b.String() != want {
		t.Errorf("history:\n%s\n%v", b.String(), err)
	}

	b.Reset()
	err = report.WritePerClass(&b, metrics.Confusion{{3, 1}, {0, 4}}.Report(), []string{`Hemd, "weiß"`, "Hose"})
	want = "class,precision,recall,f1,support\n" +
		`"Hemd, ""weiß""",1,0.75,0.8571428571428571,4` + "\nHose,0.8,1,0.8888888888888888,4\n"
	if err != nil || b.String() != want {
		t.Errorf("per class:\n%s\n%v", b.String(), err)
	}
}
