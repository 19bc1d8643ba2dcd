package planner

import (
	"context"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"unicode"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// The tests write logical plans as lists, so that they need no SQL:
//
//	(scan t) (scan t x)            columns x.a, or a where that is clear; unknown names are outer columns
//	(filter COND IN) (project ((NAME EXPR) ...) IN) (agg (KEY ...) ((NAME (sum EXPR)) ...) IN)
//	(join KIND COND LEFT RIGHT)    kind: inner left right full semi anti; COND may be true
//	(lateral KIND COND LEFT RIGHT) (sort (KEY ...) IN), a key being EXPR or (desc EXPR)
//	(limit COUNT IN) (limit COUNT OFFSET IN) (union L R) (union-all L R) (intersect L R) (except L R) ...
//	(window ((NAME FUNC)) (PARTITION ...) (KEY ...) IN) (distinct IN) (distinct-on (EXPR ...) (KEY ...) IN)
//	(set NAME ARRAY IN) the elements of an array
//	(values (NAME ...) (EXPR ...) ...) (with NAME QUERY BODY) (cte NAME) (cte NAME ALIAS)
//	expressions: 1 'text' null true, columns, (= a b), (and ...), (is-null x), (case C X ... ELSE),
//	(coalesce ...) (in x 1 2), (date '2020-01-01') (integer 1) (numeric 1.5) (timestamp SECONDS), (exists Q) (scalar Q) (any COND Q) (all COND Q), and calls of functions.

// column of a table of the tests.
type testColumn struct {
	name   string
	typ    types.Type
	ndv    float64
	lo, hi float64
}

// testTable has statistics, and rows when a test gives it some.
type testTable struct {
	name string
	rows float64
	cols []testColumn
	data [][]*expr.Const
	// folders is a column that the table's folders are named after; only is the conditions on it that are known.
	folders string
	only    []expr.Expr
}

// Restrict takes the conditions on the column of the folders alone.
func (t *testTable) Restrict(_ *fn.Ctx, terms []expr.Expr, ordinal func(expr.ColID) int) exec.Table {
	r := *t
	for _, e := range terms {
		alone := true
		expr.Columns(e, func(c *expr.Column) { alone = alone && t.cols[ordinal(c.ID)].name == t.folders })
		if alone {
			r.only = append(r.only, e)
		}
	}
	if r.only == nil {
		return t
	}
	return &r
}

func (t *testTable) Restricted() string { return exprList(t.only, " AND ") }

func (t *testTable) Schema() exec.Schema {
	var s exec.Schema
	for _, c := range t.cols {
		s = append(s, exec.Field{Name: c.name, Type: c.typ})
	}
	return s
}

func (t *testTable) Stats() exec.Stats {
	s := exec.Stats{Rows: t.rows}
	for _, c := range t.cols {
		st := exec.ColumnStats{Distinct: c.ndv}
		if c.lo < c.hi {
			st.Min, st.Max = number(c.typ, c.lo), number(c.typ, c.hi)
		}
		s.Columns = append(s.Columns, st)
	}
	return s
}

// number returns a constant of a numeric or date type.
func number(t types.Type, v float64) *vec.Vector {
	switch t.Kind() {
	case types.KInt32:
		return vec.NewConst(t, types.KInt32, int32(v), 1)
	case types.KInt64:
		if t.ID == types.Numeric {
			v *= math.Pow10(int(t.Scale))
		}
		return vec.NewConst(t, types.KInt64, int64(v), 1)
	}
	return vec.NewConst(t, types.KFloat64, v, 1)
}

func (t *testTable) Scan(ctx context.Context, req exec.ScanRequest) (exec.Plan, error) {
	s := &testScan{table: t, req: req}
	for i, o := range req.Columns {
		s.out = append(s.out, exec.Field{ID: req.IDs[i], Name: t.cols[o].name, Type: t.cols[o].typ})
	}
	return s, nil
}

// testScan is the plan of a testTable: the rows dealt out in turn.
type testScan struct {
	table *testTable
	req   exec.ScanRequest
	out   exec.Schema
}

func (s *testScan) Schema() exec.Schema { return s.out }
func (s *testScan) Partitioning() exec.Partitioning {
	return exec.Partitioning{N: max(s.req.Partitions, 1)}
}
func (s *testScan) Inputs() []exec.Plan { return nil }

func (s *testScan) String() string {
	text := fmt.Sprintf("Scan %s [%d]", s.table.name, s.Partitioning().N)
	if s.req.Prune != nil {
		text += " prune: " + s.req.Prune.String()
	}
	if s.req.Limit >= 0 {
		text += fmt.Sprintf(" limit: %d", s.req.Limit)
	}
	for _, f := range s.req.Filters {
		text += fmt.Sprintf(" filter: #%d on %s", f.ID, s.out[s.out.Index(f.Col)].Name)
	}
	return text
}

func (s *testScan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	b := &vec.Batch{}
	n := s.Partitioning().N
	for i, o := range s.req.Columns {
		v := vec.NewBuilder(s.out[i].Type)
		for r := part; r < len(s.table.data); r += n {
			v.AppendFrom(s.table.data[r][o].Value, 0)
		}
		b.Cols = append(b.Cols, v.Finish())
	}
	for r := part; r < len(s.table.data); r += n {
		b.Rows++
	}
	v := &exec.Values{Batches: []*vec.Batch{b}}
	return v.Open(ctx, env, part)
}

// dsl reads plans.
type dsl struct {
	tables map[string]*testTable
	nextID expr.ColID
	ctes   map[string]*dslCTE
	scopes []map[string]exec.Field // names of outer queries, innermost last
}

type dslCTE struct {
	id    int
	names []string
	query Node
}

func newDSL(tables ...*testTable) *dsl {
	d := &dsl{tables: map[string]*testTable{}, nextID: 1, ctes: map[string]*dslCTE{}}
	for _, t := range tables {
		d.tables[t.name] = t
	}
	return d
}

// sexpr is an atom or a list.
type sexpr struct {
	atom string
	list []sexpr
}

func parseSexpr(text string) sexpr {
	toks := tokens(text)
	var parse func() sexpr
	parse = func() sexpr {
		t := toks[0]
		toks = toks[1:]
		if t != "(" {
			return sexpr{atom: t}
		}
		s := sexpr{list: []sexpr{}}
		for toks[0] != ")" {
			s.list = append(s.list, parse())
		}
		toks = toks[1:]
		return s
	}
	return parse()
}

func tokens(text string) []string {
	var out []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case unicode.IsSpace(rune(c)):
			i++
		case c == '(' || c == ')':
			out = append(out, string(c))
			i++
		case c == '\'':
			j := i + 1 + strings.IndexByte(text[i+1:], '\'')
			out = append(out, text[i:j+1])
			i = j + 1
		default:
			j := i
			for j < len(text) && !unicode.IsSpace(rune(text[j])) && text[j] != '(' && text[j] != ')' {
				j++
			}
			out = append(out, text[i:j])
			i = j
		}
	}
	return out
}

