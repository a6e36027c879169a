package engine

import (
	"fmt"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"atelier/ml/engine/kernel"
	"atelier/ml/engine/op"
	"atelier/ml/nn"
)

// building is held while a graph is built: Gorgonia's constructors share state.
var building sync.Mutex

// program is a compiled graph with its buffers and worker threads.
type program struct {
	net     nn.Network
	classes int
	options Options
	run     *op.Run
	weights Weights // the program's own copy
	refresh []func()
	memory  int64

	// capacity is the number of images that there is room for: options.MaxBatch,
	// fewer at prediction.
	capacity int

	stages  []stage
	outputs []*gorgonia.Node // of each stage
	machine gorgonia.VM

	x        []float32      // input, capacity·H·W·C
	features []float32      // prediction: input of the head, kept until the end
	probs    *tensor.Dense  // (capacity, classes)
	targets  []float32      // training: capacity·classes; inspection: weights of the score
	loss     *op.Loss       // training
	learned  gorgonia.Nodes // training: the trained parameters
}

// newProgram checks everything that can be wrong and builds the program. slots
// is how many further arrays of the weights' size are needed.
func newProgram(net nn.Network, w Weights, o Options, why purpose, slots int) (_ *program, err error) {
	o, err = o.resolve()
	if err != nil {
		return nil, err
	}
	classes, err := net.Classes()
	if err != nil {
		return nil, err
	}
	need, err := net.Params()
	if err != nil {
		return nil, err
	}
	p := &program{net: net.Clone(), classes: classes, options: o}
	counts, err := net.Counts()
	if err != nil {
		return nil, err
	}
	weightMemory := int64(1+slots) * 4 * int64(counts.Total)
	if err := needMemory(weightMemory, o.MaxBatch); err != nil {
		return nil, err
	}
	if p.weights, err = copyWeights(need, w); err != nil {
		return nil, err
	}
	start := kernel.New
	if o.Background {
		start = kernel.NewBackground
	}
	kernels, err := start(o.Kernel, o.Threads)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			kernels.Close()
		}
	}()
	p.run = &op.Run{Kernels: kernels, Seed: o.Seed, Training: why == forTraining, Weights: 1}
	l, err := lower(kernels, net, p.weights, why)
	if err != nil {
		return nil, err
	}
	p.stages, p.refresh = l.stages, l.refresh
	p.capacity = o.MaxBatch
	if why == forPrediction {
		p.capacity = min(p.capacity, cached(p.stages, kernels.Threads()))
	}

	parts, plan := p.plan(why)
	p.memory = 4*int64(plan.plan()) + weightMemory + kernels.Scratch(p.capacity, why != forPrediction)
	if err := needMemory(p.memory, o.MaxBatch); err != nil {
		return nil, err
	}
	plan.build()
	building.Lock()
	defer building.Unlock()
	return p, p.build(parts, why)
}

// cached is how many images to predict at a time, so that what one stage writes
// and the next one reads stays in the caches of so many threads' cores: whole
// batches of a residual network would pass through memory and take a sixth
// longer. Large weights ask for more images, as they pass by once for all.
func cached(stages []stage, threads int) int {
	const floats, least = 192 << 10, 8 // a core: three quarters of a megabyte
	largest, weights := 1, 0
	for _, s := range stages {
		largest = max(largest, s.in.Size()+s.out.Size())
		for _, p := range s.params {
			weights += len(p.Data)
		}
	}
	return max(threads*max(floats/largest, least), weights/largest)
}

// copyWeights returns w in memory of the program's own.
func copyWeights(need []nn.ParamSpec, w Weights) (Weights, error) {
	own := make(Weights, len(need))
	for i, s := range need {
		own[i] = Tensor{Name: s.Name, Shape: slices.Clone(s.Shape), Data: aligned(s.Size()), Trainable: s.Trainable}
	}
	return own, own.CopyFrom(w)
}

// needMemory refuses to start on what would drive the machine into swapping.
func needMemory(bytes int64, batch int) error {
	if free := AvailableMemory(); bytes > free {
		return fmt.Errorf("the network needs %s of memory for batches of %d images and %s are free: choose a smaller batch or a smaller network",
			gigabytes(bytes), batch, gigabytes(free))
	}
	return nil
}

func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// buffers are the memory of one stage's results.
type buffers struct{ y, dx []float32 }

