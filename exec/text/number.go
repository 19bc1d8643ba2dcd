package text

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

func parseInt(b *vec.Builder, t types.Type, s []byte) error {
	x, err := ParseInt(s)
	if err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return outOfRange(t, s)
		}
		return invalid(t, s)
	}
	switch t.ID {
	case types.Int16:
		if x != int64(int16(x)) {
			return outOfRange(t, s)
		}
		vec.Append(b, int16(x))
	case types.Int32:
		if x != int64(int32(x)) {
			return outOfRange(t, s)
		}
		vec.Append(b, int32(x))
	case types.OID, types.XID, types.CID:
		if x < math.MinInt32 || x > math.MaxUint32 {
			return outOfRange(t, s)
		}
		vec.Append(b, int64(uint32(x)))
	default:
		vec.Append(b, x)
	}
	return nil
}

// ParseInt reads a decimal integer, with blanks around it. The error is strconv.ErrSyntax or ErrRange.
func ParseInt(s []byte) (int64, error) {
	s = bytes.TrimSpace(s)
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, strconv.ErrSyntax
	}
	var x uint64
	overflow := false
	for _, c := range s {
		c -= '0'
		if c > 9 {
			return 0, strconv.ErrSyntax
		}
		overflow = overflow || x > math.MaxInt64/10+1
		x = x*10 + uint64(c)
	}
	switch {
	case overflow || x > 1<<63 || x == 1<<63 && !neg:
		return 0, strconv.ErrRange
	case neg:
		return -int64(x), nil
	}
	return int64(x), nil
}

func parseFloat(b *vec.Builder, t types.Type, s []byte) error {
	size := 64
	if t.ID == types.Float32 {
		size = 32
	}
	x, err := ParseFloat(s, size)
	if errors.Is(err, strconv.ErrSyntax) {
		x, err = parseHexFloat(s, size)
	}
	if err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return sqlstate.New(sqlstate.NumericOutOfRange, "\"%s\" is out of range for type %s", bytes.TrimSpace(s), t.Base())
		}
		return invalid(t, s)
	}
	if size == 32 {
		vec.Append(b, float32(x))
	} else {
		vec.Append(b, x)
	}
	return nil
}

// ParseFloat reads a float as PostgreSQL does, with size 32 or 64; too large and too small are ErrRange.
func ParseFloat(s []byte, size int) (float64, error) {
	if size == 64 {
		if x, ok := parseExact(s); ok {
			return x, nil
		}
	}
	w := string(bytes.TrimSpace(s))
	if strings.ContainsAny(w, "_xXpP") { // forms of Go's literals that PostgreSQL lacks
		return 0, strconv.ErrSyntax
	}
	x, err := strconv.ParseFloat(w, size)
	if err != nil {
		if errors.Is(err, strconv.ErrRange) {
			return 0, strconv.ErrRange
		}
		return 0, strconv.ErrSyntax
	}
	if x == 0 && strings.ContainsAny(w, "123456789") {
		if m, _, _ := strings.Cut(strings.ToLower(w), "e"); strings.ContainsAny(m, "123456789") {
			return 0, strconv.ErrRange
		}
	}
	return x, nil
}

// parseHexFloat reads the hexadecimal forms that C's strtod knows, and so PostgreSQL's casts: 0x10, -0x1.8p3.
func parseHexFloat(s []byte, size int) (float64, error) {
	w := strings.ToLower(string(bytes.TrimSpace(s)))
	digits, isHex := strings.CutPrefix(strings.TrimLeft(w, "+-"), "0x")
	if !isHex || strings.Contains(w, "_") {
		return 0, strconv.ErrSyntax
	}
	mantissa, _, hasExponent := strings.Cut(digits, "p")
	if !hasExponent {
		w += "p0" // which Go asks for
	}
	x, err := strconv.ParseFloat(w, size)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, strconv.ErrSyntax
	case err != nil, x == 0 && strings.Trim(mantissa, "0.") != "":
		return 0, strconv.ErrRange
	}
	return x, nil
}

// AppendFloat64 appends the shortest text that reads back as x, in PostgreSQL's form.
func AppendFloat64(dst []byte, x float64) []byte { return appendFloat(dst, x, 64, 15) }

// AppendFloat32 is AppendFloat64 for real.
func AppendFloat32(dst []byte, x float32) []byte { return appendFloat(dst, float64(x), 32, 6) }

// appendFloat writes the exponent form below 1e-4 and from 10^big on.
func appendFloat(dst []byte, x float64, size, big int) []byte {
	switch {
	case x != x:
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	case x == 0:
		if math.Signbit(x) {
			return append(dst, "-0"...)
		}
		return append(dst, '0')
	}
	a := math.Abs(x)
	if a >= 1e-4 && a < 999999 && a == math.Trunc(a) {
		return strconv.AppendInt(dst, int64(x), 10)
	}
	least, most := 1e-4, 1e15 // between which there is no exponent
	if size == 32 {
		least, most = float64(float32(1e-4)), 1e6
	}
	if a >= least && a < most {
		return strconv.AppendFloat(dst, x, 'f', -1, size)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, x, 'e', -1, size)
	e := bytes.LastIndexByte(dst[start:], 'e') + start
	exp, _ := strconv.Atoi(string(dst[e+1:]))
	if exp < -4 || exp >= big {
		return dst // Go also writes at least two digits of exponent
	}
	return strconv.AppendFloat(dst[:start], x, 'f', -1, size)
}

// AppendDecimal appends x * 10^-scale with all its digits.
func AppendDecimal(dst []byte, x int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, x, 10)
	}
	u := uint64(x)
	if x < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [24]byte
	d := strconv.AppendUint(buf[:0], u, 10)
	if len(d) <= scale {
		dst = append(dst, '0', '.')
		for range scale - len(d) {
			dst = append(dst, '0')
		}
		return append(dst, d...)
	}
	dst = append(dst, d[:len(d)-scale]...)
	dst = append(dst, '.')
	return append(dst, d[len(d)-scale:]...)
}

func parseNumeric(b *vec.Builder, t types.Type, s []byte) error {
	x, err := vec.ParseNum(s)
	if err != nil {
		return err
	}
	if t.Scale == types.DynamicScale {
		vec.Append(b, x)
		return nil
	}
	c, err := FixNumeric(x, t)
	if err != nil {
		return err
	}
	b.AppendInt128(c)
	return nil
}

// FixNumeric rounds x to the fixed scale of t and checks t's precision: 22003 as in PostgreSQL.
func FixNumeric(x vec.Num, t types.Type) (vec.Int128, error) {
	overflow := sqlstate.New(sqlstate.NumericOutOfRange, "numeric field overflow")
	if x.Special == vec.NumNaN {
		return vec.Int128{}, sqlstate.Unsupported("Use numeric without precision and scale.", "NaN in a column of type %s is not supported", t)
	}
	if x.Special != vec.NumFinite {
		return vec.Int128{}, overflow.WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", t.Prec, t.Scale)
	}
	r, err := x.Round(int(t.Scale))
	if err != nil {
		return vec.Int128{}, err
	}
	if t.Prec > 0 && r.Coef.Digits() > int(t.Prec) {
		return vec.Int128{}, overflow.WithDetail("A field with precision %d, scale %d must round to an absolute value less than %s.", t.Prec, t.Scale, powerOfTen(int(t.Prec)-int(t.Scale)))
	}
	return r.Coef, nil
}

func powerOfTen(n int) string {
	if n == 0 {
		return "1"
	}
	return "10^" + strconv.Itoa(n)
}
