package fit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"

	"atelier/ml/atomicfile"
	"atelier/ml/modelfile"
)

// The files of a run folder.
const (
	runFile        = "run.json"
	lockFile       = "run.lock"
	checkpointFile = "checkpoint.safetensors"
	bestFile       = "best.safetensors"
	batchesFile    = "batches.csv"
)

// trashDir holds deleted runs inside the folder of all runs.
const trashDir = ".trash"

// ErrBusy is wrapped by errors about a run that is being trained right now, by this program or
// another.
var ErrBusy = errors.New("it is being trained right now; stop it first")

// Runs is the folder that holds all runs, each in a folder of its own. The folder need not exist.
type Runs struct{ Dir string }

// UserRuns is the folder of runs in the user's data folder, where the studio keeps them.
func UserRuns() Runs { return Runs{Dir: filepath.Join(xdg.DataHome, "atelier", "runs")} }

// Path returns the folder of a run.
func (r Runs) Path(id string) string { return filepath.Join(r.Dir, id) }

// New makes an empty folder for a run to be started at the given time and returns its ID.
func (r Runs) New(name string, now time.Time) (id string, err error) {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of runs: %w", err)
	}
	base := now.Format("20060102-150405")
	if s := slug(name); s != "" {
		base += "-" + s
	}
	for n := 1; ; n++ {
		id := base
		if n > 1 {
			id = fmt.Sprintf("%s-%d", base, n)
		}
		switch err := os.Mkdir(r.Path(id), 0o755); {
		case err == nil:
			return id, nil
		case !errors.Is(err, fs.ErrExist):
			return "", fmt.Errorf("make a folder for the run: %w", err)
		}
	}
}

// slug keeps what every file system takes.
func slug(name string) string {
	s := strings.Map(func(c rune) rune {
		switch {
		case c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			return unicode.ToLower(c)
		default:
			return '-'
		}
	}, name)
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	return strings.Trim(s[:min(len(s), 40)], "-")
}

// List returns all runs, newest first. Runs that cannot be read are left out of the list and
// reported in the error, joined; the list is good all the same.
func (r Runs) List() ([]Run, error) {
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	var runs []Run
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		run, err := r.Load(e.Name())
		switch {
		case err == nil:
			runs = append(runs, run)
		case !errors.Is(err, fs.ErrNotExist): // a folder without run.json is not a run
			errs = append(errs, err)
		}
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return b.Started.Compare(a.Started) })
	return runs, errors.Join(errs...)
}

// Load reads the record of one run. A run that claims to be running although nobody trains it is
// reported as interrupted.
func (r Runs) Load(id string) (Run, error) { return LoadRun(r.Path(id)) }

// LoadRun reads the record of the run in a folder, as [Runs.Load] does.
func LoadRun(dir string) (Run, error) {
	path := filepath.Join(dir, runFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return Run{}, fmt.Errorf("read run: %w", err)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil {
		return Run{}, fmt.Errorf("read run: %s is damaged (%w): delete the folder, or restore it from a copy", path, err)
	}
	run.ID = filepath.Base(dir)
	if run.Status == StatusRunning && !busy(dir) {
		run.Status = StatusInterrupted
		run.Message = "The program ended before the run did."
	}
	return run, nil
}

// Model returns the model that a run was made for: that of its best epoch if its recipe keeps the
// best, else the last one.
func (r Runs) Model(id string) (*modelfile.Model, error) { return LoadModel(r.Path(id)) }

// RecipeOf returns the recipe that a model was trained by, nil if the model does
// not tell.
func RecipeOf(m *modelfile.Model) (*Recipe, error) {
	if m.Recipe == nil {
		return nil, nil
	}
	r := new(Recipe)
	if err := json.Unmarshal(m.Recipe, r); err != nil {
		return nil, fmt.Errorf("read the model's recipe: %w", err)
	}
	return r, nil
}

// LoadModel returns the model of the run in a folder, as [Runs.Model] does.
func LoadModel(dir string) (*modelfile.Model, error) {
	run, err := LoadRun(dir)
	if err != nil {
		return nil, err
	}
	if len(run.History) == 0 {
		return nil, fmt.Errorf("the run %q has not finished an epoch yet; let it train for longer", run.Name)
	}
	file := checkpointFile
	if run.Recipe.EarlyStopping.KeepBest {
		file = bestFile
	}
	model, err := modelfile.Load(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	return run.Model(model.Weights)
}

// Batches returns the figures of every training batch of a run so far.
func (r Runs) Batches(id string) ([]BatchRecord, error) {
	records, err := readBatches(filepath.Join(r.Path(id), batchesFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the figures of batches: %w", err)
	}
	return records, nil
}

// Rename gives a run another name. Its folder keeps its own.
func (r Runs) Rename(id, name string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		return errors.New("rename run: the name is empty; give it at least one letter")
	}
	return r.locked("rename", id, func(dir string) error {
		run, err := LoadRun(dir)
		if err != nil {
			return err
		}
		run.Name = name
		return saveRun(dir, run)
	})
}

// Delete moves a run to the trash, from where [Runs.Restore] brings it back until
// [Runs.EmptyTrash].
func (r Runs) Delete(id string) error {
	return r.locked("delete", id, func(dir string) error {
		return trash(dir)
	})
}

// Restore brings a deleted run back.
func (r Runs) Restore(id string) error {
	if _, err := os.Stat(r.Path(id)); err == nil {
		return fmt.Errorf("restore run %s: there is a run of this name already", id)
	}
	if err := os.Rename(filepath.Join(r.Dir, trashDir, id), r.Path(id)); err != nil {
		return fmt.Errorf("restore run: %w", err)
	}
	return nil
}

// EmptyTrash deletes the runs in the trash for good.
func (r Runs) EmptyTrash() error {
	if err := os.RemoveAll(filepath.Join(r.Dir, trashDir)); err != nil {
		return fmt.Errorf("empty the trash of runs: %w", err)
	}
	return nil
}

// Size returns the bytes that a run holds on disk.
func (r Runs) Size(id string) (int64, error) {
	var total int64
	err := filepath.WalkDir(r.Path(id), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure run: %w", err)
	}
	return total, nil
}

// locked does something to a run that nobody trains.
func (r Runs) locked(what, id string, do func(dir string) error) error {
	dir := r.Path(id)
	if id == "" || id != filepath.Base(id) || strings.HasPrefix(id, ".") {
		return fmt.Errorf("%s run: %q is not the name of a run", what, id)
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%s run: %w", what, err)
	}
	if busy(dir) {
		return fmt.Errorf("%s run %s: %w", what, id, ErrBusy)
	}
	if err := do(dir); err != nil {
		return fmt.Errorf("%s run: %w", what, err)
	}
	return nil
}

// busy reports whether somebody trains the run in dir.
func busy(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
		return false
	}
	lock := flock.New(filepath.Join(dir, lockFile))
	free, err := lock.TryRLock() // shared: two who ask at once must not see each other
	if err != nil {
		return false
	}
	_ = lock.Close()
	return !free
}

// saveRun writes run.json.
func saveRun(dir string, run Run) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(run); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, runFile), b.Bytes()); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	return nil
}
