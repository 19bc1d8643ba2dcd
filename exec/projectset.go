package exec

import (
	"context"

	"gsql/exec/expr"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// ProjectSet yields each input row once for each element of arrays that are computed from it, with these elements: set
// returning functions. Of several arrays the longest counts, and the others have NULLs behind their ends. Rows without
// elements go, unless Outer is set: then they come once, with NULLs.
type ProjectSet struct {
	Input  Plan
	Arrays []expr.Expr
	Number bool   // puts out the elements' numbers too, from 1, as bigint
	Outer  bool   //
	Out    Schema // the input's columns, one per array, and perhaps the number
}

func (p *ProjectSet) Schema() Schema             { return p.Out }
func (p *ProjectSet) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *ProjectSet) Inputs() []Plan             { return []Plan{p.Input} }

func (p *ProjectSet) String() string {
	n := len(p.Input.Schema())
	s := "ProjectSet " + labels(p.Arrays, p.Out[n:n+len(p.Arrays)])
	if p.Outer {
		s = "Outer " + s
	}
	return s
}

func (p *ProjectSet) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	arrays, err := newEvaluators(p.Arrays, p.Input.Schema())
	if err != nil {
		return nil, err
	}
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &projectSetStream{dividing: newDividing(in, p.Arrays...), plan: p, env: env, arrays: arrays, indexes: make([][]int32, len(arrays))}, nil
}

type projectSetStream struct {
	*dividing
	plan   *ProjectSet
	env    *Env
	arrays []evaluator

	batch  *vec.Batch    // dense; nil: none
	lists  []*vec.Vector // the arrays of its rows
	row, k int           // the next element to come

	// Of the rows that are being put out: the input row, the place in each array's elements, and the number.
	rows    []uint32
	indexes [][]int32
	numbers []int64
}

func (s *projectSetStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if s.batch != nil {
			if s.take(); len(s.rows) > 0 {
				return s.output(), nil
			}
			s.batch = nil
		}
		b, err := s.dividing.Next(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.begin(b.Compact()); err != nil {
			if err := s.divide(ctx, b, err); err != nil {
				return nil, err
			}
		}
	}
}

// begin computes the arrays of a batch.
func (s *projectSetStream) begin(b *vec.Batch) error {
	s.lists = s.lists[:0]
	for _, e := range s.arrays {
		v, err := e.eval(s.env, b)
		if err != nil {
			return err
		}
		s.lists = append(s.lists, vec.Flatten(v))
	}
	s.batch, s.row, s.k = b, 0, 0
	return nil
}

// take chooses the next rows, up to a full batch.
func (s *projectSetStream) take() {
	s.rows, s.numbers = s.rows[:0], s.numbers[:0]
	for i := range s.indexes {
		s.indexes[i] = s.indexes[i][:0]
	}
	for ; s.row < s.batch.Rows; s.row, s.k = s.row+1, 0 {
		n := s.length(s.row)
		if n == 0 && s.plan.Outer {
			s.put(0, false)
		}
		for ; s.k < n; s.k++ {
			if len(s.rows) >= s.env.BatchRows {
				return
			}
			s.put(s.k, true)
		}
	}
}

// length returns how many elements the longest array of a row has.
func (s *projectSetStream) length(row int) (n int) {
	for _, v := range s.lists {
		if !v.IsNull(row) {
			n = max(n, int(vec.At[vec.List](v, row).Len))
		}
	}
	return n
}

// put adds element k of the current row, or a row of no element.
func (s *projectSetStream) put(k int, element bool) {
	s.rows = append(s.rows, uint32(s.row))
	if s.plan.Number {
		s.numbers = append(s.numbers, int64(k)+1)
	}
	for i, v := range s.lists {
		at := int32(-1)
		if element && !v.IsNull(s.row) {
			if l := vec.At[vec.List](v, s.row); k < int(l.Len) {
				at = int32(l.Off) + int32(k)
			}
		}
		s.indexes[i] = append(s.indexes[i], at)
	}
}

func (s *projectSetStream) output() *vec.Batch {
	out := &vec.Batch{Rows: len(s.rows), Cols: make([]*vec.Vector, 0, len(s.plan.Out))}
	for _, v := range s.batch.Cols {
		out.Cols = append(out.Cols, vec.Gather(v, s.rows))
	}
	for i, v := range s.lists {
		t := s.plan.Out[len(out.Cols)].Type
		if v.Child == nil {
			out.Cols = append(out.Cols, vec.NewNull(t, out.Rows))
		} else {
			out.Cols = append(out.Cols, vec.GatherOrNull(v.Child, s.indexes[i]).WithType(t))
		}
	}
	if s.plan.Number {
		out.Cols = append(out.Cols, s.number())
	}
	return out
}

// number returns the elements' numbers, NULL for rows of no element.
func (s *projectSetStream) number() *vec.Vector {
	var valid vec.Bitmap
	if s.plan.Outer {
		valid = vec.NewBitmapSet(len(s.rows))
		for i, row := range s.rows {
			if s.length(int(row)) == 0 {
				valid.Clear(i)
			}
		}
	}
	return vec.New(types.Of(types.Int64), types.KInt64, append([]int64(nil), s.numbers...), valid)
}
