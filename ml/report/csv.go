package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"atelier/ml/fit"
	"atelier/ml/metrics"
)

// WriteHistory writes the figures of each epoch as CSV under Keras's names.
func WriteHistory(w io.Writer, history []fit.Epoch) error {
	rows := [][]string{{"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds", "images_per_second"}}
	for _, e := range history {
		row := []string{strconv.Itoa(e.Epoch), exact(e.Loss), exact(e.Accuracy), "", "", exact(e.LearningRate), "", ""}
		if e.Validated {
			row[3], row[4] = exact(e.ValLoss), exact(e.ValAccuracy)
		}
		if e.Seconds > 0 {
			row[6], row[7] = exact(e.Seconds), exact(e.ImagesPerSecond)
		}
		rows = append(rows, row)
	}
	return writeCSV(w, rows)
}

// WritePerClass writes precision, recall, F1 and support of each class as CSV.
func WritePerClass(w io.Writer, r metrics.Report, classes []string) error {
	rows := [][]string{{"class", "precision", "recall", "f1", "support"}}
	for i, s := range r.PerClass {
		name := strconv.Itoa(i)
		if i < len(classes) {
			name = classes[i]
		}
		rows = append(rows, []string{name, exact(s.Precision), exact(s.Recall), exact(s.F1), strconv.Itoa(s.Support)})
	}
	return writeCSV(w, rows)
}

func writeCSV(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	return out.WriteAll(rows)
}

// exact writes a number so that it reads back the same.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
