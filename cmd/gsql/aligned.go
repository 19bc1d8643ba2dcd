package main

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"gsql"
	"gsql/exec/types"
)

// widthRows is how many rows decide the widths of an aligned table; wider values behind them stick out, so
// that a large result need not be kept in memory.
const widthRows = 10_000

// cell is a value as lines for a terminal.
type cell []line

// line is a piece of a value without line breaks, and how many columns of a terminal it takes.
type line struct {
	text  string
	width int
}

// newCell splits a value into lines and writes control characters as psql does.
func newCell(s string) cell {
	if plain(s) {
		return cell{{s, len(s)}}
	}
	var c cell
	for part := range strings.SplitSeq(s, "\n") {
		c = append(c, newLine(part))
	}
	return c
}

// plain reports whether a value is made of printable ASCII alone.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func newLine(s string) line {
	var b strings.Builder
	width := 0
	for _, r := range s {
		switch {
		case r == '\r':
			b.WriteString(`\r`)
			width += 2
		case r == '\t':
			n := 8 - width%8
			b.WriteString(strings.Repeat(" ", n))
			width += n
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02X`, r)
			width += 4
		case r != utf8.RuneError && unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
			width += 6
		default:
			b.WriteRune(r)
			width += runewidth.RuneWidth(r)
		}
	}
	return line{b.String(), width}
}

func (c cell) width() int {
	n := 0
	for _, l := range c {
		n = max(n, l.width)
	}
	return n
}

// line returns line k, empty behind the last.
func (c cell) line(k int) (l line, more bool) {
	if k < len(c) {
		l = c[k]
	}
	return l, k+1 < len(c)
}

func newCells(values []string) []cell {
	out := make([]cell, len(values))
	for i, v := range values {
		out[i] = newCell(v)
	}
	return out
}

// gather holds back the first rows, from which layout finds the widths, and then gives them and all others to
// print.
type gather struct {
	kept   [][]cell
	done   bool
	rows   int64
	layout func(rows [][]cell)
	print  func(n int64, cells []cell)
}

func (g *gather) add(values []string) error {
	cells := newCells(values)
	g.rows++
	if g.done {
		g.print(g.rows, cells)
		return nil
	}
	g.kept = append(g.kept, cells)
	if len(g.kept) == widthRows {
		g.flush()
	}
	return nil
}

func (g *gather) flush() {
	if g.done {
		return
	}
	g.done = true
	g.layout(g.kept)
	for i, cells := range g.kept {
		g.print(int64(i)+1, cells)
	}
	g.kept = nil
}

func (f format) aligned(w *bufio.Writer, rows *gsql.Rows) error {
	t := &table{f: f, w: w, names: newCells(names(rows))}
	for i, c := range rows.Columns() {
		t.right = append(t.right, c.Type.IsNumber() || c.Type.ID == types.OID)
		t.widths = append(t.widths, t.names[i].width())
	}
	g := &gather{layout: t.layout, print: func(_ int64, cells []cell) { t.row(cells) }}
	if err := f.each(rows, g.add); err != nil {
		return err
	}
	g.flush()
	if !f.tuplesOnly {
		fmt.Fprintln(w, footer(g.rows))
	}
	return w.WriteByte('\n')
}

// table prints rows under aligned columns, in psql's way.
type table struct {
	f      format
	w      *bufio.Writer
	names  []cell
	right  []bool // numbers stand at the right
	widths []int
}

// layout finds the widths and prints the head.
func (t *table) layout(rows [][]cell) {
	for _, cells := range rows {
		for i, c := range cells {
			t.widths[i] = max(t.widths[i], c.width())
		}
	}
	if t.f.tuplesOnly {
		return
	}
	if len(t.names) == 0 {
		t.w.WriteString("--\n")
		return
	}
	t.lines(t.names, func(i int, l line, more, _ bool) {
		pad := t.widths[i] - l.width
		t.cell(pad/2, l.text, pad-pad/2, more, false)
	})
	for i, n := range t.widths {
		if i > 0 {
			t.w.WriteByte('+')
		}
		t.w.WriteString(strings.Repeat("-", n+2))
	}
	t.w.WriteByte('\n')
}

func (t *table) row(cells []cell) {
	if len(cells) == 0 {
		return
	}
	t.lines(cells, func(i int, l line, more, last bool) {
		pad := max(0, t.widths[i]-l.width)
		switch {
		case t.right[i]:
			t.cell(pad, l.text, 0, more, last)
		case last && !more:
			t.cell(0, l.text, 0, more, last)
		default:
			t.cell(0, l.text, pad, more, last)
		}
	})
}

// lines prints cells side by side, as many lines as the highest has.
func (t *table) lines(cells []cell, print func(i int, l line, more, last bool)) {
	height := 1
	for _, c := range cells {
		height = max(height, len(c))
	}
	for k := range height {
		for i, c := range cells {
			if i > 0 {
				t.w.WriteByte('|')
			}
			l, more := c.line(k)
			print(i, l, more, i+1 == len(cells))
		}
		t.w.WriteByte('\n')
	}
}

// cell prints a line of a cell; + marks one that continues below.
func (t *table) cell(before int, s string, behind int, more, last bool) {
	t.w.WriteString(strings.Repeat(" ", before+1))
	t.w.WriteString(s)
	t.w.WriteString(strings.Repeat(" ", behind))
	switch {
	case more:
		t.w.WriteByte('+')
	case !last:
		t.w.WriteByte(' ')
	}
}

// records prints one value a line, as psql -x does.
func (f format) records(w *bufio.Writer, rows *gsql.Rows) error {
	r := &records{f: f, w: w, names: newCells(names(rows))}
	g := &gather{layout: r.layout, print: r.record}
	if err := f.each(rows, g.add); err != nil {
		return err
	}
	g.flush()
	if !f.tuplesOnly && (g.rows == 0 || len(r.names) == 0) {
		fmt.Fprintln(w, footer(g.rows))
	}
	return w.WriteByte('\n')
}

type records struct {
	f                     format
	w                     *bufio.Writer
	names                 []cell
	nameWidth, valueWidth int
}

func (r *records) layout(rows [][]cell) {
	for _, n := range r.names {
		r.nameWidth = max(r.nameWidth, n.width())
	}
	for _, cells := range rows {
		for _, c := range cells {
			r.valueWidth = max(r.valueWidth, c.width())
		}
	}
	if !r.f.tuplesOnly { // the + of lines that continue stands below the end of the widest title
		r.valueWidth = max(r.valueWidth, len(title(int64(len(rows))))-r.nameWidth-len(" | +"))
	}
}

// record prints record n, with a rule above it.
func (r *records) record(n int64, cells []cell) {
	if len(cells) == 0 {
		return
	}
	switch {
	case !r.f.tuplesOnly:
		r.rule(title(n))
	case n > 1:
		r.rule("")
	}
	for i, c := range cells {
		name := r.names[i]
		for k := range max(len(name), len(c)) {
			r.line(name, c, k)
		}
	}
}

// line prints line k of a name and its value.
func (r *records) line(name, value cell, k int) {
	l, more := name.line(k)
	r.w.WriteString(l.text)
	r.w.WriteString(strings.Repeat(" ", r.nameWidth-l.width))
	if more {
		r.w.WriteByte('+')
	} else {
		r.w.WriteByte(' ')
	}
	r.w.WriteByte('|')
	l, more = value.line(k)
	if k < len(value) {
		r.w.WriteString(" " + l.text)
	}
	if more {
		r.w.WriteString(strings.Repeat(" ", max(0, r.valueWidth-l.width)) + "+")
	}
	r.w.WriteByte('\n')
}

func title(n int64) string { return fmt.Sprintf("-[ RECORD %d ]", n) }

// rule prints the line above a record: the title, and a crossing where the columns meet unless the title covers it.
func (r *records) rule(title string) {
	line := []byte(strings.Repeat("-", r.nameWidth+1) + "+" + strings.Repeat("-", r.valueWidth+1))
	if len(title) > len(line) {
		line = make([]byte, len(title))
	}
	copy(line, title)
	r.w.Write(append(line, '\n'))
}
