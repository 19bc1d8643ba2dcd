package expr

import (
	"gsql/exec/fn"
	"gsql/exec/vec"
)

// Program is an expression with its columns resolved to ordinals of a batch. It keeps scratch memory, so
// one goroutine uses it; each stream compiles its own.
type Program struct{}

// Compile resolves the columns of e with index, which returns the ordinal of a column or -1 when the batch
// has no such column (which is an internal error). Aggregate, Window, Subquery and Param cannot be compiled.
func Compile(e Expr, index func(ColID) int) (*Program, error) { panic("TODO") }

// Eval returns one value for each row of b that counts, in order: a vector of b.Len() rows that is flat,
// constant or a dictionary.
func (p *Program) Eval(ctx *fn.Ctx, b *vec.Batch) (*vec.Vector, error) { panic("TODO") }

// Select returns the rows of b that count and for which a boolean expression is true, increasing. The
// caller owns the slice. It is not nil even when empty.
func (p *Program) Select(ctx *fn.Ctx, b *vec.Batch) ([]uint32, error) { panic("TODO") }
