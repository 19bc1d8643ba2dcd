package numpy

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// field is a value of an element, which becomes a column.
type field struct {
	name  string
	typ   types.Type
	kind  types.Kind
	off   int // in an element
	width int
	swap  int    // bytes of numbers that are in the other order, 0 if none
	code  byte   // of the dtype
	unit  string // of times, and how many of it are one
	steps int64
}

// size is the bytes of the n fields that a dtype became.
func (f *field) size(n int) int { return n * f.width }

var errDtype = errors.New("no such dtype")

// fieldsOf reads a dtype such as <f8. Complex numbers are two fields.
func fieldsOf(name, dtype string) ([]field, error) {
	if len(dtype) < 2 {
		return nil, errDtype
	}
	order, code, rest := dtype[0], dtype[1], dtype[2:]
	f := field{name: name, code: code}
	if i := strings.IndexByte(rest, '['); i >= 0 {
		f.unit, rest = strings.TrimSuffix(rest[i+1:], "]"), rest[:i]
	}
	n, err := strconv.Atoi(rest)
	if err != nil || n < 0 || n > maxItem || !strings.ContainsRune("<>|=", rune(order)) {
		return nil, errDtype
	}
	f.width = n
	if code == 'U' {
		f.width = 4 * n
	}
	if !f.resolve() {
		return nil, errDtype
	}
	if code == 'c' {
		f.width = n / 2
		re, im := f, f
		re.name, im.name, im.off = "real", "imag", f.width
		if name != "value" {
			re.name, im.name = name+"_real", name+"_imag"
		}
		re.order(order)
		im.order(order)
		return []field{re, im}, nil
	}
	f.order(order)
	return []field{f}, nil
}

// order notes how bytes must be turned.
func (f *field) order(mark byte) {
	if mark != '>' || f.code == 'S' {
		return
	}
	if f.swap = f.width; f.code == 'U' {
		f.swap = 4
	}
	if f.swap == 1 {
		f.swap = 0
	}
}

// numbers has the types of numbers by code and width.
var numbers = map[byte]map[int]types.Type{
	'b': {1: types.Of(types.Bool)},
	'i': {1: types.Of(types.Int16), 2: types.Of(types.Int16), 4: types.Of(types.Int32), 8: types.Of(types.Int64)},
	'u': {1: types.Of(types.Int16), 2: types.Of(types.Int32), 4: types.Of(types.Int64), 8: types.NumericOf(20, 0)},
	'f': {2: types.Of(types.Float32), 4: types.Of(types.Float32), 8: types.Of(types.Float64)},
	'c': {8: types.Of(types.Float32), 16: types.Of(types.Float64)},
}

// resolve finds the SQL type. It returns false for what has none.
func (f *field) resolve() bool {
	ok := true
	switch f.code {
	case 'S':
		f.typ = types.Of(types.Bytea)
	case 'U':
		f.typ = types.Of(types.Text)
	case 'M', 'm':
		ok = f.width == 8 && f.times()
	default:
		f.typ, ok = numbers[f.code][f.width]
	}
	f.kind = f.typ.Kind()
	if f.code == 'u' && f.width == 8 {
		f.kind = types.KInt128
	}
	return ok
}

// units has the microseconds of units of times; those below have a divisor in parts.
var units = map[string]int64{
	"W": 7 * dayMicros, "D": dayMicros, "h": 3600e6, "m": 60e6, "s": 1e6, "ms": 1000, "us": 1, "μs": 1,
}

// parts has how many of a unit are a microsecond.
var parts = map[string]int64{"ns": 1e3, "ps": 1e6, "fs": 1e9, "as": 1e12}

const dayMicros = 86400 * 1_000_000

// times finds the type of times: dates where the unit is a day or more, else timestamps; differences are intervals.
func (f *field) times() bool {
	unit := strings.TrimLeft(f.unit, "0123456789")
	f.steps = 1
	if n := f.unit[:len(f.unit)-len(unit)]; n != "" {
		var err error
		if f.steps, err = strconv.ParseInt(n, 10, 32); err != nil || f.steps < 1 {
			return false
		}
	}
	f.unit = unit
	_, coarse := units[unit]
	_, fine := parts[unit]
	switch {
	case !coarse && !fine && unit != "Y" && unit != "M":
		return false
	case f.code == 'm':
		f.typ = types.Of(types.Interval)
	case unit == "Y" || unit == "M" || unit == "W" || unit == "D":
		f.typ = types.Of(types.Date)
	default:
		f.typ = types.Of(types.Timestamp)
	}
	return true
}

var errRange = sqlstate.New(sqlstate.DatetimeOverflow, "out of range")

// vector makes a vector of n values, which lie one behind the other and may be changed.
func (f *field) vector(t types.Type, b []byte, n int) (*vec.Vector, error) {
	f.turn(b)
	v := &vec.Vector{Type: t, Kind: f.kind, Len: n}
	switch {
	case f.code == 'b':
		for i := range b {
			b[i] = min(b[i], 1)
		}
		v.Data = b
	case f.code == 'S' || f.code == 'U':
		return f.texts(t, b, n)
	case f.code == 'M' || f.code == 'm':
		return v, f.timesOf(v, b)
	case f.width == 8 && f.code == 'u':
		v.Data = vec.BytesOf(mapped(n, func(i int) vec.Int128 { return vec.Int128{Lo: binary.LittleEndian.Uint64(b[8*i:])} }))
	case f.width == 4 && f.code == 'u':
		v.Data = vec.BytesOf(mapped(n, func(i int) int64 { return int64(binary.LittleEndian.Uint32(b[4*i:])) }))
	case f.width == 2 && f.code == 'u':
		v.Data = vec.BytesOf(mapped(n, func(i int) int32 { return int32(binary.LittleEndian.Uint16(b[2*i:])) }))
	case f.width == 1 && f.code == 'u':
		v.Data = vec.BytesOf(mapped(n, func(i int) int16 { return int16(b[i]) }))
	case f.width == 1:
		v.Data = vec.BytesOf(mapped(n, func(i int) int16 { return int16(int8(b[i])) }))
	case f.width == 2 && f.code == 'f':
		v.Data = vec.BytesOf(mapped(n, func(i int) float32 { return half(binary.LittleEndian.Uint16(b[2*i:])) }))
	default:
		v.Data = b // as it lies
	}
	return v, nil
}

