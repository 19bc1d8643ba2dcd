package fn

import (
	"math"
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// madAcc is mad, the median of the distances from the median.
type madAcc struct {
	values  valueLog
	scratch []float64
}

func (a *madAcc) CheckWith(check func() error) { a.values.CheckWith(check) }
func (a *madAcc) Grow(n int)                   { a.values.Grow(n) }
func (a *madAcc) Bytes() int64                 { return a.values.Bytes() + 8*int64(cap(a.scratch)) }

func (a *madAcc) Update(args []*vec.Vector, groups []uint32) error {
	a.values.add(args, validity(args[0]), groups)
	return nil
}

func (a *madAcc) Merge(state []*vec.Vector, groups []uint32) error {
	a.values.addLists(state, groups)
	return nil
}

func (a *madAcc) State(from, to int) ([]*vec.Vector, error) {
	return a.values.states(from, to, types.ArrayOf(types.Of(types.Float64)))
}

func (a *madAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.values.deal(); err != nil {
		return nil, err
	}
	return resultsErr(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool, error) {
		rows := a.values.of(g)
		if len(rows) == 0 {
			return 0, false, nil
		}
		vals := vec.Values[float64](a.values.cols[0])
		a.scratch = slices.Grow(a.scratch[:0], len(rows))
		for _, r := range rows {
			a.scratch = append(a.scratch, vals[r])
		}
		m, err := medianOf(a.scratch, a.values.check)
		if err != nil {
			return 0, false, err
		}
		for i, x := range a.scratch {
			a.scratch[i] = math.Abs(x - m)
		}
		d, err := medianOf(a.scratch, a.values.check)
		return d, true, err
	})
}

// medianOf returns the median of s, which it brings in another order.
func medianOf(s []float64, check func() error) (float64, error) {
	lo, hi, part := between(0.5, len(s))
	x, err := selectFloat(s, lo, check)
	if err != nil || lo == hi {
		return x, err
	}
	y := slices.MinFunc(s[hi:], vec.CompareFloat) // what lies above the lo-th is not less than it
	return x + part*(y-x), nil
}

// semAcc is sem, the standard error of the mean.
type semAcc struct{ floatSpreadAcc }

func (a *semAcc) Result(from, to int) (*vec.Vector, error) {
	variances, err := a.floatSpreadAcc.Result(from, to)
	if err != nil {
		return nil, err
	}
	for i, x := range vec.Values[float64](variances) {
		if variances.Valid.Get(i) {
			vec.Values[float64](variances)[i] = math.Sqrt(x / float64(a.count(from+i)))
		}
	}
	return variances, nil
}

func init() {
	f := types.Of(types.Float64)
	RegisterAggregate(
		aggregate("mad", types.Float64, []types.Type{types.ArrayOf(f)},
			func([]types.Type, types.Type) Accumulator { return &madAcc{values: newValueLog(1)} }, types.Float64),
		aggregate("sem", types.Float64, spreadLayout.state(), func([]types.Type, types.Type) Accumulator {
			return &semAcc{floatSpreadAcc{floatSums{floatLayout: spreadLayout}, spread{}}}
		}, types.Float64))
}
