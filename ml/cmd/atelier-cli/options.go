package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// engineFlags say how to compute; the results do not depend on them.
type engineFlags struct {
	Threads *int   `help:"Number of threads (all cores)." placeholder:"N" group:"Computing"`
	Kernel  string `help:"Kernels: portable, avx2, avx512 or neon (the best for this machine, or $$${kernel_variable})." placeholder:"NAME" group:"Computing"`
}

func (f engineFlags) options() (engine.Options, error) {
	o := engine.Options{Kernel: f.Kernel}
	if f.Threads != nil {
		if *f.Threads < 1 {
			return o, usageError{fmt.Errorf("--threads: %d threads make no sense; choose 1 or more, or leave it out for all cores", *f.Threads)}
		}
		o.Threads = *f.Threads
	}
	return o, nil
}

// helpVars are the lists that help texts name.
func helpVars() kong.Vars {
	var presets, schedules []string
	for _, p := range nn.Presets() {
		presets = append(presets, p.Name)
	}
	for _, k := range fit.ScheduleKinds() {
		schedules = append(schedules, string(k))
	}
	list := func(names []string) string { return strings.Join(names, ", ") }
	return kong.Vars{
		"presets":         list(presets),
		"schedules":       list(schedules),
		"optimizers":      list(engine.OptimizerNames()),
		"data_variable":   dataset.EnvVar,
		"kernel_variable": engine.KernelVariable,
	}
}
