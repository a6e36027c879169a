package kernel

import "math"

// Activation names the function that an operation applies to its result.
// The derivative of each follows from its output alone.
type Activation uint8

// The activations that can be fused into an operation.
const (
	Linear    Activation = iota
	ReLU                 // max(x, 0)
	LeakyReLU            // max(x, LeakySlope·x)
	Tanh
	Sigmoid // 1/(1+e⁻ˣ)
)

// LeakySlope is the slope of LeakyReLU below zero, that of Keras's activation
// "leaky_relu".
const LeakySlope = 0.2

// Dropout names one inverted dropout mask (Srivastava et al., 2014): element i
// of a batch is zero when a hash of (Seed, Step, Layer, i) falls below Rate,
// and is multiplied by 1/(1-Rate) otherwise. The mask is a function of these
// numbers alone: the backward pass recomputes it. The zero value drops nothing.
type Dropout struct {
	Rate  float64
	Seed  uint64
	Step  uint64
	Layer uint64
}

// mask is a Dropout ready for use: the hash's two keys, the share to drop as
// a 24-bit number, and the scale of the rest. It is laid out for C too.
type mask struct {
	key0, key1, threshold uint32
	scale, keep           float32
}

func (d Dropout) mask() mask {
	h := mix(d.Seed)
	h = mix(h ^ d.Step)
	h = mix(h ^ d.Layer)
	keep := 1 - d.Rate
	m := mask{key0: uint32(h), key1: uint32(h >> 32), threshold: uint32(math.Round(d.Rate * (1 << 24)))}
	m.keep = float32(keep)
	if keep > 0 {
		m.scale = float32(1 / keep)
	}
	return m
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// factor returns what element i is multiplied by: the finaliser of
// MurmurHash3 (Appleby) with a key before and one in the middle.
func (m *mask) factor(i uint32) float32 {
	h := i*0x9e3779b1 + m.key0
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h += m.key1
	h *= 0xc2b2ae35
	h ^= h >> 16
	if h>>8 < m.threshold {
		return 0
	}
	return m.scale
}

// flatChunk is how many elements a chunk of an elementwise operation holds.
const flatChunk = 8 << 10

// flatJobs holds one job of each elementwise kind, so that starting one
// allocates nothing. The operation that holds the workers owns them.
type flatJobs struct {
	activate     activateJob
	activateGrad activateGradJob
	add          addJob
	dropout      dropoutJob
	gather       gatherJob
	softmax      softmaxJob
	loss         lossJob
	sgd          sgdJob
	rmsProp      rmsPropJob
	adam         adamJob
}

// begin takes the workers for one operation; end gives them back.
func (k *Kernels) begin() { k.workers.use.Lock() }
func (k *Kernels) end()   { k.workers.use.Unlock() }

// flat runs a job over n elements in chunks of flatChunk.
func (k *Kernels) flat(n int, j job) { k.workers.run(ceilDiv(n, flatChunk), j) }

// piece returns the elements of x in a chunk; nil stays nil.
func piece(x []float32, chunk int) []float32 {
	if x == nil {
		return nil
	}
	return x[chunk*flatChunk : min(len(x), (chunk+1)*flatChunk)]
}

// Activate sets y = act(x) for every element of x; y may be x.
func (k *Kernels) Activate(act Activation, x, y []float32) {
	need("y", y, len(x))
	k.begin()
	defer k.end()
	k.jobs.activate = activateJob{k.arith, act, x, y[:len(x)]}
	k.flat(len(x), &k.jobs.activate)
}

type activateJob struct {
	arithmetic
	act  Activation
	x, y []float32
}

func (j *activateJob) chunk(chunk, _ int) {
	j.activate(j.act, piece(j.x, chunk), piece(j.y, chunk))
}

// ActivateGrad sets dx = dy·act'(y) for every element of y; dx may be dy.
func (k *Kernels) ActivateGrad(act Activation, y, dy, dx []float32) {
	need("dy", dy, len(y))
	need("dx", dx, len(y))
	k.begin()
	defer k.end()
	k.jobs.activateGrad = activateGradJob{k.arith, act, y, dy[:len(y)], dx[:len(y)]}
	k.flat(len(y), &k.jobs.activateGrad)
}

type activateGradJob struct {
	arithmetic
	act       Activation
	y, dy, dx []float32
}

func (j *activateGradJob) chunk(chunk, _ int) {
	j.activateGrad(j.act, piece(j.y, chunk), piece(j.dy, chunk), piece(j.dx, chunk))
}

// Add sets y = act(a + b) for every element of a; y may be a or b. The
// gradient, the same for a and b, is that of ActivateGrad.
func (k *Kernels) Add(act Activation, a, b, y []float32) {
	need("b", b, len(a))
	need("y", y, len(a))
	k.begin()
	defer k.end()
	k.jobs.add = addJob{k.arith, act, a, b[:len(a)], y[:len(a)]}
	k.flat(len(a), &k.jobs.add)
}

type addJob struct {
	arithmetic
	act     Activation
	a, b, y []float32
}

func (j *addJob) chunk(chunk, _ int) {
	j.add(j.act, piece(j.a, chunk), piece(j.b, chunk), piece(j.y, chunk))
}

// Dropout sets y = x·mask for every element of x; y may be x. The same call
// turns dy into dx.
func (k *Kernels) Dropout(d Dropout, x, y []float32) {
	need("y", y, len(x))
	k.begin()
	defer k.end()
	k.jobs.dropout = dropoutJob{k.arith, d.mask(), x, y[:len(x)]}
	k.flat(len(x), &k.jobs.dropout)
}

type dropoutJob struct {
	arithmetic
	mask mask
	x, y []float32
}

func (j *dropoutJob) chunk(chunk, _ int) {
	j.dropout(&j.mask, chunk*flatChunk, piece(j.x, chunk), piece(j.y, chunk))
}
