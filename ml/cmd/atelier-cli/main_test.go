package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"atelier/ml/dataset"
)

// program is the built program.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "atelier-cli-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "atelier-cli")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// result is what one call of the program left behind.
type result struct {
	status         int
	stdout, stderr string
}

// lines decodes standard output as one JSON object a line.
func (r result) lines(t *testing.T) []map[string]any {
	t.Helper()
	var objects []map[string]any
	for line := range strings.Lines(r.stdout) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		objects = append(objects, o)
	}
	if len(objects) == 0 {
		t.Fatalf("nothing on standard output; standard error: %s", r.stderr)
	}
	return objects
}

func (r result) last(t *testing.T) map[string]any {
	t.Helper()
	lines := r.lines(t)
	return lines[len(lines)-1]
}

// command is a call of the program in an environment that knows nothing of this machine's user.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(program, args...)
	home := filepath.Join(t.TempDir(), "home")
	c.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+filepath.Join(home, "data"), dataset.EnvVar+"=")
	return c
}

func finish(t *testing.T, c *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// call runs the program and wants the given exit status.
func call(t *testing.T, status int, args ...string) result {
	t.Helper()
	r := finish(t, command(t, args...))
	if r.status != status {
		t.Fatalf("atelier-cli %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), r.status, status, r.stdout, r.stderr)
	}
	return r
}

// smallData writes a dataset of 500 training and 200 test pictures.
func smallData(t *testing.T) string {
	t.Helper()
	data, err := dataset.Sample()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	part := func(s *dataset.Set, n int) *dataset.Set {
		_, chosen := dataset.Split(s, float64(n)/float64(s.Len()), true, 3)
		return s.Subset(chosen)
	}
	train, test := part(data.Train, 500), part(data.Test, 200)
	for _, f := range []struct {
		name  string
		write func(io.Writer, *dataset.Set) error
		set   *dataset.Set
	}{
		{"train-images-idx3-ubyte", dataset.WriteIDXImages, train},
		{"train-labels-idx1-ubyte", dataset.WriteIDXLabels, train},
		{"t10k-images-idx3-ubyte", dataset.WriteIDXImages, test},
		{"t10k-labels-idx1-ubyte", dataset.WriteIDXLabels, test},
	} {
		var b bytes.Buffer
		if err := f.write(&b, f.set); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, f.name), b.Bytes())
	}
	return dir
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tinyNetwork writes a network that trains in no time and uses dropout and batch normalisation.
func tinyNetwork(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.json")
	write(t, path, []byte(`{"name":"tiny","input":[28,28,1],"layers":[
		{"kind":"batch_normalization"},
		{"kind":"conv2d","filters":4,"kernel":3,"stride":2,"padding":"same","activation":"relu"},
		{"kind":"dropout","rate":0.2},
		{"kind":"flatten"},
		{"kind":"dense","units":10,"activation":"softmax"}]}`))
	return path
}

func wantKeys(t *testing.T, o map[string]any, keys ...string) {
	t.Helper()
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			t.Errorf("there is no %q in %v", k, o)
		}
	}
}

func TestDataTellsWhatIsThere(t *testing.T) {
	dir := smallData(t)
	o := call(t, 0, "data", "--data", dir, "--json").last(t)
	train, _ := o["train"].(map[string]any)
	test, _ := o["test"].(map[string]any)
	if train["count"] != 500.0 || test["count"] != 200.0 || o["dir"] != dir || o["sample"] != false || o["published"] != false {
		t.Errorf("%v", o)
	}
	if files, _ := o["files"].([]any); len(files) != 4 {
		t.Errorf("files: %v", o["files"])
	}
	if text := call(t, 0, "data", "--data", dir).stdout; !strings.Contains(text, "Ankle boot") || !strings.Contains(text, "500 to train, 200 to test") {
		t.Errorf("%s", text)
	}
	c := command(t, "data", "--json")
	c.Env = append(c.Env, dataset.EnvVar+"="+dir)
	if o := finish(t, c).last(t); o["dir"] != dir {
		t.Errorf("%s is not heeded: %v", dataset.EnvVar, o)
	}
	if r := call(t, 1, "data", "--data", filepath.Join(dir, "nothing")); !strings.Contains(r.stderr, "nothing") {
		t.Errorf("%s", r.stderr)
	}
}

