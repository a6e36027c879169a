package studio

import (
	"image"
	"reflect"
)

// Place names one of the tabs.
type Place string

// The four tabs, in the order of the window.
const (
	Browse   Place = "Browse"
	Train    Place = "Train"
	Evaluate Place = "Evaluate"
	Classify Place = "Classify"
)

// ShowSamples asks Browse to show some pictures of the open dataset, in that
// order, such as those behind a cell of the confusion matrix.
type ShowSamples struct {
	// Title says what they are: "Shirt taken for T-shirt/top (57)".
	Title string
	// Test means the test set; else the training set.
	Test    bool
	Indices []int
}

// ClassifyPictures asks Classify to classify pictures.
type ClassifyPictures struct {
	Pictures []Picture
}

// Picture is a file or a picture in memory.
type Picture struct {
	// Name is shown to the user; for a file its base name.
	Name string
	// Path is the file, or a folder of files; "" when Image holds the picture.
	Path string
	// Image is a picture in memory, or nil.
	Image image.Image
	// Prepared means that Image is 28×28 as the dataset's own are and goes to
	// the network as it is.
	Prepared bool
}

// ExplainSample asks for an explanation of the current model's answer to one
// picture of the open dataset.
type ExplainSample struct {
	Test  bool
	Index int
}

// ChooseData asks the user for a dataset to open: a file, or a folder.
type ChooseData struct{ Folder bool }

type handler struct {
	place Place
	serve func(any)
}

// Handle makes serve the one that answers requests of type R; the window shows
// place first. Tabs ask each other for things in this way, without knowing
// each other.
func Handle[R any](s *Studio, place Place, serve func(R)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[reflect.TypeFor[R]()] = handler{place, func(r any) { serve(r.(R)) }}
}

// Handles reports whether somebody answers requests of type R, so that a
// button for it is worth showing.
func Handles[R any](s *Studio) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.handlers[reflect.TypeFor[R]()]
	return ok
}

// Send shows the tab that answers requests of r's type and passes r to it, on
// the window's thread. It reports whether there is one.
func (s *Studio) Send(r any) bool {
	s.mu.Lock()
	h, ok := s.handlers[reflect.TypeOf(r)]
	s.mu.Unlock()
	if !ok {
		return false
	}
	s.Show(h.place)
	s.Do(func() { h.serve(r) })
	return true
}

// OnShow sets what brings a tab to the front; the window sets it once.
func (s *Studio) OnShow(show func(Place)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onShow = show
}

// Show brings a tab to the front.
func (s *Studio) Show(p Place) {
	s.mu.Lock()
	show := s.onShow
	s.mu.Unlock()
	if show != nil {
		s.Do(func() { show(p) })
	}
}
