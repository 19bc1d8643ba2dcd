package exec

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// windowAggregate is an aggregate over frames. FILTER is done beforehand: the rows that fail it are left out of
// args, and frames count in the rows that are left.
type windowAggregate struct {
	w       *windowRows
	agg     *expr.Aggregate
	argType []types.Type
	args    []*vec.Vector // by position among the rows that count
	n       int           // rows that count
	place   []uint32      // with FILTER: how many rows that count come before each position; n+1 of them
}

// aggregate returns the values of an aggregate.
func (w *windowRows) aggregate(item *windowItem) (*vec.Vector, error) {
	a := &windowAggregate{w: w, agg: item.Agg, n: w.n}
	for _, at := range item.args {
		v, err := w.column(at)
		if err != nil {
			return nil, err
		}
		a.args = append(a.args, v)
		a.argType = append(a.argType, v.Type)
	}
	if item.filter >= 0 {
		v, err := w.column(item.filter)
		if err != nil {
			return nil, err
		}
		if err := a.filter(v); err != nil {
			return nil, err
		}
	}
	var ids []uint32
	if item.Agg.Distinct {
		var err error
		if ids, err = a.leaveOutEqual(item.Frame); err != nil {
			return nil, err
		}
	}
	if w.isWhole(item.Frame) {
		return a.byPartition()
	}
	f, err := w.frame(item.Frame)
	if err != nil {
		return nil, err
	}
	if ids != nil {
		return a.byDistinctFrame(f, ids)
	}
	if v, err := a.prefixSums(f); v != nil || err != nil {
		return v, err
	}
	return a.byFrame(f)
}

func (a *windowAggregate) new() fn.Accumulator { return newAccumulator(a.w.env, a.agg, a.argType) }

// filter leaves out the rows for which cond is not true.
func (a *windowAggregate) filter(cond *vec.Vector) error {
	var rows []uint32
	for i := range a.n {
		if a.w.stoppedAt(uint32(i)) {
			return a.w.err()
		}
		if !cond.IsNull(i) && vec.At[uint8](cond, i) != 0 {
			rows = append(rows, uint32(i))
		}
	}
	return a.keep(rows)
}

// keep leaves out all rows that count but these, which are in order.
func (a *windowAggregate) keep(rows []uint32) error {
	before := make([]uint32, a.n+1) // how many rows stay before each
	k := 0
	for i := range before {
		before[i] = uint32(k)
		if k < len(rows) && rows[k] == uint32(i) {
			k++
		}
	}
	if a.place == nil {
		a.place = before
	} else {
		for i, p := range a.place {
			a.place[i] = before[p]
		}
	}
	for i, v := range a.args {
		if a.args[i] = vec.GatherUntil(a.w.canceled, v, rows); a.args[i] == nil {
			return a.w.err()
		}
	}
	a.n = len(rows)
	return nil
}

// at returns the place of a position among the rows that count.
func (a *windowAggregate) at(pos uint32) uint32 {
	if a.place != nil {
		return a.place[pos]
	}
	return pos
}

// updateRows is how many rows go to an accumulator at once.
const updateRows = 8192

// byPartition computes one value per partition.
func (a *windowAggregate) byPartition() (*vec.Vector, error) {
	w, acc := a.w, a.new()
	parts := len(w.parts) - 1
	acc.Grow(parts)
	groups := make([]uint32, 0, updateRows)
	p := 0
	for from := 0; from < a.n; from += updateRows {
		if w.canceled() {
			return nil, w.err()
		}
		to := min(from+updateRows, a.n)
		groups, p = a.partitions(groups[:0], from, to, p)
		if err := acc.Update(sliceAll(a.args, from, to), groups); err != nil {
			return nil, err
		}
	}
	result, err := acc.Result(0, parts)
	if err != nil {
		return nil, err
	}
	idx := make([]uint32, w.n)
	for p, from := range w.parts[:parts] {
		if w.stopped(1) {
			break
		}
		fill(w, idx[from:w.parts[p+1]], uint32(p))
	}
	v := vec.GatherUntil(w.canceled, result, idx)
	if v == nil {
		return nil, w.err()
	}
	return v, nil
}

func sliceAll(vs []*vec.Vector, from, to int) []*vec.Vector {
	out := make([]*vec.Vector, len(vs))
	for i, v := range vs {
		out[i] = vec.Slice(v, from, to)
	}
	return out
}

func gatherAll(vs []*vec.Vector, rows []uint32) []*vec.Vector {
	out := make([]*vec.Vector, len(vs))
	for i, v := range vs {
		out[i] = vec.Gather(v, rows)
	}
	return out
}

// fanout is how many nodes of a level of the tree make one of the next.
const fanout = 16

