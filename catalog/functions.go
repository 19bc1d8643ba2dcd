package catalog

import (
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// This file has what the functions are registered with. All of them ask the snapshot of the statement they run in.

// The types of arguments and results.
var (
	tBool, tInt2, tInt4, tInt8 = types.Of(types.Bool), types.Of(types.Int16), types.Of(types.Int32), types.Of(types.Int64)
	tText, tName, tOID         = types.Of(types.Text), types.Of(types.Name), types.Of(types.OID)
	tClass                     = types.Of(types.RegClass)
	tTexts                     = types.ArrayOf(tText)
)

// register adds a stable, strict function.
func register(name string, ret types.Type, eval func(*fn.Call) (*vec.Vector, error), args ...types.Type) *fn.Scalar {
	f := &fn.Scalar{Name: name, Args: args, Ret: ret, Volatility: fn.Stable, Eval: eval}
	fn.RegisterScalar(f)
	return f
}

// registerNull adds functions that answer NULL to anything, since there are no objects of the kind that they tell of.
func registerNull(name string, ret types.Type, signatures ...[]types.Type) {
	for _, args := range signatures {
		register(name, ret, func(c *fn.Call) (*vec.Vector, error) { return vec.NewNull(c.Ret, c.N), nil }, args...)
	}
}

// snapshotOf returns the catalog that a call sees.
func snapshotOf(c *fn.Call) (*Snapshot, error) {
	if c.Ctx != nil {
		if s, ok := c.Ctx.Objects.(*Snapshot); ok {
			return s, nil
		}
	}
	return nil, sqlstate.New(sqlstate.InternalError, "there is no catalog")
}

// map0 makes Eval from a function of the snapshot.
func map0[R any](f func(s *Snapshot, c *fn.Call) (R, bool)) func(*fn.Call) (*vec.Vector, error) {
	return func(c *fn.Call) (*vec.Vector, error) {
		s, err := snapshotOf(c)
		if err != nil {
			return nil, err
		}
		if _, ok := f(s, c); !ok {
			return vec.NewNull(c.Ret, c.N), nil
		}
		return fn.Map0(func(c *fn.Call) (R, error) {
			x, _ := f(s, c)
			return x, nil
		})(c)
	}
}

// map1 makes Eval from a function of the snapshot and one argument; false makes NULL.
func map1[A, R any](f func(s *Snapshot, a A) (R, bool, error)) func(*fn.Call) (*vec.Vector, error) {
	return func(c *fn.Call) (*vec.Vector, error) {
		s, err := snapshotOf(c)
		if err != nil {
			return nil, err
		}
		return fn.MapNull1(func(_ *fn.Call, a A) (R, bool, error) { return f(s, a) })(c)
	}
}

// map2 is map1 for two arguments.
func map2[A, B, R any](f func(s *Snapshot, a A, b B) (R, bool, error)) func(*fn.Call) (*vec.Vector, error) {
	return func(c *fn.Call) (*vec.Vector, error) {
		s, err := snapshotOf(c)
		if err != nil {
			return nil, err
		}
		return fn.MapNull2(func(_ *fn.Call, a A, b B) (R, bool, error) { return f(s, a, b) })(c)
	}
}

// first is map1 for functions with further arguments that change nothing here, such as that for pretty printing.
func first[A, R any](f func(s *Snapshot, a A) (R, bool, error)) func(*fn.Call) (*vec.Vector, error) {
	eval := map1(f)
	return func(c *fn.Call) (*vec.Vector, error) {
		one := *c
		one.Args = c.Args[:1]
		return eval(&one)
	}
}

// constant makes Eval of a function with one answer.
func constant[R any](x R) func(*fn.Call) (*vec.Vector, error) {
	return func(c *fn.Call) (*vec.Vector, error) {
		return fn.Map0(func(*fn.Call) (R, error) { return x, nil })(c)
	}
}

// setOf adds a function that returns a set of rows: as the array of them as records, and as an array for each column.
func setOf(name string, fields []types.Field, rows func(s *Snapshot, c *fn.Call, i int) [][]any, args ...types.Type) {
	record := types.RecordOf("", fields)
	fill := func(s *Snapshot, b *vec.Builder, x []any, column int) (err error) {
		if column >= 0 {
			return s.appendGo(b, x[column])
		}
		b.AppendRow(func(fs []*vec.Builder) {
			for k, f := range fs {
				if e := s.appendGo(f, x[k]); e != nil {
					err = e
				}
			}
		})
		return err
	}
	add := func(name string, elem types.Type, column int) {
		register(name, types.ArrayOf(elem), func(c *fn.Call) (*vec.Vector, error) {
			s, err := snapshotOf(c)
			if err != nil {
				return nil, err
			}
			b := vec.NewBuilder(types.ArrayOf(elem))
			for i := range c.N {
				if c.Valid != nil && !c.Valid.Get(i) {
					b.AppendNull()
					continue
				}
				b.AppendList(func(child *vec.Builder) {
					for _, x := range rows(s, c, i) {
						if e := fill(s, child, x, column); e != nil {
							err = e
						}
					}
				})
			}
			v := b.Finish()
			return v, err
		}, args...)
	}
	add(name+"[]", record, -1)
	for i, f := range fields {
		add(name+"[]"+f.Name, f.Type, i)
	}
}

// textsAt returns the elements of row i of an array of texts; NULLs are left out.
func textsAt(v *vec.Vector, i int) []string {
	l := vec.Values[vec.List](v)[fn.Row(v, i)]
	var out []string
	for k := range l.Len {
		if at := int(l.Off + k); !v.Child.IsNull(at) {
			out = append(out, string(v.Child.Bytes(at)))
		}
	}
	return out
}
