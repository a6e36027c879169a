// Package train is the tab in which a network is put together, trained and
// compared with earlier runs.
package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"atelier/app/figures"
	"atelier/app/studio"
	"atelier/app/widgets"
	"atelier/ml/engine"
	mlfigures "atelier/ml/figures"
	"atelier/ml/fit"
	"atelier/ml/nn"
)

// keySetup holds what was last edited, as JSON.
const keySetup = "train.setup"

// Tab is the Train tab.
type Tab struct {
	studio  *studio.Studio
	window  fyne.Window
	edit    *editor
	session *session

	content            fyne.CanvasObject
	sections           *container.AppTabs
	curvesTab, runsTab *container.TabItem
	lessonTab          *container.TabItem
	panel              *controlPanel
	curves             *curvesView
	layers             *layersSection
	recipe             *recipeSection
	runs               *runsSection
	lesson             *lessonSection
	timing             timing
	away               bool // another program is in front
	behind             bool // another tab is in front
	offered            bool // to go on with an interrupted run
}

// New returns the tab. It registers what keeps a run from being lost when the
// window closes.
func New(s *studio.Studio, w fyne.Window) *Tab {
	t := &Tab{studio: s, window: w}
	t.edit = newEditor(t.firstSetup())
	t.session = newSession(s, t.drawRun)
	t.panel = newControlPanel(panelActions{
		Preset: t.usePreset,
		Recipe: func(r fit.Recipe, field string) { t.edit.SetRecipe(r, tagOf("recipe", field)) },
		Train:  t.Train,
		Pause:  t.PauseOrGoOn,
		Step:   t.session.StepOnce,
		Stop:   t.session.Stop,
		Cancel: t.session.Discard,
	})
	t.curves = newCurvesView(s, t.saveFigure)
	t.layers = newLayersSection(t)
	t.recipe = newRecipeSection(t)
	t.runs = newRunsSection(t)
	t.lesson = newLessonSection(t)

	t.curvesTab = widgets.NewTab("Curves", theme.MediaVideoIcon(), t.curves.content)
	t.runsTab = widgets.NewTab("Runs", theme.HistoryIcon(), t.runs.content)
	t.lessonTab = widgets.NewTab("Lesson", theme.HelpIcon(), t.lesson.content)
	t.sections = container.NewAppTabs(
		t.curvesTab,
		widgets.NewTab("Layers", theme.ListIcon(), t.layers.content),
		widgets.NewTab("Recipe", theme.DocumentIcon(), t.recipe.content),
		t.runsTab,
		t.lessonTab,
	)
	t.sections.OnSelected = func(item *container.TabItem) {
		t.showCurves()
		if item == t.lessonTab {
			t.lesson.list.Choose(t.lesson.at)
			t.lesson.run()
		}
	}
	split := container.NewHSplit(t.panel.content, t.sections)
	split.Offset = 0.265
	t.content = split

	t.edit.OnChange(t.setupChanged)
	s.Subscribe(func(c studio.Change) {
		switch c {
		case studio.DataChanged:
			t.dataChanged()
			t.runs.load()
		case studio.RunsChanged:
			t.runs.load()
		}
	})
	life := fyne.CurrentApp().Lifecycle()
	life.SetOnEnteredForeground(func() { t.away = false })
	life.SetOnExitedForeground(func() { t.away = true })
	t.dataChanged()
	t.setupChanged()
	t.drawRun(t.session.View())()
	return t
}

// Content returns what the tab shows.
func (t *Tab) Content() fyne.CanvasObject { return t.content }

// Shown and Hidden are called when the tab comes to the front and leaves it.
func (t *Tab) Shown() { t.setFront(true) }

// Hidden is the reverse of Shown.
func (t *Tab) Hidden() { t.setFront(false) }

func (t *Tab) setFront(front bool) {
	t.behind = !front
	t.showCurves()
}

// entries are where the keyboard enters the sections.
func (t *Tab) entries() []fyne.Focusable {
	return []fyne.Focusable{t.curves.loss, t.layers.cards, t.recipe.forms[0].cells[0].focusable(), t.runs.list, t.lesson.list}
}

// showCurves draws the curves only while they are in sight.
func (t *Tab) showCurves() {
	t.curves.setHidden(t.behind || t.sections.Selected() != t.curvesTab)
}

