//go:build !windows && !darwin

package clipboard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"atelier/app/internal/x11"
)

// The forms in which programs offer what was copied, best first.
var (
	fileTargets    = []string{"x-special/gnome-copied-files", "text/uri-list"}
	pictureTargets = []string{"image/png", "image/webp", "image/jpeg", "image/jpg", "image/tiff", "image/bmp", "image/x-bmp", "image/x-MS-bmp", "image/gif"}
	textTargets    = []string{"UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "STRING"}
)

// patience is how long the program that holds the clipboard may be silent.
const patience = 5 * time.Second

var errSilent = errors.New("the program from which it was copied does not answer: copy it again")

// Read returns what the clipboard holds, for which it asks the program from
// which it was copied. That program may be this one: do not call Read on the
// window's thread.
func Read(ctx context.Context) (Content, error) {
	client, err := x11.Connect("")
	if err != nil {
		return Content{}, fmt.Errorf("the clipboard is out of reach: %w", err)
	}
	defer client.Close()
	s, err := newSelection(client)
	if err != nil {
		return Content{}, fmt.Errorf("the clipboard is out of reach: %w", err)
	}
	return s.content(ctx)
}

// selection asks for the clipboard's selection in the ways of the Inter-Client
// Communication Conventions Manual, section 2.
type selection struct {
	*x11.Client
	window                                  xproto.Window
	clipboard, targets, property, increment xproto.Atom
}

func newSelection(client *x11.Client) (*selection, error) {
	atoms, err := client.Atoms("CLIPBOARD", "TARGETS", "ATELIER_PASTE", "INCR")
	if err != nil {
		return nil, err
	}
	window, err := client.NewWindow(xproto.EventMaskPropertyChange)
	if err != nil {
		return nil, err
	}
	return &selection{client, window, atoms["CLIPBOARD"], atoms["TARGETS"], atoms["ATELIER_PASTE"], atoms["INCR"]}, nil
}

// content reads the best of what is offered. A list of files comes before the
// picture, which may be a small one of the file's icon.
func (s *selection) content(ctx context.Context) (Content, error) {
	data, err := s.convert(ctx, s.targets)
	if err != nil {
		return Content{}, err
	}
	offered := x11.Values(data)
	get := func(target string) ([]byte, error) {
		atom, err := s.Atom(target)
		if err != nil || !slices.Contains(offered, uint32(atom)) {
			return nil, err
		}
		return s.convert(ctx, atom)
	}
	for _, t := range fileTargets {
		data, err := get(t)
		if err != nil {
			return Content{}, err
		}
		if files := paths(string(data)); len(files) > 0 {
			return Content{Files: files}, nil
		}
	}
	for _, t := range pictureTargets {
		data, err := get(t)
		if err != nil || len(data) > 0 {
			return Content{Picture: data}, err
		}
	}
	for _, t := range textTargets {
		data, err := get(t)
		if err != nil || len(data) > 0 {
			return Content{Files: paths(string(data))}, err
		}
	}
	return Content{}, nil
}

// convert returns the selection in one form; nil when nobody holds it or the
// holder has no such form.
func (s *selection) convert(ctx context.Context, target xproto.Atom) ([]byte, error) {
	xproto.ConvertSelection(s.Conn, s.window, s.clipboard, target, s.property, xproto.TimeCurrentTime)
	var answer xproto.SelectionNotifyEvent
	err := s.await(ctx, func(e xgb.Event) bool {
		n, ok := e.(xproto.SelectionNotifyEvent)
		answer = n
		return ok && n.Requestor == s.window && n.Target == target
	})
	if err != nil || answer.Property == xproto.AtomNone {
		return nil, err
	}
	kind, data, err := s.Property(s.window, s.property, true)
	if err != nil {
		return nil, err
	}
	if kind == s.increment {
		return s.pieces(ctx)
	}
	if len(data) > maxBytes {
		return nil, errTooLarge{}
	}
	return data, nil
}

// pieces receives what is too large for one property. Taking a piece away asks
// for the next; an empty one is the last.
func (s *selection) pieces(ctx context.Context) ([]byte, error) {
	var whole bytes.Buffer
	for {
		err := s.await(ctx, func(e xgb.Event) bool {
			n, ok := e.(xproto.PropertyNotifyEvent)
			return ok && n.Atom == s.property && n.State == xproto.PropertyNewValue
		})
		if err != nil {
			return nil, err
		}
		_, piece, err := s.Property(s.window, s.property, true)
		if err != nil {
			return nil, err
		}
		if len(piece) == 0 {
			return whole.Bytes(), nil
		}
		whole.Write(piece)
		if whole.Len() > maxBytes {
			return nil, errTooLarge{}
		}
	}
}

// await receives events up to the one that is wanted.
func (s *selection) await(ctx context.Context, wanted func(xgb.Event) bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return errSilent
		case e, ok := <-s.Events:
			if !ok {
				return errors.New("the connection to the X server has ended")
			}
			if wanted(e) {
				return nil
			}
		}
	}
}
