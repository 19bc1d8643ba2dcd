package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// proc is a function as pg_proc shows it.
type proc struct {
	oid      uint32
	name     string
	kind     string // f, a, w
	args     []uint32
	variadic uint32
	ret      uint32
	set      bool
	strict   bool
	volatile string
	static   []string // its row in postgres.tsv, nil where PostgreSQL has none
	names    []string // of the parameters
}

// setFunctions are functions that return sets, which the binder and storage know and fn does not.
var setFunctions = map[string]int{"generate_series": -1, "unnest": -1, "regexp_split_to_table": -1, "string_to_table": -1, "regexp_matches": -1,
	"pg_get_keywords": 0, "pg_typeof": 1, "set_config": 3}

// procedures has all functions.
type procedures struct {
	list   []*proc
	byOID  map[uint32]*proc
	byName map[string][]*proc
}

// procs reads the functions of fn, once: those that PostgreSQL has, too, by its list, the others by their signatures.
var procs = sync.OnceValue(func() *procedures {
	p := &procedures{byOID: map[uint32]*proc{}, byName: map[string][]*proc{}}
	own := ownFunctions()
	inOut := typeFunctions()
	for _, row := range sections()["pg_proc"].rows {
		x := staticProc(row)
		arities := own[x.name]
		if !arities[len(x.args)] && !arities[-1] && !inOut[x.oid] {
			continue
		}
		p.add(x)
	}
	numbers := newNumbers()
	var extra []*proc
	add := func(name, kind string, args []types.Type, variadic bool, ret types.Type, strict bool, volatile fn.Volatility, params []string) {
		if name[0] < 'a' || name[0] > 'z' || strings.HasSuffix(name, "[]") {
			return // an operator, or the array of a set
		}
		x := &proc{name: name, kind: kind, ret: TypeOID(ret), strict: strict, volatile: [...]string{"i", "s", "v"}[volatile], names: params}
		for _, a := range args {
			x.args = append(x.args, TypeOID(a))
		}
		if variadic {
			x.variadic = x.args[len(x.args)-1]
		}
		for _, other := range p.byName[name] {
			if len(other.args) == len(args) && other.static != nil {
				return
			}
		}
		extra = append(extra, x)
	}
	fn.EachScalar(func(s *fn.Scalar) {
		add(s.Name, "f", s.Args, s.Variadic, returned(s.Ret, s.RetOf), !s.NotStrict, s.Volatility, s.Params)
	})
	fn.EachAggregate(func(a *fn.Aggregate) {
		add(a.Name, "a", a.Args, a.Variadic, returned(a.Ret, a.RetOf), false, fn.Immutable, nil)
	})
	fn.EachWindow(func(w *fn.Window) {
		add(w.Name, "w", w.Args, false, returned(w.Ret, w.RetOf), false, fn.Immutable, nil)
	})
	slices.SortFunc(extra, func(a, b *proc) int {
		return cmp.Or(cmp.Compare(a.name, b.name), slices.Compare(a.args, b.args))
	})
	for _, x := range extra {
		x.oid = numbers.next("function", x.name, fmt.Sprint(x.args))
		p.add(x)
	}
	return p
})

// returned is a declared result type; of one that depends on the arguments the catalog says that it is any element.
func returned(t types.Type, of func([]types.Type) types.Type) types.Type {
	if of != nil {
		return types.Of(types.AnyElement)
	}
	return t
}

func (p *procedures) add(x *proc) {
	p.list = append(p.list, x)
	p.byOID[x.oid] = x
	p.byName[x.name] = append(p.byName[x.name], x)
}

// ownFunctions returns by name with how many arguments fn's functions are called; -1 means any number.
func ownFunctions() map[string]map[int]bool {
	m := map[string]map[int]bool{}
	add := func(name string, n int, any bool) {
		name = strings.TrimSuffix(name, "[]")
		if m[name] == nil {
			m[name] = map[int]bool{}
		}
		m[name][n] = true
		if any {
			m[name][-1] = true
		}
	}
	fn.EachScalar(func(s *fn.Scalar) { add(s.Name, len(s.Args), s.Variadic || s.Optional) })
	fn.EachAggregate(func(a *fn.Aggregate) { add(a.Name, len(a.Args), a.OrderedSet) })
	fn.EachWindow(func(w *fn.Window) { add(w.Name, len(w.Args), false) })
	for name, n := range setFunctions {
		add(name, n, n < 0)
	}
	return m
}

