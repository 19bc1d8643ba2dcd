package sql

import (
	"fmt"
	"slices"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// This file binds rows and records. A row constructor stays a list of values, which comparisons take apart, until
// something needs it as one value.

// row binds ROW(...) and (a, b, ...).
func (b *binder) row(blk *block, e *syntax.Row) (value, error) {
	vs := []value{}
	for _, x := range e.Elems {
		parts, _, err := b.expanded(blk, x)
		if err != nil {
			return value{}, err
		}
		if parts == nil {
			v, err := b.scalar(blk, x)
			if err != nil {
				return value{}, err
			}
			parts = []value{v}
		}
		vs = append(vs, parts...)
	}
	return value{row: vs, pos: e.Pos}, nil
}

// expanded returns the columns that t.* or (x).* stands for, and their names; nil for other expressions.
func (b *binder) expanded(blk *block, e syntax.Expr) ([]value, []string, error) {
	switch e := e.(type) {
	case *syntax.Star:
		if len(e.Table) == 0 {
			return nil, nil, nil
		}
		it, err := b.starRelation(blk, e)
		if err != nil {
			return b.starRecord(blk, e, err)
		}
		vs, names := []value{}, []string{}
		for _, c := range it.cols {
			vs, names = append(vs, b.use(blk, c.expr, e.Pos)), append(names, c.name)
		}
		return vs, names, nil
	case *syntax.Field:
		if e.Star {
			return b.fieldsOf(blk, e)
		}
	}
	return nil, nil, nil
}

// starRecord binds s.* where s is a column with records, as in DuckDB; missing is the error when it is none.
func (b *binder) starRecord(blk *block, s *syntax.Star, missing error) ([]value, []string, error) {
	c := &syntax.Column{Names: s.Table}
	if len(s.Table) == 1 {
		if col, err := b.lookup(blk, s.Table[0], s.Pos); err != nil || col == nil || col.Type().ID != types.Record {
			return nil, nil, missing
		}
	} else if v, err := b.columnRef(blk, "", s.Table[0], s.Table[1], s.Pos); err != nil || len(s.Table) > 2 || v.typ().ID != types.Record {
		return nil, nil, missing
	}
	return b.fieldsOf(blk, &syntax.Field{Arg: c, Star: true})
}

// starRelation finds the item of FROM that t.* names.
func (b *binder) starRelation(blk *block, s *syntax.Star) (*fromItem, error) {
	n, schema := len(s.Table), ""
	if n > 1 {
		schema = s.Table[n-2]
	}
	it, err := b.relation(blk, schema, s.Table[n-1], s.Pos)
	if err == nil && it == nil {
		err = b.missingRelation(blk, schema, s.Table[n-1], s.Pos)
	}
	return it, err
}

// fieldsOf binds (x).*.
func (b *binder) fieldsOf(blk *block, e *syntax.Field) ([]value, []string, error) {
	if c, ok := e.Arg.(*syntax.Column); ok && len(c.Names) == 1 {
		if it, err := b.wholeItem(blk, c); err != nil {
			return nil, nil, err
		} else if it != nil {
			return b.expanded(blk, &syntax.Star{Table: c.Names})
		}
	}
	v, err := b.expression(blk, e.Arg)
	if err != nil {
		return nil, nil, err
	}
	if v.row != nil {
		if v, err = b.asRecord(v); err != nil {
			return nil, nil, err
		}
	}
	if v.typ().ID != types.Record {
		return nil, nil, sqlstate.New(sqlstate.WrongObjectType, "type %s is not composite", v.typ().Base()).At(v.pos)
	}
	if err := evaluatedOnce(v); err != nil {
		return nil, nil, err
	}
	vs, names := []value{}, []string{}
	for i, f := range v.typ().Fields() {
		vs, names = append(vs, b.fieldOf(v, i, e.Pos)), append(names, f.Name)
	}
	return vs, names, nil
}

// fieldOf returns field i of a record.
func (b *binder) fieldOf(v value, i, pos int) value {
	return value{e: getField(v.e, i), pos: pos}
}

// getField returns field i of a record, without a detour where it is made of its fields on the spot.
func getField(e expr.Expr, i int) expr.Expr {
	if c, ok := e.(*expr.Call); ok && c.Fn == fn.MakeRow && !expr.IsVolatile(e) {
		return c.Args[i]
	}
	return &expr.Call{Fn: fn.GetField(i), Args: []expr.Expr{e}, Typ: e.Type().Fields()[i].Type}
}

// field binds (x).name.
func (b *binder) fieldExpr(blk *block, e *syntax.Field) (value, error) {
	if e.Star {
		return value{}, unsupported(e.Pos, "Name the columns.", "row expansion via \"*\" is not supported here")
	}
	if c, ok := e.Arg.(*syntax.Column); ok && len(c.Names) == 1 {
		it, err := b.wholeItem(blk, c)
		if err != nil {
			return value{}, err
		}
		if it != nil {
			return b.columnRef(blk, "", c.Names[0], e.Name, c.Pos)
		}
	}
	v, err := b.scalar(blk, e.Arg)
	if err != nil {
		return v, err
	}
	return b.namedField(v, e.Name, v.pos)
}

// namedField returns the field of a record with a name.
func (b *binder) namedField(v value, name string, pos int) (value, error) {
	t := v.typ()
	if t.ID != types.Record {
		return value{}, sqlstate.New(sqlstate.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type", name, t.Base()).At(pos)
	}
	i := t.FieldIndex(name)
	switch {
	case i >= 0:
		return b.fieldOf(v, i, pos), nil
	case t.Def != nil && t.Def.Name != "":
		return value{}, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" not found in data type %s", name, t.Base()).At(pos)
	}
	return value{}, sqlstate.New(sqlstate.UndefinedColumn, "could not identify column \"%s\" in record data type", name).At(pos)
}

// columnField binds s.a and t.s.a, where s is a column with records, as in DuckDB. The value has no expression when there
// is no such column.
func (b *binder) columnField(blk *block, e *syntax.Column) (value, error) {
	if len(e.Names) < 2 {
		return value{}, nil
	}
	v, rest, err := b.recordColumn(blk, e)
	if err != nil || v.e == nil || v.typ().ID != types.Record {
		return value{}, err
	}
	for _, name := range rest {
		if v, err = b.namedField(v, name, e.Pos); err != nil {
			return value{}, err
		}
	}
	return v, nil
}

// recordColumn finds the column that names begin with, after that of a table perhaps, and returns the names behind it.
func (b *binder) recordColumn(blk *block, e *syntax.Column) (v value, rest []string, err error) {
	n := e.Names
	if x := blk.variable(n[0]); x != nil {
		return value{e: x, pos: e.Pos}, n[1:], nil
	}
	if len(n) > 2 {
		it, err := b.relation(blk, "", n[0], e.Pos)
		if err != nil {
			return v, nil, err
		}
		if it != nil {
			col, err := it.column(n[1], e.Pos)
			if err != nil {
				return v, nil, err
			}
			if col != nil {
				return b.use(blk, col, e.Pos), n[2:], nil
			}
		}
	}
	col, err := b.lookup(blk, n[0], e.Pos)
	if err != nil || col == nil {
		return v, nil, err
	}
	return b.use(blk, col, e.Pos), n[1:], nil
}

// asRecord makes one value of a row constructor, with PostgreSQL's names of the columns: f1, f2 and so on.
func (b *binder) asRecord(v value) (value, error) {
	if v.row == nil {
		return v, nil
	}
	names := make([]string, len(v.row))
	for i := range names {
		names[i] = fmt.Sprintf("f%d", i+1)
	}
	return b.recordOf(v.row, names, v.pos)
}

// recordOf makes a record of values.
func (b *binder) recordOf(vs []value, names []string, pos int) (value, error) {
	fields := make([]types.Field, len(vs))
	args := make([]expr.Expr, len(vs))
	for i, v := range vs {
		v, err := b.settled(v)
		if err != nil {
			return value{}, err
		}
		fields[i], args[i] = types.Field{Name: names[i], Type: v.typ()}, v.e
	}
	return value{e: &expr.Call{Fn: fn.MakeRow, Args: args, Typ: types.RecordOf("", fields)}, pos: pos, parts: vs}, nil
}

// unifyRows gives the columns of row constructors, in place, the common types of those of all of vs, where there are any: a
// NULL in one of several rows has no type of its own.
func (b *binder) unifyRows(vs []value) error {
	n := -1
	for _, v := range vs {
		if v.parts != nil && (n < 0 || n == len(v.parts)) {
			n = len(v.parts)
		} else if !v.isNullLiteral() {
			return nil
		}
	}
	columns := make([]types.Type, max(n, 0))
	for i := range columns {
		var ts []types.Type
		for _, v := range vs {
			if v.parts != nil {
				ts = append(ts, v.parts[i].typ())
			}
		}
		var ok bool
		if columns[i], ok = commonType(ts); !ok {
			return nil
		}
	}
	for k, v := range vs {
		if v.parts == nil {
			continue
		}
		parts, names := slices.Clone(v.parts), make([]string, n)
		for i, f := range v.typ().Fields() {
			names[i] = f.Name
		}
		for i, t := range columns {
			var err error
			if parts[i], err = b.coerce(parts[i], t, fn.Implicit); err != nil {
				return err
			}
		}
		var err error
		if vs[k], err = b.recordOf(parts, names, v.pos); err != nil {
			return err
		}
	}
	return nil
}

// structLiteral binds {'a': 1, 'b': 2} and struct_pack(a := 1, b := 2).
func (b *binder) structLiteral(blk *block, names []string, es []syntax.Expr, pos int) (value, error) {
	if len(es) == 0 {
		return value{}, sqlstate.New(sqlstate.SyntaxError, "a struct must have at least one field").At(pos)
	}
	vs, err := b.scalars(blk, es)
	if err != nil {
		return value{}, err
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return value{}, sqlstate.New(sqlstate.DuplicateColumn, "field name \"%s\" appears more than once", name).At(pos)
		}
	}
	return b.recordOf(vs, names, pos)
}

