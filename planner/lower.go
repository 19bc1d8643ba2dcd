package planner

import (
	"context"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
)

// tinyRows is the size of a table below which one stream is as quick as many.
const tinyRows = 10000

// Lower returns the physical plan of an optimized logical plan. The plan has one partition and the columns of
// n, in order.
func Lower(n Node, cfg *Config) (exec.Plan, error) { return lowerRoot(n, cfg, gather) }

// LowerParallel is Lower for those who take the rows of several partitions, in any order: the plan has as many as there
// are. That of a query with an order has one.
func LowerParallel(n Node, cfg *Config) (exec.Plan, error) {
	return lowerRoot(n, cfg, func(p exec.Plan) exec.Plan { return p })
}

// lowerRoot lowers n; finish is applied before the columns are brought into order.
func lowerRoot(n Node, cfg *Config, finish func(exec.Plan) exec.Plan) (plan exec.Plan, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *sqlstate.Error:
			plan, err = nil, p
		default:
			panic(p)
		}
	}()
	l := &lowerer{optimizer: newOptimizer(n, cfg), est: newEstimator(n), parts: max(cfg.Partitions, 1), ctx: cfg.Context,
		sources: map[int]*exec.Source{}, accepted: map[int]bool{}, prefer: map[*Aggregate][]expr.ColID{}}
	if l.ctx == nil {
		l.ctx = context.Background()
	}
	p, err := l.lower(n, nil)
	if err != nil {
		return nil, err
	}
	return exactSchema(finish(p), Fields(n)), nil
}

type lowerer struct {
	*optimizer
	est     *estimator
	parts   int
	ctx     context.Context
	sources map[int]*exec.Source // WITH queries by number

	filters  int          // runtime filters numbered so far
	accepted map[int]bool // filters that some scan uses

	prefer map[*Aggregate][]expr.ColID // keys to deal out an aggregation's groups by
}

// lower returns the plan of n. Its columns are those of n in any order, perhaps with others. pending are
// runtime filters that rows of n may be left out by.
func (l *lowerer) lower(n Node, pending []exec.RuntimeFilter) (exec.Plan, error) {
	p, err := l.lowerNode(n, pending)
	if err != nil {
		return nil, err
	}
	if l.cfg.Estimates != nil {
		l.cfg.Estimates[p] = l.est.rows(n)
	}
	return p, nil
}

func (l *lowerer) lowerNode(n Node, pending []exec.RuntimeFilter) (exec.Plan, error) {
	switch n := n.(type) {
	case *Scan:
		return l.scan(n, pending)
	case *Values:
		return l.values(n)
	case *CTERef:
		return l.cteRef(n)
	case *Filter:
		in, err := l.lower(n.Input, pending)
		if err != nil {
			return nil, err
		}
		return &exec.Filter{Input: in, Cond: n.Cond}, nil
	case *Project:
		in, err := l.lower(n.Input, throughItems(pending, n.Items))
		if err != nil {
			return nil, err
		}
		return project(in, n.Items), nil
	case *Aggregate:
		return l.aggregate(n, throughItems(pending, n.Groups))
	case *Window:
		return l.window(n, pending)
	case *Expand:
		return l.expand(n, pending)
	case *ProjectSet:
		in, err := l.lower(n.Input, pending)
		if err != nil {
			return nil, err
		}
		out := append(append(exec.Schema(nil), in.Schema()...), n.added()...)
		return &exec.ProjectSet{Input: in, Arrays: n.Arrays, Number: n.Number != nil, Outer: n.Outer, Out: out}, nil
	case *Recursion:
		return l.recursion(n)
	case *Join:
		return l.join(n, pending)
	case *AsofJoin:
		return l.asof(n, pending)
	case *Sample:
		return l.sample(n)
	case *Sort:
		return l.sort(n.Input, n.Keys, -1, pending)
	case *Limit:
		return l.limit(n)
	case *TopN:
		p, err := l.sort(n.Input, n.Keys, addLimits(n.Offset, n.Count), nil)
		if err != nil {
			return nil, err
		}
		return &exec.Limit{Input: p, Offset: n.Offset, Count: n.Count}, nil
	case *SetOp:
		return l.setOp(n, pending)
	case *OneRow:
		in, err := l.lower(n.Input, nil)
		if err != nil {
			return nil, err
		}
		return &exec.OneRow{Input: gather(in)}, nil
	case *With:
		q, err := l.lower(n.Query, nil)
		if err != nil {
			return nil, err
		}
		l.sources[n.CTE] = &exec.Source{Name: n.Name, Input: q}
		return l.lower(n.Body, pending)
	case *DistinctOn:
		return nil, internal("DISTINCT ON has not been rewritten")
	}
	return nil, unknownNode(n)
}

