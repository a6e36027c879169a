package dataset_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"atelier/ml/dataset"
	"atelier/ml/vision"
)

// greyPNG reads a 28×28 picture as it is.
func greyPNG(_ context.Context, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		return nil, err
	}
	g, ok := m.(*image.Gray)
	if !ok {
		return nil, errors.New("not grey")
	}
	return g.Pix, nil
}

// pictures are n files in each of the class folders below dir; each is filled
// with a level of its own.
func pictures(t *testing.T, dir string, n int, classes ...string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for c, class := range classes {
		for i := range n {
			m := image.NewGray(image.Rect(0, 0, 28, 28))
			for p := range m.Pix {
				m.Pix[p] = color.Gray{Y: uint8(100*c + i)}.Y
			}
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			files[fmt.Sprintf("%s%s/%02d.png", dir, class, i)] = b.Bytes()
		}
	}
	return files
}

func merged(maps ...map[string][]byte) map[string][]byte {
	all := map[string][]byte{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

func openFolders(t *testing.T, files map[string][]byte) (*dataset.Data, error) {
	t.Helper()
	return dataset.Opener{Picture: greyPNG}.Open(context.Background(), folder(t, files))
}

func TestClassFolders(t *testing.T) {
	d, err := openFolders(t, merged(pictures(t, "", 10, "cup", "plate"), map[string][]byte{".thumbs/x.png": nil, "notes/readme.txt": nil, "cup/list.txt": nil}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Classes, []string{"cup", "plate"}) || d.Source.Format != dataset.Folders {
		t.Errorf("classes %q, source %+v", d.Classes, d.Source)
	}
	if !slices.Equal(d.Train.Counts(2), []int{8, 8}) || !slices.Equal(d.Test.Counts(2), []int{2, 2}) {
		t.Errorf("counts %v and %v", d.Train.Counts(2), d.Test.Counts(2))
	}
	for i := range d.Train.Len() {
		if level := int(d.Train.Image(i)[0]); level/100 != d.Train.Label(i) {
			t.Errorf("picture %d of level %d has the label %d", i, level, d.Train.Label(i))
		}
	}
}

func TestClassFoldersWithTest(t *testing.T) {
	d, err := openFolders(t, merged(pictures(t, "Train/", 4, "a", "b", "c"), pictures(t, "test/", 2, "b", "c")))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Counts(3), []int{4, 4, 4}) || !slices.Equal(d.Test.Counts(3), []int{0, 2, 2}) {
		t.Errorf("counts %v and %v", d.Train.Counts(3), d.Test.Counts(3))
	}
}

func TestClassFoldersBadPicturesAreLeftOut(t *testing.T) {
	d, err := openFolders(t, merged(pictures(t, "", 10, "a", "b"), map[string][]byte{"a/bad.png": []byte("no picture"), "b/bad.jpg": nil}))
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(d.Source.Notes, "\n")
	if d.Train.Len()+d.Test.Len() != 20 || !strings.Contains(notes, "2 pictures could not be read") || !strings.Contains(notes, filepath.Join("a", "bad.png")) {
		t.Errorf("%d pictures, notes:\n%s", d.Train.Len()+d.Test.Len(), notes)
	}
}

func TestClassFoldersFaults(t *testing.T) {
	many := map[string][]byte{}
	for i := range 101 {
		many[fmt.Sprintf("class%03d/x.png", i)] = nil
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"one class":      {pictures(t, "", 10, "a"), "no dataset is in"},
		"class all bad":  {merged(pictures(t, "", 10, "a", "b"), map[string][]byte{"c/bad.png": nil}), filepath.Join("c", "bad.png")},
		"unknown class":  {merged(pictures(t, "train/", 4, "a", "b"), pictures(t, "test/", 2, "x")), `a class "x"`},
		"too few":        {pictures(t, "", 1, "a", "b"), "too few pictures"},
		"101 classes":    {many, "101 folders"},
		"test all bad":   {merged(pictures(t, "train/", 4, "a", "b"), map[string][]byte{"test/a/bad.png": nil}), filepath.Join("test", "a", "bad.png")},
		"no class below": {pictures(t, "train/", 4, "a"), "no dataset is in"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := openFolders(t, c.files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestClassFoldersCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := dataset.Opener{Picture: greyPNG, Progress: func(done, total int64) {
		if total != 40 {
			t.Errorf("the total is %d", total)
		}
		cancel()
	}}
	if _, err := o.Open(ctx, folder(t, pictures(t, "", 20, "a", "b"))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Opened again, only pictures that are new or changed are converted.
func TestClassFoldersCache(t *testing.T) {
	dir := folder(t, merged(pictures(t, "", 5, "a", "b"), map[string][]byte{"a/bad.png": nil}))
	cache := filepath.Join(t.TempDir(), "cache")
	open := func(version string) (d *dataset.Data, converted int64) {
		var calls atomic.Int64
		o := dataset.Opener{Cache: cache, PictureVersion: version, Picture: func(ctx context.Context, path string) ([]byte, error) {
			calls.Add(1)
			return greyPNG(ctx, path)
		}}
		d, err := o.Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return d, calls.Load()
	}
	first, n := open("1")
	if n != 11 {
		t.Errorf("%d conversions at first", n)
	}
	second, n := open("1")
	checkSet(t, second.Train, first.Train)
	checkSet(t, second.Test, first.Test)
	if n != 1 { // the bad one
		t.Errorf("%d conversions the second time", n)
	}
	if _, n = open("2"); n != 11 {
		t.Errorf("%d conversions for another version", n)
	}

	changed := filepath.Join(dir, "a", "02.png")
	content, err := os.ReadFile(filepath.Join(dir, "b", "02.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(changed, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(changed, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, n = open("1"); n != 2 {
		t.Errorf("%d conversions after one picture changed", n)
	}

	kept, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(kept) != 2 {
		t.Fatalf("kept files: %v, %v", kept, err)
	}
	for _, path := range kept {
		if err := os.WriteFile(path, []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, n = open("1"); n != 11 {
		t.Errorf("%d conversions with a damaged cache", n)
	}
}

func TestClassFoldersOneFolderTooMany(t *testing.T) {
	d, err := openFolders(t, pictures(t, "archive/data/", 5, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Classes, []string{"a", "b"}) || d.Name != "data" {
		t.Errorf("%s with the classes %q", d.Name, d.Classes)
	}
}

// Photos of garments on white become nearly what Fashion-MNIST's own pictures
// are.
func TestClassFoldersOfPhotos(t *testing.T) {
	s := sample(t).Test
	files := map[string][]byte{}
	var order []int // the pictures as they will be read
	for class, name := range []string{"t-shirt", "trouser"} {
		for _, i := range firstOfEach(s, 5) {
			if s.Label(i) != class {
				continue
			}
			order = append(order, i)
			photo := image.NewGray(image.Rect(0, 0, 400, 400))
			for p := range photo.Pix {
				photo.Pix[p] = 255
			}
			for p := range 280 * 280 {
				x, y := p%280, p/280
				photo.SetGray(60+x, 60+y, color.Gray{Y: 255 - s.Image(i)[y/10*28+x/10]})
			}
			var b bytes.Buffer
			if err := jpeg.Encode(&b, photo, nil); err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"train", "test"} {
				files[fmt.Sprintf("%s/%s/%04d.jpg", part, name, i)] = b.Bytes()
			}
		}
	}
	d, err := dataset.Opener{Picture: vision.Picture}.Open(context.Background(), folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	want := s.Subset(order)
	if !bytes.Equal(d.Train.Labels, want.Labels) {
		t.Fatalf("the labels are %v, want %v", d.Train.Labels, want.Labels)
	}
	near := 0
	for i := range want.Len() {
		sum := 0
		for p, v := range want.Image(i) {
			sum += max(int(v), int(d.Train.Image(i)[p])) - min(int(v), int(d.Train.Image(i)[p]))
		}
		if sum < 10*784 {
			near++
		}
	}
	if near < 7 { // faint edges of some are taken for background, which moves them by a pixel
		t.Errorf("%d of %d pictures are near the original", near, want.Len())
	}
}
