package expr

import (
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// logicNode is AND or OR: the first term whose value is absorbs decides, and the terms after it are not
// evaluated for that row.
type logicNode struct {
	terms   []node
	absorbs bool // false for AND, true for OR
}

func (c *compiler) logic(terms []Expr, absorbs bool) (node, error) {
	sorted := slices.Clone(terms)
	slices.SortStableFunc(sorted, func(a, b Expr) int { return cost(a) - cost(b) })
	nodes, err := c.all(sorted)
	if err != nil {
		return nil, err
	}
	return &logicNode{nodes, absorbs}, nil
}

// cost is 0 for terms that are cheap and raise no errors, which are evaluated first, else 1. Others keep
// their order, so that x <> 0 AND 1/x > 2 is safe.
func cost(e Expr) int {
	leaf := func(e Expr) bool {
		if _, ok := e.(*Const); ok {
			return true
		}
		_, ok := e.(*Column)
		return ok
	}
	switch e := e.(type) {
	case *Column, *Const:
		return 0
	case *IsNull:
		if leaf(e.Arg) {
			return 0
		}
	case *Call:
		if e.Fn.Select == nil || e.Fn.Negated == nil { // not a comparison
			return 1
		}
		for _, a := range e.Args {
			if !leaf(a) || a.Type().IsString() {
				return 1
			}
		}
		return 0
	}
	return 1
}

func (n *logicNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	if want == n.absorbs {
		return n.filterAny(r, sel, want)
	}
	for _, t := range n.terms {
		out, err := t.filter(r, sel, want)
		if err != nil || out != nil && len(out) == 0 {
			return out, err
		}
		sel = out
	}
	return sel, nil
}

// filterAny returns the rows for which some term is want.
func (n *logicNode) filterAny(r *run, sel []uint32, want bool) ([]uint32, error) {
	var found vec.Bitmap
	left, total := sel, 0
	for i, t := range n.terms {
		out, err := t.filter(r, left, want)
		if err != nil {
			return nil, err
		}
		if total == 0 && (sameSel(out, sel) || i == len(n.terms)-1) {
			return out, nil
		}
		if len(out) == 0 && out != nil {
			continue
		}
		if found == nil {
			found = vec.NewBitmap(r.batch.Rows)
		}
		for _, x := range out {
			found.Set(int(x))
		}
		if total += len(out); total == r.rows(sel) {
			return sel, nil
		}
		left = without(r, left, out)
	}
	out := r.newSel(total)
	if sel == nil {
		for i := range uint32(r.batch.Rows) {
			if found.Get(int(i)) {
				out = append(out, i)
			}
		}
		return out, nil
	}
	for _, s := range sel {
		if found.Get(int(s)) {
			out = append(out, s)
		}
	}
	return out, nil
}

func (n *logicNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	rows := r.rows(sel)
	bits := make([]uint8, rows)
	for i := range bits {
		bits[i] = word(!n.absorbs)
	}
	var nulls vec.Bitmap // rows with a NULL among the terms so far
	left := sel
	for _, t := range n.terms {
		v, err := t.eval(r, left)
		if err != nil {
			return nil, err
		}
		at := places(r, sel, left)
		decided := 0
		abs := word(n.absorbs)
		for i := range v.Len {
			p := i
			if at != nil {
				p = int(at[i])
			}
			switch {
			case v.IsNull(i):
				if nulls == nil {
					nulls = vec.NewBitmap(rows)
				}
				nulls.Set(p)
			case vec.At[uint8](v, i) == abs:
				bits[p] = abs
				decided++
			}
		}
		if decided == v.Len {
			break
		}
		if decided > 0 {
			left = without(r, left, filterDense(r, v, left, n.absorbs))
		}
	}
	return vec.New(types.Of(types.Bool), types.KBool, bits, nullWhere(nulls, bits, word(n.absorbs))), nil
}

// nullWhere returns the validity of a result: NULL where a term was and none decided.
func nullWhere(nulls vec.Bitmap, bits []uint8, absorbs uint8) vec.Bitmap {
	if nulls == nil {
		return nil
	}
	valid := vec.NewBitmapSet(len(bits))
	for i, b := range bits {
		if nulls.Get(i) && b != absorbs {
			valid.Clear(i)
		}
	}
	return valid
}

// notNode is NOT.
type notNode struct{ arg node }

func (n *notNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	return n.arg.filter(r, sel, !want)
}

func (n *notNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	v, err := n.arg.eval(r, sel)
	if err != nil {
		return nil, err
	}
	if v.Enc == vec.Const && v.IsNull(0) {
		return v, nil
	}
	d := v
	if v.Enc == vec.Dict {
		d = v.Dict
	}
	src := vec.Values[uint8](d)
	bits := make([]uint8, len(src))
	for i, b := range src {
		bits[i] = b ^ 1
	}
	w := *d
	w.Data = bits
	if v.Enc == vec.Dict {
		return vec.NewDict(v.Codes(), v.Valid, &w), nil
	}
	return &w, nil
}

// isNullNode is IS NULL or, with not set, IS NOT NULL.
type isNullNode struct {
	arg node
	not bool
}

func (n *isNullNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	if c, ok := n.arg.(*columnNode); ok {
		v := r.batch.Cols[c.ordinal]
		if v.Enc == vec.Flat && v.Valid != nil {
			return n.filterBits(r, v.Valid, sel, want != n.not), nil
		}
	}
	v, err := n.eval(r, sel)
	if err != nil {
		return nil, err
	}
	return filterDense(r, v, sel, want), nil
}

// filterBits returns the rows of sel that have no bit or, with null unset, those that have one.
func (n *isNullNode) filterBits(r *run, valid vec.Bitmap, sel []uint32, null bool) []uint32 {
	rows := r.rows(sel)
	out := r.newSel(rows)[:rows]
	inv := uint64(word(null))
	k := 0
	if sel == nil {
		for i := range uint32(rows) {
			out[k] = i
			k += int(valid[i>>6]>>(i&63)&1 ^ inv)
		}
	} else {
		for _, s := range sel {
			out[k] = s
			k += int(valid[s>>6]>>(s&63)&1 ^ inv)
		}
	}
	return whole(out[:k], sel, rows)
}

func (n *isNullNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	v, err := n.arg.eval(r, sel)
	if err != nil {
		return nil, err
	}
	t := types.Of(types.Bool)
	switch {
	case v.Enc == vec.Const:
		return vec.NewConst(t, types.KBool, word(v.IsNull(0) != n.not), v.Len), nil
	case v.Valid == nil && (v.Dict == nil || v.Dict.Valid == nil):
		return vec.NewConst(t, types.KBool, word(n.not), v.Len), nil
	}
	bits := make([]uint8, v.Len)
	for i := range bits {
		bits[i] = word(v.IsNull(i) != n.not)
	}
	return vec.New(t, types.KBool, bits, nil), nil
}
