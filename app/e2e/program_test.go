//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"atelier/ml/fit"
	"atelier/ml/nn"
)

// root is the repository's root, seen from this package.
const root = "../.."

// screen is a virtual screen with a window manager.
type screen struct {
	t       *testing.T
	display string
	shots   string
}

// newScreen starts Xvfb and openbox; both end with the test. Screenshots go to
// $ATELIER_SCREENSHOTS, or to screenshots at the repository's root.
func newScreen(t *testing.T, size string) *screen {
	t.Helper()
	for _, program := range []string{"Xvfb", "openbox", "xdotool", "xclip", "import"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not installed: apt-get install xvfb openbox xdotool xclip imagemagick libgl1-mesa-dri", program)
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", size+"x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{write}
	start(t, x)
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	s := &screen{t: t, display: ":" + strings.TrimSpace(number), shots: os.Getenv("ATELIER_SCREENSHOTS")}
	if s.shots == "" {
		s.shots = filepath.Join(root, "screenshots")
	}
	if err := os.MkdirAll(s.shots, 0o755); err != nil {
		t.Fatal(err)
	}
	start(t, s.command("openbox"))
	time.Sleep(500 * time.Millisecond)
	return s
}

// start starts a command that ends with the test.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

func (s *screen) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display, "LANG=en_US.UTF-8", "LC_ALL=")
	return c
}

// run runs a command on the screen.
func (s *screen) run(name string, args ...string) {
	s.t.Helper()
	if out, err := s.command(name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// key presses keys one after the other, such as "ctrl+2" or "End".
func (s *screen) key(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.run("xdotool", "key", k)
		time.Sleep(60 * time.Millisecond)
	}
}

// typeText types into what has the focus.
func (s *screen) typeText(text string) {
	s.t.Helper()
	s.run("xdotool", "type", "--delay", "30", text)
	time.Sleep(60 * time.Millisecond)
}

// click clicks at a place. The pointer rests before, as a hand does.
func (s *screen) click(x, y int) {
	s.t.Helper()
	s.run("xdotool", "mousemove", strconv.Itoa(x), strconv.Itoa(y), "sleep", "0.2", "click", "1")
	time.Sleep(100 * time.Millisecond)
}

// drag draws a line with the left button down.
func (s *screen) drag(points ...[2]int) {
	s.t.Helper()
	args := []string{"mousemove", strconv.Itoa(points[0][0]), strconv.Itoa(points[0][1]), "sleep", "0.2", "mousedown", "1"}
	for _, p := range points[1:] {
		args = append(args, "sleep", "0.02", "mousemove", strconv.Itoa(p[0]), strconv.Itoa(p[1]))
	}
	s.run("xdotool", append(args, "sleep", "0.1", "mouseup", "1")...)
}

// shot saves what the screen shows.
func (s *screen) shot(name string) {
	s.t.Helper()
	time.Sleep(600 * time.Millisecond)
	s.run("import", "-window", "root", "-strip", filepath.Join(s.shots, name+".png"))
}

// program is the running program and what it has logged.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	home   string
	exited chan struct{}

	mu    sync.Mutex
	log   []entry
	other bytes.Buffer
}

// entry is one line of the program's log.
type entry map[string]any

func (e entry) number(key string) float64 { v, _ := e[key].(float64); return v }
func (e entry) text(key string) string    { v, _ := e[key].(string); return v }

// build builds the program with the given tags.
func build(t *testing.T, tags string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "atelier")
	c := exec.Command("go", "build", "-tags", tags, "-o", out, "./app")
	c.Dir = root
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	return out
}

// launch starts the program with a home of its own and waits for its window.
func (s *screen) launch(binary, home string, env []string, args ...string) *program {
	s.t.Helper()
	p := &program{t: s.t, cmd: s.command(binary, args...), home: home, exited: make(chan struct{})}
	p.cmd.Env = append(p.cmd.Env, "ATELIER_LOG=json", "XDG_DATA_HOME="+filepath.Join(home, "data"), "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "HOME="+home)
	p.cmd.Env = append(p.cmd.Env, env...)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		p.read(stderr)
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	s.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	p.wait("window shown", nil)
	time.Sleep(500 * time.Millisecond)
	return p
}

// prefer writes the settings that the program finds at its start.
func prefer(t *testing.T, home string, settings map[string]any) {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "config/atelier")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// setup returns the setting that makes the program start with a network and a
// recipe of its own.
func setup(t *testing.T, n nn.Network, r fit.Recipe) map[string]any {
	t.Helper()
	text, err := json.Marshal(map[string]any{"network": n, "recipe": r})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"train.setup": string(text)}
}

