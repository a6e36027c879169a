package train

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// residentMemory is how much memory the program holds, in bytes: what the
// system counts where it tells, else what Go has asked for.
func residentMemory() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// availableMemory is how much memory programs can still be given, in bytes, or 0
// where the system does not tell.
func availableMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kb * 1024
		}
	}
	return 0
}

// tooLarge says in words that training needs more memory than there is, or "".
func tooLarge(need, available int64) string {
	if available == 0 || need <= available {
		return ""
	}
	return fmt.Sprintf("Training needs about %s of memory, and %s are free: choose a smaller batch or a smaller network.", inBytes(need), inBytes(available))
}

// worthProbing reports whether the speed may be measured unasked, which takes
// as much memory as training.
func worthProbing(need, available int64) bool { return available == 0 || need <= available/4 }
