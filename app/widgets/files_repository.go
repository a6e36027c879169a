package widgets

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/storage/repository"

	"atelier/ml/atomicfile"
)

// writeOnClose makes Fyne replace files as a whole. By itself it empties a file
// as soon as it is chosen in a dialog, before there is anything to write.
func writeOnClose() error {
	registered, err := repository.ForScheme("file")
	if err != nil {
		return err
	}
	if _, done := registered.(wholeFiles); done {
		return nil
	}
	files, ok := registered.(fileRepository)
	if !ok {
		return fmt.Errorf("files cannot be saved with %T", registered)
	}
	repository.Register("file", wholeFiles{files})
	return nil
}

// fileRepository is what Fyne's access to files can do.
type fileRepository interface {
	repository.AppendableRepository
	repository.CopyableRepository
	repository.DeleteAllRepository
	repository.HierarchicalRepository
	repository.ListableRepository
	repository.MovableRepository
}

// wholeFiles replaces files as a whole when they are closed, and takes whole
// paths for names.
type wholeFiles struct{ fileRepository }

// Writer implements repository.WritableRepository.
func (wholeFiles) Writer(u fyne.URI) (fyne.URIWriteCloser, error) { return &wholeFile{uri: u}, nil }

// Child implements repository.HierarchicalRepository: a path that is typed where
// the name of a file is expected stands for itself.
func (f wholeFiles) Child(folder fyne.URI, name string) (fyne.URI, error) {
	if strings.HasPrefix(filepath.ToSlash(name), "~/") || filepath.IsAbs(name) {
		return storage.NewFileURI(fullPath(name)), nil
	}
	return f.fileRepository.Child(folder, name)
}

// wholeFile collects the content of a file. A file to which nothing was written
// stays as it is.
type wholeFile struct {
	bytes.Buffer
	uri fyne.URI
}

// URI implements fyne.URIWriteCloser.
func (f *wholeFile) URI() fyne.URI { return f.uri }

// Close implements io.Closer.
func (f *wholeFile) Close() error {
	if f.Len() == 0 {
		return nil
	}
	return atomicfile.WriteBytes(filepath.FromSlash(f.uri.Path()), f.Bytes())
}
