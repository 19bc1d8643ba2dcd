package vec

import (
	"math"
	"math/big"
	"strconv"

	"gsql/exec/sqlstate"
)

// Rules of PostgreSQL's numeric for the scale of results whose digits have no end.
const (
	minSigDigits = 16   // significant digits that a quotient has at least
	maxNumScale  = 1000 // digits after the point that a result has at most
	decDigits    = 4    // PostgreSQL counts in base 10000, and its scales show it
)

// Special values.
var (
	NumNaNValue  = Num{Special: NumNaN}
	NumInfValue  = Num{Special: NumPosInf}
	NumNInfValue = Num{Special: NumNegInf}
)

// errNumOverflow is raised for a result of more than MaxDigits digits.
func errNumOverflow() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value overflows numeric format").
		WithDetail("A numeric has at most %d digits.", MaxDigits).
		WithHint("Cast to double precision to compute with larger numbers of fewer digits.")
}

func errDivisionByZero() error { return sqlstate.New(sqlstate.DivisionByZero, "division by zero") }

// NumOf returns x as a numeric of scale 0.
func NumOf(x int64) Num { return Num{Coef: Int128Of(x)} }

// MakeNum returns coef * 10^-scale, or an error when coef has too many digits.
func MakeNum(coef Int128, scale int) (Num, error) {
	if coef.Digits() > MaxDigits {
		return Num{}, errNumOverflow()
	}
	return Num{Coef: coef, Scale: int32(scale)}, nil
}

// NumFromBig returns x * 10^-scale, or an error when x has too many digits.
func NumFromBig(x *big.Int, scale int) (Num, error) {
	c, ok := Int128FromBig(x)
	if !ok {
		return Num{}, errNumOverflow()
	}
	return MakeNum(c, scale)
}

// Sign returns -1, 0 or 1; 0 for NaN.
func (x Num) Sign() int {
	switch x.Special {
	case NumFinite:
		return x.Coef.Sign()
	case NumPosInf:
		return 1
	case NumNegInf:
		return -1
	}
	return 0
}

// IsZero reports whether x is 0.
func (x Num) IsZero() bool { return x.Special == NumFinite && x.Coef == Int128{} }

// Neg returns -x, NaN for NaN.
func (x Num) Neg() Num {
	switch x.Special {
	case NumFinite:
		x.Coef = x.Coef.neg()
	case NumPosInf:
		x.Special = NumNegInf
	case NumNegInf:
		x.Special = NumPosInf
	}
	return x
}

// Abs returns |x|.
func (x Num) Abs() Num {
	if x.Sign() < 0 {
		return x.Neg()
	}
	return x
}

// align brings the coefficients of finite numbers to the larger of their scales.
func align(a, b Num) (x, y Int128, scale int32, ok bool) {
	x, y, scale, ok = a.Coef, b.Coef, a.Scale, true
	switch {
	case a.Scale < b.Scale:
		scale = b.Scale
		x, ok = Rescale128(a.Coef, int(a.Scale), int(b.Scale))
	case a.Scale > b.Scale:
		y, ok = Rescale128(b.Coef, int(b.Scale), int(a.Scale))
	}
	return x, y, scale, ok
}

// AddNum returns a+b with the larger of their scales; see fitNum.
func AddNum(a, b Num) (Num, error) {
	if a.Special|b.Special != NumFinite {
		switch {
		case a.Special == NumFinite:
			return b, nil
		case b.Special == NumFinite || a.Special == b.Special:
			return a, nil
		}
		return NumNaNValue, nil // one is NaN, or the infinities differ
	}
	x, y, scale, ok := align(a, b)
	if ok {
		x, ok = Add128(x, y)
	}
	if !ok || x.Digits() > MaxDigits {
		bx, by, scale := alignBig(a, b)
		return fitNum(bx.Add(bx, by), int(scale))
	}
	return Num{Coef: x, Scale: scale}, nil
}

// fitNum returns x * 10^-scale. Digits after the point that are more than a numeric holds are rounded off; digits
// before it are an error. PostgreSQL, which keeps a thousand digits, has those of products and of sums of very
// different numbers.
func fitNum(x *big.Int, scale int) (Num, error) {
	for range 2 { // rounding up may add a digit
		drop := len(new(big.Int).Abs(x).String()) - MaxDigits
		if drop <= 0 {
			break
		}
		if drop > scale {
			return Num{}, errNumOverflow()
		}
		x, scale = roundQuo(x, pow10(int32(drop))), scale-drop
	}
	return NumFromBig(x, scale)
}

