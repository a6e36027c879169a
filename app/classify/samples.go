package classify

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"

	"atelier/app/studio"
	"atelier/app/widgets"
)

const (
	keyRecent   = "classify.recent"
	recentLimit = 12
)

// sampleMenu offers pictures to try.
func (t *Tab) sampleMenu() []*fyne.MenuItem {
	random := fyne.NewMenuItem("A test picture", func() { t.open(t.testPictures(1)) })
	each := fyne.NewMenuItem("A test picture of each class", func() { t.open(t.testPictures(0)) })
	if t.studio.Data() == nil {
		random.Disabled, each.Disabled = true, true
	}
	return []*fyne.MenuItem{random, each, fyne.NewMenuItem("A drawing of each class", func() { t.open(drawings()) })}
}

// testPictures returns n test pictures of the open dataset by chance, or one of
// each class when n is 0.
func (t *Tab) testPictures(n int) []studio.Picture {
	d := t.studio.Data()
	if d == nil {
		return nil
	}
	var out []studio.Picture
	seen := map[int]bool{}
	for _, i := range rand.Perm(d.Test.Len()) {
		label := d.Test.Label(i)
		if n == 0 && seen[label] {
			continue
		}
		seen[label] = true
		out = append(out, studio.Picture{
			Name:  fmt.Sprintf("Test picture %d (%s)", i, d.Classes[label]),
			Image: widgets.GrayImage(d.Test.Image(i), d.Test.W), Prepared: true,
		})
		if len(out) == n || len(out) == len(d.Classes) {
			break
		}
	}
	return out
}

// drawingSide is the side of a drawing to try.
const drawingSide = 448

// drawings returns the outlines to trace as drawings.
func drawings() []studio.Picture {
	var out []studio.Picture
	for _, c := range templates() {
		d := widgets.NewDrawing(drawingSide)
		for _, s := range c.lines {
			d.Draw(s, 0.012, tones()[0].grey)
		}
		out = append(out, studio.Picture{Name: c.title + ", drawn", Image: d.Image()})
	}
	return out
}

// recent returns the files and folders that were classified, the latest first.
func (t *Tab) recent() []string { return t.studio.Settings().StringList(keyRecent) }

// remember puts a file or folder at the head of the recent ones.
func (t *Tab) remember(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	all := slices.DeleteFunc(t.recent(), func(p string) bool { return p == path })
	all = append([]string{path}, all...)
	t.studio.Settings().SetStringList(keyRecent, all[:min(len(all), recentLimit)])
}

// recentMenu offers them again.
func (t *Tab) recentMenu() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, path := range t.recent() {
		item := fyne.NewMenuItem(filepath.Base(path)+" in "+filepath.Dir(path), func() { t.openFiles(path) })
		if _, err := os.Stat(path); err != nil {
			item.Disabled = true
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		none := fyne.NewMenuItem("None yet", nil)
		none.Disabled = true
		return []*fyne.MenuItem{none}
	}
	return append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Forget these", func() { t.studio.Settings().RemoveValue(keyRecent) }))
}
