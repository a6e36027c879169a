package engine

import (
	"math"
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryStatus is Windows's MEMORYSTATUSEX.
type memoryStatus struct {
	length, load                        uint32
	totalPhysical, availablePhysical    uint64
	totalPageFile, availablePageFile    uint64
	totalVirtual, availableVirtual, ext uint64
}

var globalMemoryStatus = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")

// AvailableMemory returns the bytes that a new allocation may count on without
// driving the machine into swapping.
func AvailableMemory() int64 {
	var s memoryStatus
	s.length = uint32(unsafe.Sizeof(s))
	if ok, _, _ := globalMemoryStatus.Call(uintptr(unsafe.Pointer(&s))); ok == 0 {
		return math.MaxInt64
	}
	return int64(s.availablePhysical)
}
