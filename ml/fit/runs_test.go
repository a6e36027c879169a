package fit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"atelier/ml/fit"
)

// trained makes a finished run of one epoch among runs.
func trained(t *testing.T, runs fit.Runs, name string, started time.Time) string {
	t.Helper()
	id, err := runs.New(name, started)
	if err != nil {
		t.Fatal(err)
	}
	j := job(t, 100)
	j.Recipe.Epochs, j.Name, j.Dir = 1, name, runs.Path(id)
	train(t, j, nil)
	return id
}

func TestRunsOnDisk(t *testing.T) {
	runs := fit.Runs{Dir: filepath.Join(t.TempDir(), "not", "there", "yet")}
	if list, err := runs.List(); err != nil || len(list) != 0 {
		t.Fatalf("%v, error %v", list, err)
	}
	now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	first := trained(t, runs, "First / try: ä", now)
	second := trained(t, runs, "First / try: ä", now)
	if first == second || !strings.HasPrefix(first, "20240506-070809-first-try") {
		t.Errorf("IDs %q and %q", first, second)
	}
	list, err := runs.List()
	if err != nil || len(list) != 2 || list[0].ID != second || list[1].ID != first {
		t.Fatalf("%+v, error %v", list, err)
	}

	if err := runs.Rename(first, "  Better name "); err != nil {
		t.Fatal(err)
	}
	if run, err := runs.Load(first); err != nil || run.Name != "Better name" || len(run.History) != 1 {
		t.Errorf("%+v, error %v", run, err)
	}
	if err := runs.Rename(first, " "); err == nil {
		t.Error("an empty name was accepted")
	}
	if size, err := runs.Size(first); err != nil || size < 10_000 {
		t.Errorf("size %d, error %v", size, err)
	}
	if records, err := runs.Batches(first); err != nil || len(records) != 3 || records[2].Step != 3 || records[0].Loss <= 0 {
		t.Errorf("%+v, error %v", records, err)
	}
	if model, err := runs.Model(first); err != nil || len(model.Weights) == 0 {
		t.Errorf("error %v", err)
	}

	if err := runs.Delete(first); err != nil {
		t.Fatal(err)
	}
	if list, _ := runs.List(); len(list) != 1 {
		t.Errorf("%d runs after deleting one of two", len(list))
	}
	if err := runs.Restore(first); err != nil {
		t.Fatal(err)
	}
	if list, _ := runs.List(); len(list) != 2 {
		t.Errorf("%d runs after undoing", len(list))
	}
	if err := runs.Delete(second); err != nil {
		t.Fatal(err)
	}
	if err := runs.EmptyTrash(); err != nil {
		t.Fatal(err)
	}
	if err := runs.Restore(second); err == nil {
		t.Error("a run came back from an emptied trash")
	}
	for _, id := range []string{"", ".", "..", "../" + first, ".trash", "nothing"} {
		if err := runs.Delete(id); err == nil {
			t.Errorf("%q was deleted", id)
		}
	}
}

func TestADamagedRunDoesNotHideTheOthers(t *testing.T) {
	runs := fit.Runs{Dir: t.TempDir()}
	trained(t, runs, "good", time.Now())
	bad, err := runs.New("bad", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(runs.Path(bad), "run.json"), []byte(`{"name":`), 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := runs.List()
	if err == nil || !strings.Contains(err.Error(), "run.json") {
		t.Errorf("error %v", err)
	}
	if len(list) != 1 || list[0].Name != "good" {
		t.Errorf("%+v", list)
	}
}

func TestABusyRunIsLeftAlone(t *testing.T) {
	runs := fit.Runs{Dir: t.TempDir()}
	id, err := runs.New("busy", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	j := job(t, 100)
	j.Recipe.Epochs, j.Dir = 1, runs.Path(id)
	train(t, j, nil, func(e fit.Event) {
		if b, ok := e.(fit.BatchDone); !ok || b.Step != 2 {
			return
		}
		if run, err := runs.Load(id); err != nil || run.Status != fit.StatusRunning {
			t.Errorf("status %s, error %v", run.Status, err)
		}
		if err := runs.Delete(id); !errors.Is(err, fit.ErrBusy) {
			t.Errorf("delete: %v", err)
		}
		if err := runs.Rename(id, "new"); !errors.Is(err, fit.ErrBusy) {
			t.Errorf("rename: %v", err)
		}
		again := j
		again.Resume = true
		if _, err := fit.Train(t.Context(), again, nil); !errors.Is(err, fit.ErrBusy) {
			t.Errorf("train: %v", err)
		}
	})
	if run, err := runs.Load(id); err != nil || run.Status != fit.StatusFinished {
		t.Errorf("status %s, error %v", run.Status, err)
	}
}

// TestListingDoesNotMakeARunBusy asks whether a run is busy from many sides.
func TestListingDoesNotMakeARunBusy(t *testing.T) {
	runs := fit.Runs{Dir: t.TempDir()}
	id := trained(t, runs, "crashed", time.Now())
	// A program that was killed leaves a run that says it is running.
	path := filepath.Join(runs.Path(id), "run.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	crashed := strings.Replace(string(text), string(fit.StatusFinished), string(fit.StatusRunning), 1)
	if err := os.WriteFile(path, []byte(crashed), 0o644); err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 500 {
				if run, err := runs.Load(id); err != nil || run.Status != fit.StatusInterrupted {
					t.Errorf("status %s, error %v", run.Status, err)
					return
				}
			}
		})
	}
	asking.Wait()
}

func TestARunWithoutAnEpochHasNoModel(t *testing.T) {
	j := job(t, 100)
	j.Dir = t.TempDir()
	control := &fit.Control{}
	control.Stop()
	train(t, j, control)
	if _, err := fit.LoadModel(j.Dir); err == nil {
		t.Error("it has one")
	}
}
