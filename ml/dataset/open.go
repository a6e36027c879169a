package dataset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/adrg/xdg"
)

// EnvVar is the environment variable that names the dataset to open.
const EnvVar = "ATELIER_DATA"

// debianDir is where Debian's package dataset-fashion-mnist puts the files.
const debianDir = "/usr/share/datasets/fashion-mnist"

// classesFile may lie beside the data to name its classes, one a line.
const classesFile = "classes.txt"

// splitSeed and testShare are used to divide data that comes without a test
// part. They are fixed so that a dataset is the same each time it is opened.
const (
	splitSeed = 1
	testShare = 0.2
)

// Place is a folder in which Open looks for a dataset.
type Place struct {
	Dir  string
	What string // in words: "the user's data folder"
	// Required is true for a place that the user named: when it cannot be
	// opened, that is an error, and no other is tried.
	Required bool
}

// UserDir is the user's folder for the dataset; downloads go there.
func UserDir() string { return filepath.Join(xdg.DataHome, "atelier", "fashion-mnist") }

// Places lists where Open looks when it is not told, first to last.
func Places() []Place {
	var places []Place
	if dir := os.Getenv(EnvVar); dir != "" {
		places = append(places, Place{dir, "named by " + EnvVar, true})
	}
	if exe, err := os.Executable(); err == nil {
		beside := filepath.Dir(exe)
		places = append(places, Place{Dir: filepath.Join(beside, "fashion-mnist"), What: "beside the program"}, Place{Dir: beside, What: "beside the program"})
	}
	return append(places, Place{Dir: UserDir(), What: "the user's data folder"}, Place{Dir: debianDir, What: "the package dataset-fashion-mnist"})
}

// Opener opens datasets. The zero value reads IDX and CSV.
type Opener struct {
	// Picture turns a picture file into Side×Side grey pixels. It makes
	// folders of class folders readable; calls may come from several
	// goroutines at once.
	Picture func(ctx context.Context, path string) ([]byte, error)
	// Cache is a folder in which converted pictures are kept for the next
	// time; "" keeps none. PictureVersion names what Picture does: pictures
	// kept under another name are converted anew.
	Cache, PictureVersion string
	// Progress is told how much of the work is done, in bytes or, for
	// folders of pictures, in pictures; one call at a time.
	Progress func(done, total int64)
}

// Open opens a dataset with an Opener that has only a progress function.
func Open(ctx context.Context, path string, progress func(done, total int64)) (*Data, error) {
	return Opener{Progress: progress}.Open(ctx, path)
}

// Open opens the dataset at path: a folder with the four IDX files, with a
// training and a test CSV, or with one folder of pictures for each class; or
// one such file. With path "" it opens what it finds in Places: a dataset
// named by ATELIER_DATA must open, the other places are passed over when they
// hold none or a damaged one (Source.Notes then says so), and when none is
// left the built-in sample is opened.
func (o Opener) Open(ctx context.Context, path string) (*Data, error) {
	if path != "" {
		return o.openAt(ctx, Place{Dir: path, What: "chosen"})
	}
	return o.discover(ctx, Places())
}

