package fit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/metrics"
	"atelier/ml/nn"
)

// Job is everything a training run needs.
type Job struct {
	Name    string // shown in lists of runs; "" takes the network's
	Network nn.Network
	Recipe  Recipe
	Data    *dataset.Data
	// Dir is the run folder, made if need be; "" keeps nothing on disk. A folder that already holds
	// a run is refused unless Resume is set.
	Dir string
	// Resume goes on with the run in Dir exactly where its last checkpoint left it. Network, Recipe
	// and Name are then those of the run; only Recipe.Epochs, when above zero, replaces the number
	// of epochs.
	Resume bool
	// Initial are weights to start from instead of random ones.
	Initial engine.Weights
	// Options choose threads and kernel, which do not change the result; MaxBatch and Seed come
	// from the recipe.
	Options engine.Options
	// CheckpointEvery is the longest time between two checkpoints within an epoch; 0 means 20
	// seconds. Each epoch ends with one.
	CheckpointEvery time.Duration
}

const defaultCheckpointEvery = 20 * time.Second

// DivergedError says that the loss or the weights are no longer finite numbers. The run keeps the
// weights of its last checkpoint.
type DivergedError struct {
	Epoch, Batch int // from 1
	Rate         float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("training diverged in epoch %d, batch %d: the loss is no longer a finite number; "+
		"the weights from before are kept. Try a smaller learning rate, such as %.3g", e.Epoch, e.Batch, e.Rate/10)
}

// Train runs a job to its end and reports everything that happens to the listeners, in order, on
// the calling goroutine. A nil control never interferes.
//
// It returns the run as it stands; nil when it could not even start. The error is nil when the run
// ended in order, including a stop through control; the context's error when ctx ended it, with the
// run saved; a [*DivergedError] when the numbers blew up; [ErrBusy] when the run in the folder is
// being trained already.
func Train(ctx context.Context, job Job, control *Control, listen ...func(Event)) (*Run, error) {
	l, err := newLoop(job, control, listen)
	if err != nil {
		return nil, err
	}
	defer l.close()
	return l.run(ctx)
}

// loop is a run under way.
type loop struct {
	*plan
	record  Run
	control *Control
	listen  []func(Event)
	folder  *folder // nil when nothing is kept on disk
	every   time.Duration
	meter   *meter

	trainer   *engine.Trainer
	predictor *engine.Predictor

	place place
	good  engine.Weights // finite, of the last checkpoint
	best  engine.Weights // of the best epoch; nil after a resume, then best.safetensors holds them
	saved time.Time
}

// place is where a run stands and what the epoch under way has summed up: with the weights and the
// optimiser's memory, all that the rest of the run depends on.
type place struct {
	Epoch   int // finished epochs
	Batch   int // finished batches of the epoch under way
	LossSum float64
	Correct int
	Images  int
}

// possible reports whether the sums belong to the number of batches; the place may come from a
// damaged file.
func (p place) possible() bool {
	if p.Batch == 0 {
		return p.Epoch >= 0 && p == place{Epoch: p.Epoch}
	}
	return p.Epoch >= 0 && p.Batch > 0 && p.Images >= p.Batch && p.Correct >= 0 && p.Correct <= p.Images && finite(p.LossSum)
}

