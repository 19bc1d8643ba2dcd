//go:build unix

package spill

import "golang.org/x/sys/unix"

// freeBytes returns how many bytes are free on the file system of a directory, 0 when that is not known.
func freeBytes(dir string) int64 {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0
	}
	return int64(st.Bavail) * int64(st.Bsize)
}
