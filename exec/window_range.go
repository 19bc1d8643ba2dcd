package exec

import (
	"math"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// allLimits is rangeLimits for all rows, of which there may be many.
func (w *windowRows) allLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	var vs, ls []*vec.Vector
	w.pieces(key.Len, func(from, to int) {
		if err != nil {
			return
		}
		var v, l *vec.Vector
		v, l, err = w.rangeLimits(vec.Slice(key, from, to), offset, minus)
		vs, ls = append(vs, v), append(ls, l)
	})
	if err != nil {
		return nil, nil, err
	}
	if !w.dead {
		values = vec.ConcatUntil(w.canceled, vs)
	}
	if !w.dead {
		limits = vec.ConcatUntil(w.canceled, ls)
	}
	return values, limits, w.err()
}

// rangeLimits returns the values of a RANGE frame's key in a form in which they can be compared with limits,
// and for each row the limit: its value minus the offset, or plus it. key is flat.
func (w *windowRows) rangeLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	t, u := key.Type, offset.Type
	switch {
	case t.IsInteger() && u.IsInteger():
		return intLimits(key, offset, minus)
	case t.IsFloat() && u.IsFloat():
		return floatLimits(key, offset, minus)
	case t.ID == types.Numeric && u.ID == types.Numeric:
		return numLimits(key, offset, minus)
	case t.ID == types.Time && u.ID == types.Interval:
		return timeLimits(key, offset, minus)
	case (t.ID == types.Date || t.ID == types.Timestamp || t.ID == types.TimestampTZ || t.ID == types.Interval) && u.ID == types.Interval:
		return w.timestampLimits(key, offset, minus)
	}
	return nil, nil, sqlstate.Unsupported("Cast the offset value to an appropriate type.",
		"RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s", t, u)
}

func errRangeKeys() error {
	return sqlstate.New(sqlstate.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
}

func errFrameSize() error {
	return sqlstate.New(sqlstate.InvalidFrameSize, "invalid preceding or following size in window function")
}

// intLimits works in 128 bits, where nothing overflows.
func intLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	by := widen(vec.Flatten(offset))[0]
	if by.Hi < 0 {
		return nil, nil, errFrameSize()
	}
	if minus {
		by, _ = by.Neg()
	}
	v := widen(key)
	l := make([]vec.Int128, len(v))
	for i, x := range v {
		l[i], _ = vec.Add128(x, by)
	}
	t := types.NumericOf(38, 0)
	return vec.New(t, types.KInt128, v, key.Valid), vec.New(t, types.KInt128, l, key.Valid), nil
}

// widen returns the integers of a flat vector in 128 bits.
func widen(v *vec.Vector) []vec.Int128 {
	out := make([]vec.Int128, v.Len)
	switch v.Kind {
	case types.KInt16:
		for i, x := range vec.Values[int16](v) {
			out[i] = vec.Int128Of(int64(x))
		}
	case types.KInt32:
		for i, x := range vec.Values[int32](v) {
			out[i] = vec.Int128Of(int64(x))
		}
	case types.KInt64:
		for i, x := range vec.Values[int64](v) {
			out[i] = vec.Int128Of(x)
		}
	case types.KInt128:
		copy(out, vec.Values[vec.Int128](v))
	}
	return out
}

func floats(v *vec.Vector) []float64 {
	if v.Kind == types.KFloat64 {
		return vec.Values[float64](v)
	}
	out := make([]float64, v.Len)
	for i, x := range vec.Values[float32](v) {
		out[i] = float64(x)
	}
	return out
}

func floatLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	by := floats(vec.Flatten(offset))[0]
	if by < 0 || math.IsNaN(by) {
		return nil, nil, errFrameSize()
	}
	if minus {
		by = -by
	}
	v := floats(key)
	l := make([]float64, len(v))
	for i, x := range v {
		l[i] = x + by
		if math.IsNaN(l[i]) && !math.IsNaN(x) { // from one infinity towards the other: as far as the offset says
			l[i] = by
		}
	}
	t := types.Of(types.Float64)
	return vec.New(t, types.KFloat64, v, key.Valid), vec.New(t, types.KFloat64, l, key.Valid), nil
}

// nums returns the numerics of a flat vector with their scales.
func nums(v *vec.Vector) []vec.Num {
	if v.Kind == types.KNum {
		return vec.Values[vec.Num](v)
	}
	out := make([]vec.Num, v.Len)
	for i, x := range widen(v) {
		out[i] = vec.Num{Coef: x, Scale: int32(v.Type.Scale)}
	}
	return out
}

func numLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	by := nums(vec.Flatten(offset))[0]
	if by.Special == vec.NumNaN || by.Sign() < 0 {
		return nil, nil, errFrameSize()
	}
	if minus {
		by = by.Neg()
	}
	v := nums(key)
	l := make([]vec.Num, len(v))
	for i, x := range v {
		if !key.Valid.Get(i) {
			continue
		}
		if l[i], err = vec.AddNum(x, by); err != nil {
			return nil, nil, err
		}
		if l[i].Special == vec.NumNaN && x.Special != vec.NumNaN {
			l[i] = by
		}
	}
	t := types.Of(types.Numeric)
	return vec.New(t, types.KNum, v, key.Valid), vec.New(t, types.KNum, l, key.Valid), nil
}

// negative reports whether an interval, as intervals compare, is below zero.
func negative(x vec.Interval) bool {
	v := vec.New(types.Of(types.Interval), types.KInterval, []vec.Interval{x, {}}, nil)
	return vec.CompareRows(v, 0, v, 1) < 0
}

// timeLimits adds only the interval's time, beyond midnight too.
func timeLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	by := vec.At[vec.Interval](offset, 0)
	if by.Micros < 0 {
		return nil, nil, errFrameSize()
	}
	d := by.Micros
	if minus {
		d = -d
	}
	l := make([]int64, key.Len)
	for i, x := range vec.Values[int64](key) {
		l[i] = x + d
	}
	return key, vec.New(key.Type, types.KInt64, l, key.Valid), nil
}

// timestampLimits uses the operators of timestamps, intervals and dates; of dates they make timestamps.
func (w *windowRows) timestampLimits(key, offset *vec.Vector, minus bool) (values, limits *vec.Vector, err error) {
	by := vec.At[vec.Interval](offset, 0)
	if negative(by) {
		return nil, nil, errFrameSize()
	}
	op := "+"
	if minus {
		op = "-"
	}
	if limits, err = w.operate(op, key, offset); err != nil {
		return nil, nil, err
	}
	if key.Type.ID == types.Date {
		zero := vec.NewConst(offset.Type, types.KInterval, vec.Interval{}, key.Len)
		if key, err = w.operate("+", key, zero); err != nil {
			return nil, nil, err
		}
	}
	return vec.Flatten(key), vec.Flatten(limits), nil
}

// operate applies an operator to all rows.
func (w *windowRows) operate(op string, a, b *vec.Vector) (*vec.Vector, error) {
	for _, f := range fn.Scalars(op) {
		if len(f.Args) != 2 || f.Args[0].ID != a.Type.ID || f.Args[1].ID != b.Type.ID {
			continue
		}
		if b.Enc == vec.Const {
			b = b.WithLen(a.Len)
		} else {
			b = constRow(b, 0, a.Len)
		}
		return f.Eval(&fn.Call{Ctx: w.env.Fn, Args: []*vec.Vector{a, b}, N: a.Len,
			Ret: f.ReturnType([]types.Type{a.Type, b.Type}), Valid: a.Valid})
	}
	return nil, sqlstate.Unsupported("", "no operator %s for %s and %s", op, a.Type, b.Type)
}

// rangeSearch finds bounds of RANGE frames with an offset in a partition that is read from a file: the first row whose
// key is not before the limit, or for an end, is behind it. Limits and so bounds only move forward.
type rangeSearch struct {
	w      *windowRows
	keys   *rowCursor
	key    int // column
	offset *vec.Vector
	minus  bool
	order  keyOrder
	end    bool
	rows   int64 // of the partition

	at     int64       // the bound found last
	values *vec.Vector // the keys of the cursor's batch, as limits are compared with them
	of     *vec.Batch  // that batch
	inside bool        // a key that is not NULL was passed
}

// fill sets the bounds of rows. Those of NULL keys, which out has, are their peers'.
func (s *rangeSearch) fill(r *largeRows, out []int64) error {
	key := vec.Flatten(r.batch.Cols[s.key])
	_, limits, err := s.w.rangeLimits(key, s.offset, s.minus)
	if err != nil {
		return err
	}
	for i := range out {
		if key.IsNull(i) {
			continue
		}
		if err := s.forward(r, limits, i); err != nil {
			return err
		}
		out[i] = s.at
	}
	return nil
}

// forward moves to the bound for a limit.
func (s *rangeSearch) forward(r *largeRows, limits *vec.Vector, i int) (err error) {
	before := 0
	if s.end {
		before = 1
	}
	for ; s.at < s.rows; s.at++ {
		if err := s.keys.forward(r.ctx, s.at); err != nil {
			return err
		}
		if s.of != s.keys.batch {
			s.of = s.keys.batch
			if s.values, _, err = s.w.rangeLimits(vec.Flatten(s.of.Cols[s.key]), s.offset, s.minus); err != nil {
				return err
			}
		}
		k := int(s.at - s.keys.first)
		null := s.of.Cols[s.key].IsNull(k)
		if null && !s.inside { // NULLs before all keys
			continue
		}
		if null || s.order.compare(s.values, k, limits, i) >= before {
			return nil
		}
		s.inside = true
	}
	return nil
}