// structCall binds struct_pack and struct_extract; ok is false for other functions.
func (b *binder) structCall(blk *block, e *syntax.Call) (v value, ok bool, err error) {
	switch {
	case e.Name == "struct_pack" && len(e.Args) > 0:
		var names []string
		var es []syntax.Expr
		for _, a := range e.Args {
			if a.Name == "" {
				return value{}, true, sqlstate.New(sqlstate.SyntaxError, "struct_pack needs a name for each argument: struct_pack(a := 1)").At(a.Value.Position())
			}
			names, es = append(names, a.Name), append(es, a.Value)
		}
		v, err = b.structLiteral(blk, names, es, e.Pos)
		return v, true, err
	case e.Name == "struct_extract" && len(e.Args) == 2:
		if v, err = b.scalar(blk, e.Args[0].Value); err != nil {
			return v, true, err
		}
		v, err = b.subscriptField(v, e.Args[1].Value)
		return v, true, err
	}
	return value{}, false, nil
}

// subscriptField binds s['a'], and s[1] of a record without names of its own.
func (b *binder) subscriptField(v value, index syntax.Expr) (value, error) {
	switch i := index.(type) {
	case *syntax.String:
		return b.namedField(v, i.Value, i.Pos)
	case *syntax.Number:
		var k int
		if _, err := fmt.Sscan(i.Text, &k); err == nil && v.typ().ID == types.Record && k >= 1 && k <= len(v.typ().Fields()) {
			return b.fieldOf(v, k-1, i.Pos), nil
		}
	}
	return value{}, unsupported(index.Position(), "Give the name of the field as a string.", "this subscript of a record is not supported")
}

