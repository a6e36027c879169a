package modelfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"atelier/ml/engine"
	"atelier/ml/nn"
)

// Bounds that are checked before anything is allocated.
const (
	maxHeader = 16 << 20
	maxFile   = 4 << 30
)

// Error says why a file is not a usable model: which file, where in it, what is
// wrong and what to do.
type Error struct {
	File   string // path or name
	Place  string // "header", "network", an array's name, …; may be empty
	Reason string
	Remedy string
}

// Error joins the parts into one sentence.
func (e *Error) Error() string {
	text := "model " + e.File + ": "
	if e.Place != "" {
		text += e.Place + ": "
	}
	return text + e.Reason + "; " + e.Remedy
}

// Remedies.
const (
	chooseAnother = "choose a model file saved by Atelier"
	getIntact     = "the file is damaged: use an intact copy or train the model again"
	updateProgram = "update Atelier or train the model again"
)

// Load reads a model from the file at path and checks that its network, weights
// and classes belong together. A file that can be opened but is not a usable
// model gives an *Error.
func Load(path string) (*Model, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{path, "", "it is not a file", chooseAnother}
	}
	return Read(file, path)
}

// Read reads a model from r to its end. The name stands for the file in errors.
func Read(r io.Reader, name string) (*Model, error) {
	// The header is looked at before the rest is read, so that a large file of
	// another kind costs nothing.
	start := make([]byte, 8)
	if n, err := io.ReadFull(r, start); err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("read model %s: %w", name, err)
		}
		return nil, &Error{name, "header", fmt.Sprintf("the file ends after %d bytes", n), getIntact}
	}
	if size := binary.LittleEndian.Uint64(start); size < 2 || size > maxHeader {
		return nil, &Error{name, "header", "it is not a safetensors file", chooseAnother}
	}
	var content bytes.Buffer
	content.Write(start)
	n, err := io.Copy(&content, io.LimitReader(r, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read model %s: %w", name, err)
	}
	if n == maxFile {
		return nil, &Error{name, "", "it is larger than 4 GB", chooseAnother}
	}
	return Decode(content.Bytes(), name)
}

// Decode reads a model from the bytes of a file. The name stands for the file
// in errors.
func Decode(data []byte, name string) (*Model, error) {
	m, err := decode(data)
	if err != nil {
		var placed *Error
		if errors.As(err, &placed) {
			placed.File = name
			return nil, placed
		}
		return nil, &Error{File: name, Reason: err.Error(), Remedy: getIntact}
	}
	return m, nil
}

func decode(data []byte) (*Model, error) {
	arrays, metadata, err := open(data)
	if err != nil {
		return nil, err
	}
	version, err := strconv.Atoi(metadata[keyFormat])
	if err != nil {
		return nil, &Error{Place: "metadata", Reason: "the file holds no description of a network", Remedy: chooseAnother}
	}
	if version > formatVersion {
		return nil, &Error{Place: "metadata", Reason: fmt.Sprintf("the file was saved by a newer version (format %d, known are formats up to %d)", version, formatVersion), Remedy: updateProgram}
	}
	if want, ok := metadata[keyChecksum]; ok && want != checksum(arrays) {
		return nil, &Error{Place: "weights", Reason: "the numbers differ from those that were saved", Remedy: getIntact}
	}

	m := &Model{Preprocessing: metadata[keyPreprocessing]}
	if err := parse(metadata, keyNetwork, &m.Network); err != nil {
		return nil, err
	}
	if err := parse(metadata, keyClasses, &m.Classes); err != nil {
		return nil, err
	}
	if text, ok := metadata[keyTemperature]; ok {
		if m.Temperature, err = strconv.ParseFloat(text, 64); err != nil {
			return nil, &Error{Place: "temperature", Reason: fmt.Sprintf("%.40q is not a number", text), Remedy: getIntact}
		}
	}
	m.Recipe, m.History, m.Refusal = raw(metadata, keyRecipe), raw(metadata, keyHistory), raw(metadata, keyRefusal)

	if m.Weights, err = takeWeights(arrays, m.Network); err != nil {
		return nil, err
	}
	if m.Checkpoint, err = takeCheckpoint(arrays, metadata); err != nil {
		return nil, err
	}
	for _, name := range sortedNames(arrays) {
		local, ok := strings.CutPrefix(name, extraPrefix)
		if !ok {
			return nil, &Error{Place: name, Reason: "the network has no such array", Remedy: getIntact}
		}
		tensor, err := take(arrays, name)
		if err != nil {
			return nil, err
		}
		tensor.Name = local
		m.Extra = append(m.Extra, tensor)
	}

	if err := m.Validate(); err != nil {
		place, reason, ok := strings.Cut(err.Error(), ": ")
		if !ok {
			place, reason = "", err.Error()
		}
		remedy := getIntact
		if place == "preprocessing" {
			remedy = updateProgram
		}
		return nil, &Error{Place: place, Reason: reason, Remedy: remedy}
	}
	return m, nil
}

