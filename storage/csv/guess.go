package csv

import (
	"bytes"
	"errors"
	"math"
	"strconv"

	"gsql/exec/text"
	"gsql/exec/types"
)

// class is a set of kinds of values.
type class uint16

const (
	isInt        class = 1 << iota // an integer that a float holds exactly
	isLong                         // another integer of 64 bits
	isHuge                         // a longer integer
	isFloat                        // a number with a point or an exponent
	isSpecial                      // NaN, Infinity
	isBool                         // true, false
	isDate                         // YYYY-MM-DD
	isTime                         // HH:MM:SS
	isTimestamp                    // a date and a time
	isInstant                      // with a time zone
	isFormedDate                   // a date, perhaps with a time, that is not written in SQL's way
	isText
)

// typeOf returns the type that values of the kinds in c are read as; text when they have none in common.
func (c class) typeOf() types.Type {
	within := func(set class) bool { return c&^set == 0 }
	switch {
	case c == 0 || c == isSpecial:
	case within(isInt | isLong):
		return types.Of(types.Int64)
	case within(isInt | isLong | isHuge):
		return types.Of(types.Numeric)
	case within(isInt | isFloat | isSpecial):
		return types.Of(types.Float64)
	case within(isInt | isLong | isHuge | isFloat): // a float would change the long ones
		return types.Of(types.Numeric)
	case within(isBool):
		return types.Of(types.Bool)
	case within(isDate):
		return types.Of(types.Date)
	case within(isTime):
		return types.Of(types.Time)
	case within(isInstant):
		return types.Of(types.TimestampTZ)
	case within(isFormedDate):
		return types.Of(types.Timestamp)
	case within(isDate | isTimestamp):
		return types.Of(types.Timestamp)
	}
	return types.Of(types.Text)
}

const exactFloat = 1 << 53

// classify returns the kind of one value, which is not empty. Numbers whose form a type would not keep, such
// as 007 and +1, are text.
func classify(v []byte) class {
	if len(v) == 0 {
		return isText
	}
	switch c := v[0]; {
	case c >= '0' && c <= '9' || c == '-' || c == '.':
		return classifyNumber(v)
	case c|0x20 == 't' || c|0x20 == 'f':
		if _, ok := boolWord(v); ok {
			return isBool
		}
	case (c|0x20 == 'n' || c|0x20 == 'i') && isSpecialFloat(v):
		return isSpecial
	}
	return isText
}

func isSpecialFloat(v []byte) bool {
	return foldEqual(v[:min(len(v), 3)], "nan") && len(v) == 3 || foldEqual(v[:min(len(v), 8)], "infinity") && len(v) == 8
}

func classifyNumber(v []byte) class {
	if i := bytes.IndexByte(v, ':'); i > 0 || len(v) == 10 && v[4] == '-' {
		return classifyTime(v)
	}
	if oddNumber(v) {
		return isText
	}
	x, err := text.ParseInt(v)
	switch {
	case err == nil && x <= exactFloat && x >= -exactFloat:
		return isInt
	case err == nil:
		return isLong
	case errors.Is(err, strconv.ErrRange) && len(v) <= 38:
		return isHuge
	case errors.Is(err, strconv.ErrRange):
		return isText
	}
	if f, err := slowFloat(v, 64); err == nil && !math.IsInf(f, 0) && plainDecimal(v) {
		return isFloat
	}
	if string(v) == "-Infinity" {
		return isSpecial
	}
	return isText
}

func classifyTime(v []byte) class {
	if _, ok := text.ParseDateISO(v); ok {
		return isDate
	}
	if _, ok := text.ParseTimeISO(v); ok && len(v) >= len("00:00:00") {
		return isTime
	}
	if _, ok := text.ParseTimestampISO(v); ok {
		return isTimestamp
	}
	if n := zoneAt(v); n > 0 {
		if _, ok := text.ParseTimestampISO(v[:n]); ok {
			return isInstant
		}
	}
	return isText
}

// zoneAt returns where the time zone of a timestamp begins, as Z or an offset such as +02, +0200 or +02:00; 0: nowhere.
func zoneAt(v []byte) int {
	n := len(v) - 1
	if n > 0 && v[n] == 'Z' {
		return n
	}
	for _, size := range []int{3, 5, 6} {
		n := len(v) - size
		if n <= len("2024-01-01") || v[n] != '+' && v[n] != '-' {
			continue
		}
		digits := v[n+1:]
		if size == 6 && digits[2] == ':' {
			digits = append(append([]byte(nil), digits[:2]...), digits[3:]...)
		}
		if allDigits(digits) {
			return n
		}
	}
	return 0
}