// SubNum returns a-b with the larger of their scales.
func SubNum(a, b Num) (Num, error) { return AddNum(a, b.Neg()) }

// MulNum returns a*b with the sum of their scales; see fitNum.
func MulNum(a, b Num) (Num, error) {
	if a.Special|b.Special != NumFinite {
		if a.Special == NumNaN || b.Special == NumNaN {
			return NumNaNValue, nil
		}
		return infinity(a.Sign() * b.Sign()), nil
	}
	x, ok := Mul128(a.Coef, b.Coef)
	if !ok || x.Digits() > MaxDigits {
		return fitNum(new(big.Int).Mul(a.Coef.big(), b.Coef.big()), int(a.Scale+b.Scale))
	}
	return Num{Coef: x, Scale: a.Scale + b.Scale}, nil
}

// infinity returns the infinity of a sign, NaN for 0.
func infinity(sign int) Num {
	switch {
	case sign > 0:
		return NumInfValue
	case sign < 0:
		return NumNInfValue
	}
	return NumNaNValue
}

// weight10k returns the weight in base 10000 of the first digit of a finite number that is not 0, and
// that digit, as PostgreSQL stores the number: its digits are grouped by four from the point.
func (x Num) weight10k() (weight, first int) {
	hi, lo, _ := x.Coef.abs()
	n := x.Coef.Digits()
	top := n - 1 - int(x.Scale) // the first digit's power of ten
	weight = floorDiv(top, decDigits)
	// The first base-10000 digit holds the digits of powers top down to 4*weight.
	take := top - weight*decDigits + 1
	if drop := n - take; drop > 0 {
		p := pow10s[drop]
		_, first, _, _ := divU128(hi, lo, uint64(p.Hi), p.Lo)
		return weight, int(first)
	}
	first = int(lo)
	for ; take > n; take-- {
		first *= 10
	}
	return weight, first
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// DivScale returns the scale of a/b in PostgreSQL: enough for 16 significant digits, and not less than
// that of either operand. Both are finite and b is not 0.
func DivScale(a, b Num) int {
	w1, f1 := 0, 0
	if !a.IsZero() {
		w1, f1 = a.weight10k()
	}
	w2, f2 := b.weight10k()
	q := w1 - w2
	if f1 <= f2 {
		q--
	}
	return min(max(minSigDigits-q*decDigits, int(a.Scale), int(b.Scale), 0), maxNumScale)
}

// DivNum returns a/b.
func DivNum(a, b Num) (Num, error) {
	if a.Special|b.Special != NumFinite {
		switch {
		case a.Special == NumNaN || b.Special == NumNaN:
			return NumNaNValue, nil
		case a.Special == NumFinite:
			return Num{}, nil
		case b.Special != NumFinite:
			return NumNaNValue, nil
		case b.IsZero():
			return Num{}, errDivisionByZero()
		}
		return infinity(a.Sign() * b.Sign()), nil
	}
	if b.IsZero() {
		return Num{}, errDivisionByZero()
	}
	return DivNumScale(a, b, DivScale(a, b))
}

// DivNumScale returns the quotient of finite numbers rounded to a scale; b must not be 0.
func DivNumScale(a, b Num, scale int) (Num, error) {
	k := scale - int(a.Scale) + int(b.Scale)
	if 0 <= k && k <= MaxDigits {
		q, ok := MulDivRound(a.Coef, pow10s[k], b.Coef)
		if !ok {
			return Num{}, errNumOverflow()
		}
		return MakeNum(q, scale)
	}
	n, d := a.Coef.big(), b.Coef.big()
	if k >= 0 {
		n.Mul(n, pow10(int32(k)))
	} else {
		d.Mul(d, pow10(int32(-k)))
	}
	return NumFromBig(roundQuo(n, d), scale)
}

// ModNum returns the remainder of a/b truncated, which has a's sign and the larger of the scales.
func ModNum(a, b Num) (Num, error) {
	if a.Special|b.Special != NumFinite {
		switch {
		case a.Special == NumNaN || b.Special == NumNaN:
			return NumNaNValue, nil
		case a.Special == NumFinite:
			return a, nil
		case b.IsZero():
			return Num{}, errDivisionByZero()
		}
		return NumNaNValue, nil
	}
	if b.IsZero() {
		return Num{}, errDivisionByZero()
	}
	if x, y, scale, ok := align(a, b); ok {
		_, r, _ := DivMod128(x, y)
		return Num{Coef: r, Scale: scale}, nil
	}
	x, y, scale := alignBig(a, b)
	return NumFromBig(x.Rem(x, y), int(scale))
}

func alignBig(a, b Num) (x, y *big.Int, scale int32) {
	x, y, scale = a.Coef.big(), b.Coef.big(), max(a.Scale, b.Scale)
	if d := scale - a.Scale; d > 0 {
		x.Mul(x, pow10(d))
	}
	if d := scale - b.Scale; d > 0 {
		y.Mul(y, pow10(d))
	}
	return x, y, scale
}

// QuoNum returns a/b truncated to an integer (PostgreSQL's div).
func QuoNum(a, b Num) (Num, error) {
	if a.Special|b.Special != NumFinite || b.IsZero() {
		return DivNum(a, b)
	}
	if x, y, _, ok := align(a, b); ok {
		if q, _, ok := DivMod128(x, y); ok {
			return MakeNum(q, 0)
		}
	}
	x, y, _ := alignBig(a, b)
	return NumFromBig(x.Quo(x, y), 0)
}

// Round returns x rounded half away from zero to scale digits after the point, or for a negative scale, to
// a multiple of a power of ten.
func (x Num) Round(scale int) (Num, error) {
	return x.toScale(scale, func(c Int128, from, to int) (Int128, bool) { return Rescale128(c, from, to) })
}

// Trunc returns x cut to scale digits after the point; see Round.
func (x Num) Trunc(scale int) (Num, error) { return x.toScale(scale, truncScale) }

func truncScale(c Int128, from, to int) (Int128, bool) {
	if to >= from {
		return Rescale128(c, from, to)
	}
	if from-to > MaxDigits {
		return Int128{}, true
	}
	q, _, _ := DivMod128(c, pow10s[from-to])
	return q, true
}

func (x Num) toScale(scale int, cut func(c Int128, from, to int) (Int128, bool)) (Num, error) {
	if x.Special != NumFinite {
		return x, nil
	}
	scale = min(max(scale, -2000), 2000)
	c, ok := cut(x.Coef, int(x.Scale), scale)
	if ok && scale < 0 {
		c, ok = Rescale128(c, scale, 0)
		scale = 0
	}
	if !ok {
		return Num{}, errNumOverflow()
	}
	return MakeNum(c, scale)
}

// Floor returns the largest integer not above x.
func (x Num) Floor() (Num, error) { return x.toInteger(-1) }

// Ceil returns the smallest integer not below x.
func (x Num) Ceil() (Num, error) { return x.toInteger(1) }

func (x Num) toInteger(dir int) (Num, error) {
	t, err := x.Trunc(0)
	if err != nil || x.Special != NumFinite || x.Coef.Sign() != dir || CompareNum(t, x) == 0 {
		return t, err
	}
	return AddNum(t, NumOf(int64(dir)))
}

// Normalize returns x without zeros at the end of its fraction, so that equal values are identical.
func (x Num) Normalize() Num {
	if x.Special != NumFinite {
		return Num{Special: x.Special}
	}
	if x.Coef == (Int128{}) {
		return Num{}
	}
	for x.Scale > 0 {
		q, r, _ := DivMod128(x.Coef, pow10s[1])
		if r != (Int128{}) {
			break
		}
		x.Coef = q
		x.Scale--
	}
	return x
}

// Int64 returns x rounded half away from zero; ok is false when it does not fit or is no number.
func (x Num) Int64() (v int64, ok bool) {
	if x.Special != NumFinite {
		return 0, false
	}
	c, ok := Rescale128(x.Coef, int(x.Scale), 0)
	return int64(c.Lo), ok && c.IsInt64()
}

// Float64 returns the nearest float.
func (x Num) Float64() float64 {
	switch x.Special {
	case NumNaN:
		return math.NaN()
	case NumPosInf:
		return math.Inf(1)
	case NumNegInf:
		return math.Inf(-1)
	}
	return x.Coef.Float64(int(x.Scale))
}

// NumFromFloat returns f with digits significant decimal digits, as PostgreSQL converts floats: 15 digits
// for double precision, 6 for real.
func NumFromFloat(f float64, digits int) (Num, error) {
	switch {
	case math.IsNaN(f):
		return NumNaNValue, nil
	case math.IsInf(f, 0):
		return infinity(int(math.Copysign(1, f))), nil
	}
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], f, 'g', digits, 64)
	return ParseNum(b)
}

