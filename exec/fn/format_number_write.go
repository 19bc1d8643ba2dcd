package fn

import (
	"bytes"

	"gsql/exec/sqlstate"
)

// numberWriter writes a number into its template.
//
// Digits and points of the template are places, counted from 0. The first ones, before the number's first digit, are
// blank or zero; at the others stands the next character of the number.
type numberWriter struct {
	n         numeral
	t         *numberTemplate
	dst       []byte
	at        int // next character of the number
	place     int // next place
	last      int // with FM and a point, the last character of the number that is shown; otherwise -1
	lastPlace int // counted from 1, behind which a closing sign stands
	signed    bool
	started   bool // the place before had a digit, so that a comma is shown
	anchor    anchor
	angles    bool // <> around negative numbers
	cut       int  // where the text ends although the template goes on; otherwise -1
}

// append appends the number in the form of the template.
func (w *numberWriter) append(dst []byte, t *numberTemplate) ([]byte, error) {
	w.t, w.dst, w.at, w.place, w.last, w.started, w.cut = t, dst, 0, 0, -1, false, -1
	if !t.roman {
		w.begin()
	}
	for i := range t.items {
		it := &t.items[i]
		switch {
		case it.kind != itemField:
			w.dst = append(w.dst, it.char...)
		case it.word.id == numberNine, it.word.id == numberZero, it.word.id == numberPoint:
			if !t.roman {
				w.put(it.word.id)
			}
		case it.word.id == numberOrdinal:
			if err := w.ordinal(it.word.name); err != nil {
				return w.dst, err
			}
		default:
			w.mark(it)
		}
	}
	dst, w.dst = w.dst, nil
	if w.cut >= 0 {
		dst = dst[:w.cut]
	}
	return dst, nil
}

// begin settles where the sign goes and what FM leaves out.
func (w *numberWriter) begin() {
	t := w.t
	w.anchor, w.angles = t.anchor, t.brackets
	if t.plus || t.minus {
		w.signed = t.minus // PL alone does not show that a number is negative
	} else {
		w.angles = w.angles && (w.n.negative || !t.fill)
		w.signed = !w.n.negative && t.fill && t.anchor == noAnchor
		if w.anchor == anchorBefore && w.n.whole == t.anchorAt {
			w.anchor = anchorBehind
		}
	}
	if t.fill && t.point {
		w.last = w.lastShown()
	}
	w.lastPlace = w.n.frac + w.n.whole - 1
	if !w.signed && w.n.lead == 0 {
		w.lastPlace++
	}
	if w.n.lead > 0 {
		w.lastPlace++
	}
	if t.point {
		w.lastPlace++
	}
}

// lastShown returns the last digit behind the point that is not zero or has a 0 in the template; the point when there
// is none, and -1 for a number without one.
func (w *numberWriter) lastShown() int {
	digits := w.n.text
	last := bytes.IndexByte(digits, '.')
	if last < 0 {
		return -1
	}
	for i := last + 1; i < len(digits); i++ {
		if digits[i] != '0' {
			last = i
		}
	}
	if w.t.zeroTo > w.n.lead {
		last = max(last, min(len(digits)-1, w.t.zeroTo-w.n.lead))
	}
	return last
}

// next returns the next character of the number, 0 behind its end.
func (w *numberWriter) next() byte {
	if w.at < len(w.n.text) {
		return w.n.text[w.at]
	}
	return 0
}

// droppedZero reports whether the next digit is the 0 of 0.5, which 9.9 does not show.
func (w *numberWriter) droppedZero() bool {
	return !w.t.zero && w.at == 0 && w.n.text[0] == '0' && w.n.frac != 0
}

// endsAtPoint reports whether FM leaves nothing behind the point.
func (w *numberWriter) endsAtPoint() bool { return w.last >= 0 && w.n.text[w.last] == '.' }