func (l *lowerer) scan(n *Scan, pending []exec.RuntimeFilter) (exec.Plan, error) {
	switch t := n.Table.(type) {
	case *Recursive:
		return l.recursive(n, t)
	case *WorkTable:
		return l.workTable(n, t), nil
	}
	req := exec.ScanRequest{Prune: conj(n.Prune), Limit: n.Limit, Partitions: l.parts, Filters: n.Filter}
	if n.Limit == 0 { // a zero Scan says nothing
		req.Limit = -1
	}
	for _, c := range n.Cols {
		req.Columns = append(req.Columns, c.Ordinal)
		req.IDs = append(req.IDs, c.ID)
	}
	have := outputSet(n)
	for _, f := range pending {
		if have.Has(f.Col) {
			req.Filters = append(req.Filters[:len(req.Filters):len(req.Filters)], f)
			l.accepted[f.ID] = true
		}
	}
	// A table that is known to be small, and the first rows of a large one, are one stream's work.
	if rows := n.Table.Stats().Rows; rows > 0 && rows < tinyRows || req.Limit >= 0 && req.Limit < tinyRows && len(n.Prune) == 0 {
		req.Partitions = 1
	}
	return n.Table.Scan(l.ctx, req)
}

func (l *lowerer) cteRef(n *CTERef) (exec.Plan, error) {
	src := l.sources[n.CTE]
	if src == nil {
		return nil, internal("WITH query %s is not known here", cteName(n.Name, n.CTE))
	}
	out := append(exec.Schema(nil), src.Input.Schema()...)
	taken := map[int]bool{}
	for i := range out {
		out[i].ID = 0
	}
	var again []Item // a column that the reader has under two names
	for i, c := range n.Cols {
		k := src.Input.Schema().Index(n.From[i])
		if k < 0 {
			return nil, internal("WITH query %s has no column #%d", cteName(n.Name, n.CTE), n.From[i])
		}
		if taken[k] {
			again = append(again, Item{c.ID, c.Name, fieldColumn(out[k])})
			continue
		}
		taken[k] = true
		out[k].ID, out[k].Name = c.ID, c.Name
	}
	for i := range out {
		if out[i].ID == 0 && !taken[i] {
			out[i].ID = l.newID()
		}
	}
	p := &exec.Materialize{Source: src, Out: out}
	if len(again) > 0 {
		return project(p, append(passFields(out), again...)), nil
	}
	return p, nil
}

// throughItems returns the filters on columns that items pass on, for the input.
func throughItems(pending []exec.RuntimeFilter, items []Item) []exec.RuntimeFilter {
	var out []exec.RuntimeFilter
	for _, f := range pending {
		for _, it := range items {
			if c, ok := it.Expr.(*expr.Column); ok && it.ID == f.Col {
				out = append(out, exec.RuntimeFilter{ID: f.ID, Col: c.ID})
			}
		}
	}
	return out
}

func project(in exec.Plan, items []Item) *exec.Project {
	p := &exec.Project{Input: in, Out: itemFields(nil, items)}
	for _, it := range items {
		p.Exprs = append(p.Exprs, it.Expr)
	}
	return p
}

// exactSchema returns p with just these columns in this order.
func exactSchema(p exec.Plan, want exec.Schema) exec.Plan {
	have := p.Schema()
	same := len(have) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = have[i].ID == want[i].ID && have[i].Name == want[i].Name && have[i].Type == want[i].Type
	}
	if same {
		return p
	}
	out := &exec.Project{Input: p, Out: want}
	for _, f := range want {
		k := have.Index(f.ID)
		if k < 0 {
			panic(internal("column %s #%d was lost while lowering", f.Name, f.ID))
		}
		out.Exprs = append(out.Exprs, fieldColumn(have[k]))
	}
	return out
}

