package widgets

import "testing"

func TestFileNamesAreGoodOnEverySystem(t *testing.T) {
	png := []string{".png", ".svg"}
	for given, want := range map[string]string{
		"loss":          "loss.png",
		"loss.SVG":      "loss.SVG",
		"T-shirt/top":   "T-shirt-top.png",
		`a:b*c?"<>|\d`:  "a-b-c------d.png",
		"version 1.5":   "version 1.5.png",
		"tab\tand line": "tab-and line.png",
	} {
		if got := fileName(given, png); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}
