package fn

import (
	"math"
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// fraction is the direct argument of a percentile, which is the same in all rows of a group.
type fraction struct {
	share []float64
	seen  []uint8 // cellEmpty, cellNull or cellValue
}

func (f *fraction) grow(n int) {
	f.share = grown(f.share, n)
	f.seen = grown(f.seen, n)
}

func (f *fraction) bytes() int64 { return int64(9 * cap(f.share)) }

func (f *fraction) note(v *vec.Vector, groups []uint32) error {
	v = vec.Flatten(v)
	for i, x := range vec.Values[float64](v) {
		g := groups[i]
		switch {
		case f.seen[g] != cellEmpty:
		case !v.Valid.Get(i):
			f.seen[g] = cellNull
		default:
			if err := checkFraction(x); err != nil {
				return err
			}
			f.seen[g], f.share[g] = cellValue, x
		}
	}
	return nil
}

func checkFraction(x float64) error {
	if x < 0 || x > 1 || x != x {
		return sqlstate.New(sqlstate.NumericOutOfRange, "percentile value %g is not between 0 and 1", x)
	}
	return nil
}

func (f *fraction) vector(from, to int) *vec.Vector {
	return results(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool) { return f.share[g], f.seen[g] == cellValue })
}

// percentileAcc is what percentile_cont, percentile_disc, median and mode have in common: the values that
// are not NULL, and for a percentile its fraction.
type percentileAcc struct {
	valueLog
	fraction
	fixed  bool // the fraction is 1/2, or there is none
	desc   bool
	elem   types.Type
	merged int // rows, by mergeSort

	// ends returns which of n rows in order the result comes from, the first and the last of them.
	ends   func(share float64, n int) (lo, hi int)
	placed []int64 // per group, of the rows that are coming
}

func (a *percentileAcc) Descending() { a.desc = true }

func (a *percentileAcc) Grow(n int) {
	a.valueLog.Grow(n)
	if !a.fixed {
		a.fraction.grow(n)
	}
}

func (a *percentileAcc) Bytes() int64 {
	return a.valueLog.Bytes() + a.fraction.bytes() + 8*int64(len(a.coming)+len(a.placed))
}

func (a *percentileAcc) Update(args []*vec.Vector, groups []uint32) error {
	a.add(args[:1], validity(args[0]), groups)
	if a.fixed {
		return nil
	}
	return a.note(args[1], groups)
}

