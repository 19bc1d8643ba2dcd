package parquet

import (
	"io"
	"sync"

	"gsql/exec"
	"gsql/exec/expr"
)

// selection is which rows of a row group a scan has to read, by what is known of the row group beyond the footer: Bloom
// filters and page indexes. The tasks of a row group share it; the first that needs it makes it.
type selection struct {
	once    sync.Once
	none    bool                 // no row is left
	ranges  []rowRange           // in order and apart; nil: all rows
	offsets map[int]*offsetIndex // by leaf, of columns that are read in part
	pruned  int64                // pages that are not read
	read    int64                // bytes of filters and indexes
}

// rowRange is rows of a row group.
type rowRange struct{ from, to int64 }

const (
	// maxGap is how many rows between two ranges are read with them, so that batches are not too small.
	maxGap = 1024
	// maxSegments bounds the pages that are looked at. More in a row group are so small that there is little to gain.
	maxSegments = 1 << 16
)

// selected makes the selection of a task's row group if it is the first to need it, and returns how many bytes it read for that.
func (q *queue) selected(t *task) (read int64) {
	t.sel.once.Do(func() {
		q.selectRows(t.file, t.group, t.sel)
		read = t.sel.read
	})
	return read
}

// selectRows finds which rows of a row group are to be read. Where these are all, indexes are not used: what a writer got wrong in them
// does not matter then.
func (q *queue) selectRows(of *openFile, g int, sel *selection) {
	known := q.knownFilters()
	if q.scan.prune == nil && len(known) == 0 {
		return
	}
	file := &countingReader{r: of, n: &sel.read}
	blooms := &blooms{queue: q, file: of, group: g, r: file}
	if !q.possible(known, blooms.of) {
		sel.none = true
		return
	}
	indexes := q.columnIndexes(of, g, known, file)
	if len(indexes) > 0 {
		sel.ranges = q.matching(of.meta, g, known, indexes)
		sel.none = sel.ranges != nil && len(sel.ranges) == 0
	}
	if !sel.none && sel.ranges != nil {
		sel.locate(q, of, g)
		sel.count()
	}
}

// knownFilter is a filter of a join's that is known already, on a column of the output.
type knownFilter struct {
	*exec.KeyFilter
	col int
}

func (q *queue) knownFilters() (known []knownFilter) {
	for _, f := range q.scan.filters {
		if k := q.env.Filter(f.id); k != nil {
			known = append(known, knownFilter{k, f.col})
		}
	}
	return known
}

// possible reports whether rows can pass the conditions and the joins' filters, of whose columns of the output bounds are known.
func (q *queue) possible(known []knownFilter, of func(col int) bounds) bool {
	for _, f := range known {
		if f.Empty || !f.may(of(f.col)) {
			return false
		}
	}
	return q.scan.prune == nil || mayMatch(q.scan.prune, func(id expr.ColID) (bounds, bool) {
		i := q.scan.out.Index(id)
		if i < 0 {
			return bounds{}, false
		}
		return of(i), true
	})
}

// may reports whether values within bounds can be keys.
func (f knownFilter) may(b bounds) bool {
	if onlyNulls(b) {
		return false
	}
	if order, ok := compareBound(b.max, f.Min); ok && order < 0 {
		return false
	}
	if order, ok := compareBound(b.min, f.Max); ok && order > 0 {
		return false
	}
	if f.Keys == nil {
		return true
	}
	for i := range f.Keys.Len {
		if compareMayMatch("=", b, constOf(f.Keys, i)) {
			return true
		}
	}
	return false
}

// columnIndexes reads the column indexes of the columns that the conditions are on, by column of the output.
func (q *queue) columnIndexes(of *openFile, g int, known []knownFilter, r io.ReaderAt) map[int]*columnIndex {
	var cols []int
	want := map[int]bool{}
	add := func(i int) {
		if i < 0 || want[i] {
			return
		}
		want[i] = true
		c := &of.cols[q.scan.columns[i]]
		if k, err := of.chunkOf(g, c); err == nil && c.indexed() && k.columnIndexLen > 0 && k.offsetIndexLen > 0 {
			cols = append(cols, i)
		}
	}
	if q.scan.prune != nil {
		expr.Columns(q.scan.prune, func(c *expr.Column) { add(q.scan.out.Index(c.ID)) })
	}
	for _, f := range known {
		add(f.col)
	}
	var parts []region
	for _, i := range cols {
		k, _ := of.chunkOf(g, &of.cols[q.scan.columns[i]])
		parts = append(parts, region{k.offsetIndexAt, k.offsetIndexLen}, region{k.columnIndexAt, k.columnIndexLen})
	}
	raw := readRegions(r, of.file.Size, parts)
	out := map[int]*columnIndex{}
	for n, i := range cols {
		c := &of.cols[q.scan.columns[i]]
		k, _ := of.chunkOf(g, c)
		offsets := readOffsetIndex(raw[2*n], k, of.groups[g].rows)
		if offsets == nil || len(offsets.pages) < 2 {
			continue
		}
		if x := readColumnIndex(raw[2*n+1], c, offsets); x != nil && x.fits(k) {
			out[i] = x
		}
	}
	return out
}

