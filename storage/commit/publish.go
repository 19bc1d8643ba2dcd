package commit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Commit makes what was written appear at the target.
func (s *Stage) Commit() error {
	defer s.Abort()
	if err := s.sync(); err != nil {
		return Error(s.target.Name, err)
	}
	err := s.publish()
	if errors.Is(err, fs.ErrExist) {
		return exists(s.target.Name).WithHint("It has been made while the rows were written.")
	}
	return Error(s.target.Name, err)
}

func (s *Stage) publish() error {
	t := s.target
	switch {
	case s.joins:
		return s.join()
	case !t.Folder && t.Mode == New:
		if err := moveNew(s.File(), t.Path); err != nil {
			return err
		}
	case !t.Folder:
		if info, err := os.Stat(t.Path); err == nil {
			_ = os.Chmod(s.File(), info.Mode().Perm())
		}
		if err := os.Rename(s.File(), t.Path); err != nil {
			return err
		}
	default:
		if err := s.publishFolder(); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(t.Path))
}

// publishFolder puts the folder into its place.
func (s *Stage) publishFolder() error {
	path := s.target.Path
	_, err := os.Lstat(path)
	switch {
	case err == nil && s.target.Mode == Overwrite:
		if err = exchange(s.Dir(), path); err == nil || !errors.Is(err, errNoExchange) {
			return err
		}
		if err := s.writeJournal("replace\n" + filepath.Base(path) + "\n"); err != nil {
			return err
		}
		return replaceFolder(s.dir, path)
	case err == nil:
		_ = os.Remove(path) // when it is empty
	}
	if err := os.Rename(s.Dir(), path); err != nil {
		if _, there := os.Lstat(path); there == nil {
			return fs.ErrExist
		}
		return err
	}
	return nil
}

// replaceFolder does what is left of replacing the folder at path by that of a stage.
func replaceFolder(stage, path string) error {
	data, old := filepath.Join(stage, dataName), filepath.Join(stage, oldName)
	if _, err := os.Lstat(data); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(path, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(data, path)
}

// join moves the files into the folder that is there.
func (s *Stage) join() error {
	one, err := onlyFile(s.Dir())
	if err != nil {
		return err
	}
	if !one {
		if err := s.writeJournal("join\n"); err != nil {
			return err
		}
	}
	return joinFolder(s.dir, s.target.Path)
}

// onlyFile reports whether a folder has one file or none, so that moving it is one step.
func onlyFile(dir string) (bool, error) {
	n := 0
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if n++; n > 1 {
				return filepath.SkipAll
			}
		}
		return err
	})
	return n <= 1, err
}

// joinFolder does what is left of moving a stage's files into a folder.
func joinFolder(stage, path string) error {
	data := filepath.Join(stage, dataName)
	dirs := map[string]bool{}
	err := filepath.WalkDir(data, func(from string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(data, from)
		if err != nil {
			return err
		}
		to := filepath.Join(path, rel)
		if dir := filepath.Dir(to); !dirs[dir] {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return err
			}
			dirs[dir] = true
		}
		return moveNew(from, to)
	})
	if errors.Is(err, fs.ErrNotExist) { // all of it was moved, and the folder removed
		if _, there := os.Lstat(data); errors.Is(there, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return err
		}
		if err := syncParents(dir, path); err != nil {
			return err
		}
	}
	return nil
}

// syncParents syncs the folders from that above dir up to top.
func syncParents(dir, top string) error {
	for strings.HasPrefix(dir, top) && len(dir) > len(top) {
		dir = filepath.Dir(dir)
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// moveNew moves a file to a path where nothing is, or returns fs.ErrExist.
func moveNew(from, to string) error {
	err := renameNew(from, to)
	if errors.Is(err, errNoExchange) {
		// A second name, of which the first goes: the one step that does not replace a file.
		switch err = os.Link(from, to); {
		case err == nil:
			return os.Remove(from)
		case errors.Is(err, fs.ErrExist):
		default: // a file system without links
			if _, there := os.Lstat(to); there != nil {
				return os.Rename(from, to)
			}
			err = fs.ErrExist
		}
	}
	if errors.Is(err, fs.ErrExist) && same(from, to) { // who died between the two steps
		return os.Remove(from)
	}
	return err
}

func same(a, b string) bool {
	x, err := os.Lstat(a)
	if err != nil {
		return false
	}
	y, err := os.Lstat(b)
	return err == nil && os.SameFile(x, y)
}

// writeJournal says what is to be done when the process dies.
func (s *Stage) writeJournal(text string) error {
	path := filepath.Join(s.dir, journalName)
	f, err := os.CreateTemp(s.dir, journalName+"-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if serr := f.Sync(); err == nil {
		err = serr
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	return err
}
