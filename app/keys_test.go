package main

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/app/widgets"
)

func TestEscapeClosesADialogWhereverTheFocusIs(t *testing.T) {
	w, _, _ := newTestWindow(t)
	if w.takeKey(fyne.KeyEscape) {
		t.Error("Escape is taken from the tab in front though there is no dialog")
	}
	for name, open := range map[string]func(){
		"open":   w.chooseFile,
		"folder": w.chooseFolder,
		"error":  func() { w.showProblem(studio.Problem{Doing: "Testing", Err: errors.New("it broke")}) },
	} {
		open()
		w.Canvas().FocusNext()
		if w.Canvas().Focused() == nil {
			t.Errorf("%s: nothing takes the focus", name)
		}
		if !w.takeKey(fyne.KeyEscape) || w.Canvas().Overlays().Top() != nil {
			t.Errorf("%s: the dialog stays", name)
		}
	}
}

func TestEnterPressesWhatADialogSuggests(t *testing.T) {
	w, _, _ := newTestWindow(t)
	answer := ""
	ask := func() {
		name := widget.NewEntry()
		box := container.NewVBox(name, widget.NewButton("Inside", func() { answer = "inside" }))
		dialog.NewCustomConfirm("Really?", "Yes", "No", box, func(yes bool) {
			answer = map[bool]string{true: "yes", false: "no"}[yes]
		}, w).Show()
	}
	press := func(tabs int) {
		t.Helper()
		answer = ""
		ask()
		for range tabs {
			w.Canvas().FocusNext()
		}
		w.takeKey(fyne.KeyReturn)
		if top := w.Canvas().Overlays().Top(); top != nil {
			top.Hide()
		}
	}
	for tabs, want := range []string{"yes", "", "inside", "no", "yes"} {
		if press(tabs); answer != want {
			t.Errorf("Enter after %d times Tab gives %q, want %q", tabs, answer, want)
		}
	}
	ask()
	if w.takeKey(fyne.KeyEscape); answer != "no" {
		t.Errorf("Escape gives %q", answer)
	}
	w.showProblem(studio.Problem{Doing: "Testing", Err: errors.New("it broke")})
	w.takeKey(fyne.KeyReturn)
	if w.Canvas().Overlays().Top() != nil {
		t.Error("Enter does not close the account of an error")
	}
}

// Whoever has pressed a button by key is still there afterwards.
func TestThePressedButtonKeepsTheFocus(t *testing.T) {
	w, _, _ := newTestWindow(t)
	w.Resize(fyne.NewSize(1280, 800))
	w.show(studio.Train)
	focus := func(view, label string) *widget.Button {
		t.Helper()
		run(t, w, widgets.ViewMenu, view)
		for range 60 {
			w.Canvas().FocusNext()
			if b, ok := w.Canvas().Focused().(*widget.Button); ok && b.Text == label {
				return b
			}
		}
		t.Fatalf("the Tab key never leads to %q", label)
		return nil
	}
	focus("Train: Layers", "Save…")
	w.takeKey(fyne.KeySpace)
	if _, ok := w.Canvas().Focused().(*widget.Entry); !ok {
		t.Errorf("in the dialog the focus is on %T", w.Canvas().Focused())
	}
	w.takeKey(fyne.KeyEscape)
	next := focus("Train: Lesson", "Next")
	for range 2 {
		w.takeKey(fyne.KeySpace)
		if w.Canvas().Focused() != next {
			t.Errorf("after a step of the lesson the focus is on %T", w.Canvas().Focused())
		}
	}
}

// Behind a dialog nothing is started by the keys of a menu.
func TestADialogKeepsTheMenusAway(t *testing.T) {
	w, _, _ := newTestWindow(t)
	about := func() *fyne.MenuItem {
		for _, m := range w.MainMenu().Items {
			for _, item := range m.Items {
				if item.Label == "About Atelier" {
					return item
				}
			}
		}
		t.Fatal("there is no About")
		return nil
	}
	dialogs := func() int { return len(w.Canvas().Overlays().List()) }
	for range 2 {
		about().Action()
		if dialogs() != 1 {
			t.Errorf("%d dialogs are open", dialogs())
		}
	}
	w.takeKey(fyne.KeyEscape)
	about().Action()
	if dialogs() != 1 {
		t.Error("without a dialog the menu does nothing")
	}
}
