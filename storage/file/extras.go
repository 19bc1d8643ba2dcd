package file

import (
	"sync"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Extra is a column of a table over files that is not in the files: a value that is the same for all rows of one, such
// as a part of its path, or the number of a row.
type Extra struct {
	Field exec.Field
	// Of returns the values by file. It is called when the column is used for the first time. nil: the column is the
	// number of the row in its file, from First on.
	Of    func() Values
	First int64

	once   sync.Once
	values Values
}

// Values are the values of a column for the files of a table: file i has value Code[i] of Dict, or value i without Code.
type Values struct {
	Dict *vec.Vector // flat; it may have NULLs
	Code []uint32
}

// At returns the place of a file's value in Dict.
func (v *Values) At(file int) uint32 {
	if v.Code == nil {
		return uint32(file)
	}
	return v.Code[file]
}

// Values returns the column's values.
func (x *Extra) Values() *Values {
	x.once.Do(func() {
		if x.Of != nil {
			x.values = x.Of()
		}
	})
	return &x.values
}

// Extras are the extra columns of a table; their ordinals follow those of the columns in the files.
type Extras struct {
	Columns []*Extra
	// Note is what EXPLAIN says of the files, "" for nothing; Pruned is how many files were left out as the table was made.
	Note   string
	Pruned int
}

// Scan says which columns a scan yields: those in files, which the scan of the format reads, and extra ones.
type Scan struct {
	Out     exec.Schema // of the scan
	extras  *Extras
	columns []place
	rows    bool // row numbers are wanted
	filters []fileFilter
}

// place is where a column of the output comes from.
type place struct{ column, extra int } // -1: not from there

// fileFilter is a filter of a join on an extra column.
type fileFilter struct{ id, extra int }

// Split takes the extra columns out of a request. The request that is left is for n columns, those in the files: neither
// its condition nor its filters use others.
func (x *Extras) Split(req exec.ScanRequest, columns exec.Schema) (exec.ScanRequest, *Scan) {
	s := &Scan{extras: x}
	if x == nil {
		s.extras = &Extras{}
	}
	in := req
	in.Columns, in.IDs, in.Filters = nil, nil, nil
	for i, c := range req.Columns {
		if c < len(columns) {
			s.columns = append(s.columns, place{len(in.Columns), -1})
			in.Columns, in.IDs = append(in.Columns, c), append(in.IDs, req.IDs[i])
			f := columns[c]
			f.ID = req.IDs[i]
			s.Out = append(s.Out, f)
			continue
		}
		e := s.extras.Columns[c-len(columns)]
		f := e.Field
		f.ID = req.IDs[i]
		s.Out = append(s.Out, f)
		s.columns = append(s.columns, place{-1, c - len(columns)})
		s.rows = s.rows || e.Of == nil
	}
	if len(in.Columns) == len(req.Columns) {
		s.columns = nil
		return req, s
	}
	if req.Prune != nil {
		in.Limit = -1 // it counts rows that pass
		in.Prune = within(req.Prune, in.IDs)
	}
	for _, f := range req.Filters {
		switch i := s.Out.Index(f.Col); {
		case i < 0:
		case s.columns[i].extra < 0:
			in.Filters = append(in.Filters, f)
		case s.extras.Columns[s.columns[i].extra].Of != nil:
			s.filters = append(s.filters, fileFilter{f.ID, s.columns[i].extra})
			in.Limit = -1
		}
	}
	return in, s
}

// within returns the terms of a condition that use some columns only; nil for none.
func within(e expr.Expr, ids []expr.ColID) expr.Expr {
	have := map[expr.ColID]bool{}
	for _, id := range ids {
		have[id] = true
	}
	var keep []expr.Expr
	for _, t := range expr.Conjuncts(e) {
		all := true
		expr.Columns(t, func(c *expr.Column) { all = all && have[c.ID] })
		if all {
			keep = append(keep, t)
		}
	}
	if len(keep) == 0 {
		return nil
	}
	return expr.NewAnd(keep...)
}

// Wants reports whether the scan yields extra columns.
func (s *Scan) Wants() bool { return s.columns != nil }

// WantsRows reports whether row numbers are wanted.
func (s *Scan) WantsRows() bool { return s.rows }

// Note is what EXPLAIN says of the files.
func (s *Scan) Note() string { return s.extras.Note }

// Pruned is how many files are known to have been left out when the scan was planned.
func (s *Scan) Pruned() int { return s.extras.Pruned }

// Skips reports whether the joins whose keys are known by now want no row of a file.
func (s *Scan) Skips(env *exec.Env, file int) bool {
	for _, f := range s.filters {
		keys := env.Filter(f.id)
		if keys == nil {
			continue
		}
		if keys.Empty {
			return true
		}
		if keys.Contains == nil {
			continue
		}
		v := s.extras.Columns[f.extra].Values()
		if len(keys.Contains(constant(v, file, 1), nil, nil)) == 0 {
			return true
		}
	}
	return false
}

// constant returns n rows of a file's value.
func constant(v *Values, file, n int) *vec.Vector {
	at := int(v.At(file))
	c := *vec.Slice(v.Dict, at, at+1)
	c.Enc, c.Len = vec.Const, n
	return &c
}

// Gatherer makes the extra columns of the batches of one stream. The stream tells it of the rows of a batch in their
// order.
type Gatherer struct {
	scan *Scan
	runs []fileRun
	rows []int64 // their numbers, when they are wanted
	last []*vec.Vector
	file []int // of last
}

// fileRun is n neighbouring rows of one file.
type fileRun struct{ file, n int }

// Gatherer returns a gatherer; nil when there are no extra columns.
func (s *Scan) Gatherer() *Gatherer {
	if !s.Wants() {
		return nil
	}
	g := &Gatherer{scan: s, last: make([]*vec.Vector, len(s.columns)), file: make([]int, len(s.columns))}
	for i := range g.file {
		g.file[i] = -1
	}
	return g
}

// Add says that the next n rows are of a file. Their numbers count from first, 0 for the file's first row: the n rows
// from there on or, with sel, those that it counts from there. It does nothing on nil.
func (g *Gatherer) Add(file int, first int64, n int, sel []uint32) {
	if g == nil || n == 0 {
		return
	}
	if k := len(g.runs); k > 0 && g.runs[k-1].file == file {
		g.runs[k-1].n += n
	} else {
		g.runs = append(g.runs, fileRun{file, n})
	}
	if !g.scan.rows {
		return
	}
	if sel != nil {
		for _, i := range sel[:n] {
			g.rows = append(g.rows, first+int64(i))
		}
		return
	}
	for i := range n {
		g.rows = append(g.rows, first+int64(i))
	}
}

// Batch returns the batch of the scan: cols are the columns in the files, for n rows, which are the next of those that
// Add was told of. On nil these are all.
func (g *Gatherer) Batch(cols []*vec.Vector, n int) *vec.Batch {
	if g == nil {
		return &vec.Batch{Rows: n, Cols: cols}
	}
	b := &vec.Batch{Rows: n, Cols: make([]*vec.Vector, len(g.scan.columns))}
	runs := g.take(n)
	for i, p := range g.scan.columns {
		if p.extra < 0 {
			b.Cols[i] = cols[p.column]
			continue
		}
		b.Cols[i] = g.column(i, g.scan.extras.Columns[p.extra], runs, n)
	}
	if g.scan.rows {
		g.rows = append(g.rows[:0], g.rows[n:]...)
	}
	return b
}

// take removes the runs of n rows.
func (g *Gatherer) take(n int) []fileRun {
	var out []fileRun
	for n > 0 {
		r := g.runs[0]
		if r.n > n {
			g.runs[0].n -= n
			r.n = n
		} else {
			g.runs = g.runs[1:]
		}
		out = append(out, r)
		n -= r.n
	}
	return out
}

// column returns the values of an extra column, which is number i of the output.
func (g *Gatherer) column(i int, x *Extra, runs []fileRun, n int) *vec.Vector {
	if x.Of == nil {
		out := vec.Make[int64](n)
		for k := range out {
			out[k] = g.rows[k] + x.First
		}
		return vec.New(x.Field.Type, types.KInt64, out, nil)
	}
	v := x.Values()
	if len(runs) == 1 {
		if g.file[i] != runs[0].file {
			g.file[i], g.last[i] = runs[0].file, constant(v, runs[0].file, 1)
		}
		return g.last[i].WithLen(n)
	}
	codes := vec.Make[uint32](n)
	at := 0
	for _, r := range runs {
		code := v.At(r.file)
		for k := range codes[at : at+r.n] {
			codes[at+k] = code
		}
		at += r.n
	}
	return vec.NewDict(codes, nil, v.Dict)
}

// Fingerprint adds the columns to a digest. Their values are those of the files.
func (s *Scan) Fingerprint(d *exec.Digest) {
	d.Add(s.Out)
	for _, p := range s.columns {
		if p.extra < 0 {
			continue
		}
		x := s.extras.Columns[p.extra]
		d.Add(p.column, p.extra, x.First)
	}
}
