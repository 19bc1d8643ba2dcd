package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// This file binds the functions of lists that are no plain functions: those that take lambdas, and aggregates over lists.

// lambdaKinds are the functions that take a lambda.
var lambdaKinds = map[string]expr.LambdaKind{
	"list_transform": expr.TransformList, "list_apply": expr.TransformList, "array_transform": expr.TransformList,
	"array_apply": expr.TransformList, "apply": expr.TransformList,
	"list_filter": expr.FilterList, "array_filter": expr.FilterList, "filter": expr.FilterList,
	"list_reduce": expr.ReduceList, "array_reduce": expr.ReduceList, "reduce": expr.ReduceList,
}

// listAggregates are the functions that are an aggregate over the elements of a list.
var listAggregates = map[string]string{
	"list_sum": "sum", "list_avg": "avg", "list_min": "min", "list_max": "max", "list_count": "count",
	"list_first": "first", "list_last": "last", "list_any_value": "any_value", "list_product": "product",
	"list_bool_and": "bool_and", "list_bool_or": "bool_or", "list_bit_and": "bit_and", "list_bit_or": "bit_or",
	"list_bit_xor": "bit_xor", "list_median": "median", "list_mode": "mode", "list_string_agg": "string_agg",
	"list_stddev_samp": "stddev_samp", "list_stddev_pop": "stddev_pop", "list_var_samp": "var_samp", "list_var_pop": "var_pop",
}

// listCall binds the call of such a function; ok is false for another one.
func (b *binder) listCall(blk *block, e *syntax.Call) (v value, ok bool, err error) {
	if e.Schema != "" || e.Over != nil || e.SQLSyntax {
		return v, false, nil
	}
	if kind, is := lambdaKinds[e.Name]; is {
		v, err = b.lambdaCall(blk, e, kind)
		return v, true, err
	}
	if aggregate := listAggregates[e.Name]; aggregate != "" {
		vs, err := b.callArguments(blk, e)
		if err == nil {
			v, err = b.listAggregate(e, aggregate, vs)
		}
		return v, true, err
	}
	switch e.Name {
	case "list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate":
		vs, err := b.callArguments(blk, e)
		if err != nil {
			return v, true, err
		}
		if len(vs) < 2 {
			return v, true, functionError(notFound, e.Name, typesOf(vs), e.Pos)
		}
		c, isConst := vs[1].e.(*expr.Const)
		if !isConst || !c.Value.Type.IsString() && c.Value.Type.ID != types.Unknown || c.Value.IsNull(0) {
			return v, true, unsupported(vs[1].pos, "Write the aggregate's name as a string.", "%s with a name that is not constant is not supported", e.Name)
		}
		v, err = b.listAggregate(e, string(c.Value.Bytes(0)), append(vs[:1:1], vs[2:]...))
		return v, true, err
	case "list_zip", "array_zip":
		v, err = b.listZip(blk, e)
		return v, true, err
	case "list_value", "list_pack":
		list := &syntax.Array{}
		list.Pos = e.Pos
		for _, a := range e.Args {
			list.Elems = append(list.Elems, a.Value)
		}
		v, err = b.array(blk, list, types.Type{})
		return v, true, err
	}
	return v, false, nil
}

// variable returns the variable of a lambda with a name; nil when there is none.
func (s *block) variable(name string) *expr.Var {
	for i := len(s.variables) - 1; i >= 0; i-- {
		if s.variables[i].Name == name {
			return s.variables[i]
		}
	}
	return nil
}

// usesVariables reports whether e uses variables of lambdas outside of it.
func usesVariables(e expr.Expr) bool {
	own := map[expr.ColID]bool{}
	expr.Walk(e, func(x expr.Expr) bool {
		if l, ok := x.(*expr.Lambda); ok {
			for _, v := range []*expr.Var{l.Acc, l.Elem, l.Index} {
				if v != nil {
					own[v.ID] = true
				}
			}
		}
		return true
	})
	used := false
	expr.Walk(e, func(x expr.Expr) bool {
		v, ok := x.(*expr.Var)
		used = used || ok && !own[v.ID]
		return !used
	})
	return used
}

