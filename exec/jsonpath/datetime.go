package jsonpath

import (
	"cmp"
	"encoding/binary"

	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
)

// InvalidDatetime is the SQLSTATE of errors about the argument of .datetime().
const InvalidDatetime sqlstate.Code = "22031"

// Datetime is a value of .datetime().
type Datetime struct {
	Kind   DatetimeKind
	Micros int64 // of a time since midnight, of others since 1970-01-01 00:00; where there is a zone, in that zone
	Zone   int64 // seconds east of UTC, of the kinds that have one
}

// DatetimeKind is the type of a Datetime.
type DatetimeKind uint8

const (
	Date DatetimeKind = iota
	Time
	TimeTZ
	Timestamp
	TimestampTZ
)

func (k DatetimeKind) String() string { return datetimeNames[k] }

var datetimeNames = [...]string{Date: "date", Time: "time without time zone", TimeTZ: "time with time zone",
	Timestamp: "timestamp without time zone", TimestampTZ: "timestamp with time zone"}

// shortNames are those of errors.
var shortNames = [...]string{Date: "date", Time: "time", TimeTZ: "timetz", Timestamp: "timestamp", TimestampTZ: "timestamptz"}

// ParseDatetime reads a text by a template of to_timestamp, which must match it exactly; without a template, by the formats
// of ISO 8601, and ok is false when none of them matches. AppendDatetime appends a value as text. Package fn sets them.
var (
	ParseDatetime  func(text, template []byte) (d Datetime, ok bool, err error)
	AppendDatetime func(dst []byte, d Datetime) []byte
)

// Zone is the session's time zone, for functions that may compare values with and without one.
type Zone struct {
	UTC    func(local int64) int64 // the microseconds in UTC of those of a timestamp
	Offset func() int64            // of times, in seconds
}

// UseZone lets the evaluator compare values with a time zone with others.
func (e *Evaluator) UseZone(z Zone) { e.zone = &z }

// Within an evaluation, a Datetime is an item that begins with a byte that no JSON does.
const datetimeMark = '@'

// datetimeKind is the kind of such an item.
const datetimeKind jsontext.Kind = 100

func (d Datetime) item() item {
	x := binary.AppendVarint(item{datetimeMark, byte(d.Kind)}, d.Micros)
	return binary.AppendVarint(x, d.Zone)
}

func (x item) datetime() Datetime {
	micros, n := binary.Varint(x[2:])
	zone, _ := binary.Varint(x[2+n:])
	return Datetime{DatetimeKind(x[1]), micros, zone}
}

// json returns the item as JSON: a Datetime as a string.
func (x item) json() []byte {
	if x.kind() != datetimeKind {
		return x
	}
	return append(AppendDatetime([]byte{'"'}, x.datetime()), '"')
}

// datetime evaluates .datetime(), whose template is the literal left of n, if there is one.
func (e *Evaluator) datetime(n *node, x item, seq *sequence) (outcome, error) {
	s, ok := textOf(x)
	if !ok {
		return e.fail(InvalidDatetime, "jsonpath item method .datetime() can only be applied to a string")
	}
	var template []byte
	if n.left != nil {
		template = []byte(n.left.text)
	}
	d, ok, err := ParseDatetime(s, template)
	if err != nil {
		return e.dataError(err)
	}
	if !ok {
		res, err := e.fail(InvalidDatetime, "datetime format is not recognized: \"%s\"", s)
		if e, ok := err.(*sqlstate.Error); ok {
			err = e.WithHint("Use a datetime template argument to specify the input data format.")
		}
		return res, err
	}
	return e.next(n, d.item(), seq)
}

// compareDatetimes orders two values; ok is false for a date and a time.
func (e *Evaluator) compareDatetimes(a, b Datetime) (order int, ok bool, err error) {
	clock := func(d Datetime) bool { return d.Kind == Time || d.Kind == TimeTZ }
	if clock(a) != clock(b) {
		return 0, false, nil
	}
	zoned := func(d Datetime) bool { return d.Kind == TimeTZ || d.Kind == TimestampTZ }
	if za, zb := zoned(a), zoned(b); za != zb {
		if e.zone == nil {
			from, to := a, b
			if za {
				from, to = b, a
			}
			return 0, false, sqlstate.New(sqlstate.FeatureNotSupported, "cannot convert value from %s to %s without time zone usage",
				shortNames[from.Kind], shortNames[to.Kind]).WithHint("Use *_tz() function for time zone support.")
		}
		a, b = e.zoned(a), e.zoned(b)
	}
	order = cmp.Compare(a.Micros-a.Zone*1e6, b.Micros-b.Zone*1e6)
	if order == 0 && a.Kind == TimeTZ && b.Kind == TimeTZ {
		order = cmp.Compare(b.Zone, a.Zone)
	}
	return order, true, nil
}

// zoned returns a value with the session's zone unless it has one.
func (e *Evaluator) zoned(d Datetime) Datetime {
	switch d.Kind {
	case Time:
		return Datetime{TimeTZ, d.Micros, e.zone.Offset()}
	case Date, Timestamp:
		return Datetime{TimestampTZ, d.Micros, (d.Micros - e.zone.UTC(d.Micros)) / 1e6}
	}
	return d
}

// compareItems compares scalars of one kind; null differs from all others. An error is one of datetimes that cannot be compared
// without a time zone.
func (e *Evaluator) compareItems(op kind, a, b item) (truth, error) {
	if a.kind() != datetimeKind || b.kind() != datetimeKind {
		return compareItems(op, a, b), nil
	}
	order, ok, err := e.compareDatetimes(a.datetime(), b.datetime())
	if err != nil || !ok {
		return isNeither, err
	}
	return orderIs(op, order), nil
}
