package dataset_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"atelier/ml/dataset"
)

// small is a few real pictures of each class, as a dataset to write to files.
func small(t testing.TB) (train, test *dataset.Set) {
	t.Helper()
	d := sample(t)
	return d.Train.Subset(firstOfEach(d.Train, 10)), d.Test.Subset(firstOfEach(d.Test, 2))
}

func firstOfEach(s *dataset.Set, n int) (indices []int) {
	var seen [10]int
	for i := range s.Len() {
		if l := s.Label(i); seen[l] < n {
			seen[l]++
			indices = append(indices, i)
		}
	}
	return indices
}

func encode(t testing.TB, s *dataset.Set, write func(io.Writer, *dataset.Set) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// folder writes files to a new folder.
func folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// idxFiles is a good dataset as four plain files.
func idxFiles(t testing.TB) map[string][]byte {
	train, test := small(t)
	return map[string][]byte{
		"train-images-idx3-ubyte": encode(t, train, dataset.WriteIDXImages),
		"train-labels-idx1-ubyte": encode(t, train, dataset.WriteIDXLabels),
		"t10k-images-idx3-ubyte":  encode(t, test, dataset.WriteIDXImages),
		"t10k-labels-idx1-ubyte":  encode(t, test, dataset.WriteIDXLabels),
	}
}

func TestOpenWhatEverTheLayout(t *testing.T) {
	train, test := small(t)
	plain := idxFiles(t)
	gz, dotted, nested := map[string][]byte{}, map[string][]byte{}, map[string][]byte{}
	for name, content := range plain {
		gz[name+".gz"] = zipped(t, content)
		dotted[strings.Replace(name, "-idx", ".idx", 1)] = content
		nested["FashionMNIST/raw/"+name] = content
	}
	trainCSV, testCSV := encode(t, train, dataset.WriteCSV), encode(t, test, dataset.WriteCSV)
	for name, c := range map[string]struct {
		files  map[string][]byte
		open   string
		format dataset.Format
	}{
		"plain IDX":           {plain, "", dataset.IDX},
		"gzip IDX":            {gz, "", dataset.IDX},
		"IDX with dots":       {dotted, "", dataset.IDX},
		"IDX in a subfolder":  {nested, "", dataset.IDX},
		"one IDX file chosen": {gz, "t10k-labels-idx1-ubyte.gz", dataset.IDX},
		"CSV":                 {map[string][]byte{"fashion-mnist_train.csv": trainCSV, "fashion-mnist_test.csv": testCSV}, "", dataset.CSV},
		"gzip CSV":            {map[string][]byte{"fashion-mnist_train.csv.gz": zipped(t, trainCSV), "fashion-mnist_test.csv.gz": zipped(t, testCSV)}, "", dataset.CSV},
		"other CSV names":     {map[string][]byte{"Train.csv": trainCSV, "test.csv": testCSV}, "", dataset.CSV},
		"training CSV chosen": {map[string][]byte{"a_train.csv": trainCSV, "a_test.csv": testCSV, "b_train.csv": testCSV, "b_test.csv": testCSV}, "a_train.csv", dataset.CSV},
		"test CSV chosen":     {map[string][]byte{"a_train.csv": trainCSV, "a_test.csv": testCSV}, "a_test.csv", dataset.CSV},
		"half IDX, whole CSV": {map[string][]byte{"train-images-idx3-ubyte": nil, "train.csv": trainCSV, "test.csv": testCSV}, "", dataset.CSV},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, c.files)
			var last, total int64
			d, err := dataset.Open(context.Background(), filepath.Join(dir, c.open), func(done, all int64) {
				if done < last {
					t.Errorf("progress went back from %d to %d", last, done)
				}
				last, total = done, all
			})
			if err != nil {
				t.Fatal(err)
			}
			checkSet(t, d.Train, train)
			checkSet(t, d.Test, test)
			if d.Source.Format != c.format || d.Source.Sample || !strings.HasPrefix(d.Source.Dir, dir) || len(d.Source.Files) == 0 {
				t.Errorf("the source is %+v", d.Source)
			}
			if d.Source.Published() {
				t.Error("a part of the dataset is taken for the published one")
			}
			if last != total || total == 0 {
				t.Errorf("the progress ended at %d of %d", last, total)
			}
			if !slices.Equal(d.Classes, dataset.FashionClasses) {
				t.Errorf("the classes are %v", d.Classes)
			}
		})
	}
}