// Append appends x as PostgreSQL prints it.
func (x Num) Append(dst []byte) []byte {
	switch x.Special {
	case NumNaN:
		return append(dst, "NaN"...)
	case NumPosInf:
		return append(dst, "Infinity"...)
	case NumNegInf:
		return append(dst, "-Infinity"...)
	}
	return x.Coef.Append(dst, int(x.Scale))
}

// String returns x as PostgreSQL prints it.
func (x Num) String() string { return string(x.Append(nil)) }

// ParseNum reads a numeric as PostgreSQL's input function does: sign, digits, point, exponent, NaN,
// Infinity, with spaces around.
func ParseNum(s []byte) (Num, error) {
	t := s
	for len(t) > 0 && isSpace(t[0]) {
		t = t[1:]
	}
	for len(t) > 0 && isSpace(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	if x, rest, ok := parseFinite(t); ok && len(rest) == 0 {
		if x.Special == NumNaN { // too many digits; see parseFinite
			return Num{}, errNumOverflow()
		}
		return x, nil
	}
	if x, ok := parseSpecial(t); ok {
		return x, nil
	}
	return Num{}, sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type numeric: \"%s\"", s)
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func parseSpecial(t []byte) (Num, bool) {
	if foldEqual(t, "nan") {
		return NumNaNValue, true
	}
	x := NumInfValue
	if len(t) > 0 && (t[0] == '+' || t[0] == '-') {
		if t[0] == '-' {
			x = NumNInfValue
		}
		t = t[1:]
	}
	return x, foldEqual(t, "inf") || foldEqual(t, "infinity")
}

// foldEqual reports whether s is the lower-case word when case is ignored.
func foldEqual(s []byte, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i := range s {
		if s[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// parseFinite reads a number in front of s. Too many digits come back as NaN.
func parseFinite(s []byte) (x Num, rest []byte, ok bool) {
	i, neg := 0, false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		neg = s[i] == '-'
		i++
	}
	var hi, lo uint64
	scale, digits, point, overflow := 0, 0, false, false
	for ; i < len(s); i++ {
		if c := s[i] - '0'; c <= 9 {
			digits++
			if point {
				scale++
			}
			if hi == 0 && lo < (math.MaxUint64-9)/10 {
				lo = lo*10 + uint64(c)
				continue
			}
			overflow = overflow || hi > math.MaxInt64/10
			hi, lo = mulAdd10(hi, lo, uint64(c))
		} else if s[i] == '.' && !point {
			point = true
		} else {
			break
		}
	}
	if digits == 0 {
		return Num{}, s, false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		e, n := parseExponent(s[i+1:])
		if n == 0 {
			return Num{}, s, false
		}
		i += 1 + n
		scale -= e
	}
	c, fits := signed(hi, lo, neg)
	if fits && !overflow && scale < 0 {
		c, fits = Rescale128(c, scale, 0)
		scale = 0
	}
	if overflow || !fits || c.Digits() > MaxDigits || scale > math.MaxInt16 {
		return NumNaNValue, s[i:], true
	}
	return Num{Coef: c, Scale: int32(max(scale, 0))}, s[i:], true
}

// mulAdd10 returns x*10+c.
func mulAdd10(hi, lo, c uint64) (uint64, uint64) {
	p, _ := Mul128(Int128{Lo: lo, Hi: int64(hi)}, pow10s[1])
	p, _ = Add128(p, Int128{Lo: c})
	return uint64(p.Hi), p.Lo
}

// parseExponent reads a signed integer, capped far outside of what a numeric can hold, and the number of
// bytes it takes; 0 when there is none.
func parseExponent(s []byte) (e, n int) {
	neg := false
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		neg = s[n] == '-'
		n++
	}
	start := n
	for ; n < len(s) && s[n]-'0' <= 9; n++ {
		e = min(e*10+int(s[n]-'0'), 1<<20)
	}
	if n == start {
		return 0, 0
	}
	if neg {
		e = -e
	}
	return e, n
}