// plan reads a plan.
func (d *dsl) plan(text string) Node {
	n, _ := d.node(parseSexpr(text))
	return n
}

func (d *dsl) id() expr.ColID {
	d.nextID++
	return d.nextID - 1
}

type scope = map[string]exec.Field

// node reads a node; the scope has its columns by name and qualified name.
func (d *dsl) node(s sexpr) (Node, scope) {
	op, args := s.list[0].atom, s.list[1:]
	switch op {
	case "scan":
		return d.scan(args)
	case "filter":
		in, sc := d.node(args[1])
		return &Filter{in, d.expr(args[0], sc)}, sc
	case "project":
		in, sc := d.node(args[1])
		items, out := d.items(args[0].list, sc)
		return &Project{in, items}, out
	case "agg":
		return d.agg(args)
	case "distinct":
		in, sc := d.node(args[0])
		a := &Aggregate{Input: in}
		out := scope{}
		for _, f := range Fields(in) {
			it := Item{d.id(), f.Name, fieldColumn(f)}
			a.Groups = append(a.Groups, it)
			for name, g := range sc {
				if g.ID == f.ID {
					out[name] = exec.Field{ID: it.ID, Name: f.Name, Type: f.Type}
				}
			}
		}
		return a, out
	case "join", "lateral":
		return d.join(op == "lateral", args)
	case "sort":
		in, sc := d.node(args[1])
		return &Sort{in, d.keys(args[0].list, sc)}, sc
	case "limit":
		in, sc := d.node(args[len(args)-1])
		l := &Limit{Input: in, Count: d.expr(args[0], nil)}
		if len(args) == 3 {
			l.Offset = d.expr(args[1], nil)
		}
		return l, sc
	case "window":
		return d.window(args)
	case "distinct-on":
		in, sc := d.node(args[2])
		return &DistinctOn{in, d.exprs(args[0].list, sc), d.keys(args[1].list, sc)}, sc
	case "values":
		return d.values(args)
	case "set":
		in, sc := d.node(args[2])
		array := d.expr(args[1], sc)
		f := exec.Field{ID: d.id(), Name: args[0].atom, Type: array.Type().Element()}
		out := maps.Clone(sc)
		out[f.Name] = f
		return &ProjectSet{Input: in, Arrays: []expr.Expr{array}, Elems: []exec.Field{f}}, out
	case "with", "with-once":
		query, qs := d.node(args[1])
		c := &dslCTE{id: len(d.ctes), query: query}
		for _, f := range Fields(query) {
			c.names = append(c.names, f.Name)
		}
		_ = qs
		d.ctes[args[0].atom] = c
		body, sc := d.node(args[2])
		w := &With{CTE: c.id, Name: args[0].atom, Query: query, Body: body}
		if op == "with-once" {
			w.Materialized = MaterializeAlways
		}
		return w, sc
	case "cte":
		return d.cte(args)
	}
	return d.setOp(op, args)
}

