package copytext

import (
	"bytes"
	"slices"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Writer writes records of the formats text and csv. One goroutine uses it.
type Writer struct {
	opts    Options
	columns []string
	quoted  []bool // by column: ForceQuote
	style   *text.Style
	value   []byte
	// plain says that numbers, dates and times need no looking at: neither do they have what is written in another way, nor
	// do they look like NULL.
	plain bool
}

// NewWriter returns a writer of rows with the given columns.
func NewWriter(columns []string, opts *Options, style *text.Style) (*Writer, error) {
	w := &Writer{opts: *opts, columns: columns, style: style, quoted: make([]bool, len(columns))}
	for i := range w.quoted {
		w.quoted[i] = opts.allQuoted
	}
	w.plain = strings.IndexByte(",;|\t\x01", opts.Delimiter) >= 0 && (opts.Null == "" || opts.Null == `\N`) &&
		(opts.Format != "csv" || strings.IndexByte("\"'", opts.Quote) >= 0)
	for _, name := range opts.ForceQuote {
		i := slices.Index(columns, name)
		if i < 0 {
			return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" does not exist", name)
		}
		w.quoted[i] = true
	}
	return w, nil
}

// AppendHeader appends the line of the columns' names, if there is to be one.
func (w *Writer) AppendHeader(dst []byte) []byte {
	if !w.opts.Header {
		return dst
	}
	for i, name := range w.columns {
		if i > 0 {
			dst = append(dst, w.opts.Delimiter)
		}
		if w.opts.Format == "csv" {
			dst = w.appendCSV(dst, []byte(name), false)
		} else {
			dst = w.appendText(dst, []byte(name))
		}
	}
	return append(dst, '\n')
}

// AppendRow appends the line of row i of a batch.
func (w *Writer) AppendRow(dst []byte, cols []*vec.Vector, i int) []byte {
	csv := w.opts.Format == "csv"
	for c, v := range cols {
		if c > 0 {
			dst = append(dst, w.opts.Delimiter)
		}
		if v.IsNull(i) {
			dst = append(dst, w.opts.Null...)
			continue
		}
		var value []byte
		switch v.Type.ID {
		case types.Bool, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Numeric, types.Date, types.Time, types.Timestamp,
			types.TimestampTZ, types.UUID:
			if w.plain && !w.quoted[c] {
				dst = text.Append(dst, v, i, w.style)
				continue
			}
			w.value = text.Append(w.value[:0], v, i, w.style)
			value = w.value
		case types.Text, types.Varchar, types.Char:
			value = v.Bytes(i)
		default:
			w.value = text.Append(w.value[:0], v, i, w.style)
			value = w.value
		}
		if csv {
			dst = w.appendCSV(dst, value, w.quoted[c])
		} else {
			dst = w.appendText(dst, value)
		}
	}
	return append(dst, '\n')
}

// escapes are the letters for control characters behind a backslash.
var escapes = [256]byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v', '\\': '\\'}

func (w *Writer) appendText(dst, value []byte) []byte {
	from := 0
	for i, b := range value {
		letter := escapes[b]
		if letter == 0 {
			if b != w.opts.Delimiter {
				continue
			}
			letter = b
		}
		dst = append(append(dst, value[from:i]...), '\\', letter)
		from = i + 1
	}
	return append(dst, value[from:]...)
}

func (w *Writer) appendCSV(dst, value []byte, quote bool) []byte {
	quote = quote || string(value) == w.opts.Null || len(w.columns) == 1 && string(value) == `\.`
	delimiter, mark := w.opts.Delimiter, w.opts.Quote
	if !quote {
		for _, b := range value {
			if b == delimiter || b == mark || b == '\n' || b == '\r' {
				quote = true
				break
			}
		}
	}
	if !quote {
		return append(dst, value...)
	}
	dst = append(dst, w.opts.Quote)
	if bytes.IndexByte(value, w.opts.Quote) < 0 && bytes.IndexByte(value, w.opts.Escape) < 0 {
		return append(append(dst, value...), w.opts.Quote)
	}
	for _, b := range value {
		if b == w.opts.Quote || b == w.opts.Escape {
			dst = append(dst, w.opts.Escape)
		}
		dst = append(dst, b)
	}
	return append(dst, w.opts.Quote)
}