// matching returns the rows of a row group that the bounds of pages do not exclude; nil for all.
func (q *queue) matching(m *meta, g int, known []knownFilter, indexes map[int]*columnIndex) []rowRange {
	rows, segments := m.groups[g].rows, 0
	page := map[int]int{}
	for i, x := range indexes {
		segments += len(x.offsets.pages)
		page[i] = 0
	}
	if segments > maxSegments {
		return nil
	}
	whole := map[int]bounds{}
	of := func(col int) bounds {
		if x := indexes[col]; x != nil {
			return x.bounds(page[col])
		}
		b, ok := whole[col]
		if !ok {
			b = q.columnBounds(m, g, col)
			whole[col] = b
		}
		return b
	}
	ranges := []rowRange{}
	for at := int64(0); at < rows; {
		end := rows
		for i, x := range indexes {
			end = min(end, x.offsets.end(page[i]))
		}
		if q.possible(known, of) {
			ranges = appendRange(ranges, at, end)
		}
		at = end
		for i, x := range indexes {
			if x.offsets.end(page[i]) == at {
				page[i]++
			}
		}
	}
	if len(ranges) == 1 && ranges[0] == (rowRange{0, rows}) {
		return nil
	}
	return ranges
}

// appendRange adds rows behind those of the last range, or to it.
func appendRange(ranges []rowRange, from, to int64) []rowRange {
	if n := len(ranges); n > 0 && from-ranges[n-1].to < maxGap {
		ranges[n-1].to = to
		return ranges
	}
	return append(ranges, rowRange{from, to})
}

// countingReader counts the bytes that are read.
type countingReader struct {
	r io.ReaderAt
	n *int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	*c.n += int64(n)
	return n, err
}

// locate reads the offset indexes of the columns that are read.
func (s *selection) locate(q *queue, of *openFile, g int) {
	var leaves []int
	var parts []region
	for _, ord := range q.scan.columns {
		c := &of.cols[ord]
		if c.missing || c.conv == convertNull {
			continue
		}
		for _, leaf := range c.chunks() {
			if leaf < len(of.groups[g].cols) {
				k := &of.groups[g].cols[leaf]
				leaves, parts = append(leaves, leaf), append(parts, region{k.offsetIndexAt, k.offsetIndexLen})
			}
		}
	}
	s.offsets = map[int]*offsetIndex{}
	for n, b := range readRegions(&countingReader{of, &s.read}, of.file.Size, parts) {
		if x := readOffsetIndex(b, &of.groups[g].cols[leaves[n]], of.groups[g].rows); x != nil {
			s.offsets[leaves[n]] = x
		}
	}
}

// chunks returns the numbers of a column's leaves.
func (c *column) chunks() []int {
	if c.root == nil {
		return []int{c.leaf}
	}
	var out []int
	for i := range c.leaves {
		out = append(out, c.leaves[i].leaf)
	}
	return out
}

// count counts the pages that no range touches.
func (s *selection) count() {
	for _, x := range s.offsets {
		r := 0
		for i, p := range x.pages {
			for r < len(s.ranges) && s.ranges[r].to <= p.row {
				r++
			}
			if r == len(s.ranges) || s.ranges[r].from >= x.end(i) {
				s.pruned++
			}
		}
	}
}

// within returns the ranges that rows from one to another have a part in; all of them are one where there are none.
func (s *selection) within(from, to int64) []rowRange {
	if s.ranges == nil {
		return []rowRange{{from, to}}
	}
	var out []rowRange
	for _, r := range s.ranges {
		if r.from < to && from < r.to {
			out = append(out, rowRange{max(r.from, from), min(r.to, to)})
		}
	}
	return out
}

// runEnd returns where the pages of an offset index end that are read without a gap from a page on, by the ranges of rows.
func (x *offsetIndex) runEnd(ranges []rowRange, page int) int64 {
	last := page
	for _, r := range ranges {
		if r.to > x.pages[page].row {
			last = max(x.page(r.to-1), page)
			break
		}
	}
	return x.pages[last].at + x.pages[last].size
}
