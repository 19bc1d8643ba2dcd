package storage

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// fileSet is the files of a table and what is known of each without opening it.
type fileSet struct {
	files  []file.File
	names  []string      // as the query names them
	keys   []*hiveColumn // by key
	number []uint32      // of a table with a log: which of its files each is
	pruned int           // files left out by a condition
	// Of a tree that was not read as a whole: the folders of the form key=value that were read, and those left out.
	folders, closed int
}

func newFileSet(h *hive) *fileSet {
	s := &fileSet{}
	if h != nil {
		for i := range h.keys {
			s.keys = append(s.keys, &hiveColumn{key: &h.keys[i], codes: map[string]uint32{}})
		}
	}
	return s
}

// lister finds the files of a table.
type lister struct {
	c    *Catalog
	hive *hive
	set  *fileSet
	// format is what files must be by their names, "" for anything; example is one that is.
	format, example string
	// terms are conditions over the columns that are known of files; see restriction.
	terms *restriction

	told  func(dir *place) // nil, or is told of the place of each file
	dir   *place           // whose codes are in codes
	codes []uint32
}

// list walks over the patterns.
func (l *lister) list(ctx context.Context, patterns []*pattern) error {
	for _, p := range patterns {
		before := len(l.set.files) + l.set.closed
		if p.members != nil {
			if err := l.addMembers(p); err != nil {
				return err
			}
			continue
		}
		w := &walker{c: l.c, ctx: ctx, keys: l.hive != nil || l.told != nil}
		w.visit.file = func(path, name string, dir *place) error { return l.add(p, path, name, dir) }
		if l.terms != nil && l.hive != nil {
			w.visit.folders = l.open
		}
		if err := w.walk(p); err != nil {
			return err
		}
		if len(l.set.files)+l.set.closed == before {
			return p.nothing()
		}
	}
	return nil
}

// addMembers takes files that are known as they are.
func (l *lister) addMembers(p *pattern) error {
	for _, f := range p.members {
		name := l.c.nameOf(&f)
		if err := l.add(p, f.Path, name, placeOf(name)); err != nil {
			return err
		}
		l.set.files[len(l.set.files)-1] = f
	}
	return nil
}

// add takes a file. Its size is found out later, unless it is left out.
func (l *lister) add(p *pattern, path, name string, dir *place) error {
	if !p.takes(name) {
		return nil
	}
	if f := formatOf(name); l.format != "" && f != "" && f != l.format {
		return mixedFormats(l.example, l.format, name, f)
	}
	if len(l.set.files) >= maxFiles {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "more than %d files match \"%s\"", maxFiles, p.text)
	}
	if l.hive != nil {
		if err := l.place(dir, name); err != nil {
			return err
		}
		for i, k := range l.set.keys {
			k.file = append(k.file, l.codes[i])
		}
	}
	if l.told != nil {
		l.told(dir)
	}
	l.set.files = append(l.set.files, file.File{Path: path})
	l.set.names = append(l.set.names, name)
	return nil
}

// place sets codes to those of the folders that lead to a file.
func (l *lister) place(dir *place, name string) error {
	if l.dir == dir {
		return nil
	}
	if !l.hive.fits(dir) {
		return l.hive.misplaced(name)
	}
	l.codes = l.codes[:0]
	for i, k := range dir.keysOf() {
		code, err := l.set.keys[i].code(k.value, strings.TrimSuffix(k.name, "/"))
		if err != nil {
			return err
		}
		l.codes = append(l.codes, code)
	}
	l.dir = dir
	l.set.folders++
	return nil
}

