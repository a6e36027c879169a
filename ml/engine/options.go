package engine

import (
	"fmt"

	"atelier/ml/engine/kernel"
)

// KernelVariable is the environment variable that chooses the kernels when
// Options.Kernel is empty.
const KernelVariable = kernel.EnvName

// DefaultMaxBatch is the capacity of a program when Options.MaxBatch is zero.
const DefaultMaxBatch = 256

// Options say how a program runs; they never change what it computes.
type Options struct {
	MaxBatch int    // largest number of images in one step; 0 means DefaultMaxBatch
	Threads  int    // worker threads; 0 means one for each core
	Kernel   string // "portable", "avx2", "avx512" or "neon"; "" means $ATELIER_KERNEL, else the best this machine has
	Seed     uint64 // seed of dropout

	// Background lets threads of low priority do the work, so that a window
	// beside it never waits for them (see kernel.NewBackground).
	Background bool
}

// resolve fills in the capacity; package kernel knows about the rest.
func (o Options) resolve() (Options, error) {
	if o.MaxBatch < 0 {
		return o, fmt.Errorf("a batch of %d images makes no sense: choose 1 or more", o.MaxBatch)
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = DefaultMaxBatch
	}
	return o, nil
}