func TestTrainThenEvaluate(t *testing.T) {
	data, network, dir := smallData(t), tinyNetwork(t), filepath.Join(t.TempDir(), "run")
	saved := filepath.Join(t.TempDir(), "model.safetensors")
	r := call(t, 0, "train", "--data", data, "--network", network, "--epochs", "3", "--batch", "50", "--lr", "0.05",
		"--optimizer", "sgd", "--momentum", "0.9", "--seed", "4", "--json", "--out", dir, "--save", saved)
	counts := map[string]int{}
	for _, o := range r.lines(t) {
		event, _ := o["event"].(string)
		counts[event]++
		wantKeys(t, o, "epoch", "loss", "accuracy", "images_per_second", "seconds")
		if event != "batch" {
			wantKeys(t, o, "val_loss", "val_accuracy")
		}
	}
	if counts["batch"] != 24 || counts["epoch"] != 3 || counts["finished"] != 1 || len(counts) != 3 {
		t.Errorf("events: %v", counts)
	}
	end := r.last(t)
	if end["event"] != "finished" || end["status"] != "finished" || end["run"] != dir {
		t.Errorf("%v", end)
	}

	for _, model := range []string{dir, saved} {
		o := call(t, 0, "evaluate", "--data", data, "--model", model, "--json").last(t)
		if o["loss"] != end["test_loss"] || o["accuracy"] != end["test_accuracy"] {
			t.Errorf("evaluate %s says %v and %v, train said %v and %v", model, o["loss"], o["accuracy"], end["test_loss"], end["test_accuracy"])
		}
		confusion, _ := o["confusion"].([]any)
		perClass, _ := o["per_class"].([]any)
		if len(confusion) != 10 || len(perClass) != 10 {
			t.Fatalf("%d rows, %d classes", len(confusion), len(perClass))
		}
		total, right := 0.0, 0.0
		for i, row := range confusion {
			for j, n := range row.([]any) {
				total += n.(float64)
				if i == j {
					right += n.(float64)
				}
			}
			wantKeys(t, perClass[i].(map[string]any), "class", "name", "precision", "recall", "f1", "support")
		}
		if total != 200 || right/total != o["accuracy"] {
			t.Errorf("the matrix holds %v pictures, %v of them right, accuracy %v", total, right, o["accuracy"])
		}
	}
	varied := call(t, 0, "evaluate", "--data", data, "--variations", "--json").last(t)
	if refused, ok := varied["refused"].(float64); !ok || refused > 20 || varied["accuracy"].(float64) < .85 {
		t.Errorf("with variations %v of 200 are refused, accuracy %v", varied["refused"], varied["accuracy"])
	}
	for _, name := range []string{"report.html", "report.pdf"} {
		path := filepath.Join(t.TempDir(), name)
		text := call(t, 0, "evaluate", "--data", data, "--model", dir, "--report", path).stdout
		if !strings.Contains(text, "200 test pictures") {
			t.Errorf("%s", text)
		}
		if n := len(read(t, path)); n < 10_000 {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
	if r := call(t, 1, "train", "--data", data, "--network", network, "--epochs", "1", "--out", dir); !strings.Contains(r.stderr, "already holds a run") {
		t.Errorf("%s", r.stderr)
	}
}

func TestTrainFurther(t *testing.T) {
	data, dir, saved := smallData(t), filepath.Join(t.TempDir(), "run"), filepath.Join(t.TempDir(), "model.safetensors")
	loss := func(args ...string) float64 {
		args = append([]string{"train", "--data", data, "--batch", "50", "--json"}, args...)
		return call(t, 0, args...).last(t)["test_loss"].(float64)
	}
	first := loss("--network", tinyNetwork(t), "--epochs", "3", "--lr", "0.05", "--out", dir, "--save", saved)
	for _, from := range []string{dir, saved} {
		// So small a rate leaves all but the moving averages as they were.
		further := loss("--from", from, "--epochs", "1", "--lr", "1e-9", "--out", filepath.Join(t.TempDir(), "run"))
		if math.Abs(further-first) > 0.1*first {
			t.Errorf("from %s: the loss goes from %v to %v", from, first, further)
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	if r := call(t, 1, "train", "--data", data, "--from", none); !strings.Contains(r.stderr, none) {
		t.Errorf("%s", r.stderr)
	}
}

func TestTrainWithEveryOption(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	recipe := filepath.Join(t.TempDir(), "recipe.json")
	write(t, recipe, []byte(`{"epochs":9,"batch":40,"learning_rate":0.5,"label_smoothing":0.2}`))
	call(t, 0, "train", "--data", smallData(t), "--preset", "logistic", "--recipe", recipe, "--epochs", "2", "--optimizer", "adamw",
		"--weight-decay", "0.001", "--lr", "0.002", "--schedule", "cosine:warmup=0.5,final=0.1", "--augment", "shift=2,flip,erasing=0.5,mixup=0.2",
		"--label-smoothing", "0.1", "--val", "0.1", "--stratified", "--share", "0.8", "--seed", "18446744073709551615",
		"--monitor", "val_accuracy", "--patience", "5", "--keep-best", "--threads", "1", "--kernel", "portable", "--name", "All of it", "--out", dir)
	var run struct {
		Name   string          `json:"name"`
		Recipe json.RawMessage `json:"recipe"`
		Images int             `json:"images"`
	}
	if err := json.Unmarshal(read(t, dir, "run.json"), &run); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, run.Recipe); err != nil {
		t.Fatal(err)
	}
	want := `{"epochs":2,"batch":40,"optimizer":{"name":"adamw","weight_decay":0.001},"learning_rate":0.002,` +
		`"schedule":{"kind":"cosine","warmup":0.5,"final":0.1},"validation":0.1,"stratified":true,"seed":18446744073709551615,` +
		`"label_smoothing":0.1,"augment":{"shift":2,"flip":true,"erasing":0.5,"mixup":0.2},` +
		`"early_stopping":{"monitor":"val_accuracy","patience":5,"keep_best":true},"share":0.8}`
	if compact.String() != want {
		t.Errorf("the recipe is\n%s, want\n%s", compact.String(), want)
	}
	if run.Name != "All of it" || run.Images != 360 {
		t.Errorf("name %q, %d pictures", run.Name, run.Images)
	}
}

func TestKillAndResume(t *testing.T) {
	data, network := smallData(t), tinyNetwork(t)
	args := func(dir string) []string {
		return []string{"train", "--data", data, "--network", network, "--epochs", "40", "--batch", "20", "--optimizer", "adam", "--lr", "0.002", "--seed", "9", "--json", "--out", dir}
	}
	whole := filepath.Join(t.TempDir(), "run")
	want := call(t, 0, args(whole)...).last(t)

	killed := filepath.Join(t.TempDir(), "run")
	rng := rand.New(rand.NewPCG(3, 4))
	next := args(killed)
	for range 4 {
		c := command(t, next...)
		stdout, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		for range 100 + rng.IntN(100) {
			if !lines.Scan() {
				t.Fatal("it ended before it was killed")
			}
		}
		_ = c.Process.Kill() // it may have ended by now
		_ = c.Wait()         // killed, as it should be
		next = []string{"train", "--data", data, "--json", "--resume", killed}
	}
	got := call(t, 0, next...).last(t)
	for _, key := range []string{"loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy"} {
		if got[key] != want[key] {
			t.Errorf("%s is %v, want %v", key, got[key], want[key])
		}
	}
	for _, name := range []string{"checkpoint.safetensors", "best.safetensors"} {
		if !bytes.Equal(read(t, killed, name), read(t, whole, name)) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestInterruptSavesTheRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal to send")
	}
	data, network, dir := smallData(t), tinyNetwork(t), filepath.Join(t.TempDir(), "run")
	c := command(t, "train", "--data", data, "--network", network, "--epochs", "100000", "--batch", "10", "--json", "--out", dir)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	last := ""
	for i := 0; lines.Scan(); i++ {
		if last = lines.Text(); i == 50 {
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = c.Wait() // the exit status is looked at below
	if status := c.ProcessState.ExitCode(); status != 130 {
		t.Errorf("exit status %d: %s", status, stderr.String())
	}
	var end map[string]any
	if err := json.Unmarshal([]byte(last), &end); err != nil || end["event"] != "finished" || end["status"] != "interrupted" {
		t.Fatalf("the last line is %s", last)
	}
	before := end["epoch"].(float64)
	more := strconv.Itoa(int(before) + 3)
	if end := call(t, 0, "train", "--data", data, "--json", "--resume", dir, "--epochs", more).last(t); end["epoch"] != before+3 {
		t.Errorf("resumed to %v", end)
	}
}

func TestDivergenceIsToldAndTheRunKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := call(t, 1, "train", "--data", smallData(t), "--network", tinyNetwork(t), "--lr", "1e30", "--json", "--out", dir)
	if !strings.Contains(r.stderr, "smaller learning rate") {
		t.Errorf("%s", r.stderr)
	}
	if end := r.last(t); end["event"] != "finished" || end["status"] != "failed" {
		t.Errorf("%v", end)
	}
}

func TestRunsWithoutAFolderGoToTheStudios(t *testing.T) {
	c := command(t, "train", "--data", smallData(t), "--network", tinyNetwork(t), "--epochs", "1")
	if r := finish(t, c); r.status != 0 {
		t.Fatal(r.stderr)
	}
	home := ""
	for _, v := range c.Env {
		if dir, ok := strings.CutPrefix(v, "XDG_DATA_HOME="); ok {
			home = dir
		}
	}
	if runs, err := os.ReadDir(filepath.Join(home, "atelier", "runs")); err != nil || len(runs) != 1 {
		t.Errorf("%v, error %v", runs, err)
	}
}

func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	badNetwork := filepath.Join(dir, "network.json")
	write(t, badNetwork, []byte(`{"name":"x","input":[28,28,1],"layers":[{"kind":"dense","units":10}]}`))
	for _, c := range []struct{ args, says string }{
		{"", "expected one of"},
		{"dance", "dance"},
		{"export", "export"},
		{"train --speed 3", "--speed"},
		{"train --epochs many", "epochs"},
		{"train --epochs 0", "0 epochs"},
		{"train --lr=-1", "learning rate"},
		{"train --lr NaN", "learning rate"},
		{"train --val 1", "validation share"},
		{"train --share 0", "share"},
		{"train --threads 0", "threads"},
		{"train --kernel abacus", "abacus"},
		{"train --preset giant", "giant"},
		{"train --preset small --network " + badNetwork, "network"},
		{"train --network " + badNetwork, "Flatten"},
		{"train --network " + filepath.Join(dir, "none.json"), "none.json"},
		{"train --optimizer magic", "magic"},
		{"train --optimizer adam --momentum 0.9", "momentum"},
		{"train --schedule linear", "linear"},
		{"train --augment spin=3", "spin"},
		{"train --augment shift=x", "shift"},
		{"train --augment shift=99", "shift"},
		{"train --monitor val_loss --val 0", "val_loss"},
		{"train --from x --preset small", "from"},
		{"train --resume " + dir + " --from x", "--resume"},
		{"train --resume " + dir + " --lr 1", "--resume"},
		{"train --resume " + dir + " --out " + dir, "resume"},
		{"train --resume " + filepath.Join(dir, "none"), "none"},
		{"bench --batch 0", "batch"},
		{"bench --table depth", "depth"},
		{"bench --sgemm --table batch", "table"},
		{"bench --rival " + filepath.Join(dir, "none"), "none"},
	} {
		r := call(t, 2, strings.Fields(c.args)...)
		if !strings.Contains(r.stderr, c.says) || r.stdout != "" {
			t.Errorf("%q says %q and prints %q, want %q", c.args, r.stderr, r.stdout, c.says)
		}
	}
}

func TestFailures(t *testing.T) {
	dir, data := t.TempDir(), smallData(t)
	broken := filepath.Join(dir, "broken.safetensors")
	write(t, broken, []byte("not a model"))
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"evaluate", "--data", data, "--model", broken}, "broken.safetensors"},
		{[]string{"evaluate", "--data", data, "--model", filepath.Join(dir, "none")}, "none"},
		{[]string{"evaluate", "--data", data, "--model", dir}, "run.json"},
		{[]string{"train", "--data", data, "--resume", dir}, "no run"},
		{[]string{"train", "--data", dir}, dir},
	} {
		if r := call(t, 1, c.args...); !strings.Contains(r.stderr, c.says) {
			t.Errorf("%q says %q, want %q", c.args, r.stderr, c.says)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"data", "--help"}, {"train", "--help"}, {"evaluate", "--help"}, {"predict", "--help"}, {"bench", "--help"}} {
		if r := call(t, 0, args...); !strings.Contains(r.stdout, "Usage: atelier-cli") || strings.Contains(r.stdout, "$${") {
			t.Errorf("%v: %s", args, r.stdout)
		}
	}
}

