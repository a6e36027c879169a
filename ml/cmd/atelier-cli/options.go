package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"atelier/ml/bench"
	"atelier/ml/dataset"
	"atelier/ml/engine"
	"atelier/ml/engine/kernel"
	"atelier/ml/fit"
	"atelier/ml/nn"
	"atelier/ml/vision"
)

// engineFlags say how to compute; the results do not depend on them.
type engineFlags struct {
	Threads *int   `help:"Number of threads (all cores)." placeholder:"N" group:"Computing"`
	Kernel  string `help:"Kernels: portable, avx2, avx512 or neon (the best for this machine, or $$${kernel_variable})." placeholder:"NAME" group:"Computing"`
}

func (f engineFlags) options() (engine.Options, error) {
	o := engine.Options{Kernel: f.Kernel}
	k, err := kernel.New(o.Kernel, 1)
	if err != nil {
		return o, usageError{err}
	}
	k.Close()
	if f.Threads != nil {
		if *f.Threads < 1 {
			return o, usageError{fmt.Errorf("--threads: %d threads make no sense; choose 1 or more, or leave it out for all cores", *f.Threads)}
		}
		o.Threads = *f.Threads
	}
	return o, nil
}

// networkFlags choose a network.
type networkFlags struct {
	Preset  string `help:"A ready-made network: ${presets} (article)." placeholder:"NAME" xor:"network" group:"Network"`
	Network string `help:"A network from a JSON file." type:"existingfile" placeholder:"F.json" xor:"network" group:"Network"`
}

// network is the preset or the file, made for a dataset; the article's without either.
func (f networkFlags) network(data *dataset.Data) (nn.Network, error) {
	if f.Network != "" {
		text, err := os.ReadFile(f.Network)
		if err != nil {
			return nn.Network{}, err
		}
		n, err := nn.Parse(text)
		if err != nil {
			return n, usageError{fmt.Errorf("--network %s: %w", f.Network, err)}
		}
		return n, nil
	}
	name := f.Preset
	if name == "" {
		name = nn.Presets()[0].Name
	}
	preset, err := nn.PresetByName(name)
	if err != nil {
		return nn.Network{}, usageError{fmt.Errorf("--preset: %w", err)}
	}
	return preset.Build(nn.Shape{H: data.Train.H, W: data.Train.W, C: 1}, len(data.Classes)), nil
}

// helpVars are the lists that help texts name.
func helpVars() kong.Vars {
	var presets []string
	for _, p := range nn.Presets() {
		presets = append(presets, p.Name)
	}
	return kong.Vars{
		"presets":         join(presets),
		"schedules":       join(fit.ScheduleKinds()),
		"optimizers":      join(engine.OptimizerNames()),
		"kinds":           join(vision.Kinds()),
		"dimensions":      join(bench.Dimensions()),
		"data_variable":   dataset.EnvVar,
		"kernel_variable": kernel.EnvName,
	}
}

// join lists names in a sentence.
func join[S ~string](names []S) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	return strings.Join(texts, ", ")
}
