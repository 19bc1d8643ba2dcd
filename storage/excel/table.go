package excel

import (
	"context"
	"io"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/file"
	"gsql/storage/scan"
)

// NewTable returns the table with a name, for messages, over files of a shape. Columns that are not in the files have the
// ordinals behind those of the shape.
func NewTable(name string, files []file.File, shape *Shape, extra *file.Extras) exec.Table {
	o := shape.opt
	return scan.New(scan.Table{
		Format: "xlsx", Name: name, Files: files, Schema: shape.Columns, Extra: extra, Unit: scan.WholeFile,
		Rows:    shape.Rows(files),
		Options: []any{o.Sheet, shape.header, o.AllVarchar, o.IgnoreErrors, o.SampleSize, []int{o.Range.Row, o.Range.Column, o.Range.LastRow, o.Range.LastColumn}},
		Open:    func(f file.File) (scan.Source, error) { return open(f, shape, f == shape.file) },
	})
}

// source is an open workbook with the table in one of its sheets.
type source struct {
	*book
	shape  *Shape
	layout *layout
	match  []int // columns of the table among those of the file
}

// open opens a file and finds the columns of the table in it.
func open(f file.File, shape *Shape, first bool) (*source, error) {
	b, err := openBook(f)
	if err != nil {
		return nil, err
	}
	s := &source{book: b, shape: shape, layout: shape.first}
	if !first {
		opt := shape.opt
		opt.Header = &shape.header
		s.layout, err = b.layout(context.Background(), opt, matchRows)
	}
	if err == nil {
		s.match, err = s.columns()
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return s, nil
}

// columns finds the columns of the table: by name, or where there is no header by place.
func (s *source) columns() ([]int, error) {
	table, have := s.shape.Columns, exec.Schema(nil)
	for i, n := range s.layout.names {
		f := exec.Field{Name: n}
		if !s.shape.header && i < len(table) {
			f = table[i]
		} else if k := named(table, n); k >= 0 {
			f = table[k]
		}
		have = append(have, f)
	}
	return scan.Match(s.file, table, have)
}

func named(s exec.Schema, name string) int {
	for i := range s {
		if s[i].Name == name {
			return i
		}
	}
	return -1
}

// Read returns the rows of the sheet.
func (s *source) Read(_ context.Context, _ scan.Split, r *scan.Request) (scan.Rows, error) {
	in, err := s.read(s.layout.sheet)
	if err != nil {
		return nil, err
	}
	out := &rows{source: s, sheetReader: in, request: r, at: s.layout.row, unread: s.file.Size, wanted: make([]*vec.Builder, len(s.layout.names))}
	for i, c := range r.Columns {
		out.wanted[s.match[c]] = vec.NewBuilder(r.Schema[i].Type)
	}
	return out, nil
}

// rows yields the rows of a sheet. Empty rows are rows too, unless no row with cells follows.
type rows struct {
	*source
	*sheetReader
	request *scan.Request
	wanted  []*vec.Builder // by column of the layout; nil: it is not
	at      int            // the row that comes next
	ahead   bool           // the reader's row did not come yet
	unread  int64          // bytes of the file that were not told of
	buf     []byte
}

func (r *rows) Next(ctx context.Context) (*vec.Batch, error) {
	n := 0
	for ; n < r.request.Rows; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if !r.ahead {
			if err := r.advance(); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
		}
		cells := r.cells
		if r.at < r.row {
			cells = nil
		} else {
			r.ahead = false
		}
		if err := r.append(cells); err != nil {
			return nil, err
		}
		r.at++
	}
	if n == 0 {
		r.close()
		r.request.Bytes(r.unread)
		r.unread = 0
		return nil, io.EOF
	}
	return r.batch(n), nil
}

// advance reads the next row that has cells within the table.
func (r *rows) advance() error {
	last := r.layout.column + len(r.layout.names) - 1
	for {
		if err := r.next(); err != nil {
			return err
		}
		if r.row > r.layout.last {
			return io.EOF
		}
		if r.row < r.at {
			continue
		}
		for _, c := range r.cells {
			switch {
			case c.column >= r.layout.column && c.column <= last:
				r.ahead = true
			case r.shape.opt.Range.Column == 0:
				return r.outside(c.column)
			}
		}
		if r.ahead {
			return nil
		}
	}
}

// append appends a row.
func (r *rows) append(cells []cell) error {
	for i, b := range r.wanted {
		if b == nil {
			continue
		}
		column := r.layout.column + i
		for len(cells) > 0 && cells[0].column < column {
			cells = cells[1:]
		}
		if len(cells) == 0 || cells[0].column != column {
			b.AppendNull()
			continue
		}
		c := &cells[0]
		if r.fill(b, c) {
			continue
		}
		if !r.shape.opt.IgnoreErrors {
			return r.misfit(c, b.Type(), r.layout.names[i])
		}
		b.AppendNull()
	}
	return nil
}

// fill appends a value, unless it is none of the column's type.
func (r *rows) fill(b *vec.Builder, c *cell) bool {
	fits := false
	switch b.Type().ID {
	case types.Float64:
		if fits = c.kind == isNumber; fits {
			vec.Append(b, c.num)
		}
	case types.Bool:
		if fits = c.kind == isBool; fits {
			b.AppendBool(c.num != 0)
		}
	case types.Date:
		if fits = c.kind == isDate; fits {
			vec.Append(b, int32(c.days))
		}
	case types.Timestamp:
		if fits = c.kind&(isDate|isTimestamp) != 0; fits {
			vec.Append(b, c.days*dayMicros+c.micros)
		}
	case types.Time:
		if fits = c.kind == isClock; fits {
			vec.Append(b, c.micros)
		}
	case types.Interval:
		if fits = c.kind&(isClock|isElapsed) != 0; fits {
			vec.Append(b, vec.Interval{Micros: c.micros})
		}
	default:
		if fits = c.kind != isError || !r.shape.opt.IgnoreErrors; fits {
			r.buf = c.appendText(r.buf[:0])
			b.AppendBytes(r.buf)
		}
	}
	return fits
}

// misfit explains why a cell is none of its column's type.
func (r *rows) misfit(c *cell, t types.Type, name string) error {
	return sqlstate.New(sqlstate.BadTextValue, "invalid input syntax for type %s: \"%s\"", t.Base(), c.appendText(nil)).
		WithDetail("File \"%s\", sheet \"%s\", cell %s, column \"%s\".", r.file.Path, r.layout.sheet.name, at(c.column, r.row), name).
		WithHint("The type was chosen by a sample of the rows. Read all as text, all_varchar => true, look at all rows first, sample_size => -1, or take such cells for NULL, ignore_errors => true.")
}

func (r *rows) batch(n int) *vec.Batch {
	out := &vec.Batch{Rows: n}
	made := make([]*vec.Vector, len(r.wanted))
	for _, c := range r.request.Columns {
		i := r.match[c]
		if made[i] == nil {
			made[i] = r.wanted[i].Finish()
		}
		out.Cols = append(out.Cols, made[i])
	}
	return out
}
