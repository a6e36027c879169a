package report

import (
	"encoding/json"
	"fmt"
	"image"
	"strconv"
	"strings"

	"atelier/ml/engine"
	"atelier/ml/figures"
	"atelier/ml/fit"
	"atelier/ml/metrics"
	"atelier/ml/nn"
)

func (r Report) data() section {
	s := section{
		Heading: "Data",
		Table: &table{
			Head: []string{"Dataset", ""},
			Rows: [][]string{
				{"Name", r.Data.Name},
				{"Training pictures", nn.Thousands(int64(r.Data.Train.Len()))},
				{"Test pictures", nn.Thousands(int64(r.Data.Test.Len()))},
				{"Classes", strings.Join(r.Data.Classes, ", ")},
			},
			Numbers: 2,
		},
	}
	if r.Data.Source.Sample {
		s.Text = []string{"These are the pictures of the small sample that comes with the program. Figures from the full dataset are more precise."}
	}
	for _, file := range r.Data.Source.Files {
		s.Table.Rows = append(s.Table.Rows, []string{"SHA-256 of " + baseName(file.Path), file.SHA256})
	}
	return s
}

// baseName cuts a path, of whatever system, down to the file's name.
func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

func (r Report) network() (section, error) {
	steps, err := r.Model.Network.Walk()
	if err != nil {
		return section{}, err
	}
	counts, err := r.Model.Network.Counts()
	if err != nil {
		return section{}, err
	}
	t := &table{Head: []string{"Layer", "Settings", "Output", "Parameters"}, Numbers: 3}
	for _, step := range steps {
		params := 0
		for _, p := range step.Params {
			params += p.Size()
		}
		t.Rows = append(t.Rows, []string{step.Name, nn.KerasCall(step.Layer), step.Out.String(), nn.Thousands(int64(params))})
	}
	return section{
		Heading: "Network",
		Text: []string{fmt.Sprintf("A picture enters as %s. The network has %s parameters, of which %s are trained.",
			r.Model.Network.Input, nn.Thousands(int64(counts.Total)), nn.Thousands(int64(counts.Trainable)))},
		Table: t,
	}, nil
}

func (r Report) recipe(recipe fit.Recipe) section {
	rows := [][]string{
		{"Epochs", strconv.Itoa(recipe.Epochs)},
		{"Batch size", strconv.Itoa(recipe.Batch)},
		{"Optimizer", optimizer(recipe.Optimizer)},
		{"Learning rate", number(recipe.LearningRate)},
		{"Schedule", recipe.Schedule.String()},
		{"Held back for validation", share(recipe.Validation, recipe.Stratified)},
		{"Seed", strconv.FormatUint(recipe.Seed, 10)},
	}
	if recipe.Share > 0 && recipe.Share < 1 {
		rows = append(rows, []string{"Share of the training pictures used", share(recipe.Share, false)})
	}
	if recipe.LabelSmoothing > 0 {
		rows = append(rows, []string{"Label smoothing", number(recipe.LabelSmoothing)})
	}
	if !recipe.Augment.IsZero() {
		rows = append(rows, []string{"Augmentation", fields(recipe.Augment)})
	}
	if recipe.EarlyStopping != (fit.EarlyStopping{}) {
		rows = append(rows, []string{"Early stopping", fields(recipe.EarlyStopping)})
	}
	return section{Heading: "Recipe", Table: &table{Head: []string{"Setting", "Value"}, Rows: rows, Numbers: 2}}
}

func share(x float64, stratified bool) string {
	text := number(100*x) + " %"
	if stratified {
		text += ", the same of each class"
	}
	return text
}

func optimizer(o engine.Optimizer) string {
	name := o.WithDefaults().Name
	o.Name = ""
	if settings := fields(o); settings != "" {
		return name + " (" + settings + ")"
	}
	return name
}

