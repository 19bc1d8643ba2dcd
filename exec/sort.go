package exec

import (
	"context"
	"fmt"
	"io"

	"gsql/exec/expr"
	"gsql/exec/mem"
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
	return &sortStream{env: env, in: in, x: x, at: at, orders: keyOrders(p.Keys), res: env.Mem.Reserve("sort")}, nil
}

// sortStream collects its input, sorts, and then yields it.
type sortStream struct {
	env    *Env
	in     Stream
	x      *extras
	at     []int // of the keys in the columns of x
	orders []keyOrder
	res    *mem.Reservation
	sorted bool
	out    sortedRows
}

func (s *sortStream) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.sorted {
		cols, n, err := collectAll(ctx, s.env, s.in, s.x, s.res)
		if err != nil {
			return nil, err
		}
		perm, err := sortColumns(ctx, s.res, cols, n, s.at, s.orders)
		if err != nil {
			return nil, err
		}
		s.out = sortedRows{cols: cols[:len(s.x.schema)], perm: perm}
		s.sorted = true
	}
	return s.out.next(ctx, s.env.BatchRows)
}

func (s *sortStream) Close() error {
	s.out, s.sorted = sortedRows{}, true
	s.res.Release()
	return s.in.Close()
}

// sortColumns returns the order of n rows by the key columns at; its scratch memory is held in res meanwhile.
func sortColumns(ctx context.Context, res *mem.Reservation, cols []*vec.Vector, n int, at []int, orders []keyOrder) ([]uint32, error) {
	held := res.Bytes()
	if err := res.Grow(int64(n) * 44); err != nil { // pairs, their copy, a word, the result
		return nil, err
	}
	s := newRowSorter(ctx, n)
	for i, a := range at {
		s.addKey(cols[a], orders[i])
	}
	if err := res.Resize(held + s.bytes()); err != nil {
		return nil, err
	}
	perm, err := s.sort()
	if err != nil {
		return nil, err
	}
	return perm, res.Resize(held + int64(n)*4)
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

// gatherBatch returns the rows of columns with the numbers in sel.
func gatherBatch(cols []*vec.Vector, sel []uint32) *vec.Batch {
	b := &vec.Batch{Cols: make([]*vec.Vector, len(cols)), Rows: len(sel)}
	for i, v := range cols {
		b.Cols[i] = vec.Gather(v, sel)
	}
	return b
}
