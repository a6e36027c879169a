package engine

import (
	"errors"

	"atelier/ml/nn"
)

// Predictor computes class probabilities: batch normalisation uses its moving
// averages, dropout does nothing. One goroutine owns it.
type Predictor struct {
	program *program
}

// NewPredictor builds the prediction program for net, which must end in a
// softmax, with a copy of w.
func NewPredictor(net nn.Network, w Weights, o Options) (*Predictor, error) {
	return nil, errors.ErrUnsupported
}

// UpdateWeights replaces the weights by a copy of w.
func (p *Predictor) UpdateWeights(w Weights) error { return errors.ErrUnsupported }

// Predict writes the probabilities of n images (x holds n·H·W·C numbers) into
// probs (n·classes). Any n is fine: it works through them in chunks.
func (p *Predictor) Predict(x []float32, n int, probs []float32) error { return errors.ErrUnsupported }

// PredictFeatures is Predict that also writes the features of each image: the
// input of the last layer with weights (n·FeatureSize), which a nearest-picture
// search or an outlier score works on.
func (p *Predictor) PredictFeatures(x []float32, n int, probs, features []float32) error {
	return errors.ErrUnsupported
}

// FeatureSize returns the number of features of one image.
func (p *Predictor) FeatureSize() int { return 0 }

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
	return nil, errors.ErrUnsupported
}

// GradientTo returns the output of the named layer for one image and the
// gradient of the class's score (the input of the softmax) with respect to it:
// what Grad-CAM is made of.
func (p *Predictor) GradientTo(layer string, x []float32, class int) (output, gradient Activation, err error) {
	return Activation{}, Activation{}, errors.ErrUnsupported
}

// Info describes the program.
func (p *Predictor) Info() Info { return Info{} }

// Close ends the worker threads. The predictor must not be used afterwards.
func (p *Predictor) Close() {}
