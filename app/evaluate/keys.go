package evaluate

import "atelier/app/widgets"

// Keys tells which keys the parts of the tab take while they have the focus.
func (t *Tab) Keys() []widgets.KeyGroup {
	return []widgets.KeyGroup{{Title: "Evaluate: matrix", Keys: widgets.MatrixKeys()}}
}
