package browse

import (
	"context"
	"math"

	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/dataset/atlas"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/metrics"
)

// answers is what a model says of each picture of a set.
type answers struct {
	loss      []float32
	predicted []int
	suspects  []atlas.Suspect // pictures whose label may be wrong
}

// judge asks the model about every picture of s.
func judge(ctx context.Context, m *studio.Model, s *dataset.Set, progress func(current, total int64)) (*answers, error) {
	p, err := engine.NewPredictor(m.Network, m.Weights, engine.Options{Background: true})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	classes := len(m.Classes)
	probs, err := fit.Probabilities(ctx, p, s, nil, classes, func(done, total int) { progress(int64(done), int64(total)) })
	if err != nil {
		return nil, err
	}
	for i := range s.Len() {
		metrics.ApplyTemperature(probs[i*classes:(i+1)*classes], m.Temperature)
	}
	predictions, err := metrics.New(probs, s.Labels, classes)
	if err != nil {
		return nil, err
	}
	a := &answers{
		loss: make([]float32, s.Len()), predicted: make([]int, s.Len()),
		suspects: atlas.LabelErrors(predictions),
	}
	for i := range a.loss {
		a.predicted[i] = predictions.Predicted(i)
		a.loss[i] = float32(-math.Log(max(float64(predictions.Row(i)[s.Label(i)]), 1e-7)))
	}
	return a, nil
}
