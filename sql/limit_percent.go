package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
)

// percentage binds LIMIT n%: a share of the rows as double precision.
func (b *binder) percentage(q *syntax.Query) (expr.Expr, error) {
	v, err := b.wideNumber(q.Limit, types.Of(types.Float64))
	if err != nil {
		return nil, err
	}
	if k, ok := v.e.(*expr.Const); !ok || !(vec.At[float64](k.Value, 0) <= 100) {
		return nil, sqlstate.New(sqlstate.InvalidRowCountInLimit, "LIMIT percentage must be between 0 and 100").At(q.LimitPos)
	}
	return v.e, nil
}

// limitPercent keeps of n, sorted by keys, the first rows behind the offset: as many as p.count percent of all rows are.
// Rows are numbered and counted for that.
func (b *binder) limitPercent(blk *block, n planner.Node, keys []expr.SortKey, p *parts) planner.Node {
	outputs := planner.Fields(n)
	number := fn.Windows("row_number")[0]
	all := expr.Frame{Mode: expr.Rows, End: expr.Bound{Kind: expr.UnboundedFollowing}}
	count, err := b.resolveAggregate(&aggregateCall{name: "count", star: true})
	if err != nil {
		panic(err)
	}
	add := func(name string, w *expr.Window) value {
		it := planner.Item{ID: b.newID(blk, windowColumn, "", name), Name: name, Expr: w}
		n = &planner.Window{Input: n, Items: []planner.Item{it}}
		return value{e: it.Column()}
	}
	rows := add("count", &expr.Window{Agg: count, Frame: all, Typ: count.Typ})
	row := add("row_number", &expr.Window{Fn: number, OrderBy: keys, Frame: defaultFrame, Typ: number.ReturnType(nil)})
	if p.offset != nil {
		row = b.mustOperator("-", row, value{e: p.offset})
	}
	part := b.mustOperator("/", b.mustOperator("*", b.asFloat(rows), value{e: p.count}), value{e: &expr.Const{Value: vec.NewConst(types.Of(types.Float64), types.KFloat64, 100.0, 1)}})
	cond := expr.NewAnd(b.mustOperator("<=", b.asFloat(row), part).e, b.mustOperator(">", row, value{e: int64Const(0)}).e)
	n = &planner.Filter{Input: n, Cond: cond}
	if len(keys) > 0 {
		n = &planner.Sort{Input: n, Keys: keys}
	}
	var items []planner.Item
	for _, f := range outputs {
		items = append(items, passed(f))
	}
	return &planner.Project{Input: n, Items: items}
}

// mustOperator is operator for operands that have it.
func (b *binder) mustOperator(name string, l, r value) value {
	v, err := b.operator(name, l, r, -1)
	if err != nil {
		panic(err)
	}
	return v
}

// asFloat returns a bigint as double precision.
func (b *binder) asFloat(v value) value {
	v, err := b.coerce(v, types.Of(types.Float64), fn.Assignment)
	if err != nil {
		panic(err)
	}
	return v
}
