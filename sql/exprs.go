package sql

import (
	"cmp"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
)

// scalar binds an expression that is to be one value.
func (b *binder) scalar(blk *block, e syntax.Expr) (value, error) {
	v, err := b.expression(blk, e)
	if err == nil && v.row != nil {
		return b.asRecord(v)
	}
	return v, err
}

// scalars binds a list of expressions.
func (b *binder) scalars(blk *block, es []syntax.Expr) ([]value, error) {
	vs := make([]value, len(es))
	for i, e := range es {
		v, err := b.scalar(blk, e)
		if err != nil {
			return nil, err
		}
		vs[i] = v
	}
	return vs, nil
}

// expression binds an expression, which may be a row.
func (b *binder) expression(blk *block, e syntax.Expr) (value, error) {
	pos := e.Position()
	switch e := e.(type) {
	case *syntax.Null:
		return value{e: expr.Null(types.Type{}), pos: pos}, nil
	case *syntax.Bool:
		return value{e: expr.Bool(e.Value), pos: pos}, nil
	case *syntax.Number:
		c, err := numberConst(e.Text)
		return value{e: c, pos: pos, num: true}, at(err, pos)
	case *syntax.BitString:
		prefix := "b"
		if e.Hex {
			prefix = "x"
		}
		c, err := b.literal(prefix+e.Digits, types.Of(types.Bit), false, pos)
		return value{e: c, pos: pos}, err
	case *syntax.String:
		return value{e: &expr.Const{Value: vec.NewText(types.Type{}, e.Value, 1)}, pos: pos}, nil
	case *syntax.Param:
		return b.param(e.N, pos)
	case *syntax.Column:
		return b.column(blk, e)
	case *syntax.Op:
		return b.op(blk, e)
	case *syntax.And:
		return b.connective(blk, e.Args, "AND", pos)
	case *syntax.Or:
		return b.connective(blk, e.Args, "OR", pos)
	case *syntax.Not:
		v, err := b.scalar(blk, e.Arg)
		if err != nil {
			return v, err
		}
		return b.not(v, pos)
	case *syntax.Row:
		return b.row(blk, e)
	case *syntax.Case:
		return b.caseExpr(blk, e)
	case *syntax.Cast:
		return b.castExpr(blk, e)
	case *syntax.Call:
		return b.call(blk, e)
	case *syntax.SQLValue:
		return b.sqlValue(e)
	}
	return b.predicate(blk, e)
}

// predicate binds what expression leaves: predicates, subqueries and arrays.
func (b *binder) predicate(blk *block, e syntax.Expr) (value, error) {
	pos := e.Position()
	switch e := e.(type) {
	case *syntax.IsNull:
		v, err := b.expression(blk, e.Arg)
		if err != nil {
			return v, err
		}
		return b.isNull(v, e.Not, pos)
	case *syntax.IsBool:
		v, err := b.scalar(blk, e.Arg)
		if err != nil {
			return v, err
		}
		return b.isTruth(v, e.Test, e.Not, pos)
	case *syntax.IsDistinct:
		l, r, err := b.pair(blk, e.Left, e.Right)
		if err != nil {
			return l, err
		}
		return b.distinct(l, r, e.Not, pos)
	case *syntax.Between:
		return b.betweenExpr(blk, e)
	case *syntax.Like:
		return b.like(blk, e)
	case *syntax.In:
		return b.inExpr(blk, e)
	case *syntax.Quantified:
		return b.quantifiedExpr(blk, e)
	case *syntax.Exists:
		q, err := b.subquery(blk, e.Query)
		if err != nil {
			return value{}, err
		}
		return b.existsSubquery(q, pos), nil
	case *syntax.Subquery:
		q, err := b.subquery(blk, e.Query)
		if err != nil {
			return value{}, err
		}
		b.noteName(e.Query, q)
		return b.scalarSubquery(q, pos)
	case *syntax.ArrayQuery:
		q, err := b.subquery(blk, e.Query)
		if err != nil {
			return value{}, err
		}
		return b.arraySubquery(q, pos)
	case *syntax.Array:
		return b.array(blk, e, types.Type{})
	case *syntax.Subscript:
		return b.subscript(blk, e)
	case *syntax.Collate:
		return b.collate(blk, e)
	case *syntax.Field:
		return b.fieldExpr(blk, e)
	case *syntax.Struct:
		return b.structLiteral(blk, identNames(e.Names), e.Values, pos)
	case *syntax.Star:
		if len(e.Table) > 0 {
			it, err := b.starRelation(blk, e)
			if err != nil {
				return value{}, err
			}
			return b.wholeRow(blk, it, pos)
		}
	}
	return value{}, b.unsupportedExpr(e)
}

