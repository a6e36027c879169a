package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
	"atelier/ml/recognise"
)

type trainCommand struct {
	dataFlag
	networkFlags
	From string `help:"Train a model further: the network and weights of this file or run folder." type:"path" placeholder:"F" xor:"network" group:"Network"`
	recipeFlags

	Out    string `help:"Run folder; must not hold a run. Without it: a new one among the studio's runs." type:"path" placeholder:"DIR" xor:"run" group:"Run"`
	Resume string `help:"Go on with the run in this folder; only --epochs can be changed." type:"existingdir" placeholder:"DIR" xor:"run" group:"Run"`
	Name   string `help:"Name of the run." group:"Run"`
	Save   string `help:"Also write the finished model to this file." type:"path" placeholder:"F.safetensors" group:"Run"`

	engineFlags
	JSON bool `help:"Print one JSON object a line: each batch, each epoch, and the end."`
}

// recipeFlags are the recipe; those that are not given stay as in --recipe or as in the article.
type recipeFlags struct {
	Recipe         string   `help:"Recipe from a JSON file; the options below change it." type:"existingfile" placeholder:"F.json" group:"Recipe"`
	Epochs         *int     `help:"Number of epochs (5)." placeholder:"N" group:"Recipe"`
	Batch          *int     `help:"Pictures in a batch (256)." placeholder:"N" group:"Recipe"`
	Optimizer      *string  `help:"${optimizers} (sgd)." placeholder:"NAME" group:"Recipe"`
	Momentum       *float64 `help:"Momentum of sgd and rmsprop (0)." placeholder:"X" group:"Recipe"`
	Nesterov       *bool    `help:"Nesterov's form of momentum." negatable:"" group:"Recipe"`
	WeightDecay    *float64 `help:"Weight decay." placeholder:"X" group:"Recipe"`
	LR             *float64 `help:"Learning rate (0.01)." placeholder:"X" group:"Recipe"`
	Schedule       *string  `help:"How the learning rate changes: ${schedules}. Fields follow a colon, as in cosine:warmup=1,final=0.01." placeholder:"KIND" group:"Recipe"`
	Augment        *string  `help:"Random changes to the training pictures, as in shift=2,flip,erasing=0.5; 'none' for none." placeholder:"LIST" group:"Recipe"`
	LabelSmoothing *float64 `help:"Label smoothing (0)." placeholder:"X" group:"Recipe"`
	Val            *float64 `help:"Share of the training pictures for validation (0.2)." placeholder:"X" group:"Recipe"`
	Stratified     *bool    `help:"Take validation pictures evenly from the classes." negatable:"" group:"Recipe"`
	Share          *float64 `help:"Use only this share of the training pictures." placeholder:"X" group:"Recipe"`
	Seed           *uint64  `help:"Seed of everything that is random (1)." placeholder:"N" group:"Recipe"`
	Monitor        *string  `help:"What makes an epoch the best: val_loss, val_accuracy, loss or accuracy." placeholder:"NAME" group:"Recipe"`
	Patience       *int     `help:"Stop after this many epochs without improvement." placeholder:"N" group:"Recipe"`
	KeepBest       *bool    `help:"Take the best epoch's weights, not the last ones." negatable:"" group:"Recipe"`
}

