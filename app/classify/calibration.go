package classify

import (
	"context"
	"maps"
	"slices"

	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/fit"
	"atelier/ml/recognise"
)

// noRefusal is what the answer says of a model without a rule for "not a
// garment".
const noRefusal = "This model cannot tell what is not a garment."

// calibrations give trained models their rule for "not a garment", by the
// pictures that their runs held back. It is used on the window's thread only.
type calibrations struct {
	tab  *Tab
	done map[*studio.Model]*studio.Model // nil for a model that cannot be calibrated
}

// of returns the model to ask in place of m: m with a rule, if it has one by now.
func (c *calibrations) of(m *studio.Model) *studio.Model {
	if with := c.done[m]; with != nil {
		return with
	}
	return m
}

// want starts calibrating a model that has no rule, unless that was tried.
func (c *calibrations) want(m *studio.Model) {
	data := c.tab.studio.Data()
	if _, tried := c.done[m]; tried || m.Refusal != nil || m.Path == "" || data == nil {
		return
	}
	maps.DeleteFunc(c.done, func(old, _ *studio.Model) bool { return old != c.tab.studio.Model() && old != c.tab.second })
	c.done[m] = nil
	c.tab.studio.Go("classify.calibrate "+m.Path, "Learning what is not a garment", func(ctx context.Context, progress func(current, total int64)) error {
		with, err := calibrate(ctx, m, data, progress)
		if err != nil && ctx.Err() == nil {
			c.tab.studio.Logger().Warn("calibrating", "model", m.Name, "error", err)
		}
		if with != nil {
			c.tab.studio.Logger().Info("calibrated", "model", m.Name)
			c.tab.studio.Do(func() {
				c.done[m] = with
				c.tab.reask()
			})
		}
		return nil // the answer says what the model cannot do
	})
}

// calibrate returns m with a rule; nil when it does not come from a run on these
// data.
func calibrate(ctx context.Context, m *studio.Model, data *dataset.Data, progress func(current, total int64)) (*studio.Model, error) {
	run, err := fit.LoadRun(m.Path)
	if err != nil || run.Data.Name != data.Name || run.Data.Train != data.Train.Len() || !slices.Equal(run.Data.Classes, data.Classes) {
		return nil, err
	}
	with, err := recognise.CalibrateByRecipe(ctx, m.Model, data.Train, func(done, total int) { progress(int64(done), int64(total)) })
	if err != nil {
		return nil, err
	}
	return &studio.Model{Model: with, Name: m.Name, Path: m.Path}, nil
}
