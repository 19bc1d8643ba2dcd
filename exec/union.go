package exec

import (
	"context"

	"gsql/exec/vec"
)

// Union is UNION ALL: its partitions are those of all inputs, one after the other. Columns correspond by
// position.
type Union struct {
	In  []Plan
	Out Schema
}

func (p *Union) Schema() Schema             { return p.Out }
func (p *Union) Partitioning() Partitioning { return unionPartitioning(p.In) }
func (p *Union) Inputs() []Plan             { return p.In }

func (p *Union) String() string { return "Union" }

func (p *Union) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	for _, in := range p.In {
		n := in.Partitioning().N
		if part >= n {
			part -= n
			continue
		}
		s, err := env.Open(ctx, in, part)
		if err != nil {
			return nil, err
		}
		return &retypeStream{s, p.Out}, nil
	}
	panic("exec: a union has no such partition")
}

func unionPartitioning(in []Plan) Partitioning {
	n := 0
	for _, p := range in {
		n += p.Partitioning().N
	}
	return Partitioning{N: n}
}

// retypeStream passes batches on under the types of another schema, which differ in modifiers only.
type retypeStream struct {
	Stream
	out Schema
}

func (s *retypeStream) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := s.Stream.Next(ctx)
	if err != nil {
		return nil, err
	}
	return retype(b, s.out), nil
}

func retype(b *vec.Batch, out Schema) *vec.Batch {
	for i, v := range b.Cols {
		if v.Type == out[i].Type {
			continue
		}
		c := *b
		c.Cols = make([]*vec.Vector, len(b.Cols))
		for j, v := range b.Cols {
			c.Cols[j] = v.WithType(out[j].Type)
		}
		return &c
	}
	return b
}
