// Package file has what all formats know of a data file: where it is and which state of it was looked at.
package file

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"gsql/exec/sqlstate"
)

// File is a data file as it was when its table was looked up.
type File struct {
	Path    string
	Size    int64
	ModTime time.Time
}

// Stat returns the file at path.
func Stat(path string) (File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return File{}, Error(path, err)
	}
	if info.IsDir() {
		return File{}, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is a directory", path)
	}
	return File{Path: path, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Open opens the file for reading. It fails when the file is not the one that was looked at: what is known
// of its shape would be wrong.
func (f File) Open() (*os.File, error) {
	h, err := os.Open(f.Path)
	if err != nil {
		return nil, Error(f.Path, err)
	}
	info, err := h.Stat()
	if err != nil {
		h.Close()
		return nil, Error(f.Path, err)
	}
	if info.Size() != f.Size || !info.ModTime().Equal(f.ModTime) {
		h.Close()
		return nil, sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" has changed since the query was planned", f.Path).
			WithHint("Run the query again.")
	}
	return h, nil
}

// Error says in PostgreSQL's words that a file cannot be opened.
func Error(path string, err error) error {
	code, reason := sqlstate.IOError, err
	var in *fs.PathError
	if errors.As(err, &in) {
		reason = in.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code, reason = sqlstate.UndefinedFile, errors.New("No such file or directory")
	case errors.Is(err, syscall.ENOTDIR):
		code, reason = sqlstate.UndefinedFile, errors.New("Not a directory")
	case errors.Is(err, fs.ErrPermission):
		code, reason = sqlstate.InsufficientPrivilege, errors.New("Permission denied")
	}
	return sqlstate.New(code, "could not open file \"%s\": %v", path, reason)
}
