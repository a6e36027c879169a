// Command calibrate finishes a trained model: it sets the temperature, so that
// probabilities mean what they say, and the rule for "not a garment". Both come
// from the pictures that the model's own recipe held back for validation; the
// test pictures are not touched.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"atelier/ml/dataset"
	"atelier/ml/fit"
	"atelier/ml/modelfile"
	"atelier/ml/recognise"
)

func main() {
	in := flag.String("model", "", "trained model to calibrate")
	out := flag.String("out", "", "file for the calibrated model")
	data := flag.String("data", "", "folder of the data set; the usual places if empty")
	flag.Parse()
	if *in == "" || *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := calibrate(ctx, *in, *out, *data); err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

func calibrate(ctx context.Context, in, out, dir string) error {
	model, err := modelfile.Load(in)
	if err != nil {
		return err
	}
	if model.Recipe == nil {
		return fmt.Errorf("%s does not tell its recipe, so which pictures it was not trained on is unknown: use a model saved by training", in)
	}
	var recipe fit.Recipe
	if err := json.Unmarshal(model.Recipe, &recipe); err != nil {
		return fmt.Errorf("read the recipe of %s: %w", in, err)
	}
	data, err := dataset.Open(ctx, dir, nil)
	if err != nil {
		return err
	}
	validation := data.Train.Subset(recipe.HeldBack(data.Train))
	calibrated, err := recognise.Calibrate(ctx, model, validation, func(done, total int) {
		if done%1000 == 0 || done == total {
			fmt.Fprintf(os.Stderr, "\r%d of %d", done, total)
		}
	})
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}
	if err := calibrated.Save(out); err != nil {
		return err
	}
	fmt.Printf("temperature %.3f, rule for “not a garment” %s\n", calibrated.Temperature, calibrated.Refusal)
	return nil
}
