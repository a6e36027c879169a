package kernel

import "math"

// SGD is stochastic gradient descent by Keras's formulas:
//
//	g += WeightDecay·w
//	w -= LearningRate·g                            without momentum
//	v  = Momentum·v - LearningRate·g;  w += v      with momentum
//	                  w += Momentum·v - LearningRate·g   with Nesterov
//
// WeightDecay is the L2 penalty of PyTorch's SGD.
type SGD struct {
	LearningRate, Momentum, WeightDecay float64
	Nesterov                            bool
}

// sgdStep and the like are the rules in the form that kernels read.
type sgdStep struct {
	rate, momentum, decay float32
	nesterov              int32
}

// SGD updates the weights w from their gradient g in one pass. velocity may
// be nil when there is no momentum.
func (k *Kernels) SGD(p SGD, w, g, velocity []float32) {
	need("g", g, len(w))
	if p.Momentum == 0 {
		velocity = nil
	} else {
		need("velocity", velocity, len(w))
		velocity = velocity[:len(w)]
	}
	step := sgdStep{rate: float32(p.LearningRate), momentum: float32(p.Momentum), decay: float32(p.WeightDecay)}
	if p.Nesterov {
		step.nesterov = 1
	}
	k.begin()
	defer k.end()
	k.jobs.sgd = sgdJob{k.arith, step, w, g[:len(w)], velocity}
	k.flat(len(w), &k.jobs.sgd)
}

type sgdJob struct {
	arithmetic
	step           sgdStep
	w, g, velocity []float32
}

func (j *sgdJob) chunk(chunk, _ int) {
	j.sgd(&j.step, piece(j.w, chunk), piece(j.g, chunk), piece(j.velocity, chunk))
}

// RMSProp (Hinton, 2012) by Keras's formulas:
//
//	g += WeightDecay·w
//	s  = Rho·s + (1-Rho)·g²
//	d  = LearningRate·g/√(s+Epsilon)
//	w -= d                                without momentum
//	v  = Momentum·v + d;  w -= v          with momentum
//
// WeightDecay is the L2 penalty of PyTorch's RMSprop.
type RMSProp struct {
	LearningRate, Rho, Momentum, Epsilon, WeightDecay float64
}

type rmsPropStep struct {
	rate, rho, rest, momentum, epsilon, decay float32
}

// RMSProp updates the weights w from their gradient g in one pass. velocity
// may be nil when there is no momentum.
func (k *Kernels) RMSProp(p RMSProp, w, g, square, velocity []float32) {
	need("g", g, len(w))
	need("square", square, len(w))
	if p.Momentum == 0 {
		velocity = nil
	} else {
		need("velocity", velocity, len(w))
		velocity = velocity[:len(w)]
	}
	k.begin()
	defer k.end()
	k.jobs.rmsProp = rmsPropJob{k.arith, rmsPropStep{
		rate: float32(p.LearningRate), rho: float32(p.Rho), rest: float32(1 - p.Rho),
		momentum: float32(p.Momentum), epsilon: float32(p.Epsilon), decay: float32(p.WeightDecay),
	}, w, g[:len(w)], square[:len(w)], velocity}
	k.flat(len(w), &k.jobs.rmsProp)
}

type rmsPropJob struct {
	arithmetic
	step                   rmsPropStep
	w, g, square, velocity []float32
}

func (j *rmsPropJob) chunk(chunk, _ int) {
	j.rmsProp(&j.step, piece(j.w, chunk), piece(j.g, chunk), piece(j.square, chunk), piece(j.velocity, chunk))
}

// Adam (Kingma and Ba, 2015, the form before their section 2.1's last
// paragraph, which is Keras's), at step t counted from 1:
//
//	m  = Beta1·m + (1-Beta1)·g
//	v  = Beta2·v + (1-Beta2)·g²
//	w -= LearningRate·√(1-Beta2ᵗ)/(1-Beta1ᵗ) · m/(√v+Epsilon)
//
// WeightDecay is an L2 penalty, g += WeightDecay·w before all this; with
// Decoupled (AdamW, Loshchilov and Hutter, 2019) it is w -=
// LearningRate·WeightDecay·w instead, as in Keras and PyTorch.
type Adam struct {
	LearningRate, Beta1, Beta2, Epsilon, WeightDecay float64
	Decoupled                                        bool
	Step                                             uint64
}

type adamStep struct {
	rate, beta1, rest1, beta2, rest2, epsilon, decay, shrink float32
}

// Adam updates the weights w from their gradient g in one pass.
func (k *Kernels) Adam(p Adam, w, g, m, v []float32) {
	need("g", g, len(w))
	need("m", m, len(w))
	need("v", v, len(w))
	t := float64(max(p.Step, 1))
	step := adamStep{
		rate:  float32(p.LearningRate * math.Sqrt(1-math.Pow(p.Beta2, t)) / (1 - math.Pow(p.Beta1, t))),
		beta1: float32(p.Beta1), rest1: float32(1 - p.Beta1),
		beta2: float32(p.Beta2), rest2: float32(1 - p.Beta2),
		epsilon: float32(p.Epsilon), decay: float32(p.WeightDecay), shrink: 1,
	}
	if p.Decoupled {
		step.decay, step.shrink = 0, float32(1-p.LearningRate*p.WeightDecay)
	}
	k.begin()
	defer k.end()
	k.jobs.adam = adamJob{k.arith, step, w, g[:len(w)], m[:len(w)], v[:len(w)]}
	k.flat(len(w), &k.jobs.adam)
}

type adamJob struct {
	arithmetic
	step       adamStep
	w, g, m, v []float32
}

func (j *adamJob) chunk(chunk, _ int) {
	j.adam(&j.step, piece(j.w, chunk), piece(j.g, chunk), piece(j.m, chunk), piece(j.v, chunk))
}
