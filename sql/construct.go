package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file binds the constructs of SQL that are neither operators nor function calls, from parts that are
// bound already. Some of them repeat a part, as PostgreSQL does for BETWEEN; a subquery in it then stands in
// several places of the plan, of which the planner makes several queries.

// compare binds l op r for values or rows of values.
func (b *binder) compare(op string, l, r value, pos int) (value, error) {
	if l.row == nil && r.row == nil {
		return b.operator(op, l, r, pos)
	}
	if l.row != nil && r.row != nil {
		return b.compareRows(op, l.row, r.row, pos)
	}
	l, err := b.asRecord(l)
	if err != nil {
		return l, err
	}
	if r, err = b.asRecord(r); err != nil {
		return r, err
	}
	return b.operator(op, l, r, pos)
}

// compareRows binds a row comparison: equality column by column, the others by the first columns that differ.
func (b *binder) compareRows(op string, l, r []value, pos int) (value, error) {
	if len(l) != len(r) {
		return value{}, sqlstate.New(sqlstate.SyntaxError, "unequal number of entries in row expressions").At(pos)
	}
	if len(l) == 0 {
		return value{}, unsupported(pos, "", "cannot compare rows of zero length")
	}
	each := func(op string, i int) (expr.Expr, error) {
		v, err := b.operator(op, l[i], r[i], pos)
		return v.e, err
	}
	switch op {
	case "=", "<>":
		terms := make([]expr.Expr, len(l))
		for i := range l {
			e, err := each(op, i)
			if err != nil {
				return value{}, err
			}
			terms[i] = e
		}
		if op == "=" {
			return value{e: expr.NewAnd(terms...), pos: pos}, nil
		}
		return value{e: expr.NewOr(terms...), pos: pos}, nil
	case "<", "<=", ">", ">=":
		if err := evaluatedOnce(append(append([]value(nil), l...), r...)...); err != nil {
			return value{}, err
		}
		// (a, b) < (c, d) is a < c OR a = c AND b < d.
		last, err := each(op, len(l)-1)
		if err != nil {
			return value{}, err
		}
		for i := len(l) - 2; i >= 0; i-- {
			before, err := each(op[:1], i)
			if err != nil {
				return value{}, err
			}
			same, err := each("=", i)
			if err != nil {
				return value{}, err
			}
			last = expr.NewOr(before, expr.NewAnd(same, last))
		}
		return value{e: last, pos: pos}, nil
	}
	return value{}, unsupported(pos, "", "operator %s is not supported for rows", op)
}

// evaluatedOnce rejects volatile values where the bound form repeats what PostgreSQL evaluates once.
func evaluatedOnce(vs ...value) error {
	for _, v := range vs {
		if v.row != nil {
			if err := evaluatedOnce(v.row...); err != nil {
				return err
			}
		} else if expr.IsVolatile(v.e) {
			return unsupported(v.pos, "Compute it in a subquery in FROM.", "a volatile expression is not supported here")
		}
	}
	return nil
}

// not negates a condition.
func (b *binder) not(v value, pos int) (value, error) {
	e, err := b.boolean(v, "NOT")
	if err != nil {
		return value{}, err
	}
	return value{e: &expr.Not{Arg: e}, pos: pos}, nil
}

// between binds x BETWEEN lo AND hi.
func (b *binder) between(x, lo, hi value, not bool, pos int) (value, error) {
	low, high := ">=", "<="
	if not {
		low, high = "<", ">"
	}
	l, err := b.compare(low, x, lo, pos)
	if err != nil {
		return value{}, err
	}
	h, err := b.compare(high, x, hi, pos)
	if err != nil {
		return value{}, err
	}
	if not {
		return value{e: expr.NewOr(l.e, h.e), pos: pos}, nil
	}
	return value{e: expr.NewAnd(l.e, h.e), pos: pos}, nil
}

// in binds x IN (list). As in PostgreSQL the members with one common type are compared as an array of it.
func (b *binder) in(x value, list []value, not bool, pos int) (value, error) {
	if x.row == nil {
		v, err := b.inConstants(x, list, pos)
		if err != nil {
			return value{}, err
		}
		if v.e != nil {
			return negatedIf(v, not), nil
		}
	}
	if err := evaluatedOnce(x); err != nil && len(list) > 1 {
		return value{}, err
	}
	terms := make([]expr.Expr, len(list))
	for i, m := range list {
		eq, err := b.compare("=", x, m, pos)
		if err != nil {
			return value{}, err
		}
		terms[i] = eq.e
	}
	return negatedIf(value{e: expr.NewOr(terms...), pos: pos}, not), nil
}

func negatedIf(v value, not bool) value {
	if not {
		v.e = &expr.Not{Arg: v.e}
	}
	return v
}

