package fn

import (
	"math"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// numCell has the sum and the count of numerics of dynamic scale.
type numCell struct {
	sum vec.Num
	n   int64
}

// numSumAcc is sum and avg of numerics of dynamic scale.
type numSumAcc struct {
	cells []numCell
	avg   bool
}

func (a *numSumAcc) Grow(n int)   { a.cells = grown(a.cells, n) }
func (a *numSumAcc) Bytes() int64 { return 32 * int64(cap(a.cells)) }

func (a *numSumAcc) add(v *vec.Vector, counts []int64, groups []uint32) error {
	v = vec.Flatten(v)
	for i, x := range vec.Values[vec.Num](v) {
		if !v.Valid.Get(i) {
			continue
		}
		c := &a.cells[groups[i]]
		sum, err := vec.AddNum(c.sum, x)
		if err != nil {
			return err
		}
		c.sum = sum
		if counts == nil {
			c.n++
		} else {
			c.n += counts[i]
		}
	}
	return nil
}

func (a *numSumAcc) Update(args []*vec.Vector, groups []uint32) error {
	return a.add(args[0], nil, groups)
}

func (a *numSumAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.add(state[0], vec.Values[int64](vec.Flatten(state[1])), groups)
}

func (a *numSumAcc) State(from, to int) ([]*vec.Vector, error) {
	sums := results(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool) { return a.cells[g].sum, a.cells[g].n > 0 })
	counts := results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return a.cells[g].n, true })
	return []*vec.Vector{sums, counts}, nil
}

func (a *numSumAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Numeric), types.KNum, from, to, func(g int) (vec.Num, bool, error) {
		c := a.cells[g]
		if c.n == 0 {
			return vec.Num{}, false, nil
		}
		if !a.avg {
			return c.sum, true, nil
		}
		x, err := vec.DivNum(c.sum, vec.NumOf(c.n))
		return x, true, err
	})
}

type intervalCell struct {
	sum vec.Interval
	n   int64
}

// intervalSumAcc is sum and avg of intervals.
type intervalSumAcc struct {
	cells []intervalCell
	avg   bool
}

func (a *intervalSumAcc) Grow(n int)   { a.cells = grown(a.cells, n) }
func (a *intervalSumAcc) Bytes() int64 { return 24 * int64(cap(a.cells)) }

func (a *intervalSumAcc) add(v *vec.Vector, counts []int64, groups []uint32) error {
	v = vec.Flatten(v)
	for i, x := range vec.Values[vec.Interval](v) {
		if !v.Valid.Get(i) {
			continue
		}
		c := &a.cells[groups[i]]
		sum, err := AddIntervals(c.sum, x, 1)
		if err != nil {
			return err
		}
		c.sum = sum
		if counts == nil {
			c.n++
		} else {
			c.n += counts[i]
		}
	}
	return nil
}

func (a *intervalSumAcc) Update(args []*vec.Vector, groups []uint32) error {
	return a.add(args[0], nil, groups)
}

func (a *intervalSumAcc) Merge(state []*vec.Vector, groups []uint32) error {
	return a.add(state[0], vec.Values[int64](vec.Flatten(state[1])), groups)
}

func (a *intervalSumAcc) State(from, to int) ([]*vec.Vector, error) {
	sums := results(types.Of(types.Interval), types.KInterval, from, to, func(g int) (vec.Interval, bool) { return a.cells[g].sum, a.cells[g].n > 0 })
	counts := results(types.Of(types.Int64), types.KInt64, from, to, func(g int) (int64, bool) { return a.cells[g].n, true })
	return []*vec.Vector{sums, counts}, nil
}

func (a *intervalSumAcc) Result(from, to int) (*vec.Vector, error) {
	return resultsErr(types.Of(types.Interval), types.KInterval, from, to, func(g int) (vec.Interval, bool, error) {
		c := a.cells[g]
		if c.n == 0 || !a.avg {
			return c.sum, c.n > 0, nil
		}
		x, err := divideInterval(c.sum, float64(c.n))
		return x, true, err
	})
}

// divideInterval divides as PostgreSQL's interval / double does: what is left of months becomes days of 30
// a month, what is left of days becomes time.
func divideInterval(x vec.Interval, by float64) (vec.Interval, error) {
	months, days := float64(x.Months)/by, float64(x.Days)/by
	r := vec.Interval{Months: int32(months), Days: int32(days)}
	monthDays := roundMicros((months - float64(r.Months)) * 30)
	secs := roundMicros((days - float64(r.Days) + monthDays - math.Trunc(monthDays)) * 86400)
	if math.Abs(secs) >= 86400 {
		whole := math.Trunc(secs / 86400)
		r.Days += int32(whole)
		secs -= whole * 86400
	}
	r.Days += int32(monthDays)
	r.Micros = int64(math.RoundToEven(float64(x.Micros)/by + secs*1e6))
	return r, nil
}

// newSum returns the accumulator of sum for an argument type.
func newSum(args []types.Type, ret types.Type) Accumulator {
	switch t := args[0]; {
	case t.IsFloat():
		return newFloatSum(ret, false)
	case t.ID == types.Interval:
		return &intervalSumAcc{}
	case t.ID == types.Numeric && t.Scale == types.DynamicScale:
		return &numSumAcc{}
	}
	return &exactSumAcc{ret: ret}
}

func newAvg(args []types.Type, ret types.Type) Accumulator {
	switch t := args[0]; {
	case t.IsFloat():
		return newFloatSum(ret, true)
	case t.ID == types.Interval:
		return &intervalSumAcc{avg: true}
	case t.ID == types.Numeric && t.Scale == types.DynamicScale:
		return &numSumAcc{avg: true}
	default:
		return &exactAvgAcc{scale: int(t.Scale)}
	}
}

func sumState(args []types.Type) []types.Type {
	switch t := args[0]; {
	case t.IsFloat():
		return sumLayout.state()
	case t.ID == types.Interval, t.ID == types.Numeric && t.Scale == types.DynamicScale:
		return []types.Type{types.Of(t.ID), types.Of(types.Int64)}
	default:
		return []types.Type{types.NumericOf(0, int(t.Scale))}
	}
}

func avgState(args []types.Type) []types.Type {
	if s := sumState(args); len(s) > 1 {
		return s
	}
	return append(sumState(args), types.Of(types.Int64))
}

func init() {
	sumRet := map[types.ID]types.Type{
		types.Int16: types.Of(types.Int64), types.Int32: types.Of(types.Int64), types.Int64: types.NumericOf(0, 0),
		types.Float32: types.Of(types.Float32), types.Float64: types.Of(types.Float64), types.Interval: types.Of(types.Interval),
	}
	avgRet := map[types.ID]types.ID{
		types.Int16: types.Numeric, types.Int32: types.Numeric, types.Int64: types.Numeric, types.Numeric: types.Numeric,
		types.Float32: types.Float64, types.Float64: types.Float64, types.Interval: types.Interval,
	}
	for _, id := range []types.ID{types.Int16, types.Int32, types.Int64, types.Numeric, types.Float32, types.Float64, types.Interval} {
		sum := &Aggregate{Name: "sum", Args: []types.Type{types.Of(id)}, Ret: sumRet[id], State: sumState, New: newSum}
		if id == types.Numeric { // the scale stays, the precision does not
			sum.RetOf = func(args []types.Type) types.Type { return types.Type{ID: types.Numeric, Scale: args[0].Scale} }
		}
		RegisterAggregate(sum,
			&Aggregate{Name: "avg", Args: []types.Type{types.Of(id)}, Ret: types.Of(avgRet[id]), State: avgState, New: newAvg})
	}
}
