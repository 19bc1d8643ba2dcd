package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"gsql"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// format says how results are printed; the flags are psql's.
type format struct {
	kind       string // "aligned", "unaligned", "csv", "json"
	tuplesOnly bool   // -t
	expanded   bool   // -x
	separator  string // -F
	null       string // -P null=
}

// print writes all rows of a result, or its tag when it has no rows.
func (f format) print(out io.Writer, rows *gsql.Rows) error {
	w := bufio.NewWriterSize(out, 1<<16)
	defer w.Flush()
	if !rows.ReturnsRows() {
		if _, err := rows.NextBatch(); err != io.EOF {
			return err
		}
		if tag := rows.Tag(); tag != "" && f.kind == "aligned" && !f.tuplesOnly {
			fmt.Fprintln(w, tag)
		}
		return nil
	}
	var err error
	switch {
	case f.kind == "json":
		err = f.json(w, rows)
	case f.kind == "csv":
		err = f.csv(w, rows)
	case f.expanded:
		err = f.records(w, rows)
	case f.kind == "unaligned":
		err = f.unaligned(w, rows)
	default:
		err = f.aligned(w, rows)
	}
	if ferr := w.Flush(); err == nil {
		err = ferr
	}
	return err
}

// each calls emit for every row with the texts of its values, which are valid until the next call. NULLs
// have the format's null text.
func (f format) each(rows *gsql.Rows, emit func(cells []string) error) error {
	cells := make([]string, len(rows.Columns()))
	var buf []byte
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range b.Rows {
			for c, v := range b.Cols {
				if v.IsNull(i) {
					cells[c] = f.null
					continue
				}
				buf = text.Append(buf[:0], v, i, rows.Style())
				cells[c] = string(buf)
			}
			if err := emit(cells); err != nil {
				return err
			}
		}
	}
}

func footer(n int64) string {
	if n == 1 {
		return "(1 row)"
	}
	return fmt.Sprintf("(%d rows)", n)
}

// widthRows is how many rows decide the widths of an aligned table; wider values behind them stick out, so
// that a large result need not be kept in memory.
const widthRows = 10_000

func (f format) aligned(w *bufio.Writer, rows *gsql.Rows) error {
	t := newTable(f, w, rows.Columns())
	if err := f.each(rows, t.add); err != nil {
		return err
	}
	t.flush()
	if !f.tuplesOnly {
		fmt.Fprintln(w, footer(t.rows))
	}
	fmt.Fprintln(w)
	return nil
}

// table prints rows under aligned columns, in psql's way.
type table struct {
	f      format
	w      *bufio.Writer
	names  []string
	right  []bool // numbers stand at the right
	widths []int
	kept   [][]string
	done   bool // the head is printed
	rows   int64
}

func newTable(f format, w *bufio.Writer, cols []gsql.Column) *table {
	t := &table{f: f, w: w}
	for _, c := range cols {
		t.names = append(t.names, c.Name)
		t.right = append(t.right, c.Type.IsNumber() || c.Type.ID == types.OID)
		t.widths = append(t.widths, 0)
	}
	if !f.tuplesOnly {
		t.measure(t.names)
	}
	return t
}

func (t *table) measure(cells []string) {
	for i, c := range cells {
		for _, line := range strings.Split(c, "\n") {
			t.widths[i] = max(t.widths[i], width(line))
		}
	}
}

func width(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return runewidth.StringWidth(s)
		}
	}
	return len(s)
}

func (t *table) add(cells []string) error {
	t.rows++
	if t.done {
		t.row(cells)
		return nil
	}
	t.measure(cells)
	t.kept = append(t.kept, append([]string(nil), cells...))
	if len(t.kept) == widthRows {
		t.flush()
	}
	return nil
}

// flush prints the head and the rows kept so far.
func (t *table) flush() {
	if t.done {
		return
	}
	t.done = true
	if !t.f.tuplesOnly {
		t.head()
	}
	for _, r := range t.kept {
		t.row(r)
	}
	t.kept = nil
}

func (t *table) head() {
	for i, n := range t.names {
		pad := t.widths[i] - width(n)
		if i > 0 {
			t.w.WriteByte('|')
		}
		fmt.Fprintf(t.w, " %s%s%s ", strings.Repeat(" ", pad/2), n, strings.Repeat(" ", pad-pad/2))
	}
	t.w.WriteByte('\n')
	for i, n := range t.widths {
		if i > 0 {
			t.w.WriteByte('+')
		}
		t.w.WriteString(strings.Repeat("-", n+2))
	}
	t.w.WriteByte('\n')
}

// row prints one row; values of several lines continue below, marked with +.
func (t *table) row(cells []string) {
	lines := make([][]string, len(cells))
	height := 1
	for i, c := range cells {
		lines[i] = strings.Split(c, "\n")
		height = max(height, len(lines[i]))
	}
	for k := range height {
		for i := range cells {
			if i > 0 {
				t.w.WriteByte('|')
			}
			s, more := "", false
			if k < len(lines[i]) {
				s, more = lines[i][k], k+1 < len(lines[i])
			}
			t.cell(i, s, more, i+1 == len(cells))
		}
		t.w.WriteByte('\n')
	}
}

