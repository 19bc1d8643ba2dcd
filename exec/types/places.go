package types

import (
	"fmt"
	"strings"
)

// Times may be declared to have fewer decimal places of seconds than six, and intervals fewer fields. Type.Prec has both: the
// places and one in the lower bits, 0 where none are stated, and the fields of an interval above them, likewise.

const placesBits = 3

// MaxPlaces is the number of decimal places that seconds have.
const MaxPlaces = 6

// IntervalFields are fields of an interval, a bit for each.
type IntervalFields uint8

// The fields of intervals from the largest on.
const (
	Years IntervalFields = 1 << iota
	Months
	Days
	Hours
	Minutes
	Seconds
)

var intervalFieldNames = []string{"year", "month", "day", "hour", "minute", "second"}

// String returns the fields as SQL writes them, such as day to second.
func (f IntervalFields) String() string {
	var first, last string
	for i, name := range intervalFieldNames {
		if f&(1<<i) != 0 {
			if first == "" {
				first = name
			}
			last = name
		}
	}
	if first == last {
		return first
	}
	return first + " to " + last
}

// ParseIntervalFields is the reverse of String; 0 for an empty text.
func ParseIntervalFields(s string) (f IntervalFields) {
	first, last, to := strings.Cut(s, " to ")
	if !to {
		last = first
	}
	within := false
	for i, name := range intervalFieldNames {
		within = within || name == first
		if within {
			f |= 1 << i
		}
		within = within && name != last
	}
	return f
}

// HasPlaces reports whether the values of a type have seconds, whose places may be stated.
func (id ID) HasPlaces() bool {
	switch id {
	case Time, TimeTZ, Timestamp, TimestampTZ, Interval:
		return true
	}
	return false
}

// WithPlaces returns a type of time with a number of decimal places of seconds.
func (t Type) WithPlaces(places int) Type {
	t.Prec = t.Prec>>placesBits<<placesBits | int32(places+1)
	return t
}

// WithIntervalFields returns the type of intervals that have some fields only.
func (t Type) WithIntervalFields(f IntervalFields) Type {
	t.Prec = t.Prec&(1<<placesBits-1) | int32(f)<<placesBits
	return t
}

// Places returns the decimal places of seconds that a type of time states; ok is false when it states none.
func (t Type) Places() (places int, ok bool) {
	n := int(t.Prec & (1<<placesBits - 1))
	return n - 1, n > 0
}

// IntervalFields returns the fields that a type of intervals states, 0 for none.
func (t Type) IntervalFields() IntervalFields { return IntervalFields(t.Prec >> placesBits) }

// placed returns the name of a type of time with its modifiers.
func (t Type) placed(name string) string {
	if f := t.IntervalFields(); f != 0 {
		name += " " + f.String()
	}
	places, ok := t.Places()
	if !ok {
		return name
	}
	if word, rest, zone := strings.Cut(name, " with"); zone { // or without
		return fmt.Sprintf("%s(%d) with%s", word, places, rest)
	}
	return fmt.Sprintf("%s(%d)", name, places)
}
