package fn

import (
	"strconv"
	"sync"

	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has the functions on records. What a record consists of is in the types of the calls, so that one function
// serves records of all types.

// MakeRow makes a record of its arguments: ROW(a, b).
var MakeRow = &Scalar{Name: "row", Args: []types.Type{types.Of(types.Any)}, Variadic: true, Ret: types.Of(types.Record), NotStrict: true,
	Eval: func(c *Call) (*vec.Vector, error) { return vec.NewRows(c.Ret, c.N, c.Args), nil }}

var fieldGetters sync.Map // int to *Scalar

// GetField returns the function of a record that returns its field k, counted from 0.
func GetField(k int) *Scalar {
	if f, ok := fieldGetters.Load(k); ok {
		return f.(*Scalar)
	}
	f, _ := fieldGetters.LoadOrStore(k, &Scalar{Name: "field " + strconv.Itoa(k+1), Args: []types.Type{types.Of(types.Record)}, RetOf: func(args []types.Type) types.Type {
		return args[0].Fields()[k].Type
	}, Eval: func(c *Call) (*vec.Vector, error) { return vec.Field(c.Args[0].WithLenOf(c.N), k), nil }})
	return f.(*Scalar)
}

// RowIsNull and RowIsNotNull are IS NULL and IS NOT NULL of records: whether all fields are NULL, and whether none is.
// Both are false for a record with some.
var (
	RowIsNull    = rowTest("row_is_null", true)
	RowIsNotNull = rowTest("row_is_not_null", false)
)

func rowTest(name string, null bool) *Scalar {
	return &Scalar{Name: name, Args: []types.Type{types.Of(types.Record)}, Ret: types.Of(types.Bool), NotStrict: true,
		Eval: func(c *Call) (*vec.Vector, error) { return rowsAreNull(c.Args[0].WithLenOf(c.N), null), nil }}
}

// rowsAreNull tells for each row whether all fields are NULL, or with null false, whether none is.
func rowsAreNull(v *vec.Vector, null bool) *vec.Vector {
	out := make([]uint8, v.Len)
	for i := range out {
		out[i] = b2u(!v.IsNull(i) || null)
	}
	for k := range v.Type.Fields() {
		f := vec.Field(v, k)
		for i := range out {
			out[i] &= b2u(f.IsNull(i) == null)
		}
	}
	return vec.New(types.Of(types.Bool), types.KBool, out, nil)
}

// castRecord converts the fields one by one. There are as many in both types.
func castRecord(c *Call) (*vec.Vector, error) {
	v := vec.DenseRows(vec.Flatten(c.Args[0].WithLenOf(c.N)))
	if len(v.Fields) == 0 {
		return v.WithType(c.Ret), nil
	}
	w := *v
	w.Type, w.Fields = c.Ret, make([]*vec.Vector, len(v.Fields))
	for k, f := range v.Fields {
		to := c.Ret.Fields()[k].Type
		cast := LookupCast(f.Type.ID, to.ID)
		if f.Type == to || cast == nil || cast.Scalar == nil {
			w.Fields[k] = f.WithType(to)
			continue
		}
		out, err := cast.Scalar.Eval(&Call{Ctx: c.Ctx, Args: []*vec.Vector{f}, N: f.Len, Ret: to, Valid: f.Valid})
		if err != nil {
			return nil, err
		}
		w.Fields[k] = vec.Flatten(out.WithLenOf(f.Len))
	}
	return &w, nil
}

func init() {
	record := types.Of(types.Record)
	registerComparisons(record, record)
	RegisterCast(&Cast{From: types.Record, To: types.Record, Context: Implicit,
		Scalar: &Scalar{Name: "record", Args: []types.Type{record}, Volatility: Stable, Eval: castRecord}})
	RegisterScalar(
		&Scalar{Name: "row_to_json", Args: []types.Type{record}, Ret: types.Of(types.JSON), Volatility: Stable, Eval: makeJSON(
			func(w *jsonMaker, c *Call, i int) error { return w.value(c.Args[0], i) })},
		&Scalar{Name: "row_to_json", Args: []types.Type{record, types.Of(types.Bool)}, Ret: types.Of(types.JSON), Volatility: Stable, Eval: makeJSON(pretty)},
	)
}
