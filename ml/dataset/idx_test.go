package dataset_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"atelier/ml/dataset"
)

// sample is the built-in dataset, real pictures that every machine has.
func sample(t testing.TB) *dataset.Data {
	t.Helper()
	d, err := openSample()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var openSample = sync.OnceValues(dataset.Sample)

func idx(magic uint32, dims []uint32, body []byte) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.BigEndian, magic)
	binary.Write(&b, binary.BigEndian, dims)
	b.Write(body)
	return b.Bytes()
}

func TestIDXRoundTrip(t *testing.T) {
	s := sample(t).Test
	var images, labels bytes.Buffer
	if err := dataset.WriteIDXImages(&images, s); err != nil {
		t.Fatal(err)
	}
	if err := dataset.WriteIDXLabels(&labels, s); err != nil {
		t.Fatal(err)
	}
	pixels, h, w, err := dataset.ReadIDXImages(&images, "images", int64(images.Len()))
	if err != nil || h != s.H || w != s.W || !bytes.Equal(pixels, s.Images) {
		t.Errorf("images came back as %d bytes of %d×%d, error %v", len(pixels), h, w, err)
	}
	got, err := dataset.ReadIDXLabels(&labels, "labels", int64(labels.Len()))
	if err != nil || !bytes.Equal(got, s.Labels) {
		t.Errorf("labels came back as %d bytes, error %v", len(got), err)
	}
}

func TestIDXImagesFaults(t *testing.T) {
	body := make([]byte, 2*28*28)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":              {nil, "ends within its header"},
		"half a header":      {idx(0x803, []uint32{2, 28}, nil), "ends within its header"},
		"not IDX":            {[]byte("label,pixel1,pixel2\n0,1,2\n"), "does not begin like an IDX file"},
		"labels for images":  {idx(0x801, []uint32{2}, body[:2]), "holds labels where pictures are expected"},
		"too short":          {idx(0x803, []uint32{2, 28, 28}, body[:1000]), "promises 2 pictures of 28×28 pixels"},
		"too long":           {idx(0x803, []uint32{1, 28, 28}, body), "more data follows"},
		"2^31 images":        {idx(0x803, []uint32{1 << 31, 28, 28}, body), "promises 2147483648 pictures"},
		"no width":           {idx(0x803, []uint32{2, 28, 0}, nil), "pictures of 28×0 pixels"},
		"giant pictures":     {idx(0x803, []uint32{9_000_000, 4096, 4096}, nil), "more than 2 GiB"},
		"promises beyond it": {idx(0x803, []uint32{100_000, 28, 28}, body), "promises 100000 pictures"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := dataset.ReadIDXImages(bytes.NewReader(c.file), "pictures.idx", int64(len(c.file)))
			checkFault(t, err, "pictures.idx", c.want)
		})
	}
}

func TestIDXLabelsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"images for labels": {idx(0x803, []uint32{1, 1, 1}, []byte{0}), "holds pictures where labels are expected"},
		"too short":         {idx(0x801, []uint32{5}, []byte{1, 2}), "promises 5 labels"},
		"too many":          {idx(0x801, []uint32{1 << 31}, []byte{1, 2}), "promises 2147483648 labels"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dataset.ReadIDXLabels(bytes.NewReader(c.file), "labels.idx", int64(len(c.file)))
			checkFault(t, err, "labels.idx", c.want)
		})
	}
}

// A header may lie about gigabytes when the size of the stream is not known.
// Memory then grows only with what is read.
func TestIDXLyingHeaderTakesLittleMemory(t *testing.T) {
	file := idx(0x803, []uint32{2_000_000, 28, 28}, make([]byte, 1000))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	dataset.ReadIDXImages(bytes.NewReader(file), "lie", 0)
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	if got > 80<<20 {
		t.Errorf("%d bytes set aside for a file of %d", got, len(file))
	}
}

func TestIDXPassesOnReadErrors(t *testing.T) {
	broken := errors.New("the disk is broken")
	r := io.MultiReader(bytes.NewReader(idx(0x801, []uint32{5}, nil)), failing{broken})
	if _, err := dataset.ReadIDXLabels(r, "labels", 0); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// checkFault checks that err is a FormatError for the file, says what is wanted
// and has a remedy.
func checkFault(t *testing.T, err error, file, want string) {
	t.Helper()
	var fault *dataset.FormatError
	switch {
	case !errors.As(err, &fault):
		t.Errorf("got %v, want a FormatError about %q", err, want)
	case fault.File != file || !strings.Contains(fault.Error(), want) || fault.Remedy == "":
		t.Errorf("got %q (remedy %q), want file %s and %q", fault.Error(), fault.Remedy, file, want)
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idx(0x803, []uint32{1, 2, 2}, []byte{1, 2, 3, 4}), true)
	f.Add(idx(0x801, []uint32{3}, []byte{1, 2, 3}), false)
	f.Add(idx(0x803, []uint32{1 << 31, 28, 28}, nil), true)
	f.Fuzz(func(t *testing.T, file []byte, images bool) {
		var out bytes.Buffer
		if images {
			pixels, h, w, err := dataset.ReadIDXImages(bytes.NewReader(file), "f", int64(len(file)))
			if err != nil {
				return
			}
			s := &dataset.Set{H: h, W: w, Images: pixels, Labels: make([]uint8, len(pixels)/(h*w))}
			dataset.WriteIDXImages(&out, s)
		} else {
			labels, err := dataset.ReadIDXLabels(bytes.NewReader(file), "f", int64(len(file)))
			if err != nil {
				return
			}
			dataset.WriteIDXLabels(&out, &dataset.Set{Labels: labels})
		}
		if !bytes.Equal(out.Bytes(), file) {
			t.Error("what was accepted is not written the same")
		}
	})
}
