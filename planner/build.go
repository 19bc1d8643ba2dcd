package planner

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
)

// call returns name(args) with the overload that is declared for the arguments' types.
func call(name string, args ...expr.Expr) (expr.Expr, error) {
	f := overload(name, args)
	if f == nil {
		return nil, internal("no function %s for %s", name, args[0].Type())
	}
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type()
	}
	return &expr.Call{Fn: f, Args: args, Typ: f.ReturnType(ts)}, nil
}

// overload returns the overload of a function that takes args as they are: the one declared for just these
// types, or for text where they are other strings, or for any type.
func overload(name string, args []expr.Expr) *fn.Scalar {
	for _, fits := range []func(declared, have types.Type) bool{sameID, bothString, polymorphic} {
	next:
		for _, f := range fn.Scalars(name) {
			if len(f.Args) != len(args) {
				continue
			}
			for i, a := range args {
				if !fits(f.Args[i], a.Type()) {
					continue next
				}
			}
			return f
		}
	}
	return nil
}

func sameID(declared, have types.Type) bool { return declared.ID == have.ID }

func bothString(declared, have types.Type) bool {
	return declared.ID == types.Text && have.IsString() && have.ID != types.Char
}

func polymorphic(declared, have types.Type) bool {
	switch declared.ID {
	case types.Any, types.AnyElement:
		return true
	case types.AnyArray:
		return have.ID == types.Array
	case types.AnyEnum:
		return have.ID == types.Enum
	}
	return false
}

// eq returns l = r.
func eq(l, r expr.Expr) (expr.Expr, error) { return call("=", l, r) }

// nullSafeEq returns l IS NOT DISTINCT FROM r, an equality that is true for two NULLs and never NULL.
// Lowering makes it a key of a hash join.
func nullSafeEq(l, r expr.Expr) (expr.Expr, error) { return call("is_not_distinct_from", l, r) }

func isNotNull(e expr.Expr) expr.Expr { return &expr.IsNull{Arg: e, Not: true} }

// orFalse returns e with false for NULL.
func orFalse(e expr.Expr) expr.Expr {
	return &expr.Coalesce{Args: []expr.Expr{e, expr.Bool(false)}, Typ: types.Of(types.Bool)}
}

// not returns the negation of e, as a comparison where it is one.
func not(e expr.Expr) expr.Expr {
	switch x := e.(type) {
	case *expr.Not:
		return x.Arg
	case *expr.IsNull:
		return &expr.IsNull{Arg: x.Arg, Not: !x.Not}
	case *expr.Call:
		if x.Fn.Negated != nil {
			return &expr.Call{Fn: x.Fn.Negated, Args: x.Args, Typ: x.Typ}
		}
	case *expr.Const:
		if v, null, ok := boolOf(x); ok && !null {
			return expr.Bool(!v)
		} else if ok {
			return e
		}
	}
	return &expr.Not{Arg: e}
}

var commutators = map[string]string{"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

// commute returns a comparison with its sides exchanged, nil when there is no operator for that.
func commute(c *expr.Call) *expr.Call {
	f := related(c.Fn, commutators[c.Fn.Name], true)
	if f == nil || len(c.Args) != 2 {
		return nil
	}
	return &expr.Call{Fn: f, Args: []expr.Expr{c.Args[1], c.Args[0]}, Typ: c.Typ}
}

// related returns the overload of name that takes the same types as f, exchanged if swap is set.
func related(f *fn.Scalar, name string, swap bool) *fn.Scalar {
	if name == "" || len(f.Args) != 2 {
		return nil
	}
	a, b := f.Args[0], f.Args[1]
	if swap {
		a, b = b, a
	}
	for _, g := range fn.Scalars(name) {
		if len(g.Args) == 2 && g.Args[0] == a && g.Args[1] == b {
			return g
		}
	}
	return nil
}

// castTo returns e as type t by a cast, e itself when it has the type, nil when there is no such cast.
func castTo(e expr.Expr, t types.Type) expr.Expr {
	if e.Type() == t {
		return e
	}
	c := fn.LookupCast(e.Type().ID, t.ID)
	if c == nil {
		return nil
	}
	return &expr.Cast{Cast: c, Arg: e, Typ: t}
}

// countOf returns the aggregate count(e).
func countOf(e expr.Expr) (*expr.Aggregate, error) {
	for _, a := range fn.Aggregates("count") {
		if len(a.Args) == 1 {
			return &expr.Aggregate{Fn: a, Args: []expr.Expr{e}, Typ: types.Of(types.Int64)}, nil
		}
	}
	return nil, internal("no aggregate count")
}

// EmptyResult returns what an aggregate yields for no rows; nil for NULL.
func EmptyResult(a *expr.Aggregate) *expr.Const {
	if a.Fn.New == nil {
		if a.Fn.Name == "count" {
			return int64Const(0)
		}
		return nil
	}
	ts := make([]types.Type, len(a.Args))
	for i, arg := range a.Args {
		ts[i] = arg.Type()
	}
	acc := a.Fn.New(ts, a.Typ)
	acc.Grow(1)
	v, err := acc.Result(0, 1)
	if err != nil || v.IsNull(0) {
		return nil
	}
	return constOf(v.WithType(a.Typ))
}
