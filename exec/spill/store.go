package spill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
)

// lockName is the file in a process's directory that it holds a lock on while it lives.
const lockName = "lock"

// Store is the directory in which a process spills. It is safe for concurrent use.
type Store struct {
	parent string
	limit  atomic.Int64 // 0: none, or not settled before the first file
	share  bool         // the limit is a share of what is free then
	used   atomic.Int64

	mu   sync.Mutex
	dir  string // "" until the first file is made
	lock *flock.Flock
	seq  int64
}

// NewStore returns a store whose files lie in a directory below parent ("" is the system's for temporary files)
// and take at most limit bytes (0: 90 % of what is free when the first file is made; negative: no limit). It removes
// what dead processes have left in parent. The directory itself is made when it is first needed.
func NewStore(parent string, limit int64) *Store {
	if parent == "" {
		parent = filepath.Join(os.TempDir(), fmt.Sprintf("gsql-spill-%d", os.Getuid()))
	}
	s := &Store{parent: parent, share: limit == 0}
	s.limit.Store(max(limit, 0))
	s.sweep()
	return s
}

// unlockedAge is how old a directory without a lock file must be to be that of a dead process: a living one may be
// about to make the file.
const unlockedAge = time.Hour

// sweep removes the directories of processes that are gone: their locks are free.
func (s *Store) sweep() {
	dirs, err := filepath.Glob(filepath.Join(s.parent, "process-*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		// The lock file is not made here, so that nobody but its process ever makes it.
		l := flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_RDWR))
		ok, err := l.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			info, err := os.Stat(dir)
			ok = err == nil && time.Since(info.ModTime()) > unlockedAge
		}
		if !ok {
			continue
		}
		// The lock goes last, or a process could take it for a directory that is about to go; but on Windows an open
		// file cannot be removed.
		err = os.RemoveAll(dir)
		_ = l.Close()
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}
}

// Used returns the bytes of the files that exist now.
func (s *Store) Used() int64 { return s.used.Load() }

// Limit returns the cap on Used, 0 for none or when it is not settled yet.
func (s *Store) Limit() int64 { return s.limit.Load() }

// Close removes the directory. The spaces must be closed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		return nil
	}
	err := s.lock.Close()
	if rerr := os.RemoveAll(s.dir); err == nil {
		err = rerr
	}
	s.dir, s.lock = "", nil
	_ = os.Remove(s.parent) // when it is empty
	return err
}

// create makes a new file, and the directory before the first.
func (s *Store) create() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		if err := s.makeDir(); err != nil {
			return nil, diskError(err)
		}
	}
	s.seq++
	f, err := os.OpenFile(filepath.Join(s.dir, fmt.Sprintf("%08d.arrows", s.seq)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return f, diskError(err)
}

// makeDir makes the directory. Other processes that begin or end at that moment may remove it before it is locked, or
// the parent while it is empty: then it makes another.
func (s *Store) makeDir() error {
	for attempt := 0; ; attempt++ {
		dir, l, err := makeLocked(s.parent)
		if err == nil {
			s.dir, s.lock = dir, l
			break
		}
		// MkdirAll fails with ErrExist when the parent is removed while it looks.
		if attempt == 20 || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) && err != errTaken {
			return err
		}
	}
	if s.share {
		s.limit.Store(freeBytes(s.dir) / 10 * 9)
	}
	return nil
}

var errTaken = errors.New("the new directory was taken for that of a dead process")

// makeLocked makes a directory below parent and takes its lock.
func makeLocked(parent string) (string, *flock.Flock, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp(parent, "process-*")
	if err != nil {
		return "", nil, err
	}
	l := flock.New(filepath.Join(dir, lockName))
	ok, err := l.TryLock()
	if err == nil && !(ok && isAt(l)) {
		err = errTaken
	}
	if err != nil {
		_ = l.Close()
		_ = os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, l, nil
}

// isAt reports whether the file of a lock that is held is still the one at its path.
func isAt(l *flock.Flock) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.Path())
	return err == nil && os.SameFile(held, there)
}

// take accounts for n more bytes on disk, or returns a 53400 error.
func (s *Store) take(n int64) error {
	limit := s.limit.Load()
	if used := s.used.Add(n); limit > 0 && used > limit {
		s.used.Add(-n)
		return sqlstate.New(sqlstate.ConfigLimitExceeded, "temporary files would exceed the limit of %s", mem.Format(limit)).
			WithHint("Raise --temp-limit, or --memory so that less is written to disk.")
	}
	return nil
}

// diskError gives an error of the file system its SQLSTATE.
func diskError(err error) error {
	if err == nil {
		return nil
	}
	var own *sqlstate.Error
	if errors.As(err, &own) {
		return err
	}
	code := sqlstate.IOError
	if errors.Is(err, syscall.ENOSPC) {
		code = sqlstate.DiskFull
	}
	e := sqlstate.New(code, "could not use a temporary file: %v", err).
		WithHint("The directory of temporary files is chosen with --temp-dir.")
	e.Err = err
	return e
}

// diskError is that of the store. Where files outside of any store lie is for their owner to say.
func (s *Space) diskError(err error) error {
	err = diskError(err)
	if e, ok := err.(*sqlstate.Error); ok && s == nil {
		e.Hint = ""
	}
	return err
}

// Space is one query's share of a store, with a cap of its own. It is safe for concurrent use.
type Space struct {
	store   *Store
	limit   int64
	used    atomic.Int64
	written atomic.Int64
	files   atomic.Int64

	mu   sync.Mutex
	open map[string]struct{} // paths of the files that exist
}

// Space returns an empty space for up to limit bytes; 0 is no limit but the store's. It must be closed.
func (s *Store) Space(limit int64) *Space {
	return &Space{store: s, limit: limit, open: map[string]struct{}{}}
}

// Used returns the bytes of the files that exist now, Written those of all files so far.
func (s *Space) Used() int64    { return s.used.Load() }
func (s *Space) Written() int64 { return s.written.Load() }

// Files returns how many files were made so far.
func (s *Space) Files() int64 { return s.files.Load() }

// Close removes the files that are left.
func (s *Space) Close() error {
	s.mu.Lock()
	paths := s.open
	s.open = map[string]struct{}{}
	s.mu.Unlock()
	var first error
	for p := range paths {
		if err := os.Remove(p); err != nil && first == nil {
			first = diskError(err)
		}
	}
	s.store.used.Add(-s.used.Swap(0))
	return first
}

// take accounts for n more bytes.
func (s *Space) take(n int64) error {
	if used := s.used.Add(n); s.limit > 0 && used > s.limit {
		s.used.Add(-n)
		return sqlstate.New(sqlstate.ConfigLimitExceeded, "temporary file size exceeds temp_file_limit (%s)", mem.Format(s.limit)).
			WithHint("Raise temp_file_limit, or --memory so that less is written to disk.")
	}
	if err := s.store.take(n); err != nil {
		s.used.Add(-n)
		return err
	}
	s.written.Add(n)
	return nil
}

// remove deletes a file of so many bytes, unless the space has been closed. Without a space it counts nothing.
func (s *Space) remove(path string, bytes int64) {
	if s == nil {
		_ = os.Remove(path)
		return
	}
	s.mu.Lock()
	_, ok := s.open[path]
	delete(s.open, path)
	s.mu.Unlock()
	if ok {
		_ = os.Remove(path)
		s.used.Add(-bytes)
		s.store.used.Add(-bytes)
	}
}
