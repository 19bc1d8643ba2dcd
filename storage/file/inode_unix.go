//go:build unix

package file

import (
	"io/fs"
	"syscall"
)

// InodeOf returns the number by which the file system knows a file, 0 where there is none.
func InodeOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino)
	}
	return 0
}
