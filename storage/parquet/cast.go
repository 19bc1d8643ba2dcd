package parquet

import (
	"math"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// caster converts the values of a file's column to the table's type. One goroutine uses it.
type caster struct {
	prog    *expr.Program
	exact   bool     // floating point may not hold all values
	reshape *reshape // of nested values; nil: prog does it
}

func newCaster(c *column) (*caster, error) {
	if c.reshape != nil {
		own, err := c.reshape.own()
		return &caster{reshape: own}, err
	}
	e := expr.Expr(&expr.Column{ID: 1, Typ: c.typ})
	if f := fn.LookupCast(c.typ.ID, c.to.ID); f != nil {
		e = &expr.Cast{Cast: f, Arg: e, Typ: c.to}
	} else {
		return nil, sqlstate.New(sqlstate.InternalError, "no cast from %v to %v", c.typ, c.to)
	}
	p, err := expr.Compile(e, func(expr.ColID) int { return 0 })
	return &caster{prog: p, exact: c.typ.ID == types.Int64 && c.to.IsFloat()}, err
}

// castContext is the context of casts that do not depend on the session.
var castContext = &fn.Ctx{}

// cast returns the values converted; row is the first that floating point does not hold, or -1.
func (k *caster) cast(v *vec.Vector) (out *vec.Vector, row int, err error) {
	if k.reshape != nil {
		out, err = k.reshape.apply(v)
		return out, -1, err
	}
	out, err = k.prog.Eval(castContext, &vec.Batch{Cols: []*vec.Vector{v}, Rows: v.Len})
	if err != nil || !k.exact {
		return out, -1, err
	}
	in, to := vec.Flatten(v), vec.Flatten(out)
	from, as := vec.Values[int64](in), vec.Values[float64](to)
	for i, x := range from {
		if x > 1<<53 || x < -1<<53 {
			if !in.IsNull(i) && (as[i] >= math.MaxInt64 || int64(as[i]) != x) {
				return out, i, nil
			}
		}
	}
	return out, -1, nil
}

// inexact is the error about an integer that the table's type does not hold.
func inexact(c *column, path string, x int64) error {
	return sqlstate.New(sqlstate.NumericOutOfRange, "value %d of column %q would be changed by type %v", x, c.name, c.to).
		WithDetail("File %q has the column as %v, other files of the table as floating point.", path, c.typ).
		WithHint("Read the files as separate tables and combine them with casts and UNION ALL.")
}

// castBound converts a bound; nil where the order of the types is not the same.
func castBound(c *column, v *vec.Vector) *vec.Vector {
	if v == nil || c.to.IsString() {
		return nil
	}
	k, err := newCaster(c)
	if err != nil {
		return nil
	}
	out, _, err := k.cast(v)
	if err != nil || out.Len != 1 || out.IsNull(0) {
		return nil
	}
	out = vec.Flatten(out)
	out.Enc = vec.Const
	return out
}