func newLoop(job Job, control *Control, listen []func(Event)) (_ *loop, err error) {
	l := &loop{control: control, listen: listen, every: job.CheckpointEvery}
	if l.control == nil {
		l.control = &Control{}
	}
	if l.every == 0 {
		l.every = defaultCheckpointEvery
	}
	var from *checkpoint
	defer func() {
		if err != nil {
			l.close()
			if l.folder != nil && !job.Resume {
				l.folder.abandon()
			}
		}
	}()
	if job.Dir != "" {
		if l.folder, err = openFolder(job.Dir); err != nil {
			return nil, err
		}
		if from, err = l.folder.checkpoint(job.Resume); err != nil {
			return nil, err
		}
	} else if job.Resume {
		return nil, errors.New("resume: no run folder is given")
	}

	l.record = Run{Name: job.Name, Network: job.Network.Clone(), Recipe: job.Recipe, Started: time.Now()}
	if from != nil {
		l.record = from.run
		if job.Recipe.Epochs > 0 {
			l.record.Recipe.Epochs = job.Recipe.Epochs
		}
		l.place = from.place
		job.Initial = from.weights
	}
	if l.plan, err = newPlan(l.record.Network, l.record.Recipe, job.Data); err != nil {
		return nil, err
	}
	info := describe(job.Data)
	if from != nil && info.Fingerprint != l.record.Data.Fingerprint {
		return nil, fmt.Errorf("resume: the run was trained on %q with %d pictures, and the open dataset %q holds others; open the dataset it began with",
			l.record.Data.Name, l.record.Data.Train, info.Name)
	}
	if from != nil && from.place.Batch > l.steps() {
		return nil, fmt.Errorf("resume: the checkpoint stands at batch %d of an epoch of %d batches; %s", from.place.Batch, l.steps(), damagedRemedy)
	}
	if l.trainer, err = l.plan.trainer(job); err != nil {
		return nil, err
	}
	if l.predictor, err = l.plan.predictor(job, l.trainer.Weights()); err != nil {
		return nil, err
	}
	if from != nil {
		if err := l.trainer.SetState(from.state); err != nil {
			return nil, fmt.Errorf("resume: %w", err)
		}
	}
	if l.record.Name == "" {
		l.record.Name = l.record.Network.Name
	}
	if l.folder != nil {
		l.record.ID = l.folder.id()
		if err := l.folder.openBatches(l.place.Epoch*l.steps() + l.place.Batch); err != nil {
			return nil, err
		}
	}
	l.record.Data = info
	l.record.Status, l.record.Message = StatusRunning, ""
	l.record.Images, l.record.Batches = len(l.train), l.steps()
	l.good = l.trainer.Weights().Clone()
	l.meter = newMeter(l.recipe.Epochs, len(l.train), len(l.val))
	return l, nil
}

func (l *loop) close() {
	if l.trainer != nil {
		l.trainer.Close()
	}
	if l.predictor != nil {
		l.predictor.Close()
	}
	if l.folder != nil {
		l.folder.close()
	}
}

func (l *loop) emit(e Event) {
	for _, f := range l.listen {
		f(e)
	}
}

// snapshot is a copy of the record that listeners may keep.
func (l *loop) snapshot() Run {
	run := l.record
	run.History = slices.Clone(run.History)
	return run
}

// run trains the epochs that are left and ends the run.
func (l *loop) run(ctx context.Context) (*Run, error) {
	stop, err := l.epochs(ctx)
	var diverged *DivergedError
	switch {
	case errors.As(err, &diverged), err != nil && ctx.Err() == nil:
		return l.fail(err)
	case err != nil:
		l.record.Status, l.record.Message = StatusInterrupted, "The program ended before the run did."
	case stop == stopKeep:
		l.record.Status = StatusStopped
		l.record.Message = fmt.Sprintf("Stopped by you in epoch %d of %d.", l.place.Epoch+1, l.recipe.Epochs)
	case stop == stopDiscard:
		l.record.Status, l.record.Message = StatusStopped, "Discarded."
	default:
		l.record.Status = StatusFinished
		if l.place.Epoch < l.recipe.Epochs {
			l.record.Message = fmt.Sprintf("Stopped early after epoch %d: no improvement for %d epochs.", l.place.Epoch, l.recipe.EarlyStopping.Patience)
		}
	}
	if saveErr := l.checkpoint(); saveErr != nil {
		return l.fail(saveErr)
	}
	weights, resultErr := l.result()
	if resultErr != nil {
		return l.fail(resultErr)
	}
	if stop == stopDiscard {
		if l.folder != nil {
			if err := l.folder.discard(); err != nil {
				return l.fail(err)
			}
		}
		l.record.Status = StatusDiscarded
	}
	run := l.snapshot()
	l.emit(Finished{Run: run, Weights: weights})
	return &run, err
}

// fail ends a run that cannot go on. What was saved last stays as it is.
func (l *loop) fail(err error) (*Run, error) {
	l.record.Status, l.record.Message = StatusInterrupted, err.Error()
	if diverged := (*DivergedError)(nil); errors.As(err, &diverged) {
		l.record.Status = StatusFailed
	}
	if l.folder != nil {
		err = errors.Join(err, l.folder.save(l.record))
	}
	run := l.snapshot()
	l.emit(Failed{Run: run, Err: err, Weights: l.good})
	return &run, err
}

