package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"atelier/ml/dataset"
	"atelier/ml/engine"
)

// Index finds the pictures of a set that a network finds most alike. Alike is
// the cosine of the angle between two pictures' features, the numbers from
// which the network's last layer decides.
//
// It keeps each feature in one byte: 60,000 pictures with 128 features take
// 8 MB.
type Index struct {
	size  int
	bytes []int8    // one row a picture, scaled to its largest feature
	norms []float32 // length of each row
}

// Neighbour is one answer of Nearest.
type Neighbour struct {
	Picture    int     // index in the set
	Similarity float64 // cosine: 1 for the same direction
}

// NewIndex computes the features of every picture of set. progress, which may
// be nil, is told how many are done.
func NewIndex(ctx context.Context, p *engine.Predictor, set *dataset.Set, progress func(done, total int)) (*Index, error) {
	const chunk = 256
	n, size, pixels := set.Len(), p.FeatureSize(), set.H*set.W
	ix := &Index{size: size, bytes: make([]int8, n*size), norms: make([]float32, n)}
	x := make([]float32, chunk*pixels)
	features := make([]float32, chunk*size)
	probs := make([]float32, chunk*p.Classes())
	indices := make([]int, 0, chunk)
	for at := 0; at < n; at += len(indices) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		indices = indices[:0]
		for i := at; i < min(at+chunk, n); i++ {
			indices = append(indices, i)
		}
		dataset.Fill(x, set, indices)
		if err := p.PredictFeatures(x[:len(indices)*pixels], len(indices), probs, features); err != nil {
			return nil, err
		}
		for i, picture := range indices {
			ix.norms[picture] = quantise(ix.row(picture), features[i*size:(i+1)*size])
		}
		if progress != nil {
			progress(at+len(indices), n)
		}
	}
	return ix, nil
}

func (ix *Index) row(picture int) []int8 {
	return ix.bytes[picture*ix.size : (picture+1)*ix.size]
}

// quantise scales features into bytes and returns the length of the result.
func quantise(to []int8, features []float32) float32 {
	most := float32(0)
	for _, f := range features {
		most = max(most, float32(math.Abs(float64(f))))
	}
	if most == 0 {
		return 0
	}
	squares := 0
	for i, f := range features {
		b := int(math.Round(float64(f / most * 127)))
		to[i] = int8(b)
		squares += b * b
	}
	return float32(math.Sqrt(float64(squares)))
}

// Nearest returns the k pictures most alike to the picture with the given
// features (as engine.Predictor.PredictFeatures gives them), best first; fewer
// when the set has fewer. Pictures without any feature are never alike.
func (ix *Index) Nearest(features []float32, k int) ([]Neighbour, error) {
	if len(features) != ix.size {
		return nil, fmt.Errorf("%d features given, the index holds %d for each picture: make a new index for this network", len(features), ix.size)
	}
	query := make([]int8, ix.size)
	length := quantise(query, features)
	all := make([]Neighbour, 0, len(ix.norms))
	for i, norm := range ix.norms {
		if norm == 0 || length == 0 {
			continue
		}
		dot := int32(0)
		for j, v := range ix.row(i) {
			dot += int32(v) * int32(query[j])
		}
		all = append(all, Neighbour{Picture: i, Similarity: float64(dot) / float64(norm) / float64(length)})
	}
	slices.SortFunc(all, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.Picture, b.Picture))
	})
	return all[:min(max(k, 0), len(all))], nil
}
