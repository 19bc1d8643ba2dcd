package memory

import (
	"sync/atomic"

	"gsql/exec"
	"gsql/exec/mem"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Column is a column of a table.
type Column struct {
	Name    string
	Type    types.Type
	NotNull bool
	Default string // the text of an expression; "" for NULL
}

// Identity is what all states of one table have in common.
type Identity struct {
	// Memory is what the table's rows have reserved. It is the caller's to grow and to release.
	Memory *mem.Reservation
	// Pinned counts who relies on chunks to stay the ones they are; rows that are added meanwhile get chunks of their own.
	Pinned atomic.Int32
}

// Table is a state of a table. It is immutable.
type Table struct {
	*Identity
	Name    string
	Columns []Column
	Chunks  []*Chunk
	rows    int64
}

// New returns a table without rows, whose memory is to be counted by a reservation.
func New(name string, columns []Column, memory *mem.Reservation) *Table {
	return &Table{Identity: &Identity{Memory: memory}, Name: name, Columns: columns}
}

// Rows returns the number of rows.
func (t *Table) Rows() int64 { return t.rows }

// Bytes returns the memory that the rows take.
func (t *Table) Bytes() (n int64) {
	for _, c := range t.Chunks {
		n += c.Bytes
	}
	return n
}

// with returns the table with other chunks.
func (t *Table) with(chunks []*Chunk) *Table {
	w := *t
	w.Chunks, w.rows = chunks, 0
	for _, c := range chunks {
		w.rows += int64(c.Rows)
	}
	return &w
}

// smallChunk is how many rows a chunk has at most that is still put together with others.
const smallChunk = 8 << 10

// Append returns the table with chunks behind those that it has. Small chunks at the end become one when there are as
// many rows again, so that inserting row by row makes few chunks, and copies each row a few times only.
func (t *Table) Append(chunks ...*Chunk) *Table {
	all := append(t.Chunks[:len(t.Chunks):len(t.Chunks)], chunks...)
	if t.Pinned.Load() == 0 {
		all = merged(all)
	}
	return t.with(all)
}

// Merge puts small chunks that follow one another together as Append does.
func Merge(chunks []*Chunk) []*Chunk { return merged(chunks[:len(chunks):len(chunks)]) }

func merged(chunks []*Chunk) []*Chunk {
	n := len(chunks)
	from, rows := n, 0
	for from > 0 && chunks[from-1].Rows < smallChunk && (from == n || chunks[from-1].Rows <= rows) && rows+chunks[from-1].Rows <= smallChunk {
		from--
		rows += chunks[from].Rows
	}
	if n-from < 2 {
		return chunks
	}
	batches := make([]*vec.Batch, 0, n-from)
	for _, c := range chunks[from:] {
		batches = append(batches, &vec.Batch{Cols: c.Cols, Rows: c.Rows})
	}
	return append(chunks[:from:from], take(batches, len(chunks[from].Cols)))
}

// Empty returns the table without rows.
func (t *Table) Empty() *Table { return t.with(nil) }

// Replace returns the table with some chunks replaced, by none where the new one is nil, and others added at the end. ok
// is false when a chunk to be replaced is not there any more.
func (t *Table) Replace(replaced map[*Chunk]*Chunk, added []*Chunk) (out *Table, ok bool) {
	var all []*Chunk
	found := 0
	for _, c := range t.Chunks {
		by, is := replaced[c]
		switch {
		case !is:
			all = append(all, c)
			continue
		case by != nil:
			all = append(all, by)
		}
		found++
	}
	return t.with(append(all, added...)), found == len(replaced)
}

// Delete returns what Replace takes to delete rows, each given once by its number, which scans of WithRowNumbers yield; and
// with rows the rows themselves, in chunks, in the order of the table.
func (t *Table) Delete(numbers []int64, rows bool) (replaced map[*Chunk]*Chunk, deleted []*Chunk) {
	byChunk := map[int][]uint32{}
	for _, n := range numbers {
		byChunk[int(n>>32)] = append(byChunk[int(n>>32)], uint32(n))
	}
	replaced = map[*Chunk]*Chunk{}
	for i, c := range t.Chunks {
		numbers, hit := byChunk[i]
		if !hit {
			continue
		}
		gone := vec.NewBitmap(c.Rows)
		for _, r := range numbers {
			gone.Set(int(r))
		}
		var kept, away []uint32
		for r := range c.Rows {
			if gone.Get(r) {
				away = append(away, uint32(r))
			} else {
				kept = append(kept, uint32(r))
			}
		}
		replaced[c] = nil
		if len(kept) > 0 {
			replaced[c] = c.pick(kept)
		}
		if rows {
			deleted = append(deleted, c.pick(away))
		}
	}
	return replaced, deleted
}

// Renamed returns the table under another name.
func (t *Table) Renamed(name string) *Table {
	w := *t
	w.Name = name
	return &w
}

// WithColumns returns the table with other definitions of the same columns.
func (t *Table) WithColumns(columns []Column) *Table {
	w := *t
	w.Columns = columns
	return &w
}

// AddColumn returns the table with a further column, whose value is that of a constant in all rows.
func (t *Table) AddColumn(c Column, value *vec.Vector) *Table {
	w := *t
	w.Columns = append(t.Columns[:len(t.Columns):len(t.Columns)], c)
	w.Chunks = make([]*Chunk, len(t.Chunks))
	for i, k := range t.Chunks {
		w.Chunks[i] = k.with(value)
	}
	return &w
}

// DropColumn returns the table without a column.
func (t *Table) DropColumn(n int) *Table {
	w := *t
	w.Columns = append(t.Columns[:n:n], t.Columns[n+1:]...)
	w.Chunks = make([]*Chunk, len(t.Chunks))
	for i, k := range t.Chunks {
		w.Chunks[i] = k.without(n)
	}
	return &w
}

// HasNull reports whether a column has a NULL.
func (t *Table) HasNull(column int) bool {
	for _, c := range t.Chunks {
		if c.bounds[column].nulls > 0 {
			return true
		}
	}
	return false
}

// Schema returns the columns.
func (t *Table) Schema() exec.Schema {
	s := make(exec.Schema, len(t.Columns))
	for i, c := range t.Columns {
		s[i] = exec.Field{Name: c.Name, Type: c.Type}
	}
	return s
}

// Definition returns whether a column is NOT NULL, and the text of its default, "" for none.
func (t *Table) Definition(column int) (notNull bool, def string) {
	return t.Columns[column].NotNull, t.Columns[column].Default
}

// Stats returns the exact number of rows and the bounds of columns.
func (t *Table) Stats() exec.Stats {
	s := exec.Stats{Rows: float64(t.rows), Columns: make([]exec.ColumnStats, len(t.Columns))}
	for i := range t.Columns {
		s.Columns[i] = t.columnStats(i)
	}
	for _, c := range t.Chunks {
		s.Bytes += c.Bytes
	}
	return s
}

func (t *Table) columnStats(i int) (s exec.ColumnStats) {
	nulls, bytes := 0, int64(0)
	for _, c := range t.Chunks {
		b := c.bounds[i]
		nulls += b.nulls
		bytes += c.Cols[i].Size()
		if b.min != nil && (s.Min == nil || vec.CompareRows(b.min, 0, s.Min, 0) < 0) {
			s.Min = b.min
		}
		if b.max != nil && (s.Max == nil || vec.CompareRows(b.max, 0, s.Max, 0) > 0) {
			s.Max = b.max
		}
	}
	if t.rows > 0 {
		s.NullFrac, s.Width = float64(nulls)/float64(t.rows), float64(bytes)/float64(t.rows)
	}
	return s
}
