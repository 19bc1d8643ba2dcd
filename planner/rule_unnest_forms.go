package planner

import (
	"gsql/exec/expr"
	"gsql/exec/types"
)

// hoistForms replaces outer columns whose equal values may look different, such as intervals of 30 days and of a month,
// by their texts, where the inner side uses more of them than their value: the inner side is computed once for equal outer
// values, and texts are equal only when they look the same.
func (o *optimizer) hoistForms(j *Join, corr ColSet) *Join {
	var used ColSet
	walkNodes(j.Right, func(n Node) {
		for _, e := range Exprs(n) {
			usesOfForms(e, corr, false, &used)
		}
	})
	items, m := passFields(Fields(j.Left)), map[expr.ColID]expr.Expr{}
	for _, f := range Fields(j.Left) {
		if used.Has(f.ID) {
			it := Item{o.newID(), f.Name, castTo(fieldColumn(f), types.Of(types.Text))}
			items = append(items, it)
			m[f.ID] = castTo(it.Column(), f.Type)
		}
	}
	if len(m) == 0 {
		return j
	}
	c := *j
	c.Left, c.Right = &Project{j.Left, items}, substTree(j.Right, m)
	return &c
}

// usesOfForms adds the columns among corr of which e uses what they look like. valued says that only the value of e counts.
func usesOfForms(e expr.Expr, corr ColSet, valued bool, used *ColSet) {
	switch x := e.(type) {
	case *expr.Column:
		if corr.Has(x.ID) && !valued && hasForms(x.Typ) {
			used.Add(x.ID)
		}
		return
	case *expr.Call:
		_, _, same := nullSafeEquality(x)
		if _, _, _, ok := comparison(x); ok || same {
			valued = true
		} else {
			valued = valued && x.Typ.ID == types.Numeric && keepsValue[x.Fn.Name]
		}
	case *expr.IsNull:
		valued = true
	default:
		valued = false
	}
	expr.MapChildren(e, func(c expr.Expr) expr.Expr {
		usesOfForms(c, corr, valued, used)
		return c
	})
}

// keepsValue has the operations on numerics whose results for equal operands are equal.
var keepsValue = map[string]bool{"+": true, "-": true, "*": true, "abs": true}

// hasForms reports whether equal values of a type may look different, and have texts that tell them apart.
func hasForms(t types.Type) bool {
	switch t.ID {
	case types.Interval, types.JSONB, types.NumRange, types.NumMultirange:
		return true
	case types.Numeric:
		return t.Scale == types.DynamicScale
	}
	return false
}
