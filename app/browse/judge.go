package browse

import (
	"context"
	"math"

	"atelier/app/studio"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
)

// judge returns the model's loss on each picture of s and the class that it
// takes it for.
func judge(ctx context.Context, m *studio.Model, s *dataset.Set, progress func(current, total int64)) (loss []float32, predicted []int, err error) {
	p, err := engine.NewPredictor(m.Network, m.Weights, engine.Options{})
	if err != nil {
		return nil, nil, err
	}
	defer p.Close()
	classes := len(m.Classes)
	probs, err := fit.Probabilities(ctx, p, s, nil, classes, func(done, total int) { progress(int64(done), int64(total)) })
	if err != nil {
		return nil, nil, err
	}
	loss, predicted = make([]float32, s.Len()), make([]int, s.Len())
	for i := range loss {
		row := probs[i*classes : (i+1)*classes]
		for c, v := range row {
			if v > row[predicted[i]] {
				predicted[i] = c
			}
		}
		loss[i] = float32(-math.Log(max(float64(row[s.Label(i)]), 1e-7)))
	}
	return loss, predicted, nil
}
