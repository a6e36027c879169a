package dataset

import (
	"bufio"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"atelier/ml/atomicfile"
)

// pictureCache keeps the converted pictures of one folder between two openings
// of it, as conversion takes long. It is only ever a help: whatever goes wrong
// with it, the pictures are converted anew.
type pictureCache struct {
	path string
	old  map[string]keptPicture // as read, by path
	kept map[string]keptPicture // to write: only what is still there
}

// keptPicture is a converted picture, good as long as the file is the same.
type keptPicture struct {
	Size, Modified int64
	Pixels         []byte
}

// openPictureCache reads what is kept for the pictures below dir. It is nil
// when nothing can be kept.
func (o Opener) openPictureCache(dir string) *pictureCache {
	absolute, err := filepath.Abs(dir)
	if o.Cache == "" || err != nil {
		return nil
	}
	name := sha256.Sum256([]byte(absolute + "\x00" + o.PictureVersion))
	c := &pictureCache{
		path: filepath.Join(o.Cache, "pictures-"+hex.EncodeToString(name[:8])),
		kept: map[string]keptPicture{},
	}
	if f, err := os.Open(c.path); err == nil {
		defer f.Close()
		if gob.NewDecoder(bufio.NewReader(f)).Decode(&c.old) != nil {
			c.old = nil
		}
	}
	return c
}

// find returns the kept pixels of a file that has not changed since.
func (c *pictureCache) find(path string) []byte {
	if c == nil {
		return nil
	}
	k, ok := c.old[path]
	info, err := os.Stat(path)
	if !ok || err != nil || len(k.Pixels) != Side*Side || k.Size != info.Size() || k.Modified != info.ModTime().UnixNano() {
		return nil
	}
	return k.Pixels
}

// keep takes note of the pixels of a file.
func (c *pictureCache) keep(path string, pixels []byte) {
	if c == nil {
		return
	}
	if info, err := os.Stat(path); err == nil {
		c.kept[path] = keptPicture{info.Size(), info.ModTime().UnixNano(), pixels}
	}
}

// save writes what was noted.
func (c *pictureCache) save() {
	if c == nil || os.MkdirAll(filepath.Dir(c.path), 0o755) != nil {
		return
	}
	_ = atomicfile.Write(c.path, func(w io.Writer) error { return gob.NewEncoder(w).Encode(c.kept) })
}