// firstSetup is what was edited last time, or the article's.
func (t *Tab) firstSetup() setup {
	first := articleSetup(nn.Shape{H: 28, W: 28, C: 1}, 10)
	var stored setup
	if err := json.Unmarshal([]byte(t.studio.Settings().String(keySetup)), &stored); err != nil || len(stored.Network.Layers) == 0 {
		return first
	}
	if stored.Recipe.Validate() != nil {
		stored.Recipe = first.Recipe
	}
	return stored
}

func (t *Tab) usePreset(p nn.Preset) {
	in, classes := t.shape()
	n := p.Build(in, classes)
	if !n.Equal(t.edit.Setup().Network) {
		t.edit.SetNetwork(n)
	}
}

// shape is the size of the pictures and the number of classes to be told apart.
func (t *Tab) shape() (nn.Shape, int) {
	if d := t.studio.Data(); d != nil {
		return dataShape(d), len(d.Classes)
	}
	return nn.Shape{H: 28, W: 28, C: 1}, 10
}

func (t *Tab) dataChanged() {
	d := t.studio.Data()
	if d == nil {
		t.setupChanged()
		return
	}
	s := t.edit.Setup()
	if n := fitted(s.Network, d); !n.Equal(s.Network) {
		t.edit.SetNetwork(n)
		return
	}
	t.setupChanged()
}

// check returns the steps of a network and what keeps it from being trained on
// the open dataset.
func (t *Tab) check(n nn.Network) ([]nn.Step, *nn.LayerError) {
	steps, err := n.Walk()
	if err == nil {
		var classes int
		if classes, err = n.Classes(); err == nil {
			if _, want := t.shape(); classes != want {
				last := steps[len(steps)-1]
				err = &nn.LayerError{
					Index: last.Index, Name: last.Name,
					Reason: fmt.Sprintf("it tells %d classes apart, but the dataset has %d: set its units to %d", classes, want, want),
				}
			}
		}
	}
	var problem *nn.LayerError
	if err != nil && !errors.As(err, &problem) {
		problem = &nn.LayerError{Index: -1, Reason: err.Error()}
	}
	return steps, problem
}

// problem says in words why the setup cannot be trained, or "".
func (t *Tab) problem() string {
	s := t.edit.Setup()
	if _, problem := t.check(s.Network); problem != nil {
		return problem.Error()
	}
	if err := s.Recipe.Validate(); err != nil {
		return err.Error()
	}
	if t.studio.Data() == nil {
		return "The pictures are still being opened."
	}
	return tooLarge(memoryOf(s), engine.AvailableMemory())
}

// memoryOf estimates what a setup takes while training, in bytes.
func memoryOf(s setup) int64 {
	bytes, err := s.Network.Memory(s.Recipe.Batch)
	if err != nil {
		return 0
	}
	return bytes
}

func (t *Tab) setupChanged() {
	s := t.edit.Setup()
	if text, err := json.Marshal(s); err == nil {
		t.studio.Settings().SetString(keySetup, string(text))
	}
	t.panel.showSetup(s, t.estimate(), t.problem())
	t.layers.show()
	t.recipe.show(s.Recipe)
	t.lesson.update()
	t.probeSoon()
}

// estimate says how large the network is and how long it takes.
func (t *Tab) estimate() string {
	s := t.edit.Setup()
	counts, err := s.Network.Counts()
	if err != nil {
		return ""
	}
	text := nn.Thousands(int64(counts.Total)) + " parameters"
	if flops, err := s.Network.FLOPs(); err == nil {
		text += fmt.Sprintf(" · %s a picture", inFLOPs(flops))
	}
	if bytes := memoryOf(s); bytes > 0 {
		text += " · about " + inBytes(bytes) + " while training"
	}
	if took, ok := t.timing.of(t.timingKey()); ok {
		text += fmt.Sprintf(" · an epoch takes %s (measured)", inTime(max(took.Epoch, time.Second/10)))
	}
	return text
}

func inFLOPs(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GFLOP", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MFLOP", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kFLOP", float64(n)/1e3)
}

func inBytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f kB", float64(n)/(1<<10))
}

// timing remembers how long an epoch of a setup takes.
type timing struct {
	mu       sync.Mutex
	key      string
	measured fit.Timing
	timer    *time.Timer
}

func (m *timing) of(key string) (fit.Timing, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.measured, m.key == key && key != ""
}

