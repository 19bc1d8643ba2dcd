package json

import (
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/storage/option"
)

// Options say how to read files. What the zero value leaves open is found out from a sample.
type Options struct {
	Layout       *Layout
	Columns      []option.Column // all columns; other members are not looked at
	Types        []option.Column // types of some members
	SampleSize   int             // rows to find columns in: 0 for the default, -1 for all
	IgnoreErrors bool            // lines that are not one object, or have a value that is none of its type, are left out
	MaxObject    int             // bytes of an object; 0: the default
}

var layouts = map[string]Layout{"newline_delimited": Lines, "nd": Lines, "unstructured": Objects, "array": Array}

var known = option.Set[Options]{
	"format":  setFormat,
	"columns": func(o *Options, a exec.Arg) (err error) { o.Columns, err = option.Columns(a); return err },
	"types":   func(o *Options, a exec.Arg) (err error) { o.Types, err = option.Columns(a); return err },
	"auto_detect": func(o *Options, a exec.Arg) error {
		_, err := option.Bool(a) // without it the option columns is needed, which settles all that is detected
		return err
	},
	"sample_size":   func(o *Options, a exec.Arg) (err error) { o.SampleSize, err = option.Rows(a); return err },
	"ignore_errors": func(o *Options, a exec.Arg) (err error) { o.IgnoreErrors, err = option.Bool(a); return err },
	"maximum_object_size": func(o *Options, a exec.Arg) (err error) {
		o.MaxObject, err = option.Int(a, 1, largestObject, "a number of bytes up to 1 GiB")
		return err
	},
}

// ParseOptions reads the named arguments of a table function. Those whose names speak of NDJSON read lines.
func ParseOptions(function string, args []exec.Arg) (Options, error) {
	var o Options
	if strings.HasPrefix(function, "read_ndjson") {
		lines := Lines
		o.Layout = &lines
	}
	if err := known.Parse(function, args, &o); err != nil {
		return o, err
	}
	if o.IgnoreErrors && o.Layout == nil {
		lines := Lines
		o.Layout = &lines
	}
	if o.IgnoreErrors && *o.Layout != Lines {
		return o, sqlstate.New(sqlstate.InvalidParameterValue, "option \"ignore_errors\" needs files with one object a line").
			WithHint("Say format => 'newline_delimited'.")
	}
	return o, nil
}

func setFormat(o *Options, a exec.Arg) error {
	s, ok := a.Value.(string)
	if ok && s == "auto" {
		o.Layout = nil
		return nil
	}
	l, ok2 := layouts[s]
	if !ok || !ok2 {
		return option.Bad(a, "'auto', 'newline_delimited', 'unstructured' or 'array'")
	}
	o.Layout = &l
	return nil
}
