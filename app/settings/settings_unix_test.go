//go:build unix

package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The window's thread makes the choices: it must not wait for the disk.
func TestAChoiceNeverWaitsForTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s := open(t, path)
	if err := syscall.Mkfifo(path, 0o600); err != nil { // who opens it waits for the other end
		t.Fatal(err)
	}
	made := make(chan struct{})
	go func() {
		defer close(made)
		for _, v := range []string{"a", "b", "c"} {
			s.SetString("text", v)
			time.Sleep(20 * time.Millisecond) // the first is being written
		}
	}()
	select {
	case <-made:
	case <-time.After(10 * time.Second):
		t.Error("a choice waits for the disk")
	}
	if got := s.String("text"); got != "c" {
		t.Errorf("the choice is %q", got)
	}
	end, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), `"c"`) {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
