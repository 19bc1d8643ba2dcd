// Package text reads and writes values as PostgreSQL's text forms: what clients see, what casts to and from
// text do, and what data files hold.
package text

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gsql/exec/jsonpath"
	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/exec/xmltext"
)

// Style is what the text forms depend on besides the value. nil means UTC and the current time.
type Style struct {
	Location *time.Location // of timestamptz; nil: UTC
	Now      time.Time      // for 'now', 'today' and the like; zero: the current time
	Objects  Objects        // for regclass and its like; nil: none has a name
	Formats
}

// formats returns how dates and intervals are written and read.
func (s *Style) formats() Formats {
	if s == nil {
		return Formats{}
	}
	return s.Formats
}

func (s *Style) location() *time.Location {
	if s == nil || s.Location == nil {
		return time.UTC
	}
	return s.Location
}

func (s *Style) now() time.Time {
	if s == nil || s.Now.IsZero() {
		return time.Now()
	}
	return s.Now
}

// Append appends the text of row i of v, which is not NULL, to dst.
func Append(dst []byte, v *vec.Vector, i int, st *Style) []byte {
	switch v.Type.ID {
	case types.Bool:
		if vec.At[uint8](v, i) != 0 {
			return append(dst, 't')
		}
		return append(dst, 'f')
	case types.Int16:
		return strconv.AppendInt(dst, int64(vec.At[int16](v, i)), 10)
	case types.Int32:
		return strconv.AppendInt(dst, int64(vec.At[int32](v, i)), 10)
	case types.Int64, types.OID, types.XID, types.CID:
		return strconv.AppendInt(dst, vec.At[int64](v, i), 10)
	case types.Float32:
		return AppendFloat32(dst, vec.At[float32](v, i))
	case types.Float64:
		return AppendFloat64(dst, vec.At[float64](v, i))
	case types.Numeric:
		return appendNumeric(dst, v, i)
	case types.Date:
		return appendDateIn(dst, vec.At[int32](v, i), st)
	case types.Time:
		return AppendTime(dst, vec.At[int64](v, i))
	case types.TimeTZ:
		return AppendTimeTZ(dst, vec.At[vec.TimeTZ](v, i))
	case types.Timestamp:
		return appendTimestampIn(dst, vec.At[int64](v, i), nil, st)
	case types.TimestampTZ:
		return appendTimestampIn(dst, vec.At[int64](v, i), st.location(), st)
	case types.Interval:
		return st.formats().appendInterval(dst, vec.At[vec.Interval](v, i))
	case types.UUID:
		return AppendUUID(dst, vec.At[[16]byte](v, i))
	case types.Bytea:
		return hex.AppendEncode(append(dst, `\x`...), v.Bytes(i))
	case types.XML:
		return xmltext.Append(dst, v.Bytes(i))
	case types.Inet, types.CIDR:
		return appendAddress(dst, v.Type.ID, v.Bytes(i))
	case types.MacAddr, types.MacAddr8:
		return appendMac(dst, v.Bytes(i))
	case types.XID8:
		return strconv.AppendUint(dst, uint64(vec.At[int64](v, i))^1<<63, 10)
	case types.Enum:
		return append(dst, v.Type.Labels().Name(vec.At[int32](v, i))...)
	case types.Array:
		if v.Type.IsVector() {
			return appendVector(dst, v, i)
		}
		return appendArray(dst, v, i, st)
	case types.Record:
		return appendRecord(dst, v, i, st)
	}
	if v.Type.IsGeometric() {
		return appendGeometry(dst, v.Type.ID, v.Bytes(i))
	}
	if v.Type.IsRange() || v.Type.IsMultirange() {
		return appendRanges(dst, v.Type, v.Bytes(i), st)
	}
	if v.Type.IsReg() {
		return appendObject(dst, v.Type.ID, uint32(vec.At[int64](v, i)), st)
	}
	return append(dst, v.Bytes(i)...)
}

