package download_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"atelier/ml/dataset"
	"atelier/ml/dataset/download"
)

// origin is a server whose behaviour a test bends.
type origin struct {
	*httptest.Server
	mu      sync.Mutex
	content map[string][]byte
	ranges  []string // Range headers seen, "" for none
	// bend may answer in place of the good server: it returns true when it did.
	bend func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	content, bend, request := o.content[strings.TrimPrefix(r.URL.Path, "/")], o.bend, len(o.ranges)
	o.ranges = append(o.ranges, r.Header.Get("Range"))
	o.mu.Unlock()
	if bend != nil && bend(w, r, content, request) {
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (o *origin) seen() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.ranges...)
}

// impatience is the Stall of tests in which a server falls silent; the others
// wait, since a busy machine is silent at times too.
const impatience = 200 * time.Millisecond

// start serves files that hold noise, so that they do not shrink.
func start(t *testing.T, names ...string) (*origin, download.Remote) {
	t.Helper()
	o := &origin{content: map[string][]byte{}}
	r := download.Remote{Stall: time.Minute, Tries: 3, Pause: time.Millisecond}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, name := range names {
		plain := make([]byte, 300_000)
		for i := range plain {
			plain[i] = byte(rng.Uint32())
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(plain)
		z.Close()
		packed, content := md5.Sum(b.Bytes()), sha256.Sum256(plain)
		o.content[name] = b.Bytes()
		r.Files = append(r.Files, dataset.PublishedFile{
			Name: name, Size: int64(b.Len()),
			MD5: hex.EncodeToString(packed[:]), SHA256: hex.EncodeToString(content[:]),
		})
	}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	r.Base = o.URL + "/"
	r.Client = o.Client()
	return o, r
}

func check(t *testing.T, o *origin, dir string) {
	t.Helper()
	for name, want := range o.content {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(want), err)
		}
		if _, err := os.Stat(filepath.Join(dir, name+".part")); err == nil {
			t.Errorf("%s.part was left", name)
		}
	}
}

func TestFetch(t *testing.T) {
	o, r := start(t, "a.gz", "b.gz")
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var last download.Progress
	err := r.Fetch(context.Background(), dir, func(p download.Progress) {
		if p.Done < last.Done || p.Done > p.Total {
			t.Errorf("progress went from %+v to %+v", last, p)
		}
		last = p
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, o, dir)
	if last.Done != last.Total || last.Total != r.Files[0].Size+r.Files[1].Size {
		t.Errorf("progress ended at %+v", last)
	}
	if err := r.Fetch(context.Background(), dir, nil); err != nil || len(o.seen()) != 2 {
		t.Errorf("a second call made %d requests, error %v", len(o.seen())-2, err)
	}
}

// part of the file, then the connection is closed.
func cut(w http.ResponseWriter, content []byte, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.Write(content[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// What a bad server does, and that the file comes through all the same.
func TestFetchOvercomes(t *testing.T) {
	for name, bend := range map[string]func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool{
		"cuts": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if request == 0 {
				cut(w, content, 100_000)
			}
			return false
		},
		"cuts each time after a bit": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			var from int
			fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
			to := min(from+30_000, len(content))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
			w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
			if from > 0 {
				w.WriteHeader(http.StatusPartialContent)
			}
			w.Write(content[from:to])
			return true
		},
		"stalls": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if request > 0 {
				return false
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content[:50_000])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		},
		"never answers at first": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if request == 0 {
				<-r.Context().Done()
			}
			return request == 0
		},
		"knows no ranges": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if request == 0 {
				cut(w, content, 100_000)
			}
			w.Write(content)
			return true
		},
		"answers with another range": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			switch request {
			case 0:
				cut(w, content, 100_000)
			case 1:
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(content)-1, len(content)))
				w.WriteHeader(http.StatusPartialContent)
				w.Write(content)
				return true
			}
			return false
		},
		"refuses the range": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			switch request {
			case 0:
				cut(w, content, 100_000)
			case 1:
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			}
			return false
		},
		"is busy": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if request < 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return request < 2
		},
		"changes the first half": func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if request == 0 {
				cut(w, make([]byte, len(content)), 100_000)
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, r := start(t, "a.gz")
			o.bend, r.Stall = bend, impatience
			dir := t.TempDir()
			var why []error
			tell := func(p download.Progress) {
				if p.Retry != nil {
					why = append(why, p.Retry)
				}
			}
			if err := r.Fetch(context.Background(), dir, tell); err != nil {
				t.Fatal(err)
			}
			check(t, o, dir)
			if len(why) == 0 {
				t.Error("nothing was told of another try")
			}
		})
	}
}