// commonRecord returns the record type to which values of two of them are unified: they have columns of the same types,
// of which numerics may have other scales.
func commonRecord(a, c types.Type) (types.Type, bool) {
	switch {
	case a == c, c.Def == nil:
		return a, true
	case a.Def == nil:
		return c, true
	case len(a.Fields()) != len(c.Fields()):
		return a, false
	}
	fields := slices.Clone(a.Fields())
	for i, f := range c.Fields() {
		t := fields[i].Type
		if !sameType(t, f.Type) {
			return a, false
		}
		var ok bool
		if fields[i].Type, ok = commonType([]types.Type{t, f.Type}); !ok {
			return a, false
		}
	}
	name := a.Def.Name
	if c.Def.Name != name || a.Named() != nil || c.Named() != nil {
		name = ""
	}
	return types.RecordOf(name, fields), true
}

// comparableRecords gives two records one type, as a comparison demands.
func (b *binder) comparableRecords(l, r value, pos int) (value, value, error) {
	lt, rt := l.typ(), r.typ()
	t, ok := commonRecord(lt, rt)
	if !ok {
		return l, r, dissimilar(lt, rt, pos)
	}
	for _, f := range t.Fields() {
		if err := equatable(value{e: expr.Null(f.Type), pos: pos}); err != nil {
			return l, r, err
		}
	}
	l, err := b.coerce(l, t, fn.Implicit)
	if err != nil {
		return l, r, err
	}
	r, err = b.coerce(r, t, fn.Implicit)
	return l, r, err
}

