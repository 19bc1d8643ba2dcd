package pgwire

import (
	"encoding/binary"
	"math"
	"math/bits"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Binary dates and timestamps count from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * text.Day
)

const (
	infinityBits = 0x7ff0000000000000
	nanBits      = 0x7ff8000000000000
)

// appendDataRow appends a DataRow message for row i of a batch. formats has one code per column, and texts are in enc.
func appendDataRow(dst []byte, cols []*vec.Vector, i int, formats []int16, st *text.Style, enc *text.Encoding) ([]byte, error) {
	start := len(dst)
	dst = append(dst, 'D', 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(cols)))
	for c, v := range cols {
		if v.IsNull(i) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		var err error
		if formats[c] == 0 {
			dst, err = encodeFrom(text.Append(dst, v, i, st), at+4, enc)
		} else {
			dst, err = appendBinary(dst, v, i, enc)
		}
		if err != nil {
			return dst[:start], err
		}
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	if len(dst)-start > maxMessage {
		return dst[:start], sqlstate.New(sqlstate.ProgramLimitExceeded, "a row is larger than %d bytes", maxMessage)
	}
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst, nil
}

// appendBinary appends the binary form of row i, which is not NULL, with texts in enc.
func appendBinary(dst []byte, v *vec.Vector, i int, enc *text.Encoding) ([]byte, error) {
	be := binary.BigEndian
	switch v.Type.ID {
	case types.Bool:
		return append(dst, vec.At[uint8](v, i)), nil
	case types.Int16:
		return be.AppendUint16(dst, uint16(vec.At[int16](v, i))), nil
	case types.Int32:
		return be.AppendUint32(dst, uint32(vec.At[int32](v, i))), nil
	case types.OID, types.XID, types.CID:
		return be.AppendUint32(dst, uint32(vec.At[int64](v, i))), nil
	case types.Int64, types.Time:
		return be.AppendUint64(dst, uint64(vec.At[int64](v, i))), nil
	case types.Float32:
		return be.AppendUint32(dst, math.Float32bits(vec.At[float32](v, i))), nil
	case types.Float64:
		x := math.Float64bits(vec.At[float64](v, i))
		if x&^(1<<63) > infinityBits { // one NaN for all, without the sign and the low bit that Go's has
			x = nanBits
		}
		return be.AppendUint64(dst, x), nil
	case types.Numeric:
		return appendBinaryNumeric(dst, numAt(v, i)), nil
	case types.Date:
		return be.AppendUint32(dst, binaryDate(vec.At[int32](v, i))), nil
	case types.Timestamp, types.TimestampTZ:
		return be.AppendUint64(dst, binaryTimestamp(vec.At[int64](v, i))), nil
	case types.TimeTZ:
		t := vec.At[vec.TimeTZ](v, i)
		return be.AppendUint32(be.AppendUint64(dst, uint64(t.Micros)), uint32(t.Zone)), nil
	case types.Interval:
		x := vec.At[vec.Interval](v, i)
		return be.AppendUint32(be.AppendUint32(be.AppendUint64(dst, uint64(x.Micros)), uint32(x.Days)), uint32(x.Months)), nil
	case types.UUID:
		u := vec.At[[16]byte](v, i)
		return append(dst, u[:]...), nil
	case types.JSONB, types.JSONPath:
		dst = append(dst, 1)
		return encodeFrom(append(dst, v.Bytes(i)...), len(dst), enc)
	case types.XML:
		return encodeFrom(text.Append(dst, v, i, nil), len(dst), enc)
	case types.Bit, types.VarBit:
		s := v.Bytes(i)
		return append(be.AppendUint32(dst, uint32(len(s))), text.PackBits(s)...), nil
	case types.Inet, types.CIDR:
		return appendInet(dst, v.Type, v.Bytes(i)), nil
	case types.XID8:
		return be.AppendUint64(dst, uint64(vec.At[int64](v, i))^1<<63), nil
	case types.Enum:
		return encodeFrom(text.Append(dst, v, i, nil), len(dst), enc)
	case types.Array:
		return appendBinaryArray(dst, v, i, enc)
	case types.Record:
		return appendBinaryRecord(dst, v, i, enc)
	case types.InternalChar:
		if len(v.Bytes(i)) == 0 {
			return append(dst, 0), nil
		}
	}
	if textHeld(v.Type) {
		return appendTextHeld(dst, v.Type, string(v.Bytes(i)))
	}
	if v.Type.IsRange() || v.Type.IsMultirange() {
		return appendBinaryRanges(dst, v.Type, v.Bytes(i)), nil
	}
	if v.Type.IsGeometric() {
		return append(dst, v.Bytes(i)...), nil
	}
	if v.Type.IsReg() {
		return be.AppendUint32(dst, uint32(vec.At[int64](v, i))), nil
	}
	switch v.Type.ID {
	case types.Bytea, types.MacAddr, types.MacAddr8, types.InternalChar: // bytes, not texts
		enc = nil
	}
	return encodeFrom(append(dst, v.Bytes(i)...), len(dst), enc)
}

