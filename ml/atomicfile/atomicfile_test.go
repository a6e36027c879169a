package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"atelier/ml/atomicfile"
)

func TestWriteReplacesTheContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	for _, content := range []string{"first and longer", "second", ""} {
		if err := atomicfile.WriteBytes(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != content {
			t.Fatalf("read %q, want %q", got, content)
		}
	}
	wantOnly(t, path)
}

func TestAFailureKeepsTheOldContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model")
	if err := atomicfile.WriteBytes(path, []byte("good")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := atomicfile.Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if got := read(t, path); got != "good" {
		t.Errorf("the file now holds %q", got)
	}
	wantOnly(t, path)
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such permissions")
	}
	dir := t.TempDir()
	kept, plain, fresh := filepath.Join(dir, "kept"), filepath.Join(dir, "plain"), filepath.Join(dir, "fresh")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{kept, fresh} {
		if err := atomicfile.WriteBytes(path, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if got := mode(t, kept); got != 0o600 {
		t.Errorf("an existing file's mode became %v", got)
	}
	if got, want := mode(t, fresh), mode(t, plain); got != want {
		t.Errorf("a new file's mode is %v, want %v", got, want)
	}
}

func TestWriteToAMissingFolder(t *testing.T) {
	err := atomicfile.WriteBytes(filepath.Join(t.TempDir(), "none", "file"), nil)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one that says the folder is missing", err)
	}
}

func TestSweepRemovesOnlyLeftovers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.json")
	if err := atomicfile.WriteBytes(path, []byte("kept")); err != nil {
		t.Fatal(err)
	}
	// A writer that is killed while it writes leaves its temporary file; this
	// finds its name and leaves a copy.
	var leftover string
	err := atomicfile.Write(path, func(io.Writer) error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.Name() != "run.json" {
				leftover = filepath.Join(dir, "x"+entry.Name())
			}
		}
		return os.WriteFile(leftover, []byte("half"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, path)
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

// wantOnly checks that nothing lies beside path.
func wantOnly(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder holds %v, want only %s", entries, filepath.Base(path))
	}
}
