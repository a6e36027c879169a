// Command atelier-cli does everything the studio does without a window: it looks at datasets,
// trains, evaluates and tries networks, and measures speed.
//
// Results go to standard output, as text or, with --json, as one JSON object a line; progress and
// notes go to standard error. The exit status is 0 when all was done, 1 when something failed, 2
// when the command line made no sense, and 130 when it was interrupted, a run being saved first.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// commands is the command line.
type commands struct {
	Data     dataCommand     `cmd:"" help:"Tell what a dataset holds and where it was found."`
	Train    trainCommand    `cmd:"" help:"Train a network; Ctrl+C saves the run."`
	Evaluate evaluateCommand `cmd:"" help:"Judge a model by the test pictures."`
	Predict  predictCommand  `cmd:"" help:"Say what pictures show."`
	Bench    benchCommand    `cmd:"" help:"Measure speed and memory."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl+C ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run does what the arguments say and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	defer func() { // kong ends the program this way after --help
		switch e := recover().(type) {
		case nil:
		case exit:
			status = int(e)
		default:
			panic(e)
		}
	}()
	var c commands
	parser, err := kong.New(
		&c,
		kong.Name("atelier-cli"),
		kong.Description("Train and try networks that recognise clothes, without a window."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		helpVars(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // a mistake in the definition of the commands
	}
	parsed, err := parser.Parse(args)
	if err == nil {
		err = parsed.Run(&output{stdout: stdout, stderr: stderr})
	} else {
		err = usageError{err}
	}
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "atelier-cli: %v\nSee atelier-cli --help.\n", err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		fmt.Fprintln(stderr, "atelier-cli: interrupted")
		return exitInterrupted
	default:
		fmt.Fprintf(stderr, "atelier-cli: %v\n", err)
		return exitFailed
	}
}

// exit carries a status out of the parser.
type exit int
