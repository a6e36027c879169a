package classify

import (
	"bytes"
	"context"
	"errors"

	"atelier/app/clipboard"
	"atelier/app/studio"
	"atelier/ml/vision"
)

// errNothingToPaste tells what can be pasted.
var errNothingToPaste = errors.New("there is no picture on the clipboard: copy a picture, a screenshot, or picture files in your file manager")

// pastedName is what a picture from the clipboard is called.
const pastedName = "Pasted picture"

// Paste classifies the picture or the files on the clipboard.
func (t *Tab) Paste() {
	t.studio.Go("classify.paste", "Pasting", func(ctx context.Context, _ func(current, total int64)) error {
		c, err := t.readClipboard(ctx)
		if err != nil {
			return err
		}
		if len(c.Files) > 0 {
			t.studio.Do(func() { t.openFiles(c.Files...) })
			return nil
		}
		picture, err := pasted(ctx, c)
		if err != nil {
			return err
		}
		t.studio.Do(func() { t.open([]studio.Picture{picture}) })
		return nil
	})
}

// pasted returns the picture on the clipboard.
func pasted(ctx context.Context, c clipboard.Content) (studio.Picture, error) {
	if len(c.Picture) == 0 {
		return studio.Picture{}, errNothingToPaste
	}
	img, err := vision.Decode(ctx, bytes.NewReader(c.Picture), "the picture on the clipboard")
	return studio.Picture{Name: pastedName, Image: img}, err
}
