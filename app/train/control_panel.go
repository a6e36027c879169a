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
	help      *helpLine
	train     *widget.Button
	pause     *widget.Button
	step      *widget.Button
	stop      *widget.Button
	epochBar  *widget.ProgressBar
	runBar    *widget.ProgressBar
	status    *widget.Label
	speed     *widget.Label
	phase     phase
	canTrain  string // why not, or ""
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
	p.counts.Importance = widget.LowImportance

	p.quick = newForm(quickFields(), 2)
	p.help = newHelpLine("Point at a field and it explains itself.")
	p.help.label.SizeName = theme.SizeNameCaptionText
	p.quick.OnHelp = p.help.Tell
	p.quick.OnEdit = do.Recipe

	p.train = widget.NewButtonWithIcon("Train", theme.MediaPlayIcon(), do.Train)
	p.train.Importance = widget.HighImportance
	p.pause = widget.NewButtonWithIcon("Pause", theme.MediaPauseIcon(), do.Pause)
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
	p.speed.Importance = widget.LowImportance

	network := widgets.NewPanel("Network", container.NewVBox(p.preset, p.teaches, p.counts))
	recipe := widgets.NewPanel("Recipe", p.quick.box)
	buttons := container.NewVBox(p.train, container.NewGridWithColumns(3, p.pause, p.step, p.stop))
	progress := widgets.NewPanel("Progress", container.NewVBox(p.status, p.epochBar, p.runBar, p.speed))
	p.content = container.NewVScroll(container.NewVBox(network, recipe, buttons, progress, p.help.label))
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
	p.counts.Importance = widget.LowImportance
	p.counts.SetText(estimate)
	if problem != "" {
		p.counts.Importance = widget.DangerImportance
		p.counts.SetText(problem)
	}
	p.quick.Show(s.Recipe)
	p.canTrain = problem
	p.enable()
}

// showRun brings buttons and progress in line with the run.
func (p *controlPanel) showRun(v liveView, memory string) {
	p.phase = v.Phase
	p.enable()
	p.status.SetText(statusText(v))
	p.epochText, p.runText = epochText(v), runText(v)
	p.epochBar.SetValue(v.Progress.Epoch)
	p.runBar.SetValue(v.Progress.Run)
	p.epochBar.Refresh()
	p.runBar.Refresh()
	text := ""
	if v.running() && v.Progress.ImagesPerSecond > 0 {
		text = fmt.Sprintf("%s pictures a second", nn.Thousands(int64(v.Progress.ImagesPerSecond)))
		if memory != "" {
			text += " · " + memory
		}
	}
	if text != p.speed.Text {
		p.speed.SetText(text)
	}
}

func (p *controlPanel) enable() {
	running := p.phase != idle && p.phase != ended
	steerable := running && p.phase != stopping && p.phase != preparing
	widgets.SetEnabled(p.train, !running && p.canTrain == "")
	widgets.SetEnabled(p.pause, steerable)
	widgets.SetEnabled(p.step, steerable)
	widgets.SetEnabled(p.stop, running && p.phase != stopping)
	text, icon := "Pause", theme.MediaPauseIcon()
	if p.phase == paused {
		text, icon = "Go on", theme.MediaPlayIcon()
	}
	if p.pause.Text != text {
		p.pause.SetText(text)
		p.pause.SetIcon(icon)
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

func epochText(v liveView) string {
	if v.Phase == idle || v.Phase == preparing {
		return "Epoch"
	}
	text := fmt.Sprintf("Epoch %d · %.0f %%", max(1, v.Epoch), 100*v.Progress.Epoch)
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