func appendNumeric(dst []byte, v *vec.Vector, i int) []byte {
	switch v.Kind {
	case types.KInt64:
		return AppendDecimal(dst, vec.At[int64](v, i), int(v.Type.Scale))
	case types.KInt128:
		return vec.Num{Coef: vec.At[vec.Int128](v, i), Scale: int32(v.Type.Scale)}.Append(dst)
	}
	return vec.At[vec.Num](v, i).Append(dst)
}

// String returns the text of row i, and "NULL" for NULL.
func String(v *vec.Vector, i int, st *Style) string {
	if v.IsNull(i) {
		return "NULL"
	}
	return string(Append(nil, v, i, st))
}

// Parse appends the value that s stands for to b, whose type is t; modifiers of t (varchar's length,
// numeric's precision) are applied as in a cast. The error is 22P02, 22003, 22007 or 22008 in
// PostgreSQL's words.
func Parse(b *vec.Builder, t types.Type, s []byte, st *Style) error {
	switch t.ID {
	case types.Bool:
		x, ok := ParseBool(s)
		if !ok {
			return invalid(t, s)
		}
		b.AppendBool(x)
	case types.Int16, types.Int32, types.Int64, types.OID, types.XID, types.CID:
		return parseInt(b, t, s)
	case types.Float32, types.Float64:
		return parseFloat(b, t, s)
	case types.Numeric:
		return parseNumeric(b, t, s)
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ:
		return parseDateTime(b, t, s, st)
	case types.Interval:
		x, err := parseInterval(s, t)
		if st.formats().Intervals == IntervalsSQL {
			x = signAll(x, s)
		}
		if err != nil {
			return err
		}
		vec.Append(b, x)
	case types.UUID:
		x, ok := ParseUUID(s)
		if !ok {
			return invalid(t, s)
		}
		vec.Append(b, x)
	case types.Bytea:
		x, err := parseBytea(s)
		if err != nil {
			return err
		}
		b.AppendBytes(x)
	case types.Varchar, types.Char:
		x, err := Fit(t, s, false)
		if err != nil {
			return err
		}
		b.AppendBytes(x)
	case types.Bit, types.VarBit:
		x, err := ParseBits(s)
		if err == nil {
			x, err = FitBits(t, x, false)
		}
		if err != nil {
			return err
		}
		b.AppendBytes(x)
	case types.Name:
		b.AppendBytes(truncate(s, 63))
	case types.InternalChar:
		b.AppendBytes(parseInternalChar(s))
	case types.JSON:
		if err := jsontext.Check(s); err != nil {
			return err
		}
		b.AppendBytes(s)
	case types.XML:
		if err := xmltext.Check(s); err != nil {
			return err
		}
		b.AppendBytes(s)
	case types.JSONB:
		x, err := jsontext.Normalize(nil, s)
		if err != nil {
			return err
		}
		b.AppendBytes(x)
	case types.JSONPath:
		x, err := jsonpath.Normalize(s)
		if err != nil {
			return err
		}
		b.AppendBytes(x)
	case types.Inet, types.CIDR:
		return parseAddress(b, t, s)
	case types.MacAddr, types.MacAddr8:
		return parseMac(b, t, s)
	case types.XID8:
		x, err := parseXID8(s)
		if err != nil {
			return err
		}
		vec.Append(b, int64(x^1<<63))
	case types.Enum:
		x, ok := t.Labels().Code(s)
		if !ok {
			return NoLabel(t, s)
		}
		vec.Append(b, x)
	case types.Array:
		if t.IsVector() {
			return parseVector(b, t, s)
		}
		return parseArray(b, t, s, st)
	case types.Record:
		return parseRecord(b, t, s, st)
	default:
		if t.IsGeometric() {
			return parseGeometry(b, t, s)
		}
		if t.IsRange() || t.IsMultirange() {
			return parseRanges(b, t, s, st)
		}
		if t.IsReg() {
			return parseObject(b, t.ID, s, st)
		}
		b.AppendBytes(s)
	}
	return nil
}

// Const returns a constant vector with the value that s stands for.
func Const(t types.Type, s string, st *Style) (*vec.Vector, error) {
	b := vec.NewBuilder(t)
	if err := Parse(b, t, []byte(s), st); err != nil {
		return nil, err
	}
	v := b.Finish()
	v.Enc = vec.Const
	return v, nil
}

