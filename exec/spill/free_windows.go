package spill

import "golang.org/x/sys/windows"

// freeBytes returns how many bytes are free on the volume of a directory, 0 when that is not known.
func freeBytes(dir string) int64 {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0
	}
	return int64(free)
}
