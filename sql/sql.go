// Package sql turns PostgreSQL's text into logical plans. Package sql/syntax reads the text; this package
// binds: it gives names, types and functions the meaning they have in PostgreSQL 15.
//
// The binder works bottom up, as PostgreSQL's parse analysis does. Expressions are bound to expr.Expr with
// their final types at once; literals and parameters stay of unknown type until a construct around them
// settles it. A SELECT is first bound clause by clause over its FROM columns, then checked and rewritten for
// grouping, and then laid out as planner nodes.
package sql

import (
	"context"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/planner"
	"gsql/sql/syntax"
)

// Env is what binding needs to know beside the query.
type Env struct {
	Catalog exec.Catalog
	Params  []types.Type // declared parameter types, Unknown to infer; may be shorter than used
	// FixedParams: there are no parameters but those of Params.
	FixedParams bool
	Fn          *fn.Ctx // time zone and time for literals; nil: UTC and now
	// Target is the table that a statement changes, where it reads that; nil: it changes none.
	Target exec.Table
	// Excluded has the rows that ON CONFLICT DO UPDATE has found a conflict for, with the columns of Target.
	Excluded exec.Table
	// View returns the definition of a view; nil when there are none. A view is bound at each use.
	View func(name exec.Name) (*View, bool)
	// Type finds the types that statements made; nil when there are none.
	Type UserTypes
	// Within has Catalog and View look names up as they are meant in a view until what it returns is called; nil: they mean the
	// same there.
	Within func(v *View) (end func())
	// Run returns the values of the only column of a query, which binding another one depends on; nil where queries
	// cannot be run.
	Run func(ctx context.Context, q *Bound) ([]*vec.Vector, error)
}

// View is what CREATE VIEW defined.
type View struct {
	Name    exec.Name
	Columns []string // names given to the columns, from the first; may be fewer than there are
	Query   string   // source text
	Path    []string // schemas in which names in it are looked up, in order
	Scope   any      // what else Env.Within has to know
}

// Column is an output column of a query.
type Column struct {
	Name   string
	Type   types.Type
	ID     expr.ColID
	Origin Origin
}

// Origin is the column of a table or view that a column is, perhaps through subqueries; the zero value for all others.
type Origin struct {
	Schema string // "" where it was not written and the catalog's table does not know it
	Table  string
	Number int // of the column, from 1
}

// Bound is a bound query.
type Bound struct {
	Root    planner.Node
	Columns []Column // the outputs of Root in order
	Params  []types.Type
	// NextID and NextCTE are the first column ID and CTE number that the query does not use.
	NextID  expr.ColID
	NextCTE int
	// Session: Env.Fn or Env.Run had a part in it. Without, binding the query again makes the same of it, as long as the
	// types of the parameters and what Catalog and View answer are the same.
	Session bool
}

// Parse reads a text of statements; see syntax.Parse.
func Parse(text string) ([]syntax.Statement, error) { return syntax.Parse(text) }

// Bind gives a query its meaning.
func Bind(ctx context.Context, q *syntax.Query, env *Env) (*Bound, error) {
	b := &binder{ctx: ctx, env: env, params: append([]types.Type(nil), env.Params...), columns: newColumns()}
	out, err := b.query(q, nil, nil, true)
	if err != nil {
		return nil, err
	}
	if err := b.checkParams(); err != nil {
		return nil, err
	}
	bound := &Bound{Root: out.node, Params: b.params, NextID: expr.ColID(len(b.info)), NextCTE: b.nextCTE, Session: b.session}
	for _, c := range out.cols {
		bound.Columns = append(bound.Columns, Column{Name: c.name, Type: c.typ, ID: c.id, Origin: c.origin})
	}
	return bound, nil
}

// BindArgs binds the arguments of EXECUTE, expressions without columns, to values of the types that the
// prepared statement's parameters have.
func BindArgs(ctx context.Context, args []syntax.Expr, params []types.Type, env *Env) ([]expr.Expr, error) {
	if len(params) == 0 { // PostgreSQL does not look at what is given then
		return nil, nil
	}
	if len(args) != len(params) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "wrong number of parameters for prepared statement").
			WithDetail("Expected %d parameters but got %d.", len(params), len(args))
	}
	b := &binder{ctx: ctx, env: env, columns: newColumns()}
	blk := newBlock(nil, nil)
	blk.clause = inExecute
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		v, err := b.scalar(blk, a)
		if err != nil {
			return nil, err
		}
		if hasSubquery(v.e) {
			return nil, sqlstate.New(sqlstate.FeatureNotSupported, "cannot use subquery in EXECUTE parameter").At(v.pos)
		}
		if from := v.typ(); !canCoerce(from, params[i], fn.Assignment) {
			return nil, sqlstate.New(sqlstate.DatatypeMismatch, "parameter $%d of type %s cannot be coerced to the expected type %s",
				i+1, from.Base(), params[i].Base()).WithHint("You will need to rewrite or cast the expression.").At(v.pos)
		}
		if v, err = b.coerce(v, params[i], fn.Assignment); err != nil {
			return nil, err
		}
		out[i] = v.e
	}
	return out, b.checkParams()
}
