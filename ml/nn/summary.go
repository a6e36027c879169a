package nn

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Summary describes the network as Keras's model.summary() does, one line a
// layer. When a layer does not fit, the lines end with what is wrong.
func (n Network) Summary() string {
	steps, err := n.Walk()
	rows := [][3]string{{"Layer (type)", "Output Shape", "Param #"}}
	var params []ParamSpec
	for _, step := range steps {
		params = append(params, step.Params...)
		rows = append(rows, [3]string{
			fmt.Sprintf("%s (%s)", step.Name, KerasClass(step.Layer)),
			kerasShape(step.Out, "None"),
			Thousands(int64(count(step.Params).Total)),
		})
	}
	var widths [3]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}

	var b strings.Builder
	rule := func(r string) { fmt.Fprintln(&b, strings.Repeat(r, widths[0]+widths[1]+widths[2]+6)) }
	fmt.Fprintf(&b, "Model: %q\n", n.Name)
	rule("_")
	for i, row := range rows {
		fmt.Fprintf(&b, " %-*s  %-*s  %*s\n", widths[0], row[0], widths[1], row[1], widths[2], row[2])
		if i == 0 {
			rule("=")
		}
	}
	rule("=")
	if err != nil {
		fmt.Fprintln(&b, "Error:", err)
		return b.String()
	}
	c := count(params)
	fmt.Fprintf(&b, "Total params: %s\n", Thousands(int64(c.Total)))
	fmt.Fprintf(&b, "Trainable params: %s\n", Thousands(int64(c.Trainable)))
	fmt.Fprintf(&b, "Non-trainable params: %s\n", Thousands(int64(c.Frozen)))
	rule("_")
	return b.String()
}
