// Atelier is a desktop studio that teaches a convolutional network to
// recognise clothes.
//
// Files given as arguments are opened: a dataset, a model, or pictures to
// classify.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/adrg/xdg"

	"atelier/app/settings"
	"atelier/app/studio"
)

// options are what the command line asks for.
type options struct {
	data  string
	files []string
}

// gcPercent trades a little work of the garbage collector for memory: most of
// the program's memory is the dataset, of which a second helping of garbage
// would be a waste, and training makes next to none.
const gcPercent = 25

// threadsPerCPU is how many threads run Go code for each CPU. Training has one
// for each CPU, of the lowest priority, but one that is halted in favour of
// another still takes up one of Go's places: with two for each CPU, the window
// and the answers to drawings never wait for it.
const threadsPerCPU = 2

func main() {
	debug.SetGCPercent(gcPercent)
	runtime.GOMAXPROCS(threadsPerCPU * runtime.GOMAXPROCS(0))
	opts, err := parse(os.Args[1:], os.Stderr)
	switch {
	case err == flag.ErrHelp:
		return
	case err != nil:
		os.Exit(2)
	}
	slog.SetDefault(logger(os.Getenv("ATELIER_LOG"), os.Stderr))

	app.SetMetadata(metadata())
	a := app.NewWithID(metadata().ID)
	preferences := filepath.Join(filepath.FromSlash(a.Storage().RootURI().Path()), "preferences.json")
	choices, settingsErr := settings.Open(filepath.Join(xdg.ConfigHome, "atelier", "settings.json"), preferences)
	s := studio.New(studio.Config{Settings: choices, Dispatch: fyne.Do})
	choices.OnFailure(func(err error) { s.Report("Keeping the settings", err) })
	w := newWindow(a, s)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		fyne.Do(w.quitNow)
	}()
	a.Lifecycle().SetOnStarted(func() {
		w.started(opts)
		s.Report("Reading the settings", settingsErr)
	})
	w.ShowAndRun()
	if err := errors.Join(w.closeErr, choices.Close()); err != nil {
		fmt.Fprintln(os.Stderr, "atelier:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("atelier", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.data, "data", "", "folder or file of the dataset to open")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: atelier [--data DIR] [FILE ...]\n\nFILE is a picture, a folder of pictures, a dataset or a model.")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.files = flags.Args()
	return o, nil
}

// logger returns the program's log: everything as JSON, one object a line, when
// format is "json", else only what went wrong, in words.
func logger(format string, to io.Writer) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