// open splits a file into its arrays and its metadata.
func open(data []byte) (map[string]safetensors.TensorView, map[string]string, error) {
	if len(data) < 8 {
		return nil, nil, &Error{Place: "header", Reason: fmt.Sprintf("the file ends after %d bytes", len(data)), Remedy: getIntact}
	}
	size := binary.LittleEndian.Uint64(data)
	if size < 2 || size > maxHeader {
		return nil, nil, &Error{Place: "header", Reason: "it is not a safetensors file", Remedy: chooseAnother}
	}
	if size > uint64(len(data)-8) {
		return nil, nil, &Error{Place: "header", Reason: fmt.Sprintf("it promises %d bytes, but the file ends after %d", size, len(data)-8), Remedy: getIntact}
	}
	_, header, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, nil, &Error{Place: "header", Reason: err.Error(), Remedy: getIntact}
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, nil, &Error{Place: "header", Reason: err.Error(), Remedy: getIntact}
	}
	arrays := make(map[string]safetensors.TensorView, file.Len())
	for _, t := range file.Tensors() {
		arrays[t.Name] = t.TensorView
	}
	return arrays, header.Metadata(), nil
}

// takeWeights moves the network's arrays out of the file's.
func takeWeights(arrays map[string]safetensors.TensorView, network nn.Network) (engine.Weights, error) {
	specs, err := network.Params()
	if err != nil {
		return nil, &Error{Place: "network", Reason: err.Error(), Remedy: getIntact}
	}
	weights := make(engine.Weights, len(specs))
	for i, spec := range specs {
		tensor, err := take(arrays, spec.Name)
		if err != nil {
			return nil, err
		}
		tensor.Trainable = spec.Trainable
		weights[i] = tensor
	}
	return weights, nil
}

// takeCheckpoint moves the optimiser's arrays out of the file's; it returns nil
// for a finished model.
func takeCheckpoint(arrays map[string]safetensors.TensorView, metadata map[string]string) (*Checkpoint, error) {
	if _, ok := metadata[keyCheckpoint]; !ok {
		return nil, nil
	}
	var p position
	if err := parse(metadata, keyCheckpoint, &p); err != nil {
		return nil, err
	}
	if p.Epoch < 0 || p.Batch < 0 {
		return nil, &Error{Place: "checkpoint", Reason: "its position is negative", Remedy: getIntact}
	}
	c := &Checkpoint{State: engine.State{Iteration: p.Iteration}, Epoch: p.Epoch, Batch: p.Batch, Loop: p.Loop}
	for _, name := range p.Slots {
		tensor, err := take(arrays, slotPrefix+name)
		if err != nil {
			return nil, err
		}
		tensor.Name = name
		c.State.Slots = append(c.State.Slots, tensor)
	}
	return c, nil
}

// take removes one array from the file's and converts it.
func take(arrays map[string]safetensors.TensorView, name string) (engine.Tensor, error) {
	array, ok := arrays[name]
	if !ok {
		return engine.Tensor{}, &Error{Place: name, Reason: "the array is missing", Remedy: getIntact}
	}
	if array.DType() != safetensors.F32 {
		return engine.Tensor{}, &Error{Place: name, Reason: fmt.Sprintf("its numbers are of type %s, not F32", array.DType()), Remedy: chooseAnother}
	}
	delete(arrays, name)
	t := engine.Tensor{Name: name, Data: make([]float32, array.DataLen()/4)}
	for _, d := range array.Shape() {
		if d > math.MaxInt32 {
			return engine.Tensor{}, &Error{Place: name, Reason: "its shape is absurd", Remedy: getIntact}
		}
		t.Shape = append(t.Shape, int(d))
	}
	data := array.Data()
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return t, nil
}

// parse decodes one entry of the metadata.
func parse(metadata map[string]string, key string, target any) error {
	place := strings.TrimPrefix(key, "atelier.")
	text, ok := metadata[key]
	if !ok {
		return &Error{Place: place, Reason: "it is missing", Remedy: getIntact}
	}
	if err := json.Unmarshal([]byte(text), target); err != nil {
		return &Error{Place: place, Reason: err.Error(), Remedy: getIntact}
	}
	return nil
}

func raw(metadata map[string]string, key string) json.RawMessage {
	if text, ok := metadata[key]; ok {
		return json.RawMessage(text)
	}
	return nil
}

func sortedNames[V any](arrays map[string]V) []string {
	return slices.Sorted(maps.Keys(arrays))
}
