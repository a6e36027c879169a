package bench

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// processMemory is Windows's PROCESS_MEMORY_COUNTERS.
type processMemory struct {
	size, pageFaults                 uint32
	peakWorkingSet, workingSet       uintptr
	peakPagedPool, pagedPool         uintptr
	peakNonPagedPool, nonPagedPool   uintptr
	pagefileUsage, peakPagefileUsage uintptr
}

var getProcessMemoryInfo = windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")

// peakRSS returns the largest resident size of this process so far, in bytes.
func peakRSS() float64 {
	m := processMemory{}
	m.size = uint32(unsafe.Sizeof(m))
	ok, _, _ := getProcessMemoryInfo.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&m)), uintptr(m.size))
	if ok == 0 {
		return 0
	}
	return float64(m.peakWorkingSet)
}
