package fn

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// foldAcc combines the values of a group by an operation that needs no more than the value so far: bool_and,
// bool_or, bit_and, bit_or, bit_xor.
type foldAcc[T uint8 | int16 | int32 | int64] struct {
	vals []T
	seen []bool
	op   foldOp
	typ  types.Type
	kind types.Kind
}

type foldOp uint8

const (
	foldAnd foldOp = iota
	foldOr
	foldXor
)

func (a *foldAcc[T]) Grow(n int) {
	a.vals = grown(a.vals, n)
	a.seen = grown(a.seen, n)
}

func (a *foldAcc[T]) Bytes() int64 { return int64(cap(a.vals)*a.kind.Width() + cap(a.seen)) }

func (a *foldAcc[T]) Update(args []*vec.Vector, groups []uint32) error {
	v := vec.Flatten(args[0])
	vals := as[T](v)[:len(groups)]
	cur, seen := a.vals, a.seen
	for i, g := range groups {
		if v.Valid != nil && !v.Valid.Get(i) {
			continue
		}
		switch {
		case !seen[g]:
			seen[g] = true
			cur[g] = vals[i]
		case a.op == foldAnd:
			cur[g] &= vals[i]
		case a.op == foldOr:
			cur[g] |= vals[i]
		default:
			cur[g] ^= vals[i]
		}
	}
	return nil
}

func (a *foldAcc[T]) Merge(state []*vec.Vector, groups []uint32) error {
	return a.Update(state, groups)
}

func (a *foldAcc[T]) State(from, to int) ([]*vec.Vector, error) {
	v, err := a.Result(from, to)
	return []*vec.Vector{v}, err
}

func (a *foldAcc[T]) Result(from, to int) (*vec.Vector, error) {
	f := flags{n: to - from}
	for i, s := range a.seen[from:to] {
		if !s {
			f.null(i)
		}
	}
	return fixedVector(a.typ, a.kind, append([]T(nil), a.vals[from:to]...), f.valid), nil
}

func newFold(op foldOp) func(args []types.Type, ret types.Type) Accumulator {
	return func(args []types.Type, ret types.Type) Accumulator {
		switch kind := args[0].Kind(); kind {
		case types.KBool:
			return &foldAcc[uint8]{op: op, typ: ret, kind: kind}
		case types.KInt16:
			return &foldAcc[int16]{op: op, typ: ret, kind: kind}
		case types.KInt32:
			return &foldAcc[int32]{op: op, typ: ret, kind: kind}
		default:
			return &foldAcc[int64]{op: op, typ: ret, kind: kind}
		}
	}
}

func init() {
	fold := func(name string, op foldOp, id types.ID) {
		RegisterAggregate(aggregate(name, id, []types.Type{types.Of(id)}, newFold(op), id))
	}
	fold("bool_and", foldAnd, types.Bool)
	fold("every", foldAnd, types.Bool)
	fold("bool_or", foldOr, types.Bool)
	for _, id := range []types.ID{types.Int16, types.Int32, types.Int64} {
		fold("bit_and", foldAnd, id)
		fold("bit_or", foldOr, id)
		fold("bit_xor", foldXor, id)
	}
}
