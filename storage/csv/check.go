package csv

import (
	"gsql/exec"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/file"
)

// checker leaves out rows that cannot be read, as the option ignore_errors lets a scan: with a value that is none of its
// column's type, too few or too many fields, or quotes out of place. It looks at all columns, wanted or not, so that
// every query over the files sees the same rows.
type checker struct {
	rejects *file.Rejects
	columns []*column
	names   []string
	out     outcasts
	bad     vec.Bitmap // rows of the split that are left out; nil: none
	sel     []uint32
	mute    bool // the split is another stream's, which tells of its rows
}

func newChecker(t *table, rejects *file.Rejects, env *exec.Env) *checker {
	c := &checker{rejects: rejects}
	style := &text.Style{}
	if env.Fn != nil {
		style.Location, style.Now = env.Fn.Location, env.Fn.Now
	}
	for i, f := range t.shape.Schema {
		col := t.shape.newColumn(i, filterRows, style)
		col.borrow = true
		c.columns, c.names = append(c.columns, col), append(c.names, f.Name)
	}
	return c
}

func (c *checker) reset() {
	c.out = outcasts{ragged: c.out.ragged[:0], broken: c.out.broken[:0]}
	c.bad = nil
}

const (
	reasonQuote = "text follows the closing quote of a value"
	reasonOpen  = "a quote is not closed"
	reasonShort = "fields are missing"
	reasonLong  = "there are more fields than columns"
)

// passOver leaves out the row in which x stopped, and reads on behind its line.
func (c *checker) passOver(l *loader, s *source, x scan, to int) scan {
	d := &l.table.shape.Dialect
	start := x.end
	c.out.broken = append(c.out.broken, start)
	c.rejectRow(l, s, start, reasonQuote)
	next := d.lineEnd(l.block.buf[:to], x.bad)
	y := d.exact(l.block.buf, next, to, append(x.pos, uint32(next-1)), to)
	y.rows += x.rows + 1
	return y
}

// rejectRow tells of a row that begins at start, of which the first line is shown.
func (c *checker) rejectRow(l *loader, s *source, start int, reason string) {
	text := l.block.buf[start : front+l.block.n]
	d := &l.table.shape.Dialect
	if end := d.lineEnd(text, 0); end > 0 && end <= len(text) && text[end-1] == d.Newline {
		text = text[:end-1]
	}
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	c.add(l, s, start, "", text, reason)
}

// arrange sets the loader's fields to the rows that were indexed, and finds those that are to be left out.
func (c *checker) arrange(l *loader, s *source, newlines int) {
	f := &l.fields
	ix, _ := f.layout.rows(f.buf, l.pos, newlines, &l.other, &c.out)
	f.ix = ix
	for _, r := range c.out.ragged {
		reason := reasonLong
		if r.fields < f.fields {
			reason = reasonShort
		}
		c.rejectRow(l, s, r.start, reason)
	}
	for i, col := range c.columns {
		for from := 0; from < ix.rows; from += filterRows {
			c.look(l, s, i, col, from, min(filterRows, ix.rows-from))
		}
	}
}

// look finds the values of a column that are none of its type in rows [from, from+n).
func (c *checker) look(l *loader, s *source, i int, col *column, from, n int) {
	f := &l.fields
	field := s.order.field(i)
	for n > 0 {
		f.cells(&col.cells, field, from, n, nil)
		bad := col.convert(f, &col.cells)
		col.n = 0
		if col.finish(); bad < 0 {
			return
		}
		c.leaveOut(l, s, col, c.names[i], from+bad, bad)
		from, n = from+bad+1, n-bad-1
	}
}

// leaveOut leaves out a row of the split for its value number at of col.
func (c *checker) leaveOut(l *loader, s *source, col *column, name string, row, at int) {
	f := &l.fields
	if c.bad == nil {
		c.bad = vec.NewBitmap(f.ix.rows)
	}
	if c.bad.Get(row) {
		return // another column has told of it
	}
	c.bad.Set(row)
	v := col.value(&col.cells, f, at)
	start := int(f.ix.pos[row*f.ix.stride]) + 1
	c.add(l, s, start, name, v, whyBad(col, v).Message)
}

func (c *checker) add(l *loader, s *source, start int, column string, value []byte, reason string) {
	if !c.mute {
		c.rejects.Add(s.Source, l.fileOffset(start), column, value, reason)
	}
}

// good returns those of the split's rows [from, from+n) that count, counted from row from; nil stands for all.
func (c *checker) good(from, n int) []uint32 {
	if c.bad == nil {
		return nil
	}
	c.sel = c.sel[:0]
	if c.sel == nil {
		c.sel = make([]uint32, 0, filterRows)
	}
	for i := range n {
		if !c.bad.Get(from + i) {
			c.sel = append(c.sel, uint32(i))
		}
	}
	return c.sel
}
