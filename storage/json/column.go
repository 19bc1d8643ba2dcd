package json

import (
	"unicode/utf8"
	"unsafe"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// column gathers the values of one member for a batch.
type column struct {
	typ   types.Type
	given bool // the type was asked for: a value may be of any JSON type that can be read as it
	style *text.Style
	conv  func(c *column, w *walker, s []span) int

	rows   int // capacity
	n      int
	width  int
	data   []byte
	valid  vec.Bitmap
	values int    // that are not NULL
	text   []byte // of long strings
	guess  int    // bytes of text that the last batch had

	any *vec.Builder // instead of data, for types without a reader of their own
	buf []byte       // a string without its escapes
	err error        // about the value that conv refused; nil: it is not of the type
}

// newColumn returns a column of batches of up to rows rows.
func newColumn(t types.Type, given bool, rows int, style *text.Style) *column {
	c := &column{typ: t, given: given, rows: rows, style: style, width: t.Kind().Width()}
	switch t.ID {
	case types.Text, types.Varchar:
		c.conv = (*column).texts
		if t.Prec > 0 {
			c.conv = (*column).anything
		}
	case types.JSON:
		c.conv = (*column).documents
	case types.Bool:
		c.conv = (*column).bools
	case types.Int64:
		c.conv = (*column).bigints
	case types.Float64:
		c.conv = (*column).doubles
	case types.Date:
		c.conv = (*column).dates
	case types.Timestamp, types.TimestampTZ:
		c.conv = (*column).timestamps
	default:
		c.conv = (*column).anything
	}
	return c
}

// add appends the values at s in the walker's text. It returns the number of the first that is none of the
// column's type, or -1.
func (c *column) add(w *walker, s []span) int {
	if c.data == nil {
		// Whole words, so that values of every kind are aligned.
		c.data = vec.BytesOf(make([]uint64, (c.rows*c.width+7)/8))[:c.rows*c.width]
		c.valid = vec.NewBitmap(c.rows)
		if c.guess > 0 {
			c.text = make([]byte, 0, c.guess+c.guess/8)
		}
	}
	if bad := c.conv(c, w, s); bad >= 0 {
		return bad
	}
	c.n += len(s)
	return -1
}

// out returns the memory of n more values.
func out[T vec.Fixed](c *column, n int) []T { return vec.As[T](c.data)[c.n : c.n+n] }

// set says that value i behind the last is not NULL.
func (c *column) set(i int) {
	c.valid.Set(c.n + i)
	c.values++
}

// cut drops all but the first n rows.
func (c *column) cut(n int) {
	c.n = n
	if c.any != nil {
		return
	}
	if r := uint(n) & 63; r != 0 {
		c.valid[n/64] &= 1<<r - 1
	}
	c.values = c.valid.Count(n)
}

// finish returns the vector of the rows gathered and empties the column.
func (c *column) finish() *vec.Vector {
	if c.any != nil {
		v := vec.Slice(c.any.Finish(), 0, c.n)
		c.n, c.any = 0, nil
		return v
	}
	if c.data == nil { // no rows yet
		return vec.NewNull(c.typ, c.n)
	}
	v := &vec.Vector{Type: c.typ, Kind: c.typ.Kind(), Len: c.n, Data: c.data[:c.n*c.width]}
	if c.values < c.n {
		v.Valid = c.valid[:(c.n+63)/64]
	}
	if len(c.text) > 0 {
		v.Bufs = [][]byte{c.text}
		c.guess = len(c.text)
	}
	c.n, c.values, c.data, c.valid, c.text = 0, 0, nil, nil, nil
	return v
}

func isNull(v []byte) bool { return string(v) == "null" }

func (c *column) bigints(w *walker, s []span) int {
	o := out[int64](c, len(s))
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		v := w.buf[sp.start:sp.end]
		x, ok := parseInt(v)
		if !ok {
			if isNull(v) {
				continue
			}
			if x, ok = general[int64](c, w, v, validNumber(v)); !ok {
				return i
			}
		}
		o[i] = x
		c.set(i)
	}
	return -1
}

