package fit

import (
	"bytes"

	"github.com/natefinch/atomic"
)

// writeAtomic replaces a file as a whole: whatever happens, either the old or the new content is
// there, on the disk and not only in its cache.
func writeAtomic(path string, data []byte) error {
	return atomic.WriteFile(path, bytes.NewReader(data))
}
