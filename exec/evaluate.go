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
	out, err := newEvaluators([]expr.Expr{e}, in)
	if err != nil {
		return evaluator{}, err
	}
	return out[0], nil
}

// newEvaluators compiles expressions that are evaluated over the same batches; what they have in common is
// computed once.
func newEvaluators(es []expr.Expr, in Schema) ([]evaluator, error) {
	out := make([]evaluator, len(es))
	var rest []expr.Expr
	for i, e := range es {
		out[i].ordinal = -1
		if c, ok := e.(*expr.Column); ok {
			out[i].ordinal = in.Index(c.ID)
		}
		if out[i].ordinal < 0 {
			rest = append(rest, e)
		}
	}
	programs, err := expr.CompileAll(rest, in.Index)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].ordinal < 0 {
			out[i].program, programs = programs[0], programs[1:]
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
