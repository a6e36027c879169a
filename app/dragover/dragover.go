// Package dragover tells when files are dragged over a window of the X Window
// System. Fyne and GLFW report them only once they are dropped.
package dragover

import (
	"context"
	"time"

	"github.com/jezek/xgb/xproto"

	"atelier/app/internal/x11"
)

// check is how often it is looked whether a drag that has grown silent goes on.
const check = 2 * time.Second

// Watch calls changed, on a goroutine of its own, with true when files come over
// the window and with false when they leave or are dropped. It ends with ctx.
//
// By XDND, the protocol of drags, a window may name another one that receives
// the messages in its stead (XdndProxy,
// https://freedesktop.org/wiki/Specifications/XDND/). Such a window, of a
// connection of its own, notes each message and passes it on unchanged, so the
// window answers and receives the files as ever. A program that knows no such
// proxies drags as before, without a call of changed; when the connection ends,
// all do.
func Watch(ctx context.Context, window uintptr, changed func(over bool)) error {
	client, err := x11.Connect("")
	if err != nil {
		return err
	}
	w := &watch{client: client, window: xproto.Window(window), changed: changed}
	if err := w.begin(); err != nil {
		client.Close()
		return err
	}
	go w.run(ctx)
	return nil
}

type watch struct {
	client                    *x11.Client
	window, proxy             xproto.Window
	names                     xproto.Atom // XdndProxy
	enter, leave, drop, files xproto.Atom
	changed                   func(over bool)
	over                      bool
}

func (w *watch) begin() error {
	atoms, err := w.client.Atoms("XdndProxy", "XdndAware", "XdndEnter", "XdndLeave", "XdndDrop", "XdndSelection")
	if err != nil {
		return err
	}
	w.names, w.enter, w.leave, w.drop, w.files = atoms["XdndProxy"], atoms["XdndEnter"], atoms["XdndLeave"], atoms["XdndDrop"], atoms["XdndSelection"]
	if w.proxy, err = w.client.NewWindow(0); err != nil {
		return err
	}
	// The proxy names itself, by which a dead one is known.
	if err := w.client.SetProperty(w.proxy, w.names, xproto.AtomWindow, uint32(w.proxy)); err != nil {
		return err
	}
	_, version, err := w.client.Property(w.window, atoms["XdndAware"], false)
	if err != nil {
		return err
	}
	if err := w.client.SetProperty(w.proxy, atoms["XdndAware"], xproto.AtomAtom, x11.Values(version)...); err != nil {
		return err
	}
	return w.client.SetProperty(w.window, w.names, xproto.AtomWindow, uint32(w.proxy))
}

func (w *watch) run(ctx context.Context) {
	defer w.client.Close()
	tick := time.NewTicker(check)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			xproto.DeleteProperty(w.client.Conn, w.window, w.names)
			return
		case <-tick.C:
			if w.over && !w.dragging() {
				w.set(false)
			}
		case e, ok := <-w.client.Events:
			if !ok {
				w.set(false)
				return
			}
			if m, ok := e.(xproto.ClientMessageEvent); ok {
				xproto.SendEvent(w.client.Conn, false, w.window, xproto.EventMaskNoEvent, string(m.Bytes()))
				w.note(m.Type)
			}
		}
	}
}

func (w *watch) note(message xproto.Atom) {
	switch message {
	case w.enter:
		w.set(true)
	case w.leave, w.drop:
		w.set(false)
	}
}

func (w *watch) set(over bool) {
	if over != w.over {
		w.over = over
		w.changed(over)
	}
}

// dragging reports whether a program still holds files to drop. One that has
// ended does not say that they leave.
func (w *watch) dragging() bool {
	r, err := xproto.GetSelectionOwner(w.client.Conn, w.files).Reply()
	return err == nil && r.Owner != xproto.WindowNone
}
