package studio

import (
	"slices"
	"sync"
)

// Keys of the settings that the studio itself keeps.
const (
	keyPresentation = "studio.presentation"
	keyRecent       = "studio.recent"
	keyDataPath     = "studio.data"
)

// Settings is a store of choices that outlives the program. It is the part of
// fyne.Preferences that the tabs use, so that the window passes those.
type Settings interface {
	Bool(key string) bool
	BoolWithFallback(key string, fallback bool) bool
	SetBool(key string, value bool)
	Int(key string) int
	IntWithFallback(key string, fallback int) int
	SetInt(key string, value int)
	Float(key string) float64
	FloatWithFallback(key string, fallback float64) float64
	SetFloat(key string, value float64)
	String(key string) string
	StringWithFallback(key, fallback string) string
	SetString(key, value string)
	StringList(key string) []string
	SetStringList(key string, value []string)
	RemoveValue(key string)
}

// memory keeps settings for the life of the program.
type memory struct {
	mu     sync.Mutex
	values map[string]any
}

// NewMemorySettings returns settings that are forgotten at the end, for tests
// and for a user whose settings cannot be written.
func NewMemorySettings() Settings { return &memory{values: map[string]any{}} }

func value[T any](m *memory, key string, fallback T) T {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.values[key].(T); ok {
		return v
	}
	return fallback
}

func (m *memory) set(key string, v any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = v
}

func (m *memory) Bool(key string) bool                            { return value(m, key, false) }
func (m *memory) BoolWithFallback(key string, f bool) bool        { return value(m, key, f) }
func (m *memory) SetBool(key string, v bool)                      { m.set(key, v) }
func (m *memory) Int(key string) int                              { return value(m, key, 0) }
func (m *memory) IntWithFallback(key string, f int) int           { return value(m, key, f) }
func (m *memory) SetInt(key string, v int)                        { m.set(key, v) }
func (m *memory) Float(key string) float64                        { return value(m, key, 0.0) }
func (m *memory) FloatWithFallback(key string, f float64) float64 { return value(m, key, f) }
func (m *memory) SetFloat(key string, v float64)                  { m.set(key, v) }
func (m *memory) String(key string) string                        { return value(m, key, "") }
func (m *memory) StringWithFallback(key, f string) string         { return value(m, key, f) }
func (m *memory) SetString(key, v string)                         { m.set(key, v) }
func (m *memory) StringList(key string) []string                  { return slices.Clone(value[[]string](m, key, nil)) }
func (m *memory) SetStringList(key string, v []string)            { m.set(key, slices.Clone(v)) }

func (m *memory) RemoveValue(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
}
