package sql

import (
	"context"
	"math"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/planner"
	"gsql/sql/syntax"
)

// binder holds what is one for a whole statement. A view in it is bound with a binder of its own that
// shares the same columns.
type binder struct {
	ctx    context.Context
	env    *Env
	params []types.Type // settled types, Unknown while not
	// untyped are uses of parameters in places that settle no type, such as $1 IS NULL.
	untyped []paramUse
	*columns
	views []string                             // names of the views being bound, outermost first
	moved map[planner.Node]*planner.ProjectSet // functions in FROM that were put over the other side of their join
	// subqueries that stand as expressions, to find the same again.
	subqueries []*boundSubquery
	queryNames map[*syntax.Query]string // the first columns of those that are values
}

type paramUse struct{ n, pos int }

// columns allocates column IDs and knows about each what errors and grouping need.
type columns struct {
	info    []columnInfo // by ID; ID 0 is never used
	at      map[*expr.Column]int
	nextCTE int
	session bool // see Bound.Session

	tables    map[exec.Name]exec.Table // of the catalog, that the statement uses
	functions map[string]exec.Table    // of calls in FROM
}

// columnInfo describes a column ID.
type columnInfo struct {
	owner *block     // the SELECT whose FROM, GROUP BY, aggregate or window makes the column
	kind  columnKind //
	rel   string     // alias of the FROM item
	name  string
	pos   int // of an aggregate or window call
	from  Origin
}

type columnKind uint8

const (
	inputColumn columnKind = iota
	aggregateColumn
	windowColumn
	setColumn     // of a set returning function in a select list
	derivedColumn // of a projection or a set operation
)

// fn returns what functions know of the session, on which the bound query depends from now on.
func (b *binder) fn() *fn.Ctx {
	b.session = true
	return b.env.Fn
}

// otherDatabase reports whether a name is not that of the session's database, if that is known.
func (b *binder) otherDatabase(name string) bool {
	f := b.fn()
	return f != nil && f.Database != "" && name != f.Database
}

func newColumns() *columns {
	return &columns{info: make([]columnInfo, 1), at: map[*expr.Column]int{}, nextCTE: 1, tables: map[exec.Name]exec.Table{}, functions: map[string]exec.Table{}}
}

// newID allocates a column.
func (c *columns) newID(owner *block, kind columnKind, rel, name string) expr.ColID {
	c.info = append(c.info, columnInfo{owner: owner, kind: kind, rel: rel, name: name})
	return expr.ColID(len(c.info) - 1)
}

// maxParams is how many parameters a statement can have: more than a message can give values to, which is another matter.
const maxParams = 1 << 20

// param binds $n.
func (b *binder) param(n, pos int) (value, error) {
	if n > maxParams && n <= math.MaxInt32/4 && !b.env.FixedParams { // beyond which PostgreSQL knows none
		return value{}, sqlstate.New(sqlstate.ProgramLimitExceeded, "a statement can have %d parameters", maxParams).At(pos)
	}
	if n < 1 || n > maxParams || b.env.FixedParams && n > len(b.env.Params) {
		return value{}, sqlstate.New(sqlstate.UndefinedParameter, "there is no parameter $%d", n).At(pos)
	}
	for len(b.params) < n {
		b.params = append(b.params, types.Type{})
	}
	v := value{e: &expr.Param{N: n, Typ: b.params[n-1]}, pos: pos}
	if t := v.typ(); t.HasDomain() {
		v.e = &expr.Call{Fn: fn.CheckDomain, Args: []expr.Expr{v.e}, Typ: t}
	}
	return v, nil
}

// settleParam gives a parameter its type: the first context that has one decides.
func (b *binder) settleParam(p *expr.Param, t types.Type, pos int) (*expr.Param, error) {
	t = withoutModifiers(t)
	switch have := b.params[p.N-1]; {
	case have.ID == types.Unknown:
		b.params[p.N-1] = t
	case !sameType(have, t):
		return nil, sqlstate.New(sqlstate.AmbiguousParameter, "inconsistent types deduced for parameter $%d", p.N).
			WithDetail("%s versus %s", have.Base(), t.Base()).At(pos)
	}
	return &expr.Param{N: p.N, Typ: t}, nil
}

// checkParams reports parameters whose type nothing settled.
func (b *binder) checkParams() error {
	for _, u := range b.untyped {
		if b.params[u.n-1].ID != types.Unknown {
			return sqlstate.New(sqlstate.AmbiguousParameter, "could not determine data type of parameter $%d", u.n).At(u.pos)
		}
	}
	for i, t := range b.params {
		if t.ID == types.Unknown {
			return sqlstate.New(sqlstate.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
	}
	return nil
}

// owner returns the SELECT that makes a column.
func (b *binder) owner(id expr.ColID) *block { return b.info[id].owner }

// unsupported returns a 0A000 error with a place.
func unsupported(pos int, hint, format string, args ...any) error {
	return sqlstate.Unsupported(hint, format, args...).At(pos)
}
