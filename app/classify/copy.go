package classify

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"atelier/app/widgets"
)

// copyCard puts the present picture with its answer on the clipboard, as
// saveCard puts it into a file.
func (t *Tab) copyCard() {
	if !t.answered() {
		return
	}
	r := t.shown
	t.studio.Go("classify.copy", "Copying", func(context.Context, func(current, total int64)) error {
		var picture bytes.Buffer
		if err := encodeCard(&picture, r); err != nil {
			return err
		}
		if err := t.copyPicture(picture.Bytes()); err != nil {
			return err
		}
		t.studio.Notify("Copied the picture with its answer")
		return nil
	})
}

// copyWords puts the answers on the clipboard as text.
func (t *Tab) copyWords() {
	if !t.answered() {
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(inWords(t.shown))
	t.studio.Notify("Copied the answer in words")
}

// inWords is the answer of each model: what it says, then a line for each class
// with its probability behind a tab, for a table.
func inWords(r reply) string {
	var out strings.Builder
	for i, a := range r.answers {
		if i > 0 {
			out.WriteString("\n")
		}
		m := r.models[i]
		fmt.Fprintf(&out, "%s: %s %s\n%s\n", r.subject.name, widgets.Sentence(title(a)), explanation(a, m.Classes), m.Name)
		for c, p := range a.Probabilities {
			fmt.Fprintf(&out, "%s\t%s\n", m.Classes[c], widgets.Percent(p))
		}
	}
	return out.String()
}
