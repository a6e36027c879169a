package browse

import (
	"context"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	appfigures "atelier/app/figures"
	"atelier/app/widgets"
	"atelier/ml/atomicfile"
	"atelier/ml/dataset"
	"atelier/ml/figures"
)

// savePictures writes the selected pictures into a folder that the user
// chooses.
func (t *Tab) savePictures() {
	indices, set, classes := t.selected(), t.set, t.data.Classes
	widgets.AskForFolder(t.window, "Save the selected pictures into a folder", "Save here", func(path string) {
		t.studio.Go("browse.save", "Saving pictures", func(ctx context.Context, progress func(current, total int64)) error {
			if err := writePictures(ctx, path, set, indices, classes, progress); err != nil {
				return err
			}
			t.studio.Notify("Saved %d pictures to %s", len(indices), path)
			return nil
		})
	}, func(err error) { t.studio.Report("Choosing a folder", err) })
}

// writePictures writes one PNG a picture, named by its index and class.
func writePictures(ctx context.Context, dir string, s *dataset.Set, indices []int, classes []string, progress func(current, total int64)) error {
	for k, i := range indices {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := fmt.Sprintf("%05d-%s.png", i, fileName(classes[s.Label(i)]))
		err := atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error {
			return png.Encode(w, widgets.GrayImage(s.Image(i), s.W))
		})
		if err != nil {
			return err
		}
		progress(int64(k+1), int64(len(indices)))
	}
	return nil
}

// fileName turns a class's name into a part of a file's name.
func fileName(class string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) {
			return '-'
		}
		return r
	}, strings.ToLower(class))
}

// saveCSV writes the selected pictures as rows of the CSV.
func (t *Tab) saveCSV() {
	chosen := t.set.Subset(t.selected())
	widgets.AskToSave(t.window, "Save the selected pictures as CSV", "fashion-mnist_selection", []string{".csv"}, func(path string) {
		t.studio.Go("browse.save", "Saving "+filepath.Base(path), func(context.Context, func(current, total int64)) error {
			err := atomicfile.Write(path, func(w io.Writer) error { return dataset.WriteCSV(w, chosen) })
			if err != nil {
				return err
			}
			t.studio.Notify("Saved %d rows to %s", chosen.Len(), path)
			return nil
		})
	}, func(err error) { t.studio.Report("Choosing a file", err) })
}

// saveFigure asks for a file and saves a figure to it as PNG, SVG or PDF.
func (t *Tab) saveFigure(f figures.Figure, name string) {
	if f == nil {
		return
	}
	appfigures.AskToSave(t.studio, t.window, f, name)
}
