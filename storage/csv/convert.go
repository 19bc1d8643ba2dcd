package csv

import (
	"unicode/utf8"
	"unsafe"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// The converters. Each is a loop with a fast reader for the usual form of a value and a general one for the
// others; the loops are written out, for a call through a function value costs as much as the reading.

func (c *column) bigints(base unsafe.Pointer, s *cells, f *fields) int {
	return integers[int64](c, base, s, f, 64)
}

func (c *column) integers(base unsafe.Pointer, s *cells, f *fields) int {
	return integers[int32](c, base, s, f, 32)
}

func (c *column) smallints(base unsafe.Pointer, s *cells, f *fields) int {
	return integers[int16](c, base, s, f, 16)
}

func integers[T int16 | int32 | int64](c *column, base unsafe.Pointer, s *cells, f *fields, size uint) int {
	out := values[T](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		p := unsafe.Add(base, start)
		var x int64
		var ok bool
		if n <= 8 && byteAt(p, 0) > '0' {
			var u uint64
			u, ok = digits8(p, uint(n))
			x = int64(u)
		} else {
			x, ok = parseInt(p, int(n), c.strict)
		}
		if !ok {
			if x, ok = c.slowInt(c.value(s, f, i)); !ok {
				return i
			}
		}
		if size < 64 && !fitsInt(x, size) {
			return i
		}
		out[i] = T(x)
	}
	return -1
}

func (c *column) slowInt(v []byte) (int64, bool) {
	x, err := text.ParseInt(v)
	return x, err == nil && !(c.strict && oddNumber(v))
}

func (c *column) doubles(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[float64](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		p := unsafe.Add(base, start)
		x, ok := parseFloat(p, int(n), c.strict)
		if !ok {
			if x, ok = c.slowFloat(c.value(s, f, i), 64); !ok {
				return i
			}
		}
		out[i] = x
	}
	return -1
}

func (c *column) reals(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[float32](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		_, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		x, ok := c.slowFloat(c.value(s, f, i), 32)
		if !ok {
			return i
		}
		out[i] = float32(x)
	}
	return -1
}

func (c *column) slowFloat(v []byte, size int) (float64, bool) {
	if c.strict && oddNumber(v) {
		return 0, false
	}
	x, err := slowFloat(v, size)
	return x, err == nil
}

func (c *column) decimals(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[int64](c, s.n)
	scale := int(c.typ.Scale)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		x, ok := parseDecimal(unsafe.Add(base, start), int(n), scale, c.limit)
		if !ok {
			if x, ok = general[int64](c, c.value(s, f, i)); !ok {
				return i
			}
		}
		out[i] = x
	}
	return -1
}

func (c *column) dates(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[int32](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		x, ok := parseDate(unsafe.Add(base, start), int(n))
		if !ok {
			if x, ok = c.slowDate(c.value(s, f, i)); !ok {
				return i
			}
		}
		out[i] = x
	}
	return -1
}

func (c *column) slowDate(v []byte) (int32, bool) {
	if x, ok := text.ParseDateISO(v); ok || c.strict {
		return x, ok
	}
	return general[int32](c, v)
}

func (c *column) timestamps(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[int64](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		x, ok := parseTimestamp(unsafe.Add(base, start), int(n))
		if !ok {
			if x, ok = c.slowTimestamp(c.value(s, f, i)); !ok {
				return i
			}
		}
		out[i] = x
	}
	return -1
}

func (c *column) slowTimestamp(v []byte) (int64, bool) {
	if d, ok := text.ParseDateISO(v); ok {
		return int64(d) * text.Day, true
	}
	if x, ok := text.ParseTimestampISO(v); ok || c.strict {
		return x, ok
	}
	return general[int64](c, v)
}

func (c *column) times(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[int64](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		_, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		v := c.value(s, f, i)
		x, ok := text.ParseTimeISO(v)
		if !ok {
			if c.strict {
				return i
			}
			if x, ok = general[int64](c, v); !ok {
				return i
			}
		}
		out[i] = x
	}
	return -1
}

func (c *column) bools(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[uint8](c, s.n)
	pos, step, k := s.pos, s.step, 0
	for i := range out {
		_, n := cellAt(unsafe.Add(pos, k))
		k += step
		if n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		v := c.value(s, f, i)
		var x, ok bool
		if c.strict {
			x, ok = boolWord(v)
		} else {
			x, ok = text.ParseBool(v)
		}
		if !ok {
			return i
		}
		out[i] = 0
		if x {
			out[i] = 1
		}
	}
	return -1
}

// boolWord reads true, false, t and f in any case of letters: what makes a column boolean.
func boolWord(v []byte) (value, ok bool) {
	switch len(v) {
	case 1:
		switch v[0] | 0x20 {
		case 't':
			return true, true
		case 'f':
			return false, true
		}
	case 4:
		return true, foldEqual(v, "true")
	case 5:
		return false, foldEqual(v, "false")
	}
	return false, false
}

