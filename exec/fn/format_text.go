package fn

import (
	"strings"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// format, which fills a template of its own with the texts of its arguments.

func init() {
	t := types.Of(types.Text)
	for _, args := range [][]types.ID{{types.Text}, {types.Text, types.Any}} {
		RegisterScalar(&Scalar{
			Name: "format", Args: typesOf(args), Variadic: len(args) > 1, Ret: t, NotStrict: true, Volatility: Stable, Eval: formatTexts,
		})
	}
}

// formatSpec is %[n$][-][width]type.
type formatSpec struct {
	before   string // the text before it
	arg      int    // from 1; 0 is the argument after the last one used
	left     bool   // pad at the right
	width    int
	widthArg int // argument that has the width, 0 for the next one; -1 for none
	kind     byte
}

// formatTemplate is a template of format: specifications, and the text behind the last of them. What is wrong with it
// is an error only after what precedes it.
type formatTemplate struct {
	specs []formatSpec
	rest  string
	err   error
}

func compileFormat(s string) (t formatTemplate, err error) {
	var before []byte
	for s != "" {
		plain, spec, found := strings.Cut(s, "%")
		before, s = append(before, plain...), spec
		if !found {
			break
		}
		if strings.HasPrefix(s, "%") {
			before, s = append(before, '%'), s[1:]
			continue
		}
		f := formatSpec{before: string(before), widthArg: -1}
		if s, t.err = f.read(s); t.err != nil {
			return t, nil
		}
		t.specs, before = append(t.specs, f), before[:0]
	}
	t.rest = string(before)
	return t, nil
}

func unterminated() error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "unterminated format() type specifier").
		WithHint("For a single \"%%\" use \"%%%%\".")
}

// read reads what follows the percent sign.
func (f *formatSpec) read(s string) (rest string, err error) {
	n, digits, err := formatNumber(s)
	if err != nil {
		return s, err
	}
	s = s[digits:]
	switch {
	case digits > 0 && strings.HasPrefix(s, "$"):
		if n == 0 {
			return s, noArgumentZero()
		}
		f.arg, s = n, s[1:]
	case digits > 0:
		f.width = n
		return f.readKind(s)
	}
	for strings.HasPrefix(s, "-") {
		f.left, s = true, s[1:]
	}
	star := strings.HasPrefix(s, "*")
	if star {
		s = s[1:]
	}
	if n, digits, err = formatNumber(s); err != nil {
		return s, err
	}
	s = s[digits:]
	switch {
	case !star:
		f.width = n
	case digits == 0:
		f.widthArg = 0
	case s == "":
		return s, unterminated()
	case s[0] != '$':
		return s, sqlstate.New(sqlstate.InvalidParameterValue, "width argument position must be ended by \"$\"")
	case n == 0:
		return s, noArgumentZero()
	default:
		f.widthArg, s = n, s[1:]
	}
	return f.readKind(s)
}

func noArgumentZero() error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")
}

func (f *formatSpec) readKind(s string) (rest string, err error) {
	if s == "" {
		return s, unterminated()
	}
	switch f.kind = s[0]; f.kind {
	case 's', 'I', 'L':
		return s[1:], nil
	}
	_, w := utf8.DecodeRuneInString(s)
	return s, sqlstate.New(sqlstate.InvalidParameterValue, "unrecognized format() type specifier \"%s\"", s[:w]).
		WithHint("For a single \"%%\" use \"%%%%\".")
}

// formatNumber reads digits and returns how many there are.
func formatNumber(s string) (n, digits int, err error) {
	for digits < len(s) && isDigit(s[digits]) {
		if n = n*10 + int(s[digits]-'0'); n != int(int32(n)) {
			return 0, 0, outOfRangeNumber()
		}
		digits++
	}
	if digits > 0 && digits == len(s) {
		return 0, 0, unterminated()
	}
	return n, digits, nil
}

func outOfRangeNumber() error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "number is out of range")
}

func formatTexts(c *Call) (*vec.Vector, error) {
	template := templatesOf(c.Args[0], compileFormat)
	w := formatWriter{c: c, style: styleOf(c.Ctx)}
	return appendTexts(c, func(i int, dst []byte) ([]byte, bool, error) {
		if c.Args[0].IsNull(i) {
			return dst, false, nil
		}
		t, _ := template(i)
		w.row, w.arg = i, 0
		for k := range t.specs {
			var err error
			dst = append(dst, t.specs[k].before...)
			if dst, err = w.append(dst, &t.specs[k]); err != nil {
				return dst, false, err
			}
		}
		return append(dst, t.rest...), true, t.err
	})
}

// formatWriter writes the arguments of one row.
type formatWriter struct {
	c     *Call
	style *text.Style
	row   int
	arg   int // last used
	tmp   []byte
}

func (w *formatWriter) append(dst []byte, f *formatSpec) ([]byte, error) {
	width, left, err := w.width(f)
	if err != nil {
		return dst, err
	}
	v, err := w.argument(f.arg)
	if err != nil {
		return dst, err
	}
	w.tmp = w.tmp[:0]
	if !v.IsNull(w.row) {
		w.tmp = text.Append(w.tmp, v, w.row, w.style)
	}
	s := w.tmp
	switch {
	case f.kind == 'I' && v.IsNull(w.row):
		return dst, sqlstate.New(sqlstate.NullNotAllowed, "null values cannot be formatted as an SQL identifier")
	case f.kind == 'I':
		s, _ = quoteIdent(nil, s)
	case f.kind == 'L' && v.IsNull(w.row):
		s = append(s, "NULL"...)
	case f.kind == 'L':
		s, _ = quoteLiteral(nil, s)
	}
	missing := 0
	if width > 0 {
		missing = max(0, width-utf8.RuneCount(s))
	}
	if missing > maxString {
		return dst, tooLong()
	}
	if !left {
		dst = appendSpaces(dst, missing)
	}
	dst = append(dst, s...)
	if left {
		dst = appendSpaces(dst, missing)
	}
	return dst, nil
}

func appendSpaces(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, ' ')
	}
	return dst
}

// argument returns argument n, or the next one if n is 0.
func (w *formatWriter) argument(n int) (*vec.Vector, error) {
	if n == 0 {
		n = w.arg + 1
	}
	if n >= len(w.c.Args) {
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "too few arguments for format()")
	}
	w.arg = n
	return w.c.Args[n], nil
}

// width returns how wide a text is at least. An argument that is negative pads at the right.
func (w *formatWriter) width(f *formatSpec) (width int, left bool, err error) {
	if f.widthArg < 0 {
		return f.width, f.left, nil
	}
	v, err := w.argument(f.widthArg)
	if err != nil || v.IsNull(w.row) {
		return 0, f.left, err
	}
	w.tmp = text.Append(w.tmp[:0], v, w.row, w.style)
	n, err := text.ParseInt(w.tmp)
	if err != nil {
		return 0, false, sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type integer: \"%s\"", w.tmp)
	}
	if n != int64(int32(n)) || n == -1<<31 {
		return 0, false, outOfRangeNumber()
	}
	if n < 0 {
		return int(-n), true, nil
	}
	return int(n), f.left, nil
}
