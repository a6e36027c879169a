package train

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"atelier/ml/nn"
)

func press(v *layersView, keys ...fyne.KeyName) {
	for _, k := range keys {
		v.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func TestLayersAreEditedByKeyboard(t *testing.T) {
	tab, w, _ := newTestTab(t)
	tab.sections.SelectIndex(1)
	v := tab.layers.cards
	w.Canvas().Focus(v)
	if tab.edit.Selected() != 0 {
		t.Fatal("the focus selects no layer")
	}
	press(v, fyne.KeyDown, fyne.KeyDown)
	if tab.edit.Selected() != 2 {
		t.Fatalf("two steps down select layer %d", tab.edit.Selected())
	}
	press(v, fyne.KeyDelete) // the max pooling
	if got := kinds(tab.edit.Setup().Network); !strings.HasPrefix(got, "batch_normalization conv2d dropout ") {
		t.Fatalf("after Delete: %s", got)
	}
	if len(v.cards) != 11 || v.cards[2].title.Text != "Dropout" {
		t.Errorf("%d cards, the third is %s", len(v.cards), v.cards[2].title.Text)
	}
	for _, c := range tab.Commands() {
		s, ok := c.Shortcut.(*desktop.CustomShortcut)
		if ok && s.KeyName == fyne.KeyUp && s.Modifier == fyne.KeyModifierAlt {
			c.Run()
		}
	}
	if got := kinds(tab.edit.Setup().Network); !strings.HasPrefix(got, "batch_normalization dropout conv2d ") {
		t.Fatalf("after Alt+Up: %s", got)
	}
	press(v, fyne.KeyInsert)
	menu, ok := w.Canvas().Focused().(*widget.PopUpMenu)
	if !ok {
		t.Fatalf("Insert goes to %T", w.Canvas().Focused())
	}
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn} {
		menu.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if got := kinds(tab.edit.Setup().Network); !strings.HasPrefix(got, "batch_normalization dropout depthwise_conv2d conv2d ") {
		t.Fatalf("after Insert: %s", got)
	}
	if w.Canvas().Focused() != v || tab.edit.Selected() != 2 {
		t.Errorf("after Insert the focus is on %T, layer %d is selected", w.Canvas().Focused(), tab.edit.Selected())
	}
	press(v, fyne.KeyDelete, fyne.KeyEnd, fyne.KeyReturn)
	entry, ok := w.Canvas().Focused().(*fieldEntry)
	if !ok {
		t.Fatalf("Enter goes to %T", w.Canvas().Focused())
	}
	if entry.SelectedText() != "10" {
		t.Errorf("typing would replace %q", entry.SelectedText())
	}
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if l := tab.edit.Setup().Network.Layers[10]; l != (nn.Dense{Units: 20, Activation: nn.Softmax}) {
		t.Errorf("the arrow key makes %+v", l)
	}
	if c := v.cards[10]; !c.problem.Visible() || !strings.Contains(c.problem.Text, "set its units to 10") {
		t.Errorf("the card of the mistake says %q", c.problem.Text)
	}
	if tab.panel.play.Disabled() == false {
		t.Error("a network with a mistake can be trained")
	}
	for tab.edit.CanUndo() {
		tab.edit.Undo()
	}
	if tab.panel.play.Disabled() || len(v.cards) != 12 {
		t.Error("undoing everything does not bring the article's network back")
	}
}

func TestTheCardOfAMistakeTellsIt(t *testing.T) {
	tab, _, _ := newTestTab(t)
	tab.edit.Remove(8) // Flatten
	v := tab.layers.cards
	if c := v.cards[8]; !strings.Contains(c.problem.Text, "put Flatten before it") {
		t.Errorf("the dense layer's card says %q", c.problem.Text)
	}
	if v.cards[7].problem.Visible() || v.cards[9].problem.Visible() {
		t.Error("other cards complain, too")
	}
	if v.cards[9].shape.Text != "?" {
		t.Errorf("behind a mistake the shape is %q", v.cards[9].shape.Text)
	}
}

func TestACardIsDraggedToAnotherPlace(t *testing.T) {
	tab, _, _ := newTestTab(t)
	tab.sections.SelectIndex(1)
	v := tab.layers.cards
	below := v.cards[3].Position().Y + v.cards[3].Size().Height - 1
	c := v.cards[1]
	c.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(5, below-c.Position().Y)}})
	if !v.marker.Visible() {
		t.Error("nothing shows where the card would go")
	}
	c.DragEnd()
	if got := kinds(tab.edit.Setup().Network); !strings.HasPrefix(got, "batch_normalization max_pooling2d dropout conv2d ") {
		t.Errorf("after the drag: %s", got)
	}
	if v.marker.Visible() || tab.edit.Selected() != 3 {
		t.Errorf("marker %v, selected %d", v.marker.Visible(), tab.edit.Selected())
	}
}

func TestTypingAWrongNumberExplainsItselfAndChangesNothing(t *testing.T) {
	tab, w, _ := newTestTab(t)
	before := tab.edit.Setup().Recipe
	entry := tab.panel.quick.cells[0].entry // epochs
	w.Canvas().Focus(entry)
	entry.SetText("0")
	if tab.edit.Setup().Recipe != before {
		t.Error("a wrong number was taken")
	}
	if !tab.panel.quick.cells[0].border.Visible() || !strings.Contains(tab.panel.counts.Text, "whole number") {
		t.Errorf("nothing tells of the mistake: %q", tab.panel.counts.Text)
	}
	entry.SetText("7")
	if tab.edit.Setup().Recipe.Epochs != 7 || tab.panel.quick.cells[0].border.Visible() {
		t.Errorf("epochs %d", tab.edit.Setup().Recipe.Epochs)
	}
	w.Canvas().Unfocus()
	test.Tap(tab.layers.undo)
	if tab.edit.Setup().Recipe != before || entry.Text != "5" {
		t.Errorf("undo gives %q", entry.Text)
	}
}

func TestNetworksAreSavedAndOpened(t *testing.T) {
	path := t.TempDir() + "/network.json"
	for _, p := range nn.Presets() {
		n := p.Build(fashion, 10)
		if err := saveJSON(path, n); err != nil {
			t.Fatal(err)
		}
		got, err := openNetwork(path)
		if err != nil || !got.Equal(n) {
			t.Errorf("%s comes back as %+v, %v", p.Name, got, err)
		}
	}
	if err := saveJSON(path, map[string]int{"layers": 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := openNetwork(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file that is no network gives %v", err)
	}
}
