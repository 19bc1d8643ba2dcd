package commit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"gsql/exec/sqlstate"
)

// Mode says what becomes of what is at the target.
type Mode uint8

const (
	New       Mode = iota // it is an error if there is something
	Overwrite             // it is replaced
	Append                // it is a folder, and files are added to it
)

// Target is where a write goes.
type Target struct {
	Path   string // absolute, links resolved
	Name   string // of the target, for messages
	Folder bool   // a folder of files and not one file
	Mode   Mode
	// Replaceable reports whether a file may be lost when a folder is replaced, by its name; nil: any.
	Replaceable func(name string) bool
}

const (
	prefix      = ".gsql-write-" // of the names of stages
	lockName    = "lock"
	journalName = "journal"
	dataName    = "data" // what is written: the target's future content
	oldName     = "old"  // the folder that was replaced
)

// Stage is a write that is under way. It is safe for concurrent use until Commit or Abort, one of which must be called.
type Stage struct {
	target Target
	dir    string // the stage itself
	lock   *flock.Flock
	joins  bool // the files join those of a folder that is there
}

// Begin starts a write. It first finishes or removes what dead processes have left beside the target.
func Begin(t Target) (*Stage, error) {
	s := &Stage{target: t}
	if err := s.check(); err != nil {
		return nil, err
	}
	parent := filepath.Dir(t.Path)
	sweep(parent)
	if s.joins {
		parent = t.Path
		sweep(parent)
	}
	var err error
	if s.dir, s.lock, err = makeStage(parent); err != nil {
		return nil, Error(t.Name, err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, dataName), 0o777); err != nil {
		s.Abort()
		return nil, Error(t.Name, err)
	}
	return s, nil
}

// check looks at what is at the target.
func (s *Stage) check() error {
	t := s.target
	info, err := os.Lstat(t.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return Error(t.Name, err)
	case !t.Folder && info.IsDir():
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is a directory", t.Name).WithHint("End the path with / to write files into it.")
	case !t.Folder && t.Mode == New:
		return exists(t.Name).WithHint("Say OVERWRITE to replace it.")
	case !t.Folder:
		return nil
	case !info.IsDir():
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a directory", t.Name)
	}
	empty, err := isEmpty(t.Path)
	switch {
	case err != nil:
		return Error(t.Name, err)
	case t.Mode == Append:
		s.joins = !empty
		return nil
	case t.Mode == New && !empty:
		return exists(t.Name).WithDetail("The folder is not empty.").WithHint("Say OVERWRITE to replace what is in it, or APPEND to add to it.")
	case t.Mode == Overwrite:
		return s.checkLoss()
	}
	return nil
}

// checkLoss fails when a folder that is to be replaced has something that is no data.
func (s *Stage) checkLoss() error {
	t := s.target
	return filepath.WalkDir(t.Path, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return Error(t.Name, err)
		case path == t.Path:
		case d.Name()[0] == '.' || d.Name()[0] == '_':
			if d.IsDir() {
				return filepath.SkipDir
			}
		case d.IsDir():
		case !d.Type().IsRegular() || t.Replaceable != nil && !t.Replaceable(d.Name()):
			return sqlstate.New(sqlstate.ObjectNotInPrerequisite, "folder \"%s\" is not overwritten, since it has \"%s\", which is no data file", t.Name, d.Name()).
				WithHint("Move that file away, or choose another folder.")
		}
		return nil
	})
}

func exists(path string) *sqlstate.Error {
	return sqlstate.New(sqlstate.DuplicateFile, "\"%s\" already exists", path)
}

func isEmpty(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(16)
		for _, n := range names {
			if len(n) < len(prefix) || n[:len(prefix)] != prefix {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// makeStage makes the folder of a stage and takes its lock.
func makeStage(parent string) (string, *flock.Flock, error) {
	for attempt := 0; ; attempt++ {
		dir, err := os.MkdirTemp(parent, prefix+"*")
		if err != nil {
			return "", nil, err
		}
		l := flock.New(filepath.Join(dir, lockName))
		ok, err := l.TryLock()
		if err == nil && ok && isAt(l) {
			return dir, l, nil
		}
		_ = l.Close()
		_ = os.RemoveAll(dir)
		if attempt == 20 {
			return "", nil, fmt.Errorf("could not lock %s: %w", dir, err)
		}
	}
}

// isAt reports whether the file of a lock that is held is still the one at its path: a sweep may have taken it for that
// of a dead process before it was locked.
func isAt(l *flock.Flock) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.Path())
	return err == nil && os.SameFile(held, there)
}

// Dir is the folder in which the files of a folder are written; a single file is written under its own name.
func (s *Stage) Dir() string { return filepath.Join(s.dir, dataName) }

// File is where the only file is written.
func (s *Stage) File() string { return filepath.Join(s.Dir(), filepath.Base(s.target.Path)) }

// Joins reports whether the files are added to those of a folder that is there, so that their names must be new.
func (s *Stage) Joins() bool { return s.joins }

// Abort drops what was written. It does nothing after Commit, whether that succeeded or not.
func (s *Stage) Abort() {
	if s.lock == nil {
		return
	}
	removeStage(s.dir, s.lock)
	s.lock = nil
}

// removeStage removes the folder of a stage whose lock is held. The lock file goes last but for the folder, so that what
// was half removed is found again; but on Windows an open file cannot be removed.
func removeStage(dir string, l *flock.Flock) {
	for _, name := range []string{journalName, oldName, dataName} {
		if os.RemoveAll(filepath.Join(dir, name)) != nil {
			break
		}
	}
	err := os.RemoveAll(dir)
	_ = l.Close()
	if err != nil {
		_ = os.RemoveAll(dir)
	}
}

// Error says that a file cannot be written.
func Error(path string, err error) error {
	var own *sqlstate.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	code, reason := sqlstate.IOError, err
	var in *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &in):
		reason = in.Err
	case errors.As(err, &link):
		reason = link.Err
	}
	e := (*sqlstate.Error)(nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e = sqlstate.New(sqlstate.UndefinedFile, "could not write \"%s\": No such file or directory", path).WithHint("The folder that it is to be in must exist.")
	case errors.Is(err, fs.ErrPermission):
		e = sqlstate.New(sqlstate.InsufficientPrivilege, "could not write \"%s\": Permission denied", path)
	case isFull(err):
		e = sqlstate.New(sqlstate.DiskFull, "could not write \"%s\": %v", path, reason)
	default:
		e = sqlstate.New(code, "could not write \"%s\": %v", path, reason)
	}
	e.Err = err
	return e
}
