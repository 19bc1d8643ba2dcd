package fn

import (
	"gsql/exec/vec"
)

// Percentiles and mode of rows that are placed: they come in order, so that a few of them are all that is kept.

func (a *percentileAcc) LogOrder() (sorted, desc bool) { return true, a.desc }

func (a *percentileAcc) Expect(args []*vec.Vector, groups []uint32) error {
	if a.coming == nil {
		a.placed = nil
	}
	a.expect(validity(args[0]), groups)
	if a.fixed || len(args) == 1 {
		return nil
	}
	return a.note(args[1], groups)
}

// size returns how many rows a group has.
func (a *percentileAcc) size(g int) int {
	if a.coming != nil {
		return int(a.coming[g])
	}
	return len(a.of(g))
}

func (a *percentileAcc) Place(args []*vec.Vector, groups []uint32) error {
	a.placed = grown(a.placed, a.n)
	v, groups := withoutNulls(args[0], groups)
	var sel, owners []uint32
	for i := 0; i < len(groups); {
		g, n := groups[i], sameGroup(groups[i:])
		if f, ok := a.fractionOf(int(g)); ok {
			lo, hi := a.ends(f, int(a.coming[g]))
			for k := lo; k <= hi; k++ {
				if at := k - int(a.placed[g]); at >= 0 && at < n {
					sel, owners = append(sel, uint32(i+at)), append(owners, g)
				}
			}
		}
		a.placed[g] += int64(n)
		i += n
	}
	if len(sel) > 0 {
		a.add([]*vec.Vector{vec.Gather(v, sel)}, nil, owners)
	}
	return nil
}

// withoutNulls returns the rows that are not NULL.
func withoutNulls(v *vec.Vector, groups []uint32) (*vec.Vector, []uint32) {
	valid := validity(v)
	if valid == nil {
		return v, groups
	}
	var sel, some []uint32
	for i, g := range groups {
		if valid.Get(i) {
			sel, some = append(sel, uint32(i)), append(some, g)
		}
	}
	return vec.Gather(v, sel), some
}

// sameGroup returns how many of the first groups are the same.
func sameGroup(groups []uint32) int {
	n := 1
	for n < len(groups) && groups[n] == groups[0] {
		n++
	}
	return n
}

// modeAcc is mode: the most frequent value, the first in order among equals.
type modeAcc struct {
	percentileAcc

	// Of the group that is being placed.
	group     uint32
	run, best equalRows
}

// equalRows is how many neighbours have the same value, which is in a row of v; v is nil for none.
type equalRows struct {
	v   *vec.Vector
	row int
	n   int64
}

func (a *modeAcc) Expect(args []*vec.Vector, groups []uint32) error {
	if a.coming == nil {
		a.run, a.best = equalRows{}, equalRows{}
	}
	return a.percentileAcc.Expect(args, groups)
}

func (a *modeAcc) Place(args []*vec.Vector, groups []uint32) error {
	v, groups := withoutNulls(args[0], groups)
	for i, g := range groups {
		if a.run.v != nil && g == a.group && vec.EqualRows(a.run.v, a.run.row, v, i) {
			a.run.n++
			continue
		}
		a.endRun()
		if g != a.group {
			a.endGroup()
		}
		a.group, a.run = g, equalRows{v, i, 1}
	}
	a.run.detach()
	a.best.detach()
	return nil
}

func (a *modeAcc) endRun() {
	if a.run.n > a.best.n {
		a.best = a.run
	}
}

// endGroup keeps the most frequent value of the group.
func (a *modeAcc) endGroup() {
	if a.best.v != nil {
		a.best.detach()
		a.add([]*vec.Vector{a.best.v}, nil, []uint32{a.group})
	}
	a.run, a.best = equalRows{}, equalRows{}
}

// detach copies the value, so that nothing is kept of the batch that it came with.
func (r *equalRows) detach() {
	if r.v != nil && r.v.Len > 1 {
		r.v, r.row = owned(vec.Flatten(vec.Gather(r.v, []uint32{uint32(r.row)}))), 0
	}
}

func (a *modeAcc) Result(from, to int) (*vec.Vector, error) {
	if a.coming != nil {
		a.endRun()
		a.endGroup()
	}
	if err := a.deal(); err != nil {
		return nil, err
	}
	return a.valuesOf(from, to, a.mostFrequent)
}

// mostFrequent returns a row with the result of a group, unless that has no rows.
func (a *modeAcc) mostFrequent(g int) (row uint32, ok bool, err error) {
	rows := a.of(g)
	if len(rows) == 0 {
		return 0, false, nil
	}
	if a.coming != nil {
		return rows[0], true, nil
	}
	if rows, err = a.sorted(g); err != nil {
		return 0, false, err
	}
	best, count := rows[0], 0
	for i := 0; i < len(rows); {
		j := i + 1
		if err := a.checkAt(i); err != nil {
			return 0, false, err
		}
		for j < len(rows) && vec.EqualRows(a.cols[0], int(rows[i]), a.cols[0], int(rows[j])) {
			if err := a.checkAt(j); err != nil {
				return 0, false, err
			}
			j++
		}
		if j-i > count {
			best, count = rows[i], j-i
		}
		i = j
	}
	return best, true, nil
}
