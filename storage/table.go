package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// table is a table over files of one format. Which files these are need not be known before it is scanned, so that a
// query can tell before which of them matter.
type table struct {
	found *found
	terms *restriction

	once  sync.Once
	set   *fileSet
	inner exec.Table // of the format
	err   error
}

// found is what was found out of a table's files when it was looked up. It is immutable.
type found struct {
	c        *Catalog
	name     string
	schema   string // "" for the usual one
	format   string // that names of files must be of; "" for any
	patterns []*pattern
	hive     *hive
	set      *fileSet   // nil: it is yet to be found
	found    any        // what the format knows of the files, as the catalog keeps it
	lake     *lakeFiles // of a table with a log; nil: the files are what counts
	// make returns the table of the format.
	make func(files []file.File, extra *file.Extras) exec.Table

	columns []column // those of the schema, then those that are asked for by name only
	visible int      // of them
	inner   int      // columns of the format's table
	extras  []extra
}

// column is a column of a table.
type column struct {
	field   exec.Field
	ordinal int // in the format's table, extras behind the columns in files
	// What a statement has declared of it: another type than that in the files, and that it has no NULL.
	convert *conversion
	notNull bool
	name    string // in the files, if that may be another
}

// extra is a column that is not in the files.
type extra struct {
	kind extraKind
	key  int // of a folder
}

type extraKind uint8

const (
	extraKey    extraKind = iota // a value in folders' names
	extraPath                    // the file's path
	extraSize                    // its bytes
	extraTime                    // when it was changed
	extraRow                     // number of the row in it, from 1
	extraNumber                  // likewise from 0
	extraNull                    // NULL: a column that is declared, but not in the files
)

func (k extraKind) typ() types.Type {
	switch k {
	case extraPath:
		return types.Of(types.Text)
	case extraTime:
		return types.Of(types.TimestampTZ)
	}
	return types.Of(types.Int64)
}

// systemColumns are the columns that each table over files has beside those of its schema.
var systemColumns = []struct {
	name string
	kind extraKind
}{{"_file", extraPath}, {"_row", extraRow}, {"_size", extraSize}, {"_mtime", extraTime}}

// addColumns settles the columns: those in the files, where one that folders have too is what the folders say; then that of
// the path, if it is wanted; then those of folders.
func (f *found) addColumns(schema exec.Schema, o *filesOptions) {
	f.inner = len(schema)
	add := func(name string, t types.Type, kind extraKind, key int) {
		f.columns = append(f.columns, column{field: exec.Field{Name: name, Type: t}, ordinal: f.inner + len(f.extras)})
		f.extras = append(f.extras, extra{kind, key})
	}
	have := map[string]bool{}
	for i, c := range schema {
		have[c.Name] = true
		if k := f.hive.index(c.Name); k >= 0 {
			add(c.Name, f.hive.keys[k].typ, extraKey, k)
			continue
		}
		f.columns = append(f.columns, column{field: c, ordinal: i})
	}
	if o.rowNumber {
		add("file_row_number", extraNumber.typ(), extraNumber, 0)
	}
	if o.filename != "" {
		add(o.filename, extraPath.typ(), extraPath, 0)
	}
	if f.hive != nil {
		for i, k := range f.hive.keys {
			if !have[k.name] {
				add(k.name, k.typ, extraKey, i)
			}
		}
	}
	f.visible = len(f.columns)
	for _, s := range systemColumns {
		add(s.name, s.kind.typ(), s.kind, 0)
	}
}

// Namespace returns the schema that has the table, "" for the usual one.
func (t *table) Namespace() string { return t.found.schema }

func (t *table) Schema() exec.Schema { return t.found.fields(0, t.found.visible) }

// SystemColumns returns the columns that can be asked for by name but are not among those of Schema. A scan takes them by
// the ordinals behind these.
func (t *table) SystemColumns() exec.Schema {
	return t.found.fields(t.found.visible, len(t.found.columns))
}

func (f *found) fields(from, to int) exec.Schema {
	s := make(exec.Schema, 0, to-from)
	for _, c := range f.columns[from:to] {
		s = append(s, c.field)
	}
	return s
}

// Restrict returns the table of the files that may have rows for which all terms are true.
func (t *table) Restrict(f *fn.Ctx, terms []expr.Expr, ordinal func(expr.ColID) int) exec.Table {
	r := newRestriction(f, terms, func(id expr.ColID) (extraKind, int, bool) {
		i := ordinal(id)
		if i < 0 {
			return 0, 0, false
		}
		if at := t.found.columns[i].ordinal; at >= t.found.inner && t.found.columns[i].convert == nil {
			x := t.found.extras[at-t.found.inner]
			return x.kind, x.key, x.kind != extraNull
		}
		return 0, 0, false
	})
	if t.found.lake != nil {
		r = t.found.withBounds(r, f, terms, ordinal)
	}
	if r == nil || t.terms != nil {
		return t
	}
	return &table{found: t.found, terms: r}
}

