// Command calibrate finishes a trained model: it sets the temperature, so that
// probabilities mean what they say, and the rule for "not a garment". Both come
// from the pictures that the model's own recipe held back for validation; the
// test pictures are not touched.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"atelier/ml/dataset"
	"atelier/ml/modelfile"
	"atelier/ml/recognise"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong use")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("calibrate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	in := flags.String("model", "", "trained model to calibrate")
	out := flags.String("out", "", "file for the calibrated model")
	dir := flags.String("data", "", "folder of the dataset; the usual places if empty")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	if *in == "" || *out == "" || flags.NArg() > 0 {
		flags.Usage()
		return errUsage
	}

	model, err := modelfile.Load(*in)
	if err != nil {
		return err
	}
	data, err := dataset.Open(ctx, *dir, nil)
	if err != nil {
		return err
	}
	calibrated, err := recognise.CalibrateByRecipe(ctx, model, data.Train, func(done, total int) {
		fmt.Fprintf(stderr, "\r%d of %d", done, total)
	})
	fmt.Fprintln(stderr)
	if err != nil {
		return fmt.Errorf("%s: %w", *in, err)
	}
	if err := calibrated.Save(*out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "temperature %.3f, rule for “not a garment” %s\n", calibrated.Temperature, calibrated.Refusal)
	return err
}
