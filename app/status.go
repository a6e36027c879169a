package main

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/studio"
	"atelier/ml/nn"
)

// noticeTime is how long a notice stays.
const noticeTime = 8 * time.Second

// statusBar tells, at the bottom of the window, what runs and what is open.
type statusBar struct {
	studio  *studio.Studio
	content fyne.CanvasObject

	text     *widget.Label
	job      *widget.Label
	progress *widget.ProgressBar
	cancel   *widget.Button
	running  *fyne.Container
	room     *fyne.Container // of what runs and of text
	data     *widget.Label
	model    *widget.Label

	noticed int
}

func newStatusBar(s *studio.Studio) *statusBar {
	b := &statusBar{
		studio:   s,
		text:     widget.NewLabel(""),
		job:      widget.NewLabel(""),
		progress: widget.NewProgressBar(),
		data:     widget.NewLabel(""),
		model:    widget.NewLabel(""),
	}
	b.text.Truncation = fyne.TextTruncateEllipsis
	b.cancel = widget.NewButtonWithIcon("Cancel", theme.CancelIcon(), func() {
		if jobs := s.Jobs(); len(jobs) > 0 {
			jobs[0].Cancel()
		}
	})
	b.cancel.Importance = widget.LowImportance
	bar := container.New(layout.NewGridWrapLayout(fyne.NewSize(160, 30)), b.progress)
	b.job.Truncation = fyne.TextTruncateEllipsis
	b.running = container.NewBorder(nil, nil, nil, container.NewHBox(container.NewCenter(bar), b.cancel), b.job)
	b.running.Hide()
	b.room = container.New(&statusLayout{b}, b.running, b.text)
	b.content = container.NewVBox(
		widget.NewSeparator(),
		container.NewBorder(nil, nil, nil, container.NewHBox(b.data, widget.NewSeparator(), b.model), b.room))
	b.update(studio.DataChanged)
	b.update(studio.ModelChanged)
	return b
}

// notice shows a sentence for a while.
func (b *statusBar) notice(text string) {
	b.text.SetText(text)
	b.noticed++
	mine := b.noticed
	time.AfterFunc(noticeTime, func() {
		b.studio.Do(func() {
			if b.noticed == mine {
				b.text.SetText("")
			}
		})
	})
}

func (b *statusBar) update(c studio.Change) {
	switch c {
	case studio.JobsChanged:
		b.showJobs()
	case studio.DataChanged:
		text := "No dataset open"
		if d := b.studio.Data(); d != nil {
			text = fmt.Sprintf("%s: %s + %s", d.Name, nn.Thousands(int64(d.Train.Len())), nn.Thousands(int64(d.Test.Len())))
		}
		b.data.SetText(text)
	case studio.ModelChanged:
		text := "No model yet"
		if m := b.studio.Model(); m != nil {
			text = "Model: " + m.Name
		}
		b.model.SetText(text)
	}
}

func (b *statusBar) showJobs() {
	jobs := b.studio.Jobs()
	if len(jobs) == 0 {
		b.running.Hide()
		b.room.Refresh()
		return
	}
	title := jobs[0].Title
	if len(jobs) > 1 {
		title += fmt.Sprintf(" and %d more", len(jobs)-1)
	}
	b.job.SetText(title)
	current, total := jobs[0].Progress()
	b.progress.Hidden = total <= 0
	if total > 0 {
		b.progress.SetValue(float64(current) / float64(total))
	}
	b.running.Show()
	b.room.Refresh()
}

// statusLayout gives what runs the room that it asks for, as far as there is
// some, and the notice the rest.
type statusLayout struct{ bar *statusBar }

// MinSize implements fyne.Layout.
func (l *statusLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().Max(objects[1].MinSize())
}

// Layout implements fyne.Layout.
func (l *statusLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	running, text := objects[0], objects[1]
	var used float32
	if running.Visible() {
		job := l.bar.job
		whole := widget.NewLabel(job.Text).MinSize().Width + theme.Padding() // a text that just fits is shortened
		used = min(size.Width, running.MinSize().Width-job.MinSize().Width+whole)
	}
	running.Resize(fyne.NewSize(used, size.Height))
	text.Move(fyne.NewPos(used, 0))
	text.Resize(fyne.NewSize(size.Width-used, size.Height))
}
