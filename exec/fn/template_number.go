package fn

import "gsql/exec/sqlstate"

// The fields of templates of numbers.
const (
	numberNone templateField = iota
	numberNine
	numberZero
	numberPoint // . and D
	numberComma // , and G
	numberBlank // B
	numberScientific
	numberFill
	numberCurrency
	numberMinus    // MI
	numberPlus     // PL
	numberBrackets // PR
	numberRoman
	numberSign   // SG
	numberSpell  // SP
	numberAnchor // S, a sign beside the number
	numberOrdinal
	numberShift // V
	numberNothing
)

var numberWords = func() *templateReader {
	r := &templateReader{}
	for _, w := range []struct {
		id    templateField
		names []string
	}{
		{numberComma, []string{",", "G", "g"}}, {numberPoint, []string{".", "D", "d"}}, {numberZero, []string{"0"}},
		{numberNine, []string{"9"}}, {numberBlank, []string{"B", "b"}}, {numberScientific, []string{"EEEE", "eeee"}},
		{numberFill, []string{"FM", "fm"}}, {numberCurrency, []string{"L", "l"}}, {numberMinus, []string{"MI", "mi"}},
		{numberPlus, []string{"PL", "pl"}}, {numberBrackets, []string{"PR", "pr"}}, {numberRoman, []string{"RN", "rn"}},
		{numberSign, []string{"SG", "sg"}}, {numberSpell, []string{"SP", "sp"}}, {numberAnchor, []string{"S", "s"}},
		{numberOrdinal, []string{"TH", "th"}}, {numberShift, []string{"V", "v"}}, {numberNothing, []string{"C", "c"}},
	} {
		r.add(templateWord{id: w.id}, w.names...)
	}
	return r
}()

// numberTemplate is a template of numbers and what its fields say together.
type numberTemplate struct {
	items                            []templateItem
	whole, frac                      int // digits before and behind the point
	shift                            int // digits behind V
	point, zero, fill                bool
	plus, minus, brackets, roman     bool
	scientific, blank, shifted, none bool // none: the template is empty
	anchor                           anchor
	anchorAt                         int // digits before S
	zeroFrom, zeroTo                 int // the first 0 and the last, among the digits
}

// anchor says where S puts the sign.
type anchor uint8

const (
	noAnchor anchor = iota
	anchorBefore
	anchorBehind
)

func compileNumber(s string) (*numberTemplate, error) {
	t := &numberTemplate{items: numberWords.read(s), none: s == ""}
	for i := range t.items {
		if t.items[i].kind != itemField {
			continue
		}
		id := t.items[i].word.id
		if t.scientific && id != numberScientific {
			return t, badTemplate(`"EEEE" must be the last pattern used`)
		}
		if err := t.add(id); err != nil {
			return t, err
		}
	}
	return t, nil
}

func badTemplate(message string) error { return sqlstate.New(sqlstate.SyntaxError, "%s", message) }

func (t *numberTemplate) add(id templateField) error {
	switch id {
	case numberNine, numberZero:
		return t.addDigit(id)
	case numberPoint:
		switch {
		case t.point:
			return badTemplate("multiple decimal points")
		case t.shifted:
			return badTemplate(`cannot use "V" and decimal point together`)
		}
		t.point = true
	case numberShift:
		if t.point {
			return badTemplate(`cannot use "V" and decimal point together`)
		}
		t.shifted = true
	case numberBlank:
		t.blank = t.blank || t.whole == 0 && t.frac == 0 && !t.zero
	case numberFill:
		t.fill = true
	case numberRoman:
		t.roman = true
	case numberScientific:
		switch {
		case t.scientific:
			return badTemplate(`cannot use "EEEE" twice`)
		case t.blank || t.fill || t.anchor != noAnchor || t.brackets || t.minus || t.plus || t.roman || t.shifted:
			return badTemplate(`"EEEE" is incompatible with other formats`)
		}
		t.scientific = true
	default:
		return t.addSign(id)
	}
	return nil
}

func (t *numberTemplate) addDigit(id templateField) error {
	switch {
	case t.brackets && id == numberZero:
		return badTemplate(`"0" must be ahead of "PR"`)
	case t.brackets:
		return badTemplate(`"9" must be ahead of "PR"`)
	case id == numberNine && t.shifted:
		t.shift++
		return nil
	case id == numberZero && !t.zero && !t.point:
		t.zero, t.zeroFrom = true, t.whole
	}
	if t.point {
		t.frac++
	} else {
		t.whole++
	}
	if id == numberZero {
		t.zeroTo = t.whole + t.frac
	}
	return nil
}

func (t *numberTemplate) addSign(id templateField) error {
	switch id {
	case numberAnchor:
		switch {
		case t.anchor != noAnchor:
			return badTemplate(`cannot use "S" twice`)
		case t.plus || t.minus || t.brackets:
			return badTemplate(`cannot use "S" and "PL"/"MI"/"SG"/"PR" together`)
		case t.point:
			t.anchor = anchorBehind
		default:
			t.anchor, t.anchorAt = anchorBefore, t.whole
		}
	case numberMinus:
		if t.anchor != noAnchor {
			return badTemplate(`cannot use "S" and "MI" together`)
		}
		t.minus = true
	case numberPlus:
		if t.anchor != noAnchor {
			return badTemplate(`cannot use "S" and "PL" together`)
		}
		t.plus = true
	case numberSign:
		if t.anchor != noAnchor {
			return badTemplate(`cannot use "S" and "SG" together`)
		}
		t.plus, t.minus = true, true
	case numberBrackets:
		if t.anchor != noAnchor || t.plus || t.minus {
			return badTemplate(`cannot use "PR" and "S"/"PL"/"MI"/"SG" together`)
		}
		t.brackets = true
	}
	return nil
}
