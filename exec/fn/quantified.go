package fn

import (
	"sync"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// quantifiedRows is how many elements are compared in one call of the operator.
const quantifiedRows = 1 << 16

type quantifiedKey struct {
	op  *Scalar
	all bool
}

var quantified sync.Map // quantifiedKey to *Scalar

// Quantified returns the function of x and an array that says whether x op element is true for any element,
// or for all of them: op ANY (array) and op ALL (array). It is the same function at each call.
func Quantified(op *Scalar, all bool) *Scalar {
	key := quantifiedKey{op, all}
	if f, ok := quantified.Load(key); ok {
		return f.(*Scalar)
	}
	name := op.Name + " any"
	if all {
		name = op.Name + " all"
	}
	q := &quantifier{op, all}
	f, _ := quantified.LoadOrStore(key, &Scalar{
		Name: name, Args: []types.Type{op.Args[0], types.ArrayOf(op.Args[1])}, Ret: types.Of(types.Bool),
		NotStrict: true, Volatility: op.Volatility, Eval: q.eval,
	})
	return f.(*Scalar)
}

type quantifier struct {
	op  *Scalar
	all bool
}

// eval compares runs of elements of many rows at a time: x is repeated for each element of its array.
func (q *quantifier) eval(c *Call) (*vec.Vector, error) {
	x, array := c.Args[0], c.Args[1]
	lists := vec.Values[vec.List](array)
	out := make([]uint8, c.N)
	valid := vec.NewBitmapSet(c.N)
	var rows, elems []uint32
	for i := range c.N {
		if array.IsNull(i) {
			valid.Clear(i)
			continue
		}
		// Without elements ANY is false and ALL is true; comparisons change that below.
		out[i] = b2u(q.all)
		l := lists[Row(array, i)]
		for k := range l.Len {
			rows, elems = append(rows, uint32(i)), append(elems, l.Off+k)
			if len(rows) == quantifiedRows {
				if err := q.compare(c, x, array.Child, rows, elems, out, valid); err != nil {
					return nil, err
				}
				rows, elems = rows[:0], elems[:0]
			}
		}
	}
	if err := q.compare(c, x, array.Child, rows, elems, out, valid); err != nil {
		return nil, err
	}
	return vec.New(c.Ret, types.KBool, out, valid), nil
}

// compare runs the operator on pairs of a row of x and an element, and merges the results into out: true
// decides ANY, false decides ALL, and otherwise a NULL makes NULL.
func (q *quantifier) compare(c *Call, x, child *vec.Vector, rows, elems []uint32, out []uint8, valid vec.Bitmap) error {
	if len(rows) == 0 {
		return nil
	}
	if c.Ctx != nil && c.Ctx.Check != nil {
		if err := c.Ctx.Check(); err != nil {
			return err
		}
	}
	l, r := vec.Gather(x, rows), vec.Gather(child, elems)
	both := vec.NewBitmapSet(len(rows))
	for i := range rows {
		if l.IsNull(i) || r.IsNull(i) {
			both.Clear(i)
		}
	}
	// Two constants make one row, as for any function.
	n := len(rows)
	if l.Enc == vec.Const && r.Enc == vec.Const {
		n = 1
	}
	v, err := q.op.Eval(&Call{Ctx: c.Ctx, Args: []*vec.Vector{l, r}, N: n, Ret: c.Ret, Valid: both})
	if err != nil {
		return err
	}
	for k, i := range rows {
		switch {
		case (out[i] != 0) != q.all && valid.Get(int(i)):
			// Decided.
		case !both.Get(k) || v.IsNull(k):
			valid.Clear(int(i))
		case (vec.At[uint8](v, k) != 0) != q.all:
			out[i] = b2u(!q.all)
			valid.Set(int(i))
		}
	}
	return nil
}
