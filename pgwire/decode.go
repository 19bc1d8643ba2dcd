package pgwire

import (
	"encoding/binary"
	"math"
	"math/big"

	"gsql/catalog"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// decodeParam returns the value of parameter n (from 1) of a type as a one-row vector. Texts are in enc.
func decodeParam(n int, t types.Type, format int16, b []byte, st *text.Style, enc *text.Encoding) (*vec.Vector, error) {
	if b == nil {
		return vec.NewNull(t, 1), nil
	}
	if format == 0 {
		s, err := decodeChecked(b, enc)
		if err != nil {
			return nil, err
		}
		return text.Const(t, s, st)
	}
	bl := vec.NewBuilder(t)
	if err := decodeBinary(bl, t, b, enc); err != nil {
		if err == errBinary {
			err = sqlstate.New(sqlstate.BadBinaryValue, "incorrect binary data format in bind parameter %d", n)
		}
		return nil, err
	}
	v := bl.Finish()
	v.Enc = vec.Const
	return v, nil
}

var errBinary = sqlstate.New(sqlstate.BadBinaryValue, "incorrect binary data format")

// decodeBinary appends the value with the binary form b, in which texts are in enc.
func decodeBinary(bl *vec.Builder, t types.Type, b []byte, enc *text.Encoding) error {
	be := binary.BigEndian
	if size := catalog.Types[t.ID].Size; t.ID != types.Name && t.ID != types.Array && size > 0 && len(b) < int(size) {
		return sqlstate.New(sqlstate.ProtocolViolation, "insufficient data left in message")
	} else if t.ID != types.Name && t.ID != types.Array && size > 0 && len(b) > int(size) {
		return errBinary
	}
	switch t.ID {
	case types.Bool:
		bl.AppendBool(b[0] != 0)
	case types.Int16:
		vec.Append(bl, int16(be.Uint16(b)))
	case types.Int32:
		vec.Append(bl, int32(be.Uint32(b)))
	case types.OID, types.XID, types.CID:
		vec.Append(bl, int64(be.Uint32(b)))
	case types.InternalChar:
		if b[0] == 0 {
			b = nil
		}
		bl.AppendBytes(b)
	case types.Int64:
		vec.Append(bl, int64(be.Uint64(b)))
	case types.Time:
		micros := int64(be.Uint64(b))
		if !isTime(micros) {
			return sqlstate.New(sqlstate.DatetimeOverflow, "time out of range")
		}
		vec.Append(bl, micros)
	case types.Float32:
		vec.Append(bl, math.Float32frombits(be.Uint32(b)))
	case types.Float64:
		vec.Append(bl, math.Float64frombits(be.Uint64(b)))
	case types.Numeric:
		return decodeNumeric(bl, t, b)
	case types.Date:
		d := int32(be.Uint32(b))
		if d != text.DateInfinity && d != text.DateNegInfinity {
			if d += epochDays; !text.ValidDate(int64(d)) {
				return sqlstate.New(sqlstate.DatetimeOverflow, "date out of range")
			}
		}
		vec.Append(bl, d)
	case types.Timestamp, types.TimestampTZ:
		ts := int64(be.Uint64(b))
		if ts != text.TimestampInfinity && ts != text.TimestampNegInf {
			if ts > math.MaxInt64-epochMicros || !text.ValidTimestamp(ts+epochMicros) {
				return sqlstate.New(sqlstate.DatetimeOverflow, "timestamp out of range")
			}
			ts += epochMicros
		}
		vec.Append(bl, ts)
	case types.TimeTZ:
		x := vec.TimeTZ{Micros: int64(be.Uint64(b)), Zone: int32(be.Uint32(b[8:]))}
		switch {
		case !isTime(x.Micros):
			return sqlstate.New(sqlstate.DatetimeOverflow, "time out of range")
		case x.Zone <= -maxZone || x.Zone >= maxZone:
			return sqlstate.New("22009", "time zone displacement out of range")
		}
		vec.Append(bl, x)
	case types.Interval:
		vec.Append(bl, vec.Interval{Micros: int64(be.Uint64(b)), Days: int32(be.Uint32(b[8:])), Months: int32(be.Uint32(b[12:]))})
	case types.UUID:
		vec.Append(bl, [16]byte(b))
	case types.JSONB, types.JSONPath:
		if len(b) == 0 || b[0] != 1 {
			return errBinary
		}
		s, err := decodeChecked(b[1:], enc)
		if err != nil {
			return err
		}
		return text.Parse(bl, t, []byte(s), nil)
	case types.Bit, types.VarBit:
		if len(b) < 4 || int64(be.Uint32(b)) > 8*int64(len(b)-4) {
			return errBinary
		}
		return text.Parse(bl, t, text.UnpackBits(b[4:], int(be.Uint32(b))), nil)
	case types.Inet, types.CIDR:
		return decodeInet(bl, t, b)
	case types.XID8:
		vec.Append(bl, int64(be.Uint64(b)^1<<63))
	case types.Bytea, types.MacAddr, types.MacAddr8:
		bl.AppendBytes(b)
	case types.Array:
		return decodeArray(bl, t, b, enc)
	case types.Record:
		return decodeRecord(bl, t, b, enc)
	default:
		if t.IsGeometric() {
			return decodeGeometry(bl, t, b)
		}
		if t.IsRange() || t.IsMultirange() {
			return decodeRanges(bl, t, b)
		}
		if textHeld(t) {
			return decodeTextHeld(bl, t, b)
		}
		if t.IsReg() {
			vec.Append(bl, int64(be.Uint32(b)))
			return nil
		}
		s, err := decodeChecked(b, enc)
		if err != nil {
			return err
		}
		return text.Parse(bl, t, []byte(s), nil)
	}
	return nil
}

// maxZone is how far a time zone is from UTC at most, in seconds, as in PostgreSQL.
const maxZone = 16 * 3600

func isTime(micros int64) bool { return micros >= 0 && micros <= text.Day }

func decodeNumeric(bl *vec.Builder, t types.Type, b []byte) error {
	be := binary.BigEndian
	if len(b) < 8 {
		return errBinary
	}
	n, weight, sign, scale := int(be.Uint16(b)), int(int16(be.Uint16(b[2:]))), be.Uint16(b[4:]), int(be.Uint16(b[6:]))
	if len(b) != 8+2*n || scale > 16383 {
		return errBinary
	}
	var x vec.Num
	switch sign {
	case 0xc000:
		x.Special = vec.NumNaN
	case 0xd000:
		x.Special = vec.NumPosInf
	case 0xf000:
		x.Special = vec.NumNegInf
	case 0, 0x4000:
		if n > 32 || weight > 32 || weight < -8192 {
			return sqlstate.New(sqlstate.NumericOutOfRange, "value overflows numeric format")
		}
		coef := new(big.Int)
		for i := range n {
			d := be.Uint16(b[8+2*i:])
			if d > 9999 {
				return errBinary
			}
			coef.Mul(coef, big.NewInt(10000)).Add(coef, big.NewInt(int64(d)))
		}
		// The digits are in units of 10000^(weight-n+1); the value is wanted in units of 10^-scale.
		shift := 4*(weight-n+1) + scale
		pow := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
		if n == 0 {
		} else if shift >= 0 {
			coef.Mul(coef, pow)
		} else {
			coef.Quo(coef, pow)
		}
		if sign != 0 {
			coef.Neg(coef)
		}
		var err error
		if x, err = vec.NumFromBig(coef, scale); err != nil {
			return err
		}
	default:
		return errBinary
	}
	if t.Scale == types.DynamicScale {
		vec.Append(bl, x)
		return nil
	}
	c, err := text.FixNumeric(x, t)
	if err == nil {
		bl.AppendInt128(c)
	}
	return err
}

func decodeArray(bl *vec.Builder, t types.Type, b []byte, enc *text.Encoding) error {
	be := binary.BigEndian
	if len(b) < 12 {
		return errBinary
	}
	if want := catalog.TypeOID(t.Element()); be.Uint32(b[8:]) != want && !ofTable(t.Element()) {
		return sqlstate.New(sqlstate.DatatypeMismatch, "binary data has array element type %d instead of expected %d", be.Uint32(b[8:]), want)
	}
	d, b, err := decodeDims(b)
	if err != nil {
		return err
	}
	n := d.Elements()
	if n == 0 {
		d = vec.Dims{}
	}
	if int64(n)*4 > int64(len(b)) {
		return errBinary
	}
	if t.IsVector() && d.N > 0 { // whose lower bound its type says
		d.Lower[0] = 1
	}
	shape, err := d.Shape()
	if err != nil {
		return err
	}
	bl.AppendArray(shape, func(c *vec.Builder) { err = decodeElements(c, t.Element(), n, b, enc) })
	return err
}

// decodeDims reads the number of dimensions, whether there are NULLs, the element type and of each dimension the length and the
// lower bound, and returns what is left.
func decodeDims(b []byte) (d vec.Dims, rest []byte, err error) {
	be := binary.BigEndian
	n, flags := int32(be.Uint32(b)), be.Uint32(b[4:])
	switch b = b[12:]; {
	case flags > 1:
		return d, b, sqlstate.New(sqlstate.BadBinaryValue, "invalid array flags")
	case n < 0:
		return d, b, sqlstate.New(sqlstate.BadBinaryValue, "invalid number of dimensions: %d", n)
	case n > vec.MaxDims:
		return d, b, vec.TooManyDims(int(n))
	case len(b) < 8*int(n):
		return d, b, errBinary
	}
	for range n {
		d.Add(int32(be.Uint32(b)), int32(be.Uint32(b[4:])))
		b = b[8:]
	}
	return d, b, d.Check()
}

// decodeElements reads n elements, which are all there is in b.
func decodeElements(c *vec.Builder, t types.Type, n int, b []byte, enc *text.Encoding) error {
	for range n {
		if len(b) < 4 {
			return errBinary
		}
		size := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if size == -1 {
			c.AppendNull()
			continue
		}
		if size < 0 || int(size) > len(b) {
			return errBinary
		}
		if err := decodeBinary(c, t, b[:size], enc); err != nil {
			return err
		}
		b = b[size:]
	}
	if len(b) > 0 {
		return errBinary
	}
	return nil
}
