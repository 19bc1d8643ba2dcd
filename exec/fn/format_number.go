package fn

import (
	"bytes"
	"math"
	"strconv"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// to_char of numbers.

func init() {
	t := types.Text
	RegisterScalar(
		stable(scalar("to_char", t, formatNumbers(numeralOfInt32), types.Int32, t)),
		stable(scalar("to_char", t, formatNumbers(numeralOfInt64), types.Int64, t)),
		stable(scalar("to_char", t, formatNumbers(numeralOfNum), types.Numeric, t)),
		stable(scalar("to_char", t, formatNumbers(numeralOfFloat32), types.Float32, t)),
		stable(scalar("to_char", t, formatNumbers(numeralOfFloat64), types.Float64, t)),
	)
}

// numeral is a number as a template is to show it.
type numeral struct {
	text        []byte // the digits with their point, or all of it with EEEE or RN
	negative    bool
	whole, frac int // digits of the template before and behind the point, for this number
	lead        int // of those before the point, the ones before the number's first
}

func formatNumbers[T any](of func(n *numeral, t *numberTemplate, x T) error) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		get, template := Reader[T](c.Args[0]), templatesOf(c.Args[1], compileNumber)
		var w numberWriter
		return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
			t, err := template(i)
			if err != nil || t.none {
				return dst, true, err
			}
			w.n = numeral{text: w.n.text[:0], whole: t.whole, frac: t.frac}
			if err := of(&w.n, t, get(i)); err != nil {
				return dst, false, err
			}
			if t.scientific { // such a number leaves no room for anything else in the template
				return append(dst, w.n.text...), true, nil
			}
			dst, err = w.append(dst, t)
			return dst, true, err
		})
	}
}

func numeralOfInt32(n *numeral, t *numberTemplate, x int32) error {
	if t.scientific {
		return n.setFloat(t, float64(x), 15)
	}
	if t.shifted && !t.roman {
		if f := math.Pow10(t.shift); f > math.MaxInt32 || f*float64(x) > math.MaxInt32 || f*float64(x) < math.MinInt32 {
			return outOfRange("integer")
		}
	}
	return numeralOfInt64(n, t, int64(x))
}

func outOfRange(typ string) error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "%s out of range", typ)
}

func numeralOfInt64(n *numeral, t *numberTemplate, x int64) error {
	switch {
	case t.roman:
		if x != int64(int32(x)) {
			return outOfRange("integer")
		}
		n.setRoman(x)
		return nil
	case t.scientific:
		return numeralOfNum(n, t, vec.NumOf(x))
	case t.shifted:
		n.whole += t.shift
		for range t.shift {
			y := x * 10
			if y/10 != x {
				return outOfRange("bigint")
			}
			x = y
		}
	}
	n.text = strconv.AppendInt(n.text, x, 10)
	if t.frac > 0 {
		n.text = appendZeros(n.text, t.frac, true)
	}
	n.fit()
	return nil
}

func numeralOfNum(n *numeral, t *numberTemplate, x vec.Num) error {
	var err error
	switch {
	case t.roman:
		return n.setRomanNum(x)
	case t.scientific:
		n.setScientific(t, x)
		return nil
	case t.shifted:
		n.whole += t.shift
		factor, err := powWhole(vec.NumOf(10), t.shift)
		if err != nil {
			return err
		}
		if x, err = vec.MulNum(x, factor); err != nil {
			return err
		}
	}
	if x.Special == vec.NumFinite {
		if x, err = roundTo(x, t.frac); err != nil {
			return err
		}
	}
	n.text = x.Append(n.text)
	if missing := t.frac - int(x.Scale); x.Special == vec.NumFinite && missing > 0 {
		n.text = appendZeros(n.text, missing, x.Scale == 0)
	}
	n.fit()
	return nil
}

func (n *numeral) setRomanNum(x vec.Num) error {
	switch {
	case x.Special == vec.NumNaN:
		return sqlstate.New(sqlstate.FeatureNotSupported, "cannot convert NaN to integer")
	case x.Special != vec.NumFinite:
		return sqlstate.New(sqlstate.FeatureNotSupported, "cannot convert infinity to integer")
	}
	x, err := x.Round(0)
	if err != nil {
		return err
	}
	v, ok := x.Int64()
	if !ok || v != int64(int32(v)) {
		return outOfRange("integer")
	}
	n.setRoman(v)
	return nil
}

// roundTo rounds to at most a number of digits behind the point. More of them are for appendZeros: a numeric might
// not hold them.
func roundTo(x vec.Num, scale int) (vec.Num, error) {
	if int(x.Scale) <= scale {
		return x, nil
	}
	return x.Round(scale)
}

