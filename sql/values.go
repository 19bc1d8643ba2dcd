package sql

import (
	"strconv"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// valuesQuery lays out VALUES, whose rows are bound; poss are the places of the rows.
func (b *binder) valuesQuery(blk *block, rows [][]value, poss []int) (*query, error) {
	width := len(rows[0])
	for i, r := range rows {
		if len(r) != width {
			pos := poss[i]
			if len(r) > 0 {
				pos = r[0].pos
			}
			return nil, sqlstate.New(sqlstate.SyntaxError, "VALUES lists must all be the same length").At(pos)
		}
	}
	q := &query{}
	fields := make([]exec.Field, width)
	for j := range width {
		column := make([]value, len(rows))
		for i := range rows {
			column[i] = rows[i][j]
		}
		t, err := b.unifyValues(column, "VALUES")
		if err != nil {
			return nil, err
		}
		for i := range rows {
			rows[i][j] = column[i]
		}
		name := "column" + strconv.Itoa(j+1)
		id := b.newID(blk, derivedColumn, "", name)
		fields[j] = exec.Field{ID: id, Name: name, Type: t}
		q.cols = append(q.cols, outColumn{name: name, id: id, typ: t, pos: column[0].pos})
	}
	q.node = b.valuesNode(blk, fields, rows)
	return q, nil
}

// valuesNode returns Values, or when a row holds a subquery, which Values cannot run, a UNION ALL of rows.
func (b *binder) valuesNode(blk *block, fields []exec.Field, rows [][]value) planner.Node {
	simple := true
	out := make([][]expr.Expr, len(rows))
	for i, r := range rows {
		out[i] = make([]expr.Expr, len(r))
		for j, v := range r {
			out[i][j] = v.e
			expr.Walk(v.e, func(x expr.Expr) bool {
				_, sub := x.(*expr.Subquery)
				simple = simple && !sub
				return true
			})
		}
	}
	if simple {
		return &planner.Values{Cols: fields, Rows: out}
	}
	var n planner.Node
	for i := range out {
		items := make([]planner.Item, len(fields))
		for j, f := range fields {
			id := f.ID
			if len(out) > 1 {
				id = b.newID(blk, derivedColumn, "", f.Name)
			}
			items[j] = planner.Item{ID: id, Name: f.Name, Expr: out[i][j]}
		}
		row := planner.Node(&planner.Project{Input: oneRow(), Items: items})
		if n == nil {
			n = row
			continue
		}
		cols := fields
		if i < len(out)-1 {
			cols = append([]exec.Field(nil), fields...)
			for j := range cols {
				cols[j].ID = b.newID(blk, derivedColumn, "", cols[j].Name)
			}
		}
		n = &planner.SetOp{Kind: planner.Union, All: true, Left: n, Right: row, Cols: cols}
	}
	return n
}

// oneRow is the input of a SELECT without FROM: one row without columns.
func oneRow() *planner.Values { return &planner.Values{Rows: [][]expr.Expr{{}}} }