func (o Opener) discover(ctx context.Context, places []Place) (*Data, error) {
	var notes []string
	for _, p := range places {
		if p.Required {
			d, err := o.openAt(ctx, p)
			if err != nil {
				err = fmt.Errorf("the dataset %s does not open: %w", p.What, err)
			}
			return d, err
		}
		// A program may lie in a folder of anything, so that only the
		// program's own formats count here.
		if _, err := findFiles(os.DirFS(p.Dir)); errors.Is(err, errNoData) {
			continue
		}
		d, err := o.openAt(ctx, p)
		if err == nil {
			d.Source.Notes = append(notes, d.Source.Notes...)
			return d, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		notes = append(notes, fmt.Sprintf("Passed over %s (%s): %v", p.Dir, p.What, err))
	}
	d, err := Sample()
	if err != nil {
		return nil, err
	}
	d.Source.Notes = append(notes, d.Source.Notes...)
	return d, nil
}

// subfolders are tried below a chosen folder: how others lay the files out.
var subfolders = []string{".", "fashion-mnist", "data/fashion", "FashionMNIST/raw", "raw"}

func (o Opener) openAt(ctx context.Context, p Place) (*Data, error) {
	info, err := os.Stat(p.Dir)
	if err != nil {
		return nil, fileError(p.Dir, err)
	}
	dir, found, err := o.locate(p.Dir, info.IsDir())
	if err != nil {
		return nil, err
	}
	var d *Data
	if found.format == Folders {
		d, err = o.readFolders(ctx, dir)
	} else {
		d, err = o.read(ctx, os.DirFS(dir), dir, found)
	}
	if err != nil {
		return nil, err
	}
	d.Source.Dir, d.Source.Place = dir, p.What
	if d.Source.Published() || strings.HasPrefix(strings.ToLower(found.train), "fashion-mnist") {
		d.Name = "Fashion-MNIST"
	} else if found.format == CSV && found.test == "" {
		d.Name = found.train[:len(stem(found.train))-len(".csv")]
	} else if abs, err := filepath.Abs(dir); err == nil {
		d.Name = filepath.Base(abs)
	}
	return d, nil
}

// locate finds the dataset's files in a folder or beside a file.
func (o Opener) locate(path string, isDir bool) (dir string, found layout, err error) {
	if !isDir {
		dir, name := filepath.Split(path)
		if dir == "" {
			dir = "."
		}
		found, err = findWith(os.DirFS(dir), name)
		if errors.Is(err, errNoData) {
			err = fmt.Errorf("%s is not a dataset. Choose an IDX file (train-images-idx3-ubyte, plain or .gz), a CSV file, or a folder", path)
		}
		return filepath.Clean(dir), found, err
	}
	if _, err := os.ReadDir(path); err != nil {
		return "", layout{}, fileError(path, err)
	}
	for _, sub := range subfolders {
		dir = filepath.Join(path, sub)
		if found, err = findFiles(os.DirFS(dir)); !errors.Is(err, errNoData) {
			return dir, found, err
		}
	}
	if o.Picture != nil {
		if root := classRoot(path); root != "" {
			return root, layout{format: Folders}, nil
		}
	}
	return "", layout{}, fmt.Errorf("no dataset is in %s. It should hold the four IDX files (train-images-idx3-ubyte and so on, plain or .gz), fashion-mnist_train.csv and fashion-mnist_test.csv, or one folder of pictures for each class", path)
}

// read reads the files of an IDX or CSV dataset side by side.
func (o Opener) read(ctx context.Context, fsys fs.FS, dir string, found layout) (*Data, error) {
	classes, err := readClasses(fsys)
	if err != nil {
		return nil, err
	}
	m := &meter{report: o.Progress}
	for _, name := range found.files() {
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return nil, fileError(filepath.Join(dir, name), err)
		}
		m.total += info.Size()
	}
	d := &Data{Classes: classes, Source: Source{Format: found.format}}
	r := setReader{fsys: fsys, dir: dir, classes: len(classes), meter: m}
	if found.format == IDX {
		err = inParallel(ctx,
			func(ctx context.Context) (err error) {
				d.Train, err = r.idx(ctx, found.train, found.trainLabels)
				return err
			},
			func(ctx context.Context) (err error) {
				d.Test, err = r.idx(ctx, found.test, found.testLabels)
				return err
			})
	} else {
		// One CSV after the other, as reading one keeps all cores busy.
		if d.Train, err = r.csv(ctx, found.train); err == nil && found.test != "" {
			d.Test, err = r.csv(ctx, found.test)
		}
	}
	if err != nil {
		return nil, err
	}
	if d.Test == nil {
		train, test := Split(d.Train, testShare, true, splitSeed)
		if len(test) == 0 {
			return nil, &FormatError{File: found.train, Problem: "it holds too few pictures to set some aside for the test", Remedy: "Put at least five pictures of each class in it, or a test file beside it"}
		}
		d.Train, d.Test = d.Train.Subset(train), d.Train.Subset(test)
		d.Source.Notes = append(d.Source.Notes, fmt.Sprintf("There is no test file beside %s, so a fifth of its pictures was set aside for the test.", found.train))
	}
	slices.SortFunc(r.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	d.Source.Files = r.files
	return d, nil
}

// setReader reads sets from the files of one folder and notes what it read.
type setReader struct {
	fsys    fs.FS
	dir     string
	classes int
	meter   *meter
	mu      sync.Mutex
	files   []File
}

func (r *setReader) note(d *dataFile) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files = append(r.files, d.record(filepath.Join(r.dir, d.name)))
}

