package storage

import (
	"context"
	"fmt"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/storage/parquet"
)

// lakeFiles is what a table with a log has beside its files.
type lakeFiles struct {
	*lakeState
	fs      *lakeFS
	field   []int // by column in files: which of the table's it is
	columns []int // by column of found: likewise, -1 for others
	key     []int // by field: which key it is, -1 for none
}

// addLakeColumns settles the columns: those of the log, in its order, of which keys are not in files.
func (f *found) addLakeColumns(o *filesOptions) {
	l := f.lake
	f.inner = len(l.Fields) - len(l.Keys)
	l.key = make([]int, len(l.Fields))
	for i := range l.key {
		l.key[i] = -1
	}
	for k, key := range l.Keys {
		l.key[key.Column] = k
	}
	add := func(field exec.Field, kind extraKind, key, column int) {
		f.columns = append(f.columns, tableColumn(field, f.inner+len(f.extras)))
		f.extras = append(f.extras, extra{kind, key})
		l.columns = append(l.columns, column)
	}
	for i := range l.Fields {
		field := exec.Field{Name: l.Fields[i].Name, Type: l.Fields[i].Type}
		if l.key[i] >= 0 {
			add(field, extraKey, l.key[i], i)
			continue
		}
		if i >= l.Visible {
			l.field = append(l.field, i)
			continue
		}
		f.columns = append(f.columns, tableColumn(field, len(l.field)))
		l.field, l.columns = append(l.field, i), append(l.columns, i)
	}
	if o.rowNumber {
		add(exec.Field{Name: "file_row_number", Type: extraNumber.typ()}, extraNumber, 0, -1)
	}
	if o.filename != "" {
		add(exec.Field{Name: o.filename, Type: extraPath.typ()}, extraPath, 0, -1)
	}
	f.visible = len(f.columns)
	for _, s := range systemColumns {
		add(exec.Field{Name: s.name, Type: s.kind.typ()}, s.kind, 0, -1)
	}
}

func tableColumn(f exec.Field, ordinal int) column { return column{field: f, ordinal: ordinal} }

// withBounds adds the terms to a restriction that the log may decide.
func (f *found) withBounds(r *restriction, ctx *fn.Ctx, terms []expr.Expr, ordinal func(expr.ColID) int) *restriction {
	field := func(id expr.ColID) int {
		if i := ordinal(id); i >= 0 {
			return f.lake.columns[i]
		}
		return -1
	}
	var keep []expr.Expr
	for _, t := range terms {
		any := false
		expr.Columns(t, func(c *expr.Column) { any = any || field(c.ID) >= 0 })
		if any {
			keep = append(keep, t)
		}
	}
	if keep == nil {
		return r
	}
	if r == nil {
		r = &restriction{fn: ctx}
	}
	r.bounds, r.field = keep, field
	return r
}

// lakeFiles returns the files that may matter: the log says what is in them, so that others are not even looked for.
func (f *found) lakeFiles(ctx context.Context, r *restriction) (*fileSet, error) {
	set := f.set.clone()
	if r != nil {
		if r.terms != nil {
			r.files(set, false, true)
		}
		f.lake.prune(set, r)
	}
	for i := range set.files {
		if i&1023 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		x := &f.lake.Files[set.number[i]]
		at, err := f.lake.fs.Data(ctx, x.Path, x.Size)
		if err != nil {
			return nil, f.lake.missing(x.From, err)
		}
		set.files[i] = at
	}
	if r != nil && r.terms != nil {
		r.files(set, true, true)
	}
	return set, nil
}

// missing says of a file that cannot be read who named it.
func (l *lakeFiles) missing(from string, err error) error {
	if e, ok := err.(*sqlstate.Error); ok && e.Detail == "" {
		e.Detail = fmt.Sprintf("It is named in \"%s\".", from)
		if e.Code == sqlstate.UndefinedFile {
			e.Hint = "Maintenance of a table removes the files that only its older states have."
		}
	}
	return err
}

