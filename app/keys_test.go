package main

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
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