// open returns those of the folders in a parent that the conditions leave.
func (l *lister) open(parent *place, names []string) ([]string, error) {
	if parent.depth >= len(l.hive.keys) {
		return nil, nil // the files will be found misplaced
	}
	key := l.set.keys[parent.depth]
	b := vec.NewBuilder(key.key.typ)
	for _, n := range names {
		k, raw, _ := parseKey(n)
		if k != key.key.name {
			return nil, nil
		}
		code, err := key.code(raw, parent.name+n)
		if err != nil {
			return nil, err
		}
		b.AppendFrom(key.values[code], 0)
	}
	batch := &vec.Batch{Rows: len(names)}
	for i, k := range parent.keysOf() {
		code, err := l.set.keys[i].code(k.value, strings.TrimSuffix(k.name, "/"))
		if err != nil {
			return nil, err
		}
		batch.Cols = append(batch.Cols, l.set.keys[i].values[code].WithLen(len(names)))
	}
	batch.Cols = append(batch.Cols, b.Finish())
	sel := l.terms.folders(parent.depth, batch)
	if sel == nil {
		return nil, nil
	}
	l.set.closed += len(names) - len(sel)
	keep := make([]string, 0, len(sel))
	for _, i := range sel {
		keep = append(keep, names[i])
	}
	return keep, nil
}

// stat finds out the sizes of the files. Those that have gone since they were found are left out.
func (s *fileSet) stat(ctx context.Context) error {
	var gone []int
	for i := range s.files {
		if i&1023 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f := &s.files[i]
		if f.Member != nil || f.Store != nil {
			continue
		}
		info, err := os.Stat(f.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			gone = append(gone, i)
		case err != nil:
			return file.Error(f.Path, err)
		case !info.Mode().IsRegular():
			return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a regular file", f.Path)
		default:
			*f = file.New(f.Path, info)
		}
	}
	if gone != nil {
		var keep []uint32
		for i := range s.files {
			if len(gone) > 0 && gone[0] == i {
				gone = gone[1:]
			} else {
				keep = append(keep, uint32(i))
			}
		}
		s.keep(keep)
	}
	return nil
}

// keep leaves out all files but some.
func (s *fileSet) keep(sel []uint32) {
	for to, from := range sel {
		s.files[to], s.names[to] = s.files[from], s.names[from]
		if s.number != nil {
			s.number[to] = s.number[from]
		}
		for _, k := range s.keys {
			k.file[to] = k.file[from]
		}
	}
	n := len(sel)
	s.files, s.names = s.files[:n], s.names[:n]
	if s.number != nil {
		s.number = s.number[:n]
	}
	for _, k := range s.keys {
		k.file = k.file[:n]
	}
}

// clone returns a copy that keep may change.
func (s *fileSet) clone() *fileSet {
	c := *s
	c.files = append([]file.File(nil), s.files...)
	c.names = append([]string(nil), s.names...)
	c.number = append([]uint32(nil), s.number...)
	c.keys = nil
	for _, k := range s.keys {
		own := *k
		own.file = append([]uint32(nil), k.file...)
		c.keys = append(c.keys, &own)
	}
	return &c
}

// values returns what an extra column holds, by file.
func (s *fileSet) values(k extraKind, key int) file.Values {
	switch k {
	case extraKey:
		return file.Values{Dict: s.keys[key].dict(), Code: s.keys[key].file}
	case extraPath:
		b := vec.NewBuilder(k.typ())
		for _, n := range s.names {
			b.AppendString(validText(n))
		}
		return file.Values{Dict: b.Finish()}
	}
	out := make([]int64, len(s.files))
	for i := range s.files {
		out[i] = s.files[i].Size
		if k == extraTime {
			out[i] = s.files[i].ModTime.UnixMicro()
		}
	}
	return file.Values{Dict: vec.New(k.typ(), types.KInt64, out, nil)}
}

// restriction is conditions of a query that can be decided for a file, or for a folder, without reading it.
type restriction struct {
	fn    *fn.Ctx
	terms []expr.Expr
	// column returns which extra column an ID means; ok is false for another column.
	column func(expr.ColID) (kind extraKind, key int, ok bool)
	// bounds are those that can be decided by what a log says of the columns in files; field returns which of the table's
	// an ID means, -1 for none.
	bounds []expr.Expr
	field  func(expr.ColID) int

	levels map[int][]*expr.Program // by depth: what can be decided there and not above
}

