package kernel

// Activation names the function that an operation applies to its result.
// Every one has a derivative that follows from its output alone.
type Activation uint8

// The activations that can be fused into an operation.
const (
	Linear Activation = iota
	ReLU
	LeakyReLU // max(x, LeakySlope·x), Keras's default slope
	Tanh
	Sigmoid
)

// LeakySlope is the slope of LeakyReLU below zero (Keras's default).
const LeakySlope = 0.3

// Dropout names one inverted dropout mask: element i of a batch is dropped
// when a hash of (Seed, Step, Layer, i) falls below Rate, and scaled by
// 1/(1-Rate) otherwise. The zero value drops nothing.
type Dropout struct {
	Rate  float64
	Seed  uint64
	Step  uint64
	Layer uint64
}

// Kernels is a set of operations on []float32 with a fixed pool of workers.
type Kernels struct{}

// New returns the named kernels with the given number of threads.
func New(name string, threads int) (*Kernels, error) { panic("soon") }

// Supported lists the names that New accepts on this machine, best first.
func Supported() []string { panic("soon") }

func (k *Kernels) Name() string { panic("soon") }
func (k *Kernels) Threads() int { panic("soon") }

// Close ends the workers.
func (k *Kernels) Close() { panic("soon") }

// ConvShape describes a two-dimensional convolution.
type ConvShape struct {
	H, W, C    int // input map
	Filters    int // output channels
	Kernel     int // side of the square window
	Stride     int
	Same       bool // Keras's "same" padding; otherwise "valid"
	Activation Activation
	Pool       bool // a 2×2 max pool with stride 2 (valid) follows the activation, fused
}

// Conv is a planned convolution. Any number of images n ≥ 1 a call.
type Conv struct{}

func (k *Kernels) NewConv(s ConvShape) (*Conv, error) { panic("soon") }

// Output returns the shape of y: after the pool if there is one.
func (c *Conv) Output() (h, w, ch int) { panic("soon") }

// Forward computes y = dropout(pool(act(x * w + b))). x is (n, H, W, C), w is
// HWIO, b (Filters) or nil, y (n, output), arg (n·output bytes) receives the
// winner of each pool window (nil without Pool; may be nil at prediction).
func (c *Conv) Forward(n int, x, w, b, y []float32, arg []uint8, drop Dropout) { panic("soon") }

// Backward computes the gradients from dy (shape of y). It overwrites dx
// (nil skips it), dw and db (nil skips it). y and arg are Forward's.
func (c *Conv) Backward(n int, x, w, y []float32, arg []uint8, dy, dx, dw, db []float32, drop Dropout) {
	panic("soon")
}

// DepthwiseShape describes a depthwise convolution (multiplier 1).
type DepthwiseShape struct {
	H, W, C        int
	Kernel, Stride int
	Same           bool
	Activation     Activation
}

// Depthwise is a planned depthwise convolution. w is (Kernel, Kernel, C).
type Depthwise struct{}

func (k *Kernels) NewDepthwise(s DepthwiseShape) (*Depthwise, error)   { panic("soon") }
func (d *Depthwise) Output() (h, w, ch int)                            { panic("soon") }
func (d *Depthwise) Forward(n int, x, w, b, y []float32)               { panic("soon") }
func (d *Depthwise) Backward(n int, x, w, y, dy, dx, dw, db []float32) { panic("soon") }

// DenseShape describes a fully connected layer.
type DenseShape struct {
	In, Out    int
	Activation Activation
}

// Dense is a planned fully connected layer. w is (In, Out).
type Dense struct{}

func (k *Kernels) NewDense(s DenseShape) (*Dense, error) { panic("soon") }

func (d *Dense) Forward(n int, x, w, b, y []float32, drop Dropout) { panic("soon") }

func (d *Dense) Backward(n int, x, w, y, dy, dx, dw, db []float32, drop Dropout) { panic("soon") }

// BatchNormShape describes a batch normalisation over (n, Pixels, C).
type BatchNormShape struct {
	Pixels, C         int // Pixels is H·W, 1 for a vector
	Momentum, Epsilon float64
	Activation        Activation // fused after the normalisation
}

// BatchNorm is a planned batch normalisation.
type BatchNorm struct{}

func (k *Kernels) NewBatchNorm(s BatchNormShape) (*BatchNorm, error) { panic("soon") }

// Forward normalises with the batch's statistics, keeps them for Backward and
// updates the moving averages: moving = moving·Momentum + batch·(1-Momentum).
func (b *BatchNorm) Forward(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	panic("soon")
}

// Infer normalises with the moving averages.
func (b *BatchNorm) Infer(n int, x, gamma, beta, movingMean, movingVariance, y []float32) {
	panic("soon")
}

