package engine

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"atelier/ml/nn"
)

// initialise fills t as Keras's initialiser of the same name does.
func initialise(t Tensor, spec nn.ParamSpec, seed uint64) error {
	fanIn, fanOut := spec.Fans()
	switch spec.Init {
	case nn.Zeros:
		clear(t.Data)
	case nn.Ones:
		for i := range t.Data {
			t.Data[i] = 1
		}
	case nn.GlorotUniform:
		r := stream(seed, t.Name)
		limit := math.Sqrt(6 / float64(fanIn+fanOut))
		for i := range t.Data {
			t.Data[i] = float32((2*r.Float64() - 1) * limit)
		}
	case nn.HeNormal:
		r := stream(seed, t.Name)
		// Keras draws from a normal distribution cut off at two standard
		// deviations, whose own deviation is this fraction of the full one's.
		const truncated = 0.87962566103423978
		deviation := math.Sqrt(2/float64(fanIn)) / truncated
		for i := range t.Data {
			v := r.NormFloat64()
			for math.Abs(v) > 2 {
				v = r.NormFloat64()
			}
			t.Data[i] = float32(v * deviation)
		}
	default:
		return fmt.Errorf("%s asks for the unknown initialiser %q", t.Name, spec.Init)
	}
	return nil
}

// stream returns the random numbers that belong to one name under one seed.
func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
