// Package settings keeps the user's choices between two sessions of the program.
//
// They are not kept in Fyne's preferences, which are written in place and by the
// thread that changes one: the window would stand still for as long as the disk
// takes, and a crash at that moment would lose them all.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"atelier/ml/atomicfile"
)

// Store holds choices by their keys. All methods may be called from any
// goroutine, and only Open and Close wait for the disk.
type Store struct {
	path    string        // "" without a file
	changes chan struct{} // has room for one
	closing chan struct{}
	done    chan struct{}

	mu        sync.Mutex
	values    map[string]any  // bool, float64, string and []string
	changed   map[string]bool // keys whose values the file does not have yet
	err       error           // of the last time the file was written
	onFailure func(error)
}

// New returns a store whose choices are forgotten at the end.
func New() *Store { return &Store{values: map[string]any{}, changed: map[string]bool{}} }

// Open returns the store in a file, which is written soon after each change. As
// long as there is no such file, the choices are those in the file at earlier, if
// any, where Fyne's preferences lie. Another program may write the file at the
// same time: each then keeps the other's choices.
//
// The store is of use after an error, too. A file that does not hold settings is
// kept under another name; nothing is written to one that cannot be read.
func Open(path, earlier string) (*Store, error) {
	s := New()
	values, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		values, err = read(earlier)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if err != nil { // that file is left alone in any case
			err = fmt.Errorf("the earlier settings cannot be read: %w; choose anew what you had chosen", err)
		}
	} else if errors.As(err, new(*fs.PathError)) {
		return s, fmt.Errorf("the settings cannot be read: %w; until that is mended, choices are forgotten at the end", err)
	} else if err != nil {
		aside := path + ".unreadable"
		err = errors.Join(fmt.Errorf("the settings cannot be read: %w; the program starts without, and the file is kept as %s", err, aside),
			os.Rename(path, aside))
	}
	maps.Copy(s.values, values)
	s.path = path
	s.changes, s.closing, s.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go s.serve()
	return s, err
}

// fyneKeys is how keys begin that Fyne's own dialogs use in its preferences.
const fyneKeys = "fyne:"

func read(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	values := map[string]any{}
	for key, v := range all {
		if list, ok := v.([]any); ok {
			v = texts(list)
		}
		if v != nil && !strings.HasPrefix(key, fyneKeys) {
			values[key] = v
		}
	}
	return values, nil
}

// texts returns the texts of a list as JSON has it.
func texts(list []any) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if text, ok := v.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// pause is how long the file is left alone after it was written.
const pause = 100 * time.Millisecond

func (s *Store) serve() {
	defer close(s.done)
	for {
		select {
		case <-s.changes:
			s.keep()
		case <-s.closing:
			s.keep()
			return
		}
		select {
		case <-time.After(pause):
		case <-s.closing:
		}
	}
}

// keep writes what has changed, and reports a failure unless the time before
// failed as well.
func (s *Store) keep() {
	s.mu.Lock()
	changed, values := s.changed, maps.Clone(s.values)
	s.changed = map[string]bool{}
	s.mu.Unlock()
	if len(changed) == 0 {
		return
	}

	err := write(s.path, values, changed)
	s.mu.Lock()
	if err != nil {
		err = fmt.Errorf("the settings cannot be kept: %w; make room or give the permission, then change any of them", err)
		maps.Copy(s.changed, changed)
	}
	failed := s.onFailure
	if s.err != nil || err == nil {
		failed = nil
	}
	s.err = err
	s.mu.Unlock()
	if failed != nil {
		failed(err)
	}
}

// write changes the values of some keys in the file at path.
func write(path string, values map[string]any, changed map[string]bool) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if kept, err := read(path); err == nil {
		for key := range changed {
			delete(kept, key)
			if v, ok := values[key]; ok {
				kept[key] = v
			}
		}
		values = kept
	}
	text, err := json.MarshalIndent(values, "", "\t")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(text, '\n'))
}

// OnFailure has a function called when the file cannot be written: once, until it
// can be again.
func (s *Store) OnFailure(report func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onFailure = report
}

// Close writes what the file does not have yet, and returns why it cannot.
// Nothing may be changed afterwards.
func (s *Store) Close() error {
	if s.path == "" {
		return nil
	}
	close(s.closing)
	<-s.done
	return s.err
}

func value[T any](s *Store, key string, fallback T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.values[key].(T); ok {
		return v
	}
	return fallback
}

// set changes a value, or forgets it when v is nil.
func (s *Store) set(key string, v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reflect.DeepEqual(s.values[key], v) {
		return
	}
	s.values[key] = v
	if v == nil {
		delete(s.values, key)
	}
	s.changed[key] = true
	select {
	case s.changes <- struct{}{}:
	default: // the change before is not written yet either, or there is no file
	}
}

// Bool returns a choice, or false when there is none.
func (s *Store) Bool(key string) bool { return value(s, key, false) }

// BoolWithFallback returns a choice, or the fallback when there is none.
func (s *Store) BoolWithFallback(key string, fallback bool) bool { return value(s, key, fallback) }

// SetBool keeps a choice.
func (s *Store) SetBool(key string, v bool) { s.set(key, v) }

// Int returns a choice, or 0 when there is none.
func (s *Store) Int(key string) int { return int(value(s, key, 0.0)) }

// SetInt keeps a choice.
func (s *Store) SetInt(key string, v int) { s.set(key, float64(v)) }

// FloatWithFallback returns a choice, or the fallback when there is none.
func (s *Store) FloatWithFallback(key string, fallback float64) float64 {
	return value(s, key, fallback)
}

// SetFloat keeps a choice.
func (s *Store) SetFloat(key string, v float64) { s.set(key, v) }

// String returns a choice, or "" when there is none.
func (s *Store) String(key string) string { return value(s, key, "") }

// SetString keeps a choice.
func (s *Store) SetString(key, v string) { s.set(key, v) }

// StringList returns a choice, or nil when there is none.
func (s *Store) StringList(key string) []string { return slices.Clone(value[[]string](s, key, nil)) }

// SetStringList keeps a choice.
func (s *Store) SetStringList(key string, v []string) { s.set(key, slices.Clone(v)) }

// RemoveValue forgets a choice.
func (s *Store) RemoveValue(key string) { s.set(key, nil) }
