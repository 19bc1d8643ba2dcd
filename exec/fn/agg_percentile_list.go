package fn

import (
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// percentilesAcc is percentile_cont and percentile_disc with an array of fractions: one sort for all of them.
type percentilesAcc struct {
	percentileAcc        // whose one fraction is not used
	shares        *cells // float8[], the same in all rows of a group
	ret           types.Type
	kind          percentileKind
}

type percentileKind uint8

const (
	discrete percentileKind = iota
	continuousFloat
	continuousInterval
)

func (a *percentilesAcc) Grow(n int) {
	a.percentileAcc.Grow(n)
	a.shares.grow(n)
}

func (a *percentilesAcc) Bytes() int64 { return a.percentileAcc.Bytes() + a.shares.bytes() }

func (a *percentilesAcc) Update(args []*vec.Vector, groups []uint32) error {
	a.add(args[:1], validity(args[0]), groups)
	a.noteShares(args[1], groups, nil)
	return nil
}

// noteShares keeps the fractions of groups that have none yet, from the rows that are not empty.
func (a *percentilesAcc) noteShares(v *vec.Vector, groups []uint32, empty func(i int) bool) {
	v = vec.Flatten(v)
	for i, g := range groups {
		if !a.shares.has(int(g)) && (empty == nil || !empty(i)) {
			a.shares.set(int(g), v, i)
		}
	}
}

func (a *percentilesAcc) Merge(state []*vec.Vector, groups []uint32) error {
	a.addLists(state[:1], groups)
	lists := vec.Values[vec.List](vec.Flatten(state[0]))
	// A partial state without rows may have no fractions, which must not count as NULL.
	a.noteShares(state[1], groups, func(i int) bool { return lists[i].Len == 0 && state[1].IsNull(i) })
	return nil
}

func (a *percentilesAcc) State(from, to int) ([]*vec.Vector, error) {
	out, err := a.states(from, to, types.ArrayOf(a.elem))
	if err != nil {
		return nil, err
	}
	return append(out, a.shares.vector(from, to)), nil
}

// fractions returns those of a group as an array; ok is false where it is NULL or there is none.
func (a *percentilesAcc) fractions(g int) (v *vec.Vector, ok bool, err error) {
	if a.shares.state[g] != cellValue {
		return nil, false, nil
	}
	c := a.shares.lists[g]
	l := vec.At[vec.List](c.v, c.i)
	v = vec.Flatten(vec.Slice(c.v.Child, int(l.Off), int(l.Off+l.Len)))
	for i, x := range vec.Values[float64](v) {
		if v.Valid.Get(i) {
			if err := checkFraction(x); err != nil {
				return nil, false, err
			}
		}
	}
	return v, true, nil
}

// endsFor returns which of n rows in order a fraction's result comes from.
func (a *percentilesAcc) endsFor(share float64, n int) (lo, hi int) {
	if a.kind == discrete {
		return discEnds(share, n)
	}
	return betweenEnds(share, n)
}

// places returns which of the n rows of a group, in order, its results come from; each of them once, in order.
func (a *percentilesAcc) places(fractions *vec.Vector, n int) []int {
	var at []int
	for i, x := range vec.Values[float64](fractions) {
		if fractions.Valid.Get(i) {
			lo, hi := a.endsFor(x, n)
			at = append(at, lo, hi)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func (a *percentilesAcc) Expect(args []*vec.Vector, groups []uint32) error {
	if len(args) > 1 {
		a.noteShares(args[1], groups, nil)
	}
	return a.percentileAcc.Expect(args[:1], groups)
}

func (a *percentilesAcc) Place(args []*vec.Vector, groups []uint32) error {
	a.placed = grown(a.placed, a.n)
	v, groups := withoutNulls(args[0], groups)
	var sel, owners []uint32
	for i := 0; i < len(groups); {
		g, n := groups[i], sameGroup(groups[i:])
		f, ok, err := a.fractions(int(g))
		if err != nil {
			return err
		}
		if ok {
			for _, k := range a.places(f, int(a.coming[g])) {
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

func (a *percentilesAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.deal(); err != nil {
		return nil, err
	}
	out := vec.NewBuilder(a.ret)
	for g := from; g < to; g++ {
		if err := a.appendGroup(out, g); err != nil {
			return nil, err
		}
	}
	return out.Finish(), nil
}

// appendGroup appends the results of a group, NULL where it has no rows or fractions.
func (a *percentilesAcc) appendGroup(out *vec.Builder, g int) error {
	rows := a.of(g)
	if len(rows) == 0 {
		out.AppendNull()
		return nil
	}
	fractions, ok, err := a.fractions(g)
	if err != nil {
		return err
	}
	if !ok {
		out.AppendNull()
		return nil
	}
	n := a.size(g)
	var places []int // that rows are of; nil: all
	if a.coming != nil {
		places = a.places(fractions, n)
	} else if rows, err = a.sorted(g); err != nil {
		return err
	}
	at := func(k int) int {
		if places != nil {
			k, _ = slices.BinarySearch(places, k)
		}
		return int(rows[k])
	}
	shares := a.shares.lists[g]
	out.AppendArray(vec.At[vec.List](shares.v, shares.i).Shape, func(c *vec.Builder) {
		for i, x := range vec.Values[float64](fractions) {
			switch {
			case err != nil:
			case !fractions.Valid.Get(i):
				c.AppendNull()
			default:
				err = a.appendValue(c, x, n, at)
			}
		}
	})
	return err
}

// appendValue appends the result of one fraction; at returns the row that is the k-th in order.
func (a *percentilesAcc) appendValue(out *vec.Builder, share float64, n int, at func(k int) int) error {
	if a.kind == discrete {
		k, _ := discEnds(share, n)
		out.AppendFrom(a.cols[0], at(k))
		return nil
	}
	lo, hi, part := between(share, n)
	switch {
	case lo == hi:
		out.AppendFrom(a.cols[0], at(lo))
	case a.kind == continuousFloat:
		x, y := vec.At[float64](a.cols[0], at(lo)), vec.At[float64](a.cols[0], at(hi))
		vec.Append(out, x+part*(y-x))
	default:
		x, err := intervalBetween(vec.At[vec.Interval](a.cols[0], at(lo)), vec.At[vec.Interval](a.cols[0], at(hi)), part)
		if err != nil {
			return err
		}
		vec.Append(out, x)
	}
	return nil
}

func init() {
	f, iv, any := types.Of(types.Float64), types.Of(types.Interval), types.Of(types.AnyElement)
	shares := types.ArrayOf(f)
	state := func(args []types.Type) []types.Type { return []types.Type{types.ArrayOf(args[0]), shares} }
	create := func(kind percentileKind) func([]types.Type, types.Type) Accumulator {
		return func(args []types.Type, ret types.Type) Accumulator {
			base := percentileAcc{valueLog: newValueLog(1), fixed: true, elem: args[0]}
			return &percentilesAcc{percentileAcc: base, shares: newCells(shares), ret: ret, kind: kind}
		}
	}
	arrayOf := func(args []types.Type) types.Type { return types.ArrayOf(args[0]) }
	for _, name := range []string{"percentile_cont", "quantile_cont"} {
		within := name == "percentile_cont"
		RegisterAggregate(
			&Aggregate{Name: name, OrderedSet: within, Args: []types.Type{f, shares}, RetOf: arrayOf, State: state, New: create(continuousFloat)},
			&Aggregate{Name: name, OrderedSet: within, Args: []types.Type{iv, shares}, RetOf: arrayOf, State: state, New: create(continuousInterval)},
		)
	}
	for _, name := range []string{"percentile_disc", "quantile_disc", "quantile"} {
		RegisterAggregate(&Aggregate{Name: name, OrderedSet: name == "percentile_disc", Args: []types.Type{any, shares}, RetOf: arrayOf,
			State: state, New: create(discrete)})
	}
	RegisterAggregate(&Aggregate{Name: "quantile_cont", Args: []types.Type{iv, f}, Ret: iv,
		State: func(args []types.Type) []types.Type { return []types.Type{types.ArrayOf(args[0]), f} },
		New: func(args []types.Type, _ types.Type) Accumulator {
			return &contIntervalAcc{percentileAcc{valueLog: newValueLog(1), elem: args[0], ends: betweenEnds}}
		}})
}