func (t *table) cell(i int, s string, more, last bool) {
	pad := strings.Repeat(" ", max(0, t.widths[i]-width(s)))
	t.w.WriteByte(' ')
	if t.right[i] {
		t.w.WriteString(pad)
		t.w.WriteString(s)
	} else {
		t.w.WriteString(s)
		if !last || more {
			t.w.WriteString(pad)
		}
	}
	switch {
	case more:
		t.w.WriteByte('+')
	case !last:
		t.w.WriteByte(' ')
	}
}

func (f format) unaligned(w *bufio.Writer, rows *gsql.Rows) error {
	if !f.tuplesOnly {
		var names []string
		for _, c := range rows.Columns() {
			names = append(names, c.Name)
		}
		fmt.Fprintln(w, strings.Join(names, f.separator))
	}
	n := int64(0)
	err := f.each(rows, func(cells []string) error {
		n++
		for i, c := range cells {
			if i > 0 {
				w.WriteString(f.separator)
			}
			w.WriteString(c)
		}
		return w.WriteByte('\n')
	})
	if err == nil && !f.tuplesOnly {
		fmt.Fprintln(w, footer(n))
	}
	return err
}

// records prints one value a line, as psql -x does.
func (f format) records(w *bufio.Writer, rows *gsql.Rows) error {
	nameWidth := 0
	for _, c := range rows.Columns() {
		nameWidth = max(nameWidth, width(c.Name))
	}
	n := 0
	err := f.each(rows, func(cells []string) error {
		n++
		switch {
		case !f.tuplesOnly && f.kind == "aligned":
			title := fmt.Sprintf("-[ RECORD %d ]", n)
			fmt.Fprintln(w, title+strings.Repeat("-", max(0, nameWidth+1-len(title)))+"+"+strings.Repeat("-", 20))
		case n > 1:
			fmt.Fprintln(w)
		}
		for i, c := range rows.Columns() {
			if f.kind == "aligned" {
				lines := strings.Split(cells[i], "\n")
				fmt.Fprintf(w, "%s%s | %s\n", c.Name, strings.Repeat(" ", nameWidth-width(c.Name)), strings.Join(lines, "\n"+strings.Repeat(" ", nameWidth)+" | "))
			} else {
				fmt.Fprintf(w, "%s%s%s\n", c.Name, f.separator, cells[i])
			}
		}
		return nil
	})
	if err == nil && n == 0 && !f.tuplesOnly {
		fmt.Fprintln(w, "(0 rows)")
	}
	if f.kind == "aligned" {
		fmt.Fprintln(w)
	}
	return err
}

func (f format) csv(w *bufio.Writer, rows *gsql.Rows) error {
	if !f.tuplesOnly {
		for i, c := range rows.Columns() {
			if i > 0 {
				w.WriteByte(',')
			}
			writeCSV(w, c.Name)
		}
		w.WriteByte('\n')
	}
	return f.each(rows, func(cells []string) error {
		for i, c := range cells {
			if i > 0 {
				w.WriteByte(',')
			}
			writeCSV(w, c)
		}
		return w.WriteByte('\n')
	})
}

func writeCSV(w *bufio.Writer, s string) {
	if strings.ContainsAny(s, ",\"\n\r") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	w.WriteString(s)
}

// json prints an array with one object a line.
func (f format) json(w *bufio.Writer, rows *gsql.Rows) error {
	var keys []string
	for _, c := range rows.Columns() {
		k, _ := json.Marshal(c.Name)
		keys = append(keys, string(k)+":")
	}
	w.WriteByte('[')
	n := 0
	var buf []byte
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		for i := range b.Rows {
			if n++; n > 1 {
				w.WriteString(",\n ")
			}
			w.WriteByte('{')
			for c, v := range b.Cols {
				if c > 0 {
					w.WriteByte(',')
				}
				w.WriteString(keys[c])
				buf = appendJSON(buf[:0], v, i, rows.Style())
				w.Write(buf)
			}
			w.WriteByte('}')
		}
	}
	_, err := w.WriteString("]\n")
	return err
}

func appendJSON(dst []byte, v *vec.Vector, i int, st *text.Style) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	t := v.Type
	switch {
	case t.ID == types.Bool:
		if vec.At[uint8](v, i) != 0 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case t.ID == types.Float32 && finite(float64(vec.At[float32](v, i))), t.ID == types.Float64 && finite(vec.At[float64](v, i)),
		t.IsInteger(), t.ID == types.OID, t.ID == types.JSON, t.ID == types.JSONB,
		t.ID == types.Numeric && (v.Kind != types.KNum || vec.At[vec.Num](v, i).Special == vec.NumFinite):
		return text.Append(dst, v, i, st)
	case t.ID == types.Array:
		l := vec.At[vec.List](v, i)
		child := v.Child
		if v.Enc == vec.Dict {
			child = v.Dict.Child
		}
		dst = append(dst, '[')
		for k := range l.Len {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, child, int(l.Off+k), st)
		}
		return append(dst, ']')
	}
	s, _ := json.Marshal(string(text.Append(nil, v, i, st)))
	return append(dst, s...)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
