package expr

import (
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// caseNode is CASE: each branch is evaluated for the rows that reach it only.
type caseNode struct {
	conds, thens []node
	other        node // nil: NULL
	typ          types.Type
}

func (c *compiler) caseWhen(e *Case) (node, error) {
	n := &caseNode{typ: e.Typ}
	for _, w := range e.Whens {
		cond, err := c.compile(w.Cond)
		if err != nil {
			return nil, err
		}
		then, err := c.compile(w.Then)
		if err != nil {
			return nil, err
		}
		n.conds, n.thens = append(n.conds, cond), append(n.thens, then)
	}
	if e.Else != nil {
		var err error
		if n.other, err = c.compile(e.Else); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *caseNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	m := merger{typ: n.typ, sel: sel}
	left := sel
	for i, cond := range n.conds {
		hit, err := cond.filter(r, left, true)
		if err != nil {
			return nil, err
		}
		if hit != nil && len(hit) == 0 {
			continue
		}
		v, err := n.thens[i].eval(r, hit)
		if err == nil {
			err = m.add(r, v, hit)
		}
		if err != nil {
			return nil, err
		}
		if sameSel(hit, left) || i == len(n.conds)-1 && m.fill(r, n.other) {
			return m.merge(r), nil
		}
		left = without(r, left, hit)
	}
	if n.other != nil {
		v, err := n.other.eval(r, left)
		if err == nil {
			err = m.add(r, v, left)
		}
		if err != nil {
			return nil, err
		}
	}
	return m.merge(r), nil
}

func (n *caseNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	v, err := n.eval(r, sel)
	if err != nil {
		return nil, err
	}
	return filterDense(r, v, sel, want), nil
}

// coalesceNode is COALESCE: later arguments are evaluated where all earlier ones are NULL.
type coalesceNode struct {
	args []node
	typ  types.Type
}

func (n *coalesceNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	m := merger{typ: n.typ, sel: sel}
	left := sel
	for _, a := range n.args {
		v, err := a.eval(r, left)
		if err != nil {
			return nil, err
		}
		some, none := splitNulls(r, v, left)
		if len(none) == 0 && none != nil { // no NULLs
			if err := m.add(r, v, left); err != nil {
				return nil, err
			}
			break
		}
		if len(some) > 0 {
			// Of v the rows that are not NULL, under their numbers in the batch.
			at := places(r, left, some)
			if err := m.add(r, vec.Gather(v, at), some); err != nil {
				return nil, err
			}
		}
		left = none
	}
	return m.merge(r), nil
}

func (n *coalesceNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	v, err := n.eval(r, sel)
	if err != nil {
		return nil, err
	}
	return filterDense(r, v, sel, want), nil
}

// splitNulls divides sel into the rows for which v, with a value for each of them, is not NULL, and those
// for which it is. When it is NULL for all, none is sel; when for none, none is empty and some not made.
func splitNulls(r *run, v *vec.Vector, sel []uint32) (some, none []uint32) {
	if v.Enc == vec.Const {
		if v.IsNull(0) {
			return nil, sel
		}
		return nil, r.newSel(0)
	}
	if v.Valid == nil && (v.Dict == nil || v.Dict.Valid == nil) {
		return nil, r.newSel(0)
	}
	some, none = r.newSel(v.Len), r.newSel(v.Len)
	for i := range v.Len {
		x := uint32(i)
		if sel != nil {
			x = sel[i]
		}
		if v.IsNull(i) {
			none = append(none, x)
		} else {
			some = append(some, x)
		}
	}
	if len(some) == 0 {
		return nil, sel
	}
	return some, none
}

// merger puts the values of parts of a selection together.
type merger struct {
	typ   types.Type
	sel   []uint32
	parts []*vec.Vector
	rows  [][]uint32
}

// add takes the values v of some, a part of the selection.
func (m *merger) add(r *run, v *vec.Vector, some []uint32) error {
	if m.typ.ID == types.Numeric && v.Type.Scale != m.typ.Scale && !(v.Enc == vec.Const && v.IsNull(0)) {
		var err error
		if v, err = fn.WithScale(v, m.typ); err != nil {
			return err
		}
	}
	m.parts = append(m.parts, v)
	m.rows = append(m.rows, places(r, m.sel, some))
	return nil
}

// fill gives all rows that no part has the value of other, a constant or nil for NULL; it returns false when
// other is to be evaluated.
func (m *merger) fill(r *run, other node) bool {
	if other == nil {
		return true
	}
	c, ok := other.(*constNode)
	if !ok {
		return false
	}
	if c.value.IsNull(0) {
		return true
	}
	for _, p := range m.parts {
		if p.Enc == vec.Const && p.IsNull(0) {
			return false // Scatter leaves such rows as they are
		}
	}
	if err := m.add(r, c.value.WithLen(r.rows(m.sel)), m.sel); err != nil {
		return false // evaluating it raises the error again
	}
	last := len(m.parts) - 1
	m.parts[0], m.parts[last] = m.parts[last], m.parts[0]
	m.rows[0], m.rows[last] = m.rows[last], m.rows[0]
	return true
}

func (m *merger) merge(r *run) *vec.Vector {
	n := r.rows(m.sel)
	if len(m.parts) == 1 && m.parts[0].Len == n {
		v := m.parts[0]
		if v.Enc == vec.Const && v.IsNull(0) {
			return vec.NewNull(m.typ, n)
		}
		return v.WithType(m.typ)
	}
	return vec.Scatter(m.typ, n, m.parts, m.rows)
}
