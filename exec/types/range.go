package types

// IsRange reports whether the type is one of ranges, such as int4range.
func (t Type) IsRange() bool { return t.ID >= Int4Range && t.ID <= TSTZRange }

// IsMultirange reports whether the type is one of sets of ranges, such as int4multirange.
func (t Type) IsMultirange() bool { return t.ID >= Int4Multirange && t.ID <= TSTZMultirange }

// IsTimeRange reports whether the type has ranges of dates or timestamps, whose texts depend on the session.
func (t Type) IsTimeRange() bool {
	return (t.IsRange() || t.IsMultirange()) && t.RangeBound().ID >= Date
}

// RangeBound returns the type of the bounds of a range or multirange type.
func (t Type) RangeBound() Type {
	return Of([...]ID{Int32, Int64, Numeric, Date, Timestamp, TimestampTZ}[t.rangeNumber()])
}

// RangeOf returns the type of the ranges that a multirange type has sets of, and a range type itself.
func (t Type) RangeOf() Type { return Type{ID: Int4Range + t.rangeNumber()} }

// MultirangeOf returns the type of the sets of a range type's ranges, and a multirange type itself.
func (t Type) MultirangeOf() Type { return Type{ID: Int4Multirange + t.rangeNumber()} }

func (t Type) rangeNumber() ID {
	if t.IsMultirange() {
		return t.ID - Int4Multirange
	}
	return t.ID - Int4Range
}
