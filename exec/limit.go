package exec

import (
	"context"
	"fmt"
	"io"

	"gsql/exec/vec"
)

// Limit skips Offset rows and passes on Count rows of each partition, and then stops pulling. Count -1 is
// no limit. A query's LIMIT has one partition; before it, one with Offset 0 may cut each partition short.
type Limit struct {
	Input         Plan
	Offset, Count int64
}

func (p *Limit) Schema() Schema             { return p.Input.Schema() }
func (p *Limit) Partitioning() Partitioning { return p.Input.Partitioning() }
func (p *Limit) Inputs() []Plan             { return []Plan{p.Input} }

func (p *Limit) String() string {
	s := "Limit"
	if p.Count >= 0 {
		s += fmt.Sprintf(" %d", p.Count)
	}
	if p.Offset > 0 {
		s += fmt.Sprintf(" offset %d", p.Offset)
	}
	return s
}

func (p *Limit) Open(ctx context.Context, env *Env, part int) (Stream, error) {
	in, err := env.Open(ctx, p.Input, part)
	if err != nil {
		return nil, err
	}
	return &limitStream{Stream: in, skip: max(p.Offset, 0), left: p.Count, limited: p.Count >= 0}, nil
}

type limitStream struct {
	Stream
	skip, left int64
	limited    bool
	closed     bool
}

func (s *limitStream) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if s.limited && s.left == 0 {
			// The input is closed at once, so that what runs below does not run on for nothing.
			if err := s.Close(); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		b, err := s.Stream.Next(ctx)
		if err != nil {
			return nil, err
		}
		n := int64(b.Len())
		if s.skip >= n {
			s.skip -= n
			continue
		}
		from, to := s.skip, n
		s.skip = 0
		if s.limited {
			to = from + min(n-from, s.left)
			s.left -= to - from
		}
		if s.limited && s.left == 0 {
			if err := s.Close(); err != nil {
				return nil, err
			}
		}
		return b.Slice(int(from), int(to)), nil
	}
}

func (s *limitStream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.Stream.Close()
}
