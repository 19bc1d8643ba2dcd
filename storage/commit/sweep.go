package commit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// unlockedAge is how old a stage without a lock file must be to be that of a dead process: a living one may be about to
// make the file.
const unlockedAge = time.Hour

// sweep finishes what dead processes have begun in a folder and said so, and removes what they have not.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			sweepStage(filepath.Join(parent, e.Name()))
		}
	}
}

func sweepStage(dir string) {
	// The lock file is not made here, so that nobody but the stage's process ever makes it.
	l := flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_RDWR))
	ok, err := l.TryLock()
	if errors.Is(err, fs.ErrNotExist) {
		info, err := os.Stat(dir)
		ok = err == nil && time.Since(info.ModTime()) > unlockedAge
	}
	if !ok {
		return
	}
	if err := finish(dir); err != nil { // another time, perhaps
		_ = l.Close()
		return
	}
	removeStage(dir, l)
}

// finish does what the journal of a stage says.
func finish(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	what, rest, _ := strings.Cut(string(text), "\n")
	switch name := strings.TrimSuffix(rest, "\n"); {
	case what == "join":
		return joinFolder(dir, parent)
	case what == "replace" && filepath.IsLocal(name) && filepath.Base(name) == name:
		return replaceFolder(dir, filepath.Join(parent, name))
	}
	return errors.New("a journal that cannot be read")
}
