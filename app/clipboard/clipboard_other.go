//go:build windows || darwin

package clipboard

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.design/x/clipboard"
)

var prepare = sync.OnceValue(clipboard.Init)

// WritePicture puts a picture in PNG on the clipboard.
func WritePicture(picture []byte) error {
	if err := prepare(); err != nil {
		return fmt.Errorf("the clipboard is out of reach: %w", err)
	}
	if clipboard.Write(clipboard.FmtImage, picture) == nil {
		return errors.New("another program has the clipboard open: try again")
	}
	return nil
}

// Read returns what the clipboard holds.
func Read(ctx context.Context) (Content, error) {
	if err := prepare(); err != nil {
		return Content{}, fmt.Errorf("the clipboard is out of reach: %w", err)
	}
	if files := paths(string(clipboard.Read(clipboard.FmtText))); len(files) > 0 {
		return Content{Files: files}, nil
	}
	picture := clipboard.Read(clipboard.FmtImage)
	if len(picture) > maxBytes {
		return Content{}, errTooLarge{}
	}
	return Content{Picture: picture}, ctx.Err()
}