// epochs trains until all epochs are done, the recipe's early stopping ends the run or a command
// does.
func (l *loop) epochs(ctx context.Context) (stopping, error) {
	l.emit(Started{
		Run:        l.snapshot(),
		Train:      slices.Clone(l.train),
		Validation: slices.Clone(l.val),
		Batches:    l.steps(),
		Resumed:    l.place != place{},
	})
	if err := l.checkpoint(); err != nil {
		return goOn, err
	}
	l.meter.start(l.place)
	for l.place.Epoch < l.recipe.Epochs && !l.recipe.EarlyStopping.Done(l.record.History) {
		if stop, err := l.trainEpoch(ctx); stop != goOn || err != nil {
			return stop, err
		}
		probs, stop, err := l.validate(ctx)
		if stop != goOn || err != nil {
			return stop, err
		}
		if err := l.endEpoch(probs); err != nil {
			return goOn, err
		}
	}
	return goOn, nil
}

// trainEpoch trains what is left of the epoch under way.
func (l *loop) trainEpoch(ctx context.Context) (stopping, error) {
	loader := l.feed.Epoch(ctx, l.place.Epoch, l.place.Batch)
	defer loader.Close()
	scale := l.recipe.Schedule.Plateau(l.record.History)
	for l.place.Batch < l.steps() { // not at the gate behind the last batch, which would swallow a single step
		if stop, err := l.gate(ctx); stop != goOn || err != nil {
			return stop, err
		}
		b, err := loader.Next()
		if errors.Is(err, io.EOF) {
			return goOn, nil
		}
		if err != nil {
			return goOn, err
		}
		rate := scale * l.rate(b.Index)
		r, err := l.trainer.Step(engine.Batch{X: b.X, Targets: b.Targets}, rate)
		if err != nil {
			return goOn, fmt.Errorf("train epoch %d, batch %d: %w", l.place.Epoch+1, b.Index+1, err)
		}
		if !finite(r.Loss) {
			return goOn, l.diverged()
		}
		l.place.Batch++
		l.place.LossSum += r.Loss * float64(b.N)
		l.place.Correct += r.Correct
		l.place.Images += b.N
		l.meter.trained(b.N)
		done := BatchDone{
			Epoch:        l.place.Epoch + 1,
			Batch:        l.place.Batch,
			Batches:      l.steps(),
			Step:         l.place.Epoch*l.steps() + l.place.Batch,
			Loss:         r.Loss,
			Accuracy:     float64(r.Correct) / float64(b.N),
			MeanLoss:     l.place.LossSum / float64(l.place.Images),
			MeanAccuracy: float64(l.place.Correct) / float64(l.place.Images),
			LearningRate: rate,
			Progress:     l.meter.progress(),
		}
		if l.folder != nil {
			if err := l.folder.addBatch(done); err != nil {
				return goOn, err
			}
		}
		l.emit(done)
	}
	return goOn, nil
}

// rate is the schedule's learning rate of one batch of the epoch under way.
func (l *loop) rate(batch int) float64 {
	return l.recipe.Schedule.Rate(l.recipe.LearningRate, l.place.Epoch*l.steps()+batch, l.steps(), l.recipe.Epochs)
}

// validate predicts the validation pictures.
func (l *loop) validate(ctx context.Context) ([]float32, stopping, error) {
	if len(l.val) == 0 {
		return nil, goOn, nil
	}
	if err := l.predictor.UpdateWeights(l.trainer.Weights()); err != nil {
		return nil, goOn, err
	}
	l.meter.validate()
	probs := make([]float32, 0, len(l.val)*l.classes)
	for done := 0; done < len(l.val); {
		if stop, err := l.gate(ctx); stop != goOn || err != nil {
			return nil, stop, err
		}
		n := predictChunk
		if l.control.Paused() {
			n = l.recipe.Batch // a single step is one batch
		}
		indices := l.val[done:min(done+n, len(l.val))]
		p, err := Probabilities(ctx, l.predictor, l.set, indices, l.classes, nil)
		if err != nil {
			return nil, goOn, err
		}
		probs = append(probs, p...)
		done += len(indices)
		l.meter.validated(len(indices))
		l.emit(Validating{Epoch: l.place.Epoch + 1, Done: done, Total: len(l.val), Progress: l.meter.progress()})
	}
	return probs, goOn, nil
}

