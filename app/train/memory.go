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

// tooLarge says in words that training needs more memory than there is, or "".
func tooLarge(need, available int64) string {
	if need <= available {
		return ""
	}
	return fmt.Sprintf("Training needs about %s of memory, and %s are free: choose a smaller batch or a smaller network.", inBytes(need), inBytes(available))
}

// worthProbing reports whether the speed may be measured unasked, which takes
// as much memory as training.
func worthProbing(need, available int64) bool { return need <= available/4 }
