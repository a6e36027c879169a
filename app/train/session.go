package train

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
)

// phase says what a session is doing.
type phase int

const (
	idle phase = iota
	preparing
	training
	validating
	pausing // the batch at work is still to end
	paused
	stopping
	ended
)

// batchPoint is one trained batch on the curves.
type batchPoint struct {
	Step           int
	Loss, Accuracy float64
}

// liveView is what the window shows of a run at one moment. It is a value that
// the session never changes after it is handed out.
type liveView struct {
	Phase         phase
	Run           fit.Run
	Data          *dataset.Data
	Validation    []int // indices into the training set
	Epoch, Batch  int
	Batches       int
	Points        []batchPoint
	Progress      fit.Progress
	Log           []string // finished lines
	Line          string   // the line that is still changing
	Probabilities []float32
	Weights       engine.Weights // of the last finished epoch
	Err           error
}

// running reports whether a run is under way, paused ones included.
func (v liveView) running() bool { return v.Phase != idle && v.Phase != ended }

// session runs one training run at a time and keeps what the window shows of
// it. Its methods may be called from any goroutine.
type session struct {
	studio *studio.Studio
	show   *studio.Live[liveView]

	mu      sync.Mutex
	view    liveView
	control *fit.Control
	job     *studio.Job
	// progress tells the status bar how much of the job is done.
	progress func(current, total int64)
	shownAt  time.Time
}

// newSession returns a session whose view is passed to draw, at the pace of live
// views; see [studio.NewDrawnLive].
func newSession(s *studio.Studio, draw func(liveView) (show func())) *session {
	c := &session{studio: s, progress: func(int64, int64) {}}
	c.show = studio.NewDrawnLive(s, func(v liveView) func() {
		show := draw(v)
		return func() {
			show()
			c.mu.Lock()
			progress := c.progress
			c.mu.Unlock()
			progress(int64(100*v.Progress.Run), 100)
		}
	})
	s.AddGuard(studio.Guard{
		Active: func() (string, bool) {
			return "Training stops and is saved. You can go on with it later.", c.View().running()
		},
		Finish: func(ctx context.Context) (string, error) {
			// An interrupted run is offered again at the next start.
			c.mu.Lock()
			job := c.job
			c.mu.Unlock()
			if job != nil {
				job.Cancel()
			}
			return "the run is saved", c.wait(ctx)
		},
	})
	return c
}

// View returns what is to be shown now.
func (c *session) View() liveView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view
}

// Start trains job; it reports an error when a run is under way already. The
// run goes into a new folder of the studio's runs unless job resumes one.
func (c *session) Start(job fit.Job) error {
	c.mu.Lock()
	if c.view.running() {
		c.mu.Unlock()
		return errors.New("a run is under way: stop it first")
	}
	control := &fit.Control{}
	c.control = control
	c.view = liveView{Phase: preparing, Data: job.Data, Line: "Preparing…"}
	view := c.view
	c.mu.Unlock()
	c.show.Put(view)

	title := "Training " + job.Name
	started := c.studio.Go("train", title, func(ctx context.Context, progress func(current, total int64)) error {
		if job.Dir == "" {
			runs := fit.Runs{Dir: c.studio.RunsDir()}
			id, err := runs.New(job.Name, time.Now())
			if err != nil {
				c.fail(err)
				return err
			}
			job.Dir = runs.Path(id)
		}
		c.studio.Logger().Info("training", "run", job.Dir, "resume", job.Resume)
		c.mu.Lock()
		c.progress = progress
		c.mu.Unlock()
		_, err := fit.Train(ctx, job, control, c.take)
		c.settle(err)
		return err
	})
	c.mu.Lock()
	c.job = started
	c.mu.Unlock()
	return nil
}

// Pause, Resume, StepOnce, Stop and Discard steer the run; without one they do
// nothing.
func (c *session) Pause()    { c.steer((*fit.Control).Pause, pausing) }
func (c *session) Resume()   { c.steer((*fit.Control).Resume, training) }
func (c *session) StepOnce() { c.steer((*fit.Control).StepOnce, pausing) }
func (c *session) Stop()     { c.steer((*fit.Control).Stop, stopping) }
func (c *session) Discard()  { c.steer((*fit.Control).Discard, stopping) }