// unsupportedExpr is the error about an expression that gsql has nothing for.
func (b *binder) unsupportedExpr(e syntax.Expr) error {
	pos := e.Position()
	switch e.(type) {
	case *syntax.Star:
		return sqlstate.New(sqlstate.SyntaxError, "syntax error at or near \"*\"").At(pos)
	case *syntax.GroupingSet:
		return sqlstate.New(sqlstate.SyntaxError, "grouping sets can stand in GROUP BY only").At(pos)
	case *syntax.Lambda:
		return sqlstate.New(sqlstate.SyntaxError, "a lambda can only be an argument of a function of lists").At(pos)
	}
	return unsupported(pos, "", "%T is not supported", e)
}

// column binds a name.
func (b *binder) column(blk *block, e *syntax.Column) (value, error) {
	if len(e.Names) > 1 && blk.variable(e.Names[0]) != nil {
		if v, err := b.columnField(blk, e); err != nil || v.e != nil {
			return v, err
		}
	}
	if v, err := b.plainColumn(blk, e); err == nil || len(e.Names) == 1 {
		return v, err
	} else if f, ferr := b.columnField(blk, e); ferr != nil || f.e == nil {
		return f, cmp.Or(ferr, err)
	} else {
		return f, nil
	}
}

// plainColumn binds a name of a column with the names before it.
func (b *binder) plainColumn(blk *block, e *syntax.Column) (value, error) {
	n := e.Names
	if len(n) > 4 {
		return value{}, sqlstate.New(sqlstate.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(n, ".")).At(e.Pos)
	}
	if len(n) == 1 {
		if v := blk.variable(n[0]); v != nil {
			return value{e: v, pos: e.Pos}, nil
		}
	}
	if len(n) == 4 {
		if b.otherDatabase(n[0]) {
			return value{}, unsupported(e.Pos, "", "cross-database references are not implemented: %s", strings.Join(n, "."))
		}
		n = n[1:]
	}
	switch len(n) {
	case 1:
		return b.columnRef(blk, "", "", n[0], e.Pos)
	case 2:
		return b.columnRef(blk, "", n[0], n[1], e.Pos)
	}
	return b.columnRef(blk, n[0], n[1], n[2], e.Pos)
}

// pair binds two operands, which may be rows.
func (b *binder) pair(blk *block, l, r syntax.Expr) (value, value, error) {
	if isWideNumber(l) {
		rv, err := b.expression(blk, r)
		if err != nil {
			return rv, rv, err
		}
		lv, err := b.besides(blk, l, rv)
		return lv, rv, err
	}
	lv, err := b.expression(blk, l)
	if err != nil {
		return lv, lv, err
	}
	rv, err := b.besides(blk, r, lv)
	return lv, rv, err
}

// besides binds an operand next to another one: a number that numeric cannot hold is double precision beside
// double precision.
func (b *binder) besides(blk *block, e syntax.Expr, other value) (value, error) {
	if isWideNumber(e) && other.row == nil && other.typ().IsFloat() {
		return b.wideNumber(e, types.Of(types.Float64))
	}
	return b.expression(blk, e)
}

func (b *binder) op(blk *block, e *syntax.Op) (value, error) {
	if e.Left == nil {
		v, err := b.scalar(blk, e.Right)
		if err != nil {
			return v, err
		}
		if err := foreignSchema(e.Schema, e.Name, []types.Type{v.typ()}, e.Pos); err != nil {
			return value{}, err
		}
		return b.prefix(e.Name, v, e.Pos)
	}
	if s, ok := e.Right.(*syntax.Subquery); ok && e.Name != "" {
		if row, ok := e.Left.(*syntax.Row); ok {
			return b.rowSubquery(blk, e, row, s)
		}
	}
	l, r, err := b.pair(blk, e.Left, e.Right)
	if err != nil {
		return l, err
	}
	if l.row == nil && r.row == nil {
		if err := foreignSchema(e.Schema, e.Name, typesOf([]value{l, r}), e.Pos); err != nil {
			return value{}, err
		}
	}
	return b.compare(e.Name, l, r, e.Pos)
}

// rowSubquery is (a, b) op (SELECT ...): a comparison with the one row of a query.
func (b *binder) rowSubquery(blk *block, e *syntax.Op, row *syntax.Row, s *syntax.Subquery) (value, error) {
	l, err := b.row(blk, row)
	if err != nil {
		return l, err
	}
	q, err := b.subquery(blk, s.Query)
	if err != nil {
		return value{}, err
	}
	switch {
	case len(q.cols) < len(l.row):
		return value{}, sqlstate.New(sqlstate.SyntaxError, "subquery has too few columns").At(e.Pos)
	case len(q.cols) > len(l.row):
		return value{}, sqlstate.New(sqlstate.SyntaxError, "subquery has too many columns").At(e.Pos)
	}
	one, err := b.recordQuery(blk, q, s.Pos)
	if err != nil {
		return value{}, err
	}
	var r []value
	for i := range l.row {
		r = append(r, b.fieldOf(one, i, s.Pos))
	}
	return b.compareRows(e.Name, l.row, r, e.Pos)
}

