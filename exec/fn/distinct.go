package fn

import (
	"slices"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// distinctBits writes 1 where a IS DISTINCT FROM b, else 0: NULL is a value like any other here.
func distinctBits(a, b *vec.Vector, n int) []uint8 {
	out := compareOut{bits: make([]uint8, n)}
	newComparison(cmpNe, a, b, n).run(&out)
	if a.Valid == nil && b.Valid == nil {
		return out.bits
	}
	for i := range out.bits {
		an, bn := a.IsNull(i), b.IsNull(i)
		switch {
		case an && bn:
			out.bits[i] = 0
		case an || bn:
			out.bits[i] = 1
		}
	}
	return out.bits
}

func distinctEval(distinct bool) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		bits := distinctBits(c.Args[0], c.Args[1], c.N)
		if !distinct {
			for i := range bits {
				bits[i] ^= 1
			}
		}
		return vec.New(c.Ret, types.KBool, bits, nil), nil
	}
}

// extreme makes Eval of greatest (op is >) and least (<): NULLs are passed over, and of equal values the
// first stays.
func extreme(op cmpOp) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		var best *vec.Vector
		for _, a := range c.Args {
			if a.Enc == vec.Const && a.IsNull(0) {
				continue
			}
			if c.Ret.ID == types.Numeric {
				var err error
				if a, err = WithScale(a, c.Ret); err != nil {
					return nil, err
				}
			}
			if best == nil {
				best = a.WithType(c.Ret)
				continue
			}
			best = replaceWhere(best, a, op, c)
		}
		if best == nil {
			return vec.NewNull(c.Ret, c.N), nil
		}
		return best, nil
	}
}

// replaceWhere returns best with the values of a where those are op to it, or where best is NULL.
func replaceWhere(best, a *vec.Vector, op cmpOp, c *Call) *vec.Vector {
	out := compareOut{bits: make([]uint8, c.N)}
	newComparison(op, a, best, c.N).run(&out)
	var stay, move []uint32
	for i := range uint32(c.N) {
		an, bn := a.IsNull(int(i)), best.IsNull(int(i))
		if !an && (bn || out.bits[i] != 0) {
			move = append(move, i)
		} else {
			stay = append(stay, i)
		}
	}
	switch {
	case len(move) == 0:
		return best
	case len(stay) == 0:
		return a.WithType(c.Ret)
	}
	return vec.Scatter(c.Ret, c.N, []*vec.Vector{vec.Gather(best, stay), vec.Gather(a, move)}, [][]uint32{stay, move})
}

// commonType is the result type of functions whose arguments have one type, up to numerics' scales and
// strings' lengths.
func commonType(args []types.Type) types.Type {
	t := args[0]
	for _, a := range args[1:] {
		switch {
		case t.ID == types.Numeric && a.ID == types.Numeric:
			t = CommonNumeric(t, a)
		case a.Prec != t.Prec:
			t.Prec = 0
		}
	}
	return t
}

func init() {
	anyElem := types.Of(types.AnyElement)
	boolean := types.Of(types.Bool)
	distinct := &Scalar{Name: "is_distinct_from", Args: []types.Type{anyElem, anyElem}, Ret: boolean, NotStrict: true,
		Eval: distinctEval(true)}
	same := &Scalar{Name: "is_not_distinct_from", Args: slices.Clone(distinct.Args), Ret: boolean, NotStrict: true,
		Eval: distinctEval(false)}
	distinct.Negated, same.Negated = same, distinct
	RegisterScalar(distinct, same,
		&Scalar{Name: "greatest", Args: []types.Type{anyElem}, Variadic: true, RetOf: commonType, NotStrict: true, Eval: extreme(cmpGt)},
		&Scalar{Name: "least", Args: []types.Type{anyElem}, Variadic: true, RetOf: commonType, NotStrict: true, Eval: extreme(cmpLt)},
	)
}