func mapped[T any](n int, get func(i int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = get(i)
	}
	return out
}

// turn brings numbers to our order of bytes.
func (f *field) turn(b []byte) {
	if f.swap == 0 {
		return
	}
	for i := 0; i+f.swap <= len(b); i += f.swap {
		slices.Reverse(b[i : i+f.swap])
	}
}

// half widens an IEEE half.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		return math.Float32frombits(math.Float32bits(float32(frac)/(1<<24)) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// texts makes strings of values that are filled up with zeros.
func (f *field) texts(t types.Type, b []byte, n int) (*vec.Vector, error) {
	out := vec.NewBuilder(t)
	var buf []byte
	for i := range n {
		s := b[i*f.width : (i+1)*f.width]
		if f.code == 'S' {
			out.AppendBytes([]byte(strings.TrimRight(string(s), "\x00")))
			continue
		}
		buf = buf[:0]
		zeros := 0
		for k := 0; k < len(s); k += 4 {
			r := binary.LittleEndian.Uint32(s[k:])
			switch {
			case r == 0:
				zeros++
			case zeros > 0 || r > utf8.MaxRune || !utf8.ValidRune(rune(r)):
				return nil, sqlstate.New(sqlstate.InvalidEncoding, "invalid character for encoding \"UTF8\"")
			default:
				buf = utf8.AppendRune(buf, rune(r))
			}
		}
		out.AppendBytes(buf)
	}
	return out.Finish(), nil
}

// notATime is numpy's NULL of times.
const notATime = math.MinInt64

// timesOf fills a vector with times.
func (f *field) timesOf(v *vec.Vector, b []byte) error {
	in := vec.As[int64](b)
	valid := vec.NewBitmapSet(v.Len)
	nulls := false
	for i, x := range in {
		if x == notATime {
			valid.Clear(i)
			in[i], nulls = 0, true
		}
	}
	if nulls {
		v.Valid = valid
	}
	switch f.kind {
	case types.KInterval:
		return f.intervals(v, in)
	case types.KInt32:
		return f.dates(v, in)
	}
	if err := f.micros(in); err != nil {
		return err
	}
	v.Data = b
	return nil
}

// micros brings times of a unit shorter than a month to microseconds, rounded down.
func (f *field) micros(in []int64) error {
	if by := parts[f.unit]; by > 0 {
		for i, x := range in {
			if x > math.MaxInt64/f.steps || x < -math.MaxInt64/f.steps {
				return errRange
			}
			x *= f.steps
			if in[i] = x / by; x%by < 0 {
				in[i]--
			}
		}
		return nil
	}
	if units[f.unit] > math.MaxInt64/f.steps {
		return errRange
	}
	factor := units[f.unit] * f.steps
	for i, x := range in {
		if limit := math.MaxInt64 / factor; x > limit || x < -limit {
			return errRange
		}
		in[i] = x * factor
	}
	return nil
}

func (f *field) intervals(v *vec.Vector, in []int64) error {
	months := map[string]int64{"Y": 12, "M": 1}[f.unit] * f.steps
	if months == 0 {
		if err := f.micros(in); err != nil {
			return err
		}
	}
	out := make([]vec.Interval, len(in))
	for i, x := range in {
		if out[i].Micros = x; months > 0 {
			if x > math.MaxInt32/months || x < -math.MaxInt32/months {
				return errRange
			}
			out[i] = vec.Interval{Months: int32(x * months)}
		}
	}
	v.Data = vec.BytesOf(out)
	return nil
}

// dates makes days of days, weeks, months or years since 1970.
func (f *field) dates(v *vec.Vector, in []int64) error {
	const most = 1 << 31
	out := vec.Make[int32](len(in))
	for i, x := range in {
		if x > most/f.steps || x < -most/f.steps {
			return errRange
		}
		x *= f.steps
		switch f.unit {
		case "W":
			x *= 7
		case "M":
			x = daysOfMonth(x)
		case "Y":
			x = daysOfMonth(12 * x)
		}
		if out[i] = int32(x); int64(out[i]) != x {
			return errRange
		}
	}
	v.Data = vec.BytesOf(out)
	return nil
}

// daysOfMonth returns the days from 1970-01-01 to the first of a month, counted from there as well.
func daysOfMonth(m int64) int64 {
	// Years that begin in March have their leap day at the end.
	y, k := 1970+floorDiv(m, 12), m-12*floorDiv(m, 12)
	if k -= 2; k < 0 {
		y, k = y-1, k+12
	}
	return 365*y + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) + (153*k+2)/5 - 719468
}

func floorDiv(x, by int64) int64 {
	q := x / by
	if x%by < 0 {
		q--
	}
	return q
}
