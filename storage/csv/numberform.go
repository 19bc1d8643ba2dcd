package csv

import "bytes"

// numberForm is how numbers are written where it is not SQL's way. The zero value is SQL's.
type numberForm struct {
	decimal   byte // ',' or '.'; 0: not known to be other than '.'
	thousands byte // between groups of three digits; 0: none
}

func (n numberForm) point() byte {
	if n.decimal == 0 {
		return '.'
	}
	return n.decimal
}

// concerns reports whether a value may be a number in a form of its own: it has a separator that SQL does not have, or
// has for something else.
func (n numberForm) concerns(v []byte) bool {
	if n == (numberForm{}) {
		return false
	}
	if c := v[0]; (c < '0' || c > '9') && c != '-' && c != n.point() {
		return false
	}
	return n.thousands != 0 && bytes.IndexByte(v, n.thousands) >= 0 || n.decimal == ',' && bytes.ContainsAny(v, ",.")
}

// plain appends a number as SQL writes it. ok is false for what is no number in the form: groups must be of three
// digits, and nothing but digits, a sign, the separators of groups and one decimal separator may stand in it.
func (n numberForm) plain(dst, v []byte) (out []byte, ok bool) {
	if len(v) > 0 && v[0] == '-' {
		dst, v = append(dst, '-'), v[1:]
	}
	whole, fraction, hasPoint := bytes.Cut(v, []byte{n.point()})
	if hasPoint && len(fraction) == 0 {
		return dst, false
	}
	groups := 0
	for len(whole) > 0 {
		g := whole
		if i := bytes.IndexByte(whole, n.thousands); n.thousands != 0 && i >= 0 {
			g, whole = whole[:i], whole[i+1:]
			if len(whole) == 0 {
				return dst, false
			}
		} else {
			whole = nil
		}
		more := len(whole) > 0 || groups > 0
		if !allDigits(g) || len(g) == 0 || more && (groups == 0 && len(g) > 3 || groups > 0 && len(g) != 3) {
			return dst, false
		}
		dst = append(dst, g...)
		groups++
	}
	if groups == 0 || !allDigits(fraction) {
		return dst, false
	}
	if hasPoint {
		dst = append(append(dst, '.'), fraction...)
	}
	return dst, true
}

func allDigits(v []byte) bool {
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// numberEvidence gathers which form the numbers of a file have. A file is written in one: what one value tells, such as
// 1.234,50, holds for 1.234 as well, which alone could be either.
type numberEvidence struct {
	decimalComma, decimalPoint bool
	groupComma, groupPoint     bool
}

var (
	commaForm = numberForm{',', '.'}
	pointForm = numberForm{'.', ','}
)

// add looks at a value.
func (e *numberEvidence) add(v []byte) {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return
	}
	comma, point := bytes.Count(v, []byte{','}), bytes.Count(v, []byte{'.'})
	var buf [64]byte
	if comma == 0 && point == 0 || len(v) > len(buf) {
		return
	}
	_, asComma := commaForm.plain(buf[:0], v)
	_, asPoint := pointForm.plain(buf[:0], v)
	switch {
	case asComma && asPoint: // 1,234 and 1.234 and no more
	case asComma:
		e.decimalComma = e.decimalComma || comma == 1
		e.groupPoint = e.groupPoint || point > 0
	case asPoint:
		e.decimalPoint = e.decimalPoint || point == 1
		e.groupComma = e.groupComma || comma > 0
	}
}

// form returns the form that the evidence is for. Decimal commas are looked for only where fields end in semicolons, as
// programs write them where commas are decimal: elsewhere 1,5 may be a list.
func (e numberEvidence) form(delim byte) numberForm {
	switch {
	case (e.decimalComma || e.groupPoint) && (e.decimalPoint || e.groupComma):
		return numberForm{}
	case e.decimalComma && (delim == ';' || delim == noDelim):
		f := numberForm{decimal: ','}
		if e.groupPoint {
			f.thousands = '.'
		}
		return f
	case e.groupComma:
		return numberForm{thousands: ','}
	case e.groupPoint && delim == ';':
		return commaForm
	}
	return numberForm{}
}
