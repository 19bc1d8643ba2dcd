package exec

import (
	"context"
	"io"
	"sync"

	"gsql/exec/spill"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// spool keeps on disk what one outlet has no memory for, in the order in which it came. Inputs write to it and the
// outlet's consumer reads, without the exchange's mutex.
type spool struct {
	env   *Env
	types []types.Type
	stats *Spill

	mu     sync.Mutex // held while writing too
	w      *spill.Writer
	closed bool

	// The consumer's.
	file *spill.File
	r    *spill.Reader
}

func newSpool(env *Env, p Plan) *spool {
	return &spool{env: env, types: p.Schema().Types(), stats: env.spilled(p)}
}

// write appends the rows of b that count.
func (s *spool) write(b *vec.Batch) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if s.w == nil {
		if s.w, err = s.env.Spill.Create(s.types); err != nil {
			return err
		}
	}
	return s.w.Write(b)
}

// next returns the next batch; there must be one.
func (s *spool) next(ctx context.Context) (*vec.Batch, error) {
	for {
		if s.r == nil {
			if err := s.open(); err != nil {
				return nil, err
			}
		}
		b, err := s.r.Next(ctx)
		if err != io.EOF {
			return b, err
		}
		s.drop()
	}
}

// open opens what has been written since it was called before.
func (s *spool) open() (err error) {
	s.mu.Lock()
	s.file, err = s.stats.finish(s.w)
	s.w = nil
	s.mu.Unlock()
	if err == nil {
		s.r, err = s.file.Open()
	}
	return err
}

// drop removes the file that has been read.
func (s *spool) drop() {
	if s.r != nil {
		s.r.Close()
	}
	if s.file != nil {
		s.file.Remove()
	}
	s.r, s.file = nil, nil
}

// close removes all files; what is written from then on is dropped.
func (s *spool) close() {
	s.drop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.w != nil {
		s.w.Close()
		s.w = nil
	}
}
