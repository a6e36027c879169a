package kernel

import "golang.org/x/sys/unix"

// lowerPriority makes the calling thread yield to threads of normal priority,
// which are those that draw the window: at the lowest priority they never wait
// for it, at one in the middle they did, for tenths of a second. Where that is
// forbidden the thread stays as it is.
func lowerPriority() {
	const lowest = 19
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), lowest)
}
