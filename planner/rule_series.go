package planner

import (
	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// series puts the catalog's table of numbers or times in the place of generate_series with constant arguments, which makes
// them while they are read instead of an array of them. The binder does so for constants as written; here are those that
// came for parameters.
func series(o *optimizer, n Node) Node {
	if o.cfg.TableFunction == nil {
		return n
	}
	n = mapInputs(n, func(i Node) Node { return series(o, i) })
	n = MapExprs(n, func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
			if s, ok := x.(*expr.Subquery); ok {
				if q := series(o, s.Query.(Node)); q != s.Query {
					c := *s
					c.Query = q
					return &c
				}
			}
			return x
		})
	})
	if s, ok := n.(*ProjectSet); ok {
		if scan := o.seriesScan(s); scan != nil {
			return scan
		}
	}
	return n
}

// seriesScan returns the scan of a series that stands alone, nil for all else.
func (o *optimizer) seriesScan(s *ProjectSet) Node {
	if one, ok := s.Input.(*Values); !ok || len(one.Cols) > 0 || len(one.Rows) != 1 || len(s.Arrays) != 1 || s.Number != nil || s.Outer {
		return nil
	}
	call, ok := s.Arrays[0].(*expr.Call)
	if !ok || call.Fn.Name != "generate_series[]" {
		return nil
	}
	args := make([]exec.Arg, len(call.Args))
	for i, a := range call.Args {
		c, ok := o.foldExpr(a).(*expr.Const)
		if !ok {
			return nil
		}
		args[i] = seriesArg(c)
	}
	table, err := o.cfg.TableFunction(o.cfg.Context, "generate_series", args)
	if err != nil { // the function says so too, if it is evaluated
		return nil
	}
	f := s.Elems[0]
	if fields := table.Schema(); len(fields) != 1 || fields[0].Type != f.Type {
		return nil
	}
	return &Scan{Table: table, Name: "generate_series", Cols: []ScanColumn{{ID: f.ID, Name: f.Name, Type: f.Type}}, Limit: -1}
}

// seriesArg returns a constant as an argument of a table function: a whole number, or text.
func seriesArg(c *expr.Const) exec.Arg {
	arg := exec.Arg{Type: c.Value.Type}
	switch v := c.Value; {
	case v.IsNull(0):
	case v.Type.ID == types.Int32:
		arg.Value = int64(vec.At[int32](v, 0))
	case v.Type.ID == types.Int64:
		arg.Value = vec.At[int64](v, 0)
	default:
		arg.Value = text.String(v, 0, &text.Style{})
	}
	return arg
}
