//go:build e2e

package e2e

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"atelier/app/internal/x11"
)

// dragging is a real drag of files by the protocol XDND 5, as a file manager
// does it (https://freedesktop.org/wiki/Specifications/XDND/).
type dragging struct {
	*x11.Client
	t      *testing.T
	atoms  map[string]xproto.Atom
	source xproto.Window
	target xproto.Window // which the messages are about
	via    xproto.Window // to which they go
	uris   string
}

// dragFiles takes files to a place of the screen, with the button still down,
// and waits until the program there says whether it would take them.
func (s *screen) dragFiles(x, y int, paths ...string) *dragging {
	s.t.Helper()
	client, err := x11.Connect(s.display)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	d := &dragging{Client: client, t: s.t}
	d.atoms, err = client.Atoms("XdndSelection", "XdndAware", "XdndProxy", "XdndEnter", "XdndPosition", "XdndStatus",
		"XdndLeave", "XdndDrop", "XdndFinished", "XdndActionCopy", "text/uri-list")
	d.must(err)
	d.source, err = client.NewWindow(0)
	d.must(err)
	for _, p := range paths {
		full, err := filepath.Abs(p)
		d.must(err)
		d.uris += (&url.URL{Scheme: "file", Path: full}).String() + "\r\n"
	}
	d.must(xproto.SetSelectionOwnerChecked(client.Conn, d.source, d.atoms["XdndSelection"], xproto.TimeCurrentTime).Check())
	d.find(x, y)
	d.send("XdndEnter", 5<<24, uint32(d.atoms["text/uri-list"]), 0, 0)
	if !d.moveTo(x, y) {
		d.t.Fatal("the window under the pointer takes no files")
	}
	return d
}

func (d *dragging) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// find looks for the window under a place that knows the protocol, from the
// screen downwards. A window may name another that receives in its stead, if
// that still lives and names itself.
func (d *dragging) find(x, y int) {
	d.t.Helper()
	for w := d.Root; ; {
		r, err := xproto.TranslateCoordinates(d.Conn, d.Root, w, int16(x), int16(y)).Reply()
		d.must(err)
		if w = r.Child; w == 0 {
			d.t.Fatal("no window that takes files is under the pointer")
		}
		via := w
		if proxy := d.proxyOf(w); proxy != 0 && d.proxyOf(proxy) == proxy {
			via = proxy
		}
		if kind, _, err := d.Property(via, d.atoms["XdndAware"], false); err == nil && kind != 0 {
			d.target, d.via = w, via
			return
		}
	}
}

func (d *dragging) proxyOf(w xproto.Window) xproto.Window {
	_, data, err := d.Property(w, d.atoms["XdndProxy"], false)
	if values := x11.Values(data); err == nil && len(values) == 1 {
		return xproto.Window(values[0])
	}
	return 0
}

func (d *dragging) send(message string, data ...uint32) {
	d.t.Helper()
	e := xproto.ClientMessageEvent{
		Format: 32, Window: d.target, Type: d.atoms[message],
		Data: xproto.ClientMessageDataUnionData32New(append([]uint32{uint32(d.source)}, data...)),
	}
	d.must(xproto.SendEventChecked(d.Conn, false, d.via, 0, string(e.Bytes())).Check())
}

// moveTo moves the pointer and reports whether the files could be let go there.
func (d *dragging) moveTo(x, y int) bool {
	d.t.Helper()
	d.send("XdndPosition", 0, uint32(x)<<16|uint32(y), xproto.TimeCurrentTime, uint32(d.atoms["XdndActionCopy"]))
	return d.answer("XdndStatus")[1]&1 != 0
}

// leave takes the files away again.
func (d *dragging) leave() {
	d.t.Helper()
	d.send("XdndLeave", 0, 0, 0, 0)
}

// drop lets the files go and reports whether the program has taken them.
func (d *dragging) drop() {
	d.t.Helper()
	d.send("XdndDrop", 0, xproto.TimeCurrentTime, 0, 0)
	if d.answer("XdndFinished")[1] == 0 { // GLFW says how much it has taken
		d.t.Error("the program did not take the files")
	}
}

// answer waits for a message of the target and meanwhile hands out the list of
// files.
func (d *dragging) answer(message string) []uint32 {
	d.t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case <-late:
			d.t.Fatalf("waited in vain for %s", message)
		case e := <-d.Events:
			switch e := e.(type) {
			case xproto.ClientMessageEvent:
				data := e.Data.Data32
				if e.Type != d.atoms[message] {
					continue
				}
				if xproto.Window(data[0]) != d.target {
					d.t.Errorf("%s comes from window %d, want %d", message, data[0], d.target)
				}
				return data
			case xproto.SelectionRequestEvent:
				d.handOut(e)
			}
		}
	}
}

func (d *dragging) handOut(e xproto.SelectionRequestEvent) {
	d.t.Helper()
	property := e.Property
	if e.Target == d.atoms["text/uri-list"] {
		d.must(xproto.ChangePropertyChecked(d.Conn, xproto.PropModeReplace, e.Requestor, property, e.Target, 8, uint32(len(d.uris)), []byte(d.uris)).Check())
	} else {
		property = xproto.AtomNone
	}
	n := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: property}
	d.must(xproto.SendEventChecked(d.Conn, false, e.Requestor, 0, string(n.Bytes())).Check())
}

// dropFiles drags files to the middle of the screen and lets them go.
func (s *screen) dropFiles(paths ...string) {
	s.t.Helper()
	s.dragFiles(width/2, height/2, paths...).drop()
}

// contains accepts an entry of the log of which a value contains a text.
func contains(key, text string) func(entry) bool {
	return func(e entry) bool { return strings.Contains(e.text(key), text) }
}
