package train

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"atelier/app/widgets"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// controlPanel is the left side of the tab: what will be trained, the buttons
// that steer the run, and how far it is.
type controlPanel struct {
	content fyne.CanvasObject

	preset    *widget.Select
	teaches   *widget.Label
	counts    *widget.Label
	quick     *form[fit.Recipe]
	play      *widget.Button // trains, pauses or goes on
	step      *widget.Button
	stop      *widget.Button
	epochBar  *widget.ProgressBar
	runBar    *widget.ProgressBar
	status    *widget.Label
	speed     *widget.Label
	phase     phase
	estimate  string
	canTrain  string // why the setup cannot be trained, or ""
	wrong     string // what is wrong with what is being typed, or ""
	epochText string
	runText   string
	quiet     bool
}

// quickFields are the settings that most runs differ in.
func quickFields() []recipeField {
	return []recipeField{epochsField(), batchField(), optimizerField(), rateField(), validationField(), seedField()}
}

// panelActions are what the panel asks for.
type panelActions struct {
	Preset                           func(nn.Preset)
	Recipe                           func(fit.Recipe, string)
	Train, Pause, Step, Stop, Cancel func()
}

func newControlPanel(do panelActions) *controlPanel {
	p := &controlPanel{}
	titles := make([]string, 0, len(nn.Presets()))
	for _, preset := range nn.Presets() {
		titles = append(titles, preset.Title)
	}
	p.preset = widget.NewSelect(titles, nil)
	p.preset.PlaceHolder = inWords(ownName)
	p.preset.OnChanged = func(string) {
		if i := p.preset.SelectedIndex(); i >= 0 && !p.quiet {
			do.Preset(nn.Presets()[i])
		}
	}
	p.teaches = wrapped("")
	p.counts = wrapped("")

	p.quick = newForm(quickFields(), 2)
	p.quick.OnHelp = func(text string, wrong bool) {
		p.wrong = ""
		if wrong {
			p.wrong = text
		}
		p.showNote()
	}
	p.quick.OnEdit = do.Recipe

	p.play = widget.NewButtonWithIcon("Train", theme.MediaPlayIcon(), func() {
		if p.phase == idle || p.phase == ended {
			do.Train()
		} else {
			do.Pause()
		}
	})
	p.play.Importance = widget.HighImportance
	p.step = widget.NewButtonWithIcon("Step", theme.MediaSkipNextIcon(), do.Step)
	p.stop = widget.NewButtonWithIcon("Stop…", theme.MediaStopIcon(), nil)
	p.stop.OnTapped = func() {
		widgets.PopUpBelow(p.stop,
			fyne.NewMenuItem("Stop and keep the run", do.Stop),
			fyne.NewMenuItem("Stop and discard it", do.Cancel))
	}

	p.epochBar, p.runBar = widget.NewProgressBar(), widget.NewProgressBar()
	p.epochBar.TextFormatter = func() string { return p.epochText }
	p.runBar.TextFormatter = func() string { return p.runText }
	p.status, p.speed = wrapped(""), wrapped("")
	p.speed.Hide()

	network := widgets.NewPanel("Network", container.NewVBox(p.preset, p.teaches, p.counts))
	recipe := widgets.NewPanel("Recipe", p.quick.box)
	buttons := widgets.NewBorder(nil, nil, nil, container.NewHBox(p.step, p.stop), p.play)
	progress := widgets.NewPanel("Progress", container.NewVBox(p.status, p.epochBar, p.runBar, p.speed))
	// What steers the run and tells how far it is stays in sight.
	p.content = widgets.NewBorder(nil, widgets.BesideScrollBar(container.NewVBox(buttons, progress)), nil, nil,
		widgets.NewVScroll(container.NewVBox(network, recipe)))
	return p
}

func wrapped(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	l.SizeName = theme.SizeNameCaptionText
	return l
}

// showSetup brings the panel in line with what is edited. Problem says in words
// why it cannot be trained, or is "".
func (p *controlPanel) showSetup(s setup, estimate, problem string) {
	p.quiet = true
	defer func() { p.quiet = false }()
	if preset, ok := presetOf(s.Network); ok {
		p.preset.SetSelected(preset.Title)
		p.teaches.SetText(preset.Teaches)
	} else {
		p.preset.ClearSelected()
		p.teaches.SetText("A network of your own: see Layers.")
	}
	p.estimate, p.canTrain = estimate, problem
	p.showNote()
	p.quick.Show(s.Recipe)
	p.enable()
}

