//go:build !windows && !darwin

package clipboard

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"

	"atelier/app/internal/x11"
)

// WritePicture puts a picture in PNG on the clipboard. There it stays until
// something else is copied or the program ends.
func WritePicture(picture []byte) error {
	client, err := x11.Connect("")
	if err != nil {
		return fmt.Errorf("the clipboard is out of reach: %w", err)
	}
	o, err := newOffer(client, picture)
	if err != nil {
		client.Close()
		return fmt.Errorf("the clipboard is out of reach: %w", err)
	}
	go o.serve()
	return nil
}

// offer holds the clipboard's selection and gives the picture to the programs
// that ask for it, by the Inter-Client Communication Conventions Manual,
// section 2.
type offer struct {
	*x11.Client
	picture []byte
	since   xproto.Timestamp

	clipboard, targets, timestamp, multiple, pair, png xproto.Atom
}

func newOffer(client *x11.Client, picture []byte) (*offer, error) {
	atoms, err := client.Atoms("CLIPBOARD", "TARGETS", "TIMESTAMP", "MULTIPLE", "ATOM_PAIR", "image/png")
	if err != nil {
		return nil, err
	}
	window, err := client.NewWindow(xproto.EventMaskPropertyChange)
	if err != nil {
		return nil, err
	}
	o := &offer{
		Client: client, picture: picture, clipboard: atoms["CLIPBOARD"], targets: atoms["TARGETS"], timestamp: atoms["TIMESTAMP"],
		multiple: atoms["MULTIPLE"], pair: atoms["ATOM_PAIR"], png: atoms["image/png"],
	}
	if o.since, err = o.now(window); err != nil {
		return nil, err
	}
	xproto.SetSelectionOwner(o.Conn, window, o.clipboard, o.since)
	owner, err := xproto.GetSelectionOwner(o.Conn, o.clipboard).Reply()
	if err != nil {
		return nil, err
	}
	if owner.Owner != window {
		return nil, errors.New("another program has just copied something")
	}
	return o, nil
}

// now returns the X server's time, which it tells with the change of a property.
func (o *offer) now(window xproto.Window) (xproto.Timestamp, error) {
	if err := o.SetProperty(window, o.timestamp, xproto.AtomInteger, 0); err != nil {
		return 0, err
	}
	for e := range o.Events {
		if changed, ok := e.(xproto.PropertyNotifyEvent); ok {
			return changed.Time, nil
		}
	}
	return 0, errors.New("the connection to the X server has ended")
}

// serve answers other programs until one of them takes the selection over.
func (o *offer) serve() {
	defer o.Close()
	for e := range o.Events {
		switch e := e.(type) {
		case xproto.SelectionClearEvent:
			return
		case xproto.SelectionRequestEvent:
			o.answer(e)
		}
	}
}

func (o *offer) answer(r xproto.SelectionRequestEvent) {
	property := r.Property
	if property == xproto.AtomNone {
		property = r.Target // as programs did before the conventions
	}
	if o.give(r.Requestor, r.Target, property) != nil {
		property = xproto.AtomNone
	}
	told := xproto.SelectionNotifyEvent{Time: r.Time, Requestor: r.Requestor, Selection: r.Selection, Target: r.Target, Property: property}
	xproto.SendEvent(o.Conn, false, r.Requestor, xproto.EventMaskNoEvent, string(told.Bytes()))
}

var errNoSuchForm = errors.New("the picture is not offered in this form")

// give puts what is asked for into a property of the window that asks.
func (o *offer) give(to xproto.Window, target, property xproto.Atom) error {
	switch target {
	case o.targets:
		return o.SetProperty(to, property, xproto.AtomAtom, uint32(o.targets), uint32(o.timestamp), uint32(o.multiple), uint32(o.png))
	case o.timestamp:
		return o.SetProperty(to, property, xproto.AtomInteger, uint32(o.since))
	case o.multiple:
		return o.giveAll(to, property)
	case o.png:
		return o.givePicture(to, property)
	}
	return errNoSuchForm
}

// giveAll answers a list of pairs of a form and a property, in which it marks
// those that could not be answered.
func (o *offer) giveAll(to xproto.Window, property xproto.Atom) error {
	_, data, err := o.Property(to, property, false)
	if err != nil {
		return err
	}
	pairs := x11.Values(data)
	for i := 0; i+1 < len(pairs); i += 2 {
		target := xproto.Atom(pairs[i])
		if target == o.multiple || o.give(to, target, xproto.Atom(pairs[i+1])) != nil {
			pairs[i+1] = xproto.AtomNone
		}
	}
	return o.SetProperty(to, property, o.pair, pairs...)
}

// requestBytes is how much fits into one request to any X server.
const requestBytes = 1 << 17

func (o *offer) givePicture(to xproto.Window, property xproto.Atom) error {
	mode := byte(xproto.PropModeReplace)
	for rest := o.picture; len(rest) > 0; mode = xproto.PropModeAppend {
		piece := rest[:min(len(rest), requestBytes)]
		rest = rest[len(piece):]
		if err := xproto.ChangePropertyChecked(o.Conn, mode, to, property, o.png, 8, uint32(len(piece)), piece).Check(); err != nil {
			return err
		}
	}
	return nil
}
