package fit_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atelier/ml/engine"
	"atelier/ml/fit"
)

// childDir tells a copy of the test program to train in a folder, until it is killed or done.
const childDir = "ATELIER_TEST_TRAIN_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(trainAsChild(dir))
	}
	os.Exit(m.Run())
}

func killJob(t testing.TB, dir string) fit.Job {
	j := job(t, 400)
	j.Dir = dir
	j.Recipe.Epochs = 3
	j.Recipe.Optimizer = engine.Optimizer{Name: engine.Adam}
	j.Recipe.LearningRate = 0.003
	j.Recipe.EarlyStopping.KeepBest = true
	j.CheckpointEvery = 1 // nanosecond: after every batch
	return j
}

// trainAsChild prints a line for each event.
func trainAsChild(dir string) int {
	j := killJob(&testing.T{}, dir)
	j.Resume = true
	tell := func(e fit.Event) { fmt.Printf("%T\n", e) }
	_, err := fit.Train(context.Background(), j, nil, tell)
	if err != nil && dirIsEmpty(dir) {
		j.Resume = false
		_, err = fit.Train(context.Background(), j, nil, tell)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// dirIsEmpty reports that a run was killed before its first checkpoint.
func dirIsEmpty(dir string) bool {
	_, err := os.Stat(dir + "/checkpoint.safetensors")
	return os.IsNotExist(err)
}

// TestKilledRunsLoseNothing kills a training process at random moments, again and again, until the
// run is finished all the same.
func TestKilledRunsLoseNothing(t *testing.T) {
	whole := killJob(t, t.TempDir())
	want := train(t, whole, nil)

	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	kills := 0
	for finished := false; !finished; {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+dir)
		var stderr bytes.Buffer
		child.Stderr = &stderr
		stdout, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for range 5 + rng.IntN(14) {
			if !lines.Scan() {
				finished = true
				break
			}
		}
		if !finished {
			time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
			_ = child.Process.Kill() // it may have finished in the meantime
			kills++
		}
		if err := child.Wait(); err != nil && finished {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		if run, err := fit.LoadRun(dir); err == nil && run.Status != fit.StatusFinished && run.Status != fit.StatusInterrupted {
			t.Errorf("a killed run is %s", run.Status)
		}
	}
	t.Logf("killed %d times", kills)
	if kills < 5 {
		t.Errorf("only %d kills: the test shows little", kills)
	}
	got, err := fit.LoadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*want, got, withoutTimes); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"checkpoint.safetensors", "best.safetensors"} {
		if !bytes.Equal(read(t, dir, name), read(t, whole.Dir, name)) {
			t.Errorf("%s differs", name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 5 {
		t.Errorf("the folder holds %v", entries)
	}
}
