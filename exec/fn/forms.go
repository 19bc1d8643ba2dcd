package fn

import (
	"gsql/exec/types"
	"gsql/exec/vec"
)

// OneForm returns, for values of types that vec.HasForms, bytes that are equal where the values are. Joins compare these; it
// has no name that a query could call it by.
var OneForm = &Scalar{Name: "key", Args: []types.Type{types.Of(types.Any)}, Ret: types.Of(types.Bytea),
	Eval: func(c *Call) (*vec.Vector, error) {
		return vec.OneForm(c.Args[0]).WithType(c.Ret), nil
	}}
