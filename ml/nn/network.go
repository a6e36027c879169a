package nn

import (
	"fmt"
	"slices"
)

// Network is an ordered list of layers and the shape of the images it takes.
type Network struct {
	Name   string `json:"name"`
	Input  Shape  `json:"input"`
	Layers Layers `json:"layers"`
}

// Step is one layer of a checked network with everything that follows from its
// place in it.
type Step struct {
	Index   int
	Name    string // unique, as Keras numbers layers: conv2d, conv2d_1, …
	Layer   Layer  // with its defaults written out
	In, Out Shape
	Params  []ParamSpec // with full names: "conv2d_1/kernel"
}

// LayerError says in words what is wrong with one layer of a network. Index
// counts from 0; it is -1 when the input is wrong or there is no layer at all.
type LayerError struct {
	Index  int
	Name   string // the layer's unique name, empty for Index -1
	Reason string
}

// Error returns the reason with the layer's position, counted from 1.
func (e *LayerError) Error() string {
	if e.Index < 0 {
		return e.Reason
	}
	return fmt.Sprintf("layer %d (%s): %s", e.Index+1, e.Name, e.Reason)
}

// Walk passes a shape through the network and returns its steps. When a layer
// does not fit, it returns the steps before that layer and a *LayerError.
func (n Network) Walk() ([]Step, error) {
	if err := n.Input.check(); err != nil {
		return nil, &LayerError{Index: -1, Reason: "input: " + err.Error()}
	}
	switch {
	case len(n.Layers) == 0:
		return nil, &LayerError{Index: -1, Reason: "the network has no layers: add at least one"}
	case len(n.Layers) > maxLayers:
		return nil, &LayerError{Index: maxLayers, Name: "too many", Reason: fmt.Sprintf("a network has at most %s", counted(maxLayers, "layer"))}
	}

	steps := make([]Step, 0, len(n.Layers))
	seen := map[string]int{}
	shape, total := n.Input, 0
	for i, layer := range n.Layers {
		if layer == nil {
			return steps, &LayerError{Index: i, Name: "empty", Reason: "there is no layer here: remove the entry"}
		}
		step := Step{Index: i, Name: layer.Kind(), Layer: layer.WithDefaults(), In: shape}
		if times := seen[step.Name]; times > 0 {
			step.Name = fmt.Sprintf("%s_%d", layer.Kind(), times)
		}
		seen[layer.Kind()]++
		fail := func(reason string) ([]Step, error) {
			return steps, &LayerError{Index: i, Name: step.Name, Reason: reason}
		}

		out, err := step.Layer.Output(shape)
		if err != nil {
			return fail(err.Error())
		}
		if err := out.check(); err != nil {
			return fail("its output of " + err.Error())
		}
		if activationOf(step.Layer) == Softmax {
			if !out.IsVector() {
				return fail("softmax turns a vector into probabilities, but this layer makes " + out.describe() + ": put softmax on the last Dense layer")
			}
			if i < len(n.Layers)-1 {
				return fail("softmax makes the final probabilities and belongs on the last layer: choose another activation here")
			}
		}
		step.Out = out
		step.Params = step.Layer.Params(shape)
		for j := range step.Params {
			total += step.Params[j].Size()
			step.Params[j].Name = step.Name + "/" + step.Params[j].Name
		}
		if total > maxParameters {
			return fail(fmt.Sprintf("the network would have %s parameters up to here, more than the %s that are possible: make the maps or the layer smaller", Thousands(int64(total)), Thousands(maxParameters)))
		}
		steps = append(steps, step)
		shape = out
	}
	return steps, nil
}

// Output returns the shape of what the network answers for one image.
func (n Network) Output() (Shape, error) {
	steps, err := n.Walk()
	if err != nil {
		return Shape{}, err
	}
	return steps[len(steps)-1].Out, nil
}

// Classes returns how many classes the network tells apart. The error is a
// *LayerError when it is not a classifier, that is, does not end in a softmax
// over at least two classes.
func (n Network) Classes() (int, error) {
	steps, err := n.Walk()
	if err != nil {
		return 0, err
	}
	last := steps[len(steps)-1]
	if activationOf(last.Layer) != Softmax {
		return 0, &LayerError{Index: last.Index, Name: last.Name, Reason: "the last layer must give probabilities: end the network with a Dense layer with softmax, one unit a class"}
	}
	if last.Out.C < 2 {
		return 0, &LayerError{Index: last.Index, Name: last.Name, Reason: "a choice needs at least 2 classes: give the last layer one unit a class"}
	}
	return last.Out.C, nil
}

// Params lists every array of the network in order, with full names.
func (n Network) Params() ([]ParamSpec, error) {
	steps, err := n.Walk()
	if err != nil {
		return nil, err
	}
	var params []ParamSpec
	for _, step := range steps {
		params = append(params, step.Params...)
	}
	return params, nil
}

// Counts is the number of a network's parameters. Trainable and Frozen add up
// to Total; Frozen are moving averages.
type Counts struct{ Total, Trainable, Frozen int }

// Counts counts the network's parameters.
func (n Network) Counts() (Counts, error) {
	params, err := n.Params()
	return count(params), err
}

func count(params []ParamSpec) Counts {
	var c Counts
	for _, p := range params {
		c.Total += p.Size()
		if p.Trainable {
			c.Trainable += p.Size()
		}
	}
	c.Frozen = c.Total - c.Trainable
	return c
}

// FLOPs estimates the floating-point operations of one image's forward pass. A
// training step takes about three times as many.
func (n Network) FLOPs() (int64, error) {
	steps, err := n.Walk()
	var flops int64
	for _, step := range steps {
		flops += step.Layer.FLOPs(step.In)
	}
	return flops, err
}

// Memory estimates the bytes that training takes with batches of the given
// size: weights, gradients and two optimiser slots, and every map of a batch
// with its gradient, all in 32-bit numbers.
func (n Network) Memory(batch int) (int64, error) {
	steps, err := n.Walk()
	numbers := int64(n.Input.Size()) * int64(batch)
	for _, step := range steps {
		maps := int64(step.Out.Size())
		if r, ok := step.Layer.(Residual); ok {
			for _, part := range r.Parts(step.In) {
				maps += int64(part.Out.Size())
			}
		}
		numbers += 2*maps*int64(batch) + 4*int64(count(step.Params).Total)
	}
	return 4 * numbers, err
}

// Clone returns a copy that shares nothing with n.
func (n Network) Clone() Network {
	n.Layers = slices.Clone(n.Layers)
	return n
}

// Equal reports whether both networks compute the same: the name does not
// count, and a default counts the same whether written out or not.
func (n Network) Equal(m Network) bool {
	return n.Input == m.Input && slices.EqualFunc(n.Layers, m.Layers, func(a, b Layer) bool {
		if a == nil || b == nil {
			return a == b
		}
		return a.WithDefaults() == b.WithDefaults()
	})
}

// activationOf returns the function that ends a layer.
func activationOf(layer Layer) Activation {
	switch l := layer.(type) {
	case Conv2D:
		return l.Activation.orLinear()
	case DepthwiseConv2D:
		return l.Activation.orLinear()
	case SeparableConv2D:
		return l.Activation.orLinear()
	case Dense:
		return l.Activation.orLinear()
	case ActivationLayer:
		return l.Function
	case Residual:
		return ReLU
	}
	return Linear
}
