package ranges

import (
	"bytes"
	"math"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// WidthOf returns the bytes of the bounds' values in a type of ranges or multiranges.
func WidthOf(t types.Type) Width {
	switch t.RangeBound().ID {
	case types.Int32, types.Date:
		return Four
	case types.Numeric:
		return Decimal
	}
	return Eight
}

// Make returns the range of type t between two bounds in its canonical form, and the errors that the range's constructor has.
// The bounds' values may be changed.
func Make(t types.Type, lower, upper Bound) (Range, error) {
	if !lower.Infinite() && !upper.Infinite() && bytes.Compare(lower.Value, upper.Value) > 0 {
		return Empty, sqlstate.New(sqlstate.DataException, "range lower bound must be less than or equal to range upper bound")
	}
	r := New(lower, upper)
	elem := t.RangeBound().ID
	if r.Empty || elem != types.Int32 && elem != types.Int64 && elem != types.Date {
		return r, nil
	}
	if moves, err := increment(&r.Lower, r.Lower.off > 0, elem); err != nil {
		return Empty, err
	} else if moves {
		r.Lower.off = 0
	}
	if moves, err := increment(&r.Upper, r.Upper.off == 0, elem); err != nil {
		return Empty, err
	} else if moves {
		r.Upper.off = -1
	}
	return New(r.Lower, r.Upper), nil
}

// increment makes the value of a bound the next one, if it is to be moved and has a next one.
func increment(b *Bound, move bool, elem types.ID) (moved bool, err error) {
	if b.Infinite() || !move {
		return false, nil
	}
	switch elem {
	case types.Int64:
		x := Int64(b.Value)
		if x == math.MaxInt64 {
			return false, sqlstate.New(sqlstate.NumericOutOfRange, "bigint out of range")
		}
		AppendInt64(b.Value[:0], x+1)
		return true, nil
	case types.Date:
		switch Int32(b.Value) {
		case math.MinInt32, math.MaxInt32: // infinite
			return false, nil
		case LastDate:
			return false, sqlstate.New(sqlstate.DatetimeOverflow, "date out of range.")
		}
	}
	x := Int32(b.Value)
	if x == math.MaxInt32 {
		return false, sqlstate.New(sqlstate.NumericOutOfRange, "integer out of range")
	}
	AppendInt32(b.Value[:0], x+1)
	return true, nil
}

// LastDate is the last date that is not infinite.
const LastDate = 2145042905

// ParseFlags reads the third argument of a range's constructor.
func ParseFlags(s []byte) (lower, upper bool, err error) {
	if len(s) == 2 && (s[0] == '[' || s[0] == '(') && (s[1] == ']' || s[1] == ')') {
		return s[0] == '[', s[1] == ']', nil
	}
	return false, false, sqlstate.New(sqlstate.SyntaxError, "invalid range bound flags").
		WithHint("%s", `Valid values are "[]", "[)", "(]", and "()".`)
}
