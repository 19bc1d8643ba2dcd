package commit

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// errNoExchange says that the system, or the file system, lacks an operation.
var errNoExchange = errors.New("not supported")

// exchange gives two folders each other's name, in one step.
func exchange(a, b string) error { return rename2(a, b, unix.RENAME_EXCHANGE) }

// renameNew renames a file unless there is one under the new name.
func renameNew(from, to string) error { return rename2(from, to, unix.RENAME_NOREPLACE) }

func rename2(from, to string, flags uint) error {
	switch err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, flags); err {
	case nil:
		return nil
	case unix.EEXIST:
		return fs.ErrExist
	case unix.EINVAL, unix.ENOSYS, unix.ENOTSUP:
		return errNoExchange
	default:
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
}

// syncAll brings all of a file system to disk.
func syncAll(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

func isFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