// fields writes the settings of a value that are not zero as "name value, …",
// in the words of its JSON form.
func fields(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var parts []string
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	_, _ = dec.Token() // the opening brace of what was just written
	for dec.More() {
		name, _ := dec.Token()
		field, err := dec.Token()
		if err != nil || field == "" {
			continue
		}
		if _, nested := field.(json.Delim); nested {
			return string(data)
		}
		text := strings.ReplaceAll(fmt.Sprint(name), "_", " ")
		if field != true {
			text += " " + fmt.Sprint(field)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func training(history []fit.Epoch) section {
	t := &table{Head: []string{"Epoch", "Loss", "Accuracy", "Validation loss", "Validation accuracy", "Learning rate"}}
	var loss, accuracy, valLoss, valAccuracy, at, valAt []float64
	for _, e := range history {
		row := []string{strconv.Itoa(e.Epoch), fmt.Sprintf("%.4f", e.Loss), percent(e.Accuracy), "", "", number(e.LearningRate)}
		at = append(at, float64(e.Epoch))
		loss, accuracy = append(loss, e.Loss), append(accuracy, e.Accuracy)
		if e.Validated {
			row[3], row[4] = fmt.Sprintf("%.4f", e.ValLoss), percent(e.ValAccuracy)
			valAt = append(valAt, float64(e.Epoch))
			valLoss, valAccuracy = append(valLoss, e.ValLoss), append(valAccuracy, e.ValAccuracy)
		}
		t.Rows = append(t.Rows, row)
	}
	curves := func(title string, train, val []float64, percent bool) figure {
		lines := figures.Lines{
			Title: title, X: "Epoch", Whole: true, Percent: percent,
			Series: []figures.Series{{Name: "Training", X: at, Y: train, Dashed: true, Dots: true}},
		}
		if len(val) > 0 {
			lines.Series = append(lines.Series, figures.Series{Name: "Validation", X: valAt, Y: val, Colour: 1, Dots: true})
		}
		return figure{lines, "Curves of the " + strings.ToLower(title) + " over the epochs; the numbers stand in the table of the epochs"}
	}
	return section{
		Heading: "Training",
		Text: []string{"Training figures are means over an epoch, taken while the network still learns and with dropout on, as in Keras. " +
			"Validation figures are taken afterwards, without dropout, on pictures held back; that is why they are often the better ones."},
		Figures: []figure{curves("Loss", loss, valLoss, false), curves("Accuracy", accuracy, valAccuracy, true)},
		Table:   t,
	}
}

func (r Report) confusion(s metrics.Summary) section {
	t := &table{Head: []string{"Most often confused", "Taken for", "Pictures", "Of its class"}, Numbers: 2}
	for _, p := range s.Confusion.Pairs(8) {
		t.Rows = append(t.Rows, []string{r.class(p.True), r.class(p.Predicted), strconv.Itoa(p.Count), percent(p.Share)})
	}
	sec := section{
		Heading: "What is taken for what",
		Figures: []figure{{
			figures.Confusion{Matrix: s.Confusion, Classes: r.Model.Classes},
			"Confusion matrix: for each true class, how many pictures were predicted to be of each class",
		}},
	}
	if len(t.Rows) > 0 {
		sec.Table = t
	}
	return sec
}

func (r Report) perClass(s metrics.Summary) section {
	t := &table{Head: []string{"Class", "Precision", "Recall", "F1", "Pictures"}, Numbers: 1}
	row := func(name string, x metrics.Scores) {
		t.Rows = append(t.Rows, []string{name, percent(x.Precision), percent(x.Recall), percent(x.F1), nn.Thousands(int64(x.Support))})
	}
	for i, x := range s.Report.PerClass {
		row(r.class(i), x)
	}
	row("Mean of the classes", s.Report.Macro)
	row("Weighted mean", s.Report.Weighted)
	return section{
		Heading: "Each class",
		Text: []string{"Precision: of the pictures said to be of the class, how many are. Recall: of the pictures of the class, how many were found. " +
			"F1: the harmonic mean of both."},
		Figures: []figure{{figures.PerClass(s.Report, r.Model.Classes), "Bars of precision, recall and F1 of each class; the numbers stand in the table"}},
		Table:   t,
	}
}

func (r Report) calibration(s metrics.Summary) section {
	text := fmt.Sprintf("Bars on the dashed line would mean that of the answers given with, say, 80 %% confidence, 80 %% are right. "+
		"On average the confidence is off by %s (expected calibration error, 15 bins).", percent(s.Calibration.ECE))
	return section{
		Heading: "Can its confidence be trusted?",
		Text:    []string{text},
		Figures: []figure{{figures.Reliability{Calibration: s.Calibration}, "Reliability diagram: share of right answers by confidence"}},
	}
}

func (r Report) pictures() []section {
	var sections []section
	for _, row := range []struct {
		heading string
		indices []int
	}{
		{"The hardest pictures", r.Predictions.Hardest(numberOfPictures)},
		{"Wrong with the most confidence", r.Predictions.ConfidentWrong(numberOfPictures)},
		{"The least sure answers", r.Predictions.LeastSure(numberOfPictures)},
	} {
		s := section{Heading: row.heading}
		for _, i := range row.indices {
			set := r.Data.Test
			s.Pictures = append(s.Pictures, picture{
				&image.Gray{Pix: set.Image(i), Stride: set.W, Rect: image.Rect(0, 0, set.W, set.H)},
				r.caption(i),
			})
		}
		if len(s.Pictures) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

func (r Report) caption(i int) string {
	class, predicted := int(r.Predictions.Labels[i]), r.Predictions.Predicted(i)
	confidence := fmt.Sprintf("%.0f %%", 100*r.Predictions.Confidence(i))
	if class == predicted {
		return fmt.Sprintf("%s, recognised (%s)", r.class(class), confidence)
	}
	return fmt.Sprintf("%s, taken for %s (%s)", r.class(class), r.class(predicted), confidence)
}

// reproduce says how to train the same model again.
func (r Report) reproduce(recipe fit.Recipe) (section, error) {
	recipeJSON, err := json.MarshalIndent(recipe, "", "  ")
	if err != nil {
		return section{}, err
	}
	s := section{
		Heading: "Do it again",
		Text: []string{"The same network, recipe and data give the same weights, bit for bit, whatever the number of threads. " +
			"Save the text below under the names given and run the commands in the folder of Atelier's source; without --data they look for the dataset where the program does."},
		Code: []code{{"recipe.json", string(recipeJSON)}},
	}
	from := "--network network.json"
	if name, ok := r.preset(); ok {
		from = "--preset " + name
	} else {
		networkJSON, err := json.MarshalIndent(r.Model.Network, "", "  ")
		if err != nil {
			return section{}, err
		}
		s.Code = append(s.Code, code{"network.json", string(networkJSON)})
	}
	s.Code = append(s.Code, code{"commands", fmt.Sprintf(
		"go run ./ml/cmd/atelier-cli train %s --recipe recipe.json --out run\ngo run ./ml/cmd/atelier-cli evaluate --model run/best.safetensors --report report.html", from)})
	return s, nil
}

// preset returns the name of the preset that the network equals.
func (r Report) preset() (string, bool) {
	network := r.Model.Network
	for _, p := range nn.Presets() {
		if p.Build(network.Input, len(r.Model.Classes)).Equal(network) {
			return p.Name, true
		}
	}
	return "", false
}