// typeFunctions are the functions that read and write types, which clients look up to know arrays.
func typeFunctions() map[uint32]bool {
	m := map[uint32]bool{}
	sec := sections()["pg_type"]
	for _, column := range []string{"typsubscript", "typinput", "typoutput", "typreceive", "typsend", "typmodin", "typmodout", "typanalyze"} {
		at := sec.index(column)
		for _, row := range sec.rows {
			m[number(row[at])] = true
		}
	}
	return m
}

func staticProc(row []string) *proc {
	sec := sections()["pg_proc"]
	get := func(column string) string { return row[sec.index(column)] }
	x := &proc{static: row, oid: number(row[0]), name: row[1], kind: get("prokind"), ret: number(get("prorettype")), set: get("proretset") == "t",
		strict: get("proisstrict") == "t", volatile: get("provolatile"), variadic: number(get("provariadic"))}
	for _, a := range strings.Fields(get("proargtypes")) {
		x.args = append(x.args, number(a))
	}
	if names, null := unescape(get("proargnames")); !null {
		x.names = strings.Split(strings.Trim(names, "{}"), ",")
	}
	return x
}

// signature is a function's name with the types of its arguments.
func (s *Snapshot) signature(p *proc) string {
	args := make([]string, len(p.args))
	for i, a := range p.args {
		args[i] = s.operand(a)
	}
	return Quote(p.name) + "(" + strings.Join(args, ",") + ")"
}

// nameIndex has the rows of a section by OID, and how many have a name.
type nameIndex struct {
	rows  map[uint32][]string
	count map[string]int
}

func indexNames(name string) *nameIndex {
	x := &nameIndex{map[uint32][]string{}, map[string]int{}}
	for _, row := range sections()[name].rows {
		x.rows[number(row[0])] = row
		x.count[row[1]]++
	}
	return x
}

// All of PostgreSQL's functions and operators have names, also those that gsql lacks: the catalog refers to them.
var (
	procNames     = sync.OnceValue(func() *nameIndex { return indexNames("pg_proc") })
	operatorNames = sync.OnceValue(func() *nameIndex { return indexNames("pg_operator") })
)

// procName is a function's name, with its arguments where typed. Alone, a name that is not the only one of its kind has
// its schema before it.
func (s *Snapshot) procName(oid uint32, typed bool) (string, bool) {
	p := procs().byOID[oid]
	if p == nil {
		row := procNames().rows[oid]
		if row == nil {
			return "", false
		}
		p = staticProc(row)
	}
	name := Quote(p.name)
	switch {
	case typed:
		name = s.signature(p)
	case procNames().count[p.name] > 1 || len(procs().byName[p.name]) > 1:
		return "pg_catalog." + name, true
	}
	if !s.inPath("pg_catalog") {
		name = "pg_catalog." + name
	}
	return name, true
}

// operatorName is procName for operators.
func (s *Snapshot) operatorName(oid uint32, typed bool) (string, bool) {
	row := operatorNames().rows[oid]
	if row == nil {
		return "", false
	}
	name, _ := unescape(row[1])
	sec := sections()["pg_operator"]
	switch {
	case typed:
		return name + "(" + s.operand(number(row[sec.index("oprleft")])) + "," + s.operand(number(row[sec.index("oprright")])) + ")", true
	case operatorNames().count[row[1]] > 1:
		name = "pg_catalog." + name
	}
	return name, true
}

// operand is the name of a type among arguments.
func (s *Snapshot) operand(oid uint32) string {
	if oid == 0 {
		return "NONE"
	}
	name, _ := s.typeName(oid)
	return name
}

