package memory

import (
	"runtime"

	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// chunkRows is how many rows a Writer puts into a chunk.
const chunkRows = 64 << 10

// chunkBytes is how many bytes of rows make a chunk in any case.
const chunkBytes = 64 << 20

// Store is where chunks are put: in memory up to half of it, so that queries have the rest, and then on disk.
type Store struct {
	Pool  *mem.Pool
	Space *spill.Space
}

// fits reserves n bytes if there is room for them in memory.
func (s *Store) fits(memory *mem.Reservation, n int64) bool {
	limit := s.Pool.Limit()
	return (limit == 0 || s.Pool.Used()+n <= limit/2) && memory.Grow(n) == nil
}

// Writer makes chunks of rows that are to go into a table, after checking them: NOT NULL, the length of strings. One
// goroutine uses it.
type Writer struct {
	store   *Store
	name    string
	columns []Column
	memory  *mem.Reservation
	waiting []*vec.Batch
	rows    int   // waiting
	bytes   int64 // reserved for what waits
	disk    *diskWriter
	chunks  []*Chunk
	count   int64
}

// NewWriter returns a writer for a table's columns. It grows a reservation by what its chunks take, and leaves it to the
// caller to release that.
func NewWriter(store *Store, name string, columns []Column, memory *mem.Reservation) *Writer {
	return &Writer{store: store, name: name, columns: columns, memory: memory}
}

// Add takes rows, which have the table's columns. Strings need not have their column's length yet. The batch has no
// selection.
func (w *Writer) Add(b *vec.Batch) error {
	if b.Rows == 0 {
		return nil
	}
	cols := make([]*vec.Vector, len(b.Cols))
	var size int64
	for i, v := range b.Cols {
		if w.columns[i].NotNull {
			if err := w.checkNulls(b, i); err != nil {
				return err
			}
		}
		fitted, err := Fit(v, w.columns[i].Type)
		if err != nil {
			return err
		}
		cols[i] = fitted
		size += usedBytes(fitted)
	}
	b = &vec.Batch{Cols: cols, Rows: b.Rows}
	w.count += int64(b.Rows)
	if w.disk != nil || !w.store.fits(w.memory, size) {
		return w.toDisk(b)
	}
	w.bytes += size
	w.waiting = append(w.waiting, b)
	w.rows += b.Rows
	if w.rows >= chunkRows || w.bytes >= chunkBytes {
		return w.flush()
	}
	return nil
}

// flush makes a chunk of the rows that wait.
func (w *Writer) flush() error {
	if w.disk != nil {
		return w.finishDisk()
	}
	if w.rows == 0 {
		return nil
	}
	c := take(w.waiting, len(w.columns))
	if more := c.Bytes - w.bytes; more > 0 && !w.store.fits(w.memory, more) {
		if err := w.toDisk(nil); err != nil || w.disk == nil { // which ends a chunk that is full
			return err
		}
		return w.finishDisk()
	} else if more < 0 {
		_ = w.memory.Grow(more) // which gives back
	}
	w.chunks = append(w.chunks, c)
	w.waiting, w.rows, w.bytes = nil, 0, 0
	return nil
}

// diskWriter writes a chunk to disk.
type diskWriter struct {
	w      *spill.Writer
	rows   int
	bounds []bounds
}

// toDisk writes the rows that wait, and those of b unless it is nil, to disk.
func (w *Writer) toDisk(b *vec.Batch) error {
	if w.disk == nil {
		ts := make([]types.Type, len(w.columns))
		for i, c := range w.columns {
			ts[i] = c.Type
		}
		sw, err := w.store.Space.Create(ts)
		if err != nil {
			return err
		}
		w.disk = &diskWriter{w: sw, bounds: make([]bounds, len(ts))}
		for _, x := range w.waiting {
			if err := w.disk.write(x); err != nil {
				return err
			}
		}
		_ = w.memory.Grow(-w.bytes) // which gives back
		w.waiting, w.rows, w.bytes = nil, 0, 0
	}
	if b != nil {
		if err := w.disk.write(b); err != nil {
			return err
		}
	}
	if w.disk.rows >= chunkRows {
		return w.finishDisk()
	}
	return nil
}

func (d *diskWriter) write(b *vec.Batch) error {
	for i, v := range b.Cols {
		d.bounds[i].add(boundsOf(v))
	}
	d.rows += b.Rows
	return d.w.Write(b)
}

// finishDisk ends the chunk on disk.
func (w *Writer) finishDisk() error {
	f, err := w.disk.w.Finish()
	if err != nil {
		return err
	}
	c := &Chunk{Rows: w.disk.rows, bounds: w.disk.bounds, file: f}
	runtime.AddCleanup(c, (*spill.File).Remove, f)
	w.chunks = append(w.chunks, c)
	w.disk = nil
	return nil
}

// Chunks returns the chunks of all rows.
func (w *Writer) Chunks() ([]*Chunk, error) {
	err := w.flush()
	return w.chunks, err
}

// Close drops what is not in a chunk yet.
func (w *Writer) Close() {
	if w.disk != nil {
		w.disk.w.Close()
		w.disk = nil
	}
}

// Rows returns how many rows were added.
func (w *Writer) Rows() int64 { return w.count }

// usedBytes is about what a vector's rows will take.
func usedBytes(v *vec.Vector) int64 {
	n := int64(len(v.Data) + 8*len(v.Valid))
	if v.Enc != vec.Flat {
		return n
	}
	if v.Kind == types.KView {
		for _, x := range vec.Values[vec.View](v) {
			if x.Len > vec.ViewInline {
				n += int64(x.Len)
			}
		}
	}
	if v.Child != nil {
		n += v.Child.Size()
	}
	for _, f := range v.Fields {
		n += f.Size()
	}
	return n
}

// checkNulls returns PostgreSQL's error for a NULL in a column that must not have one.
func (w *Writer) checkNulls(b *vec.Batch, column int) error {
	v := b.Cols[column]
	if v.Valid == nil && (v.Dict == nil || v.Dict.Valid == nil) {
		return nil
	}
	for i := range v.Len {
		if v.IsNull(i) {
			return w.nullError(b, i, column)
		}
	}
	return nil
}

func (w *Writer) nullError(b *vec.Batch, row, column int) error {
	return NullError(w.name, w.columns[column].Name).WithDetail("Failing row contains (%s).", rowText(b, row))
}

// CheckError is PostgreSQL's error about a row that does not satisfy a CHECK constraint.
func (w *Writer) CheckError(b *vec.Batch, row int, name string) error {
	return sqlstate.New(sqlstate.CheckViolation, "new row for relation \"%s\" violates check constraint \"%s\"", w.name, name).
		WithDetail("Failing row contains (%s).", rowText(&vec.Batch{Cols: b.Cols[:len(w.columns)], Rows: b.Rows}, row))
}

// rowText is a row as messages show it.
func rowText(b *vec.Batch, row int) (detail []byte) {
	for i, v := range b.Cols {
		if i > 0 {
			detail = append(detail, ", "...)
		}
		if v.IsNull(row) {
			detail = append(detail, "null"...)
		} else {
			detail = text.Append(detail, v, row, nil)
		}
	}
	return detail
}

// NullError is PostgreSQL's error for a NULL in a column of a table that must not have one.
func NullError(table, column string) *sqlstate.Error {
	return sqlstate.New(sqlstate.NotNullViolation, "null value in column \"%s\" of relation \"%s\" violates not-null constraint", column, table)
}

// Fit gives strings the length of their column's type: what is too long is a 22001 error unless it is blanks. Times get its
// decimal places.
func Fit(v *vec.Vector, t types.Type) (*vec.Vector, error) {
	switch {
	case t.ID == types.Array && (t.Elem == types.Varchar || t.Elem == types.Char || t.Elem.HasPlaces()) && t.Prec > 0:
		return fitLists(v, t)
	case t.ID.HasPlaces() && v.Type != t:
		return text.FitTimes(v, t), nil
	}
	if t.ID != types.Varchar && t.ID != types.Char || t.Prec == 0 || v.Type == t {
		return v.WithType(t), nil
	}
	v = vec.Flatten(v)
	b := vec.NewBuilder(t)
	for i := range v.Len {
		if v.IsNull(i) {
			b.AppendNull()
			continue
		}
		s, err := text.Fit(t, v.Bytes(i), false)
		if err != nil {
			return nil, err
		}
		b.AppendBytes(s)
	}
	return b.Finish(), nil
}

func fitLists(v *vec.Vector, t types.Type) (*vec.Vector, error) {
	w := *vec.Own(v) // without elements that no list has
	w.Type = t
	if w.Child == nil {
		return &w, nil
	}
	child, err := Fit(w.Child.WithType(types.Of(t.Elem)), t.Element())
	w.Child = child
	return &w, err
}