func numAt(v *vec.Vector, i int) vec.Num {
	switch v.Kind {
	case types.KInt64:
		return vec.Num{Coef: vec.Int128Of(vec.At[int64](v, i)), Scale: int32(v.Type.Scale)}
	case types.KInt128:
		return vec.Num{Coef: vec.At[vec.Int128](v, i), Scale: int32(v.Type.Scale)}
	}
	return vec.At[vec.Num](v, i)
}

// appendBinaryNumeric appends numeric's binary form: digits in base 10000, the weight of the first one, the
// sign, and the number of decimal digits behind the point.
func appendBinaryNumeric(dst []byte, x vec.Num) []byte {
	be := binary.BigEndian
	switch x.Special {
	case vec.NumNaN:
		return append(dst, 0, 0, 0, 0, 0xc0, 0, 0, 0)
	case vec.NumPosInf:
		return append(dst, 0, 0, 0, 0, 0xd0, 0, 0, 0x20)
	case vec.NumNegInf:
		return append(dst, 0, 0, 0, 0, 0xf0, 0, 0, 0x20)
	}
	sign := uint16(0)
	hi, lo := uint64(x.Coef.Hi), x.Coef.Lo
	if x.Coef.Hi < 0 {
		sign = 0x4000
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	// Digits come out from the last one; the first group takes what makes the point fall between groups.
	var digits []uint16
	div := func(n uint64) uint64 {
		var r uint64
		hi, r = hi/n, hi%n
		lo, r = bits.Div64(r, lo, n)
		return r
	}
	group := x.Scale % 4
	weight := -int(x.Scale+3) / 4
	if group > 0 {
		pow := [...]uint64{1, 10, 100, 1000}
		digits = append(digits, uint16(div(pow[group])*pow[4-group]))
	}
	for hi != 0 || lo != 0 {
		digits = append(digits, uint16(div(10000)))
	}
	weight += len(digits) - 1
	for len(digits) > 0 && digits[len(digits)-1] == 0 { // leading
		digits = digits[:len(digits)-1]
		weight--
	}
	first := 0
	for first < len(digits) && digits[first] == 0 { // trailing
		first++
	}
	if digits = digits[first:]; len(digits) == 0 {
		weight, sign = 0, 0
	}
	dst = be.AppendUint16(dst, uint16(len(digits)))
	dst = be.AppendUint16(dst, uint16(int16(weight)))
	dst = be.AppendUint16(dst, sign)
	dst = be.AppendUint16(dst, uint16(x.Scale))
	for i := len(digits) - 1; i >= 0; i-- {
		dst = be.AppendUint16(dst, digits[i])
	}
	return dst
}

// appendBinaryRecord appends the number of fields and of each its type, its length, which is -1 for NULL, and its value.
func appendBinaryRecord(dst []byte, v *vec.Vector, i int, enc *text.Encoding) ([]byte, error) {
	be := binary.BigEndian
	row := int(vec.At[uint32](v, i))
	if v.Enc == vec.Dict {
		v = v.Dict
	}
	dst = be.AppendUint32(dst, uint32(len(v.Fields)))
	for _, f := range v.Fields {
		dst = be.AppendUint32(dst, catalog.TypeOID(f.Type))
		if f.IsNull(row) {
			dst = be.AppendUint32(dst, math.MaxUint32)
			continue
		}
		at := len(dst)
		var err error
		if dst, err = appendBinary(append(dst, 0, 0, 0, 0), f, row, enc); err != nil {
			return dst, err
		}
		be.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst, nil
}

func appendBinaryArray(dst []byte, v *vec.Vector, i int, enc *text.Encoding) ([]byte, error) {
	be := binary.BigEndian
	l := vec.At[vec.List](v, i)
	child := v.Child
	if v.Enc == vec.Dict {
		child = v.Dict.Child
	}
	oid := catalog.TypeOID(v.Type.Element())
	if l.Len == 0 {
		return be.AppendUint32(append(dst, make([]byte, 8)...), oid), nil
	}
	hasNull := uint32(0)
	for k := range l.Len {
		if child.IsNull(int(l.Off + k)) {
			hasNull = 1
		}
	}
	d := l.Dims()
	if v.Type.IsVector() {
		d.Lower[0] = 0
	}
	for _, x := range []uint32{uint32(d.N), hasNull, oid} {
		dst = be.AppendUint32(dst, x)
	}
	for k := range d.N {
		dst = be.AppendUint32(be.AppendUint32(dst, uint32(d.Len[k])), uint32(d.Lower[k]))
	}
	for k := range l.Len {
		row := int(l.Off + k)
		if child.IsNull(row) {
			dst = be.AppendUint32(dst, math.MaxUint32)
			continue
		}
		at := len(dst)
		var err error
		if dst, err = appendBinary(append(dst, 0, 0, 0, 0), child, row, enc); err != nil {
			return dst, err
		}
		be.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst, nil
}
