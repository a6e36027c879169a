package nn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Layers is a list of layers whose JSON form is a list of objects such as
// {"kind":"conv2d","filters":32,"kernel":3}.
type Layers []Layer

// catalogue holds one useful example of every kind, in the order of a menu.
var catalogue = []Layer{
	Conv2D{Filters: 32, Kernel: 3, Padding: Same, Activation: ReLU},
	DepthwiseConv2D{Kernel: 3, Padding: Same, Activation: ReLU},
	SeparableConv2D{Filters: 32, Kernel: 3, Padding: Same, Activation: ReLU},
	Residual{Filters: 32},
	MaxPool{Size: 2},
	AveragePool{Size: 2},
	GlobalAveragePool{},
	BatchNorm{},
	Dropout{Rate: 0.25},
	Flatten{},
	Dense{Units: 128, Activation: ReLU},
	ActivationLayer{Function: ReLU},
}

// Kinds lists the kinds of layers in the order of a menu.
func Kinds() []string {
	kinds := make([]string, len(catalogue))
	for i, layer := range catalogue {
		kinds[i] = layer.Kind()
	}
	return kinds
}

// New returns a layer of a kind with settings that are a good start.
func New(kind string) (Layer, error) {
	for _, layer := range catalogue {
		if layer.Kind() == kind {
			return layer, nil
		}
	}
	return nil, fmt.Errorf("unknown kind of layer %q: the known ones are %s", kind, list(Kinds()))
}

// MarshalJSON writes the list.
func (ls Layers) MarshalJSON() ([]byte, error) {
	objects := make([]json.RawMessage, len(ls))
	for i, layer := range ls {
		if layer == nil {
			return nil, fmt.Errorf("layers[%d] is empty", i)
		}
		fields, err := json.Marshal(layer)
		if err != nil {
			return nil, fmt.Errorf("layers[%d]: %w", i, err)
		}
		object := fmt.Appendf(nil, `{"kind":%q`, layer.Kind())
		if len(fields) > len("{}") {
			object = append(object, ',')
		}
		objects[i] = append(object, fields[1:]...)
	}
	return json.Marshal(objects)
}

// UnmarshalJSON reads the list. An unknown kind or field gives an error that
// names the place and what is known.
func (ls *Layers) UnmarshalJSON(data []byte) error {
	var objects []json.RawMessage
	if err := json.Unmarshal(data, &objects); err != nil {
		return errors.New("layers is not a list of objects")
	}
	layers := make(Layers, len(objects))
	for i, object := range objects {
		layer, err := parseLayer(object)
		if err != nil {
			return fmt.Errorf("layers[%d]: %w", i, err)
		}
		layers[i] = layer
	}
	*ls = layers
	return nil
}

func parseLayer(object []byte) (Layer, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil || fields == nil {
		return nil, errors.New(`a layer is an object like {"kind":"flatten"}`)
	}
	var kind string
	if err := json.Unmarshal(fields["kind"], &kind); err != nil || kind == "" {
		return nil, fmt.Errorf("the layer has no kind: give one of %s", list(Kinds()))
	}
	example, err := New(kind)
	if err != nil {
		return nil, err
	}
	delete(fields, "kind")
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	layer := reflect.New(reflect.TypeOf(example))
	if err := decodeStrict(rest, layer.Interface()); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return layer.Elem().Interface().(Layer), nil
}

// UnmarshalJSON reads a network. It checks the form, not whether the layers fit
// together; Walk does that.
func (n *Network) UnmarshalJSON(data []byte) error {
	type plain Network // without this method
	var p plain
	if err := decodeStrict(data, &p); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	*n = Network(p)
	return nil
}

// Parse reads a network from JSON and checks that its layers fit together.
func Parse(data []byte) (Network, error) {
	var n Network
	if err := json.Unmarshal(data, &n); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
			return Network{}, fmt.Errorf("line %d: not valid JSON: %w", line, err)
		}
		return Network{}, err
	}
	if _, err := n.Walk(); err != nil {
		return Network{}, err
	}
	return n, nil
}

// decodeStrict decodes one JSON object into target and explains an unknown
// field or a wrong type in words.
func decodeStrict(data []byte, target any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(target)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			return errors.New("something follows the closing bracket: remove it")
		}
		return nil
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		known := fieldNames(reflect.TypeOf(target).Elem())
		if len(known) == 0 {
			return fmt.Errorf("unknown field %s: it has no settings", name)
		}
		return fmt.Errorf("unknown field %s: the known ones are %s", name, list(known))
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("field %q cannot be a %s: it needs a value like %s", wrong.Field, wrong.Value, exampleOf(wrong.Type))
	}
	return err
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func exampleOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "32"
	case reflect.Float64:
		return "0.25"
	case reflect.Bool:
		return "true"
	case reflect.String:
		return `"text"`
	}
	return "an object"
}
