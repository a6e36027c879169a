// Package studio is what the tabs share: the open dataset, the current model,
// the runs on disk, the background jobs and the settings. It knows nothing of
// windows; the tabs watch it and draw what they find.
package studio

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"atelier/app/settings"
	"atelier/ml/dataset"
	"atelier/ml/dataset/download"
	"atelier/ml/modelfile"
)

// Change says which part of the studio has changed.
type Change int

const (
	// DataChanged: another dataset is open. Whatever was computed on the
	// old one (a confusion matrix, a selection) is stale.
	DataChanged Change = iota
	// ModelChanged: another model, or none, is current.
	ModelChanged
	// RunsChanged: a run was added to, changed in or removed from RunsDir.
	RunsChanged
	// JobsChanged: a background job began, moved on or ended.
	JobsChanged
	// CorrectionsChanged: a picture was added to or removed from the user's
	// own corrections.
	CorrectionsChanged
	// PresentationChanged: presentation mode was switched on or off.
	PresentationChanged
)

// Config is what a Studio is built on. The zero value serves tests: settings
// in memory, folders of the user, observers called at once.
type Config struct {
	// Settings remembers choices between two sessions of the program.
	Settings *settings.Store
	// Folder holds downloads, runs and corrections; "" means
	// "atelier" in the user's data folder.
	Folder string
	// Dispatch runs a function on the thread that owns the window;
	// nil runs it at once, on the calling goroutine.
	Dispatch func(func())
	// Remote is where Download gets the dataset from; the zero value means
	// its publishers.
	Remote download.Remote
	// Logger receives what happens; nil means slog.Default().
	Logger *slog.Logger
}

// Model is a trained network and where it came from.
type Model struct {
	*modelfile.Model
	// Name is what people call it: a run's name, a file's name, or
	// "Pretrained".
	Name string
	// Path is its file, or "" for the one that comes with the program.
	Path string
}

// Studio is the shared state. All methods may be called from any goroutine.
type Studio struct {
	config Config

	mu           sync.Mutex
	data         *dataset.Data
	dataProblem  *DataProblem
	model        *Model
	builtin      *Model
	corrections  *dataset.Set
	presentation bool
	observers    map[int]func(Change)
	nextObserver int
	jobs         []*Job
	guards       []Guard
	handlers     map[reflect.Type]handler
	onShow       func(Place)
	onProblem    func(Problem)
	onNotice     func(string)
}

// Keys of the settings that the studio itself keeps.
const (
	keyPresentation = "studio.presentation"
	keyRecent       = "studio.recent"
	keyDataPath     = "studio.data"
)

// New returns a studio with nothing open.
func New(c Config) *Studio {
	if c.Settings == nil {
		c.Settings = settings.New()
	}
	if c.Folder == "" {
		c.Folder = filepath.Join(xdg.DataHome, "atelier")
	}
	if c.Dispatch == nil {
		c.Dispatch = func(f func()) { f() }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Remote.Base == "" {
		c.Remote = download.Fashion
	}
	return &Studio{
		config:       c,
		presentation: c.Settings.Bool(keyPresentation),
		observers:    map[int]func(Change){},
		handlers:     map[reflect.Type]handler{},
	}
}

// Settings returns the store of the user's choices. Keys are "tab.choice".
func (s *Studio) Settings() *settings.Store { return s.config.Settings }

// Logger returns the log that the whole program writes to.
func (s *Studio) Logger() *slog.Logger { return s.config.Logger }

// Folder returns the program's folder in the user's data folder.
func (s *Studio) Folder() string { return s.config.Folder }

// DataDir returns the folder that a downloaded dataset is placed in and that is
// looked into at start.
func (s *Studio) DataDir() string { return filepath.Join(s.config.Folder, "fashion-mnist") }

// RunsDir returns the folder that holds one folder a run.
func (s *Studio) RunsDir() string { return filepath.Join(s.config.Folder, "runs") }

// Do runs f on the window's thread. It returns at once.
func (s *Studio) Do(f func()) { s.config.Dispatch(f) }

// Subscribe calls observe, on the window's thread, after each change. The
// returned function ends that.
func (s *Studio) Subscribe(observe func(Change)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.nextObserver
	s.nextObserver++
	s.observers[id] = observe
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.observers, id)
	}
}

