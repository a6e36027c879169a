package nn

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Shape is the size of what flows between two layers for one image: a map of
// H rows, W columns and C channels, or a vector of C numbers when H and W are
// both zero. Its JSON form is Keras's: [28, 28, 1] for a map, [128] for a
// vector.
type Shape struct{ H, W, C int }

// Vector returns the shape of a vector of n numbers.
func Vector(n int) Shape { return Shape{C: n} }

// IsVector reports whether s is a vector rather than a map.
func (s Shape) IsVector() bool { return s.H == 0 && s.W == 0 }

// Size returns how many numbers one image takes in this shape.
func (s Shape) Size() int {
	if s.IsVector() {
		return s.C
	}
	return s.H * s.W * s.C
}

// Dims lists the dimensions without the batch: (H, W, C) or (C).
func (s Shape) Dims() []int {
	if s.IsVector() {
		return []int{s.C}
	}
	return []int{s.H, s.W, s.C}
}

// String returns "14×14×32" for a map and "128" for a vector.
func (s Shape) String() string {
	if s.IsVector() {
		return strconv.Itoa(s.C)
	}
	return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C)
}

// describe names the shape inside a sentence.
func (s Shape) describe() string {
	if s.IsVector() {
		return "a vector of " + counted(s.C, "number")
	}
	return "a " + s.String() + " map"
}

// Bounds that keep a damaged or absurd description from exhausting memory.
// They are far above anything that a processor could train.
const (
	maxWidth      = 1 << 16 // filters, units, rows or columns
	maxKernel     = 1 << 10
	maxMap        = 1 << 26 // numbers in one map
	maxParameters = 1 << 28
	maxLayers     = 1000
)

func (s Shape) check() error {
	if s.H < 0 || s.W < 0 || s.C < 1 || (s.H == 0) != (s.W == 0) {
		return fmt.Errorf("%d×%d×%d is not a size: give rows, columns and channels of at least 1, or one number for a vector", s.H, s.W, s.C)
	}
	if s.H > maxWidth || s.W > maxWidth || s.C > maxMap || s.Size() > maxMap {
		return fmt.Errorf("%s is too large: at most %s fit in one map", s, counted(maxMap, "number"))
	}
	return nil
}

// MarshalJSON writes [H, W, C] or [C].
func (s Shape) MarshalJSON() ([]byte, error) { return json.Marshal(s.Dims()) }

// UnmarshalJSON reads [H, W, C] or [C].
func (s *Shape) UnmarshalJSON(data []byte) error {
	var dims []int
	if err := json.Unmarshal(data, &dims); err != nil {
		return fmt.Errorf("a shape is a list like [28, 28, 1] or [128], not %.40s", data)
	}
	switch len(dims) {
	case 1:
		*s = Vector(dims[0])
	case 3:
		*s = Shape{dims[0], dims[1], dims[2]}
	default:
		return fmt.Errorf("a shape has one number or three, not %d", len(dims))
	}
	return nil
}

// counted returns "1 number" or "2 numbers", with thousands separated.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Thousands(int64(n)) + " " + noun + "s"
}

// Thousands writes n with commas, as model summaries do: 211,822.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	out := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return sign + string(out)
}
