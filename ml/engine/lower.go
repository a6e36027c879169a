package engine

import (
	"fmt"
	"math"
	"slices"

	"atelier/ml/engine/kernel"
	"atelier/ml/engine/op"
	"atelier/ml/nn"
)

// purpose says what a network is lowered for, and with it what may be fused.
type purpose int

const (
	// forTraining fuses convolution, activation, 2×2 max pooling and dropout
	// into one operation, convolutions and batch normalisations that take turns,
	// dense and dropout.
	forTraining purpose = iota
	// forPrediction also folds batch normalisation into the convolution or
	// dense layer before it, and leaves dropout out.
	forPrediction
	// forInspection fuses nothing, so that every layer's output exists, and
	// leaves dropout out.
	forInspection
)

// stage is one operation of a program: one layer, or several fused ones.
type stage struct {
	layer   op.Layer
	params  []Tensor
	in, out nn.Shape
	last    int // index of the last of the network's layers that it computes
}

// trained reports whether the stage has a parameter to train.
func (s stage) trained() bool {
	return slices.ContainsFunc(s.params, func(t Tensor) bool { return t.Trainable })
}

// lowering walks through the layers that have something to compute.
type lowering struct {
	kernels *kernel.Kernels
	purpose purpose
	steps   []nn.Step
	weights map[string]Tensor
	at      int // the next step

	stages  []stage
	refresh []func() // recompute folded parameters after the weights changed
}

// lower turns net, whose parameters are w, into stages that end in the logits:
// the final softmax is left to the program.
func lower(k *kernel.Kernels, net nn.Network, w Weights, why purpose) (*lowering, error) {
	steps, err := net.Walk()
	if err != nil {
		return nil, err
	}
	l := &lowering{kernels: k, purpose: why, weights: make(map[string]Tensor, len(w))}
	for _, t := range w {
		l.weights[t.Name] = t
	}
	for _, s := range steps {
		if !l.idle(s.Layer) {
			l.steps = append(l.steps, s)
		}
	}
	for l.at < len(l.steps) {
		step := l.steps[l.at]
		l.at++
		if err := l.lower(step); err != nil {
			return nil, fmt.Errorf("layer %d (%s): %w", step.Index+1, step.Name, err)
		}
	}
	return l, nil
}

// idle reports whether a layer has nothing to compute: Flatten only changes the
// shape's name, and the final softmax belongs to the program.
func (l *lowering) idle(layer nn.Layer) bool {
	switch layer := layer.(type) {
	case nn.Flatten:
		return true
	case nn.Dropout:
		return layer.Rate == 0 || l.purpose != forTraining
	case nn.ActivationLayer:
		return layer.Function == nn.Linear || layer.Function == nn.Softmax
	}
	return false
}

func (l *lowering) lower(step nn.Step) error {
	k := l.kernels
	params := l.params(step)
	var (
		layer op.Layer
		err   error
	)
	switch v := step.Layer.(type) {
	case nn.Conv2D, nn.SeparableConv2D, nn.BatchNorm:
		layer, params, err = l.lowerChain(step, params)
	case nn.DepthwiseConv2D:
		params, v.Activation = l.takeNorm(step, params, 1, v.Activation)
		layer, err = op.NewDepthwise(k, v, step.In, l.takeActivation(v.Activation))
	case nn.Dense:
		params, v.Activation = l.takeNorm(step, params, 1, v.Activation)
		layer, err = op.NewDense(k, v, step.In.Size(), l.takeFused(step, withoutSoftmax(v.Activation), false))
	case nn.MaxPool:
		layer, err = op.NewMaxPool(k, v, step.In)
	case nn.AveragePool:
		layer, err = op.NewAveragePool(k, v, step.In)
	case nn.GlobalAveragePool:
		layer, err = op.NewGlobalAveragePool(k, step.In)
	case nn.Dropout:
		layer = op.NewDropout(v.Rate, uint64(step.Index))
	case nn.ActivationLayer:
		layer, err = op.NewActivation(v.Function)
	case nn.Residual:
		if l.purpose == forPrediction {
			params = l.foldResidual(v, step.In, params)
			layer, err = op.NewFoldedResidual(k, v, step.In)
		} else {
			layer, err = op.NewResidual(k, v, step.In)
		}
	default:
		err = fmt.Errorf("the engine does not know layers of the kind %q", step.Layer.Kind())
	}
	if err != nil {
		return err
	}
	end := l.steps[l.at-1]
	l.stages = append(l.stages, stage{layer: layer, params: params, in: step.In, out: end.Out, last: end.Index})
	return nil
}

