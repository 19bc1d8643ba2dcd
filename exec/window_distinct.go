package exec

import (
	"gsql/exec/expr"
	"gsql/exec/vec"
)

// leaveOutEqual is about an aggregate with DISTINCT. Where all frames begin with their partition, a row that has an equal one
// before it is in no frame without that, so it is left out of the rows that count. The numbers that it returns otherwise are
// the same for equal rows of a partition.
func (a *windowAggregate) leaveOutEqual(f expr.Frame) (ids []uint32, err error) {
	d := newDistinctRows(a.argType, true)
	d.table.check = a.w.env.Fn.Check
	ids = make([]uint32, 0, a.n)
	var first, groups []uint32
	p := 0
	for from := 0; from < a.n; from += updateRows {
		if a.w.canceled() {
			return nil, a.w.err()
		}
		to := min(from+updateRows, a.n)
		groups, p = a.partitions(groups[:0], from, to, p)
		sel, err := d.first(sliceAll(a.args, from, to), groups)
		if err != nil {
			return nil, err
		}
		for _, i := range sel {
			first = append(first, uint32(from)+i)
		}
		ids = append(ids, d.ids[:to-from]...)
	}
	if err := a.w.held.grow(d.table.bytes() + int64(a.n)*8); err != nil {
		return nil, err
	}
	if a.w.isWhole(f) || f.Start.Kind == expr.UnboundedPreceding && f.Exclude == expr.ExcludeNone {
		return nil, a.keep(first)
	}
	return ids, nil
}

// partitions appends the partitions of the rows from..to-1 of those that count. p is one that the first of them is in, or one
// before that; it returns the last one's.
func (a *windowAggregate) partitions(groups []uint32, from, to, p int) ([]uint32, int) {
	for i := from; i < to; i++ {
		for uint32(i) >= a.at(a.w.parts[p+1]) {
			p++
		}
		groups = append(groups, uint32(p))
	}
	return groups, p
}

// distinctFrames computes an aggregate with DISTINCT over frames that begin anywhere: it looks at all rows of all frames.
type distinctFrames struct {
	*windowAggregate
	f      *frame
	ids    []uint32 // of the rows that count; the same for equal ones
	in     []uint32 // by those: the frame that the rows were met in last
	number uint32   // of the frame, from 1
	rows   nodes    // that are to be added
}

func (a *windowAggregate) byDistinctFrame(f *frame, ids []uint32) (*vec.Vector, error) {
	d := &distinctFrames{windowAggregate: a, f: f, ids: ids, in: make([]uint32, a.n)}
	var results []*vec.Vector
	for from := 0; from < a.w.n; from += updateRows {
		r, err := d.values(from, min(from+updateRows, a.w.n))
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	v := vec.ConcatUntil(a.w.canceled, results)
	if v == nil {
		return nil, a.w.err()
	}
	return v, nil
}

// values returns the values of the rows from..to-1.
func (d *distinctFrames) values(from, to int) (*vec.Vector, error) {
	acc := d.new()
	acc.Grow(to - from)
	idx, groups := make([]uint32, to-from), uint32(0)
	for i := from; i < to; i++ {
		if i == from || !d.f.same(i) {
			d.add(i, groups)
			groups++
		}
		idx[i-from] = groups - 1
		if d.w.dead {
			return nil, d.w.err()
		}
		if len(d.rows.at) >= updateRows || i == to-1 {
			if err := d.addNodes(acc, nil, &frameChunk{left: []nodes{d.rows}}); err != nil {
				return nil, err
			}
			d.rows.at, d.rows.group = d.rows.at[:0], d.rows.group[:0]
		}
	}
	result, err := acc.Result(0, int(groups))
	if err != nil {
		return nil, err
	}
	return vec.Gather(result, idx), nil
}

// add adds the first of each set of equal rows of a frame to a group.
func (d *distinctFrames) add(i int, group uint32) {
	d.number++
	for p := range d.f.pieces() {
		start, end := d.f.piece(i, p)
		for k := d.at(start); k < d.at(end); k++ {
			if d.in[d.ids[k]] != d.number {
				d.in[d.ids[k]] = d.number
				d.rows.at, d.rows.group = append(d.rows.at, k), append(d.rows.group, group)
			}
		}
		if d.w.stopped(int(end - start)) {
			return
		}
	}
}
