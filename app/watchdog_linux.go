package main

import (
	"fmt"
	"os"
	"time"
)

// windowThread returns how long the window's thread, which is the process's
// first, has computed so far, and how long it was ready to and had no core; 0
// where the kernel does not say. See proc_pid_schedstat(5).
func windowThread() (computed, ready time.Duration) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/schedstat", os.Getpid()))
	if err != nil {
		return 0, 0
	}
	if _, err := fmt.Sscan(string(text), &computed, &ready); err != nil {
		return 0, 0
	}
	return computed, ready
}