// read keeps the log; what is not JSON (Fyne's own complaints) is kept apart.
func (p *program) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		p.mu.Lock()
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			p.log = append(p.log, e)
		} else {
			fmt.Fprintln(&p.other, lines.Text())
		}
		p.mu.Unlock()
	}
}

// mark returns the present length of the log, for since.
func (p *program) mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.log)
}

// since returns what was logged after a mark under a message.
func (p *program) since(mark int, msg string) []entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []entry
	for _, e := range p.log[mark:] {
		if e.text("msg") == msg {
			out = append(out, e)
		}
	}
	return out
}

// wait returns the first entry with a message that the condition, if any,
// accepts.
func (p *program) wait(msg string, accept func(entry) bool) entry {
	p.t.Helper()
	return p.waitSince(0, msg, accept)
}

// waitSince is wait for what is logged after a mark. Training may take its
// time.
func (p *program) waitSince(mark int, msg string, accept func(entry) bool) entry {
	p.t.Helper()
	patience := 30 * time.Second
	if msg == "trained" {
		patience = 8 * time.Minute
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, e := range p.since(mark, msg) {
			if accept == nil || accept(e) {
				return e
			}
		}
		select {
		case <-p.exited:
			p.t.Fatalf("the program ended while the test waited for %q:\n%s", msg, p.tail())
		default:
		}
	}
	p.t.Fatalf("waited in vain for %q:\n%s", msg, p.tail())
	return nil
}

// tail returns the end of the log.
func (p *program) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, e := range p.log[max(0, len(p.log)-25):] {
		line, _ := json.Marshal(e)
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.String() + p.other.String()
}

// complaints returns what the program wrote beside its log.
func (p *program) complaints() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.other.String()
}

// Limits of a turn of the window's thread, in milliseconds: what it may compute,
// and how long it may take, time apart in which other programs had the cores.
// The aim is 100 for both, which a quiet machine with two cores keeps to; the
// rest is for the noise of a virtual screen that is drawn by the same cores.
const (
	computingLimit = 100
	turnLimit      = 250
)

// checkTurns prints how long the window's thread took for its longest turn since
// a mark, and fails when that is too long. It returns the mean, in milliseconds.
func (p *program) checkTurns(mark int, doing string) float64 {
	p.t.Helper()
	time.Sleep(2100 * time.Millisecond) // until the next report is in
	var worst entry
	var mean float64
	reports := p.since(mark, "ui")
	if len(reports) == 0 {
		p.t.Fatalf("%s: the window's thread has not reported its turns", doing)
	}
	for _, e := range reports {
		if e.number("worst_ms") > worst.number("worst_ms") {
			worst = e
		}
		mean += e.number("mean_ms") / float64(len(reports))
		if computing := e.number("worst_computing_ms"); computing > computingLimit {
			p.t.Errorf("%s: the window's thread computed for %.1f ms in one turn, more than %d", doing, computing, computingLimit)
		}
	}
	p.t.Logf("%s: the longest turn of the window's thread was %.1f ms (computing %.1f, without a core %.1f), the mean %.2f ms",
		doing, worst.number("worst_ms"), worst.number("worst_computing_ms"), worst.number("worst_ready_ms"), mean)
	if busy := worst.number("worst_ms") - worst.number("worst_ready_ms"); busy > turnLimit {
		p.t.Errorf("%s: the window's thread took %.1f ms for one turn, more than %d", doing, busy, turnLimit)
	}
	return mean
}

// memory returns the program's resident memory in megabytes, now and at most.
func (p *program) memory() (now, peak int) {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kb, _ := strconv.Atoi(fields[1])
		switch fields[0] {
		case "VmRSS:":
			now = kb / 1024
		case "VmHWM:":
			peak = kb / 1024
		}
	}
	return now, peak
}

// end waits until the program has ended by itself.
func (p *program) end() {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(time.Minute):
		p.t.Fatalf("the program does not end:\n%s", p.tail())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("exit status %d:\n%s", code, p.tail())
	}
}
