package evaluate

import (
	"context"
	"fmt"
	"time"

	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
)

// verdict is what a model answered to all test pictures, and what that is
// worth.
type verdict struct {
	Model       *studio.Model
	Data        *dataset.Data
	Predictions metrics.Predictions
	Summary     metrics.Summary
	Took        time.Duration
}

// judge asks a model for its answers to all test pictures of d.
func judge(ctx context.Context, m *studio.Model, d *dataset.Data, progress func(done, total int)) (*verdict, error) {
	start := time.Now()
	p, err := engine.NewPredictor(m.Network, m.Weights, engine.Options{Background: true})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	classes := len(d.Classes)
	probs, err := fit.Probabilities(ctx, p, d.Test, nil, classes, progress)
	if err != nil {
		return nil, err
	}
	for i := range d.Test.Len() {
		metrics.ApplyTemperature(probs[i*classes:(i+1)*classes], m.Temperature)
	}
	predictions, err := metrics.New(probs, d.Test.Labels, classes)
	if err != nil {
		return nil, fmt.Errorf("judge %s: %w", m.Name, err)
	}
	return &verdict{
		Model: m, Data: d, Predictions: predictions,
		Summary: predictions.Summary(), Took: time.Since(start),
	}, nil
}

// of reports whether v is about this model and dataset.
func (v *verdict) of(m *studio.Model, d *dataset.Data) bool {
	return v != nil && v.Model == m && v.Data == d
}
