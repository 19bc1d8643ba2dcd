package iceberg

import (
	"context"
	"fmt"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/lake"
	"gsql/storage/parquet"
)

// State finds out which snapshot of a table is wanted. name is the metadata file to read, "" for the newest. The result
// tells the state from others, and makes the table.
func State(ctx context.Context, fs lake.FS, name string, o lake.Options) (identity string, make func(ctx context.Context) (*lake.Table, error), err error) {
	m, err := open(ctx, fs, name)
	if err != nil {
		return "", nil, err
	}
	s, sc, err := m.snapshot(fs, o)
	if err != nil {
		return "", nil, err
	}
	t := &table{m: m, fs: fs, snapshot: s, schema: sc}
	return t.identity(), t.read, nil
}

// table is a table while its manifests are read.
type table struct {
	m        *metadata
	fs       lake.FS
	snapshot *snapshot
	schema   *schema

	out     *lake.Table
	files   []*entry
	deletes *deletes
	nanos   map[int]bool // IDs of fields that have nanoseconds
	memo    lake.Memo
}

func (t *table) identity() string {
	f := t.m.file
	s := fmt.Sprintf("%s %d %d %s schema %d", f.Path, f.Size, f.ModTime.UnixNano(), f.Version, t.schema.ID)
	if t.snapshot != nil {
		s += " snapshot " + strconv.FormatInt(t.snapshot.ID, 10)
	}
	return s
}

func (t *table) read(ctx context.Context) (*lake.Table, error) {
	names, err := t.m.mappedNames()
	if err != nil {
		return nil, err
	}
	r := &schemaReader{names: names}
	columns, err := r.fields(t.schema.Fields, 0)
	if err != nil {
		return nil, corrupt(t.m.file.Path, "%v", err)
	}
	t.out = &lake.Table{State: "no snapshot", Fields: columns, Visible: len(columns), By: parquet.ByID, Bounds: t.bounds, MayHave: t.mayHave}
	if names != nil {
		t.out.By = parquet.ByIDOrName
	}
	t.deletes = &deletes{places: map[string][]*deleteFile{}, keys: map[string][]*deleteFile{}, vector: map[string]*deleteFile{}, inTable: t.m.inTable}
	if t.snapshot != nil {
		t.out.State = "snapshot " + strconv.FormatInt(t.snapshot.ID, 10)
		if err := t.entries(ctx); err != nil {
			return nil, err
		}
	}
	t.findNanos()
	if err := t.addKeyColumns(r); err != nil {
		return nil, err
	}
	if err := t.addKeys(); err != nil {
		return nil, err
	}
	t.addFiles()
	return t.out, nil
}