// params returns the parameters of a step's layer.
func (l *lowering) params(step nn.Step) []Tensor {
	params := make([]Tensor, len(step.Params))
	for i, p := range step.Params {
		params[i] = l.weights[p.Name]
	}
	return params
}

// lowerChain lowers the convolution or batch normalisation of a step, whose
// parameters are given, and what follows as long as convolutions and
// normalisations take turns. It returns all their parameters.
func (l *lowering) lowerChain(step nn.Step, params []Tensor) (op.Layer, []Tensor, error) {
	var first *op.Norm
	var all []Tensor
	if norm, ok := step.Layer.(nn.BatchNorm); ok {
		act := l.takeActivation(nn.Linear)
		var next nn.Step
		chained := false
		if l.purpose == forPrediction || slices.ContainsFunc(l.stages, stage.trained) { // else there is no gradient of the input
			next, chained = l.takeConvolution()
		}
		if !chained {
			layer, err := op.NewBatchNorm(l.kernels, norm, step.In, act)
			return layer, params, err
		}
		first, all = &op.Norm{Layer: norm, Activation: act}, params
		step, params = next, l.params(next)
	}
	var parts []op.Part
	for more := true; more; {
		convolutions, folded, act, err := l.convolutions(step, params)
		if err != nil {
			return nil, nil, err
		}
		parts, all = append(parts, convolutions...), append(all, folded...)
		last := &parts[len(parts)-1]
		norm, stats, ok := l.takeTrainedNorm(step, act)
		if !ok {
			last.Fused = l.takeFused(step, act, true)
			break
		}
		last.Norm = &op.Norm{Layer: norm, Activation: l.takeActivation(nn.Linear)}
		all = append(all, stats...)
		if step, more = l.takeConvolution(); more {
			params = l.params(step)
		}
	}
	if conv, ok := parts[0].Layer.(nn.Conv2D); ok && len(parts) == 1 && first == nil && parts[0].Norm == nil {
		layer, err := op.NewConv(l.kernels, conv, parts[0].In, parts[0].Fused)
		return layer, all, err
	}
	layer, err := op.NewChain(l.kernels, first, parts)
	return layer, all, err
}

// convolutions returns what a step's convolution consists of, its parameters with
// what is folded into them at prediction, and its activation.
func (l *lowering) convolutions(step nn.Step, params []Tensor) ([]op.Part, []Tensor, nn.Activation, error) {
	switch v := step.Layer.(type) {
	case nn.Conv2D:
		params, act := l.takeNorm(step, params, 1, v.Activation)
		v.NoBias = len(params) == 1
		return []op.Part{{Layer: v, In: step.In}}, params, act, nil
	case nn.SeparableConv2D:
		params, act := l.takeNorm(step, params, 2, v.Activation)
		depthwise := nn.DepthwiseConv2D{Kernel: v.Kernel, Stride: v.Stride, Padding: v.Padding, NoBias: true}
		pointwise := nn.Conv2D{Filters: v.Filters, Kernel: 1, Stride: 1, Padding: nn.Valid, NoBias: len(params) == 2}
		middle, err := depthwise.Output(step.In)
		return []op.Part{{Layer: depthwise, In: step.In}, {Layer: pointwise, In: middle}}, params, act, err
	}
	return nil, nil, "", fmt.Errorf("%s is not a convolution", step.Layer.Kind())
}

// sharedChannels is the number of channels from which a convolution does a part of
// the work of the batch normalisation before it: image by image, fewer fill the
// processor's vectors badly.
const sharedChannels = 8

// takeConvolution consumes a convolution that shares the work of the batch
// normalisation before it.
func (l *lowering) takeConvolution() (nn.Step, bool) {
	next, ok := l.peek()
	if !ok || next.In.C < sharedChannels {
		return nn.Step{}, false
	}
	switch next.Layer.(type) {
	case nn.Conv2D, nn.SeparableConv2D:
		l.at++
		return next, true
	}
	return nn.Step{}, false
}

func withoutSoftmax(a nn.Activation) nn.Activation {
	if a == nn.Softmax {
		return nn.Linear
	}
	return a
}

// peek returns the next step, unless nothing may be fused.
func (l *lowering) peek() (nn.Step, bool) {
	if l.purpose == forInspection || l.at == len(l.steps) {
		return nn.Step{}, false
	}
	return l.steps[l.at], true
}

// takeActivation consumes an activation layer behind a layer that has none.
func (l *lowering) takeActivation(own nn.Activation) nn.Activation {
	if next, ok := l.peek(); ok && own == nn.Linear {
		if a, ok := next.Layer.(nn.ActivationLayer); ok {
			l.at++
			return a.Function
		}
	}
	return own
}

