package widgets

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence makes a text such as an error's one: with a capital, unless it begins
// with a file's name, and a full stop.
func Sentence(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if !strings.ContainsAny(strings.TrimRight(first, ".,:;!?"), `./\_`) {
		text = Capital(text)
	}
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// Capital makes the first letter of a text a capital.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// Percent writes a share for people: never 100 % unless it is all.
func Percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "<0.1 %"
	case share < 1 && share > 0.999:
		return ">99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
