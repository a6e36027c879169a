package classify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"atelier/ml/atomicfile"
	"atelier/ml/dataset"
	"atelier/ml/vision"
)

// correction is a picture for which the user has given the right class.
type correction struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`     // of the picture
	Class    string    `json:"class"`    // the right one
	Answered string    `json:"answered"` // what the model said
	Model    string    `json:"model"`
	Time     time.Time `json:"time"`

	pixels vision.Pixels // what the network saw
}

// corrections are the user's own small dataset: a list, and a 28×28 PNG for
// each.
type corrections struct {
	dir string
}

const correctionsFile = "corrections.json"

func (c corrections) picture(id string) string { return filepath.Join(c.dir, id+".png") }

// list returns all corrections without their pictures, the oldest first.
func (c corrections) list() ([]correction, error) {
	path := filepath.Join(c.dir, correctionsFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []correction
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): move it away to begin anew", path, err)
	}
	// A name that leads out of the folder was not written by this program.
	return slices.DeleteFunc(all, func(x correction) bool { return x.ID == "" || x.ID != filepath.Base(x.ID) }), nil
}

// load returns all corrections with their pictures, the oldest first. A
// picture that is missing or damaged is left out and reported in the error,
// beside the others.
func (c corrections) load() ([]correction, error) {
	all, err := c.list()
	if err != nil {
		return nil, err
	}
	var kept []correction
	var problems []error
	for _, x := range all {
		if x.pixels, err = readPixels(c.picture(x.ID)); err != nil {
			problems = append(problems, err)
			continue
		}
		kept = append(kept, x)
	}
	return kept, errors.Join(problems...)
}

func readPixels(path string) (vision.Pixels, error) {
	var p vision.Pixels
	data, err := os.ReadFile(path)
	if err != nil {
		return p, err
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return p, fmt.Errorf("%s is damaged: %w", path, err)
	}
	gray, ok := img.(*image.Gray)
	if !ok || gray.Rect.Dx() != vision.Side || gray.Rect.Dy() != vision.Side {
		return p, fmt.Errorf("%s is not a grey picture of 28×28", path)
	}
	copy(p[:], gray.Pix)
	return p, nil
}

// add keeps a correction; its picture is written before the list names it.
func (c corrections) add(x correction) error {
	all, err := c.list()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	x.ID = x.Time.UTC().Format("20060102-150405.000000000")
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, x.pixels.Image()); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(c.picture(x.ID), buffer.Bytes()); err != nil {
		return err
	}
	return c.save(append(all, x))
}

// remove forgets corrections.
func (c corrections) remove(ids ...string) error {
	all, err := c.list()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x correction) bool { return slices.Contains(ids, x.ID) })
	if err := c.save(all); err != nil {
		return err
	}
	for _, id := range ids {
		if err := os.Remove(c.picture(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reclass changes the class of corrections.
func (c corrections) reclass(class string, ids ...string) error {
	all, err := c.list()
	if err != nil {
		return err
	}
	for i := range all {
		if slices.Contains(ids, all[i].ID) {
			all[i].Class = class
		}
	}
	return c.save(all)
}

func (c corrections) save(all []correction) error {
	data, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(c.dir, correctionsFile), append(data, '\n'))
}

// set makes a dataset of those corrections whose class is among classes.
func set(all []correction, classes []string) *dataset.Set {
	s := &dataset.Set{H: vision.Side, W: vision.Side}
	for _, x := range all {
		if label := slices.Index(classes, x.Class); label >= 0 {
			s.Images = append(s.Images, x.pixels[:]...)
			s.Labels = append(s.Labels, uint8(label))
		}
	}
	return s
}