// lambdaCall binds a function with a lambda.
func (b *binder) lambdaCall(blk *block, e *syntax.Call, kind expr.LambdaKind) (value, error) {
	if err := plainCall(e); err != nil {
		return value{}, err
	}
	l, init, err := b.lambdaOf(e, kind)
	if err != nil {
		return value{}, err
	}
	list, err := b.list(blk, e)
	if err != nil {
		return value{}, err
	}
	out := &expr.Lambda{Kind: kind, Name: e.Name, List: list.e, Typ: list.typ()}
	elem := list.typ().Element()
	params := l.Params
	acc := elem
	if kind == expr.ReduceList {
		if init != nil {
			v, err := b.initial(blk, init, elem)
			if err != nil {
				return value{}, err
			}
			out.Init, acc = v.e, v.typ()
		}
		out.Acc, params = b.newVariable(params[0], acc), params[1:]
	}
	out.Elem = b.newVariable(params[0], elem)
	if len(params) > 1 {
		out.Index = b.newVariable(params[1], types.Of(types.Int32))
	}
	body, err := b.lambdaBody(blk, l, out)
	if err != nil {
		return value{}, err
	}
	switch kind {
	case expr.FilterList:
		out.Body, err = b.boolean(body, "LAMBDA")
	case expr.ReduceList:
		if !canCoerce(body.typ(), acc, fn.Assignment) {
			return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "the lambda of %s must return type %s, not type %s", e.Name, acc.Base(), body.typ().Base()).At(body.pos)
		}
		if body, err = b.coerce(body, acc, fn.Assignment); err == nil {
			out.Body, out.Typ = body.e, acc
		}
	default:
		if body.typ().ID == types.Array {
			return value{}, unsupported(body.pos, "Reduce the inner list to a value, or join it to text.", "lists of lists are not supported")
		}
		out.Body, out.Typ = body.e, types.ArrayOf(body.typ())
	}
	return value{e: out, pos: e.Pos}, err
}

// lambdaOf returns the lambda of a call, and the initial value of a reduction.
func (b *binder) lambdaOf(e *syntax.Call, kind expr.LambdaKind) (l *syntax.Lambda, init syntax.Expr, err error) {
	least, most := 1, 2 // parameters
	if kind == expr.ReduceList {
		least, most = 2, 3
	}
	if len(e.Args) > 1 {
		l, _ = e.Args[1].Value.(*syntax.Lambda)
	}
	if len(e.Args) == 3 && kind == expr.ReduceList {
		init = e.Args[2].Value
	}
	switch {
	case l == nil:
		return nil, nil, sqlstate.New(sqlstate.UndefinedFunction, "function %s needs a list and a lambda", e.Name).
			WithHint("For example, %s(list, x -> x + 1).", e.Name).At(e.Pos)
	case len(e.Args) > 2 && init == nil:
		return nil, nil, sqlstate.New(sqlstate.UndefinedFunction, "function %s takes a list and a lambda", e.Name).At(e.Pos)
	case len(l.Params) < least || len(l.Params) > most:
		return nil, nil, sqlstate.New(sqlstate.SyntaxError, "the lambda of %s has %d or %d parameters, not %d", e.Name, least, most, len(l.Params)).At(l.Pos)
	}
	for i, p := range l.Params {
		for _, o := range l.Params[:i] {
			if o.Name == p.Name {
				return nil, nil, sqlstate.New(sqlstate.SyntaxError, "parameter name \"%s\" used more than once", p.Name).At(p.Pos)
			}
		}
	}
	return l, init, nil
}

// list binds the first argument of a call as an array.
func (b *binder) list(blk *block, e *syntax.Call) (value, error) {
	v, err := b.scalar(blk, e.Args[0].Value)
	if err != nil {
		return v, err
	}
	if v.isNullLiteral() {
		return value{e: expr.Null(types.ArrayOf(types.Of(types.Int32))), pos: v.pos}, nil
	}
	if v.typ().ID != types.Array {
		return v, functionError(notFound, e.Name, []types.Type{v.typ()}, e.Pos)
	}
	return v, nil
}

