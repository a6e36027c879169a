package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The magic numbers of the IDX format: unsigned bytes in three dimensions or
// one (http://yann.lecun.com/exdb/mnist/).
const (
	magicImages = 0x00000803
	magicLabels = 0x00000801
)

// Limits beyond which a header is taken for damaged.
const (
	maxImages = 10_000_000
	maxSide   = 4096
	maxBytes  = 2 << 30 // of pixels
)

// ReadIDXImages reads a file of pictures. Name is what errors call the file.
// Size is the most bytes that r can hold, or 0 when that is not known: a
// header that promises more is refused before any memory is set aside.
func ReadIDXImages(r io.Reader, name string, size int64) (pixels []byte, h, w int, err error) {
	dims, err := readIDXHeader(r, name, magicImages)
	if err != nil {
		return nil, 0, 0, err
	}
	n, h, w := int64(dims[0]), int(dims[1]), int(dims[2])
	switch {
	case n > maxImages:
		return nil, 0, 0, damagedHeader(name, fmt.Sprintf("the header promises %d pictures; %d is the most", n, maxImages))
	case h < 1 || w < 1 || h > maxSide || w > maxSide:
		return nil, 0, 0, damagedHeader(name, fmt.Sprintf("the header promises pictures of %d×%d pixels", dims[1], dims[2]))
	case n*int64(h)*int64(w) > maxBytes:
		return nil, 0, 0, damagedHeader(name, fmt.Sprintf("the header promises %d pictures of %d×%d pixels, which is more than %d GiB", n, h, w, maxBytes>>30))
	}
	pixels, err = readIDXBody(r, name, n*int64(h)*int64(w), size-16, fmt.Sprintf("%d pictures of %d×%d pixels", n, h, w))
	return pixels, h, w, err
}

// ReadIDXLabels reads a file of labels; see ReadIDXImages for name and size.
func ReadIDXLabels(r io.Reader, name string, size int64) ([]uint8, error) {
	dims, err := readIDXHeader(r, name, magicLabels)
	if err != nil {
		return nil, err
	}
	n := int64(dims[0])
	if n > maxImages {
		return nil, damagedHeader(name, fmt.Sprintf("the header promises %d labels; %d is the most", n, maxImages))
	}
	return readIDXBody(r, name, n, size-8, fmt.Sprintf("%d labels", n))
}

// readIDXHeader reads the magic number and the dimensions that go with it.
func readIDXHeader(r io.Reader, name string, want uint32) ([]uint32, error) {
	var magic uint32
	if err := binary.Read(r, binary.BigEndian, &magic); err != nil {
		return nil, cutShort(name, "the file ends within its header", err)
	}
	if magic != want {
		problem := fmt.Sprintf("it does not begin like an IDX file (%#08x instead of %#08x)", magic, want)
		switch magic {
		case magicImages:
			problem = "it holds pictures where labels are expected"
		case magicLabels:
			problem = "it holds labels where pictures are expected"
		}
		return nil, &FormatError{File: name, Problem: problem, Remedy: "Check that the file has its right name, or get it again"}
	}
	dims := make([]uint32, want&0xff)
	if err := binary.Read(r, binary.BigEndian, dims); err != nil {
		return nil, cutShort(name, "the file ends within its header", err)
	}
	return dims, nil
}

// readIDXBody reads exactly want bytes and makes sure that nothing follows.
// room is the most that r can hold, or negative when that is not known.
func readIDXBody(r io.Reader, name string, want, room int64, what string) ([]byte, error) {
	if room >= 0 && want > room {
		return nil, damagedHeader(name, fmt.Sprintf("the header promises %s, but the file cannot hold more than %d bytes of them", what, room))
	}
	// Memory grows with what is really read: a lying header costs little.
	buf := bytes.NewBuffer(make([]byte, 0, min(want, 64<<20)+bytes.MinRead))
	got, err := io.Copy(buf, io.LimitReader(r, want))
	if err != nil || got < want {
		return nil, cutShort(name, fmt.Sprintf("the header promises %s, but only %d of %d bytes are there", what, got, want), err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, damagedHeader(name, fmt.Sprintf("more data follows after the %s that the header promises", what))
	} else if !errors.Is(err, io.EOF) {
		return nil, cutShort(name, "the file's end is damaged", err)
	}
	return buf.Bytes()[:want:want], nil
}

func damagedHeader(name, problem string) error {
	return &FormatError{File: name, Problem: problem, Remedy: "The file is damaged or not IDX: get it again"}
}

// cutShort is the error for a file that ends early. A reader's own failure,
// such as a cancelled context or a broken disk, is passed on as it is.
func cutShort(name, problem string, err error) error {
	var told *FormatError
	if errors.As(err, &told) {
		return err
	}
	if err != nil && !endOfData(err) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return &FormatError{File: name, Problem: problem, Remedy: "The file is cut short: get it again"}
}

// WriteIDXImages writes the pictures of s in IDX format.
func WriteIDXImages(w io.Writer, s *Set) error {
	header := []uint32{magicImages, uint32(s.Len()), uint32(s.H), uint32(s.W)}
	if err := binary.Write(w, binary.BigEndian, header); err != nil {
		return err
	}
	_, err := w.Write(s.Images)
	return err
}

// WriteIDXLabels writes the labels of s in IDX format.
func WriteIDXLabels(w io.Writer, s *Set) error {
	if err := binary.Write(w, binary.BigEndian, []uint32{magicLabels, uint32(s.Len())}); err != nil {
		return err
	}
	_, err := w.Write(s.Labels)
	return err
}