// parseProc finds a function by name or, for regprocedure, by its signature.
func (s *Snapshot) parseProc(t types.ID, text string) (uint32, error) {
	name, args := text, ""
	if t == types.RegProcedure {
		i := strings.IndexByte(text, '(')
		if i < 0 || !strings.HasSuffix(strings.TrimSpace(text), ")") {
			return 0, sqlstate.New(sqlstate.BadTextValue, "expected a left parenthesis")
		}
		name, args = text[:i], strings.TrimSuffix(strings.TrimSpace(text[i+1:]), ")")
	}
	q, err := s.parseName(name)
	if err != nil {
		return 0, err
	}
	missing := sqlstate.New(sqlstate.UndefinedFunction, "function \"%s\" does not exist", text)
	found := procs().byName[q.name]
	if q.schema != "" && q.schema != "pg_catalog" {
		found = nil
	}
	if t == types.RegProc {
		switch len(found) {
		case 0:
			return 0, missing
		case 1:
			return found[0].oid, nil
		}
		return 0, sqlstate.New(sqlstate.AmbiguousFunction, "more than one function named \"%s\"", text)
	}
	var want []uint32
	if strings.TrimSpace(args) != "" {
		for a := range strings.SplitSeq(args, ",") {
			oid, err := s.parseType(strings.TrimSpace(a))
			if err != nil {
				return 0, err
			}
			want = append(want, oid)
		}
	}
	for _, p := range found {
		if slices.Equal(p.args, want) {
			return p.oid, nil
		}
	}
	return 0, missing
}

// operator is one as pg_operator shows it.
type operator struct {
	oid         uint32
	name        string
	left, right uint32
	row         []string
}

type operatorList struct{ rows []*operator }

// operators are those of PostgreSQL that fn has for the same types.
var operators = sync.OnceValue(func() *operatorList {
	type key struct {
		name        string
		left, right uint32
	}
	own := map[key]bool{}
	fn.EachScalar(func(f *fn.Scalar) {
		switch len(f.Args) {
		case 1:
			own[key{f.Name, 0, polymorphic(TypeOID(f.Args[0]))}] = true
		case 2:
			own[key{f.Name, polymorphic(TypeOID(f.Args[0])), polymorphic(TypeOID(f.Args[1]))}] = true
		}
	})
	list := &operatorList{}
	for _, row := range sections()["pg_operator"].rows {
		name, _ := unescape(row[1])
		o := &operator{oid: number(row[0]), name: name, left: number(row[6]), right: number(row[7]), row: row}
		if own[key{o.name, polymorphic(o.left), polymorphic(o.right)}] {
			list.rows = append(list.rows, o)
		}
	}
	return list
})

// polymorphic returns one OID for all types that stand for any element, and one for those that stand for any array.
func polymorphic(oid uint32) uint32 {
	switch oid {
	case 2283, 2276, 2776, 5077, 5079:
		return 5077
	case 2277, 5078:
		return 5078
	}
	return oid
}

// parseOperator finds an operator by its name or, for regoperator, with the types of its operands.
func (s *Snapshot) parseOperator(t types.ID, text string) (uint32, error) {
	name, args, typed := strings.Cut(text, "(")
	name = strings.TrimPrefix(strings.TrimSpace(name), "pg_catalog.")
	var want []uint32
	if t == types.RegOperator {
		if !typed {
			return 0, sqlstate.New(sqlstate.BadTextValue, "expected a left parenthesis")
		}
		for a := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(args), ")"), ",") {
			var oid uint32
			if a = strings.TrimSpace(a); !strings.EqualFold(a, "none") {
				var err error
				if oid, err = s.parseType(a); err != nil {
					return 0, err
				}
			}
			want = append(want, oid)
		}
	}
	var found []*operator
	for _, o := range operators().rows {
		if o.name == name && (want == nil || slices.Equal(want, []uint32{o.left, o.right})) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return 0, sqlstate.New(sqlstate.UndefinedFunction, "operator does not exist: %s", text)
	case 1:
		return found[0].oid, nil
	}
	return 0, sqlstate.New(sqlstate.AmbiguousFunction, "more than one operator named %s", text)
}
