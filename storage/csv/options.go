package csv

import (
	"errors"
	"sort"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/storage/file"
)

// Options say how to read files. What the zero value leaves open is found out from a sample.
type Options struct {
	Delim, Quote, Escape *byte // a zero byte is none
	Comment              byte  // 0: none
	Header               *bool
	NullStr              []string // nil: empty values
	Skip                 int      // lines before the header or the first row
	Columns              []Column // all columns; a header, if there is one, is not looked at
	Names                []string // of the first columns, instead of what the header says
	Types                []Column // types of some columns: by name, or by position where Name is empty
	AllVarchar           bool
	NullPadding          bool // rows may lack fields at the end: NULL
	NoDetect             bool // auto_detect => false: what is not said is the default
	Decimal, Thousands   byte // separators in numbers; 0: as found
	// DateForm and TimestampForm say how values of columns of these types are written; nil: as found.
	DateForm, TimestampForm *dateForm

	IgnoreErrors bool   // rows that cannot be read are left out
	Encoding     string // "" is UTF-8, or UTF-16 where a byte order mark says so
	SampleSize   int    // rows to infer types from: 0 for the default, -1 for all

	// ByName: the table has the columns of all files that are looked at, else of the first. Disjoint lets a file have none
	// of those of the first, which otherwise is an error: it may have no header.
	ByName, Disjoint bool

	typesPos int
}

// Column is a column's name and type.
type Column struct {
	Name string
	Type types.Type
}

// option reads one argument into the options.
type option func(o *Options, a exec.Arg) error

// known are the options by the names that DuckDB has for them.
var known = map[string]option{
	"delim": setDelim, "sep": setDelim, "delimiter": setDelim,
	"quote":   func(o *Options, a exec.Arg) error { return setByte(&o.Quote, a) },
	"escape":  func(o *Options, a exec.Arg) error { return setByte(&o.Escape, a) },
	"comment": setComment,
	"header":  setHeader,
	"nullstr": setNullStr, "null": setNullStr,
	"skip":    setSkip,
	"columns": setColumns,
	"names":   setNames, "column_names": setNames,
	"types": setTypes, "dtypes": setTypes, "column_types": setTypes,
	"all_varchar":  func(o *Options, a exec.Arg) error { return setBool(&o.AllVarchar, a) },
	"null_padding": func(o *Options, a exec.Arg) error { return setBool(&o.NullPadding, a) },
	"auto_detect":  setAutoDetect,
	"sample_size":  setSampleSize,
	"encoding":     setEncoding,

	"decimal_separator": func(o *Options, a exec.Arg) error { return setSeparator(&o.Decimal, a) },
	"thousands":         func(o *Options, a exec.Arg) error { return setSeparator(&o.Thousands, a) },
	"dateformat":        func(o *Options, a exec.Arg) error { return setDateForm(&o.DateForm, a) },
	"date_format":       func(o *Options, a exec.Arg) error { return setDateForm(&o.DateForm, a) },
	"timestampformat":   func(o *Options, a exec.Arg) error { return setDateForm(&o.TimestampForm, a) },
	"timestamp_format":  func(o *Options, a exec.Arg) error { return setDateForm(&o.TimestampForm, a) },
	"ignore_errors":     func(o *Options, a exec.Arg) error { return setBool(&o.IgnoreErrors, a) },
}

// ParseOptions reads the named arguments of read_csv.
func ParseOptions(args []exec.Arg) (Options, error) {
	o := Options{typesPos: -1}
	for _, a := range args {
		set, ok := known[strings.ToLower(a.Name)]
		if !ok {
			return o, unknownOption(a)
		}
		if err := set(&o, a); err != nil {
			return o, err
		}
	}
	if err := o.contradiction(); err != nil {
		return o, err
	}
	if o.NoDetect && o.Columns == nil {
		return o, sqlstate.New(sqlstate.InvalidParameterValue, "read_csv with auto_detect => false needs the option columns").
			WithHint("Write columns => {'name': 'TYPE', ...}.")
	}
	return o, nil
}

// contradiction returns the error of characters that are to have two meanings, and of names that are given twice.
func (o *Options) contradiction() error {
	both := func(a, b string) error {
		return sqlstate.New(sqlstate.InvalidParameterValue, "options \"%s\" and \"%s\" of read_csv must not be the same character", a, b)
	}
	is := func(a *byte, b byte) bool { return a != nil && *a != 0 && *a == b }
	switch {
	case o.Delim != nil && is(o.Quote, *o.Delim):
		return both("delim", "quote")
	case o.Delim != nil && is(o.Escape, *o.Delim):
		return both("delim", "escape")
	case is(o.Delim, o.Comment):
		return both("delim", "comment")
	case is(o.Quote, o.Comment):
		return both("quote", "comment")
	}
	names := o.Names
	if len(o.Columns) > 0 {
		names = nil // columns overrides them
		for _, c := range o.Columns {
			names = append(names, c.Name)
		}
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" is named twice in the options of read_csv", n)
		}
		seen[n] = true
	}
	return nil
}

func setSeparator(to *byte, a exec.Arg) error {
	s, ok := a.Value.(string)
	if !ok || len(s) != 1 || !strings.Contains(".,' _", s) {
		return badOption(a, "a point, a comma, an apostrophe, a space or an underscore")
	}
	*to = s[0]
	return nil
}

func setDateForm(to **dateForm, a exec.Arg) error {
	s, ok := a.Value.(string)
	if !ok || s == "" {
		return badOption(a, "a format such as '%d/%m/%Y'")
	}
	f, err := newDateForm(s)
	var e *sqlstate.Error
	if errors.As(err, &e) {
		return e.At(a.Pos)
	}
	*to = f
	return nil
}

