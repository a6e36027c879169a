//go:build slow

package main_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// realData is the whole of Fashion-MNIST, where Debian's package puts it.
func realData(t *testing.T) string {
	t.Helper()
	const dir = "/usr/share/datasets/fashion-mnist"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the package dataset-fashion-mnist is not installed: %v", err)
	}
	return dir
}

// TestTheArticlesAccuracy trains the article's network by the article's recipe. PyTorch reaches
// 82.3 % on the test pictures with both.
func TestTheArticlesAccuracy(t *testing.T) {
	end := call(t, 0, "train", "--data", realData(t), "--preset", "article", "--epochs", "5", "--seed", "1", "--json",
		"--out", filepath.Join(t.TempDir(), "run")).last(t)
	t.Logf("%v", end)
	if accuracy, _ := end["test_accuracy"].(float64); accuracy < 0.80 || accuracy > 0.86 {
		t.Errorf("test accuracy %v, want 0.80 to 0.86", accuracy)
	}
}

// TestKillAndResumeOnTheRealData kills a run of the article's network in the middle of its second
// epoch.
func TestKillAndResumeOnTheRealData(t *testing.T) {
	data := realData(t)
	args := func(dir string) []string {
		return []string{"train", "--data", data, "--preset", "article", "--epochs", "2", "--seed", "1", "--json", "--out", dir}
	}
	whole, killed := filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "run")
	call(t, 0, args(whole)...)
	c := command(t, args(killed)...)
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for range 188 + 90 {
		if !lines.Scan() {
			t.Fatal("it ended before it was killed")
		}
	}
	_ = c.Process.Kill() // it may have ended by now
	_ = c.Wait()         // killed, as it should be
	call(t, 0, "train", "--data", data, "--json", "--resume", killed)
	for _, name := range []string{"checkpoint.safetensors", "best.safetensors", "batches.csv"} {
		if !bytes.Equal(read(t, killed, name), read(t, whole, name)) {
			t.Errorf("%s differs", name)
		}
	}
}