// recordQuery returns the one row of a query as a record, NULL when there is none.
func (b *binder) recordQuery(blk *block, q *query, pos int) (value, error) {
	vs, names := make([]value, len(q.cols)), make([]string, len(q.cols))
	for i, c := range q.cols {
		vs[i], names[i] = value{e: c.column(), pos: pos}, c.name
	}
	v, err := b.recordOf(vs, names, pos)
	if err != nil {
		return v, err
	}
	item := planner.Item{ID: b.newID(blk, derivedColumn, "", "row"), Name: "row", Expr: v.e}
	node := &planner.Project{Input: q.node, Items: []planner.Item{item}}
	return value{e: &expr.Subquery{Kind: expr.ScalarSubquery, Query: node, Typ: v.typ()}, pos: pos}, nil
}

// foreignSchema rejects OPERATOR(s.op) of another schema than pg_catalog.
func foreignSchema(schema, op string, ts []types.Type, pos int) error {
	if schema == "" || schema == "pg_catalog" {
		return nil
	}
	return operatorError(notFound, schema+"."+op, ts, pos)
}

func (b *binder) connective(blk *block, args []syntax.Expr, word string, pos int) (value, error) {
	terms := make([]expr.Expr, len(args))
	for i, a := range args {
		v, err := b.scalar(blk, a)
		if err != nil {
			return value{}, err
		}
		if terms[i], err = b.boolean(v, word); err != nil {
			return value{}, err
		}
	}
	if word == "AND" {
		return value{e: expr.NewAnd(terms...), pos: pos}, nil
	}
	return value{e: expr.NewOr(terms...), pos: pos}, nil
}

func (b *binder) caseExpr(blk *block, e *syntax.Case) (value, error) {
	defer blk.withoutSets("CASE")()
	var subject, orElse *value
	if e.Arg != nil {
		v, err := b.scalar(blk, e.Arg)
		if err != nil {
			return v, err
		}
		if v, err = b.settled(v); err != nil {
			return v, err
		}
		subject = &v
	}
	whens := make([]whenBranch, len(e.Whens))
	for i, w := range e.Whens {
		var err error
		if whens[i].cond, err = b.scalar(blk, w.Cond); err != nil {
			return value{}, err
		}
		if whens[i].then, err = b.scalar(blk, w.Result); err != nil {
			return value{}, err
		}
	}
	if e.Else != nil {
		v, err := b.scalar(blk, e.Else)
		if err != nil {
			return v, err
		}
		orElse = &v
	}
	return b.caseOf(subject, whens, orElse, e.Pos)
}

func (b *binder) betweenExpr(blk *block, e *syntax.Between) (value, error) {
	x, err := b.expression(blk, e.Arg)
	if err != nil {
		return x, err
	}
	lo, hi, err := b.pair(blk, e.Low, e.High)
	if err != nil {
		return lo, err
	}
	v, err := b.between(x, lo, hi, e.Not, e.Pos)
	if err != nil || !e.Symmetric {
		return v, err
	}
	w, err := b.between(x, hi, lo, e.Not, e.Pos)
	if err != nil {
		return w, err
	}
	if e.Not {
		return value{e: expr.NewAnd(v.e, w.e), pos: e.Pos}, nil
	}
	return value{e: expr.NewOr(v.e, w.e), pos: e.Pos}, nil
}

// like binds LIKE, ILIKE and SIMILAR TO by the operators and functions that PostgreSQL makes of them.
func (b *binder) like(blk *block, e *syntax.Like) (value, error) {
	args := []syntax.Expr{e.Arg, e.Pattern}
	if e.Escape != nil {
		args = append(args, e.Escape)
	}
	vs, err := b.scalars(blk, args)
	if err != nil {
		return value{}, err
	}
	op := map[syntax.LikeKind]string{syntax.LikePattern: "~~", syntax.ILikePattern: "~~*", syntax.SimilarPattern: "~"}[e.Kind]
	pattern := vs[1]
	switch {
	case e.Kind == syntax.SimilarPattern:
		pattern, err = b.scalarCall("similar_to_escape", vs[1:], e.Pos)
	case e.Escape != nil:
		pattern, err = b.scalarCall("like_escape", vs[1:], e.Pos)
	}
	if err != nil {
		return value{}, err
	}
	if e.Not {
		op = "!" + op
	}
	return b.operator(op, vs[0], pattern, e.Pos)
}

