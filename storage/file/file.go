// Package file has what all formats know of a data file: where it is, which state of it was looked at, and how its
// bytes become text.
package file

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"gsql/exec/sqlstate"
)

// File is a data file as it was when its table was looked up.
type File struct {
	Path    string // of a member of an archive: the archive's path, a slash, and its name there
	Size    int64  // bytes as it lies there, compressed or not
	ModTime time.Time
	Codec   Codec   // by the file's name
	Member  *Member // nil: a file of its own
	Store   Store   // where the file is; nil: in the file system
	Version string  // which of it, if the store tells
	Inode   uint64  `fingerprint:"-"` // 0: not known; another machine may have another one
}

// Store is where files are that are not in the file system.
type Store interface {
	// Open opens a file in the version that was looked at.
	Open(f File) (Handle, error)
	// Identity tells stores from each other in fingerprints.
	Identity() string
}

// Handle is an open file.
type Handle interface {
	io.ReaderAt
	io.Closer
}

// New returns the file at path, of which info tells.
func New(path string, info fs.FileInfo) File {
	codec, _ := CodecOf(path)
	return File{Path: path, Size: info.Size(), ModTime: info.ModTime(), Codec: codec, Inode: InodeOf(info)}
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
	return New(path, info), nil
}

// Packed reports whether the file's name or its place say that it must be decoded from its start.
func (f File) Packed() bool { return f.Codec != "" || f.Member != nil && f.Member.Packed }

// Open opens the file for reading it as it lies there, at any place. It fails when the file is not the one that was
// looked at: what is known of its shape would be wrong.
func (f File) Open() (Handle, error) {
	if f.Member != nil && f.Member.Packed {
		return nil, sqlstate.Unsupported("Extract the file first.", "file \"%s\" is compressed within its archive: it can be read as CSV, JSON or lines only", f.Path)
	}
	if f.Codec != "" {
		return nil, sqlstate.Unsupported("Decompress the file first.", "file \"%s\" is compressed as a whole: it can be read as CSV, JSON or lines only", f.Path)
	}
	return f.open()
}

// open opens the file, or of a member that is packed its archive from where the member's bytes are.
func (f File) open() (Handle, error) {
	path, size := f.Path, f.Size
	if f.Member != nil {
		path, size = f.Member.Archive, f.Member.Size
	}
	h, err := f.openAs(path, size)
	if err != nil {
		return nil, err
	}
	if m := f.Member; m != nil && !(m.Tar && m.Packed) {
		return section{io.NewSectionReader(h, m.Offset, f.Size), h}, nil
	}
	return h, nil
}

// openAs opens the file, or the archive that it is in.
func (f File) openAs(path string, size int64) (Handle, error) {
	if f.Store != nil {
		return f.Store.Open(File{Path: path, Size: size, ModTime: f.ModTime, Version: f.Version})
	}
	h, err := os.Open(path)
	if err != nil {
		return nil, Error(f.Path, err)
	}
	info, err := h.Stat()
	if err != nil {
		h.Close()
		return nil, Error(f.Path, err)
	}
	if info.Size() != size || !info.ModTime().Equal(f.ModTime) {
		h.Close()
		return nil, sqlstate.New(sqlstate.ObjectNotInPrerequisite, "file \"%s\" has changed since the query was planned", f.Path).
			WithHint("Run the query again.")
	}
	return h, nil
}

// section is a part of a file.
type section struct {
	*io.SectionReader
	io.Closer
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
