package sql

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// This file binds functions in FROM whose rows are records, and whose columns are the records' fields.

// recordTable binds json_to_record and its like, whose columns only the column definition list knows. ok is false for other
// functions.
func (b *binder) recordTable(blk *block, t *syntax.FuncTable, call *syntax.Call) (r *relation, ok bool, err error) {
	if !returnsRecord(call.Name) {
		return nil, false, nil
	}
	saved := blk.lateral
	blk.lateral = true
	defer func() { blk.lateral = saved }()
	a, err := b.recordArray(blk, call, t.ColumnDefs)
	if err != nil {
		return nil, true, err
	}
	return b.setRelation(blk, t, call, []value{a}, nil), true, nil
}

// returnsRecord reports whether a function returns records that do not say what their columns are.
func returnsRecord(name string) bool {
	switch name {
	case "json_to_record", "jsonb_to_record", "json_to_recordset", "jsonb_to_recordset":
		return true
	}
	return false
}

// recordArray binds the array of the records of a function for which returnsRecord holds.
func (b *binder) recordArray(blk *block, call *syntax.Call, defs []syntax.ColumnDef) (value, error) {
	if len(defs) == 0 {
		return value{}, sqlstate.New(sqlstate.SyntaxError, "a column definition list is required for functions returning \"record\"").At(call.Pos)
	}
	row, err := b.definedRow(defs)
	if err != nil {
		return value{}, err
	}
	var v value
	err = blk.in(inFromFunction, func() error {
		vs, err := b.callArguments(blk, call)
		if err == nil {
			v, err = b.arrayCall(call.Name+"[]", call.Name, vs, call.Pos)
		}
		return err
	})
	if err != nil {
		return value{}, err
	}
	made := *v.e.(*expr.Call)
	made.Typ = types.ArrayOf(row)
	return value{e: &made, pos: call.Pos, expands: true}, nil
}

// rowBase demands that the first argument of a function that populates records is a record whose columns are known.
func rowBase(e *syntax.Call, vs []value) error {
	switch {
	case len(vs) == 0:
		return nil // which is the error of another
	case vs[0].typ().ID == types.Unknown:
		return sqlstate.New(sqlstate.DatatypeMismatch, "could not determine polymorphic type because input has type unknown").At(e.Pos)
	case vs[0].typ().ID != types.Record:
		return sqlstate.New(sqlstate.DatatypeMismatch, "first argument of %s must be a row type", e.Name).At(e.Pos)
	case vs[0].typ().Def == nil:
		return unsupported(e.Pos, "Provide a record argument with columns, or use json_to_record with a column definition list.",
			"could not determine row type for result of %s", e.Name)
	}
	return nil
}

// definedRow returns the record type of a column definition list.
func (b *binder) definedRow(defs []syntax.ColumnDef) (types.Type, error) {
	fields := make([]types.Field, len(defs))
	for i, d := range defs {
		typ, err := b.typeOf(d.Type)
		if err != nil {
			return typ, err
		}
		for _, f := range fields[:i] {
			if f.Name == d.Name {
				return typ, sqlstate.New(sqlstate.DuplicateColumn, "column name \"%s\" specified more than once", d.Name).At(d.Pos)
			}
		}
		fields[i] = types.Field{Name: d.Name, Type: typ}
	}
	return types.RecordOf("", fields), nil
}

// definedArray gives an array of records the columns of the definition list, which must have the records' types.
func (b *binder) definedArray(defs []syntax.ColumnDef, array value) (value, error) {
	elem := array.typ().Element()
	if array.typ().ID != types.Array || elem.ID != types.Record || elem.Def == nil || elem.Def.Name != "" {
		return array, redundantColumns(defs)
	}
	row, err := b.definedRow(defs)
	if err != nil {
		return array, err
	}
	mismatch := sqlstate.New(sqlstate.DatatypeMismatch, "function return row and query-specified return row do not match").At(array.pos)
	if n, want := len(elem.Fields()), len(row.Fields()); n != want {
		return array, mismatch.WithDetail("Returned row contains %d attributes, but query expects %d.", n, want)
	}
	for i, f := range elem.Fields() {
		if want := row.Fields()[i].Type; !sameType(f.Type, want) {
			return array, mismatch.WithDetail("Returned type %s at ordinal position %d, but query expects %s.", f.Type.Base(), i+1, want.Base())
		}
	}
	array, err = b.coerce(array, types.ArrayOf(row), fn.Explicit)
	array.expands = true
	return array, err
}

