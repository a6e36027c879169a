// Package download fetches the files of Fashion-MNIST from where its creators
// publish them. It takes up an interrupted download where it stopped, tries
// again when the connection breaks or falls silent, and puts a file in its
// place only when its content is proved to be the published one.
package download

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"atelier/ml/dataset"
)

// Progress is how far a download has come.
type Progress struct {
	File        string // the file at work
	Done, Total int64  // bytes of all files
	Retry       error  // why the file will be asked for again; nil while it comes
}

// Remote is a place to download from. Zero durations and numbers mean the
// defaults.
type Remote struct {
	Base   string // address of the folder, ends in "/"
	Files  []dataset.PublishedFile
	Client *http.Client  // http.DefaultClient
	Stall  time.Duration // the longest silence before another try: 30 s
	Tries  int           // tries in a row that bring no bytes: 5
	Pause  time.Duration // before the second try, doubled for each one after: 1 s
}

// Fashion is the published Fashion-MNIST.
var Fashion = Remote{Base: dataset.PublishedBase, Files: dataset.PublishedFiles}

// ErrBusy is returned when another download to the same folder is under way.
var ErrBusy = errors.New("another download to this folder is under way. Wait for it, or cancel it")

// errDamaged is a file whose content is not the published one.
var errDamaged = errors.New("the content is not what was published")

// permanent is a failure that another try would not change.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Fetch downloads the files that are not yet in dir, which it makes when it is
// not there. Files that are there and good are kept. When the context ends,
// what has been received stays, and the next call goes on from there. progress
// may be nil.
func (r Remote) Fetch(ctx context.Context, dir string, progress func(Progress)) error {
	r.Client = cmp.Or(r.Client, http.DefaultClient)
	r.Stall = cmp.Or(r.Stall, 30*time.Second)
	r.Tries = cmp.Or(r.Tries, 5)
	r.Pause = cmp.Or(r.Pause, time.Second)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w. Choose another folder", dir, err)
	}
	lock := flock.New(filepath.Join(dir, ".download.lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written to: %w. Choose another folder", dir, err)
	}
	if !locked {
		return ErrBusy
	}
	defer lock.Unlock()

	p := Progress{}
	for _, f := range r.Files {
		p.Total += f.Size
	}
	var before int64
	for _, f := range r.Files {
		d := fileDownload{Remote: r, file: f, path: filepath.Join(dir, f.Name)}
		d.report = func(n int64, retry error) {
			p.File, p.Done, p.Retry = f.Name, before+n, retry
			if progress != nil {
				progress(p)
			}
		}
		if err := d.run(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%s could not be downloaded: %w", f.Name, err)
		}
		before += f.Size
		d.report(0, nil)
	}
	return nil
}

// fileDownload is the download of one file.
type fileDownload struct {
	Remote
	file   dataset.PublishedFile
	path   string
	report func(n int64, retry error) // told how much of the file is there
}

func (d *fileDownload) part() string { return d.path + ".part" }

