package nn

import (
	"fmt"
	"strings"
)

// Summary describes the network as Keras's model.summary() does, one line a
// layer. When a layer does not fit, the lines end with what is wrong.
func (n Network) Summary() string {
	const width = 65
	var b strings.Builder
	row := func(layer, shape, params string) {
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf(" %-35s %-18s %s", layer, shape, params), " "))
	}
	rule := func(r string) { fmt.Fprintln(&b, strings.Repeat(r, width)) }

	fmt.Fprintf(&b, "Model: %q\n", n.Name)
	rule("_")
	row("Layer (type)", "Output Shape", "Param #")
	rule("=")
	steps, err := n.Walk()
	var params []ParamSpec
	for _, step := range steps {
		params = append(params, step.Params...)
		row(fmt.Sprintf("%s (%s)", step.Name, KerasClass(step.Layer)),
			kerasShape(step.Out, "None"), Thousands(int64(count(step.Params).Total)))
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
