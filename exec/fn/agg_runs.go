package fn

import (
	"math"
	"slices"
	"strconv"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// runsAcc keeps the values of a group that are not NULL and yields what their frequencies make: entropy, histogram and
// approx_top_k. The last is exact here.
type runsAcc struct {
	values percentileAcc // for its log and its sort
	limits []int64       // approx_top_k: how many values; 0: not known
	ret    types.Type
	finish func(a *runsAcc, from, to int) (*vec.Vector, error)
}

// valueRun is a value, that of a row, and how many rows have it.
type valueRun struct {
	row uint32
	n   int
}

func (a *runsAcc) CheckWith(check func() error) { a.values.CheckWith(check) }

func (a *runsAcc) Grow(n int) {
	a.values.valueLog.Grow(n)
	a.limits = grown(a.limits, n)
}

func (a *runsAcc) Bytes() int64 { return a.values.valueLog.Bytes() + 8*int64(cap(a.limits)) }

func (a *runsAcc) Update(args []*vec.Vector, groups []uint32) error {
	a.values.add(args[:1], validity(args[0]), groups)
	if len(args) > 1 {
		return a.limit(args[1], groups)
	}
	return nil
}

// limit notes how many values groups are asked for, which is the same in all their rows.
func (a *runsAcc) limit(v *vec.Vector, groups []uint32) error {
	v = vec.Flatten(v)
	for i, k := range vec.Values[int64](v) {
		g := groups[i]
		if !v.Valid.Get(i) || a.limits[g] != 0 {
			continue
		}
		if k <= 0 {
			return sqlstate.New(sqlstate.InvalidParameterValue, "the number of values that approx_top_k returns must be greater than 0")
		}
		a.limits[g] = k
	}
	return nil
}

func (a *runsAcc) Merge(state []*vec.Vector, groups []uint32) error {
	a.values.addLists(state[:1], groups)
	if len(state) > 1 {
		return a.limit(state[1], groups)
	}
	return nil
}

func (a *runsAcc) State(from, to int) ([]*vec.Vector, error) {
	out, err := a.values.states(from, to, types.ArrayOf(a.values.elem))
	if err != nil || a.ret.ID != types.Array {
		return out, err
	}
	limits := results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return a.limits[g], a.limits[g] != 0 })
	return append(out, limits), nil
}

func (a *runsAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.values.deal(); err != nil {
		return nil, err
	}
	return a.finish(a, from, to)
}

// runs returns the different values of a group in their order.
func (a *runsAcc) runs(g int) ([]valueRun, error) {
	rows, err := a.values.sorted(g)
	if err != nil {
		return nil, err
	}
	var out []valueRun
	col := a.values.cols[0]
	for i, r := range rows {
		if err := a.values.checkAt(i); err != nil {
			return nil, err
		}
		if last := len(out) - 1; last >= 0 && vec.EqualRows(col, int(out[last].row), col, int(r)) {
			out[last].n++
		} else {
			out = append(out, valueRun{r, 1})
		}
	}
	return out, nil
}

// entropies returns the base-2 entropy of each group, 0 without values.
func entropies(a *runsAcc, from, to int) (*vec.Vector, error) {
	return resultsErr(a.ret, types.KFloat64, from, to, func(g int) (float64, bool, error) {
		runs, err := a.runs(g)
		all, sum := float64(len(a.values.of(g))), 0.0
		for _, r := range runs {
			p := float64(r.n) / all
			sum -= p * math.Log2(p)
		}
		return sum + 0, true, err // not -0
	})
}

// histograms returns an object of the values and their counts for each group.
func histograms(a *runsAcc, from, to int) (*vec.Vector, error) {
	s := NewStrings(to-from, nil)
	f := flags{n: to - from}
	var w jsonMaker
	for i := range to - from {
		runs, err := a.runs(from + i)
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			f.null(i)
			continue
		}
		w.dst = append(w.dst[:0], '{')
		for k, r := range runs {
			if k > 0 {
				w.dst = append(w.dst, ',')
			}
			if err := w.key(a.values.cols[0], int(r.row)); err != nil {
				return nil, err
			}
			w.dst = strconv.AppendInt(append(w.dst, ':'), int64(r.n), 10)
		}
		dst, err := jsontext.Normalize(s.Begin(), append(w.dst, '}'))
		if err != nil {
			return nil, err
		}
		s.End(i, dst)
	}
	return s.Finish(a.ret, f.valid), nil
}

// topValues returns the most frequent values of each group, the smaller first of equally frequent ones.
func topValues(a *runsAcc, from, to int) (*vec.Vector, error) {
	b := vec.NewBuilder(a.ret)
	for g := from; g < to; g++ {
		runs, err := a.runs(g)
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 || a.limits[g] == 0 {
			b.AppendNull()
			continue
		}
		slices.SortStableFunc(runs, func(x, y valueRun) int { return y.n - x.n })
		b.AppendList(func(c *vec.Builder) {
			for _, r := range runs[:min(int64(len(runs)), a.limits[g])] {
				c.AppendFrom(a.values.cols[0], int(r.row))
			}
		})
	}
	return b.Finish(), nil
}

func init() {
	any, n := types.Of(types.AnyElement), types.Of(types.Int64)
	create := func(finish func(*runsAcc, int, int) (*vec.Vector, error)) func([]types.Type, types.Type) Accumulator {
		return func(args []types.Type, ret types.Type) Accumulator {
			return &runsAcc{values: percentileAcc{valueLog: newValueLog(1), fixed: true, elem: args[0]}, ret: ret, finish: finish}
		}
	}
	state := func(args []types.Type) []types.Type {
		return append([]types.Type{types.ArrayOf(args[0])}, args[1:]...)
	}
	RegisterAggregate(
		&Aggregate{Name: "entropy", Args: []types.Type{any}, Ret: types.Of(types.Float64), State: state, New: create(entropies)},
		&Aggregate{Name: "histogram", Args: []types.Type{any}, Ret: types.Of(types.JSONB), State: state, New: create(histograms)},
		&Aggregate{Name: "approx_top_k", Args: []types.Type{any, n}, State: state, New: create(topValues),
			RetOf: func(args []types.Type) types.Type { return types.ArrayOf(args[0]) }},
	)
}
