package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"atelier/ml/dataset"
	"atelier/ml/nn"
	"atelier/ml/vision"
)

// dataFlag chooses the dataset.
type dataFlag struct {
	Data string `help:"Folder or file with the dataset: IDX files or CSV, plain or gzip, or a folder of pictures for each class. Without it: the first found of $$${data_variable}, beside the program, the user's data folder, the Debian package; else the built-in sample." type:"path" placeholder:"DIR"`
}

// open opens the dataset and tells what the user should know about it.
func (f dataFlag) open(ctx context.Context, out *output) (*dataset.Data, error) {
	bar := out.bar("Opening the dataset")
	data, err := dataset.Opener{Picture: vision.Picture, Progress: bar.part}.Open(ctx, f.Data)
	bar.clear()
	if err != nil {
		return nil, err
	}
	for _, note := range data.Source.Notes {
		out.note("Note: %s", note)
	}
	if data.Source.Sample {
		out.note("Note: no dataset was found; this is the built-in sample. Use --data, or install the Debian package dataset-fashion-mnist.")
	}
	return data, nil
}

type dataCommand struct {
	dataFlag
	JSON bool `help:"Print one JSON object."`
}

// dataReport is the JSON form of what the command tells.
type dataReport struct {
	Name      string     `json:"name"`
	Dir       string     `json:"dir,omitempty"`
	Place     string     `json:"place"`
	Format    string     `json:"format"`
	Sample    bool       `json:"sample"`
	Published bool       `json:"published"`
	Shape     []int      `json:"shape"`
	Classes   []string   `json:"classes"`
	Train     setReport  `json:"train"`
	Test      setReport  `json:"test"`
	Files     []fileData `json:"files"`
	Notes     []string   `json:"notes"`
}

type setReport struct {
	Count    int   `json:"count"`
	PerClass []int `json:"per_class"`
}

type fileData struct {
	Path      string `json:"path"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
	Published bool   `json:"published"`
}

func (c *dataCommand) Run(ctx context.Context, out *output) error {
	data, err := c.open(ctx, out)
	if err != nil {
		return err
	}
	set := func(s *dataset.Set) setReport {
		return setReport{Count: s.Len(), PerClass: s.Counts(len(data.Classes))}
	}
	r := dataReport{
		Name:      data.Name,
		Dir:       data.Source.Dir,
		Place:     data.Source.Place,
		Format:    string(data.Source.Format),
		Sample:    data.Source.Sample,
		Published: data.Source.Published(),
		Shape:     []int{data.Train.H, data.Train.W, 1},
		Classes:   data.Classes,
		Train:     set(data.Train),
		Test:      set(data.Test),
		Files:     []fileData{},
		Notes:     append([]string{}, data.Source.Notes...),
	}
	for _, f := range data.Source.Files {
		r.Files = append(r.Files, fileData(f))
	}
	if c.JSON {
		return out.object(r)
	}
	return r.print(out)
}

func (r dataReport) print(out *output) error {
	w := tabwriter.NewWriter(out.stdout, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	count := func(n int) string { return nn.Thousands(int64(n)) }
	row("Dataset\t%s", r.Name)
	if r.Dir != "" {
		row("Found in\t%s (%s)", r.Dir, r.Place)
	} else {
		row("Found in\t%s", r.Place)
	}
	row("Format\t%s", r.Format)
	row("Pictures\t%s to train, %s to test, %d×%d grey", count(r.Train.Count), count(r.Test.Count), r.Shape[0], r.Shape[1])
	row("")
	row("Label\tClass\tTrain\tTest")
	for i, name := range r.Classes {
		row("%d\t%s\t%s\t%s", i, name, count(r.Train.PerClass[i]), count(r.Test.PerClass[i]))
	}
	if len(r.Files) > 0 {
		row("")
		row("File\tBytes\tSHA-256 of the content")
	}
	for _, f := range r.Files {
		row("%s\t%s\t%s", f.Path, nn.Thousands(f.Size), f.SHA256)
	}
	if r.Published {
		row("All files are as the makers of Fashion-MNIST published them.")
	}
	return w.Flush()
}
