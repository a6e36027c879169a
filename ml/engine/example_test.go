package engine_test

import (
	"fmt"
	"log"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Teach a tiny network which of two numbers is the larger one.
func Example() {
	net := nn.Network{Input: nn.Vector(2), Layers: nn.Layers{
		nn.Dense{Units: 8, Activation: nn.ReLU},
		nn.Dense{Units: 2, Activation: nn.Softmax},
	}}
	weights, err := engine.NewWeights(net, 1)
	if err != nil {
		log.Fatal(err)
	}
	trainer, err := engine.NewTrainer(net, weights, engine.Optimizer{Name: engine.Adam}, engine.Options{MaxBatch: 4})
	if err != nil {
		log.Fatal(err)
	}
	defer trainer.Close()
	batch := engine.Batch{
		X:       []float32{0, 1, 3, 2, 5, 8, 4, 1},
		Targets: []float32{0, 1, 1, 0, 0, 1, 1, 0},
	}
	for range 300 {
		if _, err := trainer.Step(batch, 0.02); err != nil {
			log.Fatal(err)
		}
	}

	predictor, err := engine.NewPredictor(net, trainer.Weights(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer predictor.Close()
	probs := make([]float32, 4)
	if err := predictor.Predict([]float32{2, 6, 7, 3}, 2, probs); err != nil {
		log.Fatal(err)
	}
	for i := range 2 {
		fmt.Println("first is larger:", probs[2*i] > 0.5)
	}
	// Output:
	// first is larger: false
	// first is larger: true
}