func (d *dsl) scan(args []sexpr) (Node, scope) {
	t := d.tables[args[0].atom]
	if t == nil {
		panic("no table " + args[0].atom)
	}
	alias := args[len(args)-1].atom
	n := &Scan{Table: t, Name: args[0].atom, Limit: -1}
	sc := scope{}
	for i, c := range t.cols {
		f := exec.Field{ID: d.id(), Name: c.name, Type: c.typ}
		n.Cols = append(n.Cols, ScanColumn{i, f.ID, f.Name, f.Type})
		sc[c.name], sc[alias+"."+c.name] = f, f
	}
	return n, sc
}

func (d *dsl) cte(args []sexpr) (Node, scope) {
	c := d.ctes[args[0].atom]
	alias := args[len(args)-1].atom
	r := &CTERef{CTE: c.id, Name: args[0].atom}
	sc := scope{}
	for _, f := range Fields(c.query) {
		r.From = append(r.From, f.ID)
		f.ID = d.id()
		r.Cols = append(r.Cols, f)
		sc[f.Name], sc[alias+"."+f.Name] = f, f
	}
	return r, sc
}

func (d *dsl) items(list []sexpr, sc scope) ([]Item, scope) {
	var items []Item
	out := scope{}
	for _, x := range list {
		it := Item{ID: d.id()}
		if x.list == nil {
			it.Name, it.Expr = x.atom, d.expr(x, sc)
			if i := strings.IndexByte(it.Name, '.'); i >= 0 {
				it.Name = it.Name[i+1:]
			}
		} else {
			it.Name, it.Expr = x.list[0].atom, d.expr(x.list[1], sc)
		}
		items = append(items, it)
		f := exec.Field{ID: it.ID, Name: it.Name, Type: it.Expr.Type()}
		out[it.Name] = f
		if x.list == nil {
			out[x.atom] = f
		}
	}
	return items, out
}

func (d *dsl) agg(args []sexpr) (Node, scope) {
	in, sc := d.node(args[2])
	groups, out := d.items(args[0].list, sc)
	a := &Aggregate{Input: in, Groups: groups}
	for _, x := range args[1].list {
		it := Item{ID: d.id(), Name: x.list[0].atom, Expr: d.aggregate(x.list[1], sc)}
		a.Aggs = append(a.Aggs, it)
		out[it.Name] = exec.Field{ID: it.ID, Name: it.Name, Type: it.Expr.Type()}
	}
	return a, out
}

func (d *dsl) aggregate(s sexpr, sc scope) *expr.Aggregate {
	a := &expr.Aggregate{}
	args := s.list[1:]
	if len(args) > 0 && args[0].atom == "distinct" {
		a.Distinct, args = true, args[1:]
	}
	a.Args = d.exprs(args, sc)
	for _, f := range fn.Aggregates(s.list[0].atom) {
		fits := len(f.Args) == len(a.Args)
		for i := 0; fits && i < len(a.Args); i++ {
			fits = sameID(f.Args[i], a.Args[i].Type()) || polymorphic(f.Args[i], a.Args[i].Type())
		}
		if fits && a.Fn == nil {
			a.Fn = f
		}
	}
	if a.Fn == nil {
		panic("no aggregate " + s.list[0].atom)
	}
	ts := make([]types.Type, len(a.Args))
	for i, x := range a.Args {
		ts[i] = x.Type()
	}
	a.Typ = a.Fn.ReturnType(ts)
	return a
}

