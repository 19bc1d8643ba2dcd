// Package option reads the named arguments of table functions, such as header => true in read_csv. Names and
// meanings are DuckDB's.
package option

import (
	"sort"
	"strings"

	"gsql/exec"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
)

// Set is the options that a function has, each with what puts an argument into an O.
type Set[O any] map[string]func(o *O, a exec.Arg) error

// Column is a column's name and type.
type Column struct {
	Name string
	Type types.Type
}

// Parse reads the arguments of a function into o.
func (s Set[O]) Parse(function string, args []exec.Arg, o *O) error {
	for _, a := range args {
		set, ok := s[strings.ToLower(a.Name)]
		if !ok {
			return s.unknown(function, a)
		}
		if err := set(o, a); err != nil {
			return err
		}
	}
	return nil
}

func (s Set[O]) unknown(function string, a exec.Arg) error {
	if a.Name == "" {
		return sqlstate.New(sqlstate.InvalidParameterValue, "options of %s have names", function).
			WithHint("Write name => value.").At(a.Pos)
	}
	names := make([]string, 0, len(s))
	for n := range s {
		names = append(names, n)
	}
	sort.Strings(names)
	return sqlstate.New(sqlstate.InvalidParameterValue, "%s has no option \"%s\"", function, a.Name).
		WithHint("Options are %s.", strings.Join(names, ", ")).At(a.Pos)
}

// Bad says what an option must be.
func Bad(a exec.Arg, want string) error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "option \"%s\" must be %s", a.Name, want).At(a.Pos)
}

// Bool reads true or false, in any form of PostgreSQL.
func Bool(a exec.Arg) (bool, error) {
	switch v := a.Value.(type) {
	case bool:
		return v, nil
	case int64:
		if v == 0 || v == 1 {
			return v == 1, nil
		}
	case string:
		if b, ok := text.ParseBool([]byte(v)); ok {
			return b, nil
		}
	}
	return false, Bad(a, "true or false")
}

// Int reads a whole number from least to most; what says what it is.
func Int(a exec.Arg, least, most int, what string) (int, error) {
	n, ok := a.Value.(int64)
	if !ok || n < int64(least) || n > int64(most) {
		return 0, Bad(a, what)
	}
	return int(n), nil
}

// Rows reads the size of a sample: -1 means all rows.
func Rows(a exec.Arg) (int, error) {
	n, err := Int(a, -1, 1<<30, "a number of rows, or -1 for all")
	if err == nil && n == 0 {
		return 0, Bad(a, "a number of rows, or -1 for all")
	}
	return n, err
}

// Strings reads a list of strings.
func Strings(a exec.Arg) (out []string, ok bool) {
	list, ok := a.Value.([]any)
	if !ok || len(list) == 0 {
		return nil, false
	}
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// Type reads the name of a type.
func Type(name string, pos int) (types.Type, error) {
	t, err := text.ParseType(name)
	if e, ok := err.(*sqlstate.Error); ok {
		if up := strings.ToUpper(strings.TrimSpace(name)); strings.HasPrefix(up, "STRUCT") || strings.HasPrefix(up, "MAP") {
			e.Hint = "Nested values are of type JSON."
		}
		return t, e.At(pos)
	}
	return t, err
}

// Columns reads {'name': 'TYPE', ...}.
func Columns(a exec.Arg) ([]Column, error) {
	const want = "of the form {'name': 'TYPE', ...}"
	fields, ok := a.Value.([]exec.Arg)
	if !ok || len(fields) == 0 {
		return nil, Bad(a, want)
	}
	var out []Column
	seen := map[string]bool{}
	for _, f := range fields {
		s, ok := f.Value.(string)
		if !ok {
			return nil, Bad(a, want)
		}
		if seen[f.Name] {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "option \"%s\" names column \"%s\" twice", a.Name, f.Name).At(f.Pos)
		}
		seen[f.Name] = true
		t, err := Type(s, f.Pos)
		if err != nil {
			return nil, err
		}
		out = append(out, Column{f.Name, t})
	}
	return out, nil
}