// Backward computes the gradients; dx may be nil. y is needed only with an activation.
func (b *BatchNorm) Backward(n int, x, y, gamma, dy, dx, dgamma, dbeta []float32) { panic("soon") }

// PoolShape describes a pooling window.
type PoolShape struct {
	H, W, C      int
	Size, Stride int
	Same         bool
}

// MaxPool is a planned max pooling. arg holds a window index a byte: Size ≤ 16.
type MaxPool struct{}

func (k *Kernels) NewMaxPool(s PoolShape) (*MaxPool, error)      { panic("soon") }
func (p *MaxPool) Output() (h, w, ch int)                        { panic("soon") }
func (p *MaxPool) Forward(n int, x, y []float32, arg []uint8)    { panic("soon") }
func (p *MaxPool) Backward(n int, arg []uint8, dy, dx []float32) { panic("soon") }

// AveragePool is a planned average pooling (valid cells only, as Keras). A
// window as large as the map is global average pooling.
type AveragePool struct{}

func (k *Kernels) NewAveragePool(s PoolShape) (*AveragePool, error) { panic("soon") }
func (p *AveragePool) Output() (h, w, ch int)                       { panic("soon") }
func (p *AveragePool) Forward(n int, x, y []float32)                { panic("soon") }
func (p *AveragePool) Backward(n int, dy, dx []float32)             { panic("soon") }

// GlobalAveragePool averages over the pixels: x (n, pixels, c) to y (n, c).
func (k *Kernels) GlobalAveragePool(n, pixels, c int, x, y []float32)       { panic("soon") }
func (k *Kernels) GlobalAveragePoolGrad(n, pixels, c int, dy, dx []float32) { panic("soon") }

// Activate sets y = act(x); y may be x.
func (k *Kernels) Activate(act Activation, x, y []float32) { panic("soon") }

// ActivateGrad sets dx = dy · act'(y); dx may be dy.
func (k *Kernels) ActivateGrad(act Activation, y, dy, dx []float32) { panic("soon") }

// Add sets y = act(a + b); y may be a or b. Its gradient for both is ActivateGrad.
func (k *Kernels) Add(act Activation, a, b, y []float32) { panic("soon") }

// Dropout sets y = x·mask; y may be x. Its gradient is the same call on dy.
func (k *Kernels) Dropout(d Dropout, x, y []float32) { panic("soon") }

// SoftmaxCrossEntropy computes, for logits and targets of (n, classes), probs
// = softmax(logits), the mean loss -Σ t·log p, how many rows have the same
// argmax in probs and targets, and, unless dlogits is nil, the gradient
// (probs·Σt - targets)/n of the mean loss.
func (k *Kernels) SoftmaxCrossEntropy(n, classes int, logits, targets, probs, dlogits []float32) (loss float64, correct int) {
	panic("soon")
}

// Softmax sets y = softmax of each row of x; y may be x.
func (k *Kernels) Softmax(n, classes int, x, y []float32) { panic("soon") }

// SGD: Keras's formulas. Without momentum w -= lr·g and velocity may be nil;
// with it v = m·v - lr·g, and w += v, or with Nesterov w += m·v - lr·g.
// WeightDecay is an L2 penalty, g += WeightDecay·w (PyTorch's definition).
type SGD struct {
	LearningRate, Momentum, WeightDecay float64
	Nesterov                            bool
}

func (k *Kernels) SGD(p SGD, w, g, velocity []float32) { panic("soon") }

// RMSProp: s = rho·s + (1-rho)·g²; d = lr·g/sqrt(s+eps) (Keras); with momentum v = m·v + d, w -= v.
type RMSProp struct {
	LearningRate, Rho, Momentum, Epsilon, WeightDecay float64
}

func (k *Kernels) RMSProp(p RMSProp, w, g, square, velocity []float32) { panic("soon") }

// Adam: Keras's formula, w -= lr·sqrt(1-β2^t)/(1-β1^t) · m/(sqrt(v)+eps).
// Step is t, from 1. WeightDecay is an L2 penalty, or with Decoupled (AdamW)
// w -= lr·WeightDecay·w before the update.
type Adam struct {
	LearningRate, Beta1, Beta2, Epsilon, WeightDecay float64
	Decoupled                                        bool
	Step                                             uint64
}

func (k *Kernels) Adam(p Adam, w, g, m, v []float32) { panic("soon") }

// Gather sets row i of dst (len(indices), pixels) to images[indices[i]]/255.
func (k *Kernels) Gather(dst []float32, images []byte, pixels int, indices []int) { panic("soon") }

// Sgemm sets c (m, n) = a (m, k) · b (k, n), row-major.
func (k *Kernels) Sgemm(m, n, kk int, a, b, c []float32) { panic("soon") }
