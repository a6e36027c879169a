package fit_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// tiny is a network with every source of randomness and of hidden state in it: dropout, batch
// normalisation, initial weights.
func tiny() nn.Network {
	return nn.Network{
		Name:  "tiny",
		Input: nn.Shape{H: 28, W: 28, C: 1},
		Layers: nn.Layers{
			nn.BatchNorm{},
			nn.Conv2D{Filters: 4, Kernel: 3, Stride: 2, Padding: nn.Same, Activation: nn.ReLU},
			nn.MaxPool{Size: 2},
			nn.Dropout{Rate: 0.2},
			nn.Flatten{},
			nn.Dense{Units: 10, Activation: nn.Softmax},
		},
	}
}

// sample is the built-in sample, cut down to the given number of training pictures.
func sample(t testing.TB, pictures int) *dataset.Data {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	_, part := dataset.Split(data.Train, float64(pictures)/float64(data.Train.Len()), true, 7)
	cut := *data
	cut.Train = data.Train.Subset(part)
	return &cut
}

func job(t testing.TB, pictures int) fit.Job {
	r := fit.DefaultRecipe()
	r.Epochs, r.Batch, r.LearningRate = 3, 32, 0.1
	r.Optimizer = engine.Optimizer{Name: engine.SGD, Momentum: 0.9}
	return fit.Job{Network: tiny(), Recipe: r, Data: sample(t, pictures), Options: engine.Options{Threads: 1}}
}