// entries reads the manifests.
func (t *table) entries(ctx context.Context) error {
	list, err := t.m.manifests(ctx, t.fs, t.snapshot)
	if err != nil {
		return err
	}
	n := 0
	for _, x := range list {
		err := t.m.entries(ctx, t.fs, x, func(e *entry) error {
			if n++; n > lake.MaxFiles {
				return sqlstate.New(sqlstate.ProgramLimitExceeded, "Iceberg table \"%s\" has more than %d files", t.fs.Name(), lake.MaxFiles)
			}
			if e.format != "PARQUET" && !(e.format == "PUFFIN" && e.content == contentPositions && e.off >= 0) {
				return sqlstate.Unsupported("Write the files as Parquet.", "Iceberg table \"%s\" has file \"%s\" of the format %s, which is not supported", t.fs.Name(), base(e.path), e.format)
			}
			if e.content == contentData {
				t.files = append(t.files, e)
			} else {
				t.deletes.add(e)
			}
			t.out.Bytes += int64(300 + 2*len(e.path) + 100*len(e.columns))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// findNanos finds the fields whose values are nanoseconds in manifests.
func (t *table) findNanos() {
	t.nanos = map[int]bool{}
	for _, f := range t.schema.Fields {
		if s := string(f.Type); s == `"timestamp_ns"` || s == `"timestamptz_ns"` {
			t.nanos[f.ID] = true
		}
	}
}

// addKeyColumns finds the columns whose values tell that rows are deleted: such of older schemas too.
func (t *table) addKeyColumns(r *schemaReader) error {
	d := t.deletes
	d.number = map[int]int{}
	for i, f := range t.out.Fields {
		d.number[int(f.ID)] = i
	}
	used := map[int]bool{}
	add := func(list []*deleteFile) error {
		for _, x := range list {
			for _, id := range x.equality {
				if used[id] {
					continue
				}
				used[id] = true
				if err := t.addKeyColumn(r, id); err != nil {
					return err
				}
				t.out.KeyColumns = append(t.out.KeyColumns, d.number[id])
			}
		}
		return nil
	}
	if err := add(d.global); err != nil {
		return err
	}
	for _, list := range d.keys {
		if err := add(list); err != nil {
			return err
		}
	}
	d.fields = t.out.Fields
	return nil
}

func (t *table) addKeyColumn(r *schemaReader, id int) error {
	at, ok := t.deletes.number[id]
	if !ok {
		for _, s := range t.m.Schemas {
			for i := range s.Fields {
				if s.Fields[i].ID != id || ok {
					continue
				}
				f, err := r.fields(s.Fields[i:i+1], 0)
				if err != nil {
					return corrupt(t.m.file.Path, "%v", err)
				}
				at, ok = len(t.out.Fields), true
				t.deletes.number[id] = at
				t.out.Fields = append(t.out.Fields, f[0])
			}
		}
	}
	if !ok || t.out.Fields[at].Fields != nil || t.out.Fields[at].Refuse != "" {
		return sqlstate.Unsupported("Compact the table, so that no rows are deleted so.", "Iceberg table \"%s\" deletes rows by the values of field %d, which is no column of one value, and that is not supported", t.fs.Name(), id)
	}
	return nil
}

// addKeys gives columns by whose values files are partitioned these values, if that is so of all files.
func (t *table) addKeys() error {
	byKey := map[int]bool{}
	for _, c := range t.out.KeyColumns {
		byKey[c] = true
	}
	known := map[int][]any{} // by field, then by file; nil where it is not known
	for i := range t.out.Fields {
		f := &t.out.Fields[i]
		if f.Fields != nil || f.Refuse != "" {
			continue
		}
		var values []any
		n := 0
		for k, e := range t.files {
			v, ok := e.identity(int(f.ID))
			if ok && values == nil {
				values = make([]any, len(t.files))
			}
			if ok {
				values[k] = []any{v}
				n++
			}
		}
		switch {
		case n == 0:
		case n == len(t.files) && !byKey[i]:
			if err := t.addKey(i, values); err != nil {
				return err
			}
		default:
			known[i] = values
		}
	}
	if len(known) > 0 {
		t.out.Constant = t.constant(known)
	}
	return nil
}

// identity returns the value of a column by which a file is partitioned.
func (e *entry) identity(id int) (any, bool) {
	for i := range e.spec.Fields {
		if f := &e.spec.Fields[i]; f.Source == id && f.Transform == "identity" && e.partition[i] != (unknown{}) {
			return e.partition[i], true
		}
	}
	return nil, false
}

func (t *table) addKey(field int, values []any) error {
	f := &t.out.Fields[field]
	keys := lake.NewKeys(vec.NewBuilder(f.Type))
	for i, v := range values {
		x := v.([]any)[0]
		err := keys.Add(fmt.Sprintf("%T %v", x, x), func(b *vec.Builder) error { return appendValue(b, f.Type, t.nanos[int(f.ID)], x) })
		if err != nil {
			return corrupt(t.files[i].from, "column \"%s\" of file \"%s\": %v", f.Name, t.files[i].path, err)
		}
	}
	t.out.Keys = append(t.out.Keys, keys.Key(field))
	return nil
}

// constant returns what columns are in files that lack them and are partitioned by them.
func (t *table) constant(known map[int][]any) func(file, column int) *vec.Vector {
	return func(file, column int) *vec.Vector {
		values := known[column]
		if values == nil || values[file] == nil {
			return nil
		}
		f := &t.out.Fields[column]
		b := vec.NewBuilder(f.Type)
		if appendValue(b, f.Type, t.nanos[int(f.ID)], values[file].([]any)[0]) != nil {
			return nil
		}
		v := b.Finish()
		v.Enc = vec.Const
		return v
	}
}

// addFiles adds the files with data.
func (t *table) addFiles() {
	d := t.deletes
	some := len(d.places)+len(d.keys)+len(d.vector)+len(d.global) > 0
	for _, e := range t.files {
		f := lake.File{Path: t.m.inTable(e.path), Size: e.size, Rows: e.rows, From: e.from}
		if some {
			switch vector, places, keys := d.of(e); {
			case places != nil || keys != nil:
				f.Deleted = -1
			case vector != nil:
				f.Deleted = vector.rows
			}
		}
		t.out.Files = append(t.out.Files, f)
	}
	if some {
		t.out.Deletes = func(ctx context.Context, fs lake.FS, file int, rows int64) (*parquet.Deletes, error) {
			return d.load(ctx, fs, t.files[file], rows)
		}
	}
}

// bounds returns the bounds of a column in all files; nil for a type of which there are none.
func (t *table) bounds(column int) *lake.Bounds {
	f := &t.out.Fields[column]
	if f.Fields != nil || f.Refuse != "" || f.Type.ID == types.Bytea {
		return nil
	}
	return t.memo.Of(column, func() *lake.Bounds { return t.readBounds(f) })
}

func (t *table) readBounds(f *parquet.Field) *lake.Bounds {
	low, high := vec.NewBuilder(f.Type), vec.NewBuilder(f.Type)
	out := &lake.Bounds{Nulls: make([]int64, len(t.files))}
	nanos := t.nanos[int(f.ID)]
	for i, e := range t.files {
		c := e.column(int(f.ID))
		if c == nil {
			c = &columnStats{nulls: -1}
		}
		out.Nulls[i] = c.nulls
		if c.low == nil && c.high == nil {
			if nulls, ok := e.fromPartition(f, nanos, low, high); ok {
				if nulls >= 0 {
					out.Nulls[i] = nulls
				}
				continue
			}
		}
		appendBound(low, f.Type, nanos, c.low, false)
		appendBound(high, f.Type, nanos, c.high, true)
	}
	out.Min, out.Max = low.Finish(), high.Finish()
	return out
}