func (d *dsl) window(args []sexpr) (Node, scope) {
	in, sc := d.node(args[3])
	part, keys := d.exprs(args[1].list, sc), d.keys(args[2].list, sc)
	w := &Window{Input: in}
	out := scope{}
	for k, f := range sc {
		out[k] = f
	}
	for _, x := range args[0].list {
		e := &expr.Window{PartitionBy: part, OrderBy: keys, Frame: expr.Frame{End: expr.Bound{Kind: expr.CurrentRow}}, Typ: types.Of(types.Int64)}
		if name := x.list[1].list[0].atom; name == "row_number" {
			e.Fn = rowNumber
		} else {
			e.Agg = d.aggregate(x.list[1], sc)
			e.Typ = e.Agg.Typ
		}
		it := Item{d.id(), x.list[0].atom, e}
		w.Items = append(w.Items, it)
		out[it.Name] = exec.Field{ID: it.ID, Name: it.Name, Type: e.Typ}
	}
	return w, out
}

func (d *dsl) join(lateral bool, args []sexpr) (Node, scope) {
	kind := map[string]JoinKind{"inner": InnerJoin, "left": LeftJoin, "right": RightJoin, "full": FullJoin, "semi": SemiJoin, "anti": AntiJoin, "single": SingleJoin}[args[0].atom]
	l, ls := d.node(args[2])
	if lateral {
		d.scopes = append(d.scopes, ls)
	}
	r, rs := d.node(args[3])
	if lateral {
		d.scopes = d.scopes[:len(d.scopes)-1]
	}
	sc := scope{}
	for k, f := range ls {
		sc[k] = f
	}
	for k, f := range rs {
		if _, twice := sc[k]; !twice {
			sc[k] = f
		}
	}
	j := &Join{Kind: kind, Left: l, Right: r, Lateral: lateral}
	if args[1].atom != "true" {
		j.On = d.expr(args[1], sc)
	}
	if kind == SemiJoin || kind == AntiJoin {
		return j, ls
	}
	return j, sc
}

func (d *dsl) values(args []sexpr) (Node, scope) {
	v := &Values{}
	for _, r := range args[1:] {
		v.Rows = append(v.Rows, d.exprs(r.list, nil))
	}
	sc := scope{}
	for i, x := range args[0].list {
		f := exec.Field{ID: d.id(), Name: x.atom, Type: v.Rows[0][i].Type()}
		v.Cols = append(v.Cols, f)
		sc[x.atom] = f
	}
	return v, sc
}

func (d *dsl) setOp(op string, args []sexpr) (Node, scope) {
	name, all := strings.CutSuffix(op, "-all")
	kind, ok := map[string]SetKind{"union": Union, "intersect": Intersect, "except": Except}[name]
	if !ok {
		panic("unknown node " + op)
	}
	l, _ := d.node(args[0])
	r, _ := d.node(args[1])
	s := &SetOp{Kind: kind, All: all, Left: l, Right: r}
	sc := scope{}
	for _, f := range Fields(l) {
		f.ID = d.id()
		s.Cols = append(s.Cols, f)
		sc[f.Name] = f
	}
	return s, sc
}

func (d *dsl) keys(list []sexpr, sc scope) []expr.SortKey {
	var keys []expr.SortKey
	for _, x := range list {
		k := expr.SortKey{}
		if x.list != nil && x.list[0].atom == "desc" {
			k.Desc, k.NullsFirst = true, true
			x = x.list[1]
		}
		k.Expr = d.expr(x, sc)
		keys = append(keys, k)
	}
	return keys
}

func (d *dsl) exprs(list []sexpr, sc scope) []expr.Expr {
	es := []expr.Expr{}
	for _, x := range list {
		es = append(es, d.expr(x, sc))
	}
	return es
}