// parseInt reads an integer of up to 18 digits.
func parseInt(v []byte) (int64, bool) {
	neg := v[0] == '-'
	if neg {
		v = v[1:]
	}
	if len(v) == 0 || len(v) > 18 || v[0] == '0' && len(v) > 1 {
		return 0, false
	}
	var x int64
	for _, c := range v {
		d := int64(c) - '0'
		if uint64(d) > 9 {
			return 0, false
		}
		x = x*10 + d
	}
	if neg {
		x = -x
	}
	return x, true
}

func (c *column) doubles(w *walker, s []span) int {
	o := out[float64](c, len(s))
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		v := w.buf[sp.start:sp.end]
		var x float64
		ok := validNumber(v)
		if ok {
			var err error
			x, err = text.ParseFloat(v, 64)
			ok = err == nil
		}
		if !ok {
			if isNull(v) {
				continue
			}
			if x, ok = general[float64](c, w, v, validNumber(v)); !ok {
				return i
			}
		}
		o[i] = x
		c.set(i)
	}
	return -1
}

func (c *column) bools(w *walker, s []span) int {
	o := out[uint8](c, len(s))
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		switch v := w.buf[sp.start:sp.end]; string(v) {
		case "true":
			o[i] = 1
		case "false":
		case "null":
			continue
		default:
			x, ok := general[uint8](c, w, v, false)
			if !ok {
				return i
			}
			o[i] = x
		}
		c.set(i)
	}
	return -1
}

func (c *column) dates(w *walker, s []span) int {
	o := out[int32](c, len(s))
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		v := w.buf[sp.start:sp.end]
		x, ok := int32(0), false
		if len(v) == len(`"2000-01-01"`) {
			x, ok = text.ParseDateISO(v[1:11])
		}
		if !ok {
			if isNull(v) {
				continue
			}
			if x, ok = general[int32](c, w, v, false); !ok {
				return i
			}
		}
		o[i] = x
		c.set(i)
	}
	return -1
}

func (c *column) timestamps(w *walker, s []span) int {
	o := out[int64](c, len(s))
	read := text.ParseTimestampISO
	if c.typ.ID == types.TimestampTZ {
		read = text.ParseTimestampTZISO
	}
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		v := w.buf[sp.start:sp.end]
		x, ok := int64(0), false
		if v[0] == '"' {
			x, ok = read(v[1 : len(v)-1])
		}
		if !ok {
			if isNull(v) {
				continue
			}
			_, date := text.ParseDateISO(v[1:max(1, len(v)-1)])
			if x, ok = general[int64](c, w, v, date && c.typ.ID == types.Timestamp); !ok {
				return i
			}
		}
		o[i] = x
		c.set(i)
	}
	return -1
}

// general reads a value in any form that PostgreSQL knows. Unless it is a form that the inferred type stands for,
// the type must have been given.
func general[T vec.Fixed](c *column, w *walker, v []byte, usual bool) (x T, ok bool) {
	if !c.given && !usual {
		return x, false
	}
	b := vec.NewBuilder(c.typ)
	if c.err = c.parse(b, c.typ, w, v); c.err != nil {
		return x, false
	}
	return vec.At[T](b.Finish(), 0), true
}

func (c *column) texts(w *walker, s []span) int {
	o := out[vec.View](c, len(s))
	long := c.text // not in c: each assignment to a field would go through the write barrier
	bad := -1
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		v := w.buf[sp.start:sp.end]
		fits := c.given
		if v[0] == '"' {
			fits = true
			if v = v[1 : len(v)-1]; w.escapes || w.high {
				v, c.err = c.plain(w, v)
			}
		} else if isNull(v) {
			continue
		} else {
			c.err = c.check(w, v)
		}
		if c.err != nil || !fits {
			bad = i
			break
		}
		o[i], long = view(v, long)
		c.set(i)
	}
	c.text = long
	return bad
}

