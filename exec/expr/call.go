package expr

import (
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// callNode is the call of a scalar function, an operator or a cast.
type callNode struct {
	fn     *fn.Scalar
	args   []node
	ret    types.Type
	simple bool // all arguments are columns and constants, which can be read through a selection
	fixed  int  // how many arguments are constants of the expression

	// drops: whoever evaluates the node reads the value and drops it, so that its memory serves again.
	// temp: the node is the root of a program, and does so in EvalTemp.
	drops, temp bool
	mem         fn.Memory

	argv []*vec.Vector // scratch
	call fn.Call       // scratch
	memo dictMemo
	// When all arguments are constants of the expression, the result for ctx.
	ctx   *fn.Ctx
	value *vec.Vector
}

// dictMemo is a function's result for each value of a dictionary, kept while batches share the dictionary.
type dictMemo struct {
	dict   *vec.Vector
	rows   int         // seen with this dictionary so far
	value  *vec.Vector // nil: not computed
	failed bool        // the function raised an error for some value, maybe one that no row has
	table  []uint8     // truth of value for want; nil: not computed
	want   bool
}

func (c *compiler) call(f *fn.Scalar, args []Expr, ret types.Type) (node, error) {
	if f == nil || f.Eval == nil {
		return nil, sqlstate.New(sqlstate.InternalError, "a function without implementation")
	}
	nodes, err := c.all(args)
	if err != nil {
		return nil, err
	}
	n := &callNode{fn: f, args: nodes, ret: ret, simple: len(nodes) > 0, argv: make([]*vec.Vector, len(nodes))}
	for _, a := range nodes {
		switch a := a.(type) {
		case *callNode:
			a.drops = f.Fresh && f.Volatility != fn.Volatile
			n.simple = false
		case *constNode:
			n.fixed++
		case *columnNode:
		default:
			n.simple = false
		}
	}
	return n, nil
}

func (n *callNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	if n.value != nil && n.ctx == r.ctx {
		return n.value.WithLen(r.rows(sel)), nil
	}
	for i, a := range n.args {
		v, err := a.eval(r, sel)
		if err != nil {
			return nil, err
		}
		n.argv[i] = v
	}
	return n.apply(r, n.argv, r.rows(sel))
}

// apply calls the function with arguments of rows values each.
func (n *callNode) apply(r *run, args []*vec.Vector, rows int) (*vec.Vector, error) {
	consts, dicts, dict := shape(args)
	if n.fn.Volatility == fn.Volatile {
		return n.invoke(r, flatten(args), rows)
	}
	if !n.fn.NotStrict && anyNull(args) {
		return vec.NewNull(n.ret, rows), nil
	}
	if consts == len(args) {
		v, err := n.once(r, args)
		if err != nil {
			return nil, err
		}
		return v.WithLen(rows), nil
	}
	if dicts == 1 && consts == len(args)-1 {
		if v := n.onDict(r, args, dict, rows); v != nil {
			return rewrap(args[dict], v), nil
		}
	}
	return n.invokeIn(r, flatten(args), rows, n.drops || n.temp && r.temp)
}

// shape counts constant and dictionary vectors; dict is the place of a dictionary vector.
func shape(args []*vec.Vector) (consts, dicts, dict int) {
	for i, a := range args {
		switch a.Enc {
		case vec.Const:
			consts++
		case vec.Dict:
			dicts++
			dict = i
		}
	}
	return consts, dicts, dict
}

func anyNull(args []*vec.Vector) bool {
	for _, a := range args {
		if a.Enc == vec.Const && a.IsNull(0) {
			return true
		}
	}
	return false
}

// flatten replaces dictionary vectors by flat ones, in place.
func flatten(args []*vec.Vector) []*vec.Vector {
	for i, a := range args {
		if a.Enc != vec.Dict {
			continue
		}
		if a.Dict.Len == 0 { // only NULLs
			args[i] = vec.Flatten(vec.NewNull(a.Type, a.Len))
		} else {
			args[i] = vec.Flatten(a)
		}
	}
	return args
}

// once calls the function with constants only, and keeps the result of the expression's own constants.
func (n *callNode) once(r *run, args []*vec.Vector) (*vec.Vector, error) {
	for i, a := range args {
		args[i] = a.WithLen(1)
	}
	v, err := n.invoke(r, args, 1)
	if err != nil {
		return nil, err
	}
	if v.Enc != vec.Const {
		w := *flatten([]*vec.Vector{v})[0]
		w.Enc = vec.Const
		v = &w
	}
	if n.fixed == len(args) {
		n.ctx, n.value = r.ctx, v
	}
	return v, nil
}

// invoke calls the function with flat and constant arguments.
func (n *callNode) invoke(r *run, args []*vec.Vector, rows int) (*vec.Vector, error) {
	return n.invokeIn(r, args, rows, false)
}

// invokeIn is invoke; with reuse set the result lies in the node's memory.
func (n *callNode) invokeIn(r *run, args []*vec.Vector, rows int, reuse bool) (*vec.Vector, error) {
	n.call = fn.Call{Ctx: r.ctx, Args: args, N: rows, Ret: n.ret}
	if reuse {
		n.call.Mem = &n.mem
	}
	if !n.fn.NotStrict {
		n.call.Valid = allValid(args)
	}
	v, err := n.fn.Eval(&n.call)
	if err != nil {
		return nil, err
	}
	if v.Type != n.ret {
		v = v.WithType(n.ret)
	}
	return v, nil
}

// allValid returns the rows in which no flat argument is NULL, nil for all rows.
func allValid(args []*vec.Vector) vec.Bitmap {
	var valid vec.Bitmap
	own := false
	for _, a := range args {
		switch {
		case a.Enc == vec.Const || a.Valid == nil:
		case valid == nil:
			valid = a.Valid
		default:
			if !own {
				valid = append(vec.Bitmap(nil), valid...)
				own = true
			}
			for i := range valid {
				valid[i] &= a.Valid[i]
			}
		}
	}
	return valid
}

// onDict returns the function's result for each value of the dictionary of args[dict], the other arguments
// being constant; nil when that is not worthwhile, or fails for a value that may be in no row.
func (n *callNode) onDict(r *run, args []*vec.Vector, dict, rows int) *vec.Vector {
	v := args[dict]
	d, m := v.Dict, &n.memo
	if d.Len == 0 || n.fn.NotStrict && v.Valid != nil {
		return nil // a NULL code is no value of the dictionary, but the function wants to see it
	}
	if m.dict != d || n.fixed != len(args)-1 {
		*m = dictMemo{dict: d}
	}
	m.rows += rows
	if m.value != nil || m.failed {
		return m.value
	}
	if m.rows*2 < d.Len {
		return nil // the dictionary is larger than the rows that have used it
	}
	on := make([]*vec.Vector, len(args))
	for i, a := range args {
		if i == dict {
			on[i] = d
		} else {
			on[i] = a.WithLen(d.Len)
		}
	}
	value, err := n.invoke(r, on, d.Len)
	if err != nil {
		m.failed = true
		return nil
	}
	m.value = vec.Flatten(value)
	return m.value
}

// rewrap returns the result for a dictionary vector from that for its dictionary.
func rewrap(v, value *vec.Vector) *vec.Vector {
	return vec.NewDict(v.Codes(), v.Valid, value)
}

func (n *callNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	if n.simple && n.fn.Volatility != fn.Volatile {
		out, done, err := n.filterThrough(r, sel, want)
		if done || err != nil {
			return out, err
		}
	}
	f := n.selector(want)
	if f == nil {
		v, err := n.eval(r, sel)
		if err != nil {
			return nil, err
		}
		return filterDense(r, v, sel, want), nil
	}
	for i, a := range n.args {
		v, err := a.eval(r, sel)
		if err != nil {
			return nil, err
		}
		n.argv[i] = v
	}
	consts, dicts, dict := shape(n.argv)
	rows := r.rows(sel)
	if !n.fn.NotStrict && anyNull(n.argv) {
		return r.newSel(0), nil
	}
	if consts == len(n.argv) {
		v, err := n.apply(r, n.argv, rows)
		if err != nil {
			return nil, err
		}
		return filterDense(r, v, sel, want), nil
	}
	if dicts == 1 && consts == len(n.argv)-1 {
		if v := n.onDict(r, n.argv, dict, rows); v != nil {
			return filterDense(r, rewrap(n.argv[dict], v), sel, want), nil
		}
	}
	out, err := n.selectFlat(r, f, flatten(n.argv), nil, rows)
	if err != nil {
		return nil, err
	}
	return through(out, sel, rows), nil
}

// selector returns the Select that finds the rows where the function is want, nil when there is none.
func (n *callNode) selector(want bool) *fn.Scalar {
	f := n.fn
	if !want {
		f = f.Negated
	}
	if f == nil || f.Select == nil || f.Volatility == fn.Volatile {
		return nil
	}
	return f
}

// selectFlat calls f.Select with flat and constant arguments of rows values.
func (n *callNode) selectFlat(r *run, f *fn.Scalar, args []*vec.Vector, sel []uint32, rows int) ([]uint32, error) {
	n.call = fn.Call{Ctx: r.ctx, Args: args, N: rows, Ret: n.ret}
	if !f.NotStrict {
		n.call.Valid = allValid(args)
	}
	asked := rows
	if sel != nil {
		asked = len(sel)
	}
	return f.Select(&n.call, sel, r.newSel(asked))
}

// filterThrough filters by columns as they are in the batch, reading them through the selection. done is
// false when the values had better be gathered.
func (n *callNode) filterThrough(r *run, sel []uint32, want bool) (out []uint32, done bool, err error) {
	for i, a := range n.args {
		switch a := a.(type) {
		case *columnNode:
			n.argv[i] = r.batch.Cols[a.ordinal]
		case *constNode:
			n.argv[i] = a.value.WithLen(r.batch.Rows)
		}
	}
	consts, dicts, dict := shape(n.argv)
	switch {
	case !n.fn.NotStrict && anyNull(n.argv):
		return r.newSel(0), true, nil
	case consts == len(n.argv):
		return nil, false, nil
	case dicts == 1 && consts == len(n.argv)-1:
		v := n.onDict(r, n.argv, dict, r.rows(sel))
		if v == nil {
			return nil, false, nil
		}
		return n.filterCodes(r, n.argv[dict], v, sel, want), true, nil
	case dicts > 0:
		return nil, false, nil
	}
	f := n.selector(want)
	if f == nil {
		return nil, false, nil
	}
	out, err = n.selectFlat(r, f, n.argv, sel, r.batch.Rows)
	return whole(out, sel, r.rows(sel)), true, err
}

// filterCodes returns the rows of sel for whose code the dictionary's value is want.
func (n *callNode) filterCodes(r *run, v, value *vec.Vector, sel []uint32, want bool) []uint32 {
	m := &n.memo
	if m.table == nil || m.want != want {
		m.table, m.want = truth(value, want), want
	}
	table, codes := m.table, v.Codes()
	rows := r.rows(sel)
	out := r.newSel(rows)[:rows]
	k := 0
	if sel == nil {
		for i, c := range codes[:rows] {
			out[k] = uint32(i)
			k += int(table[c])
		}
	} else {
		for _, s := range sel {
			out[k] = s
			k += int(table[codes[s]])
		}
	}
	return whole(onlyValid(out[:k], v.Valid), sel, rows)
}
