package train

import "testing"

func TestHistoryUndoesAndRedoesSteps(t *testing.T) {
	h := newHistory("a")
	if h.Undo() || h.Redo() {
		t.Fatal("a fresh history has nothing to undo or redo")
	}
	h.Set("b", "")
	h.Set("c", "")
	for _, want := range []string{"b", "a"} {
		if !h.Undo() || h.Now() != want {
			t.Fatalf("undo gives %q, want %q", h.Now(), want)
		}
	}
	for _, want := range []string{"b", "c"} {
		if !h.Redo() || h.Now() != want {
			t.Fatalf("redo gives %q, want %q", h.Now(), want)
		}
	}
	h.Undo()
	h.Set("d", "")
	if h.CanRedo() {
		t.Fatal("a new step ends the redo line")
	}
}

func TestHistoryMergesStepsOfOneField(t *testing.T) {
	h := newHistory("")
	for _, typed := range []string{"1", "12", "128"} {
		h.Set(typed, "filters")
	}
	h.Set("other", "rate")
	h.Undo()
	if h.Now() != "128" {
		t.Fatalf("undo of the second field gives %q", h.Now())
	}
	h.Set("256", "filters") // after an undo a field starts a new step
	h.Undo()
	if h.Now() != "128" {
		t.Fatalf("undo gives %q, want 128", h.Now())
	}
	h.Undo()
	if h.Now() != "" {
		t.Fatalf("undo gives %q, want the first value", h.Now())
	}
}

func TestHistoryForgetsTheOldest(t *testing.T) {
	h := newHistory(0)
	for i := range historyLimit + 50 {
		h.Set(i+1, "")
	}
	for h.Undo() {
	}
	if h.Now() != 50 {
		t.Fatalf("oldest value kept is %d, want 50", h.Now())
	}
}