func setEncoding(o *Options, a exec.Arg) error {
	s, ok := a.Value.(string)
	if !ok {
		return badOption(a, "the name of an encoding such as 'latin-1'")
	}
	o.Encoding = s
	var e *sqlstate.Error
	if err := file.KnownEncoding(s); errors.As(err, &e) {
		return e.At(a.Pos)
	}
	return nil
}

func unknownOption(a exec.Arg) error {
	if a.Name == "" {
		return sqlstate.New(sqlstate.InvalidParameterValue, "options of read_csv have names").
			WithHint("Write name => value, as in header => true.").At(a.Pos)
	}
	names := make([]string, 0, len(known))
	for n := range known {
		names = append(names, n)
	}
	sort.Strings(names)
	return sqlstate.New(sqlstate.InvalidParameterValue, "read_csv has no option \"%s\"", a.Name).
		WithHint("Options are %s.", strings.Join(names, ", ")).At(a.Pos)
}

func badOption(a exec.Arg, want string) error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "option \"%s\" of read_csv must be %s", a.Name, want).At(a.Pos)
}

func setBool(to *bool, a exec.Arg) error {
	switch v := a.Value.(type) {
	case bool:
		*to = v
		return nil
	case int64:
		if v == 0 || v == 1 {
			*to = v == 1
			return nil
		}
	case string:
		if b, ok := text.ParseBool([]byte(v)); ok {
			*to = b
			return nil
		}
	}
	return badOption(a, "true or false")
}

// setByte reads one character; the empty string is none.
func setByte(to **byte, a exec.Arg) error {
	s, ok := a.Value.(string)
	if s == `\t` {
		s = "\t"
	}
	if !ok || len(s) > 1 || len(s) == 1 && (s[0] == '\n' || s[0] == '\r' || s[0] == 0 || s[0] >= 0x80) {
		return badOption(a, "one ASCII character or ''")
	}
	b := new(byte)
	if s != "" {
		*b = s[0]
	}
	*to = b
	return nil
}

func setDelim(o *Options, a exec.Arg) error {
	if s, ok := a.Value.(string); ok && len(s) > 1 && s != `\t` {
		return sqlstate.Unsupported("Use a delimiter of one ASCII character.", "delimiter \"%s\" is not supported", s).At(a.Pos)
	}
	if err := setByte(&o.Delim, a); err != nil {
		return err
	}
	if *o.Delim == 0 {
		return badOption(a, "one ASCII character")
	}
	return nil
}

func setComment(o *Options, a exec.Arg) error {
	var b *byte
	err := setByte(&b, a)
	if err == nil {
		o.Comment = *b
	}
	return err
}

func setHeader(o *Options, a exec.Arg) error {
	o.Header = new(bool)
	return setBool(o.Header, a)
}

func setAutoDetect(o *Options, a exec.Arg) error {
	var detect bool
	err := setBool(&detect, a)
	o.NoDetect = !detect
	return err
}

func setNullStr(o *Options, a exec.Arg) error {
	list, ok := stringList(a.Value)
	if s, single := a.Value.(string); single {
		list, ok = []string{s}, true
	}
	if !ok || len(list) == 0 {
		return badOption(a, "a string or a list of strings")
	}
	o.NullStr = list
	return nil
}

func setSkip(o *Options, a exec.Arg) error {
	n, ok := a.Value.(int64)
	if !ok || n < 0 || n > 1<<30 {
		return badOption(a, "a number of lines")
	}
	o.Skip = int(n)
	return nil
}

func setSampleSize(o *Options, a exec.Arg) error {
	n, ok := a.Value.(int64)
	if !ok || n == 0 || n < -1 || n > 1<<30 {
		return badOption(a, "a number of rows, or -1 for all")
	}
	o.SampleSize = int(n)
	return nil
}

func stringList(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, len(list))
	for i, x := range list {
		if out[i], ok = x.(string); !ok {
			return nil, false
		}
	}
	return out, true
}

func setNames(o *Options, a exec.Arg) error {
	list, ok := stringList(a.Value)
	if !ok || len(list) == 0 {
		return badOption(a, "a list of names")
	}
	o.Names = list
	return nil
}

// structOf reads {'name': 'TYPE', ...}.
func structOf(a exec.Arg) ([]Column, bool, error) {
	fields, ok := a.Value.([]exec.Arg)
	if !ok || len(fields) == 0 {
		return nil, false, nil
	}
	var out []Column
	for _, f := range fields {
		s, ok := f.Value.(string)
		if !ok {
			return nil, false, nil
		}
		t, err := typeOf(s, f.Pos)
		if err != nil {
			return nil, false, err
		}
		out = append(out, Column{f.Name, t})
	}
	return out, true, nil
}

func typeOf(name string, pos int) (types.Type, error) {
	t, err := text.ParseType(name)
	if e, ok := err.(*sqlstate.Error); ok {
		return t, e.At(pos)
	}
	return t, err
}

func setColumns(o *Options, a exec.Arg) error {
	cols, ok, err := structOf(a)
	if err != nil {
		return err
	}
	if !ok {
		return badOption(a, "of the form {'name': 'TYPE', ...}")
	}
	o.Columns = cols
	return nil
}

func setTypes(o *Options, a exec.Arg) error {
	o.typesPos = a.Pos
	if list, ok := stringList(a.Value); ok && len(list) > 0 {
		for _, s := range list {
			t, err := typeOf(s, a.Pos)
			if err != nil {
				return err
			}
			o.Types = append(o.Types, Column{Type: t})
		}
		return nil
	}
	cols, ok, err := structOf(a)
	if err != nil {
		return err
	}
	if !ok {
		return badOption(a, "of the form {'name': 'TYPE', ...} or ['TYPE', ...]")
	}
	o.Types = cols
	return nil
}