// view returns the view of a string, which long takes up if it is long.
func view(v []byte, long []byte) (vec.View, []byte) {
	if len(v) <= vec.ViewInline {
		return vec.MakeView(v, 0, 0), long
	}
	x := vec.View{Len: uint32(len(v)), Off: uint32(len(long))}
	*(*uint32)(unsafe.Pointer(&x.Prefix)) = *(*uint32)(unsafe.Pointer(unsafe.SliceData(v)))
	return x, append(long, v...)
}

// plain returns a string, given without its quotes, as it is meant.
func (c *column) plain(w *walker, v []byte) ([]byte, error) {
	if w.escapes {
		for _, b := range v {
			if b != '\\' {
				continue
			}
			var what string
			if c.buf, what = unquote(c.buf[:0], v); what != "" {
				return nil, invalid(what)
			}
			v = c.buf
			break
		}
	}
	if w.high && !utf8.Valid(v) {
		return nil, notUTF8()
	}
	return v, nil
}

// check checks a value of any JSON type.
func (c *column) check(w *walker, v []byte) error {
	if v[0] != '{' && v[0] != '[' && v[0] != '"' {
		if !validScalar(v) {
			return invalid("expected a value")
		}
		return nil
	}
	if what, _ := checkValue(v); what != "" {
		return invalid(what)
	}
	if w.high && !utf8.Valid(v) {
		return notUTF8()
	}
	return nil
}

func invalid(what string) error {
	code := sqlstate.BadTextValue
	if what == nulEscape {
		code = sqlstate.UntranslatableCharacter
	}
	return sqlstate.New(code, "invalid input syntax for type json").WithDetail("%s.", what)
}

func notUTF8() error {
	return sqlstate.New(sqlstate.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\"").WithHint("Convert the file to UTF-8.")
}

func (c *column) documents(w *walker, s []span) int {
	o := out[vec.View](c, len(s))
	long, bad := c.text, -1
	for i, sp := range s {
		if sp.end == 0 {
			continue
		}
		v := w.buf[sp.start:sp.end]
		if isNull(v) {
			continue
		}
		if c.err = c.check(w, v); c.err != nil {
			bad = i
			break
		}
		o[i], long = view(v, long)
		c.set(i)
	}
	c.text = long
	return bad
}

// anything reads values of types that are rare in files.
func (c *column) anything(w *walker, s []span) int {
	if c.any == nil {
		c.any = vec.NewBuilder(c.typ)
	}
	for i, sp := range s {
		if sp.end == 0 || isNull(w.buf[sp.start:sp.end]) {
			c.any.AppendNull()
			continue
		}
		v := w.buf[sp.start:sp.end]
		if !c.given && !(c.typ.ID == types.Numeric && validNumber(v)) {
			return i
		}
		if c.err = c.parse(c.any, c.typ, w, v); c.err != nil {
			return i
		}
	}
	return -1
}

// parse appends a value that is not null to b, read as type t.
func (c *column) parse(b *vec.Builder, t types.Type, w *walker, v []byte) error {
	if t.ID == types.Array && v[0] == '[' {
		return c.parseList(b, t.Element(), w, v)
	}
	if v[0] == '"' && t.ID != types.JSON && t.ID != types.JSONB {
		var err error
		if v, err = c.plain(w, v[1:len(v)-1]); err != nil {
			return err
		}
	} else if err := c.check(w, v); err != nil {
		return err
	}
	return text.Parse(b, t, v, c.style)
}

func (c *column) parseList(b *vec.Builder, elem types.Type, w *walker, v []byte) error {
	if err := c.check(w, v); err != nil {
		return err
	}
	var err error
	b.AppendList(func(child *vec.Builder) {
		k := checker{s: v, i: 1}
		for k.space() != ']' && err == nil {
			from := k.i
			k.value(0)
			if e := v[from:k.i]; isNull(e) {
				child.AppendNull()
			} else {
				err = c.parse(child, elem, w, e)
			}
			if k.space() == ',' {
				k.i++
			}
		}
	})
	return err
}
