package plain

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"unicode/utf8"

	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/vec"
	"gsql/storage/scan"
)

// fixed yields lines divided into columns. Blanks around a value do not belong to it; a value of nothing else is NULL.
type fixed struct {
	*lineReader
	request  *scan.Request
	builders []*vec.Builder // by column of the table, nil for those that are not wanted
	cells    [][]byte       // of a line
	style    *text.Style

	rest []byte // of a window
	at   int64  // where it begins
}

func newFixed(l *lineReader, r *scan.Request) *fixed {
	f := &fixed{lineReader: l, request: r, style: &text.Style{}}
	if r.Env.Fn != nil {
		f.style.Location, f.style.Now = r.Env.Fn.Location, r.Env.Fn.Now
	}
	f.cells = make([][]byte, len(l.source.opt.Widths))
	f.builders = make([]*vec.Builder, len(f.cells))
	for i, c := range r.Columns {
		f.builders[c] = vec.NewBuilder(r.Schema[i].Type)
	}
	return f
}

func (f *fixed) Next(context.Context) (*vec.Batch, error) {
	n := 0
	for ; n < f.request.Rows; n++ {
		if len(f.rest) == 0 {
			if n > 0 {
				break
			}
			var err error
			if f.rest, f.at, err = f.window(); err != nil {
				return nil, err
			}
		}
		line, rest := cutLine(f.rest)
		if err := f.line(line); err != nil {
			return nil, err
		}
		f.at += int64(len(f.rest) - len(rest))
		f.rest = rest
	}
	out := &vec.Batch{Rows: n}
	made := make([]*vec.Vector, len(f.builders))
	for _, c := range f.request.Columns {
		if made[c] == nil {
			made[c] = f.builders[c].Finish()
		}
		out.Cols = append(out.Cols, made[c])
	}
	return out, nil
}

// line appends the values of a line.
func (f *fixed) line(line []byte) error {
	if !plainText(line) {
		return f.locate(func(n int64) error { return f.source.badText(n, "") })
	}
	if !f.divide(line) {
		return f.locate(func(n int64) error { return f.tooLong(n, line) })
	}
	for c, b := range f.builders {
		if b == nil {
			continue
		}
		v := bytes.TrimRight(bytes.TrimLeft(f.cells[c], " \t"), " \t")
		if len(v) == 0 {
			b.AppendNull()
			continue
		}
		if err := text.Parse(b, b.Type(), v, f.style); err != nil {
			return f.locate(func(n int64) error { return f.misfit(n, c, v, err) })
		}
	}
	return nil
}

// divide finds the cells of a line. It returns false when there is more than their widths hold.
func (f *fixed) divide(line []byte) bool {
	narrow := ascii(line)
	for c, w := range f.source.opt.Widths {
		n := min(w, len(line))
		if !narrow {
			n = 0
			for k := 0; k < w && n < len(line); k++ {
				_, size := utf8.DecodeRune(line[n:])
				n += size
			}
		}
		f.cells[c], line = line[:n], line[n:]
	}
	return len(bytes.TrimLeft(line, " \t")) == 0
}

// locate returns the error that a function makes of the number of the line at hand.
func (f *fixed) locate(make func(line int64) error) error {
	t := f.source.text
	line, _ := t.Line(f.at, '\n')
	return make(line)
}

func (f *fixed) tooLong(n int64, line []byte) error {
	return sqlstate.New(sqlstate.BadCopyFormat, "a line has more characters than the widths hold").
		WithDetail("File \"%s\", line %d: %s", f.source.file.Path, n, shown(line)).
		WithHint("Add a width for what follows.")
}

// misfit explains why a value is none of its column's type.
func (f *fixed) misfit(line int64, c int, v []byte, cause error) error {
	name := f.source.opt.Columns[c].Name
	var e *sqlstate.Error
	if !errors.As(cause, &e) {
		return cause
	}
	own := *e
	own.Detail = place(f.source.file, line, name) + ": " + shown(v)
	if own.Hint == "" {
		own.Hint = "Read the column as text: '" + name + "': 'VARCHAR'."
	}
	return &own
}

// shown quotes the beginning of a text for a message.
func shown(v []byte) string {
	const most = 100
	if len(v) > most {
		return strconv.Quote(string(v[:most])) + "..."
	}
	return strconv.Quote(string(v))
}
