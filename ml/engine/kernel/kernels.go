package kernel

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// EnvName is the environment variable that chooses the kernels when New is
// given no name.
const EnvName = "ATELIER_KERNEL"

// Kernels is a set of operations on []float32 with a fixed pool of workers.
// It may be shared by goroutines: operations then wait for each other.
type Kernels struct {
	arith   arithmetic
	workers *workers
	jobs    flatJobs

	forward, backward scratch // of the plans
}

// New returns the named kernels with the given number of threads. An empty
// name means $ATELIER_KERNEL, or the best that this CPU can run; zero threads
// mean one for each CPU.
func New(name string, threads int) (*Kernels, error) { return start(name, threads, false) }

// NewBackground is New for work beside a window: the work is done by threads
// of lower priority than the program's others (on Linux; elsewhere by threads
// like the others), so that those never wait for it. On a machine with nothing
// else to do it is as fast.
func NewBackground(name string, threads int) (*Kernels, error) { return start(name, threads, true) }

// cpus is how many threads can compute at a time: what Go found at its start, by
// the machine and the limits set to it. A program may raise GOMAXPROCS later.
var cpus = runtime.GOMAXPROCS(0)

func start(name string, threads int, background bool) (*Kernels, error) {
	if name == "" {
		name = os.Getenv(EnvName)
	}
	if threads < 0 {
		return nil, fmt.Errorf("%d threads: give a number from 1, or 0 for one thread a CPU", threads)
	}
	if threads == 0 {
		threads = cpus
	}
	all := implementations()
	i := 0
	if name != "" {
		i = slices.IndexFunc(all, func(a arithmetic) bool { return a.name() == name })
	}
	if i < 0 {
		return nil, fmt.Errorf("no kernel %q on this machine: choose one of %s", name, strings.Join(Supported(), ", "))
	}
	k := &Kernels{arith: all[i], workers: newWorkers(threads, background)}
	return k, nil
}

// Supported lists the names that New accepts on this machine, best first.
func Supported() []string {
	var names []string
	for _, a := range implementations() {
		names = append(names, a.name())
	}
	return names
}

// implementations returns what this machine can run, best first.
func implementations() []arithmetic {
	return append(vectorImplementations(), portable{})
}

// Name is the name of the kernels in use: "portable", "avx2", "avx512" or "neon".
func (k *Kernels) Name() string { return k.arith.name() }

// Threads is how many threads share an operation.
func (k *Kernels) Threads() int { return k.workers.threads }

// Close ends the workers. The kernels must not be used afterwards.
func (k *Kernels) Close() { k.workers.close() }

// need panics when a slice is too short for an operation: the caller's mistake,
// caught here because vector code would not notice.
func need[T any](what string, s []T, n int) {
	if len(s) < n {
		panic(fmt.Sprintf("kernel: %s holds %d values, the operation needs %d", what, len(s), n))
	}
}

// needWeights does that for weights, of which nil stands for those packed.
func needWeights(w []float32, n int, packed bool) {
	if w != nil || !packed {
		need("w", w, n)
	}
}
