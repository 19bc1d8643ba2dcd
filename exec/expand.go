package exec

import (
	"context"
	"fmt"
	"strings"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// Expand repeats its input once per set: GROUPING SETS. The sets differ in which columns of the input they show as NULL
// and in columns of constants. The order of rows is lost.
type Expand struct {
	Input Plan
	Sets  int
	Cols  []ExpandColumn
	Out   Schema // one per column
}

// ExpandColumn says what a column of Expand is: a column of the input, or constants.
type ExpandColumn struct {
	From  int     // its number in the input; not used with Marks
	Has   []bool  // per set: false shows NULL; nil: all have it
	Marks []int32 // per set: the constant
}

func (p *Expand) Schema() Schema { return p.Out }
func (p *Expand) Inputs() []Plan { return []Plan{p.Input} }

// Partitioning keeps what the input says of columns that pass in all sets.
func (p *Expand) Partitioning() Partitioning {
	in := p.Input.Partitioning()
	in.Sorted = nil
	var passed Schema
	for i, c := range p.Cols {
		if c.Marks == nil && c.Has == nil {
			passed = append(passed, p.Out[i])
		}
	}
	return in.restrict(passed)
}

// String shows, for each set, the columns that some sets lack.
func (p *Expand) String() string {
	sets := make([]string, p.Sets)
	for k := range sets {
		var names []string
		for i, c := range p.Cols {
			if c.Has != nil && c.Has[k] {
				names = append(names, p.Out[i].Name)
			}
		}
		sets[k] = "(" + strings.Join(names, ", ") + ")"
		for _, c := range p.Cols {
			if c.Marks != nil {
				sets[k] += fmt.Sprintf(" %d", c.Marks[k])
			}
		}
	}
	return "Expand " + strings.Join(sets, ", ")
}

func (p *Expand) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &expandStream{Stream: in, plan: p, set: p.Sets}, nil
}

type expandStream struct {
	Stream
	plan  *Expand
	batch *vec.Batch
	set   int // the next one to show batch in
}

func (s *expandStream) Next(ctx context.Context) (*vec.Batch, error) {
	for s.set >= s.plan.Sets {
		b, err := s.Stream.Next(ctx)
		if err != nil {
			return nil, err
		}
		s.batch, s.set = b, 0
	}
	b := s.batch
	out := &vec.Batch{Rows: b.Rows, Sel: b.Sel, Cols: make([]*vec.Vector, len(s.plan.Cols))}
	for i, c := range s.plan.Cols {
		t := s.plan.Out[i].Type
		switch {
		case c.Marks != nil:
			out.Cols[i] = vec.NewConst(t, types.KInt32, c.Marks[s.set], b.Rows)
		case c.Has != nil && !c.Has[s.set]:
			out.Cols[i] = vec.NewNull(t, b.Rows)
		default:
			out.Cols[i] = b.Cols[c.From].WithType(t)
		}
	}
	s.set++
	return out, nil
}
