package jsontext

import (
	"bytes"
	"cmp"
	"strings"

	"gsql/exec/sqlstate"
)

// PostgreSQL's numeric has no more digits than these before and behind the point.
const (
	maxWhole    = 131072
	maxFraction = 16383
)

// number is the parts of a number in JSON's grammar.
type number struct {
	negative        bool
	whole, fraction []byte
	exponent        int // bounded by maxExponent
}

const maxExponent = 1 << 20

// scanNumber reads the whole of s.
func scanNumber(s []byte) (n number, ok bool) {
	i := 0
	digits := func() []byte {
		from := i
		for i < len(s) && s[i]-'0' <= 9 {
			i++
		}
		return s[from:i]
	}
	if n.negative = len(s) > 0 && s[0] == '-'; n.negative {
		i++
	}
	if n.whole = digits(); len(n.whole) == 0 || n.whole[0] == '0' && len(n.whole) > 1 {
		return n, false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if n.fraction = digits(); len(n.fraction) == 0 {
			return n, false
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		negative := i < len(s) && s[i] == '-'
		if negative || i < len(s) && s[i] == '+' {
			i++
		}
		e := digits()
		for _, c := range e {
			n.exponent = min(n.exponent*10+int(c-'0'), maxExponent)
		}
		if negative {
			n.exponent = -n.exponent
		}
		ok = len(e) > 0
		return n, ok && i == len(s)
	}
	return n, i == len(s)
}

// append appends the number as numeric prints it: no exponent, and as many digits behind the point as were given.
func (n number) append(dst []byte) ([]byte, error) {
	all := append(n.whole[:len(n.whole):len(n.whole)], n.fraction...)
	significant := bytes.TrimLeft(all, "0")
	whole := len(n.whole) + n.exponent // digits before the point
	scale := max(0, len(n.fraction)-n.exponent)
	leading := len(all) - len(significant)
	if scale > maxFraction || len(significant) > 0 && whole-leading > maxWhole {
		return dst, sqlstate.New(sqlstate.NumericOutOfRange, "value overflows numeric format")
	}
	if len(significant) == 0 {
		dst = append(dst, '0')
		if scale > 0 {
			dst = append(append(dst, '.'), strings.Repeat("0", scale)...)
		}
		return dst, nil
	}
	if n.negative {
		dst = append(dst, '-')
	}
	whole -= leading
	switch {
	case whole <= 0:
		dst = append(append(dst, "0."...), strings.Repeat("0", -whole)...)
		return append(dst, significant...), nil
	case whole >= len(significant):
		dst = append(append(dst, significant...), strings.Repeat("0", whole-len(significant))...)
		if scale > 0 {
			dst = append(append(dst, '.'), strings.Repeat("0", scale)...)
		}
		return dst, nil
	}
	dst = append(dst, significant[:whole]...)
	return append(append(dst, '.'), significant[whole:]...), nil
}

// compareNumbers orders numbers in their normal form, of any length.
func compareNumbers(a, b []byte) int {
	an, bn := a[0] == '-', b[0] == '-'
	switch {
	case an && bn:
		return compareMagnitudes(b[1:], a[1:])
	case an:
		return -1
	case bn:
		return 1
	}
	return compareMagnitudes(a, b)
}

func compareMagnitudes(a, b []byte) int {
	aw, af, _ := bytes.Cut(a, []byte{'.'})
	bw, bf, _ := bytes.Cut(b, []byte{'.'})
	return cmp.Or(cmp.Compare(len(aw), len(bw)), bytes.Compare(aw, bw),
		bytes.Compare(bytes.TrimRight(af, "0"), bytes.TrimRight(bf, "0")))
}
