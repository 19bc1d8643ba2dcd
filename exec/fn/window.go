package fn

import "gsql/exec/types"

// The signatures of PostgreSQL's window functions. The third argument of lag and lead has the type of the
// first; PostgreSQL lets it differ where there is a common type.
func init() {
	i32, i64, f64 := types.Of(types.Int32), types.Of(types.Int64), types.Of(types.Float64)
	any := types.Of(types.AnyElement)
	same := func(args []types.Type) types.Type { return args[0] }
	RegisterWindow(
		&Window{Name: "row_number", Ret: i64},
		&Window{Name: "rank", Ret: i64},
		&Window{Name: "dense_rank", Ret: i64},
		&Window{Name: "percent_rank", Ret: f64},
		&Window{Name: "cume_dist", Ret: f64},
		&Window{Name: "ntile", Args: []types.Type{i32}, Ret: i32},
		&Window{Name: "first_value", Args: []types.Type{any}, RetOf: same},
		&Window{Name: "last_value", Args: []types.Type{any}, RetOf: same},
		&Window{Name: "nth_value", Args: []types.Type{any, i32}, RetOf: same},
	)
	for _, name := range []string{"lag", "lead"} {
		RegisterWindow(
			&Window{Name: name, Args: []types.Type{any}, RetOf: same},
			&Window{Name: name, Args: []types.Type{any, i32}, RetOf: same},
			&Window{Name: name, Args: []types.Type{any, i32, any}, RetOf: same},
		)
	}
}