func train(t testing.TB, j fit.Job, control *fit.Control, listen ...func(fit.Event)) *fit.Run {
	t.Helper()
	run, err := fit.Train(t.Context(), j, control, listen...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// withoutTimes ignores what a clock decides.
var withoutTimes = cmp.Options{
	cmpopts.IgnoreFields(fit.Epoch{}, "Seconds", "ImagesPerSecond"),
	cmpopts.IgnoreFields(fit.Run{}, "ID", "Started", "Updated"),
}

func TestTrainingLearnsAndTellsTheStory(t *testing.T) {
	j := job(t, 1000)
	var events []fit.Event
	run := train(t, j, nil, func(e fit.Event) { events = append(events, e) })

	started, ok := events[0].(fit.Started)
	if !ok {
		t.Fatalf("the first event is %T", events[0])
	}
	if len(started.Train) != 800 || len(started.Validation) != 200 || started.Batches != 25 {
		t.Errorf("%d to train, %d to validate, %d batches", len(started.Train), len(started.Validation), started.Batches)
	}
	for _, i := range started.Train {
		if slices.Contains(started.Validation, i) {
			t.Fatalf("picture %d is trained on and validated with", i)
		}
	}
	finished, ok := events[len(events)-1].(fit.Finished)
	if !ok {
		t.Fatalf("the last event is %T", events[len(events)-1])
	}
	if diff := cmp.Diff(*run, finished.Run); diff != "" {
		t.Error(diff)
	}
	if run.Status != fit.StatusFinished || len(run.History) != 3 {
		t.Fatalf("status %s after %d epochs", run.Status, len(run.History))
	}
	if first, last := run.History[0], run.History[2]; last.Loss >= first.Loss || last.Accuracy < 0.65 || last.ValAccuracy < 0.4 {
		t.Errorf("it did not learn: %+v", run.History)
	}

	epoch, batch := 1, 0
	loss, hits := 0.0, 0.0
	progress := fit.Progress{}
	for _, e := range events[1 : len(events)-1] {
		var p fit.Progress
		switch e := e.(type) {
		case fit.BatchDone:
			batch++
			if e.Epoch != epoch || e.Batch != batch || e.Step != (epoch-1)*25+batch {
				t.Fatalf("epoch %d, batch %d, step %d come after epoch %d, batch %d", e.Epoch, e.Batch, e.Step, epoch, batch-1)
			}
			loss, hits = loss+e.Loss, hits+e.Accuracy // all batches are equal here: 800 = 25 × 32
			if mean := loss / float64(batch); math.Abs(e.MeanLoss-mean) > 1e-9 {
				t.Errorf("mean loss %v, want %v", e.MeanLoss, mean)
			}
			p = e.Progress
		case fit.Validating:
			p = e.Progress
		case fit.EpochDone:
			if got, want := e.Epoch.Loss, loss/25; math.Abs(got-want) > 1e-9 {
				t.Errorf("epoch %d: loss %v, want the mean of its batches %v", epoch, got, want)
			}
			if got, want := e.Epoch.Accuracy, hits/25; math.Abs(got-want) > 1e-9 {
				t.Errorf("epoch %d: accuracy %v, want the mean of its batches %v", epoch, got, want)
			}
			if len(e.Probabilities) != 200*10 {
				t.Errorf("%d probabilities", len(e.Probabilities))
			}
			epoch, batch, loss, hits = epoch+1, 0, 0, 0
			p = e.Progress
		default:
			t.Fatalf("unexpected %T", e)
		}
		if p.Run < progress.Run || p.Run > 1 || p.Elapsed < progress.Elapsed {
			t.Errorf("progress went from %+v to %+v", progress, p)
		}
		progress = p
	}
	if progress.Run != 1 {
		t.Errorf("progress ends at %v", progress.Run)
	}
}

func TestValidationFiguresAreThoseOfTheWeights(t *testing.T) {
	j := job(t, 500)
	j.Recipe.Epochs = 1
	var started fit.Started
	var done fit.EpochDone
	train(t, j, nil, func(e fit.Event) {
		switch e := e.(type) {
		case fit.Started:
			started = e
		case fit.EpochDone:
			done = e
		}
	})
	p, err := engine.NewPredictor(j.Network, done.Weights, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	probs, err := fit.Probabilities(t.Context(), p, j.Data.Train, started.Validation, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(probs, done.Probabilities) {
		t.Error("the probabilities differ")
	}
	loss := 0.0
	for k, i := range started.Validation {
		loss -= math.Log(float64(probs[k*10+j.Data.Train.Label(i)])) / float64(len(started.Validation))
	}
	if math.Abs(loss-done.Epoch.ValLoss) > 1e-6 {
		t.Errorf("validation loss %v, want %v", done.Epoch.ValLoss, loss)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	files := func(seed uint64, threads int) [2][]byte {
		j := job(t, 400)
		j.Recipe.Seed, j.Options.Threads, j.Dir = seed, threads, t.TempDir()
		train(t, j, nil)
		return [2][]byte{read(t, j.Dir, "checkpoint.safetensors"), read(t, j.Dir, "best.safetensors")}
	}
	first := files(5, 1)
	if second := files(5, 2); !bytes.Equal(first[0], second[0]) || !bytes.Equal(first[1], second[1]) {
		t.Error("the same seed gave other files")
	}
	if third := files(6, 1); bytes.Equal(first[0], third[0]) {
		t.Error("another seed gave the same file")
	}
}

func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestResumeEqualsAnUninterruptedRun stops a run at many places, in every way there is, and goes on.
func TestResumeEqualsAnUninterruptedRun(t *testing.T) {
	base := job(t, 300)
	base.Recipe.Augment = dataset.Augment{Shift: 2, Flip: true, Mixup: 0.2}
	base.Recipe.LabelSmoothing = 0.1
	base.Recipe.Optimizer = engine.Optimizer{Name: engine.Adam}
	base.Recipe.LearningRate = 0.003
	base.Recipe.Schedule = fit.Schedule{Kind: fit.SchedulePlateau, Factor: 0.5, Patience: 1}
	base.Recipe.EarlyStopping = fit.EarlyStopping{KeepBest: true}

	whole := base
	whole.Dir = t.TempDir()
	want := train(t, whole, nil)
	wantBatches := read(t, whole.Dir, "batches.csv")

	for _, stops := range [][]int{{1}, {8}, {9}, {3, 5, 17}, {2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24}} {
		for _, way := range []string{"stop", "cancel"} {
			j := base
			j.Dir = t.TempDir()
			for _, at := range stops {
				ctx, cancel := context.WithCancel(t.Context())
				control := &fit.Control{}
				run, err := fit.Train(ctx, j, control, func(e fit.Event) {
					if b, ok := e.(fit.BatchDone); ok && b.Step == at {
						if way == "cancel" {
							cancel()
						} else {
							control.Stop()
						}
					}
				})
				cancel()
				if way == "cancel" && !errors.Is(err, context.Canceled) || way == "stop" && err != nil {
					t.Fatal(err)
				}
				if !run.Status.Resumable() {
					t.Fatalf("status %s after a %s", run.Status, way)
				}
				j.Resume = true
				j.Network, j.Recipe = nn.Network{}, fit.Recipe{}
			}
			got := train(t, j, nil)
			if diff := cmp.Diff(want, got, withoutTimes); diff != "" {
				t.Errorf("%s at %v: %s", way, stops, diff)
			}
			for _, name := range []string{"checkpoint.safetensors", "best.safetensors"} {
				if !bytes.Equal(read(t, j.Dir, name), read(t, whole.Dir, name)) {
					t.Errorf("%s at %v: %s differs", way, stops, name)
				}
			}
			if got := read(t, j.Dir, "batches.csv"); !bytes.Equal(got, wantBatches) {
				t.Errorf("%s at %v: batches.csv differs:\n%s", way, stops, got)
			}
		}
	}
}

func TestResumeWithMoreEpochs(t *testing.T) {
	whole, part := job(t, 200), job(t, 200)
	whole.Dir, part.Dir = t.TempDir(), t.TempDir()
	whole.Recipe.Epochs, part.Recipe.Epochs = 4, 2
	train(t, whole, nil)
	train(t, part, nil)
	part.Resume, part.Recipe.Epochs = true, 4
	train(t, part, nil)
	if !bytes.Equal(read(t, whole.Dir, "checkpoint.safetensors"), read(t, part.Dir, "checkpoint.safetensors")) {
		t.Error("two epochs and two more are not four")
	}
}

func TestResumeRefuses(t *testing.T) {
	j := job(t, 200)
	j.Dir = t.TempDir()
	j.Recipe.Epochs = 1
	refused := func(what string, j fit.Job) {
		t.Helper()
		if _, err := fit.Train(t.Context(), j, nil); err == nil {
			t.Errorf("%s was accepted", what)
		} else {
			t.Logf("%s: %v", what, err)
		}
	}
	resume := j
	resume.Resume = true
	refused("resuming an empty folder", resume)
	train(t, j, nil)
	refused("a folder that holds a run", j)
	other := resume
	other.Data = sample(t, 300)
	refused("another dataset", other)
	path := filepath.Join(j.Dir, "checkpoint.safetensors")
	good := read(t, j.Dir, "checkpoint.safetensors")
	if err := os.WriteFile(path, good[:len(good)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	refused("a cut checkpoint", resume)
	if err := os.WriteFile(path, read(t, j.Dir, "best.safetensors"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused("a finished model as a checkpoint", resume)
	for what, spoil := range map[string]func(c *modelfile.Checkpoint){
		"a negative batch":        func(c *modelfile.Checkpoint) { c.Batch = -1 },
		"more batches than exist": func(c *modelfile.Checkpoint) { c.Batch = 1000 },
		"batches without sums":    func(c *modelfile.Checkpoint) { c.Batch = 1 },
		"epochs without history":  func(c *modelfile.Checkpoint) { c.Epoch = 2 },
		"no state of the loop":    func(c *modelfile.Checkpoint) { c.Loop = nil },
		"no optimiser":            func(c *modelfile.Checkpoint) { c.State.Slots = nil },
	} {
		model, err := modelfile.Decode(good, "checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		spoil(model.Checkpoint)
		if err := model.Save(path); err != nil {
			t.Fatal(err)
		}
		refused(what, resume)
	}
}

func TestPauseStepAndResume(t *testing.T) {
	j := job(t, 200)
	j.Recipe.Epochs = 1
	plain := train(t, j, nil)

	control := &fit.Control{}
	control.Pause()
	var story []string
	run := train(t, j, control, func(e fit.Event) {
		switch e := e.(type) {
		case fit.Paused:
			story = append(story, "paused")
			go control.StepOnce()
		case fit.Resumed:
			story = append(story, "resumed")
		case fit.BatchDone:
			story = append(story, "batch")
			if e.Batch < 3 {
				go control.StepOnce()
			} else if e.Batch == 3 {
				go control.Resume()
			}
		}
	})
	want := []string{"paused", "batch", "batch", "batch", "resumed", "batch", "batch"}
	if diff := cmp.Diff(want, story); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(plain, run, withoutTimes); diff != "" {
		t.Errorf("pausing changed the run: %s", diff)
	}
}

// A command that comes at any moment is answered when the batch at work has ended,
// whichever it is: no further one is begun.
func TestCommandsAreAnsweredWithinABatch(t *testing.T) {
	for name, command := range map[string]func(*fit.Control, context.CancelFunc){
		"pause":   func(c *fit.Control, _ context.CancelFunc) { c.Pause() },
		"twice":   func(c *fit.Control, _ context.CancelFunc) { c.Pause(); c.Resume(); c.Pause() },
		"stop":    func(c *fit.Control, _ context.CancelFunc) { c.Stop() },
		"discard": func(c *fit.Control, _ context.CancelFunc) { c.Discard() },
		"quit":    func(_ *fit.Control, cancel context.CancelFunc) { cancel() },
	} {
		for _, moment := range []int{1, 2, 7, 20} {
			j := job(t, 1200)
			j.Recipe.Validation, j.Recipe.Epochs = 0.5, 2
			control := &fit.Control{}
			ctx, cancel := context.WithCancel(t.Context())
			given := make(chan struct{})
			seen, after := 0, 0
			_, err := fit.Train(ctx, j, control, func(e fit.Event) {
				switch e.(type) {
				case fit.BatchDone, fit.Validating:
					select {
					case <-given:
						after++
					default:
					}
					if seen++; seen == moment {
						go func() { // while the next batch is at work
							command(control, cancel)
							close(given)
						}()
					}
				case fit.Paused:
					control.Stop()
				}
			})
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if after > 1 {
				t.Errorf("%s at batch %d: %d batches ended after the command", name, moment, after)
			}
		}
	}
}

func TestPausedRunAnswersStop(t *testing.T) {
	j := job(t, 200)
	control := &fit.Control{}
	control.Pause()
	run := train(t, j, control, func(e fit.Event) {
		if _, ok := e.(fit.Paused); ok {
			go control.Stop()
		}
	})
	if run.Status != fit.StatusStopped || len(run.History) != 0 {
		t.Errorf("status %s after %d epochs", run.Status, len(run.History))
	}
}

func TestAStepDuringValidationIsOneBatch(t *testing.T) {
	j := job(t, 1200)
	j.Recipe.Validation, j.Recipe.Epochs = 0.5, 1
	control := &fit.Control{}
	var steps []int
	before, stepping := 0, false
	train(t, j, control, func(e fit.Event) {
		v, ok := e.(fit.Validating)
		if !ok {
			return
		}
		if stepping {
			steps = append(steps, v.Done-before)
		}
		before, stepping = v.Done, v.Done < v.Total && len(steps) < 3
		if stepping {
			control.StepOnce()
		} else {
			control.Resume()
		}
	})
	if want := []int{j.Recipe.Batch, j.Recipe.Batch, j.Recipe.Batch}; !slices.Equal(steps, want) {
		t.Errorf("steps of %v pictures, want %v", steps, want)
	}
}

func TestStopDuringValidation(t *testing.T) {
	j := job(t, 1200)
	j.Recipe.Validation, j.Recipe.Epochs, j.Dir = 0.5, 1, t.TempDir()
	control := &fit.Control{}
	var last fit.Event
	run := train(t, j, control, func(e fit.Event) {
		if v, ok := e.(fit.Validating); ok && v.Done < v.Total {
			control.Stop()
		}
		last = e
	})
	if _, ok := last.(fit.Finished); !ok || run.Status != fit.StatusStopped || len(run.History) != 0 {
		t.Errorf("%T, status %s after %d epochs", last, run.Status, len(run.History))
	}
	j.Resume = true
	if run := train(t, j, nil); run.Status != fit.StatusFinished || len(run.History) != 1 {
		t.Errorf("resumed: status %s after %d epochs", run.Status, len(run.History))
	}
}

func TestDiscardCanBeUndone(t *testing.T) {
	runs := fit.Runs{Dir: t.TempDir()}
	id, err := runs.New("Throw away", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	j := job(t, 200)
	j.Dir = runs.Path(id)
	control := &fit.Control{}
	run := train(t, j, control, func(e fit.Event) {
		if b, ok := e.(fit.BatchDone); ok && b.Step == 8 {
			control.Discard()
		}
	})
	if run.Status != fit.StatusDiscarded {
		t.Errorf("status %s", run.Status)
	}
	if list, err := runs.List(); err != nil || len(list) != 0 {
		t.Errorf("%d runs, error %v", len(list), err)
	}
	if err := runs.Restore(id); err != nil {
		t.Fatal(err)
	}
	j.Resume = true
	if run := train(t, j, nil); run.Status != fit.StatusFinished {
		t.Errorf("resumed: status %s", run.Status)
	}
}

func TestDivergenceKeepsTheLastGoodWeights(t *testing.T) {
	j := job(t, 300)
	j.Dir = t.TempDir()
	j.Recipe.LearningRate = 1e30
	var failed fit.Failed
	run, err := fit.Train(t.Context(), j, nil, func(e fit.Event) {
		if f, ok := e.(fit.Failed); ok {
			failed = f
		}
	})
	var diverged *fit.DivergedError
	if !errors.As(err, &diverged) || failed.Err == nil {
		t.Fatalf("error %v, event %v", err, failed.Err)
	}
	t.Log(err)
	if run.Status != fit.StatusFailed || run.Message == "" {
		t.Errorf("status %s, message %q", run.Status, run.Message)
	}
	if len(failed.Weights) == 0 || !failed.Weights.Finite() {
		t.Error("the weights that were kept are not good")
	}
	model, err := modelfile.Load(filepath.Join(j.Dir, "checkpoint.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(failed.Weights, model.Weights); diff != "" {
		t.Error("the file holds other weights")
	}
}

// TestAFolderThatCannotBeWritten puts a file in the place of the run folder while it trains.
func TestAFolderThatCannotBeWritten(t *testing.T) {
	j := job(t, 200)
	j.Dir = filepath.Join(t.TempDir(), "run")
	var failed fit.Failed
	run, err := fit.Train(t.Context(), j, nil, func(e fit.Event) {
		switch e := e.(type) {
		case fit.BatchDone:
			if e.Step == 8 {
				if err := errors.Join(os.Rename(j.Dir, j.Dir+"-moved"), os.WriteFile(j.Dir, nil, 0o644)); err != nil {
					t.Skip(err) // where a folder in use cannot be moved
				}
			}
		case fit.Failed:
			failed = e
		}
	})
	if err == nil || !strings.Contains(err.Error(), j.Dir) {
		t.Errorf("error %v", err)
	}
	if failed.Err == nil || !failed.Weights.Finite() || failed.Run.Message == "" || !run.Status.Resumable() {
		t.Errorf("%+v", failed.Run)
	}
	j.Dir += "-moved"
	j.Resume = true
	if run := train(t, j, nil); run.Status != fit.StatusFinished {
		t.Errorf("what was saved before leads to %s", run.Status)
	}
}

func TestEarlyStoppingKeepsTheBest(t *testing.T) {
	j := job(t, 200)
	j.Dir = t.TempDir()
	j.Recipe.Epochs, j.Recipe.LearningRate = 100, 0.2
	j.Recipe.EarlyStopping = fit.EarlyStopping{Monitor: fit.MonitorValLoss, Patience: 3, KeepBest: true}
	byEpoch := map[int]engine.Weights{}
	var result engine.Weights
	run := train(t, j, nil, func(e fit.Event) {
		switch e := e.(type) {
		case fit.EpochDone:
			byEpoch[e.Epoch.Epoch] = e.Weights
		case fit.Finished:
			result = e.Weights
		}
	})
	best, ok := run.Best()
	if !ok || run.Status != fit.StatusFinished || run.Message == "" || len(run.History) != best.Epoch+3 {
		t.Fatalf("status %s (%s) after %d epochs, the best of them %d", run.Status, run.Message, len(run.History), best.Epoch)
	}
	for _, e := range run.History {
		if e.ValLoss < best.ValLoss {
			t.Errorf("epoch %d is better than the best", e.Epoch)
		}
	}
	if diff := cmp.Diff(byEpoch[best.Epoch], result); diff != "" {
		t.Error("the result is not the best epoch's weights")
	}
	model, err := fit.LoadModel(j.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(result, model.Weights); diff != "" {
		t.Error("the run's model is not the best epoch's")
	}
	want, err := run.Model(result)
	if err != nil {
		t.Fatal(err)
	}
	want.Preprocessing = model.Preprocessing
	if diff := cmp.Diff(want, model, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutValidation(t *testing.T) {
	j := job(t, 200)
	j.Recipe.Validation = 0
	run := train(t, j, nil, func(e fit.Event) {
		if _, ok := e.(fit.Validating); ok {
			t.Error("it validated")
		}
	})
	if e, _ := run.Last(); e.Validated || e.ValLoss != 0 {
		t.Errorf("%+v", e)
	}
}

func TestShareOfTheData(t *testing.T) {
	j := job(t, 1000)
	j.Recipe.Share, j.Recipe.Validation, j.Recipe.Stratified, j.Recipe.Epochs = 0.5, 0.2, true, 1
	train(t, j, nil, func(e fit.Event) {
		if s, ok := e.(fit.Started); ok {
			if len(s.Train) != 400 || len(s.Validation) != 100 {
				t.Errorf("%d to train, %d to validate", len(s.Train), len(s.Validation))
			}
			for class, n := range j.Data.Train.Subset(s.Train).Counts(10) {
				if n != 40 {
					t.Errorf("class %d has %d pictures", class, n)
				}
			}
		}
	})
}

func TestInitialWeights(t *testing.T) {
	j := job(t, 200)
	j.Recipe.Epochs = 1
	var first engine.Weights
	listen := func(e fit.Event) {
		if f, ok := e.(fit.Finished); ok {
			first = f.Weights
		}
	}
	a := train(t, j, nil, listen)
	j.Initial = first
	b := train(t, j, nil)
	if b.History[0].Loss >= a.History[0].Loss {
		t.Errorf("going on from trained weights gave a loss of %v after %v", b.History[0].Loss, a.History[0].Loss)
	}
}

func TestJobsThatMakeNoSense(t *testing.T) {
	good := job(t, 100)
	for name, spoil := range map[string]func(j *fit.Job){
		"no data":         func(j *fit.Job) { j.Data = nil },
		"wrong input":     func(j *fit.Job) { j.Network.Input.H = 32 },
		"wrong classes":   func(j *fit.Job) { j.Data = &dataset.Data{Train: j.Data.Train, Classes: []string{"a", "b"}} },
		"no softmax":      func(j *fit.Job) { j.Network.Layers = j.Network.Layers[:4] },
		"no epochs":       func(j *fit.Job) { j.Recipe.Epochs = 0 },
		"tiny share":      func(j *fit.Job) { j.Recipe.Share = 1e-9 },
		"unknown kernel":  func(j *fit.Job) { j.Options.Kernel = "abacus" },
		"unknown trainer": func(j *fit.Job) { j.Recipe.Optimizer.Name = "magic" },
	} {
		j := good
		j.Network = good.Network.Clone()
		spoil(&j)
		j.Dir = filepath.Join(t.TempDir(), "run")
		run, err := fit.Train(t.Context(), j, nil, func(e fit.Event) { t.Errorf("%s: %T", name, e) })
		if err == nil || run != nil {
			t.Errorf("%s: run %v, error %v", name, run, err)
		}
		if _, err := os.Stat(j.Dir); err == nil {
			t.Errorf("%s: a folder is left behind", name)
		}
	}
}
