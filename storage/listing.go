package storage

import (
	"io/fs"
	"os"
	"sort"
	"sync"
	"time"
)

// entry is a name in a folder.
type entry struct {
	name string
	kind entryKind
}

type entryKind uint8

const (
	isFile entryKind = iota
	isDir            // and no link to one
	isLink
	isOther // a pipe, a device
)

// listings keeps what is in folders for as long as they do not change: a folder's modification time changes when a name
// comes, goes or changes, not when a file grows. It is safe for concurrent use.
type listings struct {
	mu      sync.Mutex
	folders map[string]listing
	bytes   int64
}

// listing is what was in a folder in one state of it.
type listing struct {
	info    os.FileInfo
	entries []entry
}

const (
	// maxListings bounds the bytes of the names that are kept.
	maxListings = 64 << 20
	// settled is how old a change of a folder must be for its listing to be kept: another change in the same tick of the
	// file system's clock would not show.
	settled = 2 * time.Second
)

// read returns what is in a folder, in the order of paths: a folder stands where the paths of what is in it do.
func (l *listings) read(path string) ([]entry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	known, ok := l.folders[path]
	l.mu.Unlock()
	if ok && known.info.ModTime().Equal(info.ModTime()) && os.SameFile(known.info, info) {
		return known.entries, nil
	}
	list, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(list))
	for i, d := range list {
		entries[i] = entry{d.Name(), kindOf(d.Type())}
	}
	sort.Slice(entries, func(i, j int) bool { return entryLess(&entries[i], &entries[j]) })
	if time.Since(info.ModTime()) > settled {
		l.keep(path, listing{info, entries})
	}
	return entries, nil
}

func kindOf(m fs.FileMode) entryKind {
	switch {
	case m.IsDir():
		return isDir
	case m&fs.ModeSymlink != 0:
		return isLink
	case m.IsRegular():
		return isFile
	}
	return isOther
}

// entryLess orders names as the paths that begin with them: "a.csv" comes before what is in the folder "a".
func entryLess(a, b *entry) bool {
	n := min(len(a.name), len(b.name))
	if x, y := a.name[:n], b.name[:n]; x != y {
		return x < y
	}
	return a.byteAt(n) < b.byteAt(n)
}

func (e *entry) byteAt(i int) int {
	switch {
	case i < len(e.name):
		return int(e.name[i])
	case e.kind == isDir && i == len(e.name):
		return '/'
	}
	return -1
}

func (l *listings) keep(path string, x listing) {
	size := func(path string, x listing) int64 {
		n := int64(len(path)) + 300
		for i := range x.entries {
			n += int64(len(x.entries[i].name)) + 24
		}
		return n
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.folders == nil {
		l.folders = map[string]listing{}
	}
	if old, ok := l.folders[path]; ok {
		l.bytes -= size(path, old)
	}
	l.folders[path] = x
	for l.bytes += size(path, x); l.bytes > maxListings && len(l.folders) > 1; {
		for p, old := range l.folders { // whichever comes first
			if p != path {
				delete(l.folders, p)
				l.bytes -= size(p, old)
				break
			}
		}
	}
}