// recipe reads the file and applies the options. Mistakes are usage errors.
func (f recipeFlags) recipe() (fit.Recipe, error) {
	r := fit.DefaultRecipe()
	if f.Recipe != "" {
		data, err := os.ReadFile(f.Recipe)
		if err != nil {
			return r, err
		}
		if r, err = fit.ParseRecipe(data); err != nil {
			return r, usageError{fmt.Errorf("--recipe %s: %w", f.Recipe, err)}
		}
	}
	override(&r.Epochs, f.Epochs)
	override(&r.Batch, f.Batch)
	override(&r.LearningRate, f.LR)
	override(&r.LabelSmoothing, f.LabelSmoothing)
	override(&r.Validation, f.Val)
	override(&r.Stratified, f.Stratified)
	override(&r.Share, f.Share)
	override(&r.Seed, f.Seed)
	override(&r.Optimizer.Name, f.Optimizer)
	override(&r.Optimizer.Momentum, f.Momentum)
	override(&r.Optimizer.Nesterov, f.Nesterov)
	override(&r.Optimizer.WeightDecay, f.WeightDecay)
	override(&r.EarlyStopping.Patience, f.Patience)
	override(&r.EarlyStopping.KeepBest, f.KeepBest)
	if f.Monitor != nil {
		r.EarlyStopping.Monitor = fit.Monitor(*f.Monitor)
	}
	if f.Schedule != nil {
		s, err := fit.ParseSchedule(*f.Schedule)
		if err != nil {
			return r, usageError{fmt.Errorf("--schedule: %w", err)}
		}
		r.Schedule = s
	}
	if f.Augment != nil {
		a, err := parseAugment(*f.Augment)
		if err != nil {
			return r, usageError{fmt.Errorf("--augment: %w", err)}
		}
		r.Augment = a
	}
	if f.Share != nil && *f.Share == 0 {
		return r, usageError{errors.New("--share: a share of 0 leaves no picture; choose a number above 0 and up to 1")}
	}
	if err := r.Validate(); err != nil {
		return r, usageError{err}
	}
	return r, nil
}

func override[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}

// parseAugment reads "shift=2,flip,erasing=0.5", whose names are those of the JSON form, or that
// JSON form itself.
func parseAugment(text string) (dataset.Augment, error) {
	var a dataset.Augment
	text = strings.TrimSpace(text)
	if text == "none" || text == "" {
		return a, nil
	}
	object := []byte(text)
	if !strings.HasPrefix(text, "{") {
		fields := map[string]json.RawMessage{}
		for pair := range strings.SplitSeq(text, ",") {
			name, value, given := strings.Cut(strings.TrimSpace(pair), "=")
			if !given {
				value = "true"
			}
			if !json.Valid([]byte(value)) {
				return a, fmt.Errorf("%s needs a number, not %q", name, value)
			}
			fields[name] = json.RawMessage(value)
		}
		var err error
		if object, err = json.Marshal(fields); err != nil {
			return a, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, fmt.Errorf("%w; write it as shift=2,flip,rotation=10,scale=0.1,erasing=0.5,mixup=0.2", err)
	}
	return a, a.Validate()
}

func (c *trainCommand) Run(ctx context.Context, out *output) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	job := fit.Job{Name: c.Name, Options: options}
	if c.Resume != "" {
		if c.networkFlags != (networkFlags{}) || c.From != "" || c.Name != "" || c.recipeFlags != (recipeFlags{Epochs: c.Epochs}) {
			return usageError{errors.New("--resume goes on with the run's own network and recipe; only --epochs, --data, --threads and --kernel can be given with it")}
		}
		job.Dir, job.Resume = c.Resume, true
		if c.Epochs != nil {
			if *c.Epochs < 1 {
				return usageError{fmt.Errorf("--epochs: %d epochs make no sense; choose 1 or more", *c.Epochs)}
			}
			job.Recipe.Epochs = *c.Epochs
		}
	} else if job.Recipe, err = c.recipe(); err != nil {
		return err
	}
	if job.Data, err = c.open(ctx, out); err != nil {
		return err
	}
	if !job.Resume {
		if job.Network, job.Initial, err = c.start(job.Data); err != nil {
			return err
		}
		if job.Dir, err = c.folder(job.Network.Name); err != nil {
			return err
		}
	}
	out.note("Run folder: %s", job.Dir)

	t := &trainReport{out: out, json: c.JSON, bar: out.bar("Training"), dir: job.Dir}
	run, err := fit.Train(ctx, job, nil, t.listen)
	t.bar.clear()
	if t.err != nil {
		return t.err
	}
	if run == nil {
		return err
	}
	model, modelErr := run.Model(t.weights)
	if err == nil {
		err = modelErr
	}
	if err == nil && c.Save != "" {
		err = calibrated(ctx, model, job.Data, out).Save(c.Save)
	}
	var test *metrics.Predictions
	if err == nil {
		test, err = predictTest(ctx, model, job.Data, options, out)
	}
	return errors.Join(t.end(run, test, err), err)
}

