package sql

import (
	"slices"
	"strings"

	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// scalarArguments binds the arguments of a scalar function's call, in the order of its parameters, with zeros for
// those that may be left out.
func (b *binder) scalarArguments(blk *block, e *syntax.Call) ([]value, error) {
	named, err := firstNamed(e)
	if err != nil {
		return nil, err
	}
	fs := fn.Scalars(e.Name)
	if len(fs) == 0 && returnsSet(e.Name) {
		fs = fn.Scalars(e.Name + "[]")
	}
	for _, f := range fs {
		if places := argumentPlaces(f, e.Args, named); places != nil {
			return b.placedArguments(blk, e, f, places)
		}
	}
	if named < len(e.Args) && len(fs) > 0 {
		return nil, b.namesDoNotFit(blk, e)
	}
	return b.callArguments(blk, e)
}

// namesDoNotFit is the error about a function that does not have parameters of such names.
func (b *binder) namesDoNotFit(blk *block, e *syntax.Call) error {
	sig := make([]string, len(e.Args))
	for i, a := range e.Args {
		v, err := b.scalar(blk, a.Value)
		if err != nil {
			return err
		}
		if sig[i] = v.typ().Base(); a.Name != "" {
			sig[i] = a.Name + " => " + sig[i]
		}
	}
	return sqlstate.New(sqlstate.UndefinedFunction, "function %s(%s) does not exist", e.Name, strings.Join(sig, ", ")).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.").At(e.Pos)
}

// firstNamed returns the index of the first argument with a name; those behind it must have one too.
func firstNamed(e *syntax.Call) (int, error) {
	first := len(e.Args)
	for i, a := range e.Args {
		switch {
		case a.Name == "" && first < i:
			return 0, sqlstate.New(sqlstate.SyntaxError, "positional argument cannot follow named argument").At(a.Value.Position())
		case a.Name == "":
			continue
		}
		first = min(first, i)
		if slices.ContainsFunc(e.Args[:i], func(b syntax.Arg) bool { return b.Name == a.Name }) {
			return 0, sqlstate.New(sqlstate.SyntaxError, "argument name \"%s\" used more than once", a.Name).At(a.NamePos)
		}
	}
	return first, nil
}

// argumentPlaces returns which argument is given for each parameter of f, -1 for none. It is nil when the arguments do
// not fit, or stand for the parameters as they are.
func argumentPlaces(f *fn.Scalar, args []syntax.Arg, named int) []int {
	if len(f.Params) < len(args) || named == len(args) && !f.Optional && f.Defaults == nil {
		return nil
	}
	places := make([]int, len(f.Params))
	for i := range places {
		if places[i] = -1; i < named {
			places[i] = i
		}
	}
	for i, a := range args[named:] {
		k := slices.Index(f.Params, a.Name)
		if k < named {
			return nil
		}
		places[k] = named + i
	}
	for k, i := range places {
		if _, ok := f.Defaults[f.Params[k]]; i < 0 && !ok && !f.Optional {
			return nil
		}
	}
	return places
}

// placedArguments binds the arguments in the order of the parameters.
func (b *binder) placedArguments(blk *block, e *syntax.Call, f *fn.Scalar, places []int) ([]value, error) {
	if e.Variadic {
		return b.callArguments(blk, e) // which refuses it
	}
	vs := make([]value, len(places))
	for k, i := range places {
		if i < 0 {
			vs[k] = value{e: int32Const(0), pos: e.Pos}
			if s, ok := f.Defaults[f.Params[k]]; ok {
				vs[k].e = textConst(types.Type{}, s)
			}
			continue
		}
		v, err := b.scalar(blk, e.Args[i].Value)
		if err != nil {
			return nil, err
		}
		vs[k] = v
	}
	return vs, nil
}
