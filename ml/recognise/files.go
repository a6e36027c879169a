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

	"atelier/ml/dataset"
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
// calling goroutine, with the answer or the error of that file. As many files as
// there are threads are read, prepared and answered at once. It ends early only
// with the context's error.
func (r *Recogniser) Files(ctx context.Context, paths []string, kind vision.Kind, done func(i int, a Answer, err error)) error {
	type outcome struct {
		answer Answer
		err    error
	}
	type job struct {
		path   string
		result chan outcome
	}
	workers := r.options.Threads
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = max(min(workers, len(paths)), 1)
	jobs := make(chan job)
	// A queue of jobs in order bounds the memory that outcomes wait in.
	queue := make(chan job, 2*workers)
	for range workers {
		// Each has its own network on one thread: parting that of a few small
		// pictures would leave threads waiting for each other.
		own, err := New(r.model, Options{Threads: 1, Kernel: r.options.Kernel})
		if err != nil {
			close(jobs)
			return err
		}
		go func() {
			defer own.Close()
			for j := range jobs {
				a, err := own.file(ctx, j.path, kind)
				j.result <- outcome{a, err}
			}
		}()
	}
	go func() {
		defer close(queue)
		defer close(jobs)
		for _, path := range paths {
			j := job{path, make(chan outcome, 1)}
			select {
			case queue <- j:
				jobs <- j // answered at once when the context is done
			case <-ctx.Done():
				return
			}
		}
	}()
	i := 0
	for j := range queue {
		o := <-j.result
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

// Pictures answers about all pictures of a set, which must be 28×28. It returns the
// probabilities, as many for each picture as there are classes, and how many
// pictures are refused. It calls progress, which may be nil, now and then.
func (r *Recogniser) Pictures(ctx context.Context, set *dataset.Set, progress func(done, total int)) (probabilities []float32, refused int, err error) {
	var pixels vision.Pixels
	if set.H != vision.Side || set.W != vision.Side {
		return nil, 0, fmt.Errorf("the pictures are %d×%d, not %d×%d: choose another dataset", set.H, set.W, vision.Side, vision.Side)
	}
	for i := range set.Len() {
		copy(pixels[:], set.Image(i))
		a, err := r.Prepared(ctx, vision.Result{Pixels: pixels, Kind: vision.MNIST})
		if err != nil {
			return nil, 0, err
		}
		for _, p := range a.Probabilities {
			probabilities = append(probabilities, float32(p))
		}
		if a.Unknown {
			refused++
		}
		if (i+1)%100 == 0 || i+1 == set.Len() {
			report(progress, i+1, set.Len())
		}
	}
	return probabilities, refused, nil
}