// endEpoch takes down the figures of the epoch under way and begins the next.
func (l *loop) endEpoch(probs []float32) error {
	e := Epoch{
		Epoch:        l.place.Epoch + 1,
		Loss:         l.place.LossSum / float64(l.place.Images),
		Accuracy:     float64(l.place.Correct) / float64(l.place.Images),
		LearningRate: l.recipe.Schedule.Plateau(l.record.History) * l.rate(l.steps()-1),
	}
	if len(l.val) > 0 {
		labels := make([]uint8, len(l.val))
		for i, at := range l.val {
			labels[i] = l.set.Labels[at]
		}
		p, err := metrics.New(probs, labels, l.classes)
		if err != nil {
			return err
		}
		e.Validated, e.ValLoss, e.ValAccuracy = true, p.Loss(), p.Accuracy()
		if !finite(e.ValLoss) {
			return l.diverged()
		}
	}
	weights := l.trainer.Weights().Clone()
	if !weights.Finite() {
		return l.diverged()
	}
	e.Seconds, e.ImagesPerSecond = l.meter.endEpoch()
	l.record.History = append(l.record.History, e)
	l.place = place{Epoch: l.place.Epoch + 1}
	best := l.recipe.EarlyStopping.Best(l.record.History) == len(l.record.History)-1
	if best {
		l.best = weights
		if l.folder != nil {
			// Before the checkpoint: should the program die in between, the epoch is trained
			// again and gives the same file.
			if err := l.folder.saveBest(l.record, weights); err != nil {
				return err
			}
		}
	}
	if err := l.checkpoint(); err != nil {
		return err
	}
	l.emit(EpochDone{Epoch: e, Best: best, Weights: weights, Probabilities: probs, Progress: l.meter.progress()})
	return nil
}

// gate is passed before each batch: it answers commands and saves the run when it is time to.
func (l *loop) gate(ctx context.Context) (stopping, error) {
	if time.Since(l.saved) >= l.every {
		if err := l.checkpoint(); err != nil {
			return goOn, err
		}
	}
	stop, err := l.control.await(ctx,
		func() error {
			l.meter.pause()
			if err := l.checkpoint(); err != nil {
				return err
			}
			l.emit(Paused{})
			return nil
		},
		func() {
			l.meter.resume()
			l.emit(Resumed{})
		})
	if l.control.Paused() { // a single step: the clock ran while it was waited for
		l.meter.resume()
	}
	return stop, err
}

// checkpoint keeps the weights as the last good ones, in memory and on disk.
func (l *loop) checkpoint() error {
	weights := l.trainer.Weights()
	if !weights.Finite() {
		return l.diverged()
	}
	if err := l.good.CopyFrom(weights); err != nil {
		return err
	}
	l.saved = time.Now()
	l.record.Updated = l.saved
	if l.folder == nil {
		return nil
	}
	if err := l.folder.saveCheckpoint(l.record, l.place, weights, l.trainer.State()); err != nil {
		return err
	}
	epoch := l.place.Epoch
	if l.place.Batch > 0 {
		epoch++
	}
	l.emit(Checkpointed{Epoch: epoch, Batch: l.place.Batch})
	return nil
}

// result returns the weights that the run was made for.
func (l *loop) result() (engine.Weights, error) {
	if !l.recipe.EarlyStopping.KeepBest || len(l.record.History) == 0 {
		return l.good, nil
	}
	if l.best == nil {
		model, err := l.folder.best()
		if err != nil {
			return nil, err
		}
		l.best = model.Weights
	}
	return l.best, nil
}

func (l *loop) diverged() error {
	return &DivergedError{Epoch: l.place.Epoch + 1, Batch: l.place.Batch + 1, Rate: l.rate(min(l.place.Batch, l.steps()-1))}
}