// redundantColumns is the error about a column definition list for a function that knows its columns.
func redundantColumns(defs []syntax.ColumnDef) error {
	return sqlstate.New(sqlstate.SyntaxError, "a column definition list is only allowed for functions returning \"record\"").At(defs[0].Pos)
}

// recordRelation makes the item of FROM of a function that returns one record.
func (b *binder) recordRelation(blk *block, t *syntax.FuncTable, v value) (*relation, error) {
	array := value{e: &expr.Call{Fn: fn.MakeArray(1, v.typ()), Args: []expr.Expr{v.e}, Typ: types.ArrayOf(v.typ())}, pos: v.pos, expands: true}
	if len(t.ColumnDefs) > 0 {
		var err error
		if array, err = b.definedArray(t.ColumnDefs, array); err != nil {
			return nil, err
		}
	}
	call, ok := t.Calls[0].Expr.(*syntax.Call)
	if !ok {
		call = &syntax.Call{Name: syntax.ColumnName(t.Calls[0].Expr)}
	}
	return b.setRelation(blk, t, call, []value{array}, nil), nil
}

// expandsRows reports whether the records of an array become columns in FROM. Those that unnest finds do so when their
// columns have names from a table or a definition list; others stay values, as in DuckDB.
func expandsRows(array value) bool {
	t := array.typ()
	return t.Elem == types.Record && t.Def != nil && (array.expands || t.Def.Name != "")
}

// recordColumns adds the records of an array to a set, and their fields to its columns.
func (b *binder) recordColumns(blk *block, n *planner.ProjectSet, it *fromItem, array value) {
	t := array.typ().Element()
	f := exec.Field{ID: b.newID(blk, inputColumn, it.name, it.name), Name: it.name, Type: t}
	n.Arrays, n.Elems = append(n.Arrays, array.e), append(n.Elems, f)
	for i, field := range t.Fields() {
		it.cols = append(it.cols, fromColumn{field.Name, getField(columnOf(f), i)})
	}
}

// typeOf returns the type that a type name stands for, which may be that of the rows of a table, or of any.
func (b *binder) typeOf(n *syntax.TypeName) (types.Type, error) {
	t, err := TypeOf(n, b.env.Type)
	if err == nil || len(n.Mods) > 0 {
		return t, err
	}
	t, ok := types.Of(types.Record), n.Name == "record" && n.Schema == ""
	if !ok {
		t, ok = b.tableType(exec.Name{Schema: n.Schema, Table: n.Name}, n.Pos)
	}
	switch {
	case !ok:
		return t, err
	case n.Dims > 0:
		return types.ArrayOf(t), nil
	}
	return t, nil
}

// tableType returns the type of the rows of a table or a view; ok is false when there is none of the name.
func (b *binder) tableType(name exec.Name, pos int) (t types.Type, ok bool) {
	if b.env.View != nil {
		if v, ok := b.env.View(name); ok {
			r, err := b.view(newBlock(nil, nil), v, pos)
			if err != nil {
				return t, false
			}
			return r.whole().rowType(), true
		}
	}
	if b.env.Catalog == nil {
		return t, false
	}
	table, err := b.env.Catalog.Table(b.ctx, name)
	if err != nil {
		return t, false
	}
	fields := make([]types.Field, len(table.Schema()))
	for i, f := range table.Schema() {
		fields[i] = types.Field{Name: f.Name, Type: f.Type}
	}
	return types.RecordOf(name.Table, fields), true
}
