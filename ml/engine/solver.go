package engine

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"atelier/ml/engine/kernel"
)

// solver applies an Optimizer. It is a gorgonia.Solver that updates each
// parameter in one pass over its memory.
type solver struct {
	kernels   *kernel.Kernels
	optimizer Optimizer // with its defaults written out
	rate      float64   // of the next step
	iteration uint64    // steps done
	slots     [][]Tensor
}

var _ gorgonia.Solver = (*solver)(nil)

func newSolver(k *kernel.Kernels, o Optimizer, w Weights) *solver {
	s := &solver{kernels: k, optimizer: o}
	for _, t := range w {
		if !t.Trainable {
			continue
		}
		var slots []Tensor
		for _, name := range o.slots() {
			slots = append(slots, Tensor{Name: name + "/" + t.Name, Shape: slices.Clone(t.Shape), Data: aligned(len(t.Data))})
		}
		s.slots = append(s.slots, slots)
	}
	return s
}

// slots names the arrays that the optimiser keeps for each parameter.
func (o Optimizer) slots() []string {
	switch {
	case o.Name == SGD && o.Momentum > 0:
		return []string{"momentum"}
	case o.Name == RMSProp && o.Momentum > 0:
		return []string{"mean_square", "momentum"}
	case o.Name == RMSProp:
		return []string{"mean_square"}
	case o.Name == Adam, o.Name == AdamW:
		return []string{"first_moment", "second_moment"}
	}
	return nil
}

// Step updates the parameters, which come in the order of the weights.
func (s *solver) Step(model []gorgonia.ValueGrad) error {
	o := s.optimizer
	for i, m := range model {
		gradient, err := m.Grad()
		if err != nil {
			return err
		}
		w, g := m.Value().(*tensor.Dense).Float32s(), gradient.(*tensor.Dense).Float32s()
		slot := func(j int) []float32 {
			if j < len(s.slots[i]) {
				return s.slots[i][j].Data
			}
			return nil
		}
		switch o.Name {
		case SGD:
			s.kernels.SGD(kernel.SGD{
				LearningRate: s.rate, Momentum: o.Momentum, Nesterov: o.Nesterov, WeightDecay: o.WeightDecay,
			}, w, g, slot(0))
		case RMSProp:
			s.kernels.RMSProp(kernel.RMSProp{
				LearningRate: s.rate, Rho: o.Rho, Momentum: o.Momentum, Epsilon: o.Epsilon, WeightDecay: o.WeightDecay,
			}, w, g, slot(0), slot(1))
		case Adam, AdamW:
			s.kernels.Adam(kernel.Adam{
				LearningRate: s.rate, Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon,
				WeightDecay: o.WeightDecay, Decoupled: o.Name == AdamW, Step: s.iteration + 1,
			}, w, g, slot(0), slot(1))
		}
	}
	s.iteration++
	return nil
}

func (s *solver) state() State {
	st := State{Iteration: s.iteration}
	for _, slots := range s.slots {
		for _, t := range slots {
			st.Slots = append(st.Slots, t.Clone())
		}
	}
	return st
}

func (s *solver) setState(st State) error {
	own := Weights(slices.Concat(s.slots...))
	if err := own.CopyFrom(st.Slots); err != nil {
		return fmt.Errorf("the optimizer's state does not belong to this network and optimizer: %w", err)
	}
	s.iteration = st.Iteration
	return nil
}
