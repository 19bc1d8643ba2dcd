package fn

import (
	"gsql/exec/jsontext"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the casts of jsonb to booleans and numbers.

func init() {
	RegisterCast(cast(types.JSONB, types.Bool, Explicit, jsonbToBool))
	for _, id := range []types.ID{types.Numeric, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64} {
		RegisterCast(cast(types.JSONB, id, Explicit, jsonbToNumber))
	}
}

func wrongJSONKind(kind jsontext.Kind, t types.Type) error {
	return sqlstate.New(sqlstate.InvalidParameterValue, "cannot cast jsonb %s to type %s", jsonKinds[kind], t.Base())
}

func jsonbToBool(c *Call) (*vec.Vector, error) {
	return Map1(func(c *Call, s []byte) (bool, error) {
		if kind := jsontext.KindOf(s); kind != jsontext.Bool {
			return false, wrongJSONKind(kind, c.Ret)
		}
		return s[0] == 't', nil
	})(c)
}

// jsonbToNumber casts the numeric that a number is.
func jsonbToNumber(c *Call) (*vec.Vector, error) {
	numeric := *c
	numeric.Ret = types.Of(types.Numeric)
	v, err := Map1(func(_ *Call, s []byte) (vec.Num, error) {
		if kind := jsontext.KindOf(s); kind != jsontext.Number {
			return vec.Num{}, wrongJSONKind(kind, c.Ret)
		}
		return vec.ParseNum(s)
	})(&numeric)
	if err != nil || c.Ret == numeric.Ret {
		return v, err
	}
	return LookupCast(types.Numeric, c.Ret.ID).Scalar.Eval(&Call{Ctx: c.Ctx, Args: []*vec.Vector{v}, N: c.N, Ret: c.Ret, Valid: c.Valid})
}
