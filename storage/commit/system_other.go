//go:build !linux

package commit

import (
	"errors"
	"syscall"
)

// errNoExchange says that the system, or the file system, lacks an operation.
var errNoExchange = errors.New("not supported")

func exchange(a, b string) error { return errNoExchange }

func renameNew(from, to string) error { return errNoExchange }

func syncAll(path string) error { return errNoExchange }

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
