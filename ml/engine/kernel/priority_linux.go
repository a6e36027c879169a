package kernel

import "golang.org/x/sys/unix"

// lowerPriority makes the calling thread yield to threads of normal priority.
// Where that is forbidden the thread stays as it is.
func lowerPriority() {
	const nice = 5
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nice)
}
