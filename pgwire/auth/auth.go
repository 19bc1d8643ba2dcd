// Package auth decides who may connect to a server: users with their passwords' SCRAM secrets in a file, rules as in
// PostgreSQL's pg_hba.conf, and TLS certificates. The files are read again when they change.
package auth

import (
	"os"
	"sync"
	"time"
)

// checkEvery is how long a file is believed to be as it was.
const checkEvery = time.Second

// watched is a file, or several, whose content is kept until they change.
type watched[T any] struct {
	paths []string
	read  func() (T, error)

	mu      sync.Mutex
	content T
	stamps  []stamp
	checked time.Time
}

// stamp tells versions of a file apart.
type stamp struct {
	size    int64
	changed time.Time
}

func watch[T any](read func() (T, error), paths ...string) (*watched[T], error) {
	w := &watched[T]{paths: paths, read: read}
	w.stamps = w.stamp()
	w.checked = time.Now()
	var err error
	w.content, err = read()
	return w, err
}

// get returns the content. When the files have changed and cannot be read, it is the one before, with the error.
func (w *watched[T]) get() (T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.checked) < checkEvery {
		return w.content, nil
	}
	w.checked = time.Now()
	now := w.stamp()
	same := true
	for i := range now {
		same = same && now[i] == w.stamps[i]
	}
	if same {
		return w.content, nil
	}
	fresh, err := w.read()
	if err != nil {
		return w.content, err
	}
	w.content, w.stamps = fresh, now
	return fresh, nil
}

func (w *watched[T]) stamp() []stamp {
	out := make([]stamp, len(w.paths))
	for i, p := range w.paths {
		if info, err := os.Stat(p); err == nil {
			out[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	return out
}