// appendZeros appends digits behind a point, which may be missing.
func appendZeros(dst []byte, n int, point bool) []byte {
	if point {
		dst = append(dst, '.')
	}
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

func numeralOfFloat32(n *numeral, t *numberTemplate, x float32) error {
	if t.shifted && !t.roman && !t.scientific {
		x *= float32(math.Pow10(t.shift))
	}
	return n.setFloat(t, float64(x), 6)
}

func numeralOfFloat64(n *numeral, t *numberTemplate, x float64) error {
	if t.shifted && !t.roman && !t.scientific {
		x *= math.Pow10(t.shift)
	}
	return n.setFloat(t, x, 15)
}

// setFloat writes a float, of which so many digits count.
func (n *numeral) setFloat(t *numberTemplate, x float64, digits int) error {
	special := math.IsNaN(x) || math.IsInf(x, 0)
	switch {
	case t.roman:
		n.setRoman(int64(max(0, min(math.RoundToEven(x), 4000)))) // NaN becomes what cannot be written, too
	case t.scientific && special:
		n.setNoExponent(t)
	case t.scientific:
		if !math.Signbit(x) {
			n.text = append(n.text, ' ')
		}
		n.text = strconv.AppendFloat(n.text, x, 'e', t.frac, 64)
	default:
		n.whole += t.shift
		n.appendFloat(x, digits)
		n.fit()
	}
	return nil
}

func (n *numeral) appendFloat(x float64, digits int) {
	word := ""
	switch {
	case math.IsNaN(x):
		word = "NaN"
	case math.IsInf(x, 1):
		word = "Infinity"
	case math.IsInf(x, -1):
		word = "-Infinity"
	}
	n.text = append(n.text, word...)
	size := len("Infinity")
	switch {
	case word == "NaN":
		size = len(word)
	case word == "":
		n.text = strconv.AppendFloat(n.text, math.Abs(x), 'f', 0, 64)
		size = len(n.text)
	}
	n.frac = max(0, min(n.frac, digits-size))
	if word == "" {
		n.text = strconv.AppendFloat(n.text[:0], x, 'f', n.frac, 64)
	}
}

// fit splits off the sign and compares the number with its places. One that does not fit is shown as #.
func (n *numeral) fit() {
	if n.text[0] == '-' {
		n.negative = true
		n.text = append(n.text[:0], n.text[1:]...)
	}
	size := bytes.IndexByte(n.text, '.')
	if size < 0 {
		size = len(n.text)
	}
	switch {
	case size < n.whole:
		n.lead = n.whole - size
	case size > n.whole:
		n.text = n.text[:0]
		for range n.whole + n.frac + 1 {
			n.text = append(n.text, '#')
		}
		n.text[n.whole] = '.'
	}
}

// setScientific writes a numeric with one digit before the point and an exponent.
func (n *numeral) setScientific(t *numberTemplate, x vec.Num) {
	if x.Special != vec.NumFinite {
		n.setNoExponent(t)
		return
	}
	sign := byte(' ')
	if x.Sign() < 0 {
		sign = '-'
	}
	abs := x.Abs()
	abs.Scale = 0
	var buf [vec.MaxDigits + 2]byte
	digits := abs.Append(buf[:0])
	exponent := len(digits) - 1 - int(x.Scale)
	if x.IsZero() {
		exponent = 0
	}
	size := 1
	if keep := 1 + t.frac; len(digits) > keep {
		abs, _ = vec.Num{Coef: abs.Coef, Scale: int32(len(digits) - keep)}.Round(0)
		digits = abs.Append(digits[:0])
		size += len(digits) - keep // 9.9 becomes 10 and keeps its exponent
	}
	for len(digits) < size+t.frac {
		digits = append(digits, '0')
	}
	n.text = append(append(n.text, sign), digits[:size]...)
	if t.frac > 0 {
		n.text = append(append(n.text, '.'), digits[size:]...)
	}
	n.text = append(n.text, 'e')
	if exponent < 0 {
		n.text = append(n.text, '-')
	} else {
		n.text = append(n.text, '+')
	}
	n.text = appendField(n.text, int64(max(exponent, -exponent)), 0, 2, false)
}

// setNoExponent writes what stands for NaN and the infinities with EEEE.
func (n *numeral) setNoExponent(t *numberTemplate) {
	for range t.whole + t.frac + 6 {
		n.text = append(n.text, '#')
	}
	n.text[0], n.text[t.whole+1] = ' ', '.'
}

// romanWidth is how wide the longest Roman numeral is, MMMDCCCLXXXVIII.
const romanWidth = 15

var romanDigits = []struct {
	value int64
	text  string
}{
	{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"},
	{5, "V"}, {4, "IV"}, {1, "I"},
}

func (n *numeral) setRoman(x int64) {
	if x < 1 || x > 3999 {
		for range romanWidth {
			n.text = append(n.text, '#')
		}
		return
	}
	for _, d := range romanDigits {
		for ; x >= d.value; x -= d.value {
			n.text = append(n.text, d.text...)
		}
	}
}
