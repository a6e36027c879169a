package train

import (
	"slices"

	"atelier/ml/dataset"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// setup is everything that a run is started with. It is a value: editing makes
// another one, so that steps can be undone.
type setup struct {
	Network nn.Network `json:"network"`
	Recipe  fit.Recipe `json:"recipe"`
}

// ownName is the name of a network that is no longer one of the presets.
const ownName = "own network"

// articleSetup is what the article does: its network with its recipe.
func articleSetup(in nn.Shape, classes int) setup {
	return setup{Network: nn.Presets()[0].Build(in, classes), Recipe: fit.DefaultRecipe()}
}

// presetOf returns the preset that builds n.
func presetOf(n nn.Network) (nn.Preset, bool) {
	classes, err := n.Classes()
	if err != nil {
		return nn.Preset{}, false
	}
	for _, p := range nn.Presets() {
		if p.Build(n.Input, classes).Equal(n) {
			return p, true
		}
	}
	return nn.Preset{}, false
}

// networkTitle is what the window calls a network.
func networkTitle(n nn.Network) string {
	if p, ok := presetOf(n); ok {
		return p.Title
	}
	if n.Name == "" || isPresetName(n.Name) {
		return inWords(ownName)
	}
	return inWords(n.Name)
}

func isPresetName(name string) bool {
	_, err := nn.PresetByName(name)
	return err == nil
}

// dataShape is the shape of one picture of d.
func dataShape(d *dataset.Data) nn.Shape {
	return nn.Shape{H: d.Train.H, W: d.Train.W, C: 1}
}

// fitted returns n for the pictures and classes of d: with their input size,
// and with one unit a class in a last softmax layer.
func fitted(n nn.Network, d *dataset.Data) nn.Network {
	n = n.Clone()
	n.Input = dataShape(d)
	if at := len(n.Layers) - 1; at >= 0 {
		if dense, ok := n.Layers[at].(nn.Dense); ok && dense.Activation == nn.Softmax {
			dense.Units = len(d.Classes)
			n.Layers[at] = dense
		}
	}
	return n
}

// editor holds the setup that is being edited, with undo and redo, and which
// layer is selected. It belongs to the window's thread.
type editor struct {
	steps    *history[setup]
	selected int // -1 when no layer is
	changed  []func()
}

func newEditor(first setup) *editor { return &editor{steps: newHistory(first), selected: -1} }

// OnChange calls observe after every change of the setup or the selection.
func (e *editor) OnChange(observe func()) { e.changed = append(e.changed, observe) }

func (e *editor) notify() {
	e.selected = min(e.selected, len(e.Setup().Network.Layers)-1)
	for _, observe := range e.changed {
		observe()
	}
}

// Setup returns the setup as it stands.
func (e *editor) Setup() setup { return e.steps.Now() }

// Selected returns the index of the selected layer, or -1.
func (e *editor) Selected() int { return e.selected }

// Select selects a layer; -1 selects none.
func (e *editor) Select(i int) {
	i = max(-1, min(i, len(e.Setup().Network.Layers)-1))
	if i != e.selected {
		e.selected = i
		e.notify()
	}
}

// Replace makes s the setup, as one step.
func (e *editor) Replace(s setup) { e.set(s, "") }

// SetRecipe changes the recipe; steps with one tag merge.
func (e *editor) SetRecipe(r fit.Recipe, tag string) {
	s := e.Setup()
	s.Recipe = r
	e.set(s, tag)
}

// SetNetwork changes the whole network.
func (e *editor) SetNetwork(n nn.Network) { e.setNetwork(n, "") }

func (e *editor) set(s setup, tag string) {
	e.steps.Set(s, tag)
	e.notify()
}

func (e *editor) setNetwork(n nn.Network, tag string) {
	s := e.Setup()
	if preset, ok := presetOf(n); ok {
		n.Name = preset.Name
	} else if isPresetName(n.Name) {
		n.Name = ownName
	}
	s.Network = n
	e.set(s, tag)
}

// edit changes a copy of the layers.
func (e *editor) edit(tag string, change func(nn.Layers) nn.Layers) {
	n := e.Setup().Network.Clone()
	n.Layers = change(n.Layers)
	e.setNetwork(n, tag)
}

// Insert puts a layer after the selected one, or at the place before the last
// when none is selected, and selects it.
func (e *editor) Insert(l nn.Layer) {
	at := e.selected + 1
	if e.selected < 0 {
		at = max(0, len(e.Setup().Network.Layers)-1)
	}
	e.selected = at
	e.edit("", func(ls nn.Layers) nn.Layers { return slices.Insert(ls, at, l) })
}

// Remove takes a layer out.
func (e *editor) Remove(i int) {
	if !e.valid(i) {
		return
	}
	e.edit("", func(ls nn.Layers) nn.Layers { return slices.Delete(ls, i, i+1) })
}

// Duplicate puts a copy of a layer after it and selects the copy.
func (e *editor) Duplicate(i int) {
	if !e.valid(i) {
		return
	}
	e.selected = i + 1
	e.edit("", func(ls nn.Layers) nn.Layers { return slices.Insert(ls, i+1, ls[i]) })
}

// Move takes a layer to another place and selects it there.
func (e *editor) Move(from, to int) {
	to = max(0, min(to, len(e.Setup().Network.Layers)-1))
	if !e.valid(from) || from == to {
		return
	}
	e.selected = to
	e.edit("", func(ls nn.Layers) nn.Layers {
		l := ls[from]
		return slices.Insert(slices.Delete(ls, from, from+1), to, l)
	})
}

// SetLayer changes the settings of a layer; steps with one tag merge.
func (e *editor) SetLayer(i int, l nn.Layer, tag string) {
	if !e.valid(i) {
		return
	}
	e.edit(tag, func(ls nn.Layers) nn.Layers { ls[i] = l; return ls })
}

func (e *editor) valid(i int) bool { return i >= 0 && i < len(e.Setup().Network.Layers) }

// CanUndo, CanRedo, Undo and Redo walk through the steps.
func (e *editor) CanUndo() bool { return e.steps.CanUndo() }
func (e *editor) CanRedo() bool { return e.steps.CanRedo() }

func (e *editor) Undo() {
	if e.steps.Undo() {
		e.notify()
	}
}

func (e *editor) Redo() {
	if e.steps.Redo() {
		e.notify()
	}
}
