package train

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/figures"
	"atelier/app/look"
	"atelier/app/widgets"
	mlfigures "atelier/ml/figures"
)

// keyLesson is the step of the lesson that was shown last.
const keyLesson = "train.lesson"

// lessonSection walks through the article's steps.
type lessonSection struct {
	tab     *Tab
	content fyne.CanvasObject
	steps   []lessonStep
	at      int

	list    *widgets.ChoiceList
	title   *widget.Label
	about   *widget.Label
	code    *widget.Label
	result  *widget.Label
	picture *widgets.Picture
	figure  *figures.View
	action  *widget.Button
	back    *widget.Button
	next    *widget.Button
	page    *widgets.KeyScroll
	cancel  context.CancelFunc
	runs    int
}

func newLessonSection(t *Tab) *lessonSection {
	s := &lessonSection{tab: t, steps: lessonSteps()}
	s.at = min(max(0, t.studio.Settings().Int(keyLesson)), len(s.steps)-1)
	s.list = widgets.NewChoiceList(
		func() int { return len(s.steps) },
		func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i int, o fyne.CanvasObject) {
			o.(*widget.Label).SetText(fmt.Sprintf("%d. %s", i+1, s.steps[i].Title))
		},
	)
	s.list.OnChosen = s.open
	s.title = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	s.title.SizeName = theme.SizeNameSubHeadingText
	s.about = widget.NewLabel("")
	s.about.Wrapping = fyne.TextWrapWord
	mono := func() *widget.Label {
		l := widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Monospace: true})
		l.SizeName = look.SizeNameLog
		l.Selectable = true
		return l
	}
	s.code, s.result = mono(), mono()
	s.code.Wrapping = fyne.TextWrapWord
	s.picture = widgets.NewPicture(140)
	s.figure = figures.NewView(fyne.NewSize(320, 200))
	s.figure.OnSave = func(f mlfigures.Figure) { t.saveFigure(f, s.steps[s.at].Title) }
	s.action = widget.NewButton("", func() {
		if a := s.steps[s.at].Action; a != nil {
			a.Do(t)
			s.run()
		}
	})
	s.action.Importance = widget.HighImportance
	s.back = widget.NewButtonWithIcon("Back", theme.NavigateBackIcon(), func() { s.list.Choose(s.at - 1) })
	s.next = widget.NewButtonWithIcon("Next", theme.NavigateNextIcon(), func() { s.list.Choose(s.at + 1) })
	s.next.IconPlacement = widget.ButtonIconTrailingText

	result := widgets.NewPanel("Result", container.NewVBox(s.picture, atLeast(0, 18, s.figure), container.NewHScroll(s.result)))
	s.page = widgets.NewKeyScroll(container.NewVBox(s.title, s.about,
		widgets.NewPanel("In Keras", s.code), s.action, result))
	buttons := widgets.NewBorder(nil, nil, s.back, s.next)
	split := container.NewHSplit(s.list, widgets.NewBorder(nil, buttons, nil, nil, s.page))
	split.Offset = 0.25
	s.content = split
	s.update()
	return s
}

// open shows a step.
func (s *lessonSection) open(i int) {
	s.at = i
	s.tab.studio.Settings().SetInt(keyLesson, i)
	s.update()
	s.page.ScrollToTop()
	s.run()
}

// update shows what a step says before its result is there.
func (s *lessonSection) update() {
	step := s.steps[s.at]
	s.title.SetText(fmt.Sprintf("%d. %s", s.at+1, step.Title))
	s.about.SetText(step.About)
	s.code.SetText(strings.Join(step.Keras(s.input()), "\n"))
	widgets.SetVisible(s.action, step.Action != nil)
	if step.Action != nil {
		s.action.SetText(step.Action.Label)
	}
	widgets.SetEnabled(s.back, s.at > 0)
	widgets.SetEnabled(s.next, s.at < len(s.steps)-1)
}

func (s *lessonSection) input() lessonInput {
	in := lessonInput{Data: s.tab.studio.Data(), Setup: s.tab.edit.Setup(), Live: s.tab.session.View()}
	if m := s.tab.studio.Model(); m != nil {
		in.Model = m.Model
	}
	return in
}

// run does the step off the window's thread and shows what comes out.
func (s *lessonSection) run() {
	if s.cancel != nil {
		s.cancel()
	}
	s.runs++
	id, step, in := s.runs, s.steps[s.at], s.input()
	if in.Data == nil {
		s.showResult(lessonResult{Text: "The pictures are still being opened."})
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() {
		defer cancel()
		result, err := step.Run(ctx, in)
		s.tab.studio.Do(func() {
			if id != s.runs {
				return // another step is shown by now
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				result = lessonResult{Text: err.Error()}
			}
			s.showResult(result)
		})
	}()
}

func (s *lessonSection) showResult(r lessonResult) {
	s.setText(r.Text)
	widgets.SetVisible(s.result, r.Text != "")
	s.picture.SetImage(r.Picture)
	widgets.SetVisible(s.picture, r.Picture != nil)
	s.figure.SetFigure(r.Figure)
	widgets.SetVisible(s.figure, r.Figure != nil)
	s.content.Refresh()
}

// runChanged follows a run while the lesson shows it.
func (s *lessonSection) runChanged(v liveView) {
	if !s.content.Visible() || !s.steps[s.at].Follows || v.Phase == idle {
		return
	}
	if text := wholeLog(v); text != s.result.Text {
		s.setText(text)
	}
}

// setText shows the text of a result, smaller where its lines would be longer than
// the page is wide.
func (s *lessonSection) setText(text string) {
	size := look.SizeNameLog
	room := s.page.Size().Width - 6*theme.InnerPadding()
	for line := range strings.Lines(text) {
		if room > 0 && fyne.MeasureText(strings.TrimRight(line, "\n"), theme.Size(size), s.result.TextStyle).Width > room {
			size = look.SizeNameWideLog
			break
		}
	}
	s.result.SizeName = size
	s.result.SetText(text)
}

// wholeLog is the log with what is still changing.
func wholeLog(v liveView) string {
	finished, running := logText(v)
	return strings.TrimSpace(finished + "\n" + running)
}
