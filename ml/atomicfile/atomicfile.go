// Package atomicfile writes files so that a reader, a crash or a power cut only
// ever finds the whole old content or the whole new one.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/natefinch/atomic"
)

// suffix marks temporary files, which lie beside the file they will become.
const suffix = ".atelier-tmp"

// Write replaces the file at path by what write produces: a temporary file in
// the same folder, flushed to the disk and renamed. On an error the file at path
// is what it was and the temporary file is gone. A new file gets the
// permissions of any other new file, an existing one keeps its own.
func Write(path string, write func(w io.Writer) error) (err error) {
	temp, err := create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temp.Close() // closed already on some ways here
			_ = os.Remove(temp.Name())
		}
	}()

	buffered := bufio.NewWriterSize(temp, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		if err := temp.Chmod(info.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return atomic.ReplaceFile(temp.Name(), path)
}

// WriteBytes replaces the content of the file at path by data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Sweep removes what a writer that was killed left in dir. It must not run while
// another goroutine or program writes there.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var failed error
	for _, entry := range entries {
		if entry.Type().IsRegular() && strings.HasSuffix(entry.Name(), suffix) {
			failed = errors.Join(failed, os.Remove(filepath.Join(dir, entry.Name())))
		}
	}
	return failed
}

// create opens a temporary file for path. Unlike os.CreateTemp it leaves the
// permissions to the user's umask.
func create(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for range 1000 {
		name := fmt.Sprintf("%s.%s-%08x%s", dir, base, rand.Uint32(), suffix)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return nil, fmt.Errorf("no free name for a temporary file beside %s: remove the files ending in %s", path, suffix)
}