// initial binds the initial value of a reduction: of the list's element type where it has none of its own.
func (b *binder) initial(blk *block, e syntax.Expr, elem types.Type) (value, error) {
	v, err := b.scalar(blk, e)
	if err != nil {
		return v, err
	}
	vs := []value{v, {e: expr.Null(elem), pos: v.pos}}
	if _, err := b.unifyValues(vs, "list_reduce"); err != nil {
		return v, err
	}
	return vs[0], nil
}

func (b *binder) newVariable(p syntax.Ident, t types.Type) *expr.Var {
	return &expr.Var{ID: b.newID(nil, derivedColumn, "", p.Name), Name: p.Name, Typ: t}
}

// lambdaBody binds the body of a lambda with its variables.
func (b *binder) lambdaBody(blk *block, l *syntax.Lambda, e *expr.Lambda) (value, error) {
	defer blk.withoutSets("LAMBDA")()
	saved := blk.variables
	blk.variables = saved[:len(saved):len(saved)]
	for _, v := range []*expr.Var{e.Acc, e.Elem, e.Index} {
		if v != nil {
			blk.variables = append(blk.variables, v)
		}
	}
	v, err := b.scalar(blk, l.Body)
	blk.variables = saved
	if err != nil {
		return v, err
	}
	return b.settled(v)
}

// listAggregate binds an aggregate over the elements of a list; further arguments are those of the aggregate.
func (b *binder) listAggregate(e *syntax.Call, name string, vs []value) (value, error) {
	if err := plainCall(e); err != nil {
		return value{}, err
	}
	if len(vs) > 0 && vs[0].isNullLiteral() {
		vs[0].e = expr.Null(types.ArrayOf(types.Of(types.Int32)))
	}
	if len(vs) == 0 || vs[0].typ().ID != types.Array {
		return value{}, functionError(notFound, e.Name, typesOf(vs), e.Pos)
	}
	list := vs[0]
	elem := list.typ().Element()
	call := &aggregateCall{name: name, args: append([]value{{e: expr.Null(elem), pos: list.pos}}, vs[1:]...), pos: e.Pos}
	a, err := b.resolveAggregate(call)
	if err != nil {
		return value{}, err
	}
	if want := a.Args[0].Type(); want != elem {
		if list, err = b.cast(list, types.ArrayOf(want), e.Pos); err != nil {
			return value{}, unsupported(list.pos, "Cast the list.", "%s of type %s is not supported", e.Name, list.typ().Base())
		}
	}
	if a.Typ.ID == types.Array {
		return value{}, unsupported(e.Pos, "", "%s that makes lists is not supported", name)
	}
	f := fn.ListAggregate(e.Name, a.Fn, typesOfExprs(a.Args), a.Typ)
	return value{e: &expr.Call{Fn: f, Args: append([]expr.Expr{list.e}, a.Args[1:]...), Typ: a.Typ}, pos: e.Pos}, nil
}

// listZip binds list_zip(list, ..., truncate).
func (b *binder) listZip(blk *block, e *syntax.Call) (value, error) {
	if err := plainCall(e); err != nil {
		return value{}, err
	}
	vs, err := b.callArguments(blk, e)
	if err != nil {
		return value{}, err
	}
	var lists []types.Type
	for i := range vs {
		if vs[i].isNullLiteral() {
			vs[i].e = expr.Null(types.ArrayOf(types.Of(types.Int32)))
		}
		switch t := vs[i].typ(); {
		case t.ID == types.Array:
			lists = append(lists, t)
		case t.ID != types.Bool || i < len(vs)-1 || i == 0:
			return value{}, functionError(notFound, e.Name, typesOf(vs), e.Pos)
		}
	}
	if len(lists) == 0 {
		return value{}, functionError(notFound, e.Name, nil, e.Pos)
	}
	f := fn.ListZip(e.Name, lists, len(lists) < len(vs))
	return value{e: &expr.Call{Fn: f, Args: exprsOf(vs), Typ: f.Ret}, pos: e.Pos}, nil
}

func typesOfExprs(es []expr.Expr) []types.Type {
	ts := make([]types.Type, len(es))
	for i, e := range es {
		ts[i] = e.Type()
	}
	return ts
}
