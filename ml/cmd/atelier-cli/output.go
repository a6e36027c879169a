package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// output is where a command writes: results to stdout, the rest to stderr.
type output struct{ stdout, stderr io.Writer }

// object writes one line of JSON.
func (o *output) object(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = o.stdout.Write(append(line, '\n'))
	return err
}

// print writes text for people.
func (o *output) print(format string, args ...any) error {
	_, err := fmt.Fprintf(o.stdout, format, args...)
	return err
}

// note tells people something beside the result.
func (o *output) note(format string, args ...any) {
	fmt.Fprintf(o.stderr, format+"\n", args...)
}

// barSteps is the resolution of a progress bar.
const barSteps = 1000

// bar shows progress on a terminal, and nothing elsewhere.
type bar struct{ bar *progressbar.ProgressBar }

func (o *output) bar(what string) *bar {
	file, ok := o.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &bar{}
	}
	return &bar{progressbar.NewOptions(
		barSteps,
		progressbar.OptionSetWriter(o.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

func (b *bar) shown() bool { return b.bar != nil }

// set moves the bar to a share from 0 to 1.
func (b *bar) set(share float64) {
	if b.bar != nil {
		_ = b.bar.Set(int(share * barSteps)) // a terminal that went away harms nothing
	}
}

// part is set in the form that most progress functions have.
func (b *bar) part(done, total int64) {
	if total > 0 {
		b.set(float64(done) / float64(total))
	}
}

func (b *bar) describe(what string) {
	if b.bar != nil {
		b.bar.Describe(what)
	}
}

// clear removes the bar, so that text may follow.
func (b *bar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
