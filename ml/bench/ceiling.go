package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"atelier/ml/engine"
	"atelier/ml/engine/kernel"
)

// Ceiling is what this machine reaches on the product of two large square
// matrices, which bounds what any network can reach, and on sums of vectors too
// long for its caches, which bounds what moves numbers more than it computes:
// the two lines of a roofline (Williams, Waterman and Patterson 2009).
type Ceiling struct {
	Size           int     `json:"size"` // rows and columns
	GFLOPS         float64 `json:"sgemm_gflops"`
	OpenBLASGFLOPS float64 `json:"openblas_gflops,omitempty"`      // 0: no C compiler or no OpenBLAS here
	MemoryGBS      float64 `json:"memory_gb_per_second,omitempty"` // 0: not measured
	Threads        int     `json:"threads"`
	Kernel         string  `json:"kernel"`
}

// Best is the higher of the two figures, so that a share of it is honest.
func (c Ceiling) Best() float64 { return max(c.GFLOPS, c.OpenBLASGFLOPS) }

// Sgemm measures the ceiling with our own matrix product and, where a C
// compiler and OpenBLAS are installed, with OpenBLAS's, and the bandwidth of the
// memory. It takes about three times the given time.
func Sgemm(ctx context.Context, o engine.Options, limit time.Duration) (Ceiling, error) {
	c, err := products(ctx, o, limit)
	if err != nil {
		return c, err
	}
	k, err := kernel.New(o.Kernel, o.Threads)
	if err != nil {
		return c, err
	}
	defer k.Close()
	c.MemoryGBS, err = memory(ctx, k, limit)
	return c, err
}

// products measures the ceiling of arithmetic.
func products(ctx context.Context, o engine.Options, limit time.Duration) (Ceiling, error) {
	const n = 1536
	k, err := kernel.New(o.Kernel, o.Threads)
	if err != nil {
		return Ceiling{}, err
	}
	defer k.Close()
	m := make([]float32, 3*n*n)
	for i := range m {
		m[i] = float32(i%7) - 3
	}
	seconds, err := best(ctx, limit, func() { k.Sgemm(n, n, n, m[:n*n], m[n*n:2*n*n], m[2*n*n:]) })
	if err != nil {
		return Ceiling{}, err
	}
	c := Ceiling{Size: n, GFLOPS: 2 * n * n * n / seconds / 1e9, Threads: k.Threads(), Kernel: k.Name()}
	c.OpenBLASGFLOPS, err = openBLAS(ctx, n, limit, k.Threads())
	return c, err
}

// memory measures the bandwidth of y = a + b as STREAM does (McCalpin 1995):
// two numbers read and one written, in GB/s.
func memory(ctx context.Context, k *kernel.Kernels, limit time.Duration) (float64, error) {
	const n = 16 << 20 // 64 MB a vector: more than a cache holds
	v := make([]float32, 3*n)
	for i := range v { // memory that was never written to is not there
		v[i] = 1
	}
	seconds, err := best(ctx, limit, func() { k.Add(kernel.Linear, v[:n], v[n:2*n], v[2*n:]) })
	return 3 * 4 * n / seconds / 1e9, err
}

// best runs work for about the given time and returns the shortest duration in
// seconds: a ceiling is the best case, not the usual one.
func best(ctx context.Context, limit time.Duration, work func()) (float64, error) {
	shortest := time.Duration(1<<63 - 1)
	_, err := median(ctx, limit, func() error {
		began := time.Now()
		work()
		shortest = min(shortest, time.Since(began))
		return nil
	})
	return shortest.Seconds(), err
}

//go:embed openblas/sgemm.c
var openBLASProgram []byte

// openBLAS compiles and runs the little C program; 0 without an error means
// that this machine lacks what it needs.
func openBLAS(ctx context.Context, n int, limit time.Duration, threads int) (float64, error) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "atelier-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	source, program := filepath.Join(dir, "sgemm.c"), filepath.Join(dir, "sgemm")
	if err := os.WriteFile(source, openBLASProgram, 0o600); err != nil {
		return 0, err
	}
	if exec.CommandContext(ctx, cc, "-O2", "-o", program, source, "-lopenblas").Run() != nil {
		return 0, ctx.Err()
	}
	out, err := exec.CommandContext(ctx, program, strconv.Itoa(n), fmt.Sprint(limit.Seconds()), strconv.Itoa(threads)).Output()
	if err != nil {
		return 0, errors.Join(ctx.Err(), fmt.Errorf("the OpenBLAS measurement failed: %w", err))
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
