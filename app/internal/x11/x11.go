// Package x11 talks to the X server beside Fyne, over a connection of its own,
// for what Fyne leaves out.
package x11

import (
	"fmt"
	"io"
	"log"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

func init() {
	// Errors are returned; nothing is to be printed besides.
	xgb.Logger = log.New(io.Discard, "", 0)
}

// Client is a connection to an X server.
type Client struct {
	Conn *xgb.Conn
	Root xproto.Window
	// Events receives what the server sends and is closed with the connection.
	Events <-chan xgb.Event
}

// Connect opens a connection to a display such as ":1"; "" means that of
// $DISPLAY. The caller closes it.
func Connect(display string) (*Client, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("no connection to the X server: %w", err)
	}
	events := make(chan xgb.Event)
	go func() {
		defer close(events)
		for {
			event, err := conn.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			if event != nil { // an error answers a request whose outcome nobody asked for
				events <- event
			}
		}
	}()
	return &Client{Conn: conn, Root: xproto.Setup(conn).DefaultScreen(conn).Root, Events: events}, nil
}

// Close ends the connection; the server frees what belongs to it.
func (c *Client) Close() {
	c.Conn.Close()
	for range c.Events { // which lets the reader end
	}
}

// Atom returns the number of a name.
func (c *Client) Atom(name string) (xproto.Atom, error) {
	r, err := xproto.InternAtom(c.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("atom %s: %w", name, err)
	}
	return r.Atom, nil
}

// Atoms returns the numbers of names, by name.
func (c *Client) Atoms(names ...string) (map[string]xproto.Atom, error) {
	atoms := make(map[string]xproto.Atom, len(names))
	for _, name := range names {
		a, err := c.Atom(name)
		if err != nil {
			return nil, err
		}
		atoms[name] = a
	}
	return atoms, nil
}

// Name returns the name of an atom.
func (c *Client) Name(a xproto.Atom) (string, error) {
	r, err := xproto.GetAtomName(c.Conn, a).Reply()
	if err != nil {
		return "", fmt.Errorf("atom %d: %w", a, err)
	}
	return r.Name, nil
}

// NewWindow makes a window that is never shown and reports the given events.
func (c *Client) NewWindow(events uint32) (xproto.Window, error) {
	w, err := xproto.NewWindowId(c.Conn)
	if err != nil {
		return 0, err
	}
	err = xproto.CreateWindowChecked(c.Conn, 0, w, c.Root, -1, -1, 1, 1, 0, xproto.WindowClassInputOnly, 0,
		xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, events}).Check()
	return w, err
}

// propertyChunk is how much of a property is read at once, in units of 4 bytes.
const propertyChunk = 1 << 18

// Property returns the type and the bytes of a window's property; type 0 means
// that there is none. Remove deletes it after reading.
func (c *Client) Property(w xproto.Window, name xproto.Atom, remove bool) (kind xproto.Atom, data []byte, err error) {
	for {
		r, err := xproto.GetProperty(c.Conn, remove, w, name, xproto.GetPropertyTypeAny, uint32(len(data)/4), propertyChunk).Reply()
		if err != nil {
			return 0, nil, err
		}
		data = append(data, r.Value...)
		if r.BytesAfter == 0 {
			return r.Type, data, nil
		}
	}
}

// SetProperty replaces a property of 32-bit values.
func (c *Client) SetProperty(w xproto.Window, name, kind xproto.Atom, values ...uint32) error {
	data := make([]byte, 4*len(values))
	for i, v := range values {
		xgb.Put32(data[4*i:], v)
	}
	return xproto.ChangePropertyChecked(c.Conn, xproto.PropModeReplace, w, name, kind, 32, uint32(len(values)), data).Check()
}

// Values returns the 32-bit values in the bytes of a property.
func Values(data []byte) []uint32 {
	values := make([]uint32, len(data)/4)
	for i := range values {
		values[i] = xgb.Get32(data[4*i:])
	}
	return values
}