// dissimilar says why two record types cannot be compared.
func dissimilar(a, c types.Type, pos int) error {
	if len(a.Fields()) != len(c.Fields()) {
		return sqlstate.New(sqlstate.DatatypeMismatch, "cannot compare record types with different numbers of columns").At(pos)
	}
	for i, f := range c.Fields() {
		if t := a.Fields()[i].Type; !sameType(t, f.Type) {
			return sqlstate.New(sqlstate.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d",
				t.Base(), f.Type.Base(), i+1).At(pos)
		}
	}
	return sqlstate.New(sqlstate.DatatypeMismatch, "cannot compare types %s and %s", a.Base(), c.Base()).At(pos)
}

// rowAs binds a cast of a row constructor to a record type.
func (b *binder) rowAs(blk *block, e *syntax.Row, t types.Type, pos int) (value, error) {
	v, err := b.row(blk, e)
	if err != nil {
		return v, err
	}
	cannot := sqlstate.New(sqlstate.CannotCoerce, "cannot cast type record to %s", t.Base()).At(pos)
	switch n, want := len(v.row), len(t.Fields()); {
	case n < want:
		return v, cannot.WithDetail("Input has too few columns.")
	case n > want:
		return v, cannot.WithDetail("Input has too many columns.")
	}
	args := make([]expr.Expr, len(v.row))
	for i, f := range t.Fields() {
		c, err := b.cast(v.row[i], f.Type, v.row[i].pos)
		if err == nil {
			c, err = b.coerce(c, f.Type, fn.Explicit)
		}
		if err != nil {
			return c, err
		}
		args[i] = c.e
	}
	return value{e: &expr.Call{Fn: fn.MakeRow, Args: args, Typ: t}, pos: pos}, nil
}

// castToRecord binds a cast to a record type, column by column.
func (b *binder) castToRecord(v value, t types.Type, pos int) (value, error) {
	from := v.typ()
	switch {
	case t.Def == nil || from == t:
		return v, nil
	case from.Def == nil:
		return value{e: expr.Null(t), pos: v.pos}, nil
	}
	if err := fieldsCast(from, t, pos); err != nil {
		return v, err
	}
	return value{e: &expr.Cast{Cast: fn.LookupCast(types.Record, types.Record), Arg: v.e, Typ: t}, pos: v.pos}, nil
}

// fieldsCast returns the error of casting a record, or an array of records, to another type of the kind, whose fields are
// not those that the values' can be cast to.
func fieldsCast(from, to types.Type, pos int) error {
	if from == to || from.Def == nil || to.Def == nil {
		return nil
	}
	cannot := sqlstate.New(sqlstate.CannotCoerce, "cannot cast type %s to %s", from.Base(), to.Base()).At(pos)
	switch n, want := len(from.Fields()), len(to.Fields()); {
	case n < want:
		return cannot.WithDetail("Input has too few columns.")
	case n > want:
		return cannot.WithDetail("Input has too many columns.")
	}
	for i, f := range from.Fields() {
		want := to.Fields()[i].Type
		if f.Type != want && !sameType(f.Type, want) && findCast(f.Type, want, fn.Explicit) == nil || fieldsCast(f.Type, want, pos) != nil {
			return cannot.WithDetail("Cannot cast type %s to %s in column %d.", f.Type.Base(), want.Base(), i+1)
		}
	}
	return nil
}

// withAnyScale returns t for values whose numerics, also those within, may have any scale where none is stated.
func withAnyScale(t types.Type) types.Type {
	switch {
	case t.ID == types.Array:
		return types.ArrayOf(withAnyScale(t.Element()))
	case t.ID == types.Numeric && t.Prec == 0:
		return types.Of(types.Numeric)
	case t.Named() != nil:
		return t
	case t.ID == types.Record && t.Def != nil:
		fields := slices.Clone(t.Fields())
		for i := range fields {
			fields[i].Type = withAnyScale(fields[i].Type)
		}
		return types.RecordOf(t.Def.Name, fields)
	}
	return t
}