// steer gives a command to the run. The view says at once that it is under way,
// as the run answers only when the batch at work has ended.
func (c *session) steer(command func(*fit.Control), then phase) {
	c.change(func(v *liveView) {
		if !v.running() || v.Phase == stopping {
			return
		}
		command(c.control)
		if then != pausing || v.Phase != paused { // a step of a paused run is part of the pause
			v.Phase = then
		}
	})
}

// wait returns when no run is under way, or with ctx's error.
func (c *session) wait(ctx context.Context) error {
	c.mu.Lock()
	job := c.job
	c.mu.Unlock()
	if job == nil {
		return nil
	}
	select {
	case <-job.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quietInterval is the pace of the view and of the status bar while one batch
// follows another: each picture of the window costs the training some of the
// processor.
const quietInterval = time.Second

// change alters the view and shows it: at once when another phase begins or an
// epoch ends, else at a quiet pace.
func (c *session) change(alter func(*liveView)) {
	c.mu.Lock()
	phase, epochs := c.view.Phase, len(c.view.Run.History)
	alter(&c.view)
	view := c.view
	now := time.Now()
	due := view.Phase != phase || view.Phase == paused || len(view.Run.History) != epochs || now.Sub(c.shownAt) >= quietInterval
	if due {
		c.shownAt = now
	}
	c.mu.Unlock()
	if due {
		c.show.Put(view)
	}
}

// take folds an event of the run into the view. Lists are only ever appended
// to, so that views handed out earlier keep what they show.
func (c *session) take(event fit.Event) {
	var earlier []batchPoint
	if e, ok := event.(fit.Started); ok && e.Resumed {
		earlier = c.earlierBatches(e.Run.ID)
	}
	c.change(func(v *liveView) {
		live := func(p phase) {
			if v.Phase != stopping {
				v.Phase = p
			}
		}
		// unpaused is p unless the run is held: single steps are part of the
		// pause.
		unpaused := func(p phase) phase {
			switch {
			case !c.control.Paused():
				return p
			case v.Phase == paused:
				return paused
			}
			return pausing
		}
		switch e := event.(type) {
		case fit.Started:
			v.Phase = training
			v.Run = e.Run
			v.Validation = e.Validation
			v.Batches = e.Batches
			v.Points = earlier
			v.Log = openingLines(e)
			v.Line = ""
		case fit.BatchDone:
			live(unpaused(training))
			v.Epoch, v.Batch, v.Batches = e.Epoch, e.Batch, e.Batches
			v.Points = append(v.Points, batchPoint{e.Step, e.Loss, e.Accuracy})
			v.Progress = e.Progress
			v.Line = batchLine(e)
		case fit.Validating:
			live(unpaused(validating))
			v.Progress = e.Progress
		case fit.EpochDone:
			live(unpaused(training))
			v.Run.History = append(v.Run.History[:len(v.Run.History):len(v.Run.History)], e.Epoch)
			v.Progress = e.Progress
			v.Probabilities, v.Weights = e.Probabilities, e.Weights
			v.Log = append(v.Log, epochLines(e.Epoch, v.Run.Recipe.Epochs, v.Batches)...)
			v.Line = ""
		case fit.Paused:
			live(paused)
		case fit.Resumed:
			live(training)
		case fit.Finished:
			v.Run = e.Run // settle ends the phase when the run's folder is free
			v.Log = append(v.Log, endLine(e.Run))
			v.Line = ""
		case fit.Failed:
			v.Run = e.Run
			v.Err = e.Err
			v.Log = append(v.Log, "Stopped: "+e.Err.Error())
			v.Line = ""
		}
	})
	switch e := event.(type) {
	case fit.Started, fit.EpochDone:
		c.studio.Announce(studio.RunsChanged)
	case fit.Finished:
		c.publish(c.runModel(e.Run, e.Weights))
		c.studio.Logger().Info("trained", "run", e.Run.Name, "status", string(e.Run.Status), "epochs", len(e.Run.History))
	case fit.Failed:
		c.publish(c.runModel(e.Run, e.Weights))
	}
}

// earlierBatches are the batches of a resumed run before it was interrupted.
// The curves start later when they cannot be read.
func (c *session) earlierBatches(id string) []batchPoint {
	records, err := fit.Runs{Dir: c.studio.RunsDir()}.Batches(id)
	if err != nil {
		c.studio.Logger().Warn("earlier batches", "run", id, "error", err)
	}
	points := make([]batchPoint, len(records))
	for i, r := range records {
		points[i] = batchPoint{r.Step, r.Loss, r.Accuracy}
	}
	return points
}

// publish makes the outcome of a run the current model. A run that was
// discarded or ended before it learned anything leaves the model as it is.
func (c *session) publish(m *studio.Model) {
	if m != nil {
		c.studio.SetModel(m)
	}
	c.studio.Announce(studio.RunsChanged)
}

// fail ends the view of a run that could not begin.
func (c *session) fail(err error) {
	c.change(func(v *liveView) {
		v.Phase, v.Err, v.Line = ended, err, ""
		v.Log = append(v.Log, "Could not start: "+err.Error())
	})
}

// settle is called when the run has ended whatever way it did.
func (c *session) settle(err error) {
	if err != nil && !errors.Is(err, context.Canceled) && c.View().Err == nil {
		c.fail(err)
	}
	c.change(func(v *liveView) { v.Phase, v.Line = ended, "" })
	c.studio.Announce(studio.RunsChanged)
}

// runModel makes the model of a run, or nil when it learned nothing or was
// discarded.
func (c *session) runModel(run fit.Run, w engine.Weights) *studio.Model {
	if w == nil || len(run.History) == 0 || run.Status == fit.StatusDiscarded {
		return nil
	}
	m, err := run.Model(w)
	if err != nil {
		c.studio.Report("Making the model of "+run.Name, err)
		return nil
	}
	return &studio.Model{Name: run.Name, Path: fit.Runs{Dir: c.studio.RunsDir()}.Path(run.ID), Model: m}
}

// openingLines are what Keras prints before the first epoch.
func openingLines(e fit.Started) []string {
	text := fmt.Sprintf("Train on %d pictures", len(e.Train))
	if n := len(e.Validation); n > 0 {
		text += fmt.Sprintf(", validate on %d", n)
	}
	lines := []string{text}
	if e.Resumed {
		lines = append(lines, fmt.Sprintf("Going on after epoch %d", len(e.Run.History)))
	}
	return lines
}

// barWidth keeps a line of the log as short as the panel.
const barWidth = 8

// batchLine is Keras's line of the running epoch.
func batchLine(e fit.BatchDone) string {
	done := barWidth * e.Batch / max(1, e.Batches)
	bar := strings.Repeat("=", done) + strings.Repeat(".", barWidth-done)
	if done < barWidth && done > 0 {
		bar = strings.Repeat("=", done-1) + ">" + strings.Repeat(".", barWidth-done)
	}
	return fmt.Sprintf("%d/%d [%s] - loss: %.4f - accuracy: %.4f", e.Batch, e.Batches, bar, e.MeanLoss, e.MeanAccuracy)
}

// epochLines are what Keras prints for a finished epoch.
func epochLines(e fit.Epoch, epochs, batches int) []string {
	lines := []string{
		fmt.Sprintf("Epoch %d/%d", e.Epoch, epochs),
		fmt.Sprintf("%d/%d - %.1fs - loss: %.4f - accuracy: %.4f", batches, batches, e.Seconds, e.Loss, e.Accuracy),
	}
	if e.Validated {
		lines = append(lines, fmt.Sprintf("  val_loss: %.4f - val_accuracy: %.4f", e.ValLoss, e.ValAccuracy))
	}
	return lines
}

// endLine says how a run ended.
func endLine(run fit.Run) string {
	text := "Finished"
	switch run.Status {
	case fit.StatusStopped:
		text = "Stopped"
	case fit.StatusInterrupted:
		text = "Interrupted"
	case fit.StatusDiscarded:
		return "The run was discarded"
	}
	switch {
	case strings.HasPrefix(run.Message, text):
		return run.Message
	case run.Message != "":
		return text + ": " + run.Message
	}
	if best, ok := run.Best(); ok && best.Validated {
		text += fmt.Sprintf(". Best epoch: %d with a validation accuracy of %.2f %%", best.Epoch, 100*best.ValAccuracy)
	}
	return text
}
