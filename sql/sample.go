package sql

import (
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// sample takes a sample of a plan's rows.
func (b *binder) sample(blk *block, s *syntax.Sample, in planner.Node) (planner.Node, error) {
	n := &planner.Sample{Input: in}
	pos := s.Method.Pos
	method := s.Method.Name
	switch {
	case method == "" && s.Unit == syntax.SamplePercent:
		method, pos = "system", s.Pos
	case method == "":
		method, pos = "reservoir", s.Pos
	}
	size := types.Of(types.Float32)
	switch method {
	case "bernoulli":
	case "system":
		n.Method = planner.SampleSystem
	case "reservoir":
		n.Method, size = planner.SampleReservoir, types.Of(types.Int64)
	default:
		return nil, sqlstate.New(sqlstate.UndefinedObject, "tablesample method %s does not exist", method).At(pos)
	}
	switch reservoir := n.Method == planner.SampleReservoir; {
	case len(s.Args) != 1:
		return nil, sqlstate.New(sqlstate.InvalidSampleArgument, "tablesample method %s requires 1 argument, not %d", method, len(s.Args)).At(pos)
	case reservoir && s.Unit == syntax.SamplePercent:
		return nil, unsupported(pos, "Use bernoulli, or give the number of rows.", "tablesample method %s of a percentage is not supported", method)
	case !reservoir && s.Unit == syntax.SampleRows:
		return nil, unsupported(pos, "Use reservoir, or give a percentage.", "tablesample method %s of a number of rows is not supported", method)
	}
	var err error
	if n.Size, err = b.sampleArgument(blk, s.Args[0], size, "TABLESAMPLE"); err != nil || s.Repeatable == nil {
		return n, err
	}
	n.Seed, err = b.sampleArgument(blk, s.Repeatable, types.Of(types.Float64), "REPEATABLE")
	return n, err
}

// sampleArgument binds the size or the seed of a sample.
func (b *binder) sampleArgument(blk *block, e syntax.Expr, t types.Type, name string) (expr.Expr, error) {
	var v value
	err := blk.in(inFromFunction, func() (err error) {
		v, err = b.scalar(blk, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	if from := v.typ(); !canCoerce(from, t, fn.Assignment) {
		return nil, sqlstate.New(sqlstate.DatatypeMismatch, "argument of %s must be type %s, not type %s", name, t.Base(), from.Base()).At(v.pos)
	}
	if v, err = b.coerce(v, t, fn.Assignment); err != nil {
		return nil, err
	}
	if b.varies(v) {
		return nil, unsupported(v.pos, "Use a constant or a parameter.", "the argument of %s must be constant", name)
	}
	return v.e, nil
}
