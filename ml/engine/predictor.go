package engine

import (
	"fmt"

	"gorgonia.org/tensor"

	"atelier/ml/nn"
)

// Predictor computes class probabilities: batch normalisation uses its moving
// averages, dropout does nothing. One goroutine owns it.
type Predictor struct {
	program *program
	inspect *program // built when a layer's output is first asked for
}

// NewPredictor builds the prediction program for net, which must end in a
// softmax, with a copy of w.
func NewPredictor(net nn.Network, w Weights, o Options) (*Predictor, error) {
	p, err := newProgram(net, w, o, forPrediction, 0)
	if err != nil {
		return nil, err
	}
	return &Predictor{program: p}, nil
}

// UpdateWeights replaces the weights by a copy of w.
func (p *Predictor) UpdateWeights(w Weights) error {
	if err := p.program.update(w); err != nil {
		return err
	}
	if p.inspect != nil {
		return p.inspect.update(w)
	}
	return nil
}

func (p *program) update(w Weights) error {
	if err := p.weights.CopyFrom(w); err != nil {
		return err
	}
	for _, f := range p.refresh {
		f()
	}
	p.run.Weights++
	return nil
}

// Predict writes the probabilities of n images (x holds n·H·W·C numbers) into
// probs (n·classes). Any n is fine: it works through them in chunks.
func (p *Predictor) Predict(x []float32, n int, probs []float32) error {
	return p.predict(x, n, probs, nil)
}

// PredictFeatures is Predict that also writes the features of each image: the
// input of the last layer with weights (n·FeatureSize), which a nearest-picture
// search or an outlier score works on.
func (p *Predictor) PredictFeatures(x []float32, n int, probs, features []float32) error {
	if need := n * p.FeatureSize(); len(features) < need {
		return fmt.Errorf("room for %d features is too little: %d images have %d", len(features), n, need)
	}
	return p.predict(x, n, probs, features)
}

// Classes returns the number of probabilities of one image.
func (p *Predictor) Classes() int { return p.program.classes }

// FeatureSize returns the number of features of one image.
func (p *Predictor) FeatureSize() int { return p.program.stages[p.program.head()].in.Size() }

func (p *Predictor) predict(x []float32, n int, probs, features []float32) error {
	g := p.program
	in, classes := g.net.Input.Size(), g.classes
	if n < 0 || len(x) < n*in || len(probs) < n*classes {
		return fmt.Errorf("%d inputs and room for %d probabilities do not fit %d images: each needs %d and %d",
			len(x), len(probs), n, in, classes)
	}
	for n > 0 {
		m := min(n, g.capacity)
		if err := g.load(x, m); err != nil {
			return err
		}
		if err := g.execute(m); err != nil {
			return err
		}
		copy(probs[:m*classes], g.probs.Float32s())
		if features != nil {
			size := p.FeatureSize()
			copy(features[:m*size], g.features)
			features = features[m*size:]
		}
		x, probs, n = x[m*in:], probs[m*classes:], n-m
	}
	return nil
}

// Activation is the output of one layer.
type Activation struct {
	Layer string    // unique layer name, as nn.Network.Walk gives it
	Kind  string    // the layer's kind
	Shape nn.Shape  // of one image
	Data  []float32 // n·Shape.Size()
}

// Activations returns a copy of every layer's output for n images, n ≤ MaxBatch,
// in the network's order; the last one's are the probabilities.
func (p *Predictor) Activations(x []float32, n int) ([]Activation, error) {
	g, err := p.inspector(n)
	if err != nil {
		return nil, err
	}
	clear(g.targets)
	if err := g.load(x, n); err != nil {
		return nil, err
	}
	if err := g.execute(n); err != nil {
		return nil, err
	}
	steps, err := g.net.Walk()
	if err != nil {
		return nil, err
	}
	var all []Activation
	current, next := g.x, 0
	for i, s := range steps {
		for next < len(g.stages) && g.stages[next].last <= s.Index {
			current = g.outputs[next].Value().(*tensor.Dense).Float32s()
			next++
		}
		if i == len(steps)-1 {
			current = g.probs.Float32s()
		}
		a := Activation{Layer: s.Name, Kind: s.Layer.Kind(), Shape: s.Out, Data: make([]float32, n*s.Out.Size())}
		copy(a.Data, current)
		all = append(all, a)
	}
	return all, nil
}

// GradientTo returns the output of the named layer for one image and the
// gradient of the class's score (the input of the softmax) with respect to it:
// what Grad-CAM is made of.
func (p *Predictor) GradientTo(layer string, x []float32, class int) (output, gradient Activation, err error) {
	g, err := p.inspector(1)
	if err != nil {
		return output, gradient, err
	}
	if class < 0 || class >= g.classes {
		return output, gradient, fmt.Errorf("class %d: this network knows the classes 0 to %d", class, g.classes-1)
	}
	steps, err := g.net.Walk()
	if err != nil {
		return output, gradient, err
	}
	for i, s := range g.stages {
		step := steps[s.last]
		if step.Name != layer {
			continue
		}
		if i == len(g.stages)-1 {
			return output, gradient, fmt.Errorf("%s makes the scores themselves: choose an earlier layer", layer)
		}
		clear(g.targets)
		g.targets[class] = 1
		if err := g.load(x, 1); err != nil {
			return output, gradient, err
		}
		if err := g.execute(1); err != nil {
			return output, gradient, err
		}
		d, err := g.outputs[i].Grad()
		if err != nil {
			return output, gradient, fmt.Errorf("%s has no gradient, because nothing before it is trained", layer)
		}
		copied := func(data []float32) Activation {
			a := Activation{Layer: layer, Kind: step.Layer.Kind(), Shape: step.Out, Data: make([]float32, step.Out.Size())}
			copy(a.Data, data)
			return a
		}
		return copied(g.outputs[i].Value().(*tensor.Dense).Float32s()), copied(d.(*tensor.Dense).Float32s()), nil
	}
	return output, gradient, fmt.Errorf("%q computes nothing of its own: choose a convolution or another layer with an output of its own", layer)
}

// inspector returns the program that keeps every layer's output, for at least
// n images.
func (p *Predictor) inspector(n int) (*program, error) {
	if n < 1 || n > p.program.options.MaxBatch {
		return nil, fmt.Errorf("%d images at once: this predictor takes 1 to %d", n, p.program.options.MaxBatch)
	}
	if p.inspect != nil && p.inspect.options.MaxBatch >= n {
		return p.inspect, nil
	}
	o := p.program.options
	o.MaxBatch = n
	g, err := newProgram(p.program.net, p.program.weights, o, forInspection, 1)
	if err != nil {
		return nil, err
	}
	if p.inspect != nil {
		p.inspect.close()
	}
	p.inspect = g
	return g, nil
}

// Info describes the program.
func (p *Predictor) Info() Info { return p.program.info() }

// Close ends the worker threads. The predictor must not be used afterwards.
func (p *Predictor) Close() {
	p.program.close()
	if p.inspect != nil {
		p.inspect.close()
	}
}
