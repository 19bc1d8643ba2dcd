package parquet

import (
	"context"
	"slices"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// Known is what a log or the like says of the files of a table, by their numbers in it. It is safe for concurrent use.
type Known interface {
	// Rows returns how many rows a file has, and how many of them are deleted; -1 for what is not known.
	Rows(file int) (rows, deleted int64)
	// Bounds returns what is known of a column of a file.
	Bounds(file, column int) Bounds
	// Constant returns what a column is in all rows of a file that lacks it, as one row; nil for what the shape says.
	Constant(file, column int) *vec.Vector
	// Deletes returns the rows of a file, which has a number of them, that are deleted; nil for none.
	Deletes(ctx context.Context, file int, rows int64) (*Deletes, error)
	// KeyColumns returns the columns that Deletes may need beside those that a query reads.
	KeyColumns() []int
	// Identity tells the state of the table from others, for the fingerprints of plans.
	Identity() string
}

// Bounds are values between which all of a column lie that are not NULL, as constants, nil where unknown, and how many are
// NULL of how many; -1 for what is unknown.
type Bounds struct {
	Min, Max    *vec.Vector
	Nulls, Rows int64
	// Has reports whether a constant may be among the values; nil: it says nothing beside the bounds.
	Has func(*vec.Vector) bool
}

// Deletes are rows of a file that are deleted.
type Deletes struct {
	Places *Places
	Keys   []*Keys
}

// MayMatch reports whether a condition can be true for a row of a file of which bounds are known.
func MayMatch(e expr.Expr, of func(expr.ColID) (Bounds, bool)) bool {
	return mayMatch(e, func(id expr.ColID) (bounds, bool) {
		b, ok := of(id)
		return b.inner(), ok
	})
}

func (b Bounds) inner() bounds {
	in := bounds{min: b.Min, max: b.Max, nulls: b.Nulls, rows: b.Rows, has: b.Has}
	if in.rows < 0 {
		in.rows = 1 << 62
	}
	return in
}

// constantBounds are the bounds of a column that has one value in all rows; nil is NULL.
func constantBounds(v *vec.Vector, rows int64) bounds {
	if v == nil || v.IsNull(0) {
		return bounds{nulls: rows, rows: rows}
	}
	b := bounds{min: v, max: v, rows: rows}
	if v.Type.IsFloat() && isNaN(v) {
		b.min = nil
	}
	if v.Type.IsFloat() {
		b.max = nil
	}
	return b
}

// Places are numbers of rows of one file, from 0.
type Places struct {
	bits vec.Bitmap
	rows int64
	n    int64
}

// NewPlaces returns no place among a number of rows.
func NewPlaces(rows int64) *Places { return &Places{bits: vec.NewBitmap(int(rows)), rows: rows} }

// Add adds a place. It returns false if there is no such row.
func (p *Places) Add(row int64) bool {
	if row < 0 || row >= p.rows {
		return false
	}
	if !p.bits.Get(int(row)) {
		p.bits.Set(int(row))
		p.n++
	}
	return true
}

// Len returns how many there are.
func (p *Places) Len() int64 { return p.n }

// within counts the places from first on to n rows behind it.
func (p *Places) within(first, n int64) int64 {
	if p == nil {
		return 0
	}
	k := int64(0)
	for at, end := first, min(first+n, p.rows); at < end; at++ {
		if at&63 == 0 && end-at >= 64 {
			k += int64(p.bits[at>>6 : at>>6+1].Count(64))
			at += 63
			continue
		}
		if p.bits.Get(int(at)) {
			k++
		}
	}
	return k
}

// kept returns which of n rows from first on are no places, counted from first; all is set when none is.
func (p *Places) kept(first int64, n int) (sel []uint32, all bool) {
	gone := p.within(first, int64(n))
	if gone == 0 {
		return nil, true
	}
	out := vec.Make[uint32](n - int(gone))[:0]
	for i := range n {
		if at := first + int64(i); at >= p.rows || !p.bits.Get(int(at)) {
			out = append(out, uint32(i))
		}
	}
	return out, false
}

// NewKnownTable returns the table of some files of which more is known than they say themselves.
func NewKnownTable(name string, files []file.File, shape *Shape, extra *file.Extras, known Known) exec.Table {
	t := newTable(name, files, shape, extra)
	t.known = known
	return t
}

// knownRows adds up the rows of the files that are not deleted, if that is known.
func (t *table) knownRows() (float64, bool) {
	if t.known == nil {
		return 0, false
	}
	n := 0.0
	for i := range t.files {
		rows, deleted := t.known.Rows(i)
		if rows < 0 {
			return 0, false
		}
		n += float64(max(rows-max(deleted, 0), 0))
	}
	return n, true
}

// knownFiles bounds the files of which it is looked up what is known of each column.
const knownFiles = 1000

// addKnown gives the statistics of column i the bounds that all files have, and the share of NULLs.
func (t *table) addKnown(cs *exec.ColumnStats, i int) {
	if len(t.files) > knownFiles {
		return
	}
	low, high := []*vec.Vector{}, []*vec.Vector{}
	var nulls, rows int64
	for f := range t.files {
		b := t.known.Bounds(f, i).inner()
		if nulls >= 0 && b.nulls >= 0 {
			nulls, rows = nulls+b.nulls, rows+max(b.rows, 1)
		} else {
			nulls = -1
		}
		if !onlyNulls(b) {
			low, high = append(low, b.min), append(high, b.max)
		}
	}
	cs.Min, cs.Max = extreme(low, -1), extreme(high, 1)
	if nulls >= 0 && rows > 0 {
		cs.NullFrac = float64(nulls) / float64(rows)
	}
}

// extreme returns the least of some constants for sign -1, the greatest for 1; nil if one is not known.
func extreme(list []*vec.Vector, sign int) *vec.Vector {
	var out *vec.Vector
	for _, v := range list {
		if v == nil {
			return nil
		}
		if out == nil || vec.CompareRows(v, 0, out, 0)*sign > 0 {
			out = v
		}
	}
	return out
}

// addKeyColumns adds the columns that tell which rows are deleted.
func (s *Scan) addKeyColumns() {
	if s.table.known == nil {
		return
	}
	for _, c := range s.table.known.KeyColumns() {
		if !slices.Contains(s.columns, c) {
			s.columns = append(s.columns[:len(s.columns):len(s.columns)], c)
		}
	}
}

// counts reports whether the scan yields nothing but as many rows as there are.
func (s *Scan) counts() bool {
	return s.table.known != nil && len(s.columns) == 0 && !s.extra.WantsRows()
}

// wantsFile reports whether what is known of a file leaves it a row that is wanted.
func (q *queue) wantsFile(number int) bool {
	known := q.scan.table.known
	if known == nil {
		return true
	}
	of := func(col int) bounds { return known.Bounds(number, q.scan.columns[col]).inner() }
	return q.possible(q.knownFilters(), of)
}

// openMeta returns the footer of a file, and the file if it had to be opened. One of which nothing but the number of rows
// is wanted, which is known, is not opened.
func (q *queue) openMeta(f file.File, number int) (*meta, file.Handle, error) {
	t := q.scan.table
	if q.scan.counts() {
		if rows, deleted := t.known.Rows(number); rows >= 0 && deleted >= 0 && deleted <= rows {
			n := rows - deleted
			return &meta{fileMeta: &fileMeta{file: f, footer: &footer{rows: n, groups: []rowGroup{{rows: n}}}}}, nil, nil
		}
	}
	m, h, err := t.shape.open(f)
	if err != nil || t.known == nil {
		return m, h, err
	}
	for _, c := range q.scan.columns {
		if v := t.known.Constant(number, c); v != nil && m.cols[c].missing {
			own := slices.Clone(m.cols)
			own[c].value = v
			m = &meta{m.fileMeta, own}
		}
	}
	return m, h, nil
}

// deletes returns the rows of a file that are deleted.
func (q *queue) deletes(ctx context.Context, m *meta, number int) (*Deletes, error) {
	if q.scan.table.known == nil || m.schema == nil {
		return nil, nil
	}
	rows := int64(0)
	for _, g := range m.groups {
		rows += g.rows
	}
	return q.scan.table.known.Deletes(ctx, number, rows)
}

// kept returns how many of n rows from first on are known not to be deleted.
func (d *Deletes) kept(first, n int64) int64 {
	switch {
	case d == nil:
		return n
	case len(d.Keys) > 0:
		return 0
	}
	return n - d.Places.within(first, n)
}

// leaveOut leaves out the rows that are deleted of those that begin with number first of the file.
func (s *stream) leaveOut(d *Deletes, first int64, r *rows) error {
	if d == nil {
		return nil
	}
	if sel, all := d.Places.kept(first, r.n); !all {
		r.sel, r.kept = sel, len(sel)
	}
	for _, k := range d.Keys {
		if r.kept == 0 {
			return nil
		}
		cols := make([]*vec.Vector, len(k.Columns))
		for i, c := range k.Columns {
			at := slices.Index(s.scan.columns, c)
			if r.cols[at] == nil {
				if err := s.fetch(at, r, true); err != nil {
					return err
				}
			}
			cols[i] = r.cols[at]
		}
		r.narrow(k.rest(cols, r.kept))
	}
	return nil
}
