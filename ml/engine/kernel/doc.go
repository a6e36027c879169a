// Package kernel is the arithmetic under the network's operations: batches of
// images in []float32 slices, channels last (NHWC; convolution weights HWIO,
// dense weights in×out), with the parallelism inside.
//
//	k, err := kernel.New("", 0)            // the best of this machine, all cores
//	conv, err := k.NewConv(kernel.ConvShape{…})
//	conv.Forward(n, x, w, b, y, arg, drop) // any n; allocates nothing after the first call
//
// # Two implementations
//
// The interface arithmetic is the work on one chunk of a batch. It has a
// portable implementation in Go, which is the oracle for the other and runs
// where C cannot, and a vector one for AVX-512, AVX2 with FMA, and NEON.
//
// The vector one is C, not Go assembly, because one body (vector_body.h, in
// the vector extensions of GCC and Clang) serves three instruction sets, with
// the compiler allocating registers for each of the strip widths below; the
// window toolkit needs a C compiler anyway, and a call into C (some 40 ns) does
// a whole chunk of images. Each of vector_avx512.c, vector_avx2.c and
// vector_neon.c sets a target and includes the body; vector_amd64.go asks the
// processor what it can run. With CGO_ENABLED=0 only the portable kernels exist.
//
// # The same bits for any number of threads
//
// An operation is cut into chunks whose size depends on the batch alone.
// Workers take them as they come; every chunk writes to its own place, and
// what must be summed over chunks (gradients of weights, moments) is summed in
// the order of the chunks afterwards. Dropout is a hash of the element's index.
// Different kernels agree only within rounding.
//
// # How the products are computed
//
// All products end in two loops. strip holds 14 pixels × 32 channels (AVX-512;
// 6 × 16 with AVX2, 12 × 8 with NEON) of an output in registers and walks over
// a window's rows, each one run of kernel·C floats in a zero-padded copy of the
// image: a convolution without columns in memory, or with one row a matrix
// product. outer does the same for gradients of weights. Per step of 14×32
// they load two vectors of weights and 14 broadcasts for 28 multiply-adds, so
// that the multipliers, not the loads, are the limit. Strips are cut evenly:
// 28 pixels are 14 + 14, 20 are 10 + 10. Where a panel is one vector wide, AVX2 takes
// 12 pixels instead of 6, as six sums would wait for one another. Bias and ReLU are
// done in the same registers.
//
// Odd windows from 3×3 to 7×7 with stride 1 and at least 8 channels go through
// Winograd's minimal filtering, forward and for both gradients:
//
//	window  tiles                      products  rounding errors
//	3×3     F(4×4, 3×3)                1/4       twice the definition's
//	3×3     F(2×2, 3×3), small maps    4/9       the definition's
//	5×5     F(4×4, 5×5)                1/6       six times the definition's
//	7×7     F(2×2, 7×7)                1/3       four times the definition's
//
// The gradient of the input for a larger stride is one convolution for each
// residue of the position; for fewer than 8 input channels it is computed as
// columns that are added up.
//
// Between two strips a convolution asks for a few cache lines of the images that
// come next, so that memory delivers while the processor multiplies.
//
// # What bounds each operation (roofline)
//
// On two Zen 4 cores: some 196 GFLOP/s against some 30 GB/s from memory, so
// that an operation needs about 6.5 operations a byte to be bound by
// arithmetic (atelier-cli bench --sgemm measures both). Training the network of
// the article, a batch of 256, an image:
//
//	layer             MFLOP forward  backward   KB moved f + b   FLOP/byte   bound by
//	BatchNorm 28×28×1      0.005       0.01        9 +  16           0.6      memory
//	Conv 1→32, ReLU,       0.45        0.9        34 +  41            18      arithmetic
//	  pool, dropout
//	BatchNorm 14×14×32     0.04        0.06       75 + 125           0.5      memory
//	Conv 32→32, ReLU,      3.61        7.23       33 +  58           119      arithmetic
//	  pool, dropout
//	Dense 1568→128         0.40        0.80       10 +  17            44      arithmetic
//	Dense 128→10           0.003       0.005       1 +   2             3      neither: calls
//	SGD, 211,756 weights   –           0.002       – +  10           0.2      memory
//
// and the layers of deeper networks:
//
//	Residual 28×28×16      7.2        14.5       350 + 650            22      arithmetic
//	Residual 7×7×64        7.2        14.5        90 + 160            87      arithmetic
//	Depthwise 28×28×32     0.45        0.9       200 + 400           2.3      memory
//	Pointwise 32→64,       3.2         6.4       300 + 600            11      arithmetic
//	  BatchNorm, ReLU
//
// Depthwise-separable networks reach 57 to 64 % of the ceiling of arithmetic. A
// depthwise convolution of 3×3 with stride 1 loads each number once a row and keeps
// three sums in registers; as it passes over a row once for each vector of
// channels, in steps that the processor does not foresee, it asks for the rows four
// further on. At prediction, package engine works on so few images at a time that
// maps stay in the caches.
//
// (Winograd brings the 10.84 MFLOP of the second convolution down to 3.54 and
// adds about a third of that in transforms.) The fusions follow from the table:
// bias, activation, pool and dropout happen while a strip's sums are in
// registers or the first-level cache; only the pooled map and one byte an
// element, the winner of each window or "no gradient", are written, and the
// backward pass reads that byte instead of y. Unfused, the first convolution
// alone would move 100 KB an image more in each direction. Batch normalisation
// reads its input twice, the second time from the second-level cache. Behind a
// convolution, or between two, it costs less still: the convolutions gather its
// sums and apply it on the way (ConvShape.Before and Behind, DepthwiseShape.Before),
// so that a residual block moves its maps about half as often.
package kernel
