package csv

import (
	"unsafe"

	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// form is how the values of a column are written where it is not SQL's way; nil where it is.
type form struct {
	number numberForm
	date   *dateForm // nil: SQL's
}

// formNames says how values are written, for fingerprints.
func (sh *Shape) formNames() (all []string) {
	for _, f := range sh.forms {
		s := ""
		if f != nil {
			s = string([]byte{f.number.decimal, f.number.thousands})
			if f.date != nil {
				s += f.date.pattern
			}
		}
		all = append(all, s)
	}
	return all
}

// fits reports whether values of a type may be written in f.
func (f *form) fits(t types.Type) bool {
	if f.date != nil {
		return t.ID == types.Timestamp || t.ID == types.Date && !f.date.time
	}
	return t.IsNumber()
}

// formed makes c a column whose values are in form f.
func (c *column) formed(f *form) *column {
	if f == nil {
		return c
	}
	c.form = f
	switch t := c.typ.ID; {
	case f.date != nil && t == types.Date:
		c.conv = (*column).formedDates
	case f.date != nil && t == types.Timestamp:
		c.conv = (*column).formedTimestamps
	case f.number == numberForm{}:
	case t == types.Int64:
		c.conv = (*column).formedIntegers
	case t == types.Float64:
		c.conv = (*column).formedFloats
	case t == types.Int16 || t == types.Int32 || t == types.Float32 || t == types.Numeric:
		c.conv = (*column).anything
		c.any = vec.NewBuilder(c.typ)
	}
	return c
}

// plain returns a value as SQL writes it.
func (c *column) plain(v []byte) ([]byte, bool) {
	out, ok := c.form.number.plain(c.sql[:0], v)
	c.sql = out
	return out, ok
}

// formedValues appends values that read makes of their texts.
func formedValues[T int32 | int64 | float64](c *column, s *cells, f *fields, read func(v []byte) (T, bool)) int {
	out := values[T](c, s.n)
	for i := range out {
		if _, n := s.at(i); n <= 0 {
			c.nulls++
			out[i] = 0
			continue
		}
		var ok bool
		if out[i], ok = read(c.value(s, f, i)); !ok {
			return i
		}
	}
	return -1
}

func (c *column) formedIntegers(_ unsafe.Pointer, s *cells, f *fields) int {
	return formedValues(c, s, f, func(v []byte) (int64, bool) {
		v, ok := c.plain(v)
		if !ok {
			return 0, false
		}
		return c.slowInt(v)
	})
}

func (c *column) formedFloats(_ unsafe.Pointer, s *cells, f *fields) int {
	return formedValues(c, s, f, func(v []byte) (float64, bool) {
		v, ok := c.plain(v)
		if !ok {
			return 0, false
		}
		return c.slowFloat(v, 64)
	})
}

func (c *column) formedDates(_ unsafe.Pointer, s *cells, f *fields) int {
	return formedValues(c, s, f, func(v []byte) (int32, bool) {
		us, ok := c.form.date.parse(v)
		return int32(us / text.Day), ok && us%text.Day == 0
	})
}

func (c *column) formedTimestamps(_ unsafe.Pointer, s *cells, f *fields) int {
	return formedValues(c, s, f, c.form.date.parse)
}
