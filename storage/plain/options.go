package plain

import (
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/storage/file"
	"gsql/storage/option"
)

// Kind says what the rows of a table are.
type Kind string

const (
	Text  Kind = "text"  // files, with their text
	Blob  Kind = "blob"  // files, with their bytes
	Lines Kind = "lines" // lines
	Fixed Kind = "fixed" // lines, divided into columns of fixed widths
)

// Options say how files are read.
type Options struct {
	Kind     Kind
	Encoding string // "" is UTF-8, or UTF-16 where a byte order mark says so
	Skip     int    // lines at the beginning of each file
	Widths   []int  // of the columns, in characters
	Columns  []option.Column
	Name     func(path string) string // of a file, as read_text and read_blob tell it
}

// maxWidth bounds the width of a column, and the number of columns.
const (
	maxWidth   = 1 << 20
	maxColumns = 1600 // of a table, as in PostgreSQL
)

var known = map[Kind]option.Set[Options]{
	Text:  {"encoding": setEncoding},
	Blob:  {},
	Lines: {"encoding": setEncoding, "skip": setSkip},
	Fixed: {"encoding": setEncoding, "skip": setSkip, "widths": setWidths, "columns": setColumns},
}

// ParseOptions reads the named arguments of read_text, read_blob, read_lines or read_fixed.
func ParseOptions(kind Kind, args []exec.Arg) (Options, error) {
	o := Options{Kind: kind}
	if len(known[kind]) == 0 && len(args) > 0 {
		return o, sqlstate.New(sqlstate.InvalidParameterValue, "read_%s has no options", kind).At(args[0].Pos)
	}
	if err := known[kind].Parse("read_"+string(kind), args, &o); err != nil {
		return o, err
	}
	if kind == Fixed {
		return o, o.settle()
	}
	return o, nil
}

// settle completes the columns of lines of fixed widths.
func (o *Options) settle() error {
	if len(o.Widths) == 0 {
		return sqlstate.New(sqlstate.InvalidParameterValue, "read_fixed needs the option widths").
			WithHint("Write widths => [10, 8, 3], and columns => {'name': 'TYPE', ...} for names and types.")
	}
	if o.Columns == nil {
		for i := range o.Widths {
			o.Columns = append(o.Columns, option.Column{Name: fmt.Sprintf("column%d", i), Type: types.Of(types.Text)})
		}
	}
	if len(o.Columns) != len(o.Widths) {
		return sqlstate.New(sqlstate.InvalidParameterValue, "read_fixed has %d columns and %d widths", len(o.Columns), len(o.Widths))
	}
	return nil
}

func setEncoding(o *Options, a exec.Arg) error {
	s, ok := a.Value.(string)
	if !ok || s == "" {
		return option.Bad(a, "the name of an encoding")
	}
	o.Encoding = strings.ToLower(s)
	return file.KnownEncoding(o.Encoding)
}

func setSkip(o *Options, a exec.Arg) (err error) {
	o.Skip, err = option.Int(a, 0, 1<<30, "a number of lines")
	return err
}

func setWidths(o *Options, a exec.Arg) error {
	const want = "a list of widths in characters, such as [10, 8, 3]"
	list, ok := a.Value.([]any)
	if !ok || len(list) == 0 || len(list) > maxColumns {
		return option.Bad(a, want)
	}
	for _, x := range list {
		n, ok := x.(int64)
		if !ok || n < 1 || n > maxWidth {
			return option.Bad(a, want)
		}
		o.Widths = append(o.Widths, int(n))
	}
	return nil
}

func setColumns(o *Options, a exec.Arg) (err error) {
	o.Columns, err = option.Columns(a)
	return err
}