// plan lays out the program's memory. The order of execution is known, because
// each operation needs the one before it: moment 0 fills the input, 1 … L are
// the stages forward, L+1 is the loss, and L+2 … 2L+1 are the stages backward.
func (p *program) plan(why purpose) ([]buffers, *arena) {
	count := len(p.stages)
	forward := func(i int) int { return i + 1 }
	end := count + 1 // the loss, or the softmax
	backward := func(i int) int { return 2*count + 1 - i }
	last := 2*count + 1
	batch := p.capacity

	a := &arena{}
	add := func(size, from, to int, assign func([]float32)) {
		if why == forInspection {
			from, to = 0, last // everything is looked at afterwards
		}
		a.add(size*batch, from, to, func(f []float32) { assign(f[:size*batch]) })
	}

	parts := make([]buffers, count)
	lastUse := func(i int) int { // of the output of stage i; -1 is the input
		use := end
		if i+1 == p.head() {
			return last
		}
		if i+1 < count {
			use = forward(i + 1)
		}
		if why == forPrediction {
			return use
		}
		if i >= 0 {
			if _, y := p.stages[i].layer.Uses(); y {
				use = max(use, backward(i))
			}
		}
		if i+1 < count {
			if x, _ := p.stages[i+1].layer.Uses(); x {
				use = max(use, backward(i+1))
			}
		}
		return use
	}
	keep := func(i int, f []float32) { // notes the buffer of the output of stage i
		if i+1 == p.head() {
			p.features = f
		}
	}
	add(p.net.Input.Size(), 0, lastUse(-1), func(f []float32) { p.x = f; keep(-1, f) })
	trained := false
	for i, s := range p.stages {
		add(s.out.Size(), forward(i), lastUse(i), func(f []float32) { parts[i].y = f; keep(i, f) })
		for _, b := range s.layer.Buffers() {
			from, to := forward(i), backward(i)
			switch {
			case why == forPrediction || b.Life == op.ForwardScratch:
				to = from
			case b.Life == op.BackwardScratch:
				from = to
			}
			if why == forPrediction && b.Life == op.BackwardScratch {
				continue
			}
			size := b.Size
			a.add(size*batch, from, to, b.Assign)
		}
		if why != forPrediction && trained {
			add(s.in.Size(), backward(i), backward(i-1), func(f []float32) { parts[i].dx = f })
		}
		trained = trained || s.trained()
	}
	add(p.classes, end, last, func(f []float32) { p.probs = p.dense(f, p.classes) })
	if why != forPrediction {
		add(p.classes, 0, end, func(f []float32) { p.targets = f })
	}
	if why == forTraining {
		p.loss = &op.Loss{Run: p.run, Classes: p.classes}
		add(p.classes, end, backward(count-1), func(f []float32) { p.loss.DLogits = p.dense(f, p.classes) })
	}
	return parts, a
}

// head returns the index of the last stage with parameters, whose input are the
// features of an image.
func (p *program) head() int {
	for i := len(p.stages) - 1; i > 0; i-- {
		if len(p.stages[i].params) > 0 {
			return i
		}
	}
	return 0
}

// dense wraps a buffer into a tensor of shape (capacity, dims…).
func (p *program) dense(f []float32, dims ...int) *tensor.Dense {
	shape := append([]int{p.capacity}, dims...)
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(f))
}

// build makes the graph, differentiates it and compiles it.
func (p *program) build(parts []buffers, why purpose) error {
	g := gorgonia.NewGraph()
	input := func(name string, t *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, t.Dims(),
			gorgonia.WithShape(t.Shape()...), gorgonia.WithName(name), gorgonia.WithValue(t))
	}
	x := input("input", p.dense(p.x, p.net.Input.Dims()...))
	for i, s := range p.stages {
		st := &op.Stage{Layer: s.layer, Run: p.run, In: s.in.Size(), Out: s.out.Size(), Y: p.dense(parts[i].y, s.out.Dims()...)}
		if parts[i].dx != nil {
			st.DX = p.dense(parts[i].dx, x.Shape()[1:]...)
		}
		params := make([]*gorgonia.Node, len(s.params))
		st.Grads = make([]*tensor.Dense, len(s.params))
		for j, t := range s.params {
			params[j] = input(t.Name, tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(t.Data)))
			if t.Trainable && why != forPrediction {
				st.Grads[j] = tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(aligned(len(t.Data))))
				p.learned = append(p.learned, params[j])
			}
		}
		var err error
		if x, err = st.Apply(x, params); err != nil {
			return err
		}
		p.outputs = append(p.outputs, x)
	}

	var cost *gorgonia.Node
	var err error
	switch why {
	case forTraining:
		p.loss.Probs = p.probs
		cost, err = p.loss.Apply(x, input("targets", p.dense(p.targets, p.classes)))
	case forInspection:
		score := &op.Score{Run: p.run, Classes: p.classes}
		cost, err = score.Apply(x, input("weights", p.dense(p.targets, p.classes)))
	}
	if err != nil {
		return err
	}
	if cost != nil {
		if _, err = gorgonia.Grad(cost, p.learned...); err != nil {
			return err
		}
	}
	if why != forTraining {
		softmax := &op.Stage{Layer: op.NewSoftmax(nn.Vector(p.classes)), Run: p.run, In: p.classes, Out: p.classes, Y: p.probs}
		if _, err = softmax.Apply(x, nil); err != nil {
			return err
		}
	}
	p.machine = gorgonia.NewTapeMachine(g)
	return nil
}

// execute runs the program on the n images in p.x.
func (p *program) execute(n int) error {
	p.run.N = n
	defer p.machine.Reset() // a machine that is not reset does nothing the next time
	return p.machine.RunAll()
}

// load copies n images into the program's input.
func (p *program) load(x []float32, n int) error {
	size := p.net.Input.Size()
	if n < 1 || n > p.capacity {
		return fmt.Errorf("a batch of %d images: this program takes 1 to %d", n, p.capacity)
	}
	if len(x) < n*size {
		return fmt.Errorf("%d numbers are too few for %d images of %s", len(x), n, p.net.Input)
	}
	copy(p.x, x[:n*size])
	return nil
}

func (p *program) info() Info {
	return Info{Kernel: p.run.Kernels.Name(), Threads: p.run.Kernels.Threads(), MaxBatch: p.options.MaxBatch, Memory: p.memory}
}

func (p *program) close() {
	p.machine.Close()
	p.run.Kernels.Close()
}
