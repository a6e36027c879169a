package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"fyne.io/fyne/v2/theme"

	"atelier/app/widgets"
	"atelier/ml/atomicfile"
	"atelier/ml/fit"
	"atelier/ml/report"
)

// export is something of a verdict that can be taken along.
type export struct {
	Label string
	// Name is the suggested file name, Extensions what it may end in.
	Name       string
	Extensions []string
	Write      func(v *verdict, path string) error
}

func exports() []export {
	return []export{
		{"Report", "report", []string{".html", ".pdf"}, func(v *verdict, path string) error {
			r := report.Report{Model: v.Model.Model, Data: v.Data, Predictions: v.Predictions, Created: time.Now()}
			return r.Save(path)
		}},
		{"Figures per class", "per class", []string{".csv"}, func(v *verdict, path string) error {
			return atomicfile.Write(path, func(w io.Writer) error {
				return report.WritePerClass(w, v.Summary.Report, v.Data.Classes)
			})
		}},
		{"History of the training", "history", []string{".csv"}, func(v *verdict, path string) error {
			var history []fit.Epoch
			if err := json.Unmarshal(v.Model.History, &history); err != nil || len(history) == 0 {
				return fmt.Errorf("the model %q does not tell how it was trained: choose one that was trained here", v.Model.Name)
			}
			return atomicfile.Write(path, func(w io.Writer) error { return report.WriteHistory(w, history) })
		}},
		{"Model", "model", []string{".safetensors"}, func(v *verdict, path string) error {
			return v.Model.Save(path)
		}},
	}
}

// take asks where to and writes an export in the background.
func (t *Tab) take(e export) {
	v := t.verdict
	if v == nil {
		return
	}
	widgets.AskToSave(t.window, "Save: "+e.Label, e.Name, e.Extensions, func(path string) {
		t.studio.Go("evaluate.export", "Saving "+path, func(context.Context, func(int64, int64)) error {
			if err := e.Write(v, path); err != nil {
				return err
			}
			t.studio.Notify("Saved %s", path)
			return nil
		})
	}, func(err error) { t.studio.Report("Saving", err) })
}

// exportCommands are the menu items that take something along.
func (t *Tab) exportCommands() []widgets.Command {
	var out []widgets.Command
	for _, e := range exports() {
		c := widgets.Command{
			Menu: widgets.FileMenu, Section: "evaluate", Label: e.Label + "…", Icon: theme.DocumentSaveIcon(),
			Enabled: func() bool { return t.verdict != nil },
			Run:     func() { t.take(e) },
		}
		out = append(out, c)
	}
	return out
}
