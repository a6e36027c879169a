package classify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"atelier/app/look"
	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/vision"
)

func TestCorrectionIsKeptAndTaught(t *testing.T) {
	folder := t.TempDir()
	b := newBenchWith(t, folder, look.New(look.Dark, false))
	b.answered(func() { b.draw.pad.Draw(templates()[8].lines[0]) })
	b.answer.below.SelectIndex(2)
	b.shot("correct-it")
	b.teach.keep("Bag")
	b.queue.Run()
	if len(b.taught.all) != 1 || b.taught.all[0].Class != "Bag" {
		t.Fatalf("kept %+v", b.taught.all)
	}

	// The next session finds it.
	b = newBenchWith(t, folder, look.New(look.Light, false))
	if len(b.taught.all) != 1 || b.taught.all[0].pixels == (vision.Pixels{}) {
		t.Fatalf("found %+v", b.taught.all)
	}
	b.sections.SelectIndex(3)
	b.answered(func() { b.taught.grid.Go(0) })
	b.shot("corrections")

	b.taught.epochs.SetSelected("1 epoch")
	b.taught.start()
	b.until("the lesson", func() bool { return b.taught.job == nil && len(b.log.with(`"taught"`)) == 1 })
	b.shot("taught")
	t.Log(b.log.with(`"taught"`)[0])
	runs, err := fit.Runs{Dir: b.studio.RunsDir()}.List()
	if err != nil || len(runs) != 1 || !strings.Contains(runs[0].Name, "1 correction") {
		t.Fatalf("runs %v, %v", runs, err)
	}
}

func TestTeachingImproves(t *testing.T) {
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	// Pictures upside down are new to the network.
	own := data.Test.Subset([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	slices.Reverse(own.Images)
	slices.Reverse(own.Labels)
	l, err := fineTune(t.Context(), &studio.Model{Model: m, Name: "x"}, data, own, 3, fit.Runs{Dir: t.TempDir()}, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if l.after.corrections <= l.before.corrections {
		t.Errorf("right answers to the corrections went from %.2f to %.2f", l.before.corrections, l.after.corrections)
	}
	if l.after.test < l.before.test-0.1 {
		t.Errorf("right answers to the test pictures went from %.2f to %.2f", l.before.test, l.after.test)
	}
}

func TestCorrectionsSurviveDamage(t *testing.T) {
	c := corrections{filepath.Join(t.TempDir(), "corrections")}
	for i, class := range []string{"Bag", "Coat"} {
		x := correction{Name: "drawing", Class: class, Time: time.Unix(int64(i), 0)}
		x.pixels[7] = 9
		if err := c.add(x); err != nil {
			t.Fatal(err)
		}
	}
	all, err := c.load()
	if err != nil || len(all) != 2 || all[1].Class != "Coat" || all[1].pixels[7] != 9 {
		t.Fatalf("read %+v, %v", all, err)
	}
	if err := os.WriteFile(c.picture(all[0].ID), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	rest, err := c.load()
	if len(rest) != 1 || err == nil || !strings.Contains(err.Error(), all[0].ID) {
		t.Errorf("with a damaged picture: %d left, error %v", len(rest), err)
	}
	if err := c.reclass("Dress", all[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := c.remove(all[0].ID); err != nil {
		t.Fatal(err)
	}
	rest, err = c.load()
	if err != nil || len(rest) != 1 || rest[0].Class != "Dress" {
		t.Errorf("left %+v, %v", rest, err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, correctionsFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := c.add(correction{}); err == nil || !strings.Contains(err.Error(), correctionsFile) {
		t.Errorf("adding to a damaged list: %v", err)
	}
}

// untrained is a model with convolutions.
func untrained(t *testing.T) *studio.Model {
	t.Helper()
	network := nn.Network{Name: "tiny", Input: nn.Shape{H: 28, W: 28, C: 1}, Layers: nn.Layers{
		nn.Conv2D{Filters: 4, Kernel: 3, Stride: 2, Padding: nn.Same, Activation: nn.ReLU},
		nn.Flatten{},
		nn.Dense{Units: 10, Activation: nn.Softmax},
	}}
	w, err := engine.NewWeights(network, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &studio.Model{Name: "Untrained", Model: &modelfile.Model{Network: network, Weights: w, Classes: dataset.FashionClasses}}
}

func TestWhy(t *testing.T) {
	b := newBench(t)
	b.answer.below.SelectIndex(1)
	b.answered(func() { b.draw.pad.Draw(templates()[1].lines[0]) })
	b.until("a word on networks without convolutions", func() bool { return strings.Contains(b.why.words.Text, "convolution") })
	b.answered(func() { b.studio.SetModel(untrained(t)) })
	b.until("the heat", func() bool { return b.why.heat.Image() != nil })
	b.why.makeIndex()
	b.until("neighbours", func() bool { return len(b.why.shown) == neighbourCount })
	b.shot("why")
	b.answer.columns[0].bars.OnTapped(4)
	b.until("the heat of another class", func() bool { return strings.Contains(b.why.words.Text, "Coat") })
}

func TestCompareTwoModels(t *testing.T) {
	b := newBench(t)
	b.compareWith(untrained(t))
	b.answered(func() { b.draw.pad.Draw(templates()[3].lines[0]) })
	b.queue.Run()
	b.until("both models", func() bool { return len(b.models.second.Options) == 3 && b.models.second.Selected == "Untrained" })
	b.shot("compare")
	if got := b.answer.columns[1].model.Text; got != "Untrained" {
		t.Errorf("the second column is that of %q", got)
	}
	b.models.second.SetSelected(noModel)
	if len(b.answer.bars.Objects) != 1 {
		t.Error("the second column is still there")
	}
}

// A run of one's own learns to tell what is not a garment once it is asked.
func TestRunsLearnToRefuse(t *testing.T) {
	b := newBench(t)
	data := b.studio.Data()
	m, err := trained()
	if err != nil {
		t.Fatal(err)
	}
	recipe := fit.DefaultRecipe()
	recipe.Epochs, recipe.Batch = 1, 256
	runs := fit.Runs{Dir: b.studio.RunsDir()}
	id, err := runs.New("own", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	job := fit.Job{Name: "own", Network: m.Network, Recipe: recipe, Data: data, Dir: runs.Path(id)}
	if _, err := fit.Train(t.Context(), job, nil, func(fit.Event) {}); err != nil {
		t.Fatal(err)
	}
	own, err := runs.Model(id)
	if err != nil {
		t.Fatal(err)
	}
	b.answered(func() { b.draw.pad.Draw(templates()[1].lines[0]) })
	if says := b.answer.columns[0].text.Text; !strings.Contains(says, noRefusal) {
		t.Errorf("of a model from a file, the answer says %q", says)
	}
	b.studio.SetModel(&studio.Model{Model: own, Name: "own", Path: runs.Path(id)})
	b.until("the rule", func() bool {
		return b.model().Refusal != nil && !strings.Contains(b.answer.columns[0].text.Text, noRefusal)
	})
}
