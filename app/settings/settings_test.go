package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atelier/app/settings"
)

func open(t *testing.T, path string) *settings.Store {
	t.Helper()
	s, err := settings.Open(path, path+".earlier")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t *testing.T, s *settings.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for something that another goroutine does.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// choices is what a store says of the keys that the tests use.
func choices(s *settings.Store) string {
	return fmt.Sprintf("%v %v %v %v %v %q %q %q", s.Bool("yes"), s.BoolWithFallback("unset", true), s.Int("int"), s.FloatWithFallback("float", -1),
		s.FloatWithFallback("unset", 0.5), s.String("text"), s.StringList("list"), s.String("removed"))
}

func TestChoicesOutliveTheProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "settings.json")
	s := open(t, path)
	s.SetBool("yes", true)
	s.SetInt("int", 7)
	s.SetFloat("float", 1280)
	s.SetString("text", "Größe")
	s.SetStringList("list", []string{"a", "b"})
	s.SetString("removed", "x")
	s.RemoveValue("removed")
	want := `true true 7 1280 0.5 "Größe" ["a" "b"] ""`
	if got := choices(s); got != want {
		t.Errorf("before the end: %q, want %q", got, want)
	}
	closeStore(t, s)
	s = open(t, path)
	if got := choices(s); got != want {
		t.Errorf("at the next start: %q, want %q", got, want)
	}
	s.RemoveValue("text")
	closeStore(t, s)
	s = open(t, path)
	defer closeStore(t, s)
	if got := s.String("text"); got != "" {
		t.Errorf("a choice that was removed is %q at the next start", got)
	}
}

// A program that is killed has kept what was chosen a moment before.
func TestAChoiceIsWrittenSoon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s := open(t, path)
	defer closeStore(t, s)
	for _, v := range []string{"first", "second"} {
		s.SetString("text", v)
		eventually(t, v+" is in the file", func() bool {
			text, _ := os.ReadFile(path)
			return strings.Contains(string(text), v)
		})
	}
}

func TestTheSettingsOfEarlierVersionsAreTakenOver(t *testing.T) {
	dir := t.TempDir()
	path, earlier := filepath.Join(dir, "settings.json"), filepath.Join(dir, "preferences.json")
	text := `{"yes":true,"int":7,"float":1280,"text":"Größe","list":["a","b"],"fyne:fileDialogLastFolder":"/x"}`
	if err := os.WriteFile(earlier, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := settings.Open(path, earlier)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := choices(s), `true true 7 1280 0.5 "Größe" ["a" "b"] ""`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.SetInt("int", 8)
	closeStore(t, s)
	if kept, err := os.ReadFile(earlier); err != nil || string(kept) != text {
		t.Errorf("the earlier file has become %q, %v", kept, err)
	}
	s, err = settings.Open(path, earlier)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if got, want := choices(s), `true true 8 1280 0.5 "Größe" ["a" "b"] ""`; got != want {
		t.Errorf("once there are settings: %q, want %q", got, want)
	}
	if got := s.String("fyne:fileDialogLastFolder"); got != "" {
		t.Errorf("Fyne's own %q was taken over", got)
	}
}

func TestTwoProgramsKeepEachOthersChoices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	one, two := open(t, path), open(t, path)
	one.SetString("text", "one")
	closeStore(t, one)
	two.SetInt("int", 2)
	closeStore(t, two)
	s := open(t, path)
	defer closeStore(t, s)
	if s.String("text") != "one" || s.Int("int") != 2 {
		t.Errorf("%q and %d were kept", s.String("text"), s.Int("int"))
	}
}

func TestADamagedFileIsPutAside(t *testing.T) {
	for _, damaged := range []string{"", `{"text":"a`, `["text"]`} {
		path := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(path, []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := settings.Open(path, path+".earlier")
		if err == nil || !strings.Contains(err.Error(), path+".unreadable") {
			t.Errorf("%q: error %v", damaged, err)
		}
		s.SetString("text", "b")
		closeStore(t, s)
		if kept, err := os.ReadFile(path + ".unreadable"); err != nil || string(kept) != damaged {
			t.Errorf("%q was kept as %q, %v", damaged, kept, err)
		}
		s = open(t, path)
		if got := s.String("text"); got != "b" {
			t.Errorf("after %q the choice is %q", damaged, got)
		}
		closeStore(t, s)
	}
}

func TestAFileThatCannotBeReadIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := settings.Open(path, path+".earlier")
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	s.SetString("text", "a")
	if got := s.String("text"); got != "a" {
		t.Errorf("the choice is %q", got)
	}
	closeStore(t, s)
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		t.Errorf("what lay there is gone: %v", err)
	}
}

// One message is enough, and nothing is lost when the cause goes away.
func TestAFailureIsReportedOnceAndMadeUpFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	path := filepath.Join(dir, "settings.json")
	s := open(t, path)
	if err := os.WriteFile(dir, nil, 0o644); err != nil { // in the way of the folder
		t.Fatal(err)
	}
	reports := make(chan error, 10)
	s.OnFailure(func(err error) { reports <- err })
	s.SetString("text", "a")
	select {
	case err := <-reports:
		if !strings.Contains(err.Error(), dir) {
			t.Errorf("%q does not name %s", err, dir)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the failure was not reported")
	}
	s.SetInt("int", 1)
	time.Sleep(300 * time.Millisecond) // it fails again
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	s.SetBool("yes", true)
	closeStore(t, s)
	if len(reports) > 0 {
		t.Errorf("reported again: %v", <-reports)
	}
	s = open(t, path)
	defer closeStore(t, s)
	if diff := cmp.Diff(`true true 1 -1 0.5 "a" [] ""`, choices(s)); diff != "" {
		t.Error(diff)
	}
}

func TestCloseTellsWhatIsLost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	s := open(t, filepath.Join(dir, "settings.json"))
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s.SetString("text", "a")
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}
