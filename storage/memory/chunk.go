package memory

import (
	"context"

	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Chunk is a run of a table's rows as columns. It is immutable, and belongs to all tables that list it.
type Chunk struct {
	Cols   []*vec.Vector // nil: the rows are on disk
	Rows   int
	Bytes  int64       // of memory that the columns keep alive
	bounds []bounds    // of the columns
	file   *spill.File // is removed when nobody knows the chunk any more
}

// Each calls f with the rows of a chunk in some batches, in order, with the number of the first row of each.
func (c *Chunk) Each(ctx context.Context, f func(from int, b *vec.Batch) error) error {
	if c.file == nil {
		return f(0, &vec.Batch{Cols: c.Cols, Rows: c.Rows})
	}
	r, err := c.file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	for from := 0; from < c.Rows; {
		b, err := r.Next(ctx)
		if err != nil {
			return err
		}
		if err := f(from, b); err != nil {
			return err
		}
		from += b.Rows
	}
	return nil
}

// bounds are the least and the greatest value of a column of numbers or dates, constants, nil where there is none or none
// is known, and how many NULLs there are.
type bounds struct {
	min, max *vec.Vector
	nulls    int
}

// newChunk makes a chunk of columns with some rows, which nobody else changes.
func newChunk(cols []*vec.Vector, rows int) *Chunk {
	c := &Chunk{Cols: cols, Rows: rows, bounds: make([]bounds, len(cols))}
	for i, v := range cols {
		c.Bytes += v.Size()
		c.bounds[i] = boundsOf(v)
	}
	return c
}

// take makes a chunk of the rows of some batches, one at least, without sharing their memory.
func take(batches []*vec.Batch, width int) *Chunk {
	cols, rows := make([]*vec.Vector, width), 0
	for _, b := range batches {
		rows += b.Rows
	}
	vs := make([]*vec.Vector, len(batches))
	for i := range cols {
		for k, b := range batches {
			vs[k] = b.Cols[i]
		}
		if len(vs) == 1 { // Concat would not copy
			cols[i] = own(vec.Gather(vs[0], everyRow(rows)))
		} else {
			cols[i] = own(vec.Concat(vs))
		}
	}
	return newChunk(cols, rows)
}

func everyRow(n int) []uint32 {
	sel := make([]uint32, n)
	for i := range sel {
		sel[i] = uint32(i)
	}
	return sel
}

// own returns v without what it shares with others. A dictionary is kept where it is smaller than the rows.
func own(v *vec.Vector) *vec.Vector {
	if v.Enc == vec.Dict && v.Dict.Len < v.Len {
		w := *v
		w.Dict = vec.Own(v.Dict)
		return &w
	}
	return vec.Own(v)
}

// with returns the chunk with a further column, the values of which are one.
func (c *Chunk) with(value *vec.Vector) *Chunk {
	v := value.WithLen(c.Rows)
	b := bounds{min: value, max: value}
	if value.IsNull(0) {
		b = bounds{nulls: c.Rows}
	}
	return &Chunk{Cols: append(c.Cols[:len(c.Cols):len(c.Cols)], v), Rows: c.Rows, Bytes: c.Bytes + v.Size(), bounds: append(c.bounds[:len(c.bounds):len(c.bounds)], b)}
}

// without returns the chunk without a column.
func (c *Chunk) without(n int) *Chunk {
	return &Chunk{Cols: append(c.Cols[:n:n], c.Cols[n+1:]...), Rows: c.Rows, Bytes: c.Bytes - c.Cols[n].Size(), bounds: append(c.bounds[:n:n], c.bounds[n+1:]...)}
}

// add widens bounds by those of further rows.
func (b *bounds) add(o bounds) {
	b.nulls += o.nulls
	if o.min != nil && (b.min == nil || vec.CompareRows(o.min, 0, b.min, 0) < 0) {
		b.min = o.min
	}
	if o.max != nil && (b.max == nil || vec.CompareRows(o.max, 0, b.max, 0) > 0) {
		b.max = o.max
	}
}

func boundsOf(v *vec.Vector) bounds {
	b := bounds{}
	for i := range v.Len {
		if v.IsNull(i) {
			b.nulls++
		}
	}
	if b.nulls == v.Len || !v.Type.IsNumber() && v.Type.ID != types.Date && v.Type.ID != types.Timestamp && v.Type.ID != types.TimestampTZ {
		return b
	}
	lo, hi := -1, -1
	switch v = vec.Flatten(v); v.Kind {
	case types.KInt16:
		lo, hi = extremes[int16](v)
	case types.KInt32:
		lo, hi = extremes[int32](v)
	case types.KInt64:
		lo, hi = extremes[int64](v)
	default:
		for i := range v.Len {
			switch {
			case v.IsNull(i):
			case lo < 0:
				lo, hi = i, i
			case vec.CompareRows(v, i, v, lo) < 0:
				lo = i
			case vec.CompareRows(v, i, v, hi) > 0:
				hi = i
			}
		}
	}
	b.min, b.max = vec.OwnRows(v, []uint32{uint32(lo)}), vec.OwnRows(v, []uint32{uint32(hi)})
	b.min.Enc, b.max.Enc = vec.Const, vec.Const
	return b
}

// extremes returns the places of the least and the greatest value that is not NULL; there is one.
func extremes[T int16 | int32 | int64](v *vec.Vector) (lo, hi int) {
	lo = -1
	xs := vec.Values[T](v)
	for i, x := range xs {
		switch {
		case !v.Valid.Get(i):
		case lo < 0:
			lo, hi = i, i
		case x < xs[lo]:
			lo = i
		case x > xs[hi]:
			hi = i
		}
	}
	return lo, hi
}
