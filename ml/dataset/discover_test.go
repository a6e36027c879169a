package dataset

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where the program looks by itself is fixed, so the order is tested with
// other places.
func TestDiscoverPassesOverWhatIsNotGood(t *testing.T) {
	dir := t.TempDir()
	empty, damaged, half, good := filepath.Join(dir, "empty"), filepath.Join(dir, "damaged"), filepath.Join(dir, "half"), filepath.Join(dir, "good")
	sample, err := Sample()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{empty, damaged, half, good} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeCSV := func(path string, s *Set) {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := WriteCSV(f, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"train.csv", "test.csv"} {
		writeCSV(filepath.Join(good, part), sample.Test.Subset([]int{0, 1, 2}))
		if err := os.WriteFile(filepath.Join(damaged, part), []byte("label,pixel1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(half, "train-images-idx3-ubyte"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	places := []Place{{Dir: filepath.Join(dir, "gone")}, {Dir: empty}, {Dir: damaged, What: "the damaged one"}, {Dir: half}, {Dir: good, What: "the good one"}}

	d, err := Opener{}.discover(context.Background(), places)
	if err != nil {
		t.Fatal(err)
	}
	if d.Source.Dir != good || d.Source.Place != "the good one" || len(d.Source.Notes) != 2 || !strings.Contains(d.Source.Notes[0], "the damaged one") {
		t.Errorf("the source is %+v", d.Source)
	}

	d, err = Opener{}.discover(context.Background(), places[:4])
	if err != nil {
		t.Fatal(err)
	}
	if !d.Source.Sample || len(d.Source.Notes) != 2 {
		t.Errorf("the source is %+v", d.Source)
	}
}
