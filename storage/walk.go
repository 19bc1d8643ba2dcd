package storage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gsql/storage/file"
)

// walker finds the files that patterns name, in the order of their paths, and reads each folder once. It does not follow
// links to folders for **, nor in folders as tables, so that it comes to an end.
type walker struct {
	c     *Catalog
	ctx   context.Context
	keys  bool // names of the form key=value are told of
	visit visitor

	pattern *pattern // that is being walked
}

// visitor is told what a walker finds.
type visitor struct {
	// file takes a file: the path to open, and how the query names it. dir has the folders that lead to it.
	file func(path, name string, dir *place) error
	// folders returns those of the folders in parent that may matter; nil: all do. Only names of the form key=value are
	// asked for.
	folders func(parent *place, names []string) ([]string, error)
	// rank, when set, says where among n names to begin, for looking at files here and there; the last names come first
	// when it is n-1.
	rank func(n int) int
}

// place is a folder on the way.
type place struct {
	path   string // to open
	name   string // as the query names it, with a slash at its end; "" for the folder that relative paths begin at
	real   string // without links; "" where nothing is restricted
	at     []spot
	parent *place
	key    string // "" unless the folder is called key=value
	value  string
	depth  int // number of such folders, this one included
}

// spot is a place in an alternative of a pattern.
type spot struct{ alt, part int }

// errStop ends a walk.
var errStop = errors.New("stop")

// walk goes over the files that a pattern names. A folder stands for the data files in it.
func (w *walker) walk(p *pattern) error {
	w.pattern = p
	root := &place{path: w.c.dir()}
	if p.abs {
		root.path = filepath.VolumeName(p.text) + string(filepath.Separator)
		root.name = filepath.ToSlash(root.path)
	}
	if w.c.cfg.Restrict {
		real, err := realPath(root.path)
		if err != nil {
			return err
		}
		root.real = real
	}
	for i := range p.alts {
		root.at = append(root.at, spot{i, 0})
	}
	return w.folder(w.closed(root))
}

// closed adds the spots that ** leads to by standing for no folder.
func (w *walker) closed(d *place) *place {
	for i := 0; i < len(d.at); i++ {
		s := d.at[i]
		if w.part(s).kind != deep {
			continue
		}
		if next := (spot{s.alt, s.part + 1}); !slices.Contains(d.at, next) {
			d.at = append(d.at, next)
		}
	}
	return d
}

func (w *walker) part(s spot) part { return w.pattern.alts[s.alt][s.part] }

// folder goes over what is in a folder.
func (w *walker) folder(d *place) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	var list []entry
	if slices.ContainsFunc(d.at, func(s spot) bool { return w.part(s).kind != literal }) {
		var err error
		if list, err = w.c.listings.read(d.path); err != nil {
			return w.unreadable(d, err)
		}
	} else {
		list = w.literals(d)
	}
	if slices.ContainsFunc(d.at, func(s spot) bool { return w.part(s).kind == data }) {
		if kind := w.c.lakeIn(d.path, list); kind != noLake {
			return kind.refuse(d.name)
		}
	}
	wanted, err := w.wanted(d, list)
	if err != nil {
		return err
	}
	first := 0
	if w.visit.rank != nil && len(list) > 0 {
		first = w.visit.rank(len(list))
	}
	for i := range list {
		e := &list[(first+i)%len(list)]
		if w.visit.rank != nil && first == len(list)-1 {
			e = &list[first-i]
		}
		if err := w.entry(d, e, wanted); err != nil {
			return err
		}
	}
	return nil
}

// unreadable returns the error of a folder that cannot be read; one that is not there has no files.
func (w *walker) unreadable(d *place, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return file.Error(w.c.shown(d.path), err)
}

// literals returns the names that are written in the pattern and are there.
func (w *walker) literals(d *place) []entry {
	var list []entry
	for _, s := range d.at {
		name := w.part(s).text
		if slices.ContainsFunc(list, func(e entry) bool { return e.name == name }) {
			continue
		}
		info, err := os.Lstat(filepath.Join(d.path, name))
		if err != nil {
			continue
		}
		list = append(list, entry{name, kindOf(info.Mode().Type())})
	}
	slices.SortFunc(list, func(a, b entry) int {
		if entryLess(&a, &b) {
			return -1
		}
		return 1
	})
	return list
}

// wanted asks which folders of a list may matter; nil: all.
func (w *walker) wanted(d *place, list []entry) (map[string]bool, error) {
	if w.visit.folders == nil {
		return nil, nil
	}
	var names []string
	for i := range list {
		if e := &list[i]; e.kind != isFile && strings.IndexByte(e.name, '=') > 0 && len(w.next(d, e)) > 0 {
			names = append(names, e.name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	keep, err := w.visit.folders(d, names)
	if keep == nil || err != nil {
		return nil, err
	}
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = false
	}
	for _, n := range keep {
		set[n] = true
	}
	return set, nil
}

// next returns the spots behind a name.
func (w *walker) next(d *place, e *entry) []spot {
	var out []spot
	for _, s := range d.at {
		p := w.part(s)
		if p.kind == deep {
			if e.kind == isDir && !hidden(e.name) {
				out = append(out, s)
			}
			continue
		}
		if next := (spot{s.alt, s.part + 1}); p.matches(e.name) && !slices.Contains(out, next) {
			out = append(out, next)
		}
	}
	return out
}

// entry goes on with a name in a folder.
func (w *walker) entry(d *place, e *entry, wanted map[string]bool) error {
	if keep, asked := wanted[e.name]; asked && !keep {
		return nil
	}
	if e.kind == isOther {
		return nil
	}
	next := w.next(d, e)
	if len(next) == 0 {
		return nil
	}
	path := join(d.path, e.name)
	kind := e.kind
	if kind == isLink {
		info, err := os.Stat(path)
		if err != nil {
			return nil // it leads nowhere
		}
		kind = kindOf(info.Mode().Type())
	}
	if kind == isDir {
		return w.enter(d, e, path, next)
	}
	if kind != isFile || !slices.ContainsFunc(next, func(s spot) bool { return s.part == len(w.pattern.alts[s.alt]) }) {
		return nil
	}
	if w.c.cfg.Restrict {
		real, err := w.real(d, e, path)
		if err != nil {
			return nil // it has gone
		}
		if !w.c.allowed(real) {
			return denied(w.c.shown(path))
		}
		path = real
	}
	return w.visit.file(path, d.name+e.name, d)
}

// join puts a name behind a folder's path.
func join(dir, name string) string {
	switch {
	case dir == ".":
		return name
	case os.IsPathSeparator(dir[len(dir)-1]):
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}

// real returns a path without links.
func (w *walker) real(d *place, e *entry, path string) (string, error) {
	if e.kind != isLink && e.name != ".." {
		return join(d.real, e.name), nil
	}
	return realPath(path)
}

// enter goes on in a folder.
func (w *walker) enter(d *place, e *entry, path string, next []spot) error {
	in := &place{path: path, name: d.name + e.name + "/", parent: d, depth: d.depth}
	for _, s := range next {
		if s.part < len(w.pattern.alts[s.alt]) {
			in.at = append(in.at, s)
		}
	}
	if len(in.at) == 0 {
		return nil
	}
	if w.c.cfg.Restrict {
		real, err := w.real(d, e, path)
		if err != nil {
			return nil
		}
		in.real = real
	}
	if w.keys {
		if key, value, ok := parseKey(e.name); ok {
			in.key, in.value, in.depth = key, value, d.depth+1
		}
	}
	return w.folder(w.closed(in))
}
