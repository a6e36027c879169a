package dataset

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"sync"
)

// maxDeflateRatio is the most that deflate can shrink data: 258 bytes from two
// bits.
const maxDeflateRatio = 1032

// meter adds up the bytes read from several files and reports them, one call
// at a time.
type meter struct {
	mu     sync.Mutex
	done   int64
	total  int64
	report func(done, total int64)
}

func (m *meter) add(n int) {
	if m == nil || m.report == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += int64(n)
	m.report(m.done, m.total)
}

// meteredReader counts what passes and stops when the context ends.
type meteredReader struct {
	ctx   context.Context
	r     io.Reader
	meter *meter
}

func (r meteredReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	r.meter.add(n)
	return n, err
}

// dataFile reads the content of one file, decompressed when it is gzip.
type dataFile struct {
	name   string
	file   fs.File
	room   int64 // the most bytes that the content can have
	gzip   bool
	body   io.Reader
	sum    hash.Hash
	length int64
}

// openDataFile opens a plain or gzip file; which of them it is shows in its
// first two bytes, whatever its name.
func openDataFile(ctx context.Context, fsys fs.FS, name string, m *meter) (*dataFile, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	d := &dataFile{name: name, file: f, room: info.Size(), sum: sha256.New()}
	buffered := bufio.NewReaderSize(meteredReader{ctx, f, m}, 1<<16)
	d.body = buffered
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		d.gzip = true
		d.room = info.Size() * maxDeflateRatio
		if d.body, err = gzip.NewReader(buffered); err != nil {
			f.Close()
			return nil, d.explain(err)
		}
	}
	return d, nil
}

// Read reads content and adds it to the checksum.
func (d *dataFile) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.sum.Write(p[:n])
	d.length += int64(n)
	if err != nil && err != io.EOF {
		err = d.explain(err)
	}
	return n, err
}

func (d *dataFile) Close() error { return d.file.Close() }

// explain puts gzip's own errors in words and leaves the others alone.
func (d *dataFile) explain(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case !d.gzip:
		return err
	case endOfData(err):
		return &FormatError{File: d.name, Problem: "the compressed file is cut short", Remedy: "Get it again"}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return &FormatError{File: d.name, Problem: "the compressed file is damaged", Remedy: "Get it again"}
	}
	return err
}

// record describes the file once all of it has been read.
func (d *dataFile) record(path string) File {
	sum := hex.EncodeToString(d.sum.Sum(nil))
	return File{Path: path, Size: d.length, SHA256: sum, Published: isPublished(sum)}
}

func endOfData(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// fileError makes a failure to open or read a file a sentence with its remedy.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is not there. Check the name, or choose another folder", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read. Change its permissions, or choose another folder", path)
	}
	return err
}
