package excel

import (
	"context"
	"fmt"
	"io"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
	"gsql/storage/scan"
)

const (
	sampleRows = 20_480 // looked at, unless an option says otherwise
	matchRows  = 100    // looked at in files but the first
)

// Shape is what is known of files before they are read.
type Shape struct {
	scan.Shape

	opt    Options
	first  *layout // of the first file
	header bool
	file   file.File // the first
}

// layout says where the table is in a sheet.
type layout struct {
	sheet  sheet
	row    int // the first row of data
	last   int // the last one that may be
	column int // the first
	names  []string
	header bool
	kinds  []kinds // by column
	rows   int     // in the sheet, or in the sample
}

// Infer finds the columns in a sample of the first file's rows. Other files must have them too, by name if they have
// headers.
func Infer(ctx context.Context, files []file.File, opt Options) (*Shape, error) {
	if len(files) == 0 {
		return nil, sqlstate.New(sqlstate.UndefinedFile, "no Excel files")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, err := openBook(files[0])
	if err != nil {
		return nil, err
	}
	defer b.Close()
	rows := opt.SampleSize
	switch {
	case rows == 0:
		rows = sampleRows
	case rows < 0:
		rows = maxRow
	}
	l, err := b.layout(ctx, opt, rows)
	if err != nil {
		return nil, err
	}
	s := &Shape{opt: opt, first: l, header: l.header, file: files[0]}
	s.Density = float64(l.rows) / float64(max(files[0].Size, 1))
	for i, n := range l.names {
		s.Columns = append(s.Columns, exec.Field{Name: n, Type: typeOf(l.kinds[i], opt)})
	}
	return s, nil
}

// typeOf returns the type of a column whose cells hold what k says.
func typeOf(k kinds, opt Options) types.Type {
	if opt.IgnoreErrors && k != isError {
		k &^= isError
	}
	if opt.AllVarchar {
		return types.Of(types.Text)
	}
	switch k {
	case isNumber:
		return types.Of(types.Float64)
	case isBool:
		return types.Of(types.Bool)
	case isDate:
		return types.Of(types.Date)
	case isTimestamp, isDate | isTimestamp:
		return types.Of(types.Timestamp)
	case isClock:
		return types.Of(types.Time)
	case isElapsed, isElapsed | isClock:
		return types.Of(types.Interval)
	}
	return types.Of(types.Text)
}

// layout looks at the first rows of a sheet.
func (b *book) layout(ctx context.Context, opt Options, rows int) (*layout, error) {
	sh, err := b.sheet(opt.Sheet)
	if err != nil {
		return nil, err
	}
	s, err := b.read(sh)
	if err != nil {
		return nil, err
	}
	defer s.close()
	l := &layout{sheet: sh, last: maxRow}
	if opt.Range.LastRow > 0 {
		l.last = opt.Range.LastRow
	}
	k := looker{sheetReader: s, opt: opt, layout: l, kinds: map[int]kinds{}}
	if err := k.look(ctx, rows+1); err != nil {
		return nil, err
	}
	return l, k.settle()
}

// looker looks at a sample of rows.
type looker struct {
	*sheetReader
	layout *layout
	opt    Options
	kinds  map[int]kinds // by column
	head   []cell        // the first row
	low    int           // columns that have cells
	high   int
}

func (k *looker) look(ctx context.Context, rows int) error {
	for n := 0; n < rows; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := k.next()
		if err == io.EOF || k.row > k.layout.last {
			break
		}
		if err != nil {
			return err
		}
		if k.row < k.opt.Range.Row {
			n--
			continue
		}
		k.take()
	}
	k.layout.rows = k.estimate()
	return nil
}

// estimate returns how many rows the sheet has: as it says, or by the part of it that was read.
func (k *looker) estimate() int {
	p := k.book.parts[strings.ToLower(k.sheet.part)]
	if k.rows > k.row || k.x.n == 0 {
		return max(k.rows, k.row)
	}
	return int(min(float64(k.row)*max(float64(p.UncompressedSize64)/float64(k.x.n), 1), maxRow))
}

// take notes what the cells of a row hold.
func (k *looker) take() {
	r := k.opt.Range
	first := k.layout.row == 0
	for i := range k.cells {
		c := &k.cells[i]
		if c.column < r.Column || r.LastColumn > 0 && c.column > r.LastColumn {
			continue
		}
		if k.layout.row == 0 {
			k.layout.row = k.row
		}
		if k.low == 0 {
			k.low, k.high = c.column, c.column
		}
		k.low, k.high = min(k.low, c.column), max(k.high, c.column)
		if first {
			own := *c
			own.text = append([]byte(nil), c.text...)
			k.head = append(k.head, own)
		} else {
			k.kinds[c.column] |= c.kind
		}
	}
}

// settle finds the columns, and whether the first row has their names.
func (k *looker) settle() error {
	l, r := k.layout, k.opt.Range
	if r.Column > 0 {
		k.low, k.high = r.Column, r.LastColumn
	}
	if k.low == 0 {
		return sqlstate.New(sqlstate.InvalidParameterValue, "sheet \"%s\" of file \"%s\" is empty", k.sheet.name, k.book.file.Path).
			WithHint("Say which sheet to read: sheet => 'name'.")
	}
	if r.Row > 0 && l.row != r.Row {
		// A range begins where it is said to, with an empty row here.
		for _, c := range k.head {
			k.kinds[c.column] |= c.kind
		}
		l.row, k.head = r.Row, nil
	}
	l.row = max(l.row, 1)
	l.header = len(k.head) > 0
	for _, c := range k.head {
		l.header = l.header && c.kind == isText
	}
	if k.opt.Header != nil {
		l.header = *k.opt.Header
	}
	l.column = k.low
	k.name()
	if l.header {
		l.row++
	} else {
		for _, c := range k.head {
			k.kinds[c.column] |= c.kind
		}
	}
	for c := k.low; c <= k.high; c++ {
		l.kinds = append(l.kinds, k.kinds[c])
	}
	return nil
}

// name names the columns: as the header does, or by their letters; repeated names get a number.
func (k *looker) name() {
	l := k.layout
	header := map[int]string{}
	if l.header {
		for _, c := range k.head {
			header[c.column] = strings.TrimSpace(string(c.appendText(nil)))
		}
	}
	seen := map[string]bool{}
	for c := k.low; c <= k.high; c++ {
		name := header[c]
		if name == "" {
			name = letters(c)
		}
		base := name
		for i := 1; seen[name]; i++ {
			name = fmt.Sprintf("%s_%d", base, i)
		}
		seen[name] = true
		l.names = append(l.names, name)
	}
}