func TestOpenOneCSVIsDivided(t *testing.T) {
	train, _ := small(t)
	dir := folder(t, map[string][]byte{"Mine.csv": encode(t, train, dataset.WriteCSV)})
	d, err := dataset.Open(context.Background(), filepath.Join(dir, "Mine.csv"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "Mine" || d.Train.Len() != 80 || d.Test.Len() != 20 || len(d.Source.Notes) != 1 {
		t.Errorf("%s with %d + %d pictures, notes %q", d.Name, d.Train.Len(), d.Test.Len(), d.Source.Notes)
	}
}

func TestOpenFaults(t *testing.T) {
	train, test := small(t)
	with := func(name string, content []byte) map[string][]byte {
		files := idxFiles(t)
		delete(files, strings.TrimSuffix(name, ".gz"))
		if content != nil {
			files[name] = content
		}
		return files
	}
	images := encode(t, train, dataset.WriteIDXImages)
	gz := zipped(t, images)
	bad := bytes.Clone(gz)
	bad[len(bad)/2] ^= 0xff
	wrongSum := bytes.Clone(gz)
	wrongSum[len(wrongSum)-5] ^= 1
	big := &dataset.Set{H: 32, W: 32, Images: make([]byte, 1024), Labels: []byte{0}}
	odd := train.Subset([]int{0, 1, 2})
	odd.Labels[1] = 10
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"empty folder":    {nil, "no dataset is in"},
		"labels missing":  {with("train-labels-idx1-ubyte", nil), "train-labels-idx1-ubyte is missing"},
		"images cut":      {with("train-images-idx3-ubyte", images[:50_000]), "train-images-idx3-ubyte: the header promises 100 pictures"},
		"gzip cut":        {with("train-images-idx3-ubyte.gz", gz[:len(gz)/2]), "train-images-idx3-ubyte.gz: the compressed file is cut short"},
		"gzip cut at end": {with("train-images-idx3-ubyte.gz", gz[:len(gz)-4]), "train-images-idx3-ubyte.gz: the compressed file is cut short"},
		"gzip damaged":    {with("train-images-idx3-ubyte.gz", bad), "train-images-idx3-ubyte.gz: "},
		"gzip wrong sum":  {with("train-images-idx3-ubyte.gz", wrongSum), "train-images-idx3-ubyte.gz: the compressed file is damaged"},
		"gzip header":     {with("train-images-idx3-ubyte.gz", []byte{0x1f, 0x8b, 0}), "train-images-idx3-ubyte.gz: the compressed file is cut short"},
		"counts differ":   {with("t10k-labels-idx1-ubyte", encode(t, train, dataset.WriteIDXLabels)), "t10k-labels-idx1-ubyte: it holds 100 labels, but t10k-images-idx3-ubyte holds 20 pictures"},
		"other size":      {with("t10k-images-idx3-ubyte", encode(t, big, dataset.WriteIDXImages)), "pictures have 32×32 pixels"},
		"no pictures":     {map[string][]byte{"train.csv": []byte("label"), "test.csv": nil}, "column pixel1 is missing"},
		"label 10": {
			map[string][]byte{
				"train-images-idx3-ubyte": encode(t, odd, dataset.WriteIDXImages), "train-labels-idx1-ubyte": encode(t, odd, dataset.WriteIDXLabels),
				"t10k-images-idx3-ubyte": encode(t, test, dataset.WriteIDXImages), "t10k-labels-idx1-ubyte": encode(t, test, dataset.WriteIDXLabels),
			}, "train-labels-idx1-ubyte: picture 1 has the label 10, but labels go from 0 to 9",
		},
		"class twice": {with("classes.txt", []byte("a\nb\na\n")), "classes.txt, line 3"},
		"one class":   {with("classes.txt", []byte("a\n")), "classes.txt: it names 1 classes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dataset.Open(context.Background(), folder(t, c.files), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if file, _, ok := strings.Cut(c.want, ": "); ok && !strings.HasPrefix(err.Error(), file) || strings.Contains(err.Error(), file+": "+file) {
				t.Errorf("%v does not begin with the file's name, once", err)
			}
		})
	}
	if _, err := dataset.Open(context.Background(), filepath.Join(t.TempDir(), "gone"), nil); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Errorf("a missing folder gives %v", err)
	}
	dir := folder(t, map[string][]byte{"notes.txt": []byte("hello")})
	if _, err := dataset.Open(context.Background(), filepath.Join(dir, "notes.txt"), nil); err == nil || !strings.Contains(err.Error(), "is not a dataset") {
		t.Errorf("a text file gives %v", err)
	}
}

