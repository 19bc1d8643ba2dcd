package fn

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the operators and casts of the types that the system catalog has its columns of.

// sameNumber passes OIDs and their like on under another type of the kind.
func sameNumber(c *Call) (*vec.Vector, error) { return c.Args[0].WithType(c.Ret), nil }

// charCode is the number of a "char", which is signed in PostgreSQL, too.
func charCode(_ *Call, s []byte) (int32, error) {
	if len(s) == 0 {
		return 0, nil
	}
	return int32(int8(s[0])), nil
}

// compareNumber makes the second argument, an integer, a number of the first one's kind.
func compareNumber(eval func(*Call) (*vec.Vector, error)) func(*Call) (*vec.Vector, error) {
	return func(c *Call) (*vec.Vector, error) {
		n, err := LookupCast(types.Int32, types.OID).Scalar.Eval(&Call{Ctx: c.Ctx, Args: c.Args[1:], N: c.N, Ret: types.Of(types.OID), Valid: c.Valid})
		if err != nil {
			return nil, err
		}
		d := *c
		d.Args = []*vec.Vector{c.Args[0], n}
		return eval(&d)
	}
}

func init() {
	const oid, i2, i4, i8, char = types.OID, types.Int16, types.Int32, types.Int64, types.InternalChar
	for id := types.RegProc; id <= types.RegDictionary; id++ {
		RegisterCast(cast(id, oid, Implicit, sameNumber), cast(oid, id, Implicit, sameNumber))
		for _, n := range []types.ID{i2, i4, i8} {
			in := LookupCast(n, oid)
			RegisterCast(&Cast{From: n, To: id, Context: Implicit, Scalar: in.Scalar})
		}
		for _, n := range []types.ID{i4, i8} {
			RegisterCast(&Cast{From: id, To: n, Context: Assignment, Scalar: LookupCast(oid, n).Scalar})
		}
	}
	RegisterCast(
		cast(types.RegProc, types.RegProcedure, Implicit, sameNumber), cast(types.RegProcedure, types.RegProc, Implicit, sameNumber),
		cast(types.RegOper, types.RegOperator, Implicit, sameNumber), cast(types.RegOperator, types.RegOper, Implicit, sameNumber),
		cast(char, i4, Explicit, Map1(charCode)),
		cast(i4, char, Explicit, Map1(func(_ *Call, x int32) ([]byte, error) {
			if x == 0 {
				return nil, nil
			}
			return []byte{byte(x)}, nil
		})),
	)
	for _, pair := range [][2]types.ID{{types.XID, types.XID}, {types.XID, i4}, {types.CID, types.CID}, {types.TID, types.TID},
		{types.LSN, types.LSN}} {
		for op := range comparisonNames {
			if cmpOp(op) != cmpEq && cmpOp(op) != cmpNe || pair[0] == types.CID && cmpOp(op) == cmpNe {
				continue
			}
			f := &Scalar{Name: comparisonNames[op], Args: typesOf(pair[:]), Ret: types.Of(types.Bool),
				Eval: compareEval(cmpOp(op)), Select: compareSelect(cmpOp(op)), Fresh: true}
			if pair[1] == i4 {
				f.Eval, f.Select = compareNumber(f.Eval), nil
			}
			RegisterScalar(f)
		}
	}
}
