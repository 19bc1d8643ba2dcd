package csv

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// rowFilter leaves out rows before their other columns are converted: by the condition that the planner gives as
// a hint, and by the keys of joins that become known while the query runs. It belongs to one stream.
type rowFilter struct {
	env   *exec.Env
	steps []*filterStep
	sel   [2][]uint32 // the rows that are left, by turns
}

// filterStep is one condition with the columns that it needs.
type filterStep struct {
	prog    *expr.Program // nil for a runtime filter
	runtime int           // its ID
	cols    []*column
	places  []int // of cols among the scan's columns

	seen, passed int64
	off          bool
}

const (
	filterTrial = 1 << 15 // rows after which a filter that lets nearly all pass is given up
	filterRows  = 4096    // rows that are filtered at a time
)

// newRowFilter returns the filter of a stream, nil when there is nothing to filter by.
func (p *scanPlan) newRowFilter(env *exec.Env, columns []*column, style *text.Style) *rowFilter {
	rf := &rowFilter{env: env}
	if p.prune != nil {
		step := &filterStep{}
		index := func(id expr.ColID) int {
			place := p.schema.Index(id)
			for i, at := range step.places {
				if at == place {
					return i
				}
			}
			if place >= 0 {
				step.places = append(step.places, place)
				return len(step.places) - 1
			}
			return -1
		}
		// The condition is a hint: what cannot be compiled is left to the plan's own filter.
		if prog, err := expr.Compile(p.prune, index); err == nil && len(step.places) > 0 {
			step.prog = prog
			rf.steps = append(rf.steps, step)
		}
	}
	for _, f := range p.filters {
		if at := p.schema.Index(f.Col); at >= 0 {
			rf.steps = append(rf.steps, &filterStep{runtime: f.ID, places: []int{at}})
		}
	}
	if len(rf.steps) == 0 {
		return nil
	}
	for i := range rf.sel { // never nil, which stands for all rows
		rf.sel[i] = make([]uint32, 0, filterRows)
	}
	for _, s := range rf.steps {
		for _, at := range s.places {
			c := p.table.shape.newColumn(p.columns[at], filterRows, style)
			if columns[at].dict != nil {
				c.useDict(columns[at].dict)
			}
			c.borrow = true
			s.cols = append(s.cols, c)
		}
	}
	return rf
}

// rows returns those of a run of the loader's rows that may count, counted from the run's first; nil stands for all.
func (rf *rowFilter) rows(s *stream, r run) ([]uint32, error) {
	from, n, sel := r.from, r.n, r.sel
	for _, step := range rf.steps {
		if step.off {
			continue
		}
		var keys *exec.KeyFilter
		if step.prog == nil {
			if keys = rf.env.Filter(step.runtime); keys == nil {
				continue
			}
			if keys.Empty {
				return []uint32{}, nil
			}
		}
		count := n
		if sel != nil {
			count = len(sel)
		}
		if count == 0 {
			break
		}
		kept, err := step.apply(rf, s, keys, from, n, sel)
		if err != nil {
			return nil, err
		}
		step.seen += int64(count)
		if kept == nil {
			step.passed += int64(count)
		} else {
			step.passed += int64(len(kept))
		}
		step.off = step.seen > filterTrial && step.passed > step.seen/10*8
		if kept == nil || len(kept) == count {
			continue
		}
		sel = rf.compose(sel, kept)
	}
	return sel, nil
}

// compose returns the rows of sel that kept names by their places in it.
func (rf *rowFilter) compose(sel, kept []uint32) []uint32 {
	out := rf.sel[0][:0]
	if sel == nil {
		out = append(out, kept...)
	} else {
		for _, k := range kept {
			out = append(out, sel[k])
		}
	}
	rf.sel[0], rf.sel[1] = rf.sel[1], out
	return out
}

// apply evaluates one condition for rows of the loader and returns the places of those that pass; nil for all.
func (step *filterStep) apply(rf *rowFilter, s *stream, keys *exec.KeyFilter, from, n int, sel []uint32) ([]uint32, error) {
	b := &vec.Batch{Rows: n, Cols: make([]*vec.Vector, len(step.cols))}
	if sel != nil {
		b.Rows = len(sel)
	}
	for i, c := range step.cols {
		if err := s.convertColumn(c, step.places[i], run{from, n, sel}); err != nil {
			return nil, err
		}
		b.Cols[i] = c.finish()
	}
	if step.prog == nil {
		return keyRows(keys, b.Cols[0]), nil
	}
	var ctx *fn.Ctx
	if rf.env.Fn != nil {
		ctx = rf.env.Fn
	}
	kept, err := step.prog.Select(ctx, b)
	if err != nil {
		return nil, nil // the plan's filter will raise it, if the row is to count
	}
	return kept, nil
}

// keyRows returns the rows whose value may be a key; nil for all.
func keyRows(keys *exec.KeyFilter, v *vec.Vector) []uint32 {
	if keys.Contains != nil {
		return keys.Contains(v, nil, make([]uint32, 0, v.Len))
	}
	if keys.Min == nil || keys.Max == nil || v.Enc != vec.Flat || keys.Min.Kind != v.Kind {
		return nil
	}
	switch v.Kind {
	case types.KInt32:
		return within[int32](keys, v)
	case types.KInt64:
		return within[int64](keys, v)
	}
	return nil
}

func within[T int32 | int64](keys *exec.KeyFilter, v *vec.Vector) []uint32 {
	lo, hi := vec.Values[T](keys.Min)[0], vec.Values[T](keys.Max)[0]
	out := make([]uint32, 0, v.Len)
	for i, x := range vec.Values[T](v) {
		if x >= lo && x <= hi && v.Valid.Get(i) {
			out = append(out, uint32(i))
		}
	}
	return out
}
