// Makesample cuts the balanced sample that is built into the program out of
// the whole of Fashion-MNIST: of each class the first pictures, in their
// original order.
package main

import (
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"atelier/ml/dataset"
)

const (
	trainPerClass = 600
	testPerClass  = 100
)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "", "folder of the whole dataset; empty: where the program looks for it")
	out := flag.String("out", "", "folder to write the four files to")
	flag.Parse()
	if err := run(*data, *out); err != nil {
		log.Fatal(err)
	}
}

func run(data, out string) error {
	d, err := dataset.Open(context.Background(), data, nil)
	if err != nil {
		return err
	}
	if !d.Source.Published() || d.Source.Sample {
		return fmt.Errorf("%s does not hold Fashion-MNIST as it was published", d.Source.Dir)
	}
	classes := len(d.Classes)
	for _, part := range []struct {
		name string
		set  *dataset.Set
	}{
		{"train", first(d.Train, trainPerClass, classes)},
		{"t10k", first(d.Test, testPerClass, classes)},
	} {
		images := filepath.Join(out, part.name+"-images-idx3-ubyte.gz")
		if err := write(images, part.set, dataset.WriteIDXImages); err != nil {
			return err
		}
		labels := filepath.Join(out, part.name+"-labels-idx1-ubyte.gz")
		if err := write(labels, part.set, dataset.WriteIDXLabels); err != nil {
			return err
		}
	}
	return nil
}

// first keeps the first n pictures of each class.
func first(s *dataset.Set, n, classes int) *dataset.Set {
	seen := make([]int, classes)
	var keep []int
	for i := range s.Len() {
		if l := s.Label(i); seen[l] < n {
			seen[l]++
			keep = append(keep, i)
		}
	}
	return s.Subset(keep)
}

func write(path string, s *dataset.Set, encode func(io.Writer, *dataset.Set) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := encode(z, s); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}
