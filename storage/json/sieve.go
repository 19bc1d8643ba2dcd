package json

import "gsql/exec/text"

// sieve leaves out rows with a value that is none of its column's type, as the option ignore_errors lets a scan. It looks at
// all columns, wanted or not, so that every query over the files sees the same rows.
type sieve struct {
	columns []*column
	names   []string
	bad     []bool // rows that are left out
}

// newSieve returns the sieve of columns whose values are in the spans of a stream in the same order.
func newSieve(shape *Shape, order []int, rows int, style *text.Style) *sieve {
	c := &sieve{bad: make([]bool, rows)}
	for _, i := range order {
		f := shape.Columns[i]
		c.columns = append(c.columns, newColumn(f.Type, shape.given[i], rows, style))
		c.names = append(c.names, f.Name)
	}
	return c
}

// leaveOut takes the rows that do not fit out of the stream's spans, and returns the number of the others.
func (c *sieve) leaveOut(s *stream) int {
	n := s.rows
	clear(c.bad[:n])
	some := false
	for i, col := range c.columns {
		for from := 0; from < n; {
			col.err = nil
			k := col.add(&s.walker, s.spans[i][from:n])
			col.reset()
			if k < 0 {
				break
			}
			if row := from + k; !c.bad[row] {
				c.bad[row], some = true, true
				sp := s.spans[i][row]
				v := s.buf[sp.start:sp.end]
				s.units.rejects.Add(s.source.Source, s.off+int64(sp.start), c.names[i], v, whyBad(col, v).Message)
			}
			from += k + 1
		}
	}
	if !some {
		return n
	}
	kept := 0
	for _, spans := range s.spans {
		kept = 0
		for row, sp := range spans[:n] {
			if !c.bad[row] {
				spans[kept] = sp
				kept++
			}
		}
	}
	return kept
}

// reset drops all rows; the memory is used again.
func (c *column) reset() {
	c.n, c.values, c.text, c.any = 0, 0, c.text[:0], nil
}