// Announce tells every observer of a change. The studio does so by itself for
// its own state; a tab does so for what it changed on disk (RunsChanged).
func (s *Studio) Announce(c Change) {
	s.Do(func() {
		s.mu.Lock()
		ids := make([]int, 0, len(s.observers))
		for id := range s.observers {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		observers := make([]func(Change), len(ids))
		for i, id := range ids {
			observers[i] = s.observers[id]
		}
		s.mu.Unlock()
		for _, observe := range observers {
			observe(c)
		}
	})
}

// Data returns the open dataset, or nil while none is open. It is never
// changed in place: another dataset is another pointer, so that comparing
// pointers tells whether a result is stale.
func (s *Studio) Data() *dataset.Data {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// SetData opens d. A current model with other classes than d's cannot judge
// its pictures: the built-in model takes its place if that fits, else none.
func (s *Studio) SetData(d *dataset.Data) {
	s.mu.Lock()
	s.data, s.dataProblem = d, nil
	changed := false
	if d != nil && !fits(s.model, d) {
		next := s.builtin
		if !fits(next, d) {
			next = nil
		}
		changed = next != s.model
		s.model = next
	}
	s.mu.Unlock()
	if d != nil {
		s.Logger().Info("data", "name", d.Name, "train", d.Train.Len(), "test", d.Test.Len(), "classes", len(d.Classes))
	}
	s.Announce(DataChanged)
	if changed {
		s.Announce(ModelChanged)
	}
}

func fits(m *Model, d *dataset.Data) bool {
	return m != nil && slices.Equal(m.Classes, d.Classes)
}

// Model returns the current model, or nil. Like the dataset it is never
// changed in place.
func (s *Studio) Model() *Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.model
}

// SetModel makes m current. Nil means the built-in model, when it fits the
// open dataset.
func (s *Studio) SetModel(m *Model) {
	s.mu.Lock()
	if m == nil && (s.data == nil || fits(s.builtin, s.data)) {
		m = s.builtin
	}
	s.model = m
	s.mu.Unlock()
	s.Announce(ModelChanged)
}

// SetBuiltin makes m the model that serves until the user trains or opens
// another.
func (s *Studio) SetBuiltin(m *Model) {
	s.mu.Lock()
	s.builtin = m
	use := s.model == nil && (s.data == nil || fits(m, s.data))
	if use {
		s.model = m
	}
	s.mu.Unlock()
	if use {
		s.Announce(ModelChanged)
	}
}

// Builtin returns the model that comes with the program, or nil.
func (s *Studio) Builtin() *Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.builtin
}

// ModelFits tells whether the current model can judge the open dataset; the
// error says in words why not.
func (s *Studio) ModelFits() error {
	s.mu.Lock()
	m, d := s.model, s.data
	s.mu.Unlock()
	switch {
	case d == nil:
		return errors.New("no dataset is open: open one with File → Open")
	case m == nil:
		return fmt.Errorf("there is no model for %s yet: train one in the Train tab", d.Name)
	case !fits(m, d):
		return fmt.Errorf("the model %q was trained for other classes than those of %s: train one in the Train tab", m.Name, d.Name)
	case m.Network.Input.H != d.Train.H || m.Network.Input.W != d.Train.W:
		return fmt.Errorf("the model %q takes pictures of %s, but those of %s are %d×%d", m.Name, m.Network.Input, d.Name, d.Train.H, d.Train.W)
	}
	return nil
}

// Corrections returns the pictures that the user has given the right class, as
// a set with the classes of the open dataset; nil when there are none.
func (s *Studio) Corrections() *dataset.Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.corrections
}

// SetCorrections publishes the user's own corrections; whoever keeps them does
// so when they change and when another dataset is open.
func (s *Studio) SetCorrections(c *dataset.Set) {
	if c != nil && c.Len() == 0 {
		c = nil
	}
	s.mu.Lock()
	changed := s.corrections != c
	s.corrections = c
	s.mu.Unlock()
	if changed {
		s.Announce(CorrectionsChanged)
	}
}

// Presentation reports whether the window is shown to a room: text is larger
// and lines are thicker.
func (s *Studio) Presentation() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.presentation
}

// SetPresentation switches presentation mode.
func (s *Studio) SetPresentation(on bool) {
	s.mu.Lock()
	changed := s.presentation != on
	s.presentation = on
	s.mu.Unlock()
	if changed {
		s.config.Settings.SetBool(keyPresentation, on)
		s.Announce(PresentationChanged)
	}
}

// Problem is something that went wrong and that the user must hear of.
type Problem struct {
	// Doing is what was tried, as a title: "Opening the dataset".
	Doing string
	// Err names the file and the place, and what to do next.
	Err error
}

// OnProblem sets what shows a problem; the window sets it once.
func (s *Studio) OnProblem(show func(Problem)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onProblem = show
}

// Report logs err and shows it to the user; nil and cancelled work are not
// reported, and what a tab shows in its place is only logged.
func (s *Studio) Report(doing string, err error) {
	if err == nil || isCancelled(err) {
		return
	}
	s.Logger().Error("problem", "doing", doing, "error", err)
	if errors.As(err, new(*DataProblem)) {
		return
	}
	s.mu.Lock()
	show := s.onProblem
	s.mu.Unlock()
	if show != nil {
		s.Do(func() { show(Problem{Doing: doing, Err: err}) })
	}
}

// OnNotice sets what shows a notice; the window sets it once.
func (s *Studio) OnNotice(show func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onNotice = show
}

// Notify shows a short sentence in the status bar, such as "Saved 12 pictures
// to …".
func (s *Studio) Notify(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.Logger().Info("notice", "text", text)
	s.mu.Lock()
	show := s.onNotice
	s.mu.Unlock()
	if show != nil {
		s.Do(func() { show(text) })
	}
}

// Since logs how long something took that the user waits for.
func (s *Studio) Since(what string, start time.Time) {
	s.Logger().Info("took", "what", what, "ms", float64(time.Since(start).Microseconds())/1000)
}
