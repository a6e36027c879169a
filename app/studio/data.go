package studio

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/modelfile"
	"atelier/ml/vision"
)

// Keys of background jobs that more than one place starts or watches.
const (
	JobData     = "data"
	JobDownload = "download"
	JobModel    = "model"
)

// recentLimit is how many datasets the menu remembers.
const recentLimit = 8

// DataProblem is why no dataset is open although one was asked for.
type DataProblem struct {
	// Path is what could not be opened; "" when it was not the user who named
	// it, but the environment.
	Path string
	Err  error
}

// Error implements error.
func (p *DataProblem) Error() string { return p.Err.Error() }

// Unwrap returns what went wrong.
func (p *DataProblem) Unwrap() error { return p.Err }

// DataProblem returns why no dataset is open, or nil when one is, or none has
// been asked for yet.
func (s *Studio) DataProblem() *DataProblem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dataProblem
}

// OpenData opens the dataset at path in the background: a folder or file that
// ml/dataset reads, or "" for the first that is found, in the end the built-in
// sample. The present dataset stays open until the new one is read, and for
// good when that fails; when there is none, DataProblem says why and Browse
// shows it.
func (s *Studio) OpenData(path string) *Job {
	title := "Opening the dataset"
	if path != "" {
		title = "Opening " + filepath.Base(path)
	}
	return s.Go(JobData, title, func(ctx context.Context, progress func(current, total int64)) error {
		defer s.Since("open data", time.Now())
		d, err := dataset.Opener{
			Picture: vision.Picture, PictureVersion: vision.Version,
			Cache: filepath.Join(s.Folder(), "cache"), Progress: progress,
		}.Open(ctx, path)
		if err != nil {
			return s.withoutData(path, err)
		}
		// What reading has used up, several times the dataset, is given back.
		debug.FreeOSMemory()
		if path != "" {
			s.remember(path)
		}
		s.SetData(d)
		switch notes := d.Source.Notes; len(notes) {
		case 0:
		case 1:
			s.Notify("%s", notes[0])
		default:
			s.Notify("%s (and %d more notes: see Browse → Overview)", notes[0], len(notes)-1)
		}
		return nil
	})
}

// withoutData keeps what went wrong with the dataset at path if it leaves the
// window without one.
func (s *Studio) withoutData(path string, err error) error {
	if isCancelled(err) {
		return err
	}
	p := &DataProblem{Path: path, Err: err}
	s.mu.Lock()
	none := s.data == nil
	if none {
		s.dataProblem = p
	}
	s.mu.Unlock()
	if !none {
		return err
	}
	s.Show(Browse)
	return p
}

// OpenSample opens the sample that is built into the program, and forgets which
// dataset was open last.
func (s *Studio) OpenSample() *Job {
	s.Settings().RemoveValue(keyDataPath)
	return s.Go(JobData, "Opening the built-in sample", func(context.Context, func(current, total int64)) error {
		d, err := dataset.Sample()
		if err != nil {
			return err
		}
		s.SetData(d)
		return nil
	})
}

// StartData opens the dataset that the program starts with: path when it is
// given, else the one that the user had open last, if it is still there, else
// what is found.
func (s *Studio) StartData(path string) *Job {
	if path == "" && os.Getenv(dataset.EnvVar) == "" {
		if last := s.Settings().String(keyDataPath); last != "" {
			if _, err := os.Stat(last); err == nil {
				path = last
			}
		}
	}
	return s.OpenData(path)
}

func (s *Studio) remember(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	recent := slices.DeleteFunc(s.Recent(), func(p string) bool { return p == path })
	recent = append([]string{path}, recent...)
	s.Settings().SetStringList(keyRecent, recent[:min(len(recent), recentLimit)])
	s.Settings().SetString(keyDataPath, path)
}

// OpenStandardData goes back to the dataset that is found without being told,
// now and at the next start.
func (s *Studio) OpenStandardData() *Job {
	s.Settings().RemoveValue(keyDataPath)
	return s.OpenData("")
}

// Recent returns the datasets that were opened, the latest first.
func (s *Studio) Recent() []string { return s.Settings().StringList(keyRecent) }

// ForgetRecent empties that list.
func (s *Studio) ForgetRecent() { s.Settings().SetStringList(keyRecent, nil) }

// OpenModel makes the model file at path current.
func (s *Studio) OpenModel(path string) *Job {
	return s.Go(JobModel, "Opening "+filepath.Base(path), func(context.Context, func(current, total int64)) error {
		m, err := modelfile.Load(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		s.SetModel(&Model{Model: m, Name: name, Path: path})
		s.Notify("Opened the model %s", name)
		return nil
	})
}

// Files are paths sorted by what they seem to hold.
type Files struct {
	Datasets []string
	Models   []string
	// Pictures are all others, and folders of pictures: whoever reads them
	// says what is wrong with those that are none.
	Pictures []string
}

// SortFiles looks at names, and into folders, but not into files.
func SortFiles(paths []string) Files {
	var f Files
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err == nil && info.IsDir() && isDatasetDir(p), err == nil && !info.IsDir() && isDatasetName(p):
			f.Datasets = append(f.Datasets, p)
		case strings.EqualFold(filepath.Ext(p), ".safetensors"):
			f.Models = append(f.Models, p)
		default:
			f.Pictures = append(f.Pictures, p)
		}
	}
	return f
}

func isDatasetName(path string) bool {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	return strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, "-ubyte") || strings.HasSuffix(name, ".idx")
}

// isDatasetDir reports whether a folder holds data files, or only folders
// (one a class).
func isDatasetDir(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	folders, files := 0, 0
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			folders++
		case isDatasetName(e.Name()):
			return true
		case !strings.EqualFold(filepath.Ext(e.Name()), ".txt"):
			files++
		}
	}
	return folders >= dataset.MinClasses && files == 0
}

// OpenFiles opens paths that were dropped on the window or given to the
// program: datasets in Browse, models for all tabs, pictures in Classify.
func (s *Studio) OpenFiles(paths []string) error {
	f := SortFiles(paths)
	if len(f.Datasets) > 1 && !sameFolder(f.Datasets) {
		return fmt.Errorf("only one dataset can be open: drop one of %s", strings.Join(f.Datasets, ", "))
	}
	if len(f.Models) > 1 {
		return fmt.Errorf("only one model can be current: drop one of %s", strings.Join(f.Models, ", "))
	}
	if len(f.Datasets) > 0 {
		path := f.Datasets[0]
		if len(f.Datasets) > 1 {
			path = filepath.Dir(path)
		}
		s.Show(Browse)
		s.OpenData(path)
	}
	if len(f.Models) > 0 {
		s.OpenModel(f.Models[0])
	}
	if len(f.Pictures) > 0 {
		r := ClassifyPictures{}
		for _, p := range f.Pictures {
			r.Pictures = append(r.Pictures, Picture{Name: filepath.Base(p), Path: p})
		}
		if !s.Send(r) {
			return fmt.Errorf("pictures cannot be classified in this window")
		}
	}
	return nil
}

// sameFolder reports whether the files lie in one folder, such as the four of
// a dataset that were dropped together.
func sameFolder(paths []string) bool {
	for _, p := range paths {
		if filepath.Dir(p) != filepath.Dir(paths[0]) {
			return false
		}
		if info, err := os.Stat(p); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
