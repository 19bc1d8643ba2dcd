package csv

import (
	"bytes"
	"slices"
	"unsafe"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// column gathers the values of one column for a batch.
type column struct {
	typ    types.Type
	kind   types.Kind
	strict bool // the type was inferred: a value must be written as the type would write it, in essence
	conv   converter
	limit  uint64 // numeric of fixed scale: what values must be less than, in units

	dict   *dictionary // of texts; nil: none
	borrow bool        // the vector is used only while the block is there: long texts may point into it
	width  int         // of what data holds

	rows  int // capacity
	n     int
	data  []byte
	valid vec.Bitmap // nil while there is no NULL
	text  []byte     // of long values
	block []byte     // what borrowed texts point into
	guess int        // bytes of text that the last batch had

	form *form  // nil: SQL's
	sql  []byte // a value as SQL writes it

	any   *vec.Builder // instead of data, for types without a converter of their own
	style *text.Style

	cells cells
	nulls int    // among the values last converted
	buf   []byte // unescaped values
}

// converter appends the values at cells of the text at base to a column, and counts its NULLs. It returns the
// number of the first value that is none of the column's type, or -1.
type converter func(c *column, base unsafe.Pointer, s *cells, f *fields) int

// newColumn returns a column of batches of up to rows rows.
func newColumn(t types.Type, strict bool, rows int, style *text.Style) *column {
	c := &column{typ: t, kind: t.Kind(), width: t.Kind().Width(), strict: strict, rows: rows, style: style}
	switch t.ID {
	case types.Text, types.Varchar:
		c.conv = (*column).texts
	case types.Bool:
		c.conv = (*column).bools
	case types.Int16:
		c.conv = (*column).smallints
	case types.Int32:
		c.conv = (*column).integers
	case types.Int64:
		c.conv = (*column).bigints
	case types.Float32:
		c.conv = (*column).reals
	case types.Float64:
		c.conv = (*column).doubles
	case types.Date:
		c.conv = (*column).dates
	case types.Time:
		c.conv = (*column).times
	case types.Timestamp:
		c.conv = (*column).timestamps
	case types.Numeric:
		if t.Scale >= 0 && t.Scale <= 18 && t.Prec > 0 && t.Prec <= 18 {
			c.conv = (*column).decimals
			c.limit = pow10u[t.Prec]
		}
	}
	if c.conv == nil {
		c.conv = (*column).anything
		c.any = vec.NewBuilder(t)
	}
	return c
}

// values returns the memory of n more values of type T. It holds anything: the caller writes each value, NULLs too.
func values[T vec.Fixed](c *column, n int) []T {
	if c.data == nil {
		// Whole words, so that values of every kind are aligned.
		c.data = vec.BytesOf(vec.Make[uint64]((c.rows*c.width + 7) / 8))[:c.rows*c.width]
	}
	return vec.As[T](c.data)[c.n : c.n+n]
}

// add appends the values of a column of f, as cells says where they lie.
func (c *column) add(f *fields, s *cells) int {
	if s.n == 0 {
		return -1
	}
	if bad := c.convert(f, s); bad >= 0 {
		return bad
	}
	if c.nulls > 0 && c.any == nil {
		c.addNulls(s)
	}
	c.n += s.n
	return -1
}

// convert calls the converter. Where a type was inferred, blanks alone are NULL: there are files that have something
// between all delimiters.
func (c *column) convert(f *fields, s *cells) int {
	base := unsafe.Pointer(unsafe.SliceData(f.buf))
	c.nulls = 0
	bad := c.conv(c, base, s, f)
	if bad >= 0 && c.strict && c.kind != types.KView && c.any == nil && len(c.value(s, f, bad)) == 0 {
		s.blanksToNull(f)
		c.nulls = 0
		bad = c.conv(c, base, s, f)
	}
	return bad
}

func (c *column) addNulls(s *cells) {
	if c.valid == nil {
		c.valid = vec.NewBitmapSet(c.rows)
	}
	// For other types than text a quoted value without text is NULL as well.
	least := int32(1)
	if c.kind == types.KView {
		least = s.least
	}
	for i := range s.n {
		if _, n := s.at(i); n < least {
			c.valid.Clear(c.n + i)
		}
	}
}

// finish returns the vector of the rows gathered and empties the column.
func (c *column) finish() *vec.Vector {
	if c.any != nil {
		c.n = 0
		return c.any.Finish()
	}
	v := &vec.Vector{Type: c.typ, Kind: c.kind, Len: c.n, Valid: c.valid, Data: c.data[:c.n*c.width]}
	if v.Valid != nil {
		v.Valid = v.Valid[:(c.n+63)/64]
		if r := uint(c.n) & 63; r != 0 {
			v.Valid[len(v.Valid)-1] &= 1<<r - 1
		}
	}
	switch {
	case c.dict != nil:
		if len(c.dict.views) == 0 { // only NULLs so far
			v = vec.NewNull(c.typ, c.n)
			break
		}
		v.Enc, v.Dict = vec.Dict, c.dict.vector()
	case c.borrow && c.kind == types.KView:
		v.Bufs = [][]byte{c.block, c.text}
		c.n, c.valid, c.text = 0, nil, c.text[:0] // memory is used again
		return v
	case len(c.text) > 0:
		v.Bufs = [][]byte{c.text}
		c.guess = len(c.text)
	}
	if c.borrow {
		c.n, c.valid = 0, nil
		return v
	}
	c.n, c.data, c.valid, c.text = 0, nil, nil, nil
	return v
}

// useDict makes a text column one with a dictionary.
func (c *column) useDict(d *dictionary) {
	c.dict, c.conv, c.width = d, (*column).dictTexts, 4
}

// value returns the text of value i, unescaped, and but for texts without blanks around it.
func (c *column) value(s *cells, f *fields, i int) []byte {
	start, n := s.at(i)
	v := f.buf[start:][:n]
	if len(s.escaped) > 0 {
		if _, found := slices.BinarySearch(s.escaped, int32(i)); found {
			c.buf = f.appendUnescaped(c.buf[:0], v)
			v = c.buf
		}
	}
	if c.kind != types.KView {
		v = bytes.Trim(v, " ")
	}
	return v
}
