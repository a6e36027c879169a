package engine

import (
	"bufio"
	"fmt"
	"math"
	"os"
)

// AvailableMemory returns the bytes that a new allocation may count on without
// driving the machine into swapping.
func AvailableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return math.MaxInt64
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kilobytes int64
		if _, err := fmt.Sscanf(s.Text(), "MemAvailable: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return math.MaxInt64
}