// timingKey names everything that the time of an epoch depends on.
func (t *Tab) timingKey() string {
	d := t.studio.Data()
	if d == nil {
		return ""
	}
	s := t.edit.Setup()
	r := fit.Recipe{Batch: s.Recipe.Batch, Validation: s.Recipe.Validation, Share: s.Recipe.Share, Augment: s.Recipe.Augment, Optimizer: s.Recipe.Optimizer}
	text, err := json.Marshal(setup{s.Network, r})
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%p %d %s", d, t.threads(), text)
}

// probeDelay is how long the setup must rest before its speed is measured.
const probeDelay = 1200 * time.Millisecond

// probeSoon measures how long an epoch takes, once the setup has stopped
// changing and while nothing is trained.
func (t *Tab) probeSoon() {
	t.timing.mu.Lock()
	defer t.timing.mu.Unlock()
	if t.timing.timer != nil {
		t.timing.timer.Stop()
	}
	t.timing.timer = time.AfterFunc(probeDelay, func() { t.studio.Do(t.probe) })
}

func (t *Tab) probe() {
	key := t.timingKey()
	if _, known := t.timing.of(key); known || key == "" || t.problem() != "" || t.session.View().running() {
		return
	}
	if !worthProbing(memoryOf(t.edit.Setup()), engine.AvailableMemory()) {
		return
	}
	job := t.job()
	t.studio.Go("train.probe", "Measuring the speed", func(ctx context.Context, _ func(int64, int64)) error {
		measured, err := fit.Probe(ctx, job)
		if err != nil {
			return err
		}
		t.studio.Do(func() {
			t.timing.mu.Lock()
			t.timing.key, t.timing.measured = key, measured
			t.timing.mu.Unlock()
			t.panel.showSetup(t.edit.Setup(), t.estimate(), t.problem())
			t.layers.show()
		})
		return nil
	})
}

// keyThreads is the number of threads to train with; 0 means one for each core.
const keyThreads = "train.threads"

func (t *Tab) threads() int {
	n := t.studio.Settings().Int(keyThreads)
	if n <= 0 || n > 4*runtime.NumCPU() {
		return 0
	}
	return n
}

// options let the window go before the training where both want the processor.
func (t *Tab) options() engine.Options {
	return engine.Options{Threads: t.threads(), Background: true}
}

// job is the run that Train would start.
func (t *Tab) job() fit.Job {
	s := t.edit.Setup()
	j := fit.Job{Name: freeName(networkTitle(s.Network), t.runs.all), Network: s.Network, Recipe: s.Recipe, Data: t.studio.Data()}
	j.Options = t.options()
	return j
}

// Train starts a run of what is set up.
func (t *Tab) Train() {
	if problem := t.problem(); problem != "" {
		t.studio.Report("Training", errors.New(problem))
		return
	}
	t.start(t.job())
}

func (t *Tab) start(job fit.Job) {
	for _, j := range t.studio.Jobs() {
		if j.Key == "train.probe" || j.Key == "train.rate" {
			j.Cancel()
		}
	}
	if err := t.session.Start(job); err != nil {
		t.studio.Report("Training", err)
		return
	}
	if t.sections.Selected() != t.lessonTab { // the lesson shows the run itself
		t.sections.Select(t.curvesTab)
	}
}

// PauseOrGoOn pauses the run or lets it go on.
func (t *Tab) PauseOrGoOn() {
	if p := t.session.View().Phase; p == paused || p == pausing {
		t.session.Resume()
	} else {
		t.session.Pause()
	}
}

// drawRun draws how the run stands, beside the window's thread. The returned
// function shows it there, all at once: each new picture of the window takes some
// of the processor from the training.
func (t *Tab) drawRun(v liveView) (show func()) {
	curves := t.curves.draw(v)
	return func() {
		curves()
		t.showRun(v)
	}
}

// showRun shows how the run stands, but for the curves.
func (t *Tab) showRun(v liveView) {
	memory := ""
	if v.running() {
		memory = inBytes(residentMemory()) + " of memory"
	}
	ended := v.Phase == ended && t.panel.phase != v.Phase
	t.panel.showRun(v, memory)
	t.lesson.runChanged(v)
	t.runs.follow(v.Run.ID)
	if ended {
		if v.Run.Status == fit.StatusDiscarded {
			t.runs.discarded(v.Run.ID)
		}
		t.notifyEnd(v)
	}
}

// notifyEnd tells of the end of a run, on the desktop when the window is not in
// front.
func (t *Tab) notifyEnd(v liveView) {
	text := statusText(v)
	t.studio.Notify("%s: %s", v.Run.Name, text)
	if t.away {
		// The desktop may take its time or never answer.
		go fyne.CurrentApp().SendNotification(fyne.NewNotification("Training has ended", text))
	}
}