// What cannot be overcome is told, and no bad file is left in place.
func TestFetchGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool
		want string
	}{
		"not there": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			http.NotFound(w, r)
			return true
		}, "404"},
		"always busy": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}, "502"},
		"a page to sign in": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			fmt.Fprint(w, "<html>Welcome to our network</html>")
			return true
		}, "sign in"},
		"wrong content of the right length": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			bad := bytes.Clone(content)
			bad[1000] ^= 1
			w.Write(bad)
			return true
		}, "not what was published"},
		"endless": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			w.(http.Flusher).Flush() // no Content-Length
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					break
				}
			}
			return true
		}, "not what was published"},
		"silent": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			<-r.Context().Done()
			return true
		}, "fell silent"},
		"ends early": {func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
			if r.Header.Get("Range") != "" {
				panic(http.ErrAbortHandler)
			}
			cut(w, content, 1000)
			return true
		}, "what has been received is kept"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, r := start(t, "a.gz")
			o.bend, r.Stall = c.bend, impatience
			dir := t.TempDir()
			err := r.Fetch(context.Background(), dir, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "a.gz") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "a.gz")); err == nil {
				t.Error("a bad file was put in place")
			}
		})
	}
}

func TestFetchCancelAndResume(t *testing.T) {
	o, r := start(t, "a.gz", "b.gz")
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	o.bend = func(w http.ResponseWriter, r *http.Request, content []byte, request int) bool {
		if request > 0 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:150_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	}
	err := r.Fetch(ctx, dir, func(p download.Progress) {
		if p.Done == 150_000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	var first int64 = -1
	err = r.Fetch(context.Background(), dir, func(p download.Progress) {
		if first < 0 {
			first = p.Done
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, o, dir)
	if want := "bytes=150000-"; o.seen()[1] != want || first != 150_000 {
		t.Errorf("went on with %q from %d", o.seen()[1], first)
	}
}

func TestFetchKeepsGoodAndReplacesBad(t *testing.T) {
	o, r := start(t, "a.gz", "b.gz")
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "a.gz"), o.content["a.gz"], 0o644)
	os.WriteFile(filepath.Join(dir, "b.gz"), []byte("damaged"), 0o644)
	os.WriteFile(filepath.Join(dir, "b.gz.part"), make([]byte, 400_000), 0o644) // longer than the file
	if err := r.Fetch(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	check(t, o, dir)
	if n := len(o.seen()); n != 1 {
		t.Errorf("%d requests were made", n)
	}
}

// A file that was received whole before the program ended is only checked.
func TestFetchPlacesAWholePart(t *testing.T) {
	o, r := start(t, "a.gz")
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "a.gz.part"), o.content["a.gz"], 0o644)
	if err := r.Fetch(context.Background(), dir, nil); err != nil {
		t.Fatal(err)
	}
	check(t, o, dir)
	if n := len(o.seen()); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestFetchOneAtATime(t *testing.T) {
	_, r := start(t, "a.gz")
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, ".download.lock"))
	if ok, err := lock.TryLock(); !ok {
		t.Fatal(err)
	}
	defer lock.Unlock()
	if err := r.Fetch(context.Background(), dir, nil); !errors.Is(err, download.ErrBusy) {
		t.Errorf("got %v", err)
	}
}

func TestFetchNeedsAFolder(t *testing.T) {
	_, r := start(t, "a.gz")
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	if err := r.Fetch(context.Background(), file, nil); err == nil || !strings.Contains(err.Error(), "Choose another folder") {
		t.Errorf("got %v", err)
	}
}

// The list of published files is complete and agrees with the dataset that
// is installed.
func TestFashionIsComplete(t *testing.T) {
	if len(download.Fashion.Files) != 4 || !strings.HasSuffix(download.Fashion.Base, "/") {
		t.Errorf("%+v", download.Fashion)
	}
	d, err := dataset.Open(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Source.Published() {
		t.Skip("Fashion-MNIST is not installed (Debian package dataset-fashion-mnist)")
	}
	for _, want := range download.Fashion.Files {
		found := false
		for _, f := range d.Source.Files {
			found = found || f.SHA256 == want.SHA256 && strings.TrimSuffix(filepath.Base(f.Path), ".gz") == strings.TrimSuffix(want.Name, ".gz")
		}
		if !found {
			t.Errorf("%s has another sum", want.Name)
		}
	}
}