// start is the network to train, and the weights it begins with if not random ones.
func (c *trainCommand) start(data *dataset.Data) (nn.Network, engine.Weights, error) {
	if c.From == "" {
		n, err := c.network(data)
		return n, nil, err
	}
	m, err := loadModel(c.From)
	if err == nil {
		err = fits(m, data)
	}
	if err != nil {
		return nn.Network{}, nil, fmt.Errorf("--from: %w", err)
	}
	return m.Network, m.Weights, nil
}

// calibrated returns the model with its temperature and its rule for "not a garment", or as it is
// where too few pictures were held back to set them by.
func calibrated(ctx context.Context, model *modelfile.Model, data *dataset.Data, out *output) *modelfile.Model {
	bar := out.bar("Calibrating")
	defer bar.clear()
	with, err := recognise.CalibrateByRecipe(ctx, model, data.Train, func(done, total int) { bar.part(int64(done), int64(total)) })
	if err != nil {
		out.note("The saved model has no rule for “not a garment”: %v", err)
		return model
	}
	return with
}

// folder is the run folder asked for, or a new one among the studio's.
func (c *trainCommand) folder(network string) (string, error) {
	if c.Out != "" {
		return c.Out, nil
	}
	name := c.Name
	if name == "" {
		name = network
	}
	runs := fit.UserRuns()
	id, err := runs.New(name, time.Now())
	return runs.Path(id), err
}

// trainReport tells what happens in a run.
type trainReport struct {
	out     *output
	json    bool
	bar     *bar
	dir     string
	epochs  int
	weights engine.Weights
	err     error // of writing
}

// trainEvent is one line of JSON.
type trainEvent struct {
	Event           string   `json:"event"`
	Status          string   `json:"status,omitempty"`
	Epoch           int      `json:"epoch"`
	Batch           int      `json:"batch,omitempty"`
	Batches         int      `json:"batches,omitempty"`
	Loss            *float64 `json:"loss,omitempty"`
	Accuracy        *float64 `json:"accuracy,omitempty"`
	ValLoss         *float64 `json:"val_loss,omitempty"`
	ValAccuracy     *float64 `json:"val_accuracy,omitempty"`
	TestLoss        *float64 `json:"test_loss,omitempty"`
	TestAccuracy    *float64 `json:"test_accuracy,omitempty"`
	LearningRate    float64  `json:"learning_rate,omitempty"`
	ImagesPerSecond float64  `json:"images_per_second"`
	Seconds         float64  `json:"seconds"`
	Run             string   `json:"run,omitempty"`
	Message         string   `json:"message,omitempty"`
}

func (e *trainEvent) figures(epoch fit.Epoch) {
	e.Epoch, e.LearningRate = epoch.Epoch, epoch.LearningRate
	e.Loss, e.Accuracy = &epoch.Loss, &epoch.Accuracy
	if epoch.Validated {
		e.ValLoss, e.ValAccuracy = &epoch.ValLoss, &epoch.ValAccuracy
	}
}

func (t *trainReport) listen(event fit.Event) {
	switch e := event.(type) {
	case fit.Started:
		t.epochs = e.Run.Recipe.Epochs
		if e.Resumed {
			t.out.note("Going on after epoch %d of %d.", len(e.Run.History), t.epochs)
		}
	case fit.BatchDone:
		t.bar.describe(fmt.Sprintf("Epoch %d/%d  loss %.4f  accuracy %.4f  %s left",
			e.Epoch, t.epochs, e.MeanLoss, e.MeanAccuracy, e.Progress.RunLeft.Round(time.Second)))
		t.bar.set(e.Progress.Run)
		if t.json {
			t.write(trainEvent{
				Event: "batch", Epoch: e.Epoch, Batch: e.Batch, Batches: e.Batches,
				Loss: &e.Loss, Accuracy: &e.Accuracy, LearningRate: e.LearningRate,
				ImagesPerSecond: e.Progress.ImagesPerSecond, Seconds: e.Progress.Elapsed.Seconds(),
			})
		}
	case fit.Validating:
		t.bar.set(e.Progress.Run)
	case fit.EpochDone:
		t.bar.clear()
		if t.json {
			line := trainEvent{Event: "epoch", ImagesPerSecond: e.Epoch.ImagesPerSecond, Seconds: e.Epoch.Seconds}
			line.figures(e.Epoch)
			t.write(line)
			if !t.bar.shown() {
				t.out.note("%s", t.line(e.Epoch))
			}
			return
		}
		t.keep(t.out.print("%s\n", t.line(e.Epoch)))
	case fit.Finished:
		t.weights = e.Weights
	case fit.Failed:
		t.weights = e.Weights
	}
}

