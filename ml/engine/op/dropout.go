package op

// Dropout zeroes a random share of the numbers and scales the others up. The
// mask is a function of the seed, the iteration, the layer and the place in the
// batch, so Backward computes it anew and nothing is stored.
type Dropout struct {
	noBuffers
	rate float64
	id   uint64
}

// NewDropout returns the dropout of the given rate. id numbers it among those
// of the network.
func NewDropout(rate float64, id uint64) *Dropout { return &Dropout{rate: rate, id: id} }

func (d *Dropout) String() string { return "Dropout" }

// Forward applies the mask; outside training it copies.
func (d *Dropout) Forward(r *Run, x []float32, _ [][]float32, y []float32) { d.mask(r, x, y) }

// Backward applies the same mask to the gradient.
func (d *Dropout) Backward(r *Run, _ []float32, _ [][]float32, _, dy, dx []float32, _ [][]float32) {
	d.mask(r, dy, dx)
}

func (d *Dropout) mask(r *Run, from, to []float32) {
	if m := r.dropout(d.rate, d.id); m.Rate > 0 {
		r.Kernels.Dropout(m, from, to)
	} else {
		copy(to, from)
	}
}

// Uses neither.
func (d *Dropout) Uses() (x, y bool) { return false, false }
