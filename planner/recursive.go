package planner

import (
	"context"
	"slices"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// Recursive is the table of a WITH RECURSIVE query that uses itself. To the rules it is a table like others; its two
// queries are optimized by themselves when a scan of it is lowered.
type Recursive struct {
	Name string
	Seed Node       // makes the first rows
	Step Node       // makes more from those that Work has: what was new the last time
	Work *WorkTable // what Step scans
	All  bool       // UNION ALL: rows that were there before count as new
}

// WorkTable is the table that the step of a Recursive reads.
type WorkTable struct {
	Name   string
	Fields exec.Schema
}

func (t *WorkTable) Schema() exec.Schema { return t.Fields }
func (t *WorkTable) Stats() exec.Stats   { return exec.Stats{} }

// Scan is not called: lowering knows the table.
func (t *WorkTable) Scan(context.Context, exec.ScanRequest) (exec.Plan, error) {
	return nil, internal("the rows of %s are those of an execution", t.Name)
}

func (t *Recursive) Schema() exec.Schema { return t.Work.Fields }
func (t *Recursive) Stats() exec.Stats   { return exec.Stats{} }

// Scan is not called: lowering knows the table.
func (t *Recursive) Scan(context.Context, exec.ScanRequest) (exec.Plan, error) {
	return nil, internal("the rows of %s are those of an execution", t.Name)
}

// Recursion adds to each row of Input the rows of a WITH RECURSIVE query that uses itself and columns of that row, or of
// outer queries. The rows of Input are distinct.
//
// Its queries stand in the subqueries Seed and Step, so that what looks for the columns of expressions, and replaces them,
// finds them; they are optimized by themselves when the node is lowered, as those of Recursive are.
type Recursion struct {
	Input Node
	Name  string
	Seed  *expr.Subquery // its query makes the first rows
	Step  *expr.Subquery // and this one makes more from those that Work has
	Work  *WorkTable     // what Step scans
	All   bool
	Cols  []exec.Field // what it adds, by the order of Work's fields
}

// NewRecursion returns the rows of a recursive query under cols.
func NewRecursion(t *Recursive, cols []exec.Field) *Recursion {
	part := func(n Node) *expr.Subquery {
		return &expr.Subquery{Kind: expr.Exists, Query: n, Typ: types.Of(types.Bool)}
	}
	return &Recursion{Input: &Values{Rows: [][]expr.Expr{{}}}, Name: t.Name, Seed: part(t.Seed), Step: part(t.Step), Work: t.Work, All: t.All, Cols: cols}
}

func (n *Recursion) Inputs() []Node { return []Node{n.Input} }
func (*Recursion) node()            {}

func (n *Recursion) WithInputs(in []Node) Node {
	if in[0] == n.Input {
		return n
	}
	c := *n
	c.Input = in[0]
	return &c
}

func (n *Recursion) Outputs() []expr.ColID {
	return append(slices.Clone(n.Input.Outputs()), fieldIDs(n.Cols)...)
}

func (n *Recursion) String() string {
	if n.All {
		return "Recursion all " + n.Name
	}
	return "Recursion " + n.Name
}

func (n *Recursion) mapExprs(f func(expr.Expr) expr.Expr) Node {
	seed, step := f(n.Seed).(*expr.Subquery), f(n.Step).(*expr.Subquery)
	if seed == n.Seed && step == n.Step {
		return n
	}
	c := *n
	c.Seed, c.Step = seed, step
	return &c
}

// mapped returns t with f applied to its queries.
func (t *Recursive) mapped(f func(Node) Node) *Recursive {
	c := *t
	c.Seed, c.Step = f(t.Seed), f(t.Step)
	if c.Seed == t.Seed && c.Step == t.Step {
		return t
	}
	return &c
}

// recursive lowers a scan of a recursive query.
func (l *lowerer) recursive(n *Scan, t *Recursive) (exec.Plan, error) {
	p, err := l.rounds(t)
	if err != nil {
		return nil, err
	}
	p.Columns, p.Out = scanned(n)
	return p, nil
}

// rounds lowers the queries of a recursive query.
func (l *lowerer) rounds(t *Recursive) (*exec.Recursive, error) {
	p := &exec.Recursive{Name: t.Name, Work: t.Work, All: t.All}
	for _, part := range []struct {
		query Node
		plan  *exec.Plan
	}{{t.Seed, &p.Seed}, {t.Step, &p.Step}} {
		cfg := *l.cfg
		cfg.NextID = nil
		query, err := Optimize(part.query, &cfg)
		if err != nil {
			return nil, err
		}
		if *part.plan, err = Lower(query, &cfg); err != nil {
			return nil, err
		}
		l.cfg.Session = l.cfg.Session || cfg.Session
	}
	return p, nil
}

// recursion lowers the recursive queries of all rows of an input as one, whose rows have those of the input in front. Its
// first part computes the query's first part for each of them; its second one, for those that the last round has found
// anything for, the query's second part over what was found for them.
func (l *lowerer) recursion(n *Recursion) (exec.Plan, error) {
	input := n.Input
	if len(input.Outputs()) == 0 { // a row has to have columns
		input = &Project{input, []Item{{l.newID(), "row", expr.Bool(true)}}}
	}
	in, err := l.lower(input, nil)
	if err != nil {
		return nil, err
	}
	fields := Fields(input)
	rows := &WorkTable{Name: n.Name, Fields: fields}
	work := &WorkTable{Name: n.Name, Fields: append(slices.Clone(fields), n.Work.Fields...)}
	step, err := l.stepOf(n, work, fields)
	if err != nil {
		return nil, err
	}
	seed := eachRow(&Scan{Table: rows, Name: rows.Name, Cols: scanColumns(fields), Limit: -1}, fields, n.Seed.Query.(Node))
	p, err := l.rounds(&Recursive{Name: n.Name, Seed: seed, Step: step, Work: work, All: n.All})
	if err != nil {
		return nil, err
	}
	p.Input, p.Rows = gather(exactSchema(in, fields)), rows
	p.Out = append(slices.Clone(fields), n.Cols...)
	for i := range p.Out {
		p.Columns = append(p.Columns, i)
	}
	return p, nil
}

// stepOf returns the second part, which reads work: fields and what was found for them.
func (l *lowerer) stepOf(n *Recursion, work *WorkTable, fields exec.Schema) (Node, error) {
	found := &Scan{Table: work, Name: work.Name, Cols: scanColumns(l.renamed(fields)), Limit: -1}
	distinct := &Aggregate{Input: found}
	for i, f := range Fields(found) {
		distinct.Groups = append(distinct.Groups, Item{fields[i].ID, f.Name, fieldColumn(f)})
	}
	step, err := l.workOf(n.Step.Query.(Node), n.Work, work, fields)
	if err != nil {
		return nil, err
	}
	if scans(step, n.Work) {
		return nil, sqlstate.Unsupported("Use the columns of the outer query, or the inner recursive query, outside.",
			"a recursive query that uses columns of an outer query, and is used by a recursive query within it, is not supported")
	}
	return eachRow(distinct, fields, step), nil
}

// workOf puts the rows of work that were found for fields in the place of the scan of old.
func (l *lowerer) workOf(n Node, old, work *WorkTable, fields exec.Schema) (Node, error) {
	n, err := mapInputsErr(n, func(in Node) (Node, error) { return l.workOf(in, old, work, fields) })
	s, ok := n.(*Scan)
	if err != nil || !ok || s.Table != exec.Table(old) {
		return n, err
	}
	own := l.renamed(fields)
	scan := &Scan{Table: work, Name: s.Name, Cols: scanColumns(own), Limit: -1}
	for _, c := range s.Cols {
		c.Ordinal += len(fields)
		scan.Cols = append(scan.Cols, c)
	}
	var terms []expr.Expr
	for i, f := range own {
		same, err := nullSafeEq(fieldColumn(fields[i]), fieldColumn(f))
		if err != nil {
			return nil, err
		}
		terms = append(terms, same)
	}
	return &Project{filter(scan, terms), passFields(Fields(s))}, nil
}

// scans reports whether a query, or a recursive query within it, reads a table.
func scans(n Node, work *WorkTable) bool {
	found := false
	walkNodes(n, func(x Node) {
		s, ok := x.(*Scan)
		if !ok {
			return
		}
		r, ok := s.Table.(*Recursive)
		found = found || s.Table == exec.Table(work) || ok && (scans(r.Seed, work) || scans(r.Step, work))
	})
	return found
}

// eachRow returns fields and what the query makes for each row of n, which has them.
func eachRow(n Node, fields exec.Schema, query Node) Node {
	return &Project{lateral(&Join{Kind: InnerJoin, Left: n, Right: query}), append(passFields(fields), passFields(Fields(query))...)}
}

// renamed returns fields under new IDs.
func (l *lowerer) renamed(fields exec.Schema) exec.Schema {
	out := slices.Clone(fields)
	for i := range out {
		out[i].ID = l.newID()
	}
	return out
}

// scanColumns returns the first columns of a table under the IDs of fields.
func scanColumns(fields exec.Schema) []ScanColumn {
	cols := make([]ScanColumn, len(fields))
	for i, f := range fields {
		cols[i] = ScanColumn{Ordinal: i, ID: f.ID, Name: f.Name, Type: f.Type}
	}
	return cols
}

// workTable lowers a scan of what a recursive query found last.
func (l *lowerer) workTable(n *Scan, t *WorkTable) exec.Plan {
	p := &exec.WorkTable{Name: t.Name, Work: t}
	p.Columns, p.Out = scanned(n)
	return p
}

// scanned returns the columns that are read, by their places in the table and as the scan's schema.
func scanned(n *Scan) (columns []int, out exec.Schema) {
	for _, c := range n.Cols {
		columns = append(columns, c.Ordinal)
	}
	return columns, Fields(n)
}