// prune leaves out the files for which the log says that a condition is true for no row.
func (l *lakeFiles) prune(set *fileSet, r *restriction) {
	if r.bounds == nil {
		return
	}
	keep := make([]uint32, 0, len(set.files))
	for i := range set.files {
		n := int(set.number[i])
		of := func(id expr.ColID) (parquet.Bounds, bool) {
			k := r.field(id)
			if k < 0 {
				return parquet.Bounds{}, false
			}
			return l.bounds(n, k), true
		}
		all := true
		for _, t := range r.bounds {
			all = all && parquet.MayMatch(t, of)
		}
		if all {
			keep = append(keep, uint32(i))
		}
	}
	if len(keep) < len(set.files) {
		set.pruned += len(set.files) - len(keep)
		set.keep(keep)
	}
}

// bounds returns what is known of a field in one of the table's files.
func (l *lakeFiles) bounds(number, field int) parquet.Bounds {
	b := parquet.Bounds{Nulls: -1, Rows: l.Files[number].Rows}
	if k := l.key[field]; k >= 0 {
		key := &l.Keys[k]
		if v := rowOf(key.Dict, int(key.Code[number])); v == nil {
			b.Nulls, b.Rows = 1, 1 // all of them, however many there are
		} else if b.Nulls = 0; !v.Type.IsFloat() {
			b.Min, b.Max = v, v
		}
		return b
	}
	if l.MayHave != nil {
		if has := l.MayHave(field); has != nil {
			b.Has = func(v *vec.Vector) bool { return has(number, v) }
		}
	}
	if of := l.Bounds(field); of != nil {
		b.Min, b.Max, b.Nulls = rowOf(of.Min, number), rowOf(of.Max, number), of.Nulls[number]
	}
	return b
}

// rowOf returns one row of a flat vector as a constant, nil for NULL.
func rowOf(v *vec.Vector, row int) *vec.Vector {
	if v.IsNull(row) {
		return nil
	}
	c := *vec.Slice(v, row, row+1)
	c.Enc = vec.Const
	return &c
}

// openLake returns the table over some of the files.
func (f *found) openLake(set *fileSet, r *restriction) exec.Table {
	k := &knownFiles{lakeFiles: f.lake, number: set.number}
	for _, c := range f.lake.KeyColumns {
		for i, field := range f.lake.field {
			if field == c {
				k.keys = append(k.keys, i)
			}
		}
	}
	x := f.newExtras(set, r)
	x.Note = fmt.Sprintf("%d of %s", len(set.files), f.lake.State)
	if set.pruned > 0 {
		x.Note += fmt.Sprintf(" (%s pruned)", plural(set.pruned, "file"))
	}
	return parquet.NewKnownTable(f.name, set.files, f.lake.shape, x, k)
}

// knownFiles is what is known of some of the files of a table.
type knownFiles struct {
	*lakeFiles
	number []uint32 // by file: which of the table's it is
	keys   []int    // columns in files that tell which rows are deleted
}

func (k *knownFiles) Rows(f int) (rows, deleted int64) {
	x := &k.Files[k.number[f]]
	return x.Rows, x.Deleted
}

func (k *knownFiles) Bounds(f, column int) parquet.Bounds {
	return k.bounds(int(k.number[f]), k.field[column])
}

func (k *knownFiles) Constant(f, column int) *vec.Vector {
	if k.lakeFiles.Constant == nil {
		return nil
	}
	return k.lakeFiles.Constant(int(k.number[f]), k.field[column])
}

func (k *knownFiles) Deletes(ctx context.Context, f int, rows int64) (*parquet.Deletes, error) {
	if k.lakeFiles.Deletes == nil {
		return nil, nil
	}
	d, err := k.lakeFiles.Deletes(ctx, k.fs, int(k.number[f]), rows)
	if err != nil || d == nil {
		return d, err
	}
	return k.inFiles(d), nil
}

// inFiles returns deletes whose columns are numbered as those in files are.
func (k *knownFiles) inFiles(d *parquet.Deletes) *parquet.Deletes {
	out := &parquet.Deletes{Places: d.Places}
	for _, keys := range d.Keys {
		own := *keys
		own.Columns = nil
		for _, c := range keys.Columns {
			for i, field := range k.field {
				if field == c {
					own.Columns = append(own.Columns, i)
				}
			}
		}
		out.Keys = append(out.Keys, &own)
	}
	return out
}

func (k *knownFiles) KeyColumns() []int { return k.keys }
func (k *knownFiles) Identity() string  { return k.lakeFiles.Identity }