// inConstants returns an expr.In when all members are constants that have x's type without loss; otherwise
// the value has no expression. It unifies the types in place as the array form of IN does.
func (b *binder) inConstants(x value, list []value, pos int) (value, error) {
	all := make([]types.Type, 0, len(list)+1)
	for _, m := range list {
		if m.row != nil {
			return value{}, nil
		}
		if _, ok := m.e.(*expr.Column); !ok {
			all = append(all, m.typ())
		}
	}
	all = append(all, x.typ())
	if len(list) == 1 {
		return value{}, nil
	}
	// The members and x have a common type, or else each is compared with x by itself.
	t, ok := commonType(all)
	if !ok {
		return value{}, nil
	}
	if x.typ().ID == types.Unknown {
		return value{}, nil
	}
	eqs := fn.Scalars("=")
	m, out := resolveOperator(scalarSignatures(eqs), t, t)
	if out != found {
		return value{}, nil
	}
	arg, err := b.argument(x, m.declared[0], m.args[0])
	if err != nil {
		return value{}, nil
	}
	consts := make([]*expr.Const, len(list))
	for i, v := range list {
		c, ok := v.e.(*expr.Const)
		if !ok {
			return value{}, nil
		}
		if consts[i] = b.memberConst(value{e: c, pos: v.pos}, arg.typ()); consts[i] == nil {
			return value{}, nil
		}
	}
	return value{e: &expr.In{Arg: arg.e, List: consts, Eq: eqs[m.index]}, pos: pos}, nil
}

// memberConst returns a constant as one of type t when that loses nothing, else nil.
func (b *binder) memberConst(v value, t types.Type) *expr.Const {
	c := v.e.(*expr.Const)
	switch from := v.typ(); {
	case c.Value.IsNull(0):
		// x IN (NULL) is not false: left to OR.
		return nil
	case from == t:
		return c
	case t.ID == types.Numeric && from.ID == types.Unknown:
		n, err := vec.ParseNum(c.Value.Bytes(0))
		if err != nil {
			return nil
		}
		return foldNumeric(value{e: numericConst(n)}, t)
	case t.ID == types.Numeric:
		return foldNumeric(v, t)
	case from.ID == types.Unknown && t.Prec == 0:
		out, err := b.coerceUnknown(v, t, fn.Implicit)
		if err != nil {
			return nil
		}
		return out.e.(*expr.Const)
	case from.IsInteger() && t.IsInteger():
		n, _ := numOf(c.Value)
		return integerConst(int64(n.Coef.Lo), t)
	case from.IsInteger() && t.ID == types.Float64:
		n, _ := numOf(c.Value)
		return &expr.Const{Value: vec.NewConst(t, types.KFloat64, float64(int64(n.Coef.Lo)), 1)}
	case categoryOf(from) == catString && categoryOf(t) == catString && t.Prec == 0 && t.ID != types.Char && from.ID != types.Char:
		return textConst(t, string(c.Value.Bytes(0)))
	}
	return nil
}

// integerConst returns x as a constant of an integer type, nil when it does not fit.
func integerConst(x int64, t types.Type) *expr.Const {
	switch {
	case t.ID == types.Int64:
		return int64Const(x)
	case t.ID == types.Int32 && x == int64(int32(x)):
		return int32Const(int32(x))
	case t.ID == types.Int16 && x == int64(int16(x)):
		return &expr.Const{Value: vec.NewConst(t, types.KInt16, int16(x), 1)}
	}
	return nil
}

// whenBranch is a branch of CASE with its parts bound.
type whenBranch struct{ cond, then value }

// caseOf binds CASE; subject is nil in the searched form, orElse is nil without ELSE.
func (b *binder) caseOf(subject *value, whens []whenBranch, orElse *value, pos int) (value, error) {
	c := &expr.Case{}
	if subject != nil {
		if err := evaluatedOnce(*subject); err != nil {
			return value{}, err
		}
	}
	results := make([]value, 0, len(whens)+1)
	if orElse != nil {
		// PostgreSQL looks at ELSE first when it settles the type.
		results = append(results, *orElse)
	}
	for _, w := range whens {
		cond, err := b.whenCondition(subject, w.cond)
		if err != nil {
			return value{}, err
		}
		c.Whens = append(c.Whens, expr.When{Cond: cond})
		results = append(results, w.then)
	}
	t, err := b.commonOf(results, "CASE")
	if err != nil {
		return value{}, err
	}
	if orElse == nil {
		t = unstated(t) // NULL has no length to share
	}
	if orElse != nil {
		if err := b.coerceAll(results[:1], t, "CASE/ELSE"); err != nil {
			return value{}, err
		}
		c.Else, results = results[0].e, results[1:]
	}
	if err := b.coerceAll(results, t, "CASE/WHEN"); err != nil {
		return value{}, err
	}
	for i := range c.Whens {
		c.Whens[i].Then = results[i].e
	}
	c.Typ = t
	return value{e: c, pos: pos}, nil
}

func (b *binder) whenCondition(subject *value, when value) (expr.Expr, error) {
	if subject == nil {
		return b.boolean(when, "CASE/WHEN")
	}
	eq, err := b.compare("=", *subject, when, when.pos)
	if err != nil {
		return nil, err
	}
	return b.boolean(eq, "CASE/WHEN")
}

// coalesce binds COALESCE.
func (b *binder) coalesce(args []value, pos int) (value, error) {
	t, err := b.unifyValues(args, "COALESCE")
	if err != nil {
		return value{}, err
	}
	return value{e: &expr.Coalesce{Args: exprsOf(args), Typ: t}, pos: pos}, nil
}

