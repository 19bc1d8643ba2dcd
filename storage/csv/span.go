package csv

import (
	"unsafe"

	"gsql/exec/vec"
)

// Neighbouring columns with dictionaries are looked up together: a table has the text of all of them, delimiters
// and quotes included, and yields the codes of each. The text says all about the values, so what was found out
// about one row by converting its values one by one holds for each row with the same text. That is one look-up in
// place of several, and one that need not see to quotes, escapes and NULLs. It ends where the columns have too many
// combinations; each column then goes on by itself, in the same way as long as its own values are few.

const (
	spanColumns = 4       // columns of a span at most
	spanKeys    = 1 << 12 // combinations at most; a table then fits into a core's cache with the rest
	spanRows    = 1024    // rows that are looked up at a time
)

// span is columns of a scan that are neighbours in the file.
type span struct {
	first   int // place among the scan's columns
	columns []spanColumn
	table   *keyTable
	numbers [spanRows]uint16
	own     []uint32 // positions of selected rows
	rows    int64    // looked up
	missed  int64    // of which the table did not have so many
}

// spanColumn is what the numbers of a span's table mean to one column.
type spanColumn struct {
	*column
	codes   []uint32 // by number
	null    []bool   // by number
	hasNull bool     // one of null is set
}

func newSpan(columns []*column, first, n int) *span {
	sp := &span{first: first, table: newKeyTable()}
	for _, c := range columns[first : first+n] {
		sp.columns = append(sp.columns, spanColumn{column: c, codes: make([]uint32, 1), null: make([]bool, 1)})
	}
	return sp
}

// findSpans makes spans of the columns with dictionaries.
func (s *stream) findSpans() {
	s.spans = make([]*span, len(s.columns))
	if !useSIMD { // by words, a long text costs no less than its parts
		return
	}
	for i := 0; i < len(s.columns); {
		n := 0
		for i+n < len(s.columns) && n < spanColumns && s.columns[i+n].dict != nil && s.plan.columns[i+n] == s.plan.columns[i]+n {
			n++
		}
		if n > 0 {
			s.spans[i] = newSpan(s.columns, i, n)
		}
		i += max(n, 1)
	}
}

// leaveSpan gives each of the columns of a span one of its own, if it still has a dictionary.
func (s *stream) leaveSpan(sp *span) {
	s.spans[sp.first] = nil
	for i := range sp.columns {
		if c := sp.columns[i].column; c.dict != nil && len(sp.columns) > 1 {
			s.spans[sp.first+i] = newSpan(s.columns, sp.first+i, 1)
		}
	}
}

// left reports whether the span does not pay, or one of its columns is none with a dictionary any more.
func (sp *span) left() bool {
	for i := range sp.columns {
		if sp.columns[i].dict == nil {
			return true
		}
	}
	return sp.missed > spanKeys+sp.rows/64
}

// convertSpan appends the values of a run to all columns of a span.
func (s *stream) convertSpan(sp *span, r run) error {
	n := r.rows()
	for at := 0; at < n; {
		if sp.left() {
			s.leaveSpan(sp)
			return s.convertColumns(sp.first, len(sp.columns), r.slice(at, n-at))
		}
		part := r.slice(at, min(n-at, spanRows))
		field := s.loader.field(s.plan.columns[sp.first])
		found := sp.find(&s.loader.fields, field, part)
		sp.append(found)
		at += found
		if found == part.rows() {
			continue
		}
		row := r.slice(at, 1)
		for i := range sp.columns {
			if err := s.convertColumn(sp.columns[i].column, sp.first+i, row); err != nil {
				return err
			}
		}
		sp.learn(s.loader.fields.text(field, len(sp.columns), row.row(0)))
		at++
	}
	return nil
}

// find looks up the rows of a run, whose columns begin with a given field, up to the first one that the table does
// not have. It returns how many numbers it found.
func (sp *span) find(f *fields, field int, r run) int {
	n, gap := r.rows(), len(sp.columns)
	pos, step := f.ix.pos[r.from*f.ix.stride+field:], f.ix.stride
	if r.sel != nil {
		sp.own = sp.own[:0]
		for _, row := range r.sel {
			k := int(row) * step
			sp.own = append(sp.own, pos[k], pos[k+gap])
		}
		pos, step, gap = sp.own, 2, 1
	}
	_ = pos[(n-1)*step+gap]
	return keysAVX2(sp.table, unsafe.Pointer(&f.buf[0]), unsafe.Pointer(&pos[0]), 4*step, 4*gap, n, &sp.numbers[0])
}

// text returns the text of n fields of a row and what ends it.
func (f *fields) text(field, n, row int) []byte {
	k := row*f.ix.stride + field
	return f.buf[f.ix.pos[k]+1 : f.ix.pos[k+n]+1]
}

// append appends the values of the first n numbers to the columns.
func (sp *span) append(n int) {
	numbers := sp.numbers[:n]
	for i := range sp.columns {
		c := &sp.columns[i]
		out, codes := values[uint32](c.column, n), c.codes
		for j, k := range numbers {
			out[j] = codes[k]
		}
		if c.hasNull {
			if c.valid == nil {
				c.valid = vec.NewBitmapSet(c.rows)
			}
			for j, k := range numbers {
				if c.null[k] {
					c.valid.Clear(c.n + j)
				}
			}
		}
		c.n += n
	}
	sp.rows += int64(n)
}

// learn gives the text of the row last appended a number, unless there is no room.
func (sp *span) learn(text []byte) {
	sp.missed++
	if len(text) == 0 || len(text) > keySize || sp.left() || len(sp.table.keys) > spanKeys {
		return
	}
	sp.table.add(text)
	for i := range sp.columns {
		c := &sp.columns[i]
		null := !c.valid.Get(c.n - 1)
		c.codes = append(c.codes, vec.As[uint32](c.data)[c.n-1])
		c.null = append(c.null, null)
		c.hasNull = c.hasNull || null
	}
}
