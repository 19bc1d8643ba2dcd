package parquet

import (
	"context"
	"io"
	"math"
	"sync"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
)

type table struct {
	name  string
	files []file.File
	shape *Shape
	extra *file.Extras      // columns behind those of the shape; nil: none
	known Known             // what is known of the files beside what they say; nil: nothing
	stats func() exec.Stats // computed once
}

// NewTable returns the table of some files, of a shape that Infer found. Columns that are not in the files have the ordinals
// behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	return newTable(name, files, shape, extra)
}

func newTable(name string, files []file.File, shape *Shape, extra *file.Extras) *table {
	t := &table{name: name, files: files, shape: shape, extra: extra}
	t.stats = sync.OnceValue(t.readStats)
	return t
}

func (t *table) Schema() exec.Schema { return t.shape.Schema }

// Scan returns a plan over the row groups of the files, which its partitions take as they come to them.
func (t *table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	if req.Prune != nil || len(req.Filters) > 0 {
		req.Limit = -1 // how many rows it takes to find those that pass is not known
	}
	req, extra := t.extra.Split(req, t.shape.Schema)
	s := &Scan{table: t, extra: extra, columns: req.Columns, prune: req.Prune, limit: req.Limit, parts: max(req.Partitions, 1)}
	s.out = req.Output(t.shape.Schema)
	s.addKeyColumns()
	if len(t.files) == 0 || s.counts() {
		return s, nil
	}
	first, err := t.shape.meta(t.files[0])
	if err != nil {
		return nil, err
	}
	if err := t.shape.refusal(first, req.Columns); err != nil {
		return nil, err
	}
	for _, f := range req.Filters {
		if at := s.out.Index(f.Col); at >= 0 {
			s.filters = append(s.filters, runtimeFilter{f.ID, at})
		}
	}
	return s, nil
}

// refused returns the error of using a column that cannot be read.
func refused(c *column, f file.File) error {
	if c.refuse == "" {
		return nil
	}
	return sqlstate.Unsupported("Select the other columns by name.", "column %q of Parquet file %q cannot be read: it is %s, which is not supported", c.name, f.Path, c.refuse)
}

// statsFiles is how many footers are read at most to learn about a table.
const statsFiles = 32

// Stats returns what the files' footers tell; they are read when it is first called.
func (t *table) Stats() exec.Stats { return t.stats() }

// readStats reads the footers of the files, of the first ones if there are many, and adds up what they say.
func (t *table) readStats() exec.Stats {
	st := exec.Stats{Columns: make([]exec.ColumnStats, len(t.shape.Schema))}
	var metas []*meta
	var known int64
	limit := statsFiles
	total, sure := t.knownRows()
	if sure {
		limit = 1
	}
	for i, f := range t.files {
		st.Bytes += f.Size
		if i >= limit {
			continue
		}
		m, err := t.shape.meta(f)
		if err != nil {
			return exec.Stats{Bytes: st.Bytes} // the scan will say what is wrong
		}
		metas = append(metas, m)
		known += f.Size
		for _, g := range m.groups {
			st.Rows += float64(g.rows)
		}
	}
	if len(metas) == 0 {
		st.Rows = 1
		return st
	}
	rows := st.Rows
	if sure {
		st.Rows = total
	} else if known > 0 && len(metas) < len(t.files) {
		st.Rows *= float64(st.Bytes) / float64(known)
	}
	counts := distinct(metas[0], st.Rows)
	for i := range st.Columns {
		st.Columns[i] = columnStats(metas, i, rows, len(metas) == len(t.files))
		st.Columns[i].Distinct = math.Ceil(counts[i])
		if sure {
			t.addKnown(&st.Columns[i], i)
		}
	}
	return st
}

