package ml_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	fyne    = "fyne.io/fyne/v2"
	fyneApp = "fyne.io/fyne/v2/app"
)

// pkg is the part of `go list -json` that the rules look at.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

func (p pkg) direct() []string {
	return slices.Concat(p.Imports, p.TestImports, p.XTestImports)
}

func TestDependenciesPointOneWay(t *testing.T) {
	pkgs := list(t)
	tabs := []string{"atelier/app/browse", "atelier/app/train", "atelier/app/evaluate", "atelier/app/classify"}
	for _, p := range pkgs {
		for _, rule := range []struct {
			applies bool
			imports []string
			banned  func(path string) bool
			why     string
		}{
			{
				applies: under(p.ImportPath, "atelier/ml"),
				imports: slices.Concat(p.Deps, p.direct()),
				banned:  func(i string) bool { return under(i, fyne) || under(i, "atelier/app") },
				why:     "ml must not know the window",
			},
			{
				applies: p.ImportPath != "atelier/app",
				imports: p.direct(),
				banned:  func(i string) bool { return i == fyneApp },
				why:     "only the program itself may import fyne/v2/app",
			},
			{
				applies: under(p.ImportPath, "atelier/app/studio"),
				imports: slices.Concat(p.Deps, p.direct()),
				banned:  func(i string) bool { return under(i, fyne) },
				why:     "the studio must not know Fyne",
			},
			{
				applies: under(p.ImportPath, "atelier/app/widgets"),
				imports: p.direct(),
				banned: func(i string) bool {
					return under(i, "atelier/app/studio") || under(i, "atelier/ml/dataset") ||
						under(i, "atelier/ml/fit") || under(i, "atelier/ml/engine")
				},
				why: "widgets must not know datasets or training",
			},
			{
				applies: tabOf(tabs, p.ImportPath) != "",
				imports: p.direct(),
				banned: func(i string) bool {
					other := tabOf(tabs, i)
					return other != "" && other != tabOf(tabs, p.ImportPath)
				},
				why: "tabs must not import each other",
			},
			{
				applies: under(p.ImportPath, "atelier/app/studio") || under(p.ImportPath, "atelier/app/figures"),
				imports: p.direct(),
				banned:  func(i string) bool { return tabOf(tabs, i) != "" },
				why:     "what the tabs share must not import a tab",
			},
		} {
			if !rule.applies {
				continue
			}
			for _, i := range rule.imports {
				if rule.banned(i) {
					t.Errorf("%s imports %s: %s", p.ImportPath, i, rule.why)
				}
			}
		}
	}
}

// under reports whether path is root or lies below it.
func under(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// tabOf returns the tab that path belongs to, or "".
func tabOf(tabs []string, path string) string {
	for _, tab := range tabs {
		if under(path, tab) {
			return tab
		}
	}
	return ""
}

func list(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", "atelier/...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			if len(pkgs) < 2 {
				t.Fatalf("go list named %d packages: the rules were not checked", len(pkgs))
			}
			return pkgs
		case err != nil:
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}
