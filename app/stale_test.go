package main

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/dataset"
	"atelier/ml/recognise"
)

// TestAnotherDatasetLeavesNothingOfTheOldOnScreen fills every tab with answers
// about one dataset, opens one with other classes, and looks for words about the
// first one.
func TestAnotherDatasetLeavesNothingOfTheOldOnScreen(t *testing.T) {
	w, s, q := newTestWindow(t)
	m, err := recognise.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	s.SetBuiltin(&studio.Model{Model: m, Name: "Pretrained"})
	q.Run()
	fashion := s.Data()
	words := append(slices.Clone(fashion.Classes[:]), "Pretrained", fashion.Name)
	idle := func() bool { return len(s.Jobs()) == 0 }

	run(t, w, widgets.ViewMenu, "Browse: Overview")
	q.Until(t, "the overview", idle)
	run(t, w, widgets.ViewMenu, "Browse: Map")
	q.Until(t, "the map", idle)
	w.show(studio.Evaluate)
	run(t, w, widgets.RunMenu, "Evaluate on the test pictures")
	q.Until(t, "the evaluation", idle)
	boot := studio.Picture{Name: "boot", Image: widgets.GrayImage(fashion.Test.Image(0), fashion.Test.W), Prepared: true}
	s.Send(studio.ClassifyPictures{Pictures: []studio.Picture{boot, boot}})
	q.Until(t, "the answers", idle)
	s.Send(studio.ClassifyPictures{Pictures: []studio.Picture{boot}})
	q.Until(t, "the answer", func() bool {
		return idle() && strings.Contains(strings.Join(texts(w.tabs[studio.Classify].Content()), "\n"), "Ankle boot")
	})
	for _, p := range w.places {
		if len(of(words, w.tabs[p].Content())) == 0 && p != studio.Train {
			t.Errorf("%s shows nothing about the first dataset, so that this test means nothing", p)
		}
	}

	s.SetData(own(fashion))
	q.Until(t, "the other dataset", idle)
	for _, p := range w.places {
		w.show(p)
		for _, book := range books(w.tabs[p].Content()) {
			for _, item := range book.Items {
				book.Select(item)
				q.Until(t, "the page", idle)
				left := of(words, w.tabs[p].Content())
				if item.Text == "Many" && slices.ContainsFunc(left, func(text string) bool { return strings.HasPrefix(text, "These are the answers of") }) {
					continue // the list is the user's own and says whose answers it holds
				}
				if len(left) > 0 {
					t.Errorf("%s, %s still says %q", p, item.Text, left)
				}
			}
		}
	}
	if left := of(words, w.status.content); len(left) > 0 {
		t.Errorf("the status bar still says %q", left)
	}
}

// own is a dataset of two classes with other names.
func own(d *dataset.Data) *dataset.Data {
	two := func(s *dataset.Set) *dataset.Set {
		var indices []int
		for i := range s.Len() {
			if s.Label(i) < 2 {
				indices = append(indices, i)
			}
		}
		return s.Subset(indices)
	}
	return &dataset.Data{Name: "Cupboard", Classes: []string{"cup", "mug"}, Train: two(d.Train), Test: two(d.Test), Source: dataset.Source{Format: dataset.Folders, Dir: "/cupboard"}}
}

// of returns the texts in sight that hold one of the words.
func of(words []string, o fyne.CanvasObject) []string {
	return slices.DeleteFunc(texts(o), func(text string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	})
}

// books returns the tabs within an object that is in sight.
func books(o fyne.CanvasObject) []*container.AppTabs {
	var out []*container.AppTabs
	walk(o, func(o fyne.CanvasObject) {
		if book, ok := o.(*container.AppTabs); ok {
			out = append(out, book)
		}
	})
	return out
}

// texts returns what one can read in an object.
func texts(o fyne.CanvasObject) []string {
	var out []string
	walk(o, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *canvas.Text:
			out = append(out, o.Text)
		case *widget.TextGrid:
			out = append(out, o.Text())
		}
	})
	return out
}

// walk visits an object and what it consists of, as far as it can be seen.
func walk(o fyne.CanvasObject, visit func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	visit(o)
	var parts []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		parts = o.Objects
	case fyne.Widget:
		parts = test.WidgetRenderer(o).Objects()
	}
	for _, part := range parts {
		walk(part, visit)
	}
}