func invalid(t types.Type, s []byte) error {
	return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type %s: \"%s\"", t.Base(), s)
}

// NoLabel is the error about a text that is none of the labels of an enumeration, or of a domain over one.
func NoLabel(t types.Type, s []byte) error {
	return sqlstate.New(sqlstate.BadTextValue, "invalid input value for enum %s: \"%s\"", t.Plain().Base(), s)
}

func outOfRange(t types.Type, s []byte) error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value \"%s\" is out of range for type %s", s, t.Base())
}

// ParseBool reads a boolean as PostgreSQL does: unique prefixes of true, false, yes, no, on, off, and 1, 0.
func ParseBool(s []byte) (value, ok bool) {
	w := strings.ToLower(string(bytes.TrimSpace(s)))
	switch w {
	case "":
		return false, false
	case "1", "on":
		return true, true
	case "0", "of", "off":
		return false, true
	}
	switch {
	case strings.HasPrefix("true", w), strings.HasPrefix("yes", w):
		return true, true
	case strings.HasPrefix("false", w), strings.HasPrefix("no", w):
		return false, true
	}
	return false, false
}

// Fit applies the length of varchar(n) or char(n) to s. An explicit cast cuts what is too long; otherwise
// only blanks may be cut and the error is 22001. char(n) is padded with blanks.
func Fit(t types.Type, s []byte, explicit bool) ([]byte, error) {
	n := int(t.Prec)
	if n == 0 || len(s) <= n && t.ID == types.Varchar {
		return s, nil
	}
	count := utf8.RuneCount(s)
	if count > n {
		end := 0
		for range n {
			_, w := utf8.DecodeRune(s[end:])
			end += w
		}
		if !explicit && len(bytes.TrimRight(s[end:], " ")) > 0 {
			return nil, sqlstate.New(sqlstate.StringTooLong, "value too long for type %s", t.Plain())
		}
		return s[:end], nil
	}
	if t.ID == types.Char && count < n {
		s = append(append(make([]byte, 0, len(s)+n-count), s...), bytes.Repeat([]byte{' '}, n-count)...)
	}
	return s, nil
}

func truncate(s []byte, n int) []byte {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// AppendUUID appends the usual form of a UUID.
func AppendUUID(dst []byte, u [16]byte) []byte {
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return dst
}

// ParseUUID reads a UUID: 32 hexadecimal digits, optionally in braces, with hyphens after groups of four.
func ParseUUID(s []byte) (u [16]byte, ok bool) {
	if n := len(s); n > 1 && s[0] == '{' && s[n-1] == '}' {
		s = s[1 : n-1]
	}
	n := 0
	for i, c := range s {
		if c == '-' {
			if n == 0 || n%4 != 0 || n == 32 || s[i-1] == '-' {
				return u, false
			}
			continue
		}
		d, hex := hexDigit(c)
		if !hex || n == 32 {
			return u, false
		}
		u[n/2] = u[n/2]<<4 | d
		n++
	}
	return u, n == 32
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// parseBytea reads the hex form (\x...) or the escape form of bytea.
func parseBytea(s []byte) ([]byte, error) {
	if bytes.HasPrefix(s, []byte(`\x`)) {
		out := make([]byte, 0, len(s)/2)
		digits := 0
		var hi byte
		for _, c := range s[2:] {
			if c == ' ' || c == '\n' || c == '\t' || c == '\r' {
				continue
			}
			d, ok := hexDigit(c)
			if !ok {
				return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid hexadecimal digit: \"%c\"", c)
			}
			if digits++; digits%2 == 0 {
				out = append(out, hi<<4|d)
			}
			hi = d
		}
		if digits%2 != 0 {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		return out, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i++
		case i+3 < len(s) && s[i+1] <= '3' && isOctal(s[i+1]) && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|s[i+3]-'0')
			i += 3
		default:
			return nil, invalid(types.Of(types.Bytea), s)
		}
	}
	return out, nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }
