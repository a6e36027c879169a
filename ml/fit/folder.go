package fit

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"atelier/ml/atomicfile"
	"atelier/ml/engine"
	"atelier/ml/modelfile"
)

const damagedRemedy = "start a new run, or restore the folder from a copy"

// folder is a run folder that this program writes. Nobody else may while it is open.
type folder struct {
	dir     string
	lock    *flock.Flock
	file    *os.File // batches.csv
	batches *csv.Writer
}

// openFolder makes the folder if need be and locks it.
func openFolder(dir string) (*folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open run folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make run folder: %w", err)
	}
	f := &folder{dir: dir, lock: flock.New(filepath.Join(dir, lockFile))}
	// Somebody who only asks whether the run is busy holds the lock for an instant.
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	switch free, err := f.lock.TryLockContext(ctx, 50*time.Millisecond); {
	case errors.Is(err, context.DeadlineExceeded), err == nil && !free:
		return nil, fmt.Errorf("open run %s: %w", dir, ErrBusy)
	case err != nil:
		return nil, fmt.Errorf("lock run folder: %w", err)
	}
	if err := atomicfile.Sweep(dir); err != nil {
		f.close()
		return nil, fmt.Errorf("clean run folder: %w", err)
	}
	return f, nil
}

func (f *folder) id() string { return filepath.Base(f.dir) }

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) close() {
	if f.file != nil {
		f.batches.Flush()
		_ = f.file.Close() // losing the last lines of the batches' figures harms nothing
		f.file = nil
	}
	_ = f.lock.Close()
}

// abandon removes a folder, closed before, that holds no run because none could begin.
func (f *folder) abandon() {
	if _, err := os.Stat(f.path(checkpointFile)); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	_ = os.Remove(f.path(batchesFile))
	_ = os.Remove(f.path(lockFile))
	_ = os.Remove(f.dir) // stays when there is anything else in it
}

// discard moves the folder to the trash beside it.
func (f *folder) discard() error {
	f.close()
	return trash(f.dir)
}

// trash moves a run's folder to the trash of the folder it lies in.
func trash(dir string) error {
	bin := filepath.Join(filepath.Dir(dir), trashDir)
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	return os.Rename(dir, filepath.Join(bin, filepath.Base(dir)))
}

// checkpoint is a run read back from its folder.
type checkpoint struct {
	run     Run
	place   place
	weights engine.Weights
	state   engine.State
}

// loopState is the JSON form, inside a checkpoint, of what is neither a tensor nor a field of
// [modelfile.Checkpoint].
type loopState struct {
	Name    string   `json:"name"`
	Data    DataInfo `json:"data"`
	LossSum float64  `json:"loss_sum"`
	Correct int      `json:"correct"`
	Images  int      `json:"images"`
}

// checkpoint reads the run in the folder: nil when there is none and none is wanted. The checkpoint
// file alone decides; run.json only adds what says nothing about the result.
func (f *folder) checkpoint(resume bool) (*checkpoint, error) {
	path := f.path(checkpointFile)
	exists := true
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		exists = false
	}
	switch {
	case exists && !resume:
		return nil, fmt.Errorf("the folder %s already holds a run; resume it, or choose another folder", f.dir)
	case !exists && resume:
		return nil, fmt.Errorf("resume: there is no run in the folder %s", f.dir)
	case !exists:
		return nil, nil
	}
	model, err := modelfile.Load(path)
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	c := &checkpoint{weights: model.Weights}
	c.run.Network = model.Network
	var state loopState
	if model.Checkpoint == nil {
		return nil, fmt.Errorf("resume: %s holds a finished model and not the state of a run; %s", path, damagedRemedy)
	}
	for name, part := range map[string]struct {
		from json.RawMessage
		to   any
	}{
		"recipe":  {model.Recipe, &c.run.Recipe},
		"history": {model.History, &c.run.History},
		"loop":    {model.Checkpoint.Loop, &state},
	} {
		if err := json.Unmarshal(part.from, part.to); err != nil {
			return nil, fmt.Errorf("resume: %s: the %s cannot be read (%w); %s", path, name, err, damagedRemedy)
		}
	}
	c.run.Name, c.run.Data, c.run.Started = state.Name, state.Data, time.Now()
	c.state = model.Checkpoint.State
	c.place = place{
		Epoch:   model.Checkpoint.Epoch,
		Batch:   model.Checkpoint.Batch,
		LossSum: state.LossSum,
		Correct: state.Correct,
		Images:  state.Images,
	}
	if len(c.run.History) != c.place.Epoch || !c.place.possible() {
		return nil, fmt.Errorf("resume: %s: the history of %d epochs and the place %+v contradict each other; %s", path, len(c.run.History), c.place, damagedRemedy)
	}
	if old, err := LoadRun(f.dir); err == nil {
		c.run.Name, c.run.Started = old.Name, old.Started
		for i := range c.run.History[:min(len(old.History), len(c.run.History))] {
			c.run.History[i].Seconds = old.History[i].Seconds
			c.run.History[i].ImagesPerSecond = old.History[i].ImagesPerSecond
		}
	}
	return c, nil
}

