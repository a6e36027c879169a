// Package report writes down what a model is, how it was trained and how well
// it does: as one HTML file that needs nothing beside it, or as a PDF to print.
package report

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"strings"
	"time"

	"atelier/ml/atomicfile"
	"atelier/ml/dataset"
	"atelier/ml/figures"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/modelfile"
	"atelier/ml/nn"
)

// Report is what a report is made of.
type Report struct {
	Model *modelfile.Model
	Data  *dataset.Data // its test pictures are those that the model was judged by
	// Predictions are the model's for Data.Test, in its order.
	Predictions metrics.Predictions
	Created     time.Time
}

// Save writes the report to a file, whose extension tells the format.
func (r Report) Save(path string) error {
	write := r.HTML
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm":
	case ".pdf":
		write = r.PDF
	default:
		return fmt.Errorf("save report %s: end the name with .html or .pdf", path)
	}
	if err := atomicfile.Write(path, write); err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}

// document is a report's content without its form.
type document struct {
	Title    string
	Created  time.Time
	Lead     []string
	Sections []section
}

// section is a part of a document; its empty fields are left out.
type section struct {
	Heading  string
	Text     []string
	Table    *table
	Figures  []figure
	Pictures []picture
	Code     []code
}

// table has a heading row; its columns from Numbers on are aligned right.
type table struct {
	Head    []string
	Rows    [][]string
	Numbers int
}

// figure is a drawing and what it shows, for those who cannot see it.
type figure struct {
	Figure figures.Figure
	About  string
}

// picture is one of the dataset.
type picture struct {
	Image   image.Image
	Caption string
}

// code is text to be copied.
type code struct {
	About, Text string
}

// numberOfPictures is how many pictures each row of examples has.
const numberOfPictures = 16

func (r Report) document() (document, error) {
	if r.Data == nil || r.Data.Test == nil || r.Data.Test.Len() != r.Predictions.Len() {
		return document{}, fmt.Errorf("the predictions are not those for the test pictures of the dataset: evaluate the model again")
	}
	if err := r.Model.Validate(); err != nil {
		return document{}, err
	}
	recipe, err := fit.RecipeOf(r.Model)
	if err != nil {
		return document{}, err
	}
	var history []fit.Epoch
	if r.Model.History != nil {
		if err := json.Unmarshal(r.Model.History, &history); err != nil {
			return document{}, fmt.Errorf("read the model's history: %w", err)
		}
	}

	s := r.Predictions.Summary()
	d := document{
		Title:   "Model " + r.name(),
		Created: r.Created,
		Lead: []string{
			fmt.Sprintf("%s of %s test pictures are recognised: an accuracy of %s. The true accuracy lies between %s and %s with 95 %% confidence.",
				nn.Thousands(int64(s.Confusion.Correct())), nn.Thousands(int64(s.Pictures)), percent(s.Accuracy), percent(s.Interval.Low), percent(s.Interval.High)),
			fmt.Sprintf("The loss is %.4f. The right class is among the two most probable ones for %s, among the three most probable ones for %s of the pictures.",
				s.Loss, percent(s.Top2), percent(s.Top3)),
		},
	}
	network, err := r.network()
	if err != nil {
		return document{}, err
	}
	d.add(r.data(), network)
	if recipe != nil {
		d.add(r.recipe(*recipe))
	}
	if len(history) > 0 {
		d.add(training(history))
	}
	d.add(r.confusion(s), r.perClass(s), r.calibration(s))
	d.add(r.pictures()...)
	if recipe != nil {
		again, err := r.reproduce(*recipe)
		if err != nil {
			return document{}, err
		}
		d.add(again)
	}
	return d, nil
}

func (d *document) add(sections ...section) { d.Sections = append(d.Sections, sections...) }

func (r Report) name() string {
	if name := r.Model.Network.Name; name != "" {
		return "“" + name + "”"
	}
	return "without a name"
}

func (r Report) class(i int) string { return r.Model.Classes[i] }

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// HTML writes the report as one HTML file.
func (r Report) HTML(w io.Writer) error {
	d, err := r.document()
	if err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	return writeHTML(w, d)
}

// PDF writes the report as a PDF.
func (r Report) PDF(w io.Writer) error {
	d, err := r.document()
	if err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	return writePDF(w, d)
}
