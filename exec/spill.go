package exec

import (
	"context"
	"io"

	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
	"gsql/exec/vec"
)

// reserveSpillable is Reserve for an operator that can write what it holds to disk; see mem.Pool.ReserveSpillable.
// Without a place to write to it is Reserve.
func (e *Env) reserveSpillable(p Plan, name string) *mem.Reservation {
	if e.Spill == nil {
		return e.Reserve(p, name)
	}
	return e.Mem.ReserveSpillable(name).Measure(e.Profile.Of(p).Meter())
}

// canSpill reports whether an error is one of memory that writing to disk can help.
func canSpill(env *Env, err error) bool {
	return env.Spill != nil && sqlstate.Of(err) == sqlstate.OutOfMemory
}

// spilled returns where an operator counts what it writes to disk, nil when nobody counts.
func (e *Env) spilled(p Plan) *Spill {
	if s := e.Profile.Of(p); s != nil {
		return &s.Spilled
	}
	return nil
}

// finish ends a file and counts it.
func (s *Spill) finish(w *spill.Writer) (*spill.File, error) {
	f, err := w.Finish()
	if err == nil {
		s.Add(f.Bytes(), 1)
	}
	return f, err
}

// readFiles calls f with the batches of files, one file after the other.
func readFiles(ctx context.Context, files []*spill.File, f func(b *vec.Batch) error) error {
	r := &filesReader{files: files}
	defer r.close()
	for {
		yield(ctx)
		b, err := r.next(ctx)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(b)
		}
		if err != nil {
			return err
		}
	}
}

// filesReader reads files one after the other.
type filesReader struct {
	files []*spill.File
	r     *spill.Reader
}

func (r *filesReader) next(ctx context.Context) (*vec.Batch, error) {
	for {
		if r.r == nil {
			if len(r.files) == 0 {
				return nil, io.EOF
			}
			var err error
			if r.r, err = r.files[0].Open(); err != nil {
				return nil, err
			}
			r.files = r.files[1:]
		}
		b, err := r.r.Next(ctx)
		if err != io.EOF {
			return b, err
		}
		r.close()
	}
}

func (r *filesReader) close() {
	if r.r != nil {
		r.r.Close()
		r.r = nil
	}
}
