//go:build slow

package dataset_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"atelier/ml/dataset"
)

// pandasProgram reads a table and prints how many seconds that took.
const pandasProgram = `
import sys, time
import pandas
start = time.perf_counter()
table = pandas.read_csv(sys.argv[1])
print(time.perf_counter() - start)
assert table.shape == (60000, 785), table.shape
`

// TestCSVAgainstPandas reads Kaggle's training table, written from the IDX
// files, with pandas.read_csv and with ReadCSV, in turns.
func TestCSVAgainstPandas(t *testing.T) {
	python := withPandas()
	if python == "" {
		t.Skip("no Python with pandas is here: apt-get install python3-pandas")
	}
	d, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 60000 {
		t.Skip("the whole dataset is not here: apt-get install dataset-fashion-mnist")
	}
	path := filepath.Join(t.TempDir(), "fashion-mnist_train.csv")
	var table bytes.Buffer
	if err := dataset.WriteCSV(&table, d.Train); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, table.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("the table has %d bytes", table.Len())

	var ours, theirs []float64
	for range 3 {
		out, err := exec.Command(python, "-c", pandasProgram, path).Output()
		if err != nil {
			t.Fatal(err)
		}
		seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			t.Fatal(err)
		}
		theirs = append(theirs, seconds)

		start := time.Now()
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dataset.ReadCSV(context.Background(), f, path, 10)
		ours = append(ours, time.Since(start).Seconds())
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Images, d.Train.Images) || !bytes.Equal(got.Labels, d.Train.Labels) {
			t.Fatal("the table holds other pictures than the IDX files")
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	ratio := theirs[1] / ours[1]
	t.Logf("pandas %.2f s, ReadCSV %.3f s (medians of 3): %.1f times as fast", theirs[1], ours[1], ratio)
	if ratio < 8 {
		t.Errorf("%.1f times as fast as pandas, want 8", ratio)
	}
}

// withPandas returns a Python that has pandas, or "".
func withPandas() string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import pandas").Run() == nil {
			return python
		}
	}
	return ""
}