// newRestriction takes the terms that use nothing but what is known of files; nil when there are none.
func newRestriction(f *fn.Ctx, terms []expr.Expr, column func(expr.ColID) (extraKind, int, bool)) *restriction {
	r := &restriction{fn: f, column: column}
	for _, t := range terms {
		known, any := !expr.IsVolatile(t), false
		expr.Columns(t, func(c *expr.Column) {
			k, _, ok := column(c.ID)
			known = known && ok && k != extraRow && k != extraNumber
			any = true
		})
		if known && any {
			r.terms = append(r.terms, t)
		}
	}
	if r.terms == nil {
		return nil
	}
	return r
}

// folders returns the rows of a batch that the terms over the keys of its columns leave; nil for all. The terms that
// were decided by fewer keys are not looked at again.
func (r *restriction) folders(depth int, b *vec.Batch) []uint32 {
	if r.levels == nil {
		r.levels = map[int][]*expr.Program{}
	}
	progs, ok := r.levels[depth]
	if !ok {
		for _, t := range r.terms {
			if r.deepest(t) != depth {
				continue
			}
			p, err := expr.Compile(t, func(id expr.ColID) int {
				_, key, _ := r.column(id)
				return key
			})
			if err == nil {
				progs = append(progs, p)
			}
		}
		r.levels[depth] = progs
	}
	return r.pass(progs, b)
}

// pass returns the rows of a batch for which programs are true; nil for all. A program that fails leaves all: the plan's
// filter will raise the error, if the row is to count.
func (r *restriction) pass(progs []*expr.Program, b *vec.Batch) []uint32 {
	all := true
	in := *b
	for _, p := range progs {
		sel, err := p.Select(r.fn, &in)
		if err != nil || len(sel) == in.Len() {
			continue
		}
		in.Sel, all = sel, false
		if len(sel) == 0 {
			break
		}
	}
	if all {
		return nil
	}
	return in.Sel
}

// deepest returns the last key that a term needs; -1 when it needs more than keys.
func (r *restriction) deepest(t expr.Expr) int {
	depth := -1
	keys := true
	expr.Columns(t, func(c *expr.Column) {
		k, key, _ := r.column(c.ID)
		keys = keys && k == extraKey
		depth = max(depth, key)
	})
	if !keys {
		return -1
	}
	return depth
}

// files leaves out files of a set. Without sizes, terms that need them are not looked at; only they are with them. keys
// says whether terms over keys alone are to be looked at.
func (r *restriction) files(s *fileSet, sizes, keys bool) {
	if r == nil || len(s.files) == 0 {
		return
	}
	b := &vec.Batch{Rows: len(s.files)}
	type column struct {
		kind extraKind
		key  int
	}
	var have []column
	var progs []*expr.Program
	for _, t := range r.terms {
		needs := false
		expr.Columns(t, func(c *expr.Column) {
			k, _, _ := r.column(c.ID)
			needs = needs || k == extraSize || k == extraTime
		})
		if needs != sizes || !keys && r.deepest(t) >= 0 {
			continue
		}
		p, err := expr.Compile(t, func(id expr.ColID) int {
			k, key, _ := r.column(id)
			for i, h := range have {
				if h == (column{k, key}) {
					return i
				}
			}
			have = append(have, column{k, key})
			v := s.values(k, key)
			if v.Code != nil {
				b.Cols = append(b.Cols, vec.NewDict(v.Code, nil, v.Dict))
			} else {
				b.Cols = append(b.Cols, v.Dict)
			}
			return len(have) - 1
		})
		if err == nil {
			progs = append(progs, p)
		}
	}
	if sel := r.pass(progs, b); sel != nil {
		s.pruned += len(s.files) - len(sel)
		s.keep(sel)
	}
}
