package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
)

// distinctJSON binds json_agg(DISTINCT x) and jsonb_agg(DISTINCT x) of values that are made JSON before they are aggregated:
// which of them are distinct is known of the values only, so their list is aggregated, and JSON made of that. ok is false for
// other calls.
func (b *binder) distinctJSON(blk *block, c *aggregateCall) (v value, ok bool, err error) {
	if !c.distinct || len(c.args) != 1 || c.name != "json_agg" && c.name != "jsonb_agg" {
		return v, false, nil
	}
	elem := c.args[0].typ()
	if elem.ID != types.Record && elem.ID != types.TimestampTZ {
		return v, false, nil
	}
	list := *c
	list.name = "array_agg"
	a, err := b.resolveAggregate(&list)
	if err != nil {
		return v, true, err
	}
	if v, err = b.placeAggregate(blk, a, c.pos); err != nil {
		return v, true, err
	}
	x := &expr.Var{ID: b.newID(nil, derivedColumn, "", "x"), Name: "x", Typ: elem}
	body, err := b.scalarCall("to_json", []value{{e: x, pos: c.pos}}, c.pos)
	if err != nil {
		return v, true, err
	}
	texts := &expr.Lambda{Kind: expr.TransformList, Name: "list_transform", List: v.e, Body: body.e, Elem: x, Typ: types.ArrayOf(body.typ())}
	agg := fn.JSONAggOfArrays
	if c.name == "jsonb_agg" || elem.ID != types.Record {
		agg = fn.Aggregates(c.name)[0]
	}
	f := fn.ListAggregate(c.name, agg, []types.Type{body.typ()}, agg.Ret)
	return value{e: &expr.Call{Fn: f, Args: []expr.Expr{texts}, Typ: agg.Ret}, pos: c.pos}, true, nil
}
