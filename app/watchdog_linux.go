package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// windowThread returns how long the window's thread, which is the process's
// first, has computed so far, and how long it was ready to and had no core; 0
// where the kernel does not say. See proc_pid_schedstat(5).
func windowThread() (computed, ready time.Duration) {
	file, err := schedstat()
	if err != nil {
		return 0, 0
	}
	var text [64]byte
	n, _ := file.ReadAt(text[:], 0) // the file ends before the text does
	if _, err := fmt.Sscan(string(text[:n]), &computed, &ready); err != nil {
		return 0, 0
	}
	return computed, ready
}

// schedstat opens the kernel's account of the window's thread, which stays open:
// it is read many times a second.
var schedstat = sync.OnceValues(func() (*os.File, error) {
	return os.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", os.Getpid()))
})
