package commit

import (
	"io/fs"
	"os"
	"path/filepath"
)

// manyFiles is how many files are brought to disk one by one. More are cheaper all at once, with what else is in the file
// system.
const manyFiles = 32

// sync brings everything that was written to disk.
func (s *Stage) sync() error {
	var files, dirs []string
	err := filepath.WalkDir(s.Dir(), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			dirs = append(dirs, path)
		default:
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(files)+len(dirs) > manyFiles && syncAll(s.Dir()) == nil {
		return nil
	}
	for _, f := range files {
		if err := syncFile(f); err != nil {
			return err
		}
	}
	for _, d := range dirs {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
