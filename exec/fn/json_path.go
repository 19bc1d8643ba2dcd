package fn

import (
	"bytes"
	"strings"

	"regexp"

	"gsql/exec/jsonpath"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions and operators that apply a jsonpath to jsonb.

// pathRows evaluates paths for the rows of a call. Of a path or variables that are the same as in the row before, nothing
// is done again.
type pathRows struct {
	c                  *Call
	doc, path, vars    func(i int) []byte
	silent             func(i int) bool
	always             bool // silent
	zoned              bool // values with a time zone may be compared with others
	lastPath, lastVars []byte
	lastSilent         bool
	parsed             *jsonpath.Path
	eval               *jsonpath.Evaluator
}

// newPathRows reads the arguments of a call: document, path and, where they are given, variables and whether to be silent.
func newPathRows(c *Call, silent, zoned bool) *pathRows {
	r := &pathRows{c: c, zoned: zoned, doc: Reader[[]byte](c.Args[0]), path: Reader[[]byte](c.Args[1]), always: silent}
	if len(c.Args) > 2 {
		r.vars = Reader[[]byte](c.Args[2])
	}
	if len(c.Args) > 3 {
		r.silent = Reader[bool](c.Args[3])
	}
	return r
}

// at returns the evaluator for a row.
func (r *pathRows) at(i int) (*jsonpath.Evaluator, error) {
	path, silent := r.path(i), r.always || r.silent != nil && r.silent(i)
	var vars []byte
	if r.vars != nil {
		vars = r.vars(i)
	}
	same := r.parsed != nil && bytes.Equal(path, r.lastPath)
	if same && r.eval != nil && silent == r.lastSilent && bytes.Equal(vars, r.lastVars) {
		return r.eval, nil
	}
	if !same {
		p, err := jsonpath.Parse(string(path))
		if err != nil {
			return nil, err
		}
		r.parsed, r.lastPath = p, bytes.Clone(path)
	}
	var check func() error
	if r.c.Ctx != nil {
		check = r.c.Ctx.Check
	}
	var err error
	if r.eval, err = jsonpath.New(r.parsed, bytes.Clone(vars), silent, check); err == nil && r.zoned {
		r.eval.UseZone(r.c.sessionZone())
	}
	r.lastVars, r.lastSilent = bytes.Clone(vars), silent
	return r.eval, err
}

// askPath makes Eval of a function that answers yes or no.
func askPath(silent, zoned bool, ask func(e *jsonpath.Evaluator, doc []byte) (x, ok bool, err error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		r := newPathRows(c, silent, zoned)
		return runNull(c, func(i int) (bool, bool, error) {
			e, err := r.at(i)
			if err != nil {
				return false, false, err
			}
			return ask(e, r.doc(i))
		})
	}
}

// pathItems returns the items that a path yields as arrays.
func pathItems(c *Call, zoned bool) (*vec.Vector, error) {
	r := newPathRows(c, false, zoned)
	return makeTextLists(c, func(i int, out *textList) (bool, error) {
		e, err := r.at(i)
		if err != nil {
			return false, err
		}
		items, err := e.Query(r.doc(i))
		for _, x := range items {
			out.add(x)
		}
		return true, err
	})
}

// pathArray returns the items that a path yields as a JSON array.
func pathArray(c *Call, zoned bool) (*vec.Vector, error) {
	r := newPathRows(c, false, zoned)
	var buf []byte
	return run(c, func(i int) ([]byte, error) {
		e, err := r.at(i)
		if err != nil {
			return nil, err
		}
		items, err := e.Query(r.doc(i))
		buf = append(buf[:0], '[')
		for k, x := range items {
			if k > 0 {
				buf = append(buf, ", "...)
			}
			buf = append(buf, x...)
		}
		if len(buf) > maxString {
			return nil, tooLong()
		}
		buf = append(buf, ']')
		return buf, err
	})
}

// pathFirst returns the first item that a path yields.
func pathFirst(c *Call, zoned bool) (*vec.Vector, error) {
	r := newPathRows(c, false, zoned)
	return runNull(c, func(i int) ([]byte, bool, error) {
		e, err := r.at(i)
		if err != nil {
			return nil, false, err
		}
		items, err := e.Query(r.doc(i))
		if err != nil || len(items) == 0 {
			return nil, false, err
		}
		return items[0], true, nil
	})
}

// compilePath compiles the pattern of like_regex with XQuery's flags: a dot matches newlines with s only, and m makes ^
// and $ match at the ends of lines.
func compilePath(pattern, flags string) (jsonpath.Matcher, error) {
	has := func(f string) bool { return strings.Contains(flags, f) }
	ours := ""
	if has("i") {
		ours = "i"
	}
	switch {
	case has("q"):
		pattern = regexp.QuoteMeta(pattern)
	case has("s") && has("m"):
		ours += "w"
	case has("m"):
		ours += "n"
	case !has("s"):
		ours += "p"
	}
	re, err := compileRegexp(pattern, ours)
	if err != nil {
		return nil, err
	}
	if re.words {
		return nil, sqlstate.Unsupported("", "boundaries of words are not supported in like_regex")
	}
	return re, nil
}

func init() {
	jsonpath.Compile = compilePath
	j, p, b := types.Of(types.JSONB), types.Of(types.JSONPath), types.Of(types.Bool)
	exists, match := (*jsonpath.Evaluator).Exists, (*jsonpath.Evaluator).Match
	RegisterScalar(
		&Scalar{Name: "@?", Args: []types.Type{j, p}, Ret: b, Eval: askPath(true, false, exists)},
		&Scalar{Name: "@@", Args: []types.Type{j, p}, Ret: b, Eval: askPath(true, false, match)},
		&Scalar{Name: "jsonb_path_exists_opr", Args: []types.Type{j, p}, Ret: b, Eval: askPath(true, false, exists)},
		&Scalar{Name: "jsonb_path_match_opr", Args: []types.Type{j, p}, Ret: b, Eval: askPath(true, false, match)},
	)
	rows := func(f func(*Call, bool) (*vec.Vector, error), zoned bool) func(*Call) (*vec.Vector, error) {
		return func(c *Call) (*vec.Vector, error) { return f(c, zoned) }
	}
	for _, tz := range []string{"", "_tz"} {
		zoned := tz != ""
		for _, f := range []struct {
			name string
			ret  types.Type
			eval func(*Call) (*vec.Vector, error)
		}{
			{"jsonb_path_exists" + tz, b, askPath(false, zoned, exists)}, {"jsonb_path_match" + tz, b, askPath(false, zoned, match)},
			{"jsonb_path_query" + tz + "[]", types.ArrayOf(j), rows(pathItems, zoned)}, {"jsonb_path_query_array" + tz, j, rows(pathArray, zoned)},
			{"jsonb_path_query_first" + tz, j, rows(pathFirst, zoned)},
		} {
			s := &Scalar{Name: f.name, Args: []types.Type{j, p, j, b}, Ret: f.ret, Eval: f.eval,
				Params: []string{"target", "path", "vars", "silent"}, Defaults: map[string]string{"vars": "{}", "silent": "false"}}
			if zoned {
				stable(s)
			}
			RegisterScalar(s)
		}
	}
}