func exprsOf(vs []value) []expr.Expr {
	es := make([]expr.Expr, len(vs))
	for i, v := range vs {
		es[i] = v.e
	}
	return es
}

// nullIf binds NULLIF(x, y): NULL where x = y, else x.
func (b *binder) nullIf(x, y value, pos int) (value, error) {
	if err := evaluatedOnce(x); err != nil {
		return value{}, err
	}
	eq, err := b.operator("=", x, y, pos)
	if err != nil {
		return value{}, err
	}
	// The result is x in the type that the comparison gave it.
	first := eq.e.(*expr.Call).Args[0]
	if categoryOf(x.typ()) == catDateTime {
		// PostgreSQL compares dates and timestamps as they are.
		first = x.e
	}
	c := &expr.Case{Whens: []expr.When{{Cond: eq.e, Then: expr.Null(first.Type())}}, Else: first, Typ: first.Type()}
	return value{e: c, pos: pos}, nil
}

// extreme binds GREATEST and LEAST.
func (b *binder) extreme(name, context string, args []value, pos int) (value, error) {
	if _, err := b.unifyValues(args, context); err != nil {
		return value{}, err
	}
	return b.scalarCall(name, args, pos)
}

// isNull binds IS [NOT] NULL.
func (b *binder) isNull(v value, not bool, pos int) (value, error) {
	if v.row != nil {
		// A row is null when all its columns are, and not null when none is.
		if len(v.row) == 0 {
			return value{e: expr.Bool(true), pos: pos}, nil
		}
		terms := make([]expr.Expr, len(v.row))
		for i, c := range v.row {
			if c.typ().ID == types.Record { // what a row within consists of does not count
				terms[i] = &expr.IsNull{Arg: c.e, Not: not}
				continue
			}
			e, err := b.isNull(c, not, pos)
			if err != nil {
				return value{}, err
			}
			terms[i] = e.e
		}
		return value{e: expr.NewAnd(terms...), pos: pos}, nil
	}
	if v.typ().ID == types.Record {
		test := fn.RowIsNull
		if not {
			test = fn.RowIsNotNull
		}
		return value{e: &expr.Call{Fn: test, Args: []expr.Expr{v.e}, Typ: types.Of(types.Bool)}, pos: pos}, nil
	}
	if p, ok := v.e.(*expr.Param); ok && p.Typ.ID == types.Unknown {
		b.untyped = append(b.untyped, paramUse{p.N, v.pos})
	}
	if v.isNullLiteral() {
		v.e = expr.Null(types.Of(types.Text))
	} else if _, ok := v.e.(*expr.Const); ok && v.typ().ID == types.Unknown {
		v, _ = b.settled(v)
	}
	return value{e: &expr.IsNull{Arg: v.e, Not: not}, pos: pos}, nil
}

// isTruth binds IS [NOT] TRUE, FALSE and UNKNOWN.
func (b *binder) isTruth(v value, test string, not bool, pos int) (value, error) {
	construct := map[string]string{"true": "IS TRUE", "false": "IS FALSE", "unknown": "IS UNKNOWN"}[test]
	if not {
		construct = "IS NOT" + construct[2:]
	}
	e, err := b.boolean(v, construct)
	if err != nil {
		return value{}, err
	}
	return value{e: truthTest(e, test, not), pos: pos}, nil
}

// distinct binds IS [NOT] DISTINCT FROM: the operands are unified as = would do it.
func (b *binder) distinct(l, r value, not bool, pos int) (value, error) {
	if l.row != nil && r.row != nil {
		if len(l.row) != len(r.row) {
			return value{}, sqlstate.New(sqlstate.SyntaxError, "unequal number of entries in row expressions").At(pos)
		}
		var terms []expr.Expr
		for i := range l.row {
			d, err := b.distinct(l.row[i], r.row[i], false, pos)
			if err != nil {
				return value{}, err
			}
			terms = append(terms, d.e)
		}
		return negatedIf(value{e: expr.NewOr(terms...), pos: pos}, not), nil
	}
	l, err := b.asRecord(l)
	if err != nil {
		return l, err
	}
	if r, err = b.asRecord(r); err != nil {
		return r, err
	}
	switch {
	case l.isNullLiteral() && r.typ().ID == types.Record, r.isNullLiteral() && l.typ().ID == types.Record:
		record := l
		if l.isNullLiteral() {
			record = r
		}
		return value{e: &expr.IsNull{Arg: record.e, Not: !not}, pos: pos}, nil
	case l.isNullLiteral():
		return b.isNull(r, !not, pos)
	case r.isNullLiteral():
		return b.isNull(l, !not, pos)
	}
	eq, err := b.operator("=", l, r, pos)
	if err != nil {
		return value{}, err
	}
	args := eq.e.(*expr.Call).Args
	v, err := b.scalarCall("is_distinct_from", []value{{e: args[0], pos: l.pos}, {e: args[1], pos: r.pos}}, pos)
	if err != nil {
		return value{}, err
	}
	return negatedIf(v, not), nil
}