// showNote says what is wrong, or else how large the network is.
func (p *controlPanel) showNote() {
	text, importance := p.estimate, widget.MediumImportance
	for _, wrong := range []string{p.canTrain, p.wrong} {
		if wrong != "" {
			text, importance = wrong, widget.DangerImportance
		}
	}
	if text != p.counts.Text || importance != p.counts.Importance {
		p.counts.Importance = importance
		p.counts.SetText(text)
	}
}

// showRun brings buttons and progress in line with the run.
func (p *controlPanel) showRun(v liveView, memory string) {
	p.phase = v.Phase
	p.enable()
	if text := statusText(v); text != p.status.Text {
		p.status.SetText(text)
	}
	p.epochText, p.runText = epochText(v), runText(v)
	p.epochBar.SetValue(epochShare(v)) // refreshes the text, too
	p.runBar.SetValue(v.Progress.Run)
	text := ""
	if v.running() && v.Progress.ImagesPerSecond > 0 {
		text = fmt.Sprintf("%s pictures a second", nn.Thousands(int64(v.Progress.ImagesPerSecond)))
		if memory != "" {
			text += " · " + memory
		}
	}
	if text != p.speed.Text {
		p.speed.SetText(text)
		widgets.SetVisible(p.speed, text != "")
	}
}

func (p *controlPanel) enable() {
	running := p.phase != idle && p.phase != ended
	steerable := running && p.phase != stopping && p.phase != preparing
	widgets.SetEnabled(p.play, steerable || !running && p.canTrain == "")
	widgets.SetEnabled(p.step, steerable)
	widgets.SetEnabled(p.stop, running && p.phase != stopping)
	text, icon := "Train", theme.MediaPlayIcon()
	switch {
	case p.phase == paused || p.phase == pausing:
		text = "Go on"
	case running:
		text, icon = "Pause", theme.MediaPauseIcon()
	}
	if p.play.Text != text {
		p.play.SetText(text)
		p.play.SetIcon(icon)
	}
}

// statusText says in a sentence what the run is doing.
func statusText(v liveView) string {
	switch v.Phase {
	case preparing:
		return "Preparing…"
	case training:
		return fmt.Sprintf("Epoch %d of %d: learning, batch %d of %d.", max(1, v.Epoch), v.Run.Recipe.Epochs, v.Batch, v.Batches)
	case validating:
		return fmt.Sprintf("Epoch %d of %d: judging the validation pictures.", v.Epoch, v.Run.Recipe.Epochs)
	case pausing:
		return "Pausing after this batch…"
	case paused:
		return fmt.Sprintf("Paused in epoch %d after batch %d. Everything is saved.", max(1, v.Epoch), v.Batch)
	case stopping:
		return "Stopping after this batch…"
	case ended:
		if v.Err != nil {
			return v.Err.Error()
		}
		return endLine(v.Run)
	}
	return "Nothing is being trained."
}

// epochShare is how much of the epoch is done. A finished run has begun no
// other.
func epochShare(v liveView) float64 {
	if v.Phase == ended && v.Progress.Run >= 1 {
		return 1
	}
	return v.Progress.Epoch
}

func epochText(v liveView) string {
	if v.Phase == idle || v.Phase == preparing {
		return "Epoch"
	}
	text := fmt.Sprintf("Epoch %d · %.0f %%", max(1, v.Epoch), 100*epochShare(v))
	if left := inTime(v.Progress.EpochLeft); v.running() && left != "" {
		text += " · " + left + " left"
	}
	return text
}

func runText(v liveView) string {
	if v.Phase == idle || v.Phase == preparing {
		return "Whole run"
	}
	text := fmt.Sprintf("Run %.0f %%", 100*v.Progress.Run)
	if left := inTime(v.Progress.RunLeft); v.running() && left != "" {
		return text + " · " + left + " left"
	}
	if !v.running() && v.Progress.Elapsed > 0 {
		text += " · took " + inTime(v.Progress.Elapsed)
	}
	return text
}
