package exec

import (
	"context"
	"io"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Recursive yields the rows of Seed, and then again and again those that Step makes of what was new the time before,
// until there is nothing new: a WITH RECURSIVE query, evaluated as PostgreSQL does. Step reads the new rows by
// WorkTables with the same Work. Both plans have one partition.
//
// New rows lie in memory, or on disk when there is none. Without All, the rows that there have been are kept too, in
// memory, to tell new ones.
type Recursive struct {
	Name       string
	Seed, Step Plan
	Work       any // identity of the table of new rows
	All        bool
	// Input, unless it is nil, is computed once, and read by WorkTables with Work Rows.
	Input   Plan
	Rows    any
	Columns []int // of Seed's that are put out
	Out     Schema
}

func (p *Recursive) Schema() Schema             { return p.Out }
func (p *Recursive) Partitioning() Partitioning { return Partitioning{N: 1} }

func (p *Recursive) Inputs() []Plan {
	if p.Input != nil {
		return []Plan{p.Input, p.Seed, p.Step}
	}
	return []Plan{p.Seed, p.Step}
}

func (p *Recursive) String() string {
	if p.All {
		return "Recursive union all " + p.Name
	}
	return "Recursive union " + p.Name
}

func (p *Recursive) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	s := &recursiveStream{plan: p, env: env, types: p.Seed.Schema().Types()}
	if !p.All {
		s.seen = newDistinctRows(s.types, false)
		s.seen.table.check = env.Fn.Check
		s.res = env.Reserve(p, "recursive union")
	}
	return s, nil
}

type recursiveStream struct {
	plan  *Recursive
	env   *Env
	types []types.Type
	seen  *distinctRows // nil with All
	res   *mem.Reservation

	input  *keptRows // of Input
	rounds int
	rows   *keptRows   // what was new the last time; nil before the first
	out    *keptStream // yields it
	empty  bool        // nothing was new
}

func (s *recursiveStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if s.out == nil {
			if s.empty {
				return nil, io.EOF
			}
			if err := s.round(ctx); err != nil {
				return nil, err
			}
		}
		b, err := s.out.Next(ctx)
		if err == io.EOF {
			s.out.Close()
			s.out = nil
			continue
		}
		if err != nil {
			return nil, err
		}
		return pickColumns(b, s.plan.Columns), nil
	}
}

// round computes the next rows from the last ones.
func (s *recursiveStream) round(ctx context.Context) error {
	if s.plan.Input != nil && s.input == nil {
		s.input = s.newRows(s.plan.Input)
		if err := s.input.fill(ctx, s.env, s.plan.Input, 0, func(b *vec.Batch) (*vec.Batch, error) { return b, nil }); err != nil {
			return err
		}
	}
	plan, env := s.plan.Seed, s.env.inner(ctx)
	defer env.Close()
	if s.input != nil {
		env.share(s.plan.Rows, s.input)
	}
	if s.rounds > 0 {
		plan = s.plan.Step
		env.share(s.plan.Work, s.rows)
	}
	s.rounds++
	rows := s.newRows(plan)
	count, err := s.fill(ctx, env, plan, rows)
	if ctx.Err() != nil {
		rows.close()
		return err
	}
	rows.err = err
	if s.rows != nil {
		s.rows.close()
	}
	s.rows, s.out, s.empty = rows, rows.read(), count == 0
	return nil
}

func (s *recursiveStream) newRows(p Plan) *keptRows {
	return newKeptRows(s.env, p.Schema().Types(), s.env.reserveSpillable(s.plan, "recursive rows"), s.env.spilled(s.plan))
}

// fill puts the new rows of a plan into rows and returns how many there are.
func (s *recursiveStream) fill(ctx context.Context, env *Env, plan Plan, rows *keptRows) (count int, err error) {
	err = rows.fill(ctx, env, plan, 0, func(b *vec.Batch) (*vec.Batch, error) {
		if s.seen != nil {
			var err error
			if b, err = s.unseen(b.Compact()); err != nil || b == nil {
				return nil, err
			}
		}
		count += b.Len()
		return b, nil
	})
	return count, err
}

// unseen returns the rows of a dense batch that there have not been, nil for none.
func (s *recursiveStream) unseen(b *vec.Batch) (*vec.Batch, error) {
	sel, err := s.seen.first(b.Cols, make([]uint32, b.Rows))
	if err != nil {
		return nil, err
	}
	if err := s.res.Resize(s.seen.table.bytes()); err != nil {
		return nil, err
	}
	if len(sel) == 0 {
		return nil, nil
	}
	return (&vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: sel}).Compact(), nil
}

func (s *recursiveStream) Close() error {
	if s.out != nil {
		s.out.Close()
	}
	for _, rows := range []*keptRows{s.rows, s.input} {
		if rows != nil {
			rows.close()
		}
	}
	if s.res != nil {
		s.res.Release()
	}
	s.out, s.rows, s.input, s.empty = nil, nil, nil, true
	return nil
}

// WorkTable yields the rows that a Recursive with the same Work found last.
type WorkTable struct {
	Name    string
	Work    any
	Columns []int // of the rows
	Out     Schema
}

func (p *WorkTable) Schema() Schema             { return p.Out }
func (p *WorkTable) Partitioning() Partitioning { return Partitioning{N: 1} }
func (p *WorkTable) Inputs() []Plan             { return nil }
func (p *WorkTable) String() string             { return "WorkTable " + p.Name }

func (p *WorkTable) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	rows, ok := env.given(p.Work).(*keptRows)
	if !ok {
		return nil, sqlstate.New(sqlstate.InternalError, "the table %s is read outside of its query", p.Name)
	}
	return &workStream{rows.read(), p.Columns}, nil
}

type workStream struct {
	*keptStream
	columns []int
}

func (s *workStream) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := s.keptStream.Next(ctx)
	if err != nil {
		return nil, err
	}
	return pickColumns(b, s.columns), nil
}

// pickColumns returns b with some of its columns.
func pickColumns(b *vec.Batch, columns []int) *vec.Batch {
	return &vec.Batch{Rows: b.Rows, Sel: b.Sel, Cols: columnsAt(b.Cols, columns)}
}