func (a *percentileAcc) Merge(state []*vec.Vector, groups []uint32) error {
	a.addLists(state[:1], groups)
	if a.fixed {
		return nil
	}
	// A partial state without rows has no fraction, which must not count as NULL.
	fr := vec.Flatten(state[1])
	lists := vec.Values[vec.List](vec.Flatten(state[0]))
	for i := range groups {
		if lists[i].Len > 0 || fr.Valid.Get(i) {
			if err := a.note(vec.Slice(fr, i, i+1), groups[i:i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *percentileAcc) State(from, to int) ([]*vec.Vector, error) {
	out, err := a.states(from, to, types.ArrayOf(a.elem))
	if err != nil {
		return nil, err
	}
	if !a.fixed {
		out = append(out, a.fraction.vector(from, to))
	}
	return out, nil
}

func (a *percentileAcc) fractionOf(g int) (f float64, ok bool) {
	if a.fixed {
		return 0.5, true
	}
	return a.share[g], a.seen[g] == cellValue
}

// contAcc is percentile_cont, quantile_cont and median of double precision: the value between the two rows
// around the fraction's place.
type contAcc struct {
	percentileAcc
	scratch []float64
}

func (a *contAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.deal(); err != nil {
		return nil, err
	}
	return resultsErr(types.Of(types.Float64), types.KFloat64, from, to, func(g int) (float64, bool, error) {
		f, ok := a.fractionOf(g)
		rows := a.of(g)
		if !ok || len(rows) == 0 {
			return 0, false, nil
		}
		vals := vec.Values[float64](a.cols[0])
		if a.coming != nil {
			lo, hi, part := between(f, a.size(g))
			x, y := vals[rows[0]], vals[rows[len(rows)-1]]
			if lo == hi {
				return x, true, nil
			}
			return x + part*(y-x), true, nil
		}
		a.scratch = slices.Grow(a.scratch[:0], len(rows))
		for i, r := range rows {
			if err := a.checkAt(i); err != nil {
				return 0, false, err
			}
			a.scratch = append(a.scratch, vals[r])
		}
		lo, hi, part := between(f, len(rows))
		if a.desc {
			lo, hi = len(rows)-1-lo, len(rows)-1-hi
		}
		x, err := selectFloat(a.scratch, lo, a.check)
		if err != nil || lo == hi {
			return x, true, err
		}
		var y float64
		if hi > lo { // what lies above the lo-th is not less than it
			y = slices.MinFunc(a.scratch[lo+1:], vec.CompareFloat)
		} else {
			y = slices.MaxFunc(a.scratch[:lo], vec.CompareFloat)
		}
		return x + part*(y-x), true, nil
	})
}

// between returns the rows around a fraction's place among n sorted rows, and how far it lies between them.
func between(f float64, n int) (lo, hi int, part float64) {
	at := f * float64(n-1)
	lo, hi = int(math.Floor(at)), int(math.Ceil(at))
	return lo, hi, at - math.Floor(at)
}

func betweenEnds(f float64, n int) (lo, hi int) {
	lo, hi, _ = between(f, n)
	return lo, hi
}

// discEnds returns the place of the first of n sorted rows at which their share reaches the fraction.
func discEnds(f float64, n int) (lo, hi int) {
	k := max(0, int(math.Ceil(f*float64(n)))-1)
	return k, k
}

// selectFloat returns the k-th smallest of s, with the smaller ones before it and the larger behind. It calls
// check, unless that is nil, before each pass over many values.
func selectFloat(s []float64, k int, check func() error) (float64, error) {
	lo, hi := 0, len(s)-1
	for steps := 0; hi > lo; steps++ {
		if hi-lo > checkRows && check != nil {
			if err := check(); err != nil {
				return 0, err
			}
		}
		if hi-lo < 32 || steps > 64 {
			slices.SortFunc(s[lo:hi+1], vec.CompareFloat)
			break
		}
		m := (lo + hi) / 2
		// The median of three is the pivot.
		if vec.CompareFloat(s[m], s[lo]) < 0 {
			s[m], s[lo] = s[lo], s[m]
		}
		if vec.CompareFloat(s[hi], s[lo]) < 0 {
			s[hi], s[lo] = s[lo], s[hi]
		}
		if vec.CompareFloat(s[hi], s[m]) < 0 {
			s[hi], s[m] = s[m], s[hi]
		}
		p := s[m]
		i, j := lo, hi
		for i <= j {
			for vec.CompareFloat(s[i], p) < 0 {
				i++
			}
			for vec.CompareFloat(p, s[j]) < 0 {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return s[k], nil
		}
	}
	return s[k], nil
}

// contIntervalAcc is percentile_cont of intervals.
type contIntervalAcc struct{ percentileAcc }

func (a *contIntervalAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.deal(); err != nil {
		return nil, err
	}
	return resultsErr(types.Of(types.Interval), types.KInterval, from, to, func(g int) (vec.Interval, bool, error) {
		first, last, ok, err := a.endsOf(g)
		if err != nil || !ok {
			return vec.Interval{}, false, err
		}
		f, _ := a.fractionOf(g)
		lo, hi, part := between(f, a.size(g))
		x, y := vec.At[vec.Interval](a.cols[0], int(first)), vec.At[vec.Interval](a.cols[0], int(last))
		if lo == hi {
			return x, true, nil
		}
		x, err = intervalBetween(x, y, part)
		return x, true, err
	})
}

// intervalBetween returns the interval that lies a part of the way from x to y.
func intervalBetween(x, y vec.Interval, part float64) (vec.Interval, error) {
	d, err := AddIntervals(y, x, -1)
	if err != nil {
		return x, err
	}
	if d, err = ScaleInterval(d, part); err != nil {
		return x, err
	}
	return AddIntervals(x, d, 1)
}

// valuesOf returns for groups from..to-1 the value of the row that find tells, NULL where it finds none.
func (a *percentileAcc) valuesOf(from, to int, find func(g int) (row uint32, ok bool, err error)) (*vec.Vector, error) {
	b := vec.NewBuilder(a.elem)
	for g := from; g < to; g++ {
		row, ok, err := find(g)
		if err != nil {
			return nil, err
		}
		if !ok {
			b.AppendNull()
			continue
		}
		b.AppendFrom(a.cols[0], int(row))
	}
	return b.Finish(), nil
}

// endsOf returns the rows that the result of a group comes from; none are in a group without rows or fraction.
func (a *percentileAcc) endsOf(g int) (first, last uint32, ok bool, err error) {
	f, ok := a.fractionOf(g)
	rows := a.of(g)
	switch {
	case !ok || len(rows) == 0:
		return 0, 0, false, nil
	case a.coming != nil:
		return rows[0], rows[len(rows)-1], true, nil
	}
	if rows, err = a.sorted(g); err != nil {
		return 0, 0, false, err
	}
	lo, hi := a.ends(f, len(rows))
	return rows[lo], rows[hi], true, nil
}

// sorted returns the rows of a group in the order of their values.
func (a *percentileAcc) sorted(g int) ([]uint32, error) {
	rows := append([]uint32(nil), a.of(g)...)
	return rows, a.mergeSort(rows, make([]uint32, len(rows)/2))
}

// mergeSort sorts rows by their values, keeping the order of equal ones; tmp has room for half of them.
func (a *percentileAcc) mergeSort(rows, tmp []uint32) error {
	if len(rows) <= 16 {
		for i := 1; i < len(rows); i++ {
			x := rows[i]
			j := i
			for j > 0 && a.after(rows[j-1], x) {
				rows[j] = rows[j-1]
				j--
			}
			rows[j] = x
		}
		return nil
	}
	m := len(rows) / 2
	if err := a.mergeSort(rows[:m], tmp); err != nil {
		return err
	}
	if err := a.mergeSort(rows[m:], tmp); err != nil || !a.after(rows[m-1], rows[m]) {
		return err
	}
	left := tmp[:copy(tmp, rows[:m])]
	i, j, k := 0, m, 0
	for i < len(left) && j < len(rows) {
		if a.merged++; a.merged%checkRows == 0 {
			if err := a.checkAt(0); err != nil {
				return err
			}
		}
		if a.after(left[i], rows[j]) {
			rows[k] = rows[j]
			j++
		} else {
			rows[k] = left[i]
			i++
		}
		k++
	}
	copy(rows[k:], left[i:])
	return nil
}

// after reports whether the value of row x comes behind that of row y.
func (a *percentileAcc) after(x, y uint32) bool {
	c := vec.CompareRows(a.cols[0], int(x), a.cols[0], int(y))
	return c > 0 && !a.desc || c < 0 && a.desc
}

// discAcc is percentile_disc and quantile_disc: the first value whose share of rows reaches the fraction.
type discAcc struct{ percentileAcc }

func (a *discAcc) Result(from, to int) (*vec.Vector, error) {
	if err := a.deal(); err != nil {
		return nil, err
	}
	return a.valuesOf(from, to, func(g int) (uint32, bool, error) {
		row, _, ok, err := a.endsOf(g)
		return row, ok, err
	})
}

func init() {
	f, iv, any := types.Of(types.Float64), types.Of(types.Interval), types.Of(types.AnyElement)
	base := func(t types.Type, fixed bool) percentileAcc {
		return percentileAcc{valueLog: newValueLog(1), fixed: fixed, elem: t, ends: betweenEnds}
	}
	state := func(args []types.Type) []types.Type {
		if len(args) == 1 {
			return []types.Type{types.ArrayOf(args[0])}
		}
		return []types.Type{types.ArrayOf(args[0]), f}
	}
	cont := func(args []types.Type, _ types.Type) Accumulator {
		return &contAcc{percentileAcc: base(args[0], len(args) == 1)}
	}
	contInterval := func(args []types.Type, _ types.Type) Accumulator {
		return &contIntervalAcc{base(args[0], len(args) == 1)}
	}
	disc := func(args []types.Type, _ types.Type) Accumulator {
		a := &discAcc{base(args[0], false)}
		a.ends = discEnds
		return a
	}
	mode := func(args []types.Type, _ types.Type) Accumulator { return &modeAcc{percentileAcc: base(args[0], true)} }
	RegisterAggregate(
		&Aggregate{Name: "percentile_cont", OrderedSet: true, Args: []types.Type{f, f}, Ret: f, State: state, New: cont},
		&Aggregate{Name: "percentile_cont", OrderedSet: true, Args: []types.Type{iv, f}, Ret: iv, State: state, New: contInterval},
		&Aggregate{Name: "percentile_disc", OrderedSet: true, Args: []types.Type{any, f}, RetOf: sameType, State: state, New: disc},
		&Aggregate{Name: "mode", OrderedSet: true, Args: []types.Type{any}, RetOf: sameType, State: state, New: mode},
		// DuckDB's names, as plain aggregates.
		&Aggregate{Name: "mode", Args: []types.Type{any}, RetOf: sameType, State: state, New: mode},
		&Aggregate{Name: "median", Args: []types.Type{f}, Ret: f, State: state, New: cont},
		&Aggregate{Name: "median", Args: []types.Type{iv}, Ret: iv, State: state, New: contInterval},
		&Aggregate{Name: "quantile_cont", Args: []types.Type{f, f}, Ret: f, State: state, New: cont},
		&Aggregate{Name: "quantile_disc", Args: []types.Type{any, f}, RetOf: sameType, State: state, New: disc},
		&Aggregate{Name: "quantile", Args: []types.Type{any, f}, RetOf: sameType, State: state, New: disc},
	)
}
