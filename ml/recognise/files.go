package recognise

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"atelier/ml/vision"
)

// Walk replaces every folder among the paths by the pictures in it and below,
// in the order of their names; hidden files and folders are left out. Pictures
// that cannot be read, and other paths, stay as they are, so that a file of a
// wrong kind is reported by name.
func Walk(paths []string) ([]string, error) {
	var files []string
	for _, root := range paths {
		info, err := os.Stat(root)
		if err != nil || !info.IsDir() {
			files = append(files, root) // what is wrong with it comes out when it is read
			continue
		}
		before := len(files)
		err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return fmt.Errorf("look for pictures: %w", err)
			case path != root && strings.HasPrefix(entry.Name(), "."):
				if entry.IsDir() {
					return fs.SkipDir
				}
			case !entry.IsDir() && (vision.IsPicture(entry.Name()) || vision.IsForeign(entry.Name())):
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("there are no pictures in %s: choose a folder with %s files", root, strings.Join(vision.Extensions(), ", "))
		}
	}
	return slices.Clip(files), nil
}

// Files answers for each file and calls done in the order of the paths, on the
// calling goroutine, with the answer or the error of that file. Several files
// are read and prepared at once. It ends early only with the context's error.
func (r *Recogniser) Files(ctx context.Context, paths []string, kind vision.Kind, done func(i int, a Answer, err error)) error {
	type outcome struct {
		answer Answer
		err    error
	}
	workers := max(runtime.GOMAXPROCS(0), 2)
	// A queue of pending outcomes keeps the order and bounds the memory.
	queue := make(chan chan outcome, 2*workers)
	slots := make(chan struct{}, workers)
	go func() {
		defer close(queue)
		for _, path := range paths {
			result := make(chan outcome, 1)
			select {
			case queue <- result:
			case <-ctx.Done():
				return
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				result <- outcome{err: ctx.Err()}
				return
			}
			go func() {
				defer func() { <-slots }()
				a, err := r.file(ctx, path, kind)
				result <- outcome{a, err}
			}()
		}
	}()
	i := 0
	for result := range queue {
		o := <-result
		if ctx.Err() == nil {
			done(i, o.answer, o.err)
		}
		i++
	}
	return ctx.Err()
}

func (r *Recogniser) file(ctx context.Context, path string, kind vision.Kind) (Answer, error) {
	img, err := vision.DecodeFile(ctx, path)
	if err != nil {
		return Answer{}, err
	}
	return r.Picture(ctx, img, kind)
}