// byFrame computes one value per distinct frame, from a tree of partial states: level 0 are the rows, and
// node k of each further level is the state of the nodes k*fanout..k*fanout+fanout-1 below. A frame is the
// sum of few nodes, found and merged for many frames at once.
func (a *windowAggregate) byFrame(f *frame) (*vec.Vector, error) {
	longest := uint32(0)
	a.w.pieces(len(f.start), func(from, to int) {
		for i := from; i < to; i++ {
			longest = max(longest, a.at(f.end[i])-a.at(f.start[i]))
		}
	})
	tree, err := a.tree(int(longest))
	if err != nil {
		return nil, err
	}
	var results []*vec.Vector
	chunk := &frameChunk{left: make([]nodes, len(tree)+1), right: make([]nodes, len(tree)+1)}
	for from := 0; from < a.w.n; from += updateRows {
		if a.w.canceled() {
			return nil, a.w.err()
		}
		r, err := a.frames(f, tree, chunk, from, min(from+updateRows, a.w.n))
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

// tree returns the states of the levels from 1 on that frames of a length need.
func (a *windowAggregate) tree(longest int) (levels [][]*vec.Vector, err error) {
	n := a.n
	below := a.args
	for size := fanout; size*2 <= longest; size *= fanout {
		acc := a.new()
		nodes := (n + fanout - 1) / fanout
		acc.Grow(nodes)
		groups := make([]uint32, 0, updateRows)
		for from := 0; from < n; from += updateRows {
			if a.w.canceled() {
				return nil, a.w.err()
			}
			to := min(from+updateRows, n)
			groups = groups[:0]
			for i := from; i < to; i++ {
				groups = append(groups, uint32(i/fanout))
			}
			if len(levels) == 0 {
				err = acc.Update(sliceAll(below, from, to), groups)
			} else {
				err = acc.Merge(sliceAll(below, from, to), groups)
			}
			if err != nil {
				return nil, err
			}
		}
		if err := a.w.held.grow(acc.Bytes()); err != nil {
			return nil, err
		}
		if below, err = acc.State(0, nodes); err != nil {
			return nil, err
		}
		levels = append(levels, below)
		n = nodes
	}
	return levels, nil
}

// nodes are nodes of one level and the groups that they belong to.
type nodes struct{ at, group []uint32 }

func (n *nodes) add(from, to, group uint32) {
	for i := from; i < to; i++ {
		n.at = append(n.at, i)
		n.group = append(n.group, group)
	}
}

// frameChunk is memory for the nodes of some frames: per level, those at the left end, which come first in
// the order of rows, and those at the right end.
type frameChunk struct{ left, right []nodes }

// frames returns the values of the rows from..to-1.
func (a *windowAggregate) frames(f *frame, tree [][]*vec.Vector, c *frameChunk, from, to int) (*vec.Vector, error) {
	idx := make([]uint32, to-from)
	groups := uint32(0)
	for i := from; i < to; i++ {
		if i == from || !f.same(i) {
			groups++
		}
		idx[i-from] = groups - 1
	}
	acc := a.new()
	acc.Grow(int(groups))
	for p := range f.pieces() { // in the order of the rows
		c.reset()
		for i := from; i < to; i++ {
			if i == from || idx[i-from] != idx[i-from-1] {
				start, end := f.piece(i, p)
				c.cover(a.at(start), a.at(end), idx[i-from])
			}
		}
		if err := a.addNodes(acc, tree, c); err != nil {
			return nil, err
		}
	}
	result, err := acc.Result(0, int(groups))
	if err != nil {
		return nil, err
	}
	if int(groups) == len(idx) {
		return result, nil
	}
	return vec.Gather(result, idx), nil
}

func (c *frameChunk) reset() {
	for l := range c.left {
		for _, n := range []*nodes{&c.left[l], &c.right[l]} {
			n.at, n.group = n.at[:0], n.group[:0]
		}
	}
}

// addNodes adds the nodes of a chunk to their groups.
func (a *windowAggregate) addNodes(acc fn.Accumulator, tree [][]*vec.Vector, c *frameChunk) error {
	add := func(level int, n nodes) error {
		for k := 0; k < len(n.at); k += updateRows {
			at, group := n.at[k:min(k+updateRows, len(n.at))], n.group[k:min(k+updateRows, len(n.at))]
			var err error
			if level == 0 {
				err = acc.Update(gatherAll(a.args, at), group)
			} else {
				err = acc.Merge(gatherAll(tree[level-1], at), group)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for l := range c.left {
		if err := add(l, c.left[l]); err != nil {
			return err
		}
	}
	for l := len(c.right) - 1; l >= 0; l-- {
		if err := add(l, c.right[l]); err != nil {
			return err
		}
	}
	return nil
}

// cover adds the nodes whose rows are from..to-1.
func (c *frameChunk) cover(from, to, group uint32) {
	for l := 0; from < to; l++ {
		up, down := (from+fanout-1)/fanout, to/fanout
		if l == len(c.left)-1 || up >= down {
			c.left[l].add(from, to, group)
			return
		}
		c.left[l].add(from, up*fanout, group)
		c.right[l].add(down*fanout, to, group)
		from, to = up, down
	}
}
