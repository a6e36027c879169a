//go:build !linux

package main

import "time"

// windowThread returns how long the window's thread has computed and waited for
// a core, which is known on Linux only.
func windowThread() (computed, ready time.Duration) { return 0, 0 }
