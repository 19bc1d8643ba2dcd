package exec

import (
	"context"
	"fmt"
	"io"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Sort orders the rows of each partition; rows with equal keys stay in the order of the input. Top, when not
// negative, is the number of rows wanted: then only so many are kept (top-n).
type Sort struct {
	Input Plan
	Keys  []expr.SortKey
	Top   int64 // -1: all
}

func (p *Sort) Schema() Schema { return p.Input.Schema() }
func (p *Sort) Partitioning() Partitioning {
	return Partitioning{N: p.Input.Partitioning().N, Hash: p.Input.Partitioning().Hash, Sorted: p.Keys}
}
func (p *Sort) Inputs() []Plan { return []Plan{p.Input} }

func (p *Sort) String() string {
	if p.Top >= 0 {
		return fmt.Sprintf("TopN %d by %s", p.Top, expr.Keys(p.Keys))
	}
	return "Sort by " + expr.Keys(p.Keys)
}

// Open starts a full sort or a top-n.
func (p *Sort) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	x := &extras{schema: p.Input.Schema()}
	at := make([]int, len(p.Keys))
	for i, k := range p.Keys {
		at[i] = x.ordinal(k.Expr)
	}
	if p.Top >= 0 {
		return newTopStream(p, env, in, x, at)
	}
	return newSortStream(p, env, in, x, at)
}

// sortStream collects its input, sorts, and then yields it.
type sortStream struct {
	env      *Env
	in       Stream
	x        *extras
	programs []*expr.Program
	buf      *sortBuffer
	sorted   bool
}

func newSortStream(p *Sort, env *Env, in Stream, x *extras, at []int) (Stream, error) {
	programs, err := expr.CompileAll(x.exprs, x.schema.Index)
	if err != nil {
		in.Close()
		return nil, err
	}
	buf := newSortBuffer(env, p, "sort", x.types(), at, keyOrders(p.Keys), p.Top)
	return &sortStream{env: env, in: in, x: x, programs: programs, buf: buf}, nil
}

func (s *sortStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.sorted {
		if err := s.buf.addAll(ctx, s.in, s.programs); err != nil {
			return nil, err
		}
		if err := s.buf.finish(ctx); err != nil {
			return nil, err
		}
		s.sorted = true
	}
	b, err := s.buf.next(ctx, s.env.BatchRows)
	if err != nil {
		return nil, err
	}
	return &vec.Batch{Cols: b.Cols[:len(s.x.schema):len(s.x.schema)], Rows: b.Rows}, nil
}

func (s *sortStream) Close() error {
	s.buf.close()
	return s.in.Close()
}

// sortColumns returns the order of n rows by the key columns at; its scratch memory is held in c meanwhile.
func sortColumns(ctx context.Context, c *collector, cols []*vec.Vector, n int, at []int, orders []keyOrder) ([]uint32, error) {
	scratch := int64(n) * sortScratch(columnTypes(cols), at)
	if err := c.grow(scratch); err != nil {
		return nil, err
	}
	s := newRowSorter(ctx, n)
	for i, a := range at {
		s.addKey(cols[a], orders[i])
	}
	perm, err := s.sort()
	if err != nil {
		return nil, err
	}
	return perm, c.grow(int64(n)*4 - scratch)
}

func columnTypes(cols []*vec.Vector) []types.Type {
	ts := make([]types.Type, len(cols))
	for i, v := range cols {
		ts[i] = v.Type
	}
	return ts
}

// sortedRows yields rows of columns in the order of perm.
type sortedRows struct {
	cols []*vec.Vector
	perm []uint32
}

func (r *sortedRows) next(ctx context.Context, rows int) (*vec.Batch, error) {
	if len(r.perm) == 0 {
		r.cols = nil
		return nil, io.EOF
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	sel := r.perm[:min(len(r.perm), rows)]
	r.perm = r.perm[len(sel):]
	return gatherBatch(r.cols, sel), nil
}

// gatherRows returns the rows of columns with the numbers in sel, which may be many.
func gatherRows(ctx context.Context, cols []*vec.Vector, sel []uint32) ([]*vec.Vector, error) {
	out := make([]*vec.Vector, len(cols))
	for i, v := range cols {
		if out[i] = vec.GatherUntil(func() bool { return ctx.Err() != nil }, v, sel); out[i] == nil {
			return nil, context.Cause(ctx)
		}
	}
	return out, nil
}

// gatherBatch returns the rows of columns with the numbers in sel.
func gatherBatch(cols []*vec.Vector, sel []uint32) *vec.Batch {
	b := &vec.Batch{Cols: make([]*vec.Vector, len(cols)), Rows: len(sel)}
	for i, v := range cols {
		b.Cols[i] = vec.Gather(v, sel)
	}
	return b
}