func TestBench(t *testing.T) {
	data := smallData(t)
	o := call(t, 0, "bench", "--data", data, "--preset", "small", "--batch", "32", "--time", "50ms", "--threads", "1", "--kernel", "portable", "--json").last(t)
	wantKeys(t, o, "train_images_per_second", "evaluate_images_per_second", "predict_one_ms", "peak_rss_mb", "load_seconds")
	if o["threads"] != 1.0 || o["kernel"] != "portable" {
		t.Errorf("%v", o)
	}
	if text := call(t, 0, "bench", "--data", data, "--preset", "logistic", "--time", "20ms").stdout; !strings.Contains(text, "images/s") {
		t.Errorf("%s", text)
	}
	rows := call(t, 0, "bench", "--data", data, "--preset", "logistic", "--time", "10ms", "--table", "batch", "--json").lines(t)
	if len(rows) < 5 || !slices.ContainsFunc(rows, func(r map[string]any) bool { return r["value"] == "1024" }) {
		t.Errorf("%v", rows)
	}
}

// TestInterruptAtTheStart interrupts a run before or during its first batches.
func TestInterruptAtTheStart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signal to send")
	}
	c := command(t, "train", "--epochs", "100000", "--out", filepath.Join(t.TempDir(), "run"))
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Run folder") {
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // to its end, so that the program can write
	}
	_ = c.Wait() // the exit status is looked at below
	if status := c.ProcessState.ExitCode(); status != 130 {
		t.Errorf("exit status %d", status)
	}
}