// foldEqual reports whether v is word, which is of lower-case letters, in any case of letters.
func foldEqual(v []byte, word string) bool {
	for i := range v {
		if v[i]|0x20 != word[i] {
			return false
		}
	}
	return len(v) == len(word)
}

// inlineMask has the bytes that a text of n bytes fills in the two words of a view, in which the first half of
// the first word is the length.
var inlineMask = func() (m [16][2]uint64) {
	for n := range vec.ViewInline + 1 {
		lo := min(n, 4)
		m[n][0] = (1<<(8*lo) - 1) << 32
		m[n][1] = 1<<(8*(n-lo)) - 1
	}
	return m
}()

// texts makes views. Short texts lie in the view; longer ones are copied, so that what keeps a text does not
// keep the block that it came in.
func (c *column) texts(base unsafe.Pointer, s *cells, f *fields) int {
	out := values[vec.View](c, s.n)
	long := c.longText() // not in c: each assignment to a field would go through the write barrier
	pos, step, least, k := s.pos, s.step, s.least, 0
	for i := range out {
		start, n := cellAt(unsafe.Add(pos, k))
		k += step
		p := unsafe.Add(base, start)
		w := (*[2]uint64)(unsafe.Pointer(&out[i]))
		switch {
		case n < least:
			c.nulls++
			w[0], w[1] = 0, 0
		case n <= vec.ViewInline:
			m := &inlineMask[n&15]
			w[0] = load8(p)<<32&m[0] | uint64(uint32(n))
			w[1] = load8(unsafe.Add(p, 4)) & m[1]
		case c.borrow:
			w[0] = load8(p)<<32 | uint64(uint32(n))
			w[1] = uint64(start) << 32
		default:
			w[0] = load8(p)<<32 | uint64(uint32(n))
			w[1] = uint64(len(long)) << 32
			long = append(long, unsafe.Slice((*byte)(p), n)...)
		}
	}
	c.text, c.block = long, f.buf
	for _, e := range s.escaped {
		c.setText(&out[e], c.value(s, f, int(e)))
	}
	if f.high {
		if bad := firstInvalid(s, f); bad >= 0 {
			return bad
		}
	}
	if c.typ.Prec > 0 {
		return c.checkLength(s, f, out)
	}
	return -1
}

// firstInvalid returns the number of the first text that is not UTF-8, or -1.
func firstInvalid(s *cells, f *fields) int {
	for i := range s.n {
		if start, n := s.at(i); n > 0 && !utf8.Valid(f.buf[start:][:n]) {
			return i
		}
	}
	return -1
}

// longText returns the column's long texts, with room for as much as the last batch had.
func (c *column) longText() []byte {
	if c.text == nil && c.guess > 0 {
		c.text = make([]byte, 0, c.guess+c.guess/8)
	}
	return c.text
}

// setText makes the view of a text of any length.
func (c *column) setText(to *vec.View, v []byte) {
	buf := uint32(0)
	if c.borrow {
		buf = 1 // behind the block
	}
	*to = vec.MakeView(v, buf, uint32(len(c.text)))
	if len(v) > vec.ViewInline {
		c.text = append(c.text, v...)
	}
}

// checkLength applies varchar's length. Blanks beyond it are cut off, as PostgreSQL does.
func (c *column) checkLength(s *cells, f *fields, out []vec.View) int {
	for i := range out {
		if _, n := s.at(i); n <= c.typ.Prec {
			continue
		}
		v := c.value(s, f, i)
		fit, err := text.Fit(c.typ, v, false)
		if err != nil {
			return i
		}
		if len(fit) < len(v) {
			c.setText(&out[i], fit)
		}
	}
	return -1
}

// anything reads values of types that are rare in files.
func (c *column) anything(_ unsafe.Pointer, s *cells, f *fields) int {
	for i := range s.n {
		if _, n := s.at(i); n < s.least || n == 0 && !c.typ.IsString() {
			c.any.AppendNull()
			continue
		}
		v := c.value(s, f, i)
		if f.high && c.kind == types.KView && !utf8.Valid(v) {
			return i
		}
		if len(v) == 0 && c.strict && c.kind != types.KView {
			c.any.AppendNull()
			continue
		}
		if c.form != nil {
			var ok bool
			if v, ok = c.plain(v); !ok {
				return i
			}
		}
		if err := text.Parse(c.any, c.typ, v, c.style); err != nil {
			return i
		}
	}
	return -1
}

// general reads a value in any form that PostgreSQL knows.
func general[T vec.Fixed](c *column, v []byte) (x T, ok bool) {
	b := vec.NewBuilder(c.typ)
	if err := text.Parse(b, c.typ, v, c.style); err != nil {
		return x, false
	}
	r := b.Finish()
	if r.Kind != c.kind {
		return x, false
	}
	return vec.At[T](r, 0), true
}
