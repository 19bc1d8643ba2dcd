package planner

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// fold evaluates what depends on constants alone. An expression that raises an error stays as it is: it
// may stand where no row reaches it.
func fold(o *optimizer, n Node) Node {
	return rewriteExprs(n, func(e expr.Expr) expr.Expr { return foldOne(e, o.cfg.Fn) })
}

// foldOne folds e, whose subexpressions are folded.
func foldOne(e expr.Expr, ctx *fn.Ctx) expr.Expr {
	switch e := e.(type) {
	case *expr.Call:
		return foldCall(e, e.Fn, e.Args, ctx)
	case *expr.Cast:
		if e.Cast == nil || e.Cast.Scalar == nil {
			return e
		}
		return foldCall(e, e.Cast.Scalar, []expr.Expr{e.Arg}, ctx)
	case *expr.Not:
		if _, _, ok := boolOf(e.Arg); ok {
			return not(e.Arg)
		}
	case *expr.IsNull:
		if c, ok := e.Arg.(*expr.Const); ok {
			return boolConst(c.Value.IsNull(0) != e.Not)
		}
	case *expr.Case:
		return foldCase(e)
	case *expr.Coalesce:
		return foldCoalesce(e)
	case *expr.In:
		return foldIn(e, ctx)
	}
	return e
}

func foldCall(e expr.Expr, f *fn.Scalar, args []expr.Expr, ctx *fn.Ctx) expr.Expr {
	if f.Eval == nil || f.Volatility == fn.Volatile || f.Volatility == fn.Stable && ctx == nil {
		return e
	}
	if ctx == nil {
		ctx = &fn.Ctx{}
	}
	vs := make([]*vec.Vector, len(args))
	for i, a := range args {
		c, ok := a.(*expr.Const)
		if !ok {
			return e
		}
		if c.Value.IsNull(0) && !f.NotStrict {
			return nullConst(e.Type())
		}
		vs[i] = c.Value
	}
	v, err := f.Eval(&fn.Call{Ctx: ctx, Args: vs, N: 1, Ret: e.Type()})
	if err != nil || v == nil || v.Len < 1 {
		return e
	}
	return constOf(v)
}

func foldCase(e *expr.Case) expr.Expr {
	var whens []expr.When
	for _, w := range e.Whens {
		if isTrue(w.Cond) {
			if len(whens) == 0 {
				return w.Then
			}
			return &expr.Case{Whens: whens, Else: w.Then, Typ: e.Typ}
		}
		if !neverTrue(w.Cond) {
			whens = append(whens, w)
		}
	}
	switch {
	case len(whens) == len(e.Whens):
		return e
	case len(whens) > 0:
		return &expr.Case{Whens: whens, Else: e.Else, Typ: e.Typ}
	case e.Else != nil:
		return e.Else
	}
	return nullConst(e.Typ)
}

func foldCoalesce(e *expr.Coalesce) expr.Expr {
	var args []expr.Expr
	for _, a := range e.Args {
		c, ok := a.(*expr.Const)
		if ok && c.Value.IsNull(0) {
			continue
		}
		args = append(args, a)
		if ok { // what follows a constant is never reached
			break
		}
	}
	switch {
	case len(args) == 0:
		return nullConst(e.Typ)
	case len(args) == 1:
		return args[0]
	case len(args) == len(e.Args):
		return e
	}
	return &expr.Coalesce{Args: args, Typ: e.Typ}
}

func foldIn(e *expr.In, ctx *fn.Ctx) expr.Expr {
	c, ok := e.Arg.(*expr.Const)
	if !ok || e.Eq == nil {
		return e
	}
	if c.Value.IsNull(0) {
		return nullConst(types.Of(types.Bool))
	}
	unknown := false
	for _, x := range e.List {
		eq := foldCall(&expr.Call{Fn: e.Eq, Args: []expr.Expr{c, x}, Typ: types.Of(types.Bool)}, e.Eq, []expr.Expr{c, x}, ctx)
		v, null, known := boolOf(eq)
		switch {
		case !known:
			return e
		case null:
			unknown = true
		case v:
			return boolConst(true)
		}
	}
	if unknown {
		return nullConst(types.Of(types.Bool))
	}
	return boolConst(false)
}