// takeFused consumes the activation, the 2×2 max pooling (when pool allows it)
// and the dropout behind a layer.
func (l *lowering) takeFused(step nn.Step, own nn.Activation, pool bool) op.Fused {
	f := op.Fused{Activation: l.takeActivation(own), Inference: l.purpose == forPrediction}
	if next, ok := l.peek(); ok && pool {
		p, isPool := next.Layer.(nn.MaxPool)
		even := step.Out.H%2 == 0 && step.Out.W%2 == 0
		if isPool && p.Size == 2 && p.Stride == 2 && (p.Padding == nn.Valid || even) {
			f.Pool = true
			l.at++
		}
	}
	if next, ok := l.peek(); ok {
		if d, ok := next.Layer.(nn.Dropout); ok {
			f.Dropout, f.ID = d.Rate, uint64(next.Index)
			l.at++
		}
	}
	return f
}

// takeNorm consumes, at prediction, a batch normalisation behind a layer
// without activation by folding it into the layer's kernel, params[kernels-1],
// and bias.
func (l *lowering) takeNorm(step nn.Step, params []Tensor, kernels int, own nn.Activation) ([]Tensor, nn.Activation) {
	if l.purpose != forPrediction {
		return params, own
	}
	norm, stats, ok := l.nextNorm(step, own)
	if !ok {
		return params, own
	}
	var bias []float32
	if len(params) > kernels {
		bias = params[kernels].Data
	}
	return append(slices.Clone(params[:kernels-1]), l.fold(params[kernels-1], bias, [4]Tensor(stats), norm.Epsilon)...), own
}

// takeTrainedNorm consumes, for training, a batch normalisation behind a layer
// without activation and returns its parameters.
func (l *lowering) takeTrainedNorm(step nn.Step, own nn.Activation) (norm nn.BatchNorm, params []Tensor, ok bool) {
	if l.purpose != forTraining {
		return norm, nil, false
	}
	return l.nextNorm(step, own)
}

// nextNorm consumes a batch normalisation directly behind a layer without
// activation.
func (l *lowering) nextNorm(step nn.Step, own nn.Activation) (norm nn.BatchNorm, params []Tensor, ok bool) {
	next, ok := l.peek()
	if !ok || own != nn.Linear || next.In != step.Out {
		return norm, nil, false
	}
	if norm, ok = next.Layer.(nn.BatchNorm); !ok {
		return norm, nil, false
	}
	l.at++
	return norm, l.params(next), true
}

// foldResidual folds the batch normalisations inside a residual block.
func (l *lowering) foldResidual(r nn.Residual, in nn.Shape, params []Tensor) []Tensor {
	var folded []Tensor
	parts := r.Parts(in)
	for i := 0; i < len(parts); i += 2 { // a convolution (one array) and its normalisation (four)
		stats := [4]Tensor(params[1:5])
		folded = append(folded, l.fold(params[0], nil, stats, parts[i+1].Layer.(nn.BatchNorm).Epsilon)...)
		params = params[5:]
	}
	return folded
}

// fold returns the kernel and bias that do what the given kernel and bias
// followed by a batch normalisation do:
//
//	scale = gamma/√(variance+epsilon), kernel·scale, (bias-mean)·scale+beta
//
// In every kernel that this is used for, the output channel of element i is i
// modulo the number of channels.
func (l *lowering) fold(kernel Tensor, bias []float32, stats [4]Tensor, epsilon float64) []Tensor {
	gamma, beta, mean, variance := stats[0].Data, stats[1].Data, stats[2].Data, stats[3].Data
	channels := len(gamma)
	w := Tensor{Name: kernel.Name, Shape: kernel.Shape, Data: aligned(len(kernel.Data))}
	b := Tensor{Name: kernel.Name + "+bias", Shape: []int{channels}, Data: aligned(channels)}
	refresh := func() {
		scale := make([]float64, channels)
		for c := range scale {
			scale[c] = float64(gamma[c]) / math.Sqrt(float64(variance[c])+epsilon)
			shift := -float64(mean[c])
			if bias != nil {
				shift += float64(bias[c])
			}
			b.Data[c] = float32(shift*scale[c] + float64(beta[c]))
		}
		for i, v := range kernel.Data {
			w.Data[i] = float32(float64(v) * scale[i%channels])
		}
	}
	refresh()
	l.refresh = append(l.refresh, refresh)
	return []Tensor{w, b}
}
