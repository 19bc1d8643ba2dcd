package main

import (
	"bufio"
	"fmt"
	"io"

	"gsql"
	"gsql/exec/text"
)

// format says how results are printed; the flags are psql's.
type format struct {
	kind       string // "aligned", "unaligned", "csv", "json"
	tuplesOnly bool   // -t
	expanded   bool   // -x
	separator  string // -F
	null       string // --null
	quiet      bool   // -q: no command tags
}

// print writes all rows of a result, or its tag when it has no rows.
func (f format) print(out io.Writer, rows *gsql.Rows) error {
	w := bufio.NewWriterSize(out, 1<<16)
	if !rows.ReturnsRows() {
		if _, err := rows.NextBatch(); err != io.EOF {
			return err
		}
		if tag := rows.Tag(); tag != "" && !f.quiet && f.kind != "csv" && f.kind != "json" {
			fmt.Fprintln(w, tag)
		}
		return w.Flush()
	}
	var err error
	switch {
	case f.kind == "json":
		err = f.json(w, rows)
	case f.kind == "csv" && f.expanded:
		err = f.csvRecords(w, rows)
	case f.kind == "csv":
		err = f.csv(w, rows)
	case f.kind == "unaligned" && f.expanded:
		err = f.unalignedRecords(w, rows)
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

func names(rows *gsql.Rows) []string {
	var out []string
	for _, c := range rows.Columns() {
		out = append(out, c.Name)
	}
	return out
}

// flushBytes is how much is gathered before it is written.
const flushBytes = 1 << 16

// lines prints a row a line, with the separator between values; quote, if set, changes what has been appended to
// line from a place on. It returns the number of rows.
func (f format) lines(w *bufio.Writer, rows *gsql.Rows, separator string, quote func(line []byte, from int) []byte) (n int64, err error) {
	var line []byte
	value := func(i int, appendTo func(line []byte) []byte) {
		if i > 0 {
			line = append(line, separator...)
		}
		from := len(line)
		if line = appendTo(line); quote != nil {
			line = quote(line, from)
		}
	}
	if !f.tuplesOnly {
		for i, name := range names(rows) {
			value(i, func(line []byte) []byte { return append(line, name...) })
		}
		line = append(line, '\n')
	}
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			_, err = w.Write(line)
			return n, err
		}
		if err != nil {
			_, _ = w.Write(line)
			return n, err
		}
		n += int64(b.Rows)
		for i := range b.Rows {
			for c, v := range b.Cols {
				value(c, func(line []byte) []byte {
					if v.IsNull(i) {
						return append(line, f.null...)
					}
					return text.Append(line, v, i, rows.Style())
				})
			}
			if len(b.Cols) > 0 {
				line = append(line, '\n')
			}
			if len(line) >= flushBytes {
				if _, err := w.Write(line); err != nil {
					return n, err
				}
				line = line[:0]
			}
		}
	}
}

func (f format) unaligned(w *bufio.Writer, rows *gsql.Rows) error {
	n, err := f.lines(w, rows, f.separator, nil)
	if err == nil && !f.tuplesOnly {
		_, err = fmt.Fprintln(w, footer(n))
	}
	return err
}

// unalignedRecords prints name and value a line, and an empty line between rows.
func (f format) unalignedRecords(w *bufio.Writer, rows *gsql.Rows) error {
	first := true
	return f.each(rows, func(cells []string) error {
		if !first && len(cells) > 0 {
			w.WriteByte('\n')
		}
		first = false
		for i, c := range rows.Columns() {
			fmt.Fprintf(w, "%s%s%s\n", c.Name, f.separator, cells[i])
		}
		return nil
	})
}

func (f format) csv(w *bufio.Writer, rows *gsql.Rows) error {
	_, err := f.lines(w, rows, ",", quoteCSV)
	return err
}

// csvRecords prints a line with name and value for each value.
func (f format) csvRecords(w *bufio.Writer, rows *gsql.Rows) error {
	return f.each(rows, func(cells []string) error {
		var line []byte
		for i, c := range rows.Columns() {
			line = append(quoteCSV(append(line, c.Name...), len(line)), ',')
			line = append(quoteCSV(append(line, cells[i]...), len(line)), '\n')
		}
		_, err := w.Write(line)
		return err
	})
}

// quoteCSV puts line[from:] into quotes if it needs them; \. alone would be the end of data for PostgreSQL's COPY.
func quoteCSV(line []byte, from int) []byte {
	s := line[from:]
	quotes, other := 0, false
	for _, c := range s {
		switch c {
		case '"':
			quotes++
		case ',', '\n', '\r':
			other = true
		}
	}
	if quotes == 0 && !other && string(s) != `\.` {
		return line
	}
	line = append(line, make([]byte, quotes+2)...)
	to := len(line) - 1
	line[to] = '"'
	for i := from + len(s) - 1; i >= from; i-- {
		to--
		if line[to] = line[i]; line[i] == '"' {
			to--
			line[to] = '"'
		}
	}
	line[from] = '"'
	return line
}
