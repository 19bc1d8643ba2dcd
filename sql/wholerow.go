package sql

import (
	"slices"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// This file binds references to whole rows of FROM: SELECT t FROM t. The record is computed right above the item, below all
// joins, so that it is NULL where an outer join has no row of the item, as in PostgreSQL.

// wholeItem returns the item of FROM whose whole rows a name stands for, nil when it stands for something else.
func (b *binder) wholeItem(blk *block, c *syntax.Column) (*fromItem, error) {
	if blk.variable(c.Names[0]) != nil {
		return nil, nil
	}
	if e, err := b.lookup(blk, c.Names[0], c.Pos); e != nil || err != nil {
		return nil, err
	}
	it, err := b.relation(blk, "", c.Names[0], c.Pos)
	if err != nil || it == nil || it.value {
		return nil, err
	}
	return it, nil
}

// wholeRow returns a row of an item as a record.
func (b *binder) wholeRow(blk *block, it *fromItem, pos int) (value, error) {
	if it.value {
		return b.use(blk, it.cols[0].expr, pos), nil
	}
	if it.row == nil {
		owner := blk
		for !slices.Contains(owner.items, it) {
			owner = owner.parent
		}
		t := it.rowType()
		it.row = &expr.Column{ID: b.newID(owner, inputColumn, it.name, "*"), Name: it.name, Typ: t}
		owner.wholes = append(owner.wholes, it)
	}
	return b.use(blk, it.row, pos), nil
}

// rowType returns the type of the item's rows.
func (it *fromItem) rowType() types.Type {
	cols := it.rowColumns()
	fields := make([]types.Field, len(cols))
	for i, c := range cols {
		fields[i] = types.Field{Name: c.name, Type: c.expr.Type()}
		if it.rowName != "" { // the columns of a table's type have the names that the table gives them
			fields[i].Name = it.rowCols[i]
		}
	}
	return types.RecordOf(it.rowName, fields)
}

// rowColumns returns the columns that the item's rows consist of: not the numbers of the rows to be changed, which have no
// name.
func (it *fromItem) rowColumns() []fromColumn {
	if n := len(it.cols); n > 0 && it.cols[n-1].name == "" {
		return it.cols[:n-1]
	}
	return it.cols
}

// ofTable notes that the item's rows have the type of a table.
func (it *fromItem) ofTable(name string) {
	it.rowName = name
	for _, c := range it.cols {
		it.rowCols = append(it.rowCols, c.name)
	}
}

// addWholes computes the whole rows that a block refers to.
func (b *binder) addWholes(blk *block, n planner.Node) (planner.Node, error) {
	places := make([]planner.Node, len(blk.wholes))
	for i, it := range blk.wholes {
		places[i] = b.placeOfRows(it)
	}
	for range blk.wholes {
		// Those of the sides of joins before those of the joins, which pass them on.
		i := smallest(places)
		p := b.rowAbove(blk, blk.wholes[i], places[i])
		n = replaceNode(n, places[i], p, places)
		places[i] = nil
	}
	return n, nil
}

// smallest returns the number of the smallest plan, of those that are there.
func smallest(plans []planner.Node) int {
	least, nodes := -1, 0
	for i, p := range plans {
		if p == nil {
			continue
		}
		if k := countNodes(p); least < 0 || k < nodes {
			least, nodes = i, k
		}
	}
	return least
}

// rowAbove returns a projection of a node that adds the rows of an item.
func (b *binder) rowAbove(blk *block, it *fromItem, at planner.Node) planner.Node {
	p := &planner.Project{Input: at}
	for _, f := range planner.Fields(at) {
		p.Items = append(p.Items, passed(f))
	}
	row := &expr.Call{Fn: fn.MakeRow, Typ: it.row.Typ}
	for _, c := range it.rowColumns() {
		row.Args = append(row.Args, c.expr)
	}
	p.Items = append(p.Items, planner.Item{ID: it.row.ID, Name: it.name, Expr: row})
	if set, ok := at.(*planner.ProjectSet); ok && set.Outer {
		b.rowOfElement(blk, p, set)
	}
	return p
}

// rowOfElement makes the row that p computes last NULL where a set has no element.
func (b *binder) rowOfElement(blk *block, p *planner.Project, set *planner.ProjectSet) {
	if set.Number == nil {
		numbered := *set
		numbered.Number = &exec.Field{ID: b.newID(blk, inputColumn, "", "ordinality"), Name: "ordinality", Type: types.Of(types.Int64)}
		set, p.Input = &numbered, &numbered
	}
	last := &p.Items[len(p.Items)-1]
	there := &expr.IsNull{Arg: columnOf(*set.Number), Not: true}
	last.Expr = &expr.Case{Whens: []expr.When{{Cond: there, Then: last.Expr}}, Typ: last.Expr.Type()}
}

// placeOfRows returns the node whose outputs are the columns of an item.
func (b *binder) placeOfRows(it *fromItem) planner.Node {
	if moved, ok := b.moved[it.node]; ok {
		return moved
	}
	return it.node
}

func countNodes(n planner.Node) int {
	count := 1
	for _, in := range n.Inputs() {
		count += countNodes(in)
	}
	return count
}

// replaceNode puts another node in the place of one within n. Nodes above it become others, also in places.
func replaceNode(n, old, put planner.Node, places []planner.Node) planner.Node {
	if n == old {
		return put
	}
	in := n.Inputs()
	for i, c := range in {
		changed := replaceNode(c, old, put, places)
		if changed == c {
			continue
		}
		inputs := slices.Clone(in)
		inputs[i] = changed
		above := n.WithInputs(inputs)
		for k, p := range places {
			if p == n {
				places[k] = above
			}
		}
		return above
	}
	return n
}