func TestOpenOwnClassNames(t *testing.T) {
	files := idxFiles(t)
	files["classes.txt"] = []byte("\ufeffzero\r\none\r\n\r\ntwo\r\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n")
	d, err := dataset.Open(context.Background(), folder(t, files), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Classes) != 11 || d.Classes[0] != "zero" || d.Classes[10] != "ten" {
		t.Errorf("the classes are %q", d.Classes)
	}
}

func TestOpenHeedsTheEnvironment(t *testing.T) {
	dir := folder(t, idxFiles(t))
	t.Setenv(dataset.EnvVar, dir)
	d, err := dataset.Open(context.Background(), "", nil)
	if err != nil || d.Source.Dir != dir || d.Train.Len() != 100 {
		t.Errorf("got %+v, %v", d, err)
	}
	t.Setenv(dataset.EnvVar, filepath.Join(dir, "gone"))
	if _, err := dataset.Open(context.Background(), "", nil); err == nil || !strings.Contains(err.Error(), "gone is not there") {
		t.Errorf("a wrong %s gives %v", dataset.EnvVar, err)
	}
}

func TestOpenCancel(t *testing.T) {
	train, test := small(t)
	for name, files := range map[string]map[string][]byte{
		"IDX": idxFiles(t),
		"CSV": {"train.csv": encode(t, train, dataset.WriteCSV), "test.csv": encode(t, test, dataset.WriteCSV)},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err := dataset.Open(ctx, folder(t, files), func(done, _ int64) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestSampleIsBalanced(t *testing.T) {
	d := sample(t)
	if !d.Source.Sample || d.Source.Published() {
		t.Errorf("the source is %+v", d.Source)
	}
	for class, n := range d.Train.Counts(10) {
		if n != 600 || d.Test.Counts(10)[class] != 100 {
			t.Errorf("class %d has %d and %d pictures", class, n, d.Test.Counts(10)[class])
		}
	}
}

// fashion is the whole of Fashion-MNIST, where it is installed.
func fashion(t testing.TB) *dataset.Data {
	t.Helper()
	d, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Source.Published() {
		t.Skip("Fashion-MNIST is not installed (Debian package dataset-fashion-mnist)")
	}
	return d
}

func TestPublishedDataSet(t *testing.T) {
	d := fashion(t)
	if d.Name != "Fashion-MNIST" || d.Train.Len() != 60000 || d.Test.Len() != 10000 || len(d.Source.Files) != 4 {
		t.Errorf("%s with %d + %d pictures from %d files", d.Name, d.Train.Len(), d.Test.Len(), len(d.Source.Files))
	}
	for class := range 10 {
		if train, test := d.Train.Counts(10)[class], d.Test.Counts(10)[class]; train != 6000 || test != 1000 {
			t.Errorf("class %d has %d and %d pictures", class, train, test)
		}
	}
	s := sample(t)
	checkSet(t, s.Train, d.Train.Subset(firstOfEach(d.Train, 600)))
	checkSet(t, s.Test, d.Test.Subset(firstOfEach(d.Test, 100)))
}

func BenchmarkOpen(b *testing.B) {
	fashion(b)
	for range b.N {
		fashion(b)
	}
}