// Restricted is what is known of the rows that matter, as far as files are left out by it.
func (t *table) Restricted() string {
	if t.terms == nil {
		return ""
	}
	if t.terms.bounds != nil {
		return expr.NewAnd(t.terms.bounds...).String()
	}
	return expr.NewAnd(t.terms.terms...).String()
}

// open finds the files, unless they are known, and returns the format's table over them.
func (t *table) open(ctx context.Context) (exec.Table, error) {
	t.once.Do(func() {
		if t.set, t.err = t.files(ctx); t.err == nil && t.found.lake != nil {
			t.inner = t.found.openLake(t.set, t.terms)
		} else if t.err == nil {
			t.inner = t.found.make(t.set.files, t.found.newExtras(t.set, t.terms))
		}
	})
	return t.inner, t.err
}

// files returns the files that may matter.
func (t *table) files(ctx context.Context) (*fileSet, error) {
	f := t.found
	if f.lake != nil {
		return f.lakeFiles(ctx, t.terms)
	}
	if f.set != nil {
		if t.terms == nil {
			return f.set, nil
		}
		set := f.set.clone()
		t.terms.files(set, false, true)
		t.terms.files(set, true, true)
		return set, nil
	}
	set := newFileSet(f.hive)
	l := &lister{c: f.c, hive: f.hive, set: set, terms: t.terms, format: f.format, example: f.hive.example}
	if err := l.list(ctx, f.patterns); err != nil {
		return nil, err
	}
	t.terms.files(set, false, false)
	if err := set.stat(ctx); err != nil {
		return nil, err
	}
	t.terms.files(set, true, false)
	return set, nil
}

// newExtras returns the columns that are not in the files, over some files.
func (f *found) newExtras(set *fileSet, terms *restriction) *file.Extras {
	x := &file.Extras{Pruned: set.pruned, Note: f.note(set, terms)}
	for i, e := range f.extras {
		c := &file.Extra{}
		switch e.kind {
		case extraRow:
			c.First = 1
		case extraNumber:
		case extraNull:
			c.Of = func() file.Values { // of the type that the column has
				return file.Values{Dict: vec.Flatten(vec.NewNull(x.Columns[i].Field.Type, 1)), Code: make([]uint32, len(set.files))}
			}
		default:
			c.Of = func() file.Values { return set.values(e.kind, e.key) }
		}
		x.Columns = append(x.Columns, c)
	}
	for _, c := range f.columns {
		if c.ordinal >= f.inner {
			x.Columns[c.ordinal-f.inner].Field = c.field
		}
	}
	return x
}

// note is what EXPLAIN says of the files: how many there are, and what a condition has left out without looking at them.
func (f *found) note(set *fileSet, terms *restriction) string {
	if f.hive == nil && terms == nil {
		return ""
	}
	s := fmt.Sprint(len(set.files))
	if f.hive != nil && f.set == nil {
		s += fmt.Sprintf(" in %s", plural(set.folders, "folder"))
	}
	if set.closed > 0 {
		s += fmt.Sprintf(" (%s not read)", plural(set.closed, "folder"))
	}
	if set.pruned > 0 {
		s += fmt.Sprintf(" (%s pruned)", plural(set.pruned, "file"))
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Stats returns what is known of the rows; it looks for the files.
func (t *table) Stats() exec.Stats {
	inner, err := t.open(context.Background())
	if err != nil {
		return exec.Stats{} // the scan will say what is wrong
	}
	in := inner.Stats()
	out := exec.Stats{Rows: in.Rows, Bytes: in.Bytes, Columns: make([]exec.ColumnStats, len(t.found.columns))}
	for i, c := range t.found.columns {
		if c.ordinal < len(in.Columns) && c.ordinal < t.found.inner && c.convert == nil {
			out.Columns[i] = in.Columns[c.ordinal]
		}
		if x := c.ordinal - t.found.inner; x >= 0 && t.found.extras[x].kind == extraKey {
			out.Columns[i].Distinct = float64(max(1, t.set.keys[t.found.extras[x].key].distinct()))
		}
	}
	return out
}

// Scan returns the scan of the format's table.
func (t *table) Scan(ctx context.Context, req exec.ScanRequest) (exec.Plan, error) {
	inner, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(req.Columns, func(c int) bool { return t.found.columns[c].convert != nil || t.found.columns[c].notNull }) {
		return t.newDeclaredScan(req, func(req exec.ScanRequest) (exec.Plan, error) { return inner.Scan(ctx, req) })
	}
	req.Columns = slices.Clone(req.Columns)
	for i, c := range req.Columns {
		req.Columns[i] = t.found.columns[c].ordinal
	}
	return inner.Scan(ctx, req)
}

// validText is a path as a value of type text, which must be UTF-8.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
