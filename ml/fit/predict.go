package fit

import (
	"context"

	"atelier/ml/dataset"
	"atelier/ml/engine"
)

// predictChunk is the number of pictures between two looks at the context.
const predictChunk = 256

// Probabilities returns what p answers for the chosen pictures of a set, classes numbers each, in
// the order of indices; nil indices mean all pictures. It calls progress, if not nil, after every
// few hundred pictures, and ends early with the context's error.
func Probabilities(ctx context.Context, p *engine.Predictor, s *dataset.Set, indices []int, classes int, progress func(done, total int)) ([]float32, error) {
	total := len(indices)
	if indices == nil {
		total = s.Len()
	}
	size := s.H * s.W
	x := make([]float32, min(total, predictChunk)*size)
	probs := make([]float32, total*classes)
	chunk := make([]int, 0, predictChunk)
	for done := 0; done < total; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(predictChunk, total-done)
		chunk = chunk[:0]
		for i := done; i < done+n; i++ {
			if indices == nil {
				chunk = append(chunk, i)
			} else {
				chunk = append(chunk, indices[i])
			}
		}
		dataset.Fill(x, s, chunk)
		if err := p.Predict(x[:n*size], n, probs[done*classes:(done+n)*classes]); err != nil {
			return nil, err
		}
		done += n
		if progress != nil {
			progress(done, total)
		}
	}
	return probs, nil
}
