package memory

import (
	"context"
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
	for from > 0 && chunks[from-1].file == nil && chunks[from-1].Rows < smallChunk && (from == n || chunks[from-1].Rows <= rows) && rows+chunks[from-1].Rows <= smallChunk {
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

// Replace returns the table with some chunks replaced by others, or by none, and others added at the end. ok is false when
// a chunk to be replaced is not there any more.
func (t *Table) Replace(replaced map[*Chunk][]*Chunk, added []*Chunk) (out *Table, ok bool) {
	var all []*Chunk
	found := 0
	for _, c := range t.Chunks {
		by, is := replaced[c]
		if !is {
			all = append(all, c)
			continue
		}
		all = append(all, by...)
		found++
	}
	return t.with(append(all, added...)), found == len(replaced)
}

// RowSet is a set of rows of a table.
type RowSet struct {
	byChunk []vec.Bitmap
	table   *Table
	count   int64
}

// NewRowSet returns a set without rows.
func NewRowSet(t *Table) *RowSet {
	return &RowSet{byChunk: make([]vec.Bitmap, len(t.Chunks)), table: t}
}

// Add adds rows by their numbers, which scans of WithRowNumbers yield, and returns the places of those that were not in
// the set.
func (r *RowSet) Add(v *vec.Vector) (sel []uint32) {
	sel = []uint32{}
	for i, n := range vec.Values[int64](vec.Flatten(v)) {
		chunk, row := int(n>>32), int(uint32(n))
		if r.byChunk[chunk] == nil {
			r.byChunk[chunk] = vec.NewBitmap(r.table.Chunks[chunk].Rows)
		}
		if !r.byChunk[chunk].Get(row) {
			r.byChunk[chunk].Set(row)
			r.count++
			sel = append(sel, uint32(i))
		}
	}
	return sel
}

// Len returns the number of rows.
func (r *RowSet) Len() int64 { return r.count }

// Delete returns what Replace takes to delete the rows of a set; the chunks that it makes have their memory in a
// reservation. It adds the rows that are deleted to gone, in the order of the table, unless that is nil.
func (t *Table) Delete(ctx context.Context, rows *RowSet, store *Store, memory *mem.Reservation, gone *Writer) (map[*Chunk][]*Chunk, error) {
	replaced := map[*Chunk][]*Chunk{}
	for i, c := range t.Chunks {
		hit := rows.byChunk[i]
		if hit == nil {
			continue
		}
		w := NewWriter(store, t.Name, t.Columns, memory)
		err := c.each(ctx, func(from int, b *vec.Batch) error {
			kept, away := []uint32{}, []uint32{}
			for r := range b.Rows {
				if hit.Get(from + r) {
					away = append(away, uint32(r))
				} else {
					kept = append(kept, uint32(r))
				}
			}
			if gone != nil {
				if err := gone.Add((&vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: away}).Compact()); err != nil {
					return err
				}
			}
			return w.Add((&vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: kept}).Compact())
		})
		if err == nil {
			replaced[c], err = w.Chunks()
		}
		if err != nil {
			w.Close()
			return nil, err
		}
	}
	return replaced, nil
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

// AddColumn returns the table with a further column, whose value is that of a constant in all rows. Where rows are on disk
// they are written anew.
func (t *Table) AddColumn(ctx context.Context, c Column, value *vec.Vector, store *Store, memory *mem.Reservation) (*Table, error) {
	w := *t
	w.Columns = append(t.Columns[:len(t.Columns):len(t.Columns)], c)
	return w.rewritten(ctx, store, memory, func(k *Chunk) *Chunk { return k.with(value) }, func(b *vec.Batch) *vec.Batch {
		return &vec.Batch{Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], value.WithLen(b.Rows)), Rows: b.Rows}
	})
}

// DropColumn returns the table without a column, as AddColumn.
func (t *Table) DropColumn(ctx context.Context, n int, store *Store, memory *mem.Reservation) (*Table, error) {
	w := *t
	w.Columns = append(t.Columns[:n:n], t.Columns[n+1:]...)
	return w.rewritten(ctx, store, memory, func(k *Chunk) *Chunk { return k.without(n) }, func(b *vec.Batch) *vec.Batch {
		return &vec.Batch{Cols: append(b.Cols[:n:n], b.Cols[n+1:]...), Rows: b.Rows}
	})
}

// rewritten changes all chunks: those in memory as they are, those on disk batch by batch.
func (t *Table) rewritten(ctx context.Context, store *Store, memory *mem.Reservation, chunk func(*Chunk) *Chunk, batch func(*vec.Batch) *vec.Batch) (*Table, error) {
	chunks := make([]*Chunk, 0, len(t.Chunks))
	for _, k := range t.Chunks {
		if k.file == nil {
			chunks = append(chunks, chunk(k))
			continue
		}
		w := NewWriter(store, t.Name, t.Columns, memory)
		err := k.each(ctx, func(_ int, b *vec.Batch) error { return w.Add(batch(b)) })
		var made []*Chunk
		if err == nil {
			made, err = w.Chunks()
		}
		if err != nil {
			w.Close()
			return nil, err
		}
		chunks = append(chunks, made...)
	}
	return t.with(chunks), nil
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
	var all bounds
	bytes, inMemory := int64(0), 0
	for _, c := range t.Chunks {
		all.add(c.bounds[i])
		if c.file == nil {
			bytes += c.Cols[i].Size()
			inMemory += c.Rows
		}
	}
	s.Min, s.Max = all.min, all.max
	if t.rows > 0 {
		s.NullFrac = float64(all.nulls) / float64(t.rows)
	}
	if inMemory > 0 {
		s.Width = float64(bytes) / float64(inMemory)
	}
	return s
}
