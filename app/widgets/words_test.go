package widgets

import "testing"

func TestSentencesLeaveTheNamesOfFilesAlone(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"no dataset is open":                    "No dataset is open.",
		"nothing: try again.":                   "Nothing: try again.",
		"why?":                                  "Why?",
		"train-images-idx3-ubyte.gz is damaged": "train-images-idx3-ubyte.gz is damaged.",
		"some_train.csv, line 1: no label":      "some_train.csv, line 1: no label.",
		"raw/a is not there":                    "raw/a is not there.",
	} {
		if got := Sentence(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
