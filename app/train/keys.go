package train

import (
	"atelier/app/figures"
	"atelier/app/widgets"
)

// Keys tells which keys the parts of the tab take while they have the focus.
func (t *Tab) Keys() []widgets.KeyGroup {
	return []widgets.KeyGroup{
		{Title: "Train: layers", Keys: [][2]string{
			{"Choose a layer", "Up, Down, Home, End"},
			{"Edit it", "Enter"},
			{"Back from its fields", "Escape"},
			{"Add one after it", "Insert"},
			{"Remove it", "Delete"},
		}},
		{Title: "Train: numbers of a layer", Keys: [][2]string{{"More, less", "Up, Down"}}},
		{Title: "Train: curves", Keys: figures.ChartKeys()},
		{Title: "Train: runs", Keys: [][2]string{
			{"Choose a run", "Up, Down, Home, End"},
			{"Compare it", "Space"},
			{"Rename it", "F2"},
			{"Delete it", "Delete"},
		}},
	}
}
