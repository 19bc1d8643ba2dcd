package expr

import (
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// Program is an expression with its columns resolved to ordinals of a batch. It keeps scratch memory, so
// one goroutine uses it; each stream compiles its own.
type Program struct {
	root node
	typ  types.Type
	run  *run
}

// Compile resolves the columns of e with index, which returns the ordinal of a column or -1 when the batch
// has no such column (which is an internal error). Aggregate, Window, Subquery and Param cannot be compiled.
func Compile(e Expr, index func(ColID) int) (*Program, error) {
	p, err := CompileAll([]Expr{e}, index)
	if err != nil {
		return nil, err
	}
	return p[0], nil
}

// CompileAll compiles expressions that are evaluated over the same batches, one after the other by one
// goroutine. What they have in common is computed once per batch.
func CompileAll(es []Expr, index func(ColID) int) ([]*Program, error) {
	c := &compiler{index: index, run: &run{}, columns: map[int]*columnNode{}, uses: map[string]int{}, shared: map[string]node{}}
	for _, e := range es {
		c.count(e)
	}
	out := make([]*Program, len(es))
	for i, e := range es {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		if root, ok := n.(*callNode); ok {
			root.temp = true
		}
		out[i] = &Program{root: n, typ: e.Type(), run: c.run}
	}
	return out, nil
}

// Eval returns one value for each row of b that counts, in order: a vector of b.Len() rows that is flat,
// constant or a dictionary.
func (p *Program) Eval(ctx *fn.Ctx, b *vec.Batch) (*vec.Vector, error) {
	if b.Len() == 0 {
		return vec.NewNull(p.typ, 0), nil
	}
	p.run.begin(ctx, b)
	return p.root.eval(p.run, b.Sel)
}

// EvalTemp is Eval for a caller that has done with the result before the next EvalTemp of this program,
// which may overwrite it: an aggregate's argument, a key that is copied.
func (p *Program) EvalTemp(ctx *fn.Ctx, b *vec.Batch) (*vec.Vector, error) {
	p.run.temp = true
	v, err := p.Eval(ctx, b)
	p.run.temp = false
	return v, err
}

// Select returns the rows of b that count and for which a boolean expression is true, increasing. The
// caller owns the slice. It is not nil even when empty.
func (p *Program) Select(ctx *fn.Ctx, b *vec.Batch) ([]uint32, error) {
	if b.Len() == 0 {
		return []uint32{}, nil
	}
	p.run.begin(ctx, b)
	sel, err := p.root.filter(p.run, b.Sel, true)
	if err != nil {
		return nil, err
	}
	if sel == nil {
		sel = vec.Make[uint32](b.Rows)
		for i := range sel {
			sel[i] = uint32(i)
		}
		return sel, nil
	}
	own := vec.Make[uint32](len(sel))
	copy(own, sel)
	return own, nil
}

// A node is a compiled expression. Selections are increasing row numbers of the batch, nil for all rows,
// and never empty: whoever has no rows left asks for nothing. They are immutable while a run lasts, so that
// one is known by its address.
type node interface {
	// eval returns the value for each row of sel, densely.
	eval(r *run, sel []uint32) (*vec.Vector, error)
	// filter returns the rows of sel for which a boolean is want (and so not NULL): a slice of the run or
	// sel itself when all are, which is nil when sel is.
	filter(r *run, sel []uint32, want bool) ([]uint32, error)
}

// run is the evaluation of programs over one batch, with the memory that evaluations reuse.
type run struct {
	ctx   *fn.Ctx
	batch *vec.Batch
	id    uint64     // changes with the batch
	temp  bool       // in EvalTemp
	sels  [][]uint32 // selections lent out in this run: the first used of them
	used  int
}

// begin starts on a batch, or goes on with it for a further program.
func (r *run) begin(ctx *fn.Ctx, b *vec.Batch) {
	if r.ctx == ctx && r.batch == b {
		return
	}
	r.ctx, r.batch, r.used = ctx, b, 0
	r.id++
}

// rows returns the number of rows in sel.
func (r *run) rows(sel []uint32) int {
	if sel == nil {
		return r.batch.Rows
	}
	return len(sel)
}

// newSel returns an empty selection with room for n rows.
func (r *run) newSel(n int) []uint32 {
	if r.used == len(r.sels) {
		r.sels = append(r.sels, nil)
	}
	s := r.sels[r.used]
	if s == nil || cap(s) < n {
		s = vec.Make[uint32](max(n, 64))
		r.sels[r.used] = s
	}
	r.used++
	return s[:0]
}

// sameSel reports whether two selections of one run are the same.
func sameSel(a, b []uint32) bool {
	return len(a) == len(b) && (a == nil) == (b == nil) && (len(a) == 0 || &a[0] == &b[0])
}

// compiler turns expressions to nodes.
type compiler struct {
	index   func(ColID) int
	run     *run
	columns map[int]*columnNode
	uses    map[string]int  // how often a subexpression stands in the expressions
	shared  map[string]node // those that stand more than once
}

// worthSharing reports whether the value of e may be kept for its other uses.
func worthSharing(e Expr) bool {
	switch e.(type) {
	case *Call, *Cast, *Case, *Coalesce, *In, *Lambda:
		return !IsVolatile(e)
	}
	return false
}

// tooMany is the number of nodes beyond which no common subexpressions are sought.
const tooMany = 2000

// count notes the subexpressions of e, not going into those that were there before.
func (c *compiler) count(e Expr) {
	size := 0
	Walk(e, func(Expr) bool { size++; return true })
	if size > tooMany {
		return
	}
	var note func(x Expr) bool
	note = func(x Expr) bool {
		if worthSharing(x) {
			k := Key(x)
			if c.uses[k]++; c.uses[k] > 1 {
				return false
			}
		}
		l, ok := x.(*Lambda)
		if ok { // its body is evaluated over other rows
			Walk(l.List, note)
			Walk(l.Init, note)
		}
		return !ok
	}
	Walk(e, note)
}

func (c *compiler) compile(e Expr) (node, error) {
	if len(c.uses) == 0 || !worthSharing(e) {
		return c.compileNew(e)
	}
	k := Key(e)
	if c.uses[k] < 2 {
		return c.compileNew(e)
	}
	if n, ok := c.shared[k]; ok {
		return n, nil
	}
	n, err := c.compileNew(e)
	if err != nil {
		return nil, err
	}
	n = &sharedNode{node: n}
	c.shared[k] = n
	return n, nil
}

func (c *compiler) compileNew(e Expr) (node, error) {
	switch e := e.(type) {
	case *Column:
		return c.column(e)
	case *Const:
		return &constNode{e.Value.WithLen(1)}, nil
	case *Call:
		return c.call(e.Fn, e.Args, e.Typ)
	case *Cast:
		return c.call(e.Cast.Scalar, []Expr{e.Arg}, e.Typ)
	case *And:
		return c.logic(e.Terms, false)
	case *Or:
		return c.logic(e.Terms, true)
	case *Not:
		arg, err := c.compile(e.Arg)
		return &notNode{arg}, err
	case *IsNull:
		arg, err := c.compile(e.Arg)
		return &isNullNode{arg, e.Not}, err
	case *Case:
		return c.caseWhen(e)
	case *Coalesce:
		args, err := c.all(e.Args)
		return &coalesceNode{args, e.Typ}, err
	case *In:
		return c.in(e)
	case *Lambda:
		return c.lambda(e)
	}
	return nil, sqlstate.New(sqlstate.InternalError, "cannot evaluate %s here", e)
}

func (c *compiler) all(es []Expr) ([]node, error) {
	out := make([]node, len(es))
	for i, e := range es {
		var err error
		if out[i], err = c.compile(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *compiler) column(e *Column) (node, error) {
	i := c.index(e.ID)
	if i < 0 {
		return nil, sqlstate.New(sqlstate.InternalError, "column %s is not in the input", e)
	}
	n, ok := c.columns[i]
	if !ok {
		n = &columnNode{ordinal: i}
		c.columns[i] = n
	}
	return n, nil
}

// sharedNode keeps the value of an expression that stands in several places.
type sharedNode struct {
	node
	id    uint64
	sel   []uint32
	value *vec.Vector
}

func (n *sharedNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	if n.id == r.id && sameSel(n.sel, sel) {
		return n.value, nil
	}
	v, err := n.node.eval(r, sel)
	if err != nil {
		return nil, err
	}
	n.id, n.sel, n.value = r.id, sel, v
	return v, nil
}

func (n *sharedNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	if n.id == r.id && sameSel(n.sel, sel) {
		return filterDense(r, n.value, sel, want), nil
	}
	return n.node.filter(r, sel, want)
}

// columnNode is a column of the batch. It keeps its gathered values for the selection asked for last.
type columnNode struct {
	ordinal int
	id      uint64
	sel     []uint32
	value   *vec.Vector
}

func (n *columnNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	v := r.batch.Cols[n.ordinal]
	if sel == nil {
		return v, nil
	}
	if n.id != r.id || !sameSel(n.sel, sel) {
		n.id, n.sel, n.value = r.id, sel, vec.Gather(v, sel)
	}
	return n.value, nil
}

func (n *columnNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	return filterRows(r, r.batch.Cols[n.ordinal], sel, want), nil
}

// constNode is a constant: a constant vector of one row.
type constNode struct{ value *vec.Vector }

func (n *constNode) eval(r *run, sel []uint32) (*vec.Vector, error) {
	return n.value.WithLen(r.rows(sel)), nil
}

func (n *constNode) filter(r *run, sel []uint32, want bool) ([]uint32, error) {
	return filterDense(r, n.value, sel, want), nil
}