func (t *Tab) saveFigure(f mlfigures.Figure, name string) {
	figures.AskToSave(t.studio, t.window, f, name)
}

// undo takes back the last change of the setup or, among the runs, the last
// deletion.
func (t *Tab) undo() {
	if t.undeletes() {
		t.runs.restore()
		return
	}
	t.edit.Undo()
}

func (t *Tab) undeletes() bool {
	return t.sections.Selected() == t.runsTab && len(t.runs.deleted) > 0
}

// Commands returns what the menus offer for this tab.
func (t *Tab) Commands() []widgets.Command {
	running := func() bool { return t.session.View().running() }
	layerSelected := func() bool { return t.edit.Selected() >= 0 }
	shown := func(do func()) func() {
		return func() {
			t.studio.Show(studio.Train)
			do()
		}
	}
	altKey := func(key fyne.KeyName) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierAlt}
	}
	commands := []widgets.Command{
		{
			Menu: widgets.RunMenu, Section: "run", Label: "Train", Icon: theme.MediaPlayIcon(), Shortcut: widgets.Ctrl(fyne.KeyR),
			Enabled: func() bool { return !running() && t.problem() == "" }, Run: shown(t.Train),
		},
		{
			Menu: widgets.RunMenu, Section: "run", Label: "Pause or go on", Icon: theme.MediaPauseIcon(), Shortcut: widgets.Ctrl(fyne.KeyP),
			Enabled: running, Run: t.PauseOrGoOn,
		},
		{
			Menu: widgets.RunMenu, Section: "run", Label: "Train one batch", Icon: theme.MediaSkipNextIcon(), Shortcut: widgets.CtrlShift(fyne.KeyP),
			Enabled: running, Run: t.session.StepOnce,
		},
		{
			Menu: widgets.RunMenu, Section: "run", Label: "Stop and keep the run", Icon: theme.MediaStopIcon(), Shortcut: widgets.CtrlShift(fyne.KeyR),
			Enabled: running, Run: t.session.Stop,
		},
		{
			Menu: widgets.RunMenu, Section: "run", Label: "Stop and discard the run",
			Enabled: running, Run: t.session.Discard,
		},
		{
			Menu: widgets.EditMenu, Section: "undo", Label: "Undo", Icon: theme.ContentUndoIcon(), Shortcut: widgets.Ctrl(fyne.KeyZ),
			Enabled: func() bool { return t.edit.CanUndo() || t.undeletes() }, Run: t.undo,
		},
		{
			Menu: widgets.EditMenu, Section: "undo", Label: "Redo", Icon: theme.ContentRedoIcon(), Shortcut: &fyne.ShortcutRedo{},
			Enabled: t.edit.CanRedo, Run: t.edit.Redo,
		},
		{Menu: widgets.EditMenu, Section: "layer", Label: "Add a layer", Submenu: t.layers.additions},
		{
			Menu: widgets.EditMenu, Section: "layer", Label: "Remove the layer",
			Enabled: layerSelected, Run: func() { t.edit.Remove(t.edit.Selected()) },
		},
		{
			Menu: widgets.EditMenu, Section: "layer", Label: "Move the layer up", Shortcut: altKey(fyne.KeyUp),
			Enabled: layerSelected, Run: func() { t.edit.Move(t.edit.Selected(), t.edit.Selected()-1) },
		},
		{
			Menu: widgets.EditMenu, Section: "layer", Label: "Move the layer down", Shortcut: altKey(fyne.KeyDown),
			Enabled: layerSelected, Run: func() { t.edit.Move(t.edit.Selected(), t.edit.Selected()+1) },
		},
		{
			Menu: widgets.EditMenu, Section: "layer", Label: "Duplicate the layer", Shortcut: widgets.Ctrl(fyne.KeyD),
			Enabled: layerSelected, Run: func() { t.edit.Duplicate(t.edit.Selected()) },
		},
	}
	keys := []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6}
	for i, item := range t.sections.Items {
		commands = append(commands, widgets.Command{
			Menu: widgets.ViewMenu, Section: "train", Label: "Train: " + item.Text, Shortcut: altKey(keys[i]),
			Run: shown(func() {
				t.sections.SelectIndex(i)
				t.window.Canvas().Focus(t.entries()[i])
			}),
		})
	}
	return commands
}