// saveCheckpoint writes run.json and the checkpoint. The checkpoint comes last: it is what a resumed
// run goes on from, and then everything else is already there.
func (f *folder) saveCheckpoint(run Run, at place, w engine.Weights, state engine.State) error {
	if err := f.flushBatches(); err != nil {
		return err
	}
	if err := f.save(run); err != nil {
		return err
	}
	model, err := run.Model(w)
	if err != nil {
		return err
	}
	loop, err := json.Marshal(loopState{
		Name: run.Name, Data: run.Data,
		LossSum: at.LossSum, Correct: at.Correct, Images: at.Images,
	})
	if err != nil {
		return err
	}
	model.Checkpoint = &modelfile.Checkpoint{State: state, Epoch: at.Epoch, Batch: at.Batch, Loop: loop}
	return model.Save(f.path(checkpointFile))
}

func (f *folder) save(run Run) error { return saveRun(f.dir, run) }

func (f *folder) saveBest(run Run, w engine.Weights) error {
	model, err := run.Model(w)
	if err != nil {
		return err
	}
	return model.Save(f.path(bestFile))
}

func (f *folder) best() (*modelfile.Model, error) { return modelfile.Load(f.path(bestFile)) }

// BatchRecord holds the figures of one training batch.
type BatchRecord struct {
	Step         int // batches since the beginning of the run, from 1
	Loss         float64
	Accuracy     float64
	LearningRate float64
}

var batchHeader = []string{"step", "loss", "accuracy", "learning_rate"}

// openBatches continues batches.csv after the given number of steps; what was written later belongs
// to batches that will be trained again.
func (f *folder) openBatches(steps int) error {
	path := f.path(batchesFile)
	kept, err := readBatches(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept = slices.DeleteFunc(kept, func(b BatchRecord) bool { return b.Step > steps })
	err = atomicfile.Write(path, func(w io.Writer) error {
		c := csv.NewWriter(w)
		rows := [][]string{batchHeader}
		for _, b := range kept {
			rows = append(rows, b.row())
		}
		return c.WriteAll(rows)
	})
	if err != nil {
		return fmt.Errorf("write the figures of batches: %w", err)
	}
	if f.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return fmt.Errorf("write the figures of batches: %w", err)
	}
	f.batches = csv.NewWriter(f.file)
	return nil
}

func (b BatchRecord) row() []string {
	float := func(v float64) string { return strconv.FormatFloat(v, 'g', 7, 64) }
	return []string{strconv.Itoa(b.Step), float(b.Loss), float(b.Accuracy), float(b.LearningRate)}
}

func (f *folder) addBatch(b BatchDone) error {
	r := BatchRecord{Step: b.Step, Loss: b.Loss, Accuracy: b.Accuracy, LearningRate: b.LearningRate}
	return f.batches.Write(r.row())
}

func (f *folder) flushBatches() error {
	f.batches.Flush()
	if err := f.batches.Error(); err != nil {
		return fmt.Errorf("write the figures of batches: %w", err)
	}
	return nil
}

// readBatches reads batches.csv; a line that was cut by a crash ends it.
func readBatches(path string) ([]BatchRecord, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := csv.NewReader(bufio.NewReader(file))
	r.ReuseRecord = true
	var records []BatchRecord
	for {
		row, err := r.Read()
		if err != nil || len(row) != len(batchHeader) {
			return records, nil
		}
		step, err := strconv.Atoi(row[0])
		if err != nil {
			continue // the header
		}
		b := BatchRecord{Step: step}
		for i, to := range []*float64{&b.Loss, &b.Accuracy, &b.LearningRate} {
			if *to, err = strconv.ParseFloat(row[i+1], 64); err != nil {
				return records, nil
			}
		}
		records = append(records, b)
	}
}