// gather returns p with one partition.
func gather(p exec.Plan) exec.Plan {
	if p.Partitioning().N == 1 {
		return p
	}
	return &exec.Exchange{Input: p, Kind: exec.Gather, N: 1}
}

// hashed returns p with rows that agree in keys in one partition each; as it is when that holds.
func (l *lowerer) hashed(p exec.Plan, keys []expr.ColID) exec.Plan {
	if hashedBy(p, colSet(keys...)) {
		return p
	}
	if len(keys) == 0 {
		return gather(p)
	}
	return &exec.Exchange{Input: p, Kind: exec.Hash, N: l.parts, Hash: keys}
}

// hashedBy reports whether rows that agree in keys are in one partition.
func hashedBy(p exec.Plan, keys ColSet) bool {
	if p.Partitioning().N == 1 {
		return true
	}
	by := partitionedBy(p)
	if len(by) == 0 {
		return false
	}
	for _, id := range by {
		if !keys.Has(id) {
			return false
		}
	}
	return true
}

// partitionedBy returns the columns of p whose equal rows are in one partition, nil for no such promise. It
// looks at the operators, since columns change their IDs on the way and outer joins break the promise with
// the rows that they add.
func partitionedBy(p exec.Plan) []expr.ColID {
	switch p := p.(type) {
	case *exec.Exchange:
		if p.Kind == exec.Hash {
			return p.Hash
		}
	case *exec.Filter, *exec.Sort, *exec.Window, *exec.Replicate, *exec.AsofJoin, *exec.Sample:
		return partitionedBy(p.Inputs()[0])
	case *exec.Project:
		return renamedKeys(partitionedBy(p.Input), p.Exprs, p.Out)
	case *exec.HashAggregate:
		in := partitionedBy(p.Input)
		if p.Mode == exec.Final || p.Mode == exec.Combine { // its keys are its input's columns by position
			exprs := make([]expr.Expr, len(p.Keys))
			for i, f := range p.Input.Schema()[:len(p.Keys)] {
				exprs[i] = fieldColumn(f)
			}
			return renamedKeys(in, exprs, p.Out)
		}
		return renamedKeys(in, p.Keys, p.Out)
	case *exec.HashJoin:
		if keepsProbe(p.Kind) {
			return partitionedBy(p.Probe)
		}
	case *exec.LoopJoin:
		if keepsProbe(p.Kind) {
			return partitionedBy(p.Probe)
		}
	}
	return nil
}

// keepsProbe reports whether each row of a join comes from a row of the probe side.
func keepsProbe(k exec.JoinKind) bool {
	switch k {
	case exec.Inner, exec.Outer, exec.Semi, exec.Anti, exec.Mark, exec.Singular:
		return true
	}
	return false
}

func renamedKeys(keys []expr.ColID, exprs []expr.Expr, out exec.Schema) []expr.ColID {
	var renamed []expr.ColID
	for _, id := range keys {
		found := false
		for i, e := range exprs {
			if c, ok := e.(*expr.Column); ok && c.ID == id {
				renamed, found = append(renamed, out[i].ID), true
				break
			}
		}
		if !found {
			return nil
		}
	}
	return renamed
}

// withColumns returns p with a column for each of es: those of p itself for columns, new ones for others.
func (l *lowerer) withColumns(p exec.Plan, es []expr.Expr) (exec.Plan, []*expr.Column) {
	cols := make([]*expr.Column, len(es))
	var items []Item
	for i, e := range es {
		if c, ok := e.(*expr.Column); ok {
			cols[i] = c
			continue
		}
		it := Item{l.newID(), "key", e}
		items = append(items, it)
		cols[i] = it.Column()
	}
	if len(items) == 0 {
		return p, cols
	}
	return project(p, append(passFields(p.Schema()), items...)), cols
}

func columnIDs(cols []*expr.Column) []expr.ColID {
	ids := make([]expr.ColID, len(cols))
	for i, c := range cols {
		ids[i] = c.ID
	}
	return ids
}
