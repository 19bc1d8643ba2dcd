package exec

import (
	"gsql/exec/mem"
	"gsql/exec/spill"
	"gsql/exec/sqlstate"
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

// count counts files that are finished; nil ones do not count.
func (s *Spill) count(files []*spill.File) {
	for _, f := range files {
		if f != nil {
			s.Add(f.Bytes(), 1)
		}
	}
}