func (d *dsl) expr(s sexpr, sc scope) expr.Expr {
	if s.list == nil {
		return d.atom(s.atom, sc)
	}
	op, args := s.list[0].atom, s.list[1:]
	switch op {
	case "exists", "scalar", "array":
		kind := map[string]expr.SubqueryKind{"exists": expr.Exists, "scalar": expr.ScalarSubquery, "array": expr.ArrayOf}[op]
		q, _ := d.subquery(args[0], sc)
		t := types.Of(types.Bool)
		if kind != expr.Exists {
			t = Fields(q)[0].Type
		}
		return &expr.Subquery{Kind: kind, Query: q, Typ: t}
	case "any", "all":
		q, qs := d.subquery(args[1], sc)
		both := scope{}
		for k, f := range sc {
			both[k] = f
		}
		for k, f := range qs {
			both[k] = f
		}
		kind := expr.AnyOf
		if op == "all" {
			kind = expr.AllOf
		}
		return &expr.Subquery{Kind: kind, Query: q, Cond: d.expr(args[0], both), Typ: types.Of(types.Bool)}
	}
	switch op {
	case "date", "numeric", "integer", "timestamp":
		return d.literal(op, args[0].atom)
	}
	es := d.exprs(args, sc)
	switch op {
	case "to-bigint":
		return castTo(es[0], types.Of(types.Int64))
	case "to-timestamp":
		return castTo(es[0], types.Of(types.Timestamp))
	case "to-numeric":
		return castTo(es[0], types.NumericOf(0, 2))
	case "and":
		return &expr.And{Terms: es}
	case "or":
		return &expr.Or{Terms: es}
	case "not":
		return &expr.Not{Arg: es[0]}
	case "is-null":
		return &expr.IsNull{Arg: es[0]}
	case "is-not-null":
		return &expr.IsNull{Arg: es[0], Not: true}
	case "coalesce":
		return &expr.Coalesce{Args: es, Typ: es[0].Type()}
	case "case":
		c := &expr.Case{Typ: es[1].Type()}
		for len(es) > 1 {
			c.Whens = append(c.Whens, expr.When{Cond: es[0], Then: es[1]})
			es = es[2:]
		}
		if len(es) > 0 {
			c.Else = es[0]
		}
		return c
	case "in":
		in := &expr.In{Arg: es[0], Eq: overload("=", []expr.Expr{es[0], es[0]})}
		for _, e := range es[1:] {
			in.List = append(in.List, e.(*expr.Const))
		}
		return in
	}
	e, err := call(op, es...)
	if err != nil {
		panic(err)
	}
	return e
}

func (d *dsl) subquery(s sexpr, sc scope) (Node, scope) {
	d.scopes = append(d.scopes, sc)
	defer func() { d.scopes = d.scopes[:len(d.scopes)-1] }()
	return d.node(s)
}

func (d *dsl) literal(typ, text string) expr.Expr {
	text = strings.Trim(text, "'")
	switch typ {
	case "date":
		var y, m, day int
		fmt.Sscanf(text, "%d-%d-%d", &y, &m, &day)
		return &expr.Const{Value: number(types.Of(types.Date), dateNumber(y, m, day))}
	case "integer":
		v, _ := strconv.Atoi(text)
		return &expr.Const{Value: number(types.Of(types.Int32), float64(v))}
	}
	v, _ := strconv.ParseFloat(text, 64)
	if typ == "timestamp" {
		return &expr.Const{Value: number(types.Of(types.Timestamp), v*1e6)}
	}
	return &expr.Const{Value: number(types.NumericOf(15, 2), v)}
}

// dateNumber returns the days from 1970-01-01.
func dateNumber(y, m, d int) float64 {
	if m <= 2 {
		y--
		m += 12
	}
	return float64(365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468)
}

func (d *dsl) atom(a string, sc scope) expr.Expr {
	switch {
	case a == "null":
		return expr.Null(types.Of(types.Int64))
	case a == "true" || a == "false":
		return expr.Bool(a == "true")
	case a[0] == '\'':
		return &expr.Const{Value: vec.NewText(types.Of(types.Text), strings.Trim(a, "'"), 1)}
	}
	if v, err := strconv.ParseInt(a, 10, 64); err == nil {
		return int64Const(v)
	}
	if f, ok := sc[a]; ok {
		return fieldColumn(f)
	}
	for i := len(d.scopes) - 1; i >= 0; i-- {
		if f, ok := d.scopes[i][a]; ok {
			return fieldColumn(f)
		}
	}
	panic("no column " + a)
}