func (b *binder) inExpr(blk *block, e *syntax.In) (value, error) {
	if e.Query != nil {
		v, err := b.quantifiedQuery(blk, "=", false, e.Arg, e.Query, e.Pos)
		return negatedIf(v, e.Not && err == nil), err
	}
	x, err := b.expression(blk, e.Arg)
	if err != nil {
		return x, err
	}
	list := make([]value, len(e.List))
	for i, m := range e.List {
		if list[i], err = b.expression(blk, m); err != nil {
			return value{}, err
		}
	}
	return b.in(x, list, e.Not, e.Pos)
}

// quantifiedQuery binds arg op ANY (SELECT ...) and ALL. The query comes first, as in PostgreSQL, which tells which of
// two errors is reported.
func (b *binder) quantifiedQuery(blk *block, op string, all bool, arg syntax.Expr, query *syntax.Query, pos int) (value, error) {
	q, err := b.subquery(blk, query)
	if err != nil {
		return value{}, err
	}
	x, err := b.expression(blk, arg)
	if err != nil {
		return x, err
	}
	return b.quantified(op, all, x, q, pos)
}

func (b *binder) quantifiedExpr(blk *block, e *syntax.Quantified) (value, error) {
	if e.Schema != "" && e.Schema != "pg_catalog" {
		return value{}, unsupported(e.Pos, "", "operators of schema %s are not supported", e.Schema)
	}
	if e.Query != nil {
		return b.quantifiedQuery(blk, e.Op, e.All, e.Arg, e.Query, e.Pos)
	}
	x, err := b.expression(blk, e.Arg)
	if err != nil {
		return x, err
	}
	array, err := b.scalar(blk, e.Array)
	if err != nil {
		return array, err
	}
	if x, err = b.asRecord(x); err != nil {
		return x, err
	}
	return b.quantifiedArray(e.Op, e.All, x, array, e.Pos)
}

// sqlValue binds CURRENT_DATE and its like.
func (b *binder) sqlValue(e *syntax.SQLValue) (value, error) {
	name := e.Name
	switch name {
	case "user", "current_role":
		name = "current_user"
	case "current_catalog":
		name = "current_database"
	}
	v, err := b.scalarCall(name, nil, e.Pos)
	if err == nil && e.Precision >= 0 && e.Precision < 6 {
		return b.rounded(v, e.Precision)
	}
	return v, err
}

// collate binds COLLATE: the one collation there is orders by bytes.
func (b *binder) collate(blk *block, e *syntax.Collate) (value, error) {
	v, err := b.scalar(blk, e.Arg)
	if err != nil {
		return v, err
	}
	if t := v.typ(); !t.IsString() {
		return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "collations are not supported by type %s", t.Base()).At(e.Pos)
	}
	switch strings.ToLower(e.Name) {
	case "c", "posix", "default", "ucs_basic":
		return b.settled(v)
	}
	return value{}, unsupported(e.Pos, "Use COLLATE \"C\".", "collation \"%s\" is not supported", e.Name)
}

// nameByte binds n[i] of a name, which is an array of "char" from 0.
func (b *binder) nameByte(blk *block, name value, e *syntax.Subscript) (value, error) {
	index, err := b.arrayIndex(blk, e.Index, 0)
	if err != nil {
		return value{}, err
	}
	place, err := b.operator("+", value{e: index, pos: e.Pos}, value{e: int32Const(1), pos: e.Pos}, e.Pos)
	if err != nil {
		return place, err
	}
	if name, err = b.cast(name, types.Of(types.Text), e.Pos); err != nil {
		return name, err
	}
	c, err := b.scalarCall("substr", []value{name, place, {e: int32Const(1), pos: e.Pos}}, e.Pos)
	if err != nil {
		return c, err
	}
	return b.cast(c, types.Of(types.InternalChar), e.Pos)
}

// jsonSubscript binds j[i], where i is a name or a number.
func (b *binder) jsonSubscript(blk *block, doc value, e *syntax.Subscript) (value, error) {
	if e.Slice {
		return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "jsonb subscript does not support slices").At(e.Pos)
	}
	step, err := b.scalar(blk, e.Index)
	if err != nil {
		return value{}, err
	}
	if t := step.typ(); !t.IsInteger() && !t.IsString() {
		return value{}, sqlstate.New(sqlstate.DatatypeMismatch, "subscript type %s is not supported", t.Base()).
			WithHint("jsonb subscript must be coercible to either integer or text.").At(step.pos)
	}
	if step, err = b.cast(step, types.Of(types.Text), step.pos); err != nil {
		return value{}, err
	}
	return b.scalarCall("jsonb_extract_path", []value{doc, step}, e.Pos)
}