func (r *setReader) idx(ctx context.Context, images, labels string) (*Set, error) {
	s := &Set{}
	err := r.each(ctx, images, func(d *dataFile) (err error) {
		s.Images, s.H, s.W, err = ReadIDXImages(d, images, d.room)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = r.each(ctx, labels, func(d *dataFile) (err error) {
		s.Labels, err = ReadIDXLabels(d, labels, d.room)
		return err
	})
	if err != nil {
		return nil, err
	}
	pictures := len(s.Images) / (s.H * s.W)
	switch {
	case s.H != Side || s.W != Side:
		return nil, &FormatError{File: images, Problem: fmt.Sprintf("its pictures have %d×%d pixels", s.H, s.W), Remedy: fmt.Sprintf("Pictures of %d×%d are needed", Side, Side)}
	case pictures != len(s.Labels):
		return nil, &FormatError{File: labels, Problem: fmt.Sprintf("it holds %d labels, but %s holds %d pictures", len(s.Labels), images, pictures), Remedy: "The two files do not belong together: get both again"}
	case pictures == 0:
		return nil, &FormatError{File: images, Problem: "it holds no pictures", Remedy: "Get it again"}
	}
	for i, l := range s.Labels {
		if int(l) >= r.classes {
			return nil, &FormatError{File: labels, Problem: fmt.Sprintf("picture %d has the label %d, but labels go from 0 to %d", i, l, r.classes-1), Remedy: "Correct the label, or name all classes in a file " + classesFile + " beside it, one a line"}
		}
	}
	return s, nil
}

func (r *setReader) csv(ctx context.Context, name string) (*Set, error) {
	var s *Set
	err := r.each(ctx, name, func(d *dataFile) (err error) {
		s, err = ReadCSV(ctx, d, name, r.classes)
		return err
	})
	return s, err
}

// each runs read on one open file and notes the file when all went well.
func (r *setReader) each(ctx context.Context, name string, read func(*dataFile) error) error {
	d, err := openDataFile(ctx, r.fsys, name, r.meter)
	if err != nil {
		return fileError(filepath.Join(r.dir, name), err)
	}
	defer d.Close()
	if err := read(d); err != nil {
		return err
	}
	r.note(d)
	return nil
}

// inParallel runs the tasks side by side; the first failure stops the others.
func inParallel(ctx context.Context, tasks ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, task := range tasks {
		wg.Go(func() {
			if err := task(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// readClasses returns the names in the classes file, or Fashion-MNIST's when
// there is none.
func readClasses(fsys fs.FS) ([]string, error) {
	f, err := fsys.Open(classesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return slices.Clone(FashionClasses), nil
	}
	if err != nil {
		return nil, fileError(classesFile, err)
	}
	defer f.Close()
	var names []string
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for line := 1; lines.Scan(); line++ {
		name := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if name == "" {
			continue
		}
		if slices.Contains(names, name) {
			return nil, &FormatError{File: classesFile, Line: line, Problem: fmt.Sprintf("the class %q is named twice", name), Remedy: "Give each class its own name"}
		}
		names = append(names, name)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", classesFile, err)
	}
	if n := len(names); n < MinClasses || n > MaxClasses {
		return nil, &FormatError{File: classesFile, Problem: fmt.Sprintf("it names %d classes", n), Remedy: fmt.Sprintf("Name %d to %d classes, one a line", MinClasses, MaxClasses)}
	}
	return names, nil
}

// errNoData says that a folder holds none of the known files.
var errNoData = errors.New("no dataset here")

// layout names the files of a dataset within its folder.
type layout struct {
	format                  Format
	train, test             string // pictures, or CSV; test may be "" for CSV
	trainLabels, testLabels string
}

func (l layout) files() []string {
	return slices.DeleteFunc([]string{l.train, l.trainLabels, l.test, l.testLabels}, func(s string) bool { return s == "" })
}

// stem is a file's name in small letters without .gz, and with the two ways of
// writing IDX names made one.
func stem(name string) string {
	s := strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.ReplaceAll(s, ".idx", "-idx")
}

// findFiles looks for the four IDX files and then for a pair of CSV files. The
// error is errNoData, or says which of the four files are missing.
func findFiles(fsys fs.FS) (layout, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return layout{}, errNoData
	}
	byStem := map[string]string{}
	for _, e := range entries { // in order of names: a plain file comes before its .gz and is kept
		if _, known := byStem[stem(e.Name())]; !known && !e.IsDir() {
			byStem[stem(e.Name())] = e.Name()
		}
	}
	idx := layout{format: IDX}
	var missing []string
	for _, f := range []struct {
		stem string
		name *string
	}{
		{"train-images-idx3-ubyte", &idx.train},
		{"train-labels-idx1-ubyte", &idx.trainLabels},
		{"t10k-images-idx3-ubyte", &idx.test},
		{"t10k-labels-idx1-ubyte", &idx.testLabels},
	} {
		if *f.name = byStem[f.stem]; *f.name == "" {
			missing = append(missing, f.stem)
		}
	}
	if len(missing) == 0 {
		return idx, nil
	}
	if csv, ok := findCSV(byStem); ok {
		return csv, nil
	}
	if len(missing) < 4 {
		return layout{}, fmt.Errorf("the dataset is not complete: %s is missing. Put it there, plain or as .gz", strings.Join(missing, ", "))
	}
	return layout{}, errNoData
}

// findCSV looks for fashion-mnist_train.csv and fashion-mnist_test.csv, or
// another pair of names that end in train and test.
func findCSV(byStem map[string]string) (layout, bool) {
	var trains []string
	for s := range byStem {
		if strings.HasSuffix(s, "train.csv") && byStem[testStem(s)] != "" {
			trains = append(trains, s)
		}
	}
	if len(trains) == 0 {
		return layout{}, false
	}
	slices.Sort(trains)
	train := trains[0]
	if slices.Contains(trains, "fashion-mnist_train.csv") {
		train = "fashion-mnist_train.csv"
	}
	return layout{format: CSV, train: byStem[train], test: byStem[testStem(train)]}, true
}

func testStem(train string) string { return strings.TrimSuffix(train, "train.csv") + "test.csv" }

// findWith finds the dataset that the named file is part of.
func findWith(fsys fs.FS, name string) (layout, error) {
	s := stem(name)
	if strings.HasSuffix(s, "-ubyte") {
		found, err := findFiles(fsys)
		if err == nil && found.format == CSV {
			err = errNoData
		}
		return found, err
	}
	if path.Ext(s) != ".csv" {
		return layout{}, errNoData
	}
	byStem := map[string]string{s: name}
	if entries, err := fs.ReadDir(fsys, "."); err == nil {
		partner := testStem(s)
		if strings.HasSuffix(s, "test.csv") {
			partner = strings.TrimSuffix(s, "test.csv") + "train.csv"
		}
		for _, e := range entries {
			if stem(e.Name()) == partner && !e.IsDir() {
				byStem[partner] = e.Name()
			}
		}
	}
	if found, ok := findCSV(byStem); ok {
		return found, nil
	}
	return layout{format: CSV, train: name}, nil
}
