package parquet

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/vec"
)

// term is one condition that a scan applies to rows before it reads the columns that the condition does not
// need: a term of the prune expression, or a filter from a join.
type term struct {
	prog *expr.Program
	cols []int // of the output, in the order of the program's batch

	filter int // ID of a runtime filter, when prog is nil
	known  *exec.KeyFilter

	seen, passed int64
	off          bool
}

// A term that lets almost everything pass costs more than it saves. It is tried again for some rows after
// many, since data changes along a file.
const (
	trialRows = 32 << 10
	offRows   = 2 << 20
)

// compileTerms returns the conditions of a scan that can be computed. The others are none the worse for it:
// the operators above check all of them.
func compileTerms(s *Scan) []*term {
	var terms []*term
	var list []expr.Expr
	switch e := s.prune.(type) {
	case nil:
	case *expr.And:
		list = e.Terms
	default:
		list = []expr.Expr{e}
	}
	for _, e := range list {
		t := new(term)
		prog, err := expr.Compile(e, func(id expr.ColID) int {
			at := s.out.Index(id)
			if at < 0 {
				return -1
			}
			for i, c := range t.cols {
				if c == at {
					return i
				}
			}
			t.cols = append(t.cols, at)
			return len(t.cols) - 1
		})
		if err != nil || len(t.cols) == 0 {
			continue
		}
		t.prog = prog
		terms = append(terms, t)
	}
	for _, f := range s.filters {
		terms = append(terms, &term{filter: f.id, cols: []int{f.col}})
	}
	return terms
}

// apply reads the columns of a term and keeps the rows for which it holds.
func (s *stream) apply(t *term, r *rows) error {
	if !t.active(s.env, r.kept) {
		return nil
	}
	cols := make([]*vec.Vector, len(t.cols))
	for i, c := range t.cols {
		if r.cols[c] == nil {
			if err := s.fetch(c, r, true); err != nil {
				return err
			}
		}
		cols[i] = r.cols[c]
	}
	var kept []uint32
	if t.prog != nil {
		var err error
		if kept, err = t.prog.Select(s.env.Fn, &vec.Batch{Cols: cols, Rows: r.kept}); err != nil {
			// Another condition may exclude the row; if not, the filter above will find the error again.
			t.seen, t.passed, t.off = 0, 0, true
			return nil
		}
	} else {
		kept = t.known.Contains(cols[0], nil, vec.Make[uint32](r.kept)[:0])
	}
	t.seen += int64(r.kept)
	t.passed += int64(len(kept))
	r.narrow(kept)
	return nil
}

// active reports whether a term is worth applying to the next n rows.
func (t *term) active(env *exec.Env, n int) bool {
	if t.prog == nil {
		if t.known == nil {
			t.known = env.Filter(t.filter)
		}
		if t.known == nil || t.known.Contains == nil {
			return false
		}
	}
	if t.off {
		if t.seen += int64(n); t.seen < offRows {
			return false
		}
		t.seen, t.off = 0, false
	}
	if t.seen >= trialRows {
		if t.passed > t.seen*7/8 {
			t.seen, t.passed, t.off = 0, 0, true
			return false
		}
		t.seen, t.passed = t.seen/2, t.passed/2
	}
	return true
}