func (d *fileDownload) run(ctx context.Context) error {
	if d.verify(ctx, d.path) == nil {
		return nil
	}
	idle, startedAfresh := 0, false
	for {
		before := d.have()
		err := d.attempt(ctx)
		if err == nil {
			err = d.place(ctx)
		}
		var stop permanent
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &stop):
			return stop.error
		case errors.Is(err, errDamaged):
			// The start may be left from another version of the file: once,
			// begin again without it.
			os.Remove(d.part())
			if startedAfresh {
				return fmt.Errorf("%w. Try again later, or get the file elsewhere", errDamaged)
			}
			startedAfresh = true
			continue
		}
		if d.have() > before {
			idle = 0
		}
		if idle++; idle >= d.Tries {
			return fmt.Errorf("%w. Check the network and try again: what has been received is kept", err)
		}
		d.report(d.have(), err)
		select {
		case <-time.After(d.Pause << (idle - 1)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// have is the number of bytes received so far.
func (d *fileDownload) have() int64 {
	info, err := os.Stat(d.part())
	if err != nil {
		return 0
	}
	return info.Size()
}

// attempt makes one request for what is still missing and appends what comes
// to the partial file.
func (d *fileDownload) attempt(ctx context.Context) error {
	start := d.have()
	if start == d.file.Size {
		return nil
	}
	if start > d.file.Size {
		return errDamaged
	}
	d.report(start, nil)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(d.Stall, func() { cancel(errors.New("the server fell silent")) })
	defer silence.Stop()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Base+d.file.Name, nil)
	if err != nil {
		return permanent{err}
	}
	req.Header.Set("Accept-Encoding", "identity") // the file itself is gzip
	if start > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", start))
	}
	resp, err := d.Client.Do(req)
	if err != nil {
		return causeOf(ctx, err)
	}
	defer resp.Body.Close()
	flags, err := d.judge(resp, start)
	if err != nil {
		return err
	}
	if flags&os.O_TRUNC != 0 {
		start = 0
	}

	f, err := os.OpenFile(d.part(), flags|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return permanent{err}
	}
	defer f.Close()
	buf := make([]byte, 64<<10)
	for start < d.file.Size {
		n, readErr := resp.Body.Read(buf[:min(int64(len(buf)), d.file.Size-start)])
		silence.Reset(d.Stall)
		if _, err := f.Write(buf[:n]); err != nil {
			return permanent{fmt.Errorf("%w. Make room on the disk and try again", err)}
		}
		start += int64(n)
		d.report(start, nil)
		if readErr != nil && start < d.file.Size {
			return causeOf(ctx, fmt.Errorf("the connection broke off (%w)", readErr))
		}
	}
	if err := f.Sync(); err != nil {
		return permanent{err}
	}
	return f.Close()
}

// judge says how to write the body of an answer to a request that starts at
// the given byte: appended or from the beginning.
func (d *fileDownload) judge(resp *http.Response, start int64) (flags int, err error) {
	switch {
	case resp.StatusCode == http.StatusOK:
		if n := resp.ContentLength; n >= 0 && n != d.file.Size {
			return 0, permanent{fmt.Errorf("the server offers %d bytes instead of %d. Perhaps the network asks you to sign in first: open a web page to see", n, d.file.Size)}
		}
		return os.O_TRUNC, nil
	case resp.StatusCode == http.StatusPartialContent && start > 0:
		want := fmt.Sprintf("bytes %d-", start)
		if !strings.HasPrefix(resp.Header.Get("Content-Range"), want) {
			return 0, errDamaged
		}
		return os.O_APPEND, nil
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return 0, errDamaged
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return 0, fmt.Errorf("the server answered “%s”", resp.Status)
	}
	return 0, permanent{fmt.Errorf("the server answered “%s”. The file may have moved: get it elsewhere and put it in the folder", resp.Status)}
}

// causeOf prefers the reason for which ctx was ended to err.
func causeOf(ctx context.Context, err error) error {
	return cmp.Or(context.Cause(ctx), err)
}

// place checks the received file and puts it in its place in one step.
func (d *fileDownload) place(ctx context.Context) error {
	if err := d.verify(ctx, d.part()); err != nil {
		return err
	}
	if err := os.Rename(d.part(), d.path); err != nil {
		return permanent{err}
	}
	return nil
}

// verify checks a file: its content after decompression must have the
// published SHA-256 sum. Other systems' packages compress the same content
// anew, so the MD5 sum of the compressed file is needed only to tell that a
// download is complete before any of it is decompressed.
func (d *fileDownload) verify(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errDamaged
	}
	if err != nil {
		return permanent{err}
	}
	defer f.Close()
	if path == d.part() {
		packed := md5.New()
		if _, err := io.Copy(packed, contextReader{ctx, f}); err != nil {
			return err
		}
		if hex.EncodeToString(packed.Sum(nil)) != d.file.MD5 {
			return errDamaged
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return permanent{err}
		}
	}
	content := sha256.New()
	z, err := gzip.NewReader(contextReader{ctx, f})
	if err == nil {
		_, err = io.Copy(content, z)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || hex.EncodeToString(content.Sum(nil)) != d.file.SHA256 {
		return errDamaged
	}
	return nil
}

// contextReader stops when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
