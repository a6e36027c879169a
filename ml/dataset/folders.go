package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// pictureSuffixes are the endings of files that count as pictures.
var pictureSuffixes = []string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// Folder names that hold the two parts of a dataset, in small letters.
var (
	trainFolders = []string{"train", "training"}
	testFolders  = []string{"test", "testing", "val", "valid", "validation"}
)

// picture is a file and the class of the folder that it lies in.
type picture struct {
	path  string
	class int
}

func isPicture(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains(pictureSuffixes, strings.ToLower(filepath.Ext(name)))
}

// classRoot returns the folder that holds one folder for each class, or the
// folders train and test with them: dir, or the only folder in it, as unpacked
// archives often have one folder too many. It is "" when there is none.
func classRoot(dir string) string {
	for range 3 {
		inner := dir
		if train := childNamed(dir, trainFolders); train != "" {
			inner = train
		}
		if len(classFolders(inner)) >= MinClasses {
			return dir
		}
		children := childFolders(dir)
		if len(children) != 1 {
			break
		}
		dir = filepath.Join(dir, children[0])
	}
	return ""
}

// classFolders returns the names of dir's folders that hold pictures, directly
// or further down, in order.
func classFolders(dir string) []string {
	var names []string
	for _, name := range childFolders(dir) {
		if len(picturesBelow(filepath.Join(dir, name), 1)) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// childFolders returns the names of dir's folders that are not hidden.
func childFolders(dir string) []string {
	entries, _ := os.ReadDir(dir) // an unreadable folder has none
	var names []string
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name())) // follows links
		if err == nil && info.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

func childNamed(dir string, names []string) string {
	for _, name := range childFolders(dir) {
		if slices.Contains(names, strings.ToLower(name)) {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// picturesBelow lists the picture files in dir and its folders in order; most
// above 0 stops the search at that number.
func picturesBelow(dir string, most int) []string {
	var paths []string
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // what cannot be listed holds no pictures for us
		case e.IsDir() && path != dir && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case !e.IsDir() && isPicture(e.Name()):
			paths = append(paths, path)
			if len(paths) == most {
				return fs.SkipAll
			}
		}
		return nil
	})
	return paths
}

// readFolders reads a dataset of pictures: one folder for each class, named
// like it, either in dir itself or in its folders train and test. Without a
// test folder a fifth of each class is set aside for the test.
func (o Opener) readFolders(ctx context.Context, dir string) (*Data, error) {
	trainDir, testDir := dir, ""
	if train := childNamed(dir, trainFolders); train != "" {
		trainDir, testDir = train, childNamed(dir, testFolders)
	}
	classes := classFolders(trainDir)
	if n := len(classes); n > MaxClasses {
		return nil, fmt.Errorf("%s holds %d folders of pictures; %d classes are the most. Remove some, or choose a folder that has one folder for each class", trainDir, n, MaxClasses)
	}
	train := listPictures(trainDir, classes)
	var test []picture
	if testDir != "" {
		for _, name := range classFolders(testDir) {
			if !slices.Contains(classes, name) {
				return nil, fmt.Errorf("%s holds a class %q, but %s does not. Give both the same folders", testDir, name, trainDir)
			}
		}
		test = listPictures(testDir, classes)
	}

	m := &meter{report: o.Progress, total: int64(len(train) + len(test))}
	cache := o.openPictureCache(dir)
	d := &Data{Classes: classes, Source: Source{Format: Folders}}
	var bad []string
	var err error
	for _, part := range []struct {
		set  **Set
		list []picture
		dir  string
	}{{&d.Train, train, trainDir}, {&d.Test, test, testDir}} {
		if len(part.list) == 0 {
			continue
		}
		var faults []string
		if *part.set, faults, err = o.convert(ctx, part.list, cache, m); err != nil {
			return nil, err
		}
		bad = append(bad, faults...)
		for class, n := range (*part.set).Counts(len(classes)) {
			if n == 0 && (part.dir == trainDir || slices.ContainsFunc(part.list, func(p picture) bool { return p.class == class })) {
				return nil, fmt.Errorf("no picture in %s could be read: %s. Put good pictures there, or remove the folder", filepath.Join(part.dir, classes[class]), firstBelow(faults, filepath.Join(part.dir, classes[class])))
			}
		}
	}
	cache.save()
	if d.Test == nil {
		trainIndices, testIndices := Split(d.Train, testShare, true, splitSeed)
		if len(testIndices) == 0 {
			return nil, fmt.Errorf("%s holds too few pictures to set some aside for the test. Put at least five in each class", trainDir)
		}
		d.Train, d.Test = d.Train.Subset(trainIndices), d.Train.Subset(testIndices)
		d.Source.Notes = append(d.Source.Notes, "There is no test folder, so a fifth of each class was set aside for the test.")
	}
	if len(bad) > 0 {
		left := "A picture could not be read and was left out."
		if len(bad) > 1 {
			left = fmt.Sprintf("%d pictures could not be read and were left out.", len(bad))
		}
		d.Source.Notes = append(d.Source.Notes, left)
		d.Source.Notes = append(d.Source.Notes, bad...)
	}
	return d, nil
}

func listPictures(dir string, classes []string) []picture {
	var list []picture
	for class, name := range classes {
		for _, path := range picturesBelow(filepath.Join(dir, name), 0) {
			list = append(list, picture{path, class})
		}
	}
	return list
}

// convert turns picture files into a set, on all cores, in the order of the
// list. Files that cannot be read are left out and described in faults.
func (o Opener) convert(ctx context.Context, list []picture, cache *pictureCache, m *meter) (s *Set, faults []string, err error) {
	const n = Side * Side
	pixels := make([]byte, len(list)*n)
	problems := make([]error, len(list))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(list)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(list) || ctx.Err() != nil {
					return
				}
				got := cache.find(list[i].path)
				if got == nil {
					got, problems[i] = o.Picture(ctx, list[i].path)
				}
				if problems[i] == nil && len(got) != n {
					problems[i] = fmt.Errorf("%d pixels instead of %d", len(got), n)
				}
				if problems[i] == nil {
					copy(pixels[i*n:], got)
				}
				m.add(1)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	s = &Set{H: Side, W: Side}
	for i, p := range list {
		if problems[i] != nil {
			text := problems[i].Error()
			if !strings.Contains(text, p.path) {
				text = p.path + ": " + text
			}
			faults = append(faults, text)
			continue
		}
		cache.keep(p.path, pixels[i*n:(i+1)*n])
		s.Images = append(s.Images, pixels[i*n:(i+1)*n]...)
		s.Labels = append(s.Labels, uint8(p.class))
	}
	return s, faults, nil
}

// firstBelow returns the first fault that concerns a file in dir.
func firstBelow(faults []string, dir string) string {
	for _, f := range faults {
		if strings.Contains(f, dir+string(filepath.Separator)) {
			return f
		}
	}
	return "no picture is there"
}
