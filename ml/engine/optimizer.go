package engine

import (
	"fmt"
	"slices"
	"strings"
)

// Optimizer says how gradients change the weights. It is a plain value with
// one JSON form. The learning rate is not part of it: it is given to every
// step, because schedules change it.
//
// The formulas are Keras's (keras.optimizers.SGD, RMSprop, Adam, AdamW), with
// their default values for fields that are zero. WeightDecay is an L2 penalty
// (PyTorch's weight_decay: the gradient grows by decay·w), but for adamw it is
// decoupled from the gradient: w shrinks by lr·decay·w before the step.
type Optimizer struct {
	Name        string  `json:"name"`                   // sgd, rmsprop, adam or adamw; "" means sgd
	Momentum    float64 `json:"momentum,omitempty"`     // sgd, rmsprop; in [0, 1)
	Nesterov    bool    `json:"nesterov,omitempty"`     // sgd
	Beta1       float64 `json:"beta1,omitempty"`        // adam, adamw; 0 means 0.9
	Beta2       float64 `json:"beta2,omitempty"`        // adam, adamw; 0 means 0.999
	Rho         float64 `json:"rho,omitempty"`          // rmsprop; 0 means 0.9
	Epsilon     float64 `json:"epsilon,omitempty"`      // rmsprop, adam, adamw; 0 means 1e-7
	WeightDecay float64 `json:"weight_decay,omitempty"` // of every trained parameter; see above; for adamw 0 means 0.004
}

// Names of the optimisers.
const (
	SGD     = "sgd"
	RMSProp = "rmsprop"
	Adam    = "adam"
	AdamW   = "adamw"
)

// OptimizerNames lists the known optimisers.
func OptimizerNames() []string { return []string{SGD, RMSProp, Adam, AdamW} }

// WithDefaults returns o with Keras's default in every field that is zero and
// that the named optimiser uses.
func (o Optimizer) WithDefaults() Optimizer {
	set := func(field *float64, value float64) {
		if *field == 0 {
			*field = value
		}
	}
	switch o.Name {
	case "":
		o.Name = SGD
	case RMSProp:
		set(&o.Rho, 0.9)
		set(&o.Epsilon, 1e-7)
	case Adam, AdamW:
		set(&o.Beta1, 0.9)
		set(&o.Beta2, 0.999)
		set(&o.Epsilon, 1e-7)
		if o.Name == AdamW {
			set(&o.WeightDecay, 0.004)
		}
	}
	return o
}

// Validate reports the first field that makes no sense, in words.
func (o Optimizer) Validate() error {
	d := o.WithDefaults()
	if !slices.Contains(OptimizerNames(), d.Name) {
		return fmt.Errorf("unknown optimizer %q: choose one of %s", o.Name, strings.Join(OptimizerNames(), ", "))
	}
	for _, f := range []struct {
		name  string
		value float64
		below float64 // 0: no upper bound
	}{
		{"momentum", d.Momentum, 1},
		{"beta1", d.Beta1, 1},
		{"beta2", d.Beta2, 1},
		{"rho", d.Rho, 1},
		{"epsilon", d.Epsilon, 0},
		{"weight decay", d.WeightDecay, 0},
	} {
		switch {
		case f.value-f.value != 0:
			return fmt.Errorf("the %s of the optimizer must be a number, not %v", f.name, f.value)
		case f.value < 0:
			return fmt.Errorf("the %s of the optimizer must not be negative, and is %v", f.name, f.value)
		case f.below > 0 && f.value >= f.below:
			return fmt.Errorf("the %s of the optimizer must lie below %v, and is %v", f.name, f.below, f.value)
		}
	}
	if d.Nesterov && (d.Name != SGD || d.Momentum == 0) {
		return fmt.Errorf("nesterov needs the optimizer sgd with a momentum above 0")
	}
	if d.Momentum > 0 && d.Name != SGD && d.Name != RMSProp {
		return fmt.Errorf("the optimizer %s has no momentum: use beta1 instead", d.Name)
	}
	return nil
}
