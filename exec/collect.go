package exec

import (
	"context"
	"math"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// collector keeps rows as dense columns until all are there, and holds their memory in a reservation.
// One goroutine uses it. The operators that need all of their input begin with it: sort, window, and the
// build side of joins.
type collector struct {
	res    *mem.Reservation
	chunks [][]*vec.Vector // per column
	rows   int
	seen   map[*byte]struct{}
	// What is reserved for later, when holdsAhead: columns and what follows take from it before they ask for more,
	// and give back to it, so that they cannot fail when rows are in that were accepted.
	ahead      int64
	holdsAhead bool
	held       int64                                 // all that add reserved
	later      func(cols []*vec.Vector, n int) int64 // what add reserves for later; nil: nothing
}

func newCollector(res *mem.Reservation, cols int) *collector {
	return &collector{res: res, chunks: make([][]*vec.Vector, cols), seen: map[*byte]struct{}{}}
}

// grow reserves n bytes, from what was reserved ahead as far as that goes.
func (c *collector) grow(n int64) error {
	if !c.holdsAhead {
		return c.res.Grow(n)
	}
	if n > c.ahead {
		if err := c.res.Grow(n - c.ahead); err != nil {
			return err
		}
		n = c.ahead
	}
	c.ahead -= n
	return nil
}

// settle gives back what is reserved for later.
func (c *collector) settle() error {
	n := c.ahead
	c.ahead = 0
	return c.res.Grow(-n)
}

// add keeps vectors of n rows each.
func (c *collector) add(cols []*vec.Vector, n int) error {
	if n == 0 {
		return nil
	}
	if c.rows+n > math.MaxInt32 {
		return sqlstate.New(sqlstate.ProgramLimitExceeded, "one partition holds more than %d rows", math.MaxInt32).
			WithHint("Raise the number of partitions.")
	}
	var fixed, shared int64
	kept := make([]*vec.Vector, len(cols))
	for i, v := range cols {
		if i > 0 && v == cols[i-1] {
			kept[i] = kept[i-1]
			continue
		}
		kept[i] = c.detach(v)
		fixed += int64(len(kept[i].Data) + 8*len(kept[i].Valid))
		shared += c.sharedBytes(kept[i])
	}
	ahead := int64(0)
	if c.later != nil {
		ahead = c.later(kept, n)
	}
	if err := c.res.Grow(fixed + shared + ahead); err != nil {
		return err
	}
	c.ahead += ahead
	c.held += fixed + shared + ahead
	for i, v := range kept {
		c.chunks[i] = append(c.chunks[i], v)
	}
	c.rows += n
	return nil
}

// addBatch keeps the rows of b that count.
func (c *collector) addBatch(b *vec.Batch) error {
	return c.add(b.Compact().Cols, b.Len())
}

// merge takes over what other has; their reservation must be the same, or other's is to be kept by the caller.
func (c *collector) merge(other *collector) {
	for i := range c.chunks {
		c.chunks[i] = append(c.chunks[i], other.chunks[i]...)
	}
	c.rows += other.rows
	c.ahead += other.ahead
	c.held += other.held
}

// columns returns the columns with all rows in each, and leaves the collector empty; ts are their types.
func (c *collector) columns(ctx context.Context, ts []types.Type) ([]*vec.Vector, error) {
	out := make([]*vec.Vector, len(c.chunks))
	if c.rows == 0 {
		for i, t := range ts {
			out[i] = vec.NewNull(t, 0)
		}
		return out, nil
	}
	var before []*vec.Vector
	for i, vs := range c.chunks {
		if i > 0 && sameVectors(vs, before) {
			out[i] = out[i-1]
			continue
		}
		before = vs
		if len(vs) > 1 {
			if err := c.grow(concatBytes(vs)); err != nil {
				return nil, err
			}
		}
		if out[i] = vec.ConcatUntil(func() bool { return ctx.Err() != nil }, vs); out[i] == nil {
			return nil, context.Cause(ctx)
		}
		if len(vs) > 1 {
			kept := int64(len(out[i].Data) + 8*len(out[i].Valid))
			if err := c.grow(kept - concatBytes(vs) - fixedBytes(vs)); err != nil {
				return nil, err
			}
		}
		c.chunks[i] = nil
	}
	c.chunks, c.rows = make([][]*vec.Vector, len(c.chunks)), 0
	return out, nil
}

func sameVectors(a, b []*vec.Vector) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func fixedBytes(vs []*vec.Vector) (n int64) {
	for _, v := range vs {
		n += int64(len(v.Data) + 8*len(v.Valid))
	}
	return n
}

// concatBytes returns an upper bound of the fixed bytes that Concat makes of vs.
func concatBytes(vs []*vec.Vector) (n int64) {
	for _, v := range vs {
		n += int64(v.Len)*int64(v.Kind.Width()) + int64(v.Len)/8 + 8
	}
	return n
}

// sharedBytes returns the bytes of buffers, dictionaries and children that v keeps alive and that were not
// counted before.
func (c *collector) sharedBytes(v *vec.Vector) (n int64) {
	for _, b := range v.Bufs {
		if cap(b) == 0 {
			continue
		}
		at := &b[:1][0]
		if _, ok := c.seen[at]; !ok {
			c.seen[at] = struct{}{}
			n += int64(cap(b))
		}
	}
	n += c.sharedVector(v.Dict) + c.sharedVector(v.Child)
	for _, f := range v.Fields {
		n += c.sharedVector(f)
	}
	return n
}

// sharedVector is sharedBytes of a vector that others consist of, with its own values.
func (c *collector) sharedVector(d *vec.Vector) int64 {
	if d == nil || len(d.Data) == 0 {
		return 0
	}
	if _, ok := c.seen[&d.Data[0]]; ok {
		return 0
	}
	c.seen[&d.Data[0]] = struct{}{}
	return int64(len(d.Data)) + c.sharedBytes(d)
}

// detach returns v, or, when v uses but a small part of its string buffers or of its fields' rows, a copy with its own: a
// few rows that passed a filter must not keep a whole file's text in memory.
func (c *collector) detach(v *vec.Vector) *vec.Vector {
	if v.Enc == vec.Flat && len(v.Fields) > 0 && v.Fields[0].Len > 4*v.Len {
		return vec.Own(v)
	}
	if v.Enc != vec.Flat || v.Kind != types.KView || len(v.Bufs) == 0 {
		return v
	}
	var total, used int64
	for _, b := range v.Bufs {
		total += int64(cap(b))
	}
	views := vec.Values[vec.View](v)
	for i := range views {
		if views[i].Len > vec.ViewInline {
			used += int64(views[i].Len)
		}
	}
	if used*4 > total || used > 1<<30 {
		return v
	}
	return vec.OwnText(v)
}

// extras is a list of columns: those of a schema, and behind them expressions computed from those.
type extras struct {
	schema Schema
	exprs  []expr.Expr
}

// ordinal returns where the value of e is found: the place of a plain column, or that of a further column,
// which it adds.
func (x *extras) ordinal(e expr.Expr) int {
	if c, ok := e.(*expr.Column); ok {
		if i := x.schema.Index(c.ID); i >= 0 {
			return i
		}
	}
	x.exprs = append(x.exprs, e)
	return len(x.schema) + len(x.exprs) - 1
}

// types returns the types of all columns.
func (x *extras) types() []types.Type {
	ts := make([]types.Type, 0, len(x.schema)+len(x.exprs))
	for _, f := range x.schema {
		ts = append(ts, f.Type)
	}
	for _, e := range x.exprs {
		ts = append(ts, e.Type())
	}
	return ts
}

// columns returns the columns of a batch without selection and the values of programs, which were compiled
// from x.exprs.
func extraColumns(f *fn.Ctx, b *vec.Batch, programs []*expr.Program) ([]*vec.Vector, error) {
	cols := b.Cols[:len(b.Cols):len(b.Cols)]
	for _, p := range programs {
		v, err := p.Eval(f, b)
		if err != nil {
			return nil, err
		}
		cols = append(cols, v)
	}
	return cols, nil
}
