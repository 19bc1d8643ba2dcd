package pgwire

import (
	"encoding/binary"

	"gsql/exec/ranges"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the binary forms of ranges, which are flags and the bounds with their lengths, and of multiranges, which are a
// number and as many ranges with their lengths.

// Flags of a range.
const (
	rangeEmpty   = 1
	rangeLowerIn = 2
	rangeUpperIn = 4
	rangeNoLower = 8
	rangeNoUpper = 16
)

func appendBinaryRanges(dst []byte, t types.Type, b []byte) []byte {
	bound, w := t.RangeBound(), ranges.WidthOf(t)
	if !t.IsMultirange() {
		return appendBinaryRange(dst, bound, ranges.Of(b, w))
	}
	m := ranges.MultiOf(b, w)
	dst = binary.BigEndian.AppendUint32(dst, uint32(m.Len()))
	for i := range m.Len() {
		dst = withLength(dst, func(dst []byte) []byte { return appendBinaryRange(dst, bound, m.At(i)) })
	}
	return dst
}

func appendBinaryRange(dst []byte, bound types.Type, r ranges.Range) []byte {
	if r.Empty {
		return append(dst, rangeEmpty)
	}
	flags := byte(0)
	set := func(flag byte, is bool) {
		if is {
			flags |= flag
		}
	}
	set(rangeLowerIn, r.Lower.Inclusive())
	set(rangeUpperIn, r.Upper.Inclusive())
	set(rangeNoLower, r.Lower.Infinite())
	set(rangeNoUpper, r.Upper.Infinite())
	dst = append(dst, flags)
	for _, b := range [...]ranges.Bound{r.Lower, r.Upper} {
		if !b.Infinite() {
			dst = withLength(dst, func(dst []byte) []byte { return appendBinaryBound(dst, bound.ID, b) })
		}
	}
	return dst
}

func appendBinaryBound(dst []byte, id types.ID, b ranges.Bound) []byte {
	be := binary.BigEndian
	switch id {
	case types.Int32:
		return be.AppendUint32(dst, uint32(ranges.Int32(b.Value)))
	case types.Int64:
		return be.AppendUint64(dst, uint64(ranges.Int64(b.Value)))
	case types.Date:
		return be.AppendUint32(dst, binaryDate(ranges.Int32(b.Value)))
	case types.Numeric:
		return appendBinaryNumeric(dst, vec.NumOfKey(b.Value, int(b.Scale)))
	}
	return be.AppendUint64(dst, binaryTimestamp(ranges.Int64(b.Value)))
}

// withLength appends what f does with its length before it.
func withLength(dst []byte, f func([]byte) []byte) []byte {
	at := len(dst)
	dst = f(append(dst, 0, 0, 0, 0))
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// binaryDate counts days from where binary dates do, binaryTimestamp microseconds.
func binaryDate(d int32) uint32 {
	if d != text.DateInfinity && d != text.DateNegInfinity {
		d -= epochDays
	}
	return uint32(d)
}

func binaryTimestamp(ts int64) uint64 {
	if ts != text.TimestampInfinity && ts != text.TimestampNegInf {
		ts -= epochMicros
	}
	return uint64(ts)
}

// decodeRanges appends a value of a type of ranges or multiranges.
func decodeRanges(bl *vec.Builder, t types.Type, b []byte) error {
	d := rangeDecoder{t.RangeOf(), vec.NewBuilder(t.RangeBound()), b}
	if !t.IsMultirange() {
		r, err := d.next()
		if err == nil && len(d.b) > 0 {
			err = errBinary
		}
		if err == nil {
			bl.AppendBytes(r.Append(nil, ranges.WidthOf(t)))
		}
		return err
	}
	head, err := d.take(4)
	if err != nil {
		return err
	}
	var rs []ranges.Range
	for range binary.BigEndian.Uint32(head) {
		one, err := d.takeLong()
		if err != nil {
			return err
		}
		sub := rangeDecoder{d.typ, d.bound, one}
		r, err := sub.next()
		if err == nil && len(sub.b) > 0 {
			err = sqlstate.New(sqlstate.ProtocolViolation, "invalid message format")
		}
		if err != nil {
			return err
		}
		rs = append(rs, r)
	}
	if len(d.b) > 0 {
		return errBinary
	}
	bl.AppendBytes(ranges.AppendMulti(nil, ranges.WidthOf(t), ranges.Normalize(rs)))
	return nil
}

// rangeDecoder takes ranges from the front of b.
type rangeDecoder struct {
	typ   types.Type   // of ranges
	bound *vec.Builder // of the type of their bounds
	b     []byte
}

func (d *rangeDecoder) take(n int) ([]byte, error) {
	if n < 0 || n > len(d.b) {
		return nil, sqlstate.New(sqlstate.ProtocolViolation, "insufficient data left in message")
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

// takeLong takes what has its length before it.
func (d *rangeDecoder) takeLong() ([]byte, error) {
	n, err := d.take(4)
	if err != nil {
		return nil, err
	}
	return d.take(int(int32(binary.BigEndian.Uint32(n))))
}

func (d *rangeDecoder) next() (ranges.Range, error) {
	head, err := d.take(1)
	if err != nil {
		return ranges.Empty, err
	}
	flags := head[0]
	lower, upper := ranges.NoLower, ranges.NoUpper
	if flags&(rangeEmpty|rangeNoLower) == 0 {
		v, scale, err := d.value()
		if err != nil {
			return ranges.Empty, err
		}
		lower = ranges.Lower(v, scale, flags&rangeLowerIn != 0)
	}
	if flags&(rangeEmpty|rangeNoUpper) == 0 {
		v, scale, err := d.value()
		if err != nil {
			return ranges.Empty, err
		}
		upper = ranges.Upper(v, scale, flags&rangeUpperIn != 0)
	}
	if flags&rangeEmpty != 0 {
		return ranges.Empty, nil
	}
	return ranges.Make(d.typ, lower, upper)
}

func (d *rangeDecoder) value() (value []byte, scale uint16, err error) {
	b, err := d.takeLong()
	if err != nil {
		return nil, 0, err
	}
	if err := decodeBinary(d.bound, d.bound.Type(), b, nil); err != nil {
		return nil, 0, err
	}
	value, scale = vec.AppendBoundValue(nil, d.bound.Finish(), 0)
	return value, scale, nil
}
