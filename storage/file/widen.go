package file

import (
	"gsql/exec/types"
)

// Wider returns the type that holds all values of two types as they are: an integer of more bits, a number with fractions,
// a timestamp for dates; text for a type that has one form as text beside text. It is not ok where there is none. Integers
// of 64 bits go with floating point as that, though not all of them have a value there: whoever converts them must look.
func Wider(a, b types.Type) (t types.Type, ok bool) {
	switch {
	case a == b:
		return a, true
	case a.IsInteger() && b.IsInteger():
		if a.Kind().Width() >= b.Kind().Width() {
			return a, true
		}
		return b, true
	case a.IsFloat() && b.IsFloat(), a.IsFloat() && b.IsInteger(), a.IsInteger() && b.IsFloat():
		return types.Of(types.Float64), true
	case isDecimal(a) && isDecimal(b):
		return widerDecimal(a, b), true
	case a.ID == types.Date && b.ID == types.Timestamp, a.ID == types.Timestamp && b.ID == types.Date:
		return types.Of(types.Timestamp), true
	case isText(a) && hasText(b), isText(b) && hasText(a):
		return types.Of(types.Text), true
	}
	return types.Type{}, false
}

func isDecimal(t types.Type) bool { return t.ID == types.Numeric || t.IsInteger() }

func isText(t types.Type) bool { return t.ID == types.Text || t.ID == types.Varchar }

// hasText reports whether values of a type are written in one way, whatever the session's settings.
func hasText(t types.Type) bool {
	switch t.ID {
	case types.Text, types.Varchar, types.Bool, types.Date, types.Timestamp, types.Time, types.UUID, types.Numeric:
		return true
	}
	return t.IsInteger() || t.IsFloat()
}

// widerDecimal returns the numeric type for two types of exact numbers.
func widerDecimal(a, b types.Type) types.Type {
	digits := func(t types.Type) (whole, scale int, ok bool) {
		switch {
		case t.ID == types.Int16:
			return 5, 0, true
		case t.ID == types.Int32:
			return 10, 0, true
		case t.IsInteger():
			return 19, 0, true
		}
		return int(t.Prec) - int(t.Scale), int(t.Scale), t.Prec > 0 && t.Scale >= 0
	}
	wa, sa, okA := digits(a)
	wb, sb, okB := digits(b)
	whole, scale := max(wa, wb), max(sa, sb)
	if !okA || !okB || whole+scale > 38 {
		return types.Of(types.Numeric)
	}
	return types.NumericOf(whole+scale, scale)
}
