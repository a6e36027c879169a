// Package dataset holds labelled pictures in memory and everything that
// happens to them before a network sees them: finding and reading the files,
// splitting, shuffling, augmenting, normalising and assembling batches.
//
// Pictures are 8-bit grey, one byte a pixel, row after row, 0 for background,
// as in Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747).
// Batches are float32 in NHWC order with one channel.
package dataset

import (
	"fmt"
	"slices"
)

// Side is the height and width, in pixels, of every picture that Open accepts.
const Side = 28

// Limits on the number of classes of a dataset.
const (
	MinClasses = 2
	MaxClasses = 100
)

// FashionClasses are the names of Fashion-MNIST's ten classes by label.
var FashionClasses = []string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
	"Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

// Set is a list of labelled pictures of one size. It is read-only once built,
// so that any number of goroutines may share it.
type Set struct {
	H, W   int
	Images []byte  // Len × H × W, row after row
	Labels []uint8 // Len
}

// Len is the number of pictures.
func (s *Set) Len() int { return len(s.Labels) }

// Image returns the H·W pixels of picture i. The slice is the set's own
// memory: copy it before changing it.
func (s *Set) Image(i int) []byte {
	n := s.H * s.W
	return s.Images[i*n : (i+1)*n : (i+1)*n]
}

// Label returns the class of picture i.
func (s *Set) Label(i int) int { return int(s.Labels[i]) }

// Subset copies the chosen pictures, in the order of indices, to a new set.
func (s *Set) Subset(indices []int) *Set {
	sub := &Set{
		H: s.H, W: s.W,
		Images: make([]byte, 0, len(indices)*s.H*s.W),
		Labels: make([]uint8, 0, len(indices)),
	}
	for _, i := range indices {
		sub.Images = append(sub.Images, s.Image(i)...)
		sub.Labels = append(sub.Labels, s.Labels[i])
	}
	return sub
}

// Counts returns the number of pictures of each class.
func (s *Set) Counts(classes int) []int {
	counts := make([]int, classes)
	for _, l := range s.Labels {
		counts[l]++
	}
	return counts
}

// Data is an open dataset: pictures to learn from, pictures to judge by, and
// what their labels mean.
type Data struct {
	Name        string
	Train, Test *Set
	Classes     []string // by label
	Source      Source
}

// Format names a way of storing a dataset.
type Format string

// The formats that Open reads.
const (
	IDX     Format = "IDX"     // four files, each plain or gzip
	CSV     Format = "CSV"     // label and 784 pixels a row, plain or gzip
	Folders Format = "folders" // one folder of pictures for each class
)

// Source tells where a dataset came from.
type Source struct {
	Dir    string // the folder, or "" for the built-in sample
	Place  string // why it was looked for there, in words: "the user's data folder"
	Format Format
	Files  []File // what was read; for Folders the pictures are not listed
	Sample bool   // the small sample inside the program
	// Notes are things that the user should know: places that were passed
	// over and why, pictures that could not be read, a split that was made.
	Notes []string
}

// File is one file of a dataset.
type File struct {
	Path   string
	Size   int64  // bytes after decompression
	SHA256 string // of the content after decompression, in hexadecimal
	// Published is true when the content is byte for byte what the creators
	// of Fashion-MNIST published.
	Published bool
}

// Published reports whether all files hold exactly the published content of
// Fashion-MNIST.
func (s Source) Published() bool {
	return len(s.Files) > 0 && !slices.ContainsFunc(s.Files, func(f File) bool { return !f.Published })
}

// FormatError is a fault in a data file: where it is, and what to do about it.
type FormatError struct {
	File    string // name of the file
	Line    int    // from 1; 0 when the fault is not in one line
	Column  int    // from 1; 0 when the fault is not in one column
	Name    string // the column's name, when it has one
	Problem string // what is wrong
	Remedy  string // what to do
}

// Error is one sentence with the place, the fault and the remedy.
func (e *FormatError) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Column > 0 {
		s += fmt.Sprintf(", column %d", e.Column)
		if e.Name != "" {
			s += " (" + e.Name + ")"
		}
	}
	s += ": " + e.Problem
	if e.Remedy != "" {
		s += ". " + e.Remedy
	}
	return s
}
