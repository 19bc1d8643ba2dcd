package excel

import (
	"strings"

	"gsql/exec"
	"gsql/storage/option"
)

// Options say how to read workbooks.
type Options struct {
	Sheet        string // "": the first
	Header       *bool  // nil: the first row is one if all its cells are texts
	AllVarchar   bool
	IgnoreErrors bool // cells that do not fit their column, and errors of formulas, are NULL
	SampleSize   int  // rows to infer types from: 0 for the default, -1 for all
	Range        Range
}

// Range has the cells of a table, from 1; what is 0 is open.
type Range struct{ Row, Column, LastRow, LastColumn int }

var known = option.Set[Options]{
	"sheet": func(o *Options, a exec.Arg) error {
		s, ok := a.Value.(string)
		if !ok || s == "" {
			return option.Bad(a, "the name of a sheet")
		}
		o.Sheet = s
		return nil
	},
	"header": func(o *Options, a exec.Arg) error {
		b, err := option.Bool(a)
		o.Header = &b
		return err
	},
	"all_varchar":   func(o *Options, a exec.Arg) (err error) { o.AllVarchar, err = option.Bool(a); return err },
	"ignore_errors": func(o *Options, a exec.Arg) (err error) { o.IgnoreErrors, err = option.Bool(a); return err },
	"sample_size":   func(o *Options, a exec.Arg) (err error) { o.SampleSize, err = option.Rows(a); return err },
	"range":         setRange,
}

// ParseOptions reads the named arguments of read_xlsx.
func ParseOptions(args []exec.Arg) (Options, error) {
	var o Options
	err := known.Parse("read_xlsx", args, &o)
	return o, err
}

func setRange(o *Options, a exec.Arg) error {
	const want = "a range of cells, such as 'A1:F20', 'A5:F' or 'B:D'"
	s, ok := a.Value.(string)
	if !ok {
		return option.Bad(a, want)
	}
	from, to, ok := strings.Cut(strings.ReplaceAll(s, "$", ""), ":")
	r := &o.Range
	var ok1, ok2 bool
	r.Column, r.Row, ok1 = place([]byte(from))
	r.LastColumn, r.LastRow, ok2 = place([]byte(to))
	if !ok || !ok1 || !ok2 || r.Column == 0 || r.LastColumn < r.Column || r.LastRow > 0 && r.LastRow < r.Row {
		return option.Bad(a, want)
	}
	return nil
}