// put fills a place.
func (w *numberWriter) put(id templateField) {
	zeros := w.t.zero && w.t.zeroFrom <= w.place
	w.started = false
	if !w.signed && (w.place >= w.n.lead || w.t.zero && w.t.zeroFrom == w.place) && (!w.droppedZero() || w.endsAtPoint()) {
		w.openingSign()
	}
	switch {
	case w.place >= w.n.lead:
		w.character(id)
	case zeros:
		w.dst, w.started = append(w.dst, '0'), true
	default:
		w.blank()
	}
	end := w.lastPlace
	if w.last >= 0 && w.last == w.at {
		end = w.place
	}
	if w.place+1 == end {
		w.closingSign()
	}
	w.place++
}

func (w *numberWriter) blank() {
	if !w.t.fill {
		w.dst = append(w.dst, ' ')
	}
}

// character writes the next character of the number.
func (w *numberWriter) character(id templateField) {
	c := w.next()
	switch {
	case c == '.':
		w.dst = append(w.dst, '.')
	case w.last >= 0 && w.at > w.last && id != numberZero:
	case w.droppedZero():
		if w.t.fill && w.endsAtPoint() {
			w.dst = append(w.dst, '0')
		} else {
			w.blank()
		}
	case c != 0:
		w.dst, w.started = append(w.dst, c), true
	default: // NaN has no digits behind the point, and a float not more than count
		w.end()
		w.started = true
	}
	if c != 0 {
		w.at++
	}
}

// end ends the text: PostgreSQL writes a zero byte here.
func (w *numberWriter) end() {
	if w.cut < 0 {
		w.cut = len(w.dst)
	}
}

func (w *numberWriter) openingSign() {
	switch {
	case w.anchor == anchorBefore:
		w.dst = append(w.dst, w.sign())
	case w.anchor == anchorBehind:
		return
	case w.angles && w.n.negative:
		w.dst = append(w.dst, '<')
	case w.n.negative:
		w.dst = append(w.dst, '-')
	case w.angles:
		w.dst = append(w.dst, ' ')
	default:
		w.blank()
	}
	w.signed = true
}

func (w *numberWriter) closingSign() {
	switch {
	case w.signed && w.angles && w.n.negative:
		w.dst = append(w.dst, '>')
	case w.signed && w.angles:
		w.dst = append(w.dst, ' ')
	case w.anchor == anchorBehind:
		w.dst = append(w.dst, w.sign())
	}
}

func (w *numberWriter) sign() byte {
	if w.n.negative {
		return '-'
	}
	return '+'
}

// mark writes a field that is no place.
func (w *numberWriter) mark(it *templateItem) {
	name := it.word.name
	switch it.word.id {
	case numberComma:
		if w.started {
			w.dst = append(w.dst, ',')
		} else {
			w.blank()
		}
	case numberCurrency:
		w.dst = append(w.dst, ' ')
	case numberRoman:
		for n := len(w.n.text); n < romanWidth && !w.t.fill; n++ {
			w.dst = append(w.dst, ' ')
		}
		start := len(w.dst)
		w.dst = append(w.dst, w.n.text...)
		if name == "rn" {
			copy(w.dst[start:], bytes.ToLower(w.n.text))
		}
	case numberMinus:
		w.signOr(w.n.negative)
	case numberPlus:
		w.signOr(!w.n.negative && !w.t.roman)
	case numberSign:
		if w.t.roman {
			w.end()
		}
		w.dst = append(w.dst, w.sign())
	}
}

func (w *numberWriter) signOr(shown bool) {
	if shown {
		w.dst = append(w.dst, w.sign())
	} else {
		w.blank()
	}
}

// ordinal writes the ending of the number, wherever it stands in the template.
func (w *numberWriter) ordinal(like string) error {
	text := w.n.text
	switch {
	case w.t.roman, text[0] == '#', w.n.negative, w.t.point:
		return nil
	case !isDigit(text[len(text)-1]):
		return sqlstate.New(sqlstate.BadTextValue, "\"%s\" is not a number", text)
	}
	w.dst = append(w.dst, ordinalEnding(text, like)...)
	return nil
}
