package exec

import (
	"gsql/exec/expr"
	"gsql/exec/vec"
)

// evaluator computes an expression for the batches of one stream. A plain column, which most keys and
// arguments are, is taken out of the batch without a program.
type evaluator struct {
	ordinal int // of a column; -1: program
	program *expr.Program
}

func newEvaluator(e expr.Expr, in Schema) (evaluator, error) {
	if c, ok := e.(*expr.Column); ok {
		if o := in.Index(c.ID); o >= 0 {
			return evaluator{ordinal: o}, nil
		}
	}
	p, err := expr.Compile(e, in.Index)
	return evaluator{-1, p}, err
}

func newEvaluators(es []expr.Expr, in Schema) ([]evaluator, error) {
	out := make([]evaluator, len(es))
	for i, e := range es {
		var err error
		if out[i], err = newEvaluator(e, in); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// eval returns a value for each row of b that counts, in any encoding.
func (e evaluator) eval(env *Env, b *vec.Batch) (*vec.Vector, error) {
	if e.ordinal < 0 {
		return e.program.Eval(env.Fn, b)
	}
	if b.Sel != nil {
		return vec.Gather(b.Cols[e.ordinal], b.Sel), nil
	}
	return b.Cols[e.ordinal], nil
}
