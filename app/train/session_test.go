package train

import (
	"strings"
	"testing"

	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// quickSetup trains a small network on a part of the pictures in a moment.
func quickSetup(t *Tab) setup {
	in, classes := t.shape()
	s := setup{Network: nn.Network{Name: "tiny", Input: in, Layers: nn.Layers{
		nn.Conv2D{Filters: 4, Kernel: 3, Stride: 2, Activation: nn.ReLU},
		nn.Flatten{},
		nn.Dense{Units: classes, Activation: nn.Softmax},
	}}, Recipe: fit.DefaultRecipe()}
	s.Recipe.Epochs, s.Recipe.Batch, s.Recipe.Share, s.Recipe.LearningRate = 2, 64, 0.2, 0.05
	return s
}

func TestTrainingShowsItsProgressAndLeavesAModel(t *testing.T) {
	tab, _, pump := newTestTab(t)
	tab.edit.Replace(quickSetup(tab))
	tab.Train()
	if !tab.session.View().running() {
		t.Fatal("nothing runs after Train")
	}
	pump(func() bool { return tab.session.View().Phase == ended && tab.panel.phase == ended })

	v := tab.session.View()
	if v.Err != nil {
		t.Fatal(v.Err)
	}
	if len(v.Run.History) != 2 || v.Run.Status != fit.StatusFinished {
		t.Fatalf("run ended as %s after %d epochs", v.Run.Status, len(v.Run.History))
	}
	if want := 2 * 15; len(v.Points) != want { // 6000 · 0.2 · 0.8 / 64
		t.Errorf("%d batches are on the curves, want %d", len(v.Points), want)
	}
	if v.Progress.Run != 1 {
		t.Errorf("the run's bar ends at %v", v.Progress.Run)
	}
	log := strings.Join(v.Log, "\n")
	for _, want := range []string{"Train on 960 pictures, validate on 240", "Epoch 2/2", "15/15 - ", "val_accuracy: ", "Finished"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	m := tab.studio.Model()
	if m == nil || !m.Network.Equal(tab.edit.Setup().Network) {
		t.Fatal("the run's model is not the current one")
	}
	img, note := filterSheet(v)
	if img == nil || note != "The 4 of the first layer, 3×3" {
		t.Errorf("first filters: %v, %q", img, note)
	}
	answered := 0
	for _, a := range sampleAnswers(v) {
		if a.Predicted >= 0 && a.Sure > 0 {
			answered++
		}
	}
	if answered != sampleCount {
		t.Errorf("%d validation pictures are answered, want %d", answered, sampleCount)
	}
	pump(func() bool { return len(tab.runs.all) == 1 })
}

func TestPauseStepAndGoOn(t *testing.T) {
	tab, _, pump := newTestTab(t)
	s := quickSetup(tab)
	s.Recipe.Epochs = 500
	tab.edit.Replace(s)
	tab.Train()
	pump(func() bool { return len(tab.session.View().Points) > 3 })
	tab.PauseOrGoOn()
	if p := tab.session.View().Phase; p != pausing && p != paused {
		t.Errorf("the view says nothing of the command: phase %d", p)
	}
	pump(func() bool {
		return tab.session.View().Phase == paused && strings.HasPrefix(tab.panel.status.Text, "Paused")
	})
	if text := tab.panel.play.Text; text != "Go on" {
		t.Errorf("the button of a paused run says %q", text)
	}
	before := len(tab.session.View().Points)
	epochs := len(tab.session.View().Run.History)
	tab.session.StepOnce()
	// The step after an epoch's last batch is the validation.
	pump(func() bool {
		v := tab.session.View()
		return v.Phase == paused && (len(v.Points) == before+1 || len(v.Run.History) == epochs+1)
	})
	tab.PauseOrGoOn()
	pump(func() bool { return len(tab.session.View().Points) > before+3 })
	tab.session.Stop()
	if p := tab.session.View().Phase; p != stopping && p != ended {
		t.Errorf("the view says nothing of the command: phase %d", p)
	}
	pump(func() bool { return tab.session.View().Phase == ended })
	if got := tab.session.View().Run.Status; got != fit.StatusStopped {
		t.Errorf("a stopped run is %s", got)
	}
}

func TestDiscardLeavesNoRunAndNoModel(t *testing.T) {
	tab, _, pump := newTestTab(t)
	s := quickSetup(tab)
	s.Recipe.Epochs = 500
	tab.edit.Replace(s)
	tab.Train()
	pump(func() bool { return len(tab.session.View().Run.History) > 0 })
	tab.session.Discard()
	pump(func() bool { return tab.session.View().Phase == ended })
	if tab.studio.Model() != nil {
		t.Error("a discarded run became the model")
	}
	runs, err := fit.Runs{Dir: tab.studio.RunsDir()}.List()
	if err != nil || len(runs) != 0 {
		t.Errorf("runs on disk: %v, %v", runs, err)
	}
	pump(func() bool { return tab.runs.undo.Visible() })
	tab.runs.undo.OnTapped()
	pump(func() bool { return len(tab.runs.all) == 1 })
}

func TestAnInterruptedRunIsOfferedAndGoesOn(t *testing.T) {
	const epochs = 15 // so many that it is not over before it is interrupted
	tab, w, pump := newTestTab(t)
	s := quickSetup(tab)
	s.Recipe.Epochs = epochs
	tab.edit.Replace(s)
	tab.Train()
	pump(func() bool { return len(tab.session.View().Run.History) > 0 })
	if len(tab.studio.Unfinished()) != 1 {
		t.Error("closing the window would not ask about the run")
	}
	go tab.studio.Close(t.Context())
	pump(func() bool { return tab.session.View().Phase == ended })

	tab.offered = false
	tab.runs.load()
	pump(func() bool { return tab.offered })
	if w.Canvas().Overlays().Top() == nil {
		t.Fatal("the interrupted run is not offered")
	}
	runs, err := fit.Runs{Dir: tab.studio.RunsDir()}.List()
	if err != nil || len(runs) != 1 || runs[0].Status != fit.StatusInterrupted {
		t.Fatalf("runs on disk: %+v, %v", runs, err)
	}
	tab.resume(runs[0])
	pump(func() bool { v := tab.session.View(); return v.Phase == ended && v.Run.Status == fit.StatusFinished })
	v := tab.session.View()
	if len(v.Run.History) != epochs {
		t.Errorf("the resumed run has %d epochs", len(v.Run.History))
	}
	for i, p := range v.Points {
		if p.Step != i+1 {
			t.Fatalf("point %d of the curves is batch %d", i, p.Step)
		}
	}
}

func TestASecondRunIsRefused(t *testing.T) {
	tab, _, pump := newTestTab(t)
	s := quickSetup(tab)
	s.Recipe.Epochs = 500
	tab.edit.Replace(s)
	tab.Train()
	pump(func() bool { return len(tab.session.View().Points) > 0 })
	if err := tab.session.Start(tab.job()); err == nil {
		t.Error("two runs at a time")
	}
	tab.session.Stop()
	pump(func() bool { return tab.session.View().Phase == ended })
}

func TestADivergingRunSaysSo(t *testing.T) {
	tab, _, pump := newTestTab(t)
	s := quickSetup(tab)
	s.Recipe.LearningRate = 100
	s.Network.Layers = append(nn.Layers{
		nn.Conv2D{Filters: 8, Kernel: 3, Activation: nn.ReLU},
		nn.Conv2D{Filters: 8, Kernel: 3, Activation: nn.ReLU},
	}, s.Network.Layers...)
	s.Recipe.Optimizer = engine.Optimizer{Name: engine.SGD, WeightDecay: 1}
	tab.edit.Replace(s)
	tab.Train()
	pump(func() bool { return tab.session.View().Phase == ended })
	v := tab.session.View()
	if v.Err == nil || !strings.Contains(statusText(v), "rate") {
		t.Errorf("a run that blew up says %q (%v)", statusText(v), v.Err)
	}
}
