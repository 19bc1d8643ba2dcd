package exec

import (
	"context"
	"fmt"
	"io"

	"gsql/exec/vec"
)

// Values yields fixed batches in one partition.
type Values struct {
	Out     Schema
	Batches []*vec.Batch
}

func (p *Values) Schema() Schema             { return p.Out }
func (p *Values) Partitioning() Partitioning { return Partitioning{N: 1} }
func (p *Values) Inputs() []Plan             { return nil }

func (p *Values) String() string {
	n := 0
	for _, b := range p.Batches {
		n += b.Len()
	}
	return fmt.Sprintf("Values %d", n)
}

func (p *Values) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	return &batchesStream{batches: p.Batches}, nil
}

// batchesStream yields batches that are there already.
type batchesStream struct{ batches []*vec.Batch }

func (s *batchesStream) Next(ctx context.Context) (*vec.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for len(s.batches) > 0 {
		b := s.batches[0]
		s.batches = s.batches[1:]
		if b.Len() > 0 {
			return b, nil
		}
	}
	return nil, io.EOF
}

func (s *batchesStream) Close() error {
	s.batches = nil
	return nil
}