// line is an epoch in Keras's words.
func (t *trainReport) line(e fit.Epoch) string {
	text := fmt.Sprintf("Epoch %d/%d - %.1fs - %.0f images/s - loss: %.4f - accuracy: %.4f",
		e.Epoch, t.epochs, e.Seconds, e.ImagesPerSecond, e.Loss, e.Accuracy)
	if e.Validated {
		text += fmt.Sprintf(" - val_loss: %.4f - val_accuracy: %.4f", e.ValLoss, e.ValAccuracy)
	}
	return text
}

// end tells how the run ended, with the test figures if there are any.
func (t *trainReport) end(run *fit.Run, test *metrics.Predictions, failure error) error {
	end := trainEvent{
		Event: "finished", Status: string(run.Status),
		Run: t.dir, Message: run.Message, Seconds: run.Seconds(),
	}
	if e, ok := run.Result(); ok {
		end.figures(e)
	}
	training := 0.0
	for _, e := range run.History {
		if e.ImagesPerSecond > 0 {
			training += float64(run.Images) / e.ImagesPerSecond
		}
	}
	if training > 0 {
		end.ImagesPerSecond = float64(run.Images*len(run.History)) / training
	}
	if test != nil {
		loss, accuracy := test.Loss(), test.Accuracy()
		end.TestLoss, end.TestAccuracy = &loss, &accuracy
	}
	if t.json {
		t.write(end)
		return t.err
	}
	if failure != nil {
		if run.Status.Resumable() {
			t.out.note("The run is saved; go on with: atelier-cli train --resume %s", filepath.ToSlash(t.dir))
		}
		return t.err
	}
	if run.Message != "" {
		t.keep(t.out.print("%s\n", run.Message))
	}
	t.keep(t.out.print("Test loss %.4f, test accuracy %.2f %%\n", *end.TestLoss, 100**end.TestAccuracy))
	return t.err
}

func (t *trainReport) write(e trainEvent) { t.keep(t.out.object(e)) }

func (t *trainReport) keep(err error) {
	if t.err == nil {
		t.err = err
	}
}

// predictTest lets a model answer all test pictures.
func predictTest(ctx context.Context, model *modelfile.Model, data *dataset.Data, o engine.Options, out *output) (*metrics.Predictions, error) {
	if err := fits(model, data); err != nil {
		return nil, err
	}
	predictor, err := engine.NewPredictor(model.Network, model.Weights, o)
	if err != nil {
		return nil, err
	}
	defer predictor.Close()
	bar := out.bar("Evaluating")
	defer bar.clear()
	probs, err := fit.Probabilities(ctx, predictor, data.Test, nil, len(model.Classes), func(done, total int) {
		bar.part(int64(done), int64(total))
	})
	if err != nil {
		return nil, err
	}
	if model.Temperature > 0 {
		for i := 0; i < len(probs); i += len(model.Classes) {
			metrics.ApplyTemperature(probs[i:i+len(model.Classes)], model.Temperature)
		}
	}
	p, err := metrics.New(probs, data.Test.Labels, len(model.Classes))
	return &p, err
}

// fits checks that a model can answer a dataset's pictures.
func fits(model *modelfile.Model, data *dataset.Data) error {
	if want := (nn.Shape{H: data.Test.H, W: data.Test.W, C: 1}); model.Network.Input != want {
		return fmt.Errorf("the model expects pictures of %s, the dataset %q holds %s; choose another model or dataset", model.Network.Input, data.Name, want)
	}
	if len(model.Classes) != len(data.Classes) {
		return fmt.Errorf("the model knows %d classes, the dataset %q has %d; choose another model or dataset", len(model.Classes), data.Name, len(data.Classes))
	}
	return nil
}