// columnStats adds up the statistics of column i. Bounds are given when all row groups have them and all
// files are known.
func columnStats(metas []*meta, i int, rows float64, complete bool) exec.ColumnStats {
	var cs exec.ColumnStats
	var nulls, size float64
	haveNulls, haveMin, haveMax := true, complete, complete
	for _, m := range metas {
		for g := range m.groups {
			b := m.bounds(g, i)
			haveNulls = haveNulls && b.nulls >= 0
			nulls += float64(max(b.nulls, 0))
			if chunk, err := m.chunk(g, i); err == nil {
				size += float64(chunk.raw)
			}
			if onlyNulls(b) {
				continue
			}
			haveMin = haveMin && b.min != nil
			haveMax = haveMax && b.max != nil
			if haveMin && (cs.Min == nil || vec.CompareRows(b.min, 0, cs.Min, 0) < 0) {
				cs.Min = b.min
			}
			if haveMax && (cs.Max == nil || vec.CompareRows(b.max, 0, cs.Max, 0) > 0) {
				cs.Max = b.max
			}
		}
	}
	if !haveMin {
		cs.Min = nil
	}
	if !haveMax {
		cs.Max = nil
	}
	if rows > 0 {
		if haveNulls {
			cs.NullFrac = nulls / rows
		}
		cs.Width = float64(metas[0].cols[i].kind.Width())
		if k := metas[0].cols[i].kind; k == types.KView || k == types.KList || k == types.KRow {
			cs.Width = size / rows
		}
	}
	return cs
}

// chunk returns the chunk of column i, by the table's order, in row group g.
func (m *meta) chunk(g, i int) (*chunkMeta, error) {
	return m.chunkOf(g, &m.cols[i])
}

// cursor returns a cursor of a column at the first row of row group g, which reads from r, with the help of what a selection has
// of the places of pages.
func (m *meta) cursor(r io.ReaderAt, g int, c *column, shared *dictCache, sel *selection) (*cursor, error) {
	if c.missing {
		return newCursor(c, &pages{path: m.file.Path, column: c.name}, m.groups[g].rows, nil), nil
	}
	leaves := []*column{c}
	if c.root != nil {
		leaves = leaves[:0]
		for i := range c.leaves {
			leaves = append(leaves, &c.leaves[i].column)
		}
	}
	all := make([]*pages, len(leaves))
	for i, l := range leaves {
		k, err := m.chunkOf(g, l)
		if err != nil {
			return nil, err
		}
		if all[i], err = newPages(m.file.Path, c.name, r, m.file.Size, k); err != nil {
			return nil, err
		}
	}
	if c.root != nil {
		n := newNestedCursor(c, all)
		for i, l := range n.nest.leaves {
			l.cur.index, l.cur.ranges = sel.offsets[leaves[i].leaf], sel.ranges
		}
		return n, nil
	}
	cur := newCursor(c, all[0], m.groups[g].rows, shared)
	cur.index, cur.ranges = sel.offsets[c.leaf], sel.ranges
	return cur, nil
}

// bounds returns what is known of column i, by the table's order and with its type, in row group g.
func (m *meta) bounds(g, i int) bounds {
	c, rows := &m.cols[i], m.groups[g].rows
	if c.missing {
		return constantBounds(c.value, rows)
	}
	k, err := m.chunk(g, i)
	if err != nil {
		return bounds{nulls: -1, rows: rows}
	}
	b := boundsOf(c, k, rows)
	if c.to.ID != types.Unknown {
		b.min, b.max = castBound(c, b.min), castBound(c, b.max)
	}
	return b
}

// chunkOf returns the chunk of a column, or of a leaf of a nested one, in row group g.
func (m *meta) chunkOf(g int, c *column) (*chunkMeta, error) {
	cols := m.groups[g].cols
	if c.leaf >= len(cols) {
		return nil, corrupt(m.file.Path, "row group %d has no column %q", g, c.name)
	}
	k := &cols[c.leaf]
	if c.refuse == "" && !k.encrypted && k.typ != c.phys {
		return nil, corrupt(m.file.Path, "column %q has another physical type in row group %d than in the schema", c.name, g)
	}
	return k, nil
}
