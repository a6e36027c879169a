package modelfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/nlpodyssey/safetensors"

	"atelier/ml/atomicfile"
	"atelier/ml/dataset"
	"atelier/ml/engine"
)

// Keys of the file's metadata.
const (
	keyFormat        = "atelier.format"
	keyNetwork       = "atelier.network"
	keyClasses       = "atelier.classes"
	keyRecipe        = "atelier.recipe"
	keyHistory       = "atelier.history"
	keyPreprocessing = "atelier.preprocessing"
	keyTemperature   = "atelier.temperature"
	keyRefusal       = "atelier.refusal"
	keyCheckpoint    = "atelier.checkpoint"
	keyChecksum      = "atelier.sha256"
)

// formatVersion is raised when an older program could no longer read the file
// correctly.
const formatVersion = 1

// position is the JSON form of a checkpoint without its arrays. Slots keeps
// their order, which a safetensors file does not.
type position struct {
	Iteration uint64          `json:"iteration"`
	Epoch     int             `json:"epoch"`
	Batch     int             `json:"batch"`
	Slots     []string        `json:"slots"`
	Loop      json.RawMessage `json:"loop,omitempty"`
}

// Save writes the model to a file at path, atomically: whatever goes wrong, a
// file that was there before stays whole. The bytes depend on nothing but the
// model.
func (m *Model) Save(path string) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("save model %s: %w", path, err)
	}
	if err := atomicfile.Write(path, m.encode); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return nil
}

// Encode writes the model to w in the form of a file.
func (m *Model) Encode(w io.Writer) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("encode model: %w", err)
	}
	return m.encode(w)
}

func (m *Model) encode(w io.Writer) error {
	metadata, err := m.metadata()
	if err != nil {
		return err
	}
	views := map[string]view{}
	for _, t := range m.tensors() {
		views[t.Name] = view{t.Tensor}
	}
	metadata[keyChecksum] = checksum(views)
	return safetensors.SerializeToWriter(views, metadata, w)
}

func (m *Model) metadata() (map[string]string, error) {
	network, err := json.Marshal(m.Network)
	if err != nil {
		return nil, err
	}
	classes, err := json.Marshal(m.Classes)
	if err != nil {
		return nil, err
	}
	metadata := map[string]string{
		keyFormat:        strconv.Itoa(formatVersion),
		keyNetwork:       string(network),
		keyClasses:       string(classes),
		keyPreprocessing: dataset.PreprocessingVersion,
	}
	for key, value := range map[string]json.RawMessage{keyRecipe: m.Recipe, keyHistory: m.History, keyRefusal: m.Refusal} {
		if value != nil {
			metadata[key] = string(value)
		}
	}
	if m.Temperature != 0 {
		metadata[keyTemperature] = strconv.FormatFloat(m.Temperature, 'g', -1, 64)
	}
	if c := m.Checkpoint; c != nil {
		p := position{Iteration: c.State.Iteration, Epoch: c.Epoch, Batch: c.Batch, Loop: c.Loop}
		for _, slot := range c.State.Slots {
			p.Slots = append(p.Slots, slot.Name)
		}
		text, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		metadata[keyCheckpoint] = string(text)
	}
	return metadata, nil
}

// view shows an array to the safetensors library, which asks for its bytes only
// when it writes them.
type view struct{ tensor engine.Tensor }

func (view) DType() safetensors.DType { return safetensors.F32 }

func (v view) Shape() []uint64 {
	shape := make([]uint64, len(v.tensor.Shape))
	for i, d := range v.tensor.Shape {
		shape[i] = uint64(d)
	}
	return shape
}

func (v view) DataLen() uint64 { return 4 * uint64(len(v.tensor.Data)) }

func (v view) Data() []byte {
	data := make([]byte, 0, v.DataLen())
	for _, x := range v.tensor.Data {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

// checksum returns the SHA-256 of all arrays' bytes in the order of their names.
func checksum[V safetensors.View](views map[string]V) string {
	hash := sha256.New()
	for _, name := range sortedNames(views) {
		hash.Write(views[name].Data())
	}
	return hex.EncodeToString(hash.Sum(nil))
}
