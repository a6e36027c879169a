package dataset

import (
	"context"
	"fmt"
	"io/fs"

	"atelier/assets"
)

//go:generate go run ./internal/makesample -out ../../assets/sample

// Sample opens the balanced part of Fashion-MNIST that is built into the
// program: 6,000 pictures to train on and 1,000 to test.
func Sample() (*Data, error) {
	fsys, err := fs.Sub(assets.Sample, "sample")
	if err != nil {
		return nil, err
	}
	found, err := findFiles(fsys)
	if err != nil {
		return nil, fmt.Errorf("the built-in sample: %w", err)
	}
	d, err := Opener{}.read(context.Background(), fsys, "", found)
	if err != nil {
		return nil, fmt.Errorf("the built-in sample: %w", err)
	}
	d.Name = "Fashion-MNIST sample"
	d.Source.Place, d.Source.Sample = "built in", true
	return d, nil
}
