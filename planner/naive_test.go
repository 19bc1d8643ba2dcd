package planner

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// naive evaluates logical plans row by row, subqueries and dependent joins included, by the meaning of the
// nodes alone. It is what optimized plans are compared with.
type naive struct {
	ctes map[int][]naiveRow
}

// naiveRow is a row: columns by ID.
type naiveRow map[expr.ColID]*expr.Const

var errTwoRows = errors.New("more than one row returned by a subquery used as an expression")

func (r naiveRow) with(s naiveRow) naiveRow {
	out := make(naiveRow, len(r)+len(s))
	for id, v := range r {
		out[id] = v
	}
	for id, v := range s {
		out[id] = v
	}
	return out
}

// rows returns the rows of n, as columns of n; outer has the columns of outer rows.
func (v *naive) rows(n Node, outer naiveRow) ([]naiveRow, error) {
	switch n := n.(type) {
	case *Scan:
		var out []naiveRow
		for _, r := range n.Table.(*testTable).data {
			row := naiveRow{}
			for _, c := range n.Cols {
				row[c.ID] = r[c.Ordinal]
			}
			out = append(out, row)
		}
		return out, nil
	case *Values:
		var out []naiveRow
		for _, r := range n.Rows {
			row := naiveRow{}
			for i, e := range r {
				c, err := v.eval(e, outer)
				if err != nil {
					return nil, err
				}
				row[n.Cols[i].ID] = c
			}
			out = append(out, row)
		}
		return out, nil
	case *With:
		rows, err := v.rows(n.Query, outer)
		if err != nil {
			return nil, err
		}
		v.ctes[n.CTE] = rows
		return v.rows(n.Body, outer)
	case *CTERef:
		var out []naiveRow
		for _, r := range v.ctes[n.CTE] {
			row := naiveRow{}
			for i, c := range n.Cols {
				row[c.ID] = r[n.From[i]]
			}
			out = append(out, row)
		}
		return out, nil
	case *Join:
		return v.join(n, outer)
	case *SetOp:
		return v.setOp(n, outer)
	}
	in, err := v.rows(n.Inputs()[0], outer)
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *Filter:
		var out []naiveRow
		for _, r := range in {
			c, err := v.eval(n.Cond, outer.with(r))
			if err != nil {
				return nil, err
			}
			if isTrue(c) {
				out = append(out, r)
			}
		}
		return out, nil
	case *Project:
		return v.project(n.Items, in, outer)
	case *Aggregate:
		return v.aggregate(n, in, outer)
	case *Window:
		return v.window(n, in, outer)
	case *Sort:
		return v.sorted(in, n.Keys, outer)
	case *TopN:
		rows, err := v.sorted(in, n.Keys, outer)
		return cutRows(rows, n.Offset, n.Count), err
	case *Limit:
		offset, count, _ := limitNumbers(n)
		return cutRows(in, offset, count), nil
	case *DistinctOn:
		rows, err := v.sorted(in, n.Keys, outer)
		if err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		var out []naiveRow
		for _, r := range rows {
			k, err := v.key(n.On, outer.with(r))
			if err != nil {
				return nil, err
			}
			if !seen[k] {
				seen[k] = true
				out = append(out, r)
			}
		}
		return out, nil
	case *OneRow:
		if len(in) > 1 {
			return nil, errTwoRows
		}
		if len(in) == 0 {
			return []naiveRow{nullRow(n.Input)}, nil
		}
		return in, nil
	}
	return nil, fmt.Errorf("naive: %T", n)
}

func nullRow(n Node) naiveRow {
	r := naiveRow{}
	for _, f := range Fields(n) {
		r[f.ID] = expr.Null(f.Type)
	}
	return r
}

func cutRows(rows []naiveRow, offset, count int64) []naiveRow {
	rows = rows[min(int(offset), len(rows)):]
	if count >= 0 {
		rows = rows[:min(int(count), len(rows))]
	}
	return rows
}

func (v *naive) project(items []Item, in []naiveRow, outer naiveRow) ([]naiveRow, error) {
	var out []naiveRow
	for _, r := range in {
		row := naiveRow{}
		for _, it := range items {
			c, err := v.eval(it.Expr, outer.with(r))
			if err != nil {
				return nil, err
			}
			row[it.ID] = c
		}
		out = append(out, row)
	}
	return out, nil
}

// eval evaluates an expression whose columns are all in env.
func (v *naive) eval(e expr.Expr, env naiveRow) (*expr.Const, error) {
	var first error
	fail := func(err error) *expr.Const {
		if first == nil {
			first = err
		}
		return expr.Null(types.Of(types.Bool))
	}
	var closed func(e expr.Expr) expr.Expr
	closed = func(e expr.Expr) expr.Expr {
		switch x := e.(type) {
		case *expr.Column:
			if c, ok := env[x.ID]; ok {
				return c
			}
			return fail(fmt.Errorf("naive: no column %s #%d", x.Name, x.ID))
		case *expr.Case: // a branch is evaluated when it is reached
			for _, w := range x.Whens {
				c, err := v.eval(w.Cond, env)
				if err != nil {
					return fail(err)
				}
				if isTrue(c) {
					return closed(w.Then)
				}
			}
			if x.Else == nil {
				return expr.Null(x.Typ)
			}
			return closed(x.Else)
		case *expr.Subquery:
			c, err := v.subquery(x, env)
			if err != nil {
				return fail(err)
			}
			return c
		}
		return expr.MapChildren(e, closed)
	}
	e = closed(e)
	if first != nil {
		return nil, first
	}
	c, ok := expr.Fold(e, &fn.Ctx{}, true).(*expr.Const)
	if !ok {
		return nil, fmt.Errorf("naive: cannot evaluate %s", e)
	}
	return c, nil
}

func (v *naive) subquery(s *expr.Subquery, env naiveRow) (*expr.Const, error) {
	q := s.Query.(Node)
	rows, err := v.rows(q, env)
	if err != nil {
		return nil, err
	}
	switch s.Kind {
	case expr.Exists:
		return expr.Bool(len(rows) > 0), nil
	case expr.ScalarSubquery:
		if len(rows) > 1 {
			return nil, errTwoRows
		}
		if len(rows) == 0 {
			return expr.Null(s.Typ), nil
		}
		return rows[0][q.Outputs()[0]], nil
	}
	yes, unknown := s.Kind == expr.AnyOf, false
	for _, r := range rows {
		c, err := v.eval(s.Cond, env.with(r))
		if err != nil {
			return nil, err
		}
		if c.Value.IsNull(0) {
			unknown = true
		} else if isTrue(c) == yes {
			return expr.Bool(yes), nil
		}
	}
	if unknown {
		return expr.Null(types.Of(types.Bool)), nil
	}
	return expr.Bool(!yes), nil
}

func (v *naive) join(n *Join, outer naiveRow) ([]naiveRow, error) {
	left, err := v.rows(n.Left, outer)
	if err != nil {
		return nil, err
	}
	var right []naiveRow
	if !n.Lateral {
		if right, err = v.rows(n.Right, outer); err != nil {
			return nil, err
		}
	}
	var out []naiveRow
	hit := map[int]bool{}
	for _, l := range left {
		env := outer.with(l)
		if n.Lateral {
			if right, err = v.rows(n.Right, env); err != nil {
				return nil, err
			}
		}
		matches, unknown := 0, false
		for i, r := range right {
			c := expr.Bool(true)
			if n.On != nil {
				if c, err = v.eval(n.On, env.with(r)); err != nil {
					return nil, err
				}
			}
			unknown = unknown || c.Value.IsNull(0)
			if !isTrue(c) {
				continue
			}
			matches++
			hit[i] = true
			if n.Kind != SemiJoin && n.Kind != AntiJoin && n.Kind != MarkJoin {
				out = append(out, l.with(r))
			}
		}
		switch {
		case n.Kind == SingleJoin && matches > 1:
			return nil, errTwoRows
		case n.Kind == SemiJoin && matches > 0, n.Kind == AntiJoin && matches == 0:
			out = append(out, l)
		case n.Kind == MarkJoin:
			mark := expr.Bool(matches > 0)
			if matches == 0 && unknown {
				mark = expr.Null(types.Of(types.Bool))
			}
			out = append(out, l.with(naiveRow{n.Mark.ID: mark}))
		case matches == 0 && (n.Kind == LeftJoin || n.Kind == FullJoin || n.Kind == SingleJoin):
			out = append(out, l.with(nullRow(n.Right)))
		}
	}
	if n.Kind == RightJoin || n.Kind == FullJoin {
		for i, r := range right {
			if !hit[i] {
				out = append(out, nullRow(n.Left).with(r))
			}
		}
	}
	return out, nil
}

func (v *naive) setOp(n *SetOp, outer naiveRow) ([]naiveRow, error) {
	var sides [2][]naiveRow
	counts := map[string]*[2]int{}
	var order []naiveRow
	for i, in := range n.Inputs() {
		rows, err := v.rows(in, outer)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			row := naiveRow{}
			for k, id := range in.Outputs() {
				row[n.Cols[k].ID] = r[id]
			}
			sides[i] = append(sides[i], row)
			key := rowKey(n, row)
			if counts[key] == nil {
				counts[key] = &[2]int{}
				order = append(order, row)
			}
			counts[key][i]++
		}
	}
	if n.Kind == Union && n.All {
		return append(sides[0], sides[1]...), nil
	}
	var out []naiveRow
	for _, row := range order {
		c := counts[rowKey(n, row)]
		times := 0
		switch n.Kind {
		case Union:
			times = 1
		case Intersect:
			times = min(c[0], c[1])
		case Except:
			times = c[0] - c[1]
			if !n.All && c[1] > 0 {
				times = 0
			}
		}
		if !n.All {
			times = min(times, 1)
		}
		for range times {
			out = append(out, row)
		}
	}
	return out, nil
}

// rowKey prints a row's values in the order of n's columns.
func rowKey(n Node, r naiveRow) string {
	var b strings.Builder
	for _, id := range n.Outputs() {
		b.WriteString(constText(r[id]) + "|")
	}
	return b.String()
}

func constText(c *expr.Const) string {
	if c == nil {
		return "MISSING"
	}
	if c.Value.IsNull(0) {
		return "NULL"
	}
	return text.String(c.Value, 0, nil)
}

func (v *naive) key(es []expr.Expr, env naiveRow) (string, error) {
	var b strings.Builder
	for _, e := range es {
		c, err := v.eval(e, env)
		if err != nil {
			return "", err
		}
		b.WriteString(constText(c) + "|")
	}
	return b.String(), nil
}

func (v *naive) aggregate(n *Aggregate, in []naiveRow, outer naiveRow) ([]naiveRow, error) {
	groups := map[string][]naiveRow{}
	var order []string
	keys := make([]expr.Expr, len(n.Groups))
	for i, g := range n.Groups {
		keys[i] = g.Expr
	}
	if len(keys) == 0 {
		order = append(order, "")
	}
	for _, r := range in {
		k, err := v.key(keys, outer.with(r))
		if err != nil {
			return nil, err
		}
		if groups[k] == nil && len(keys) > 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	var out []naiveRow
	for _, k := range order {
		row := naiveRow{}
		if len(keys) > 0 {
			first, err := v.project(n.Groups, groups[k][:1], outer)
			if err != nil {
				return nil, err
			}
			row = first[0]
		}
		for _, it := range n.Aggs {
			c, err := v.compute(it.Expr.(*expr.Aggregate), groups[k], outer)
			if err != nil {
				return nil, err
			}
			row[it.ID] = c
		}
		out = append(out, row)
	}
	return out, nil
}

// compute aggregates bigints.
func (v *naive) compute(a *expr.Aggregate, rows []naiveRow, outer naiveRow) (*expr.Const, error) {
	var count, sum int64
	var lo, hi int64
	seen := map[string]bool{}
	for _, r := range rows {
		x := int64(1)
		if len(a.Args) > 0 {
			c, err := v.eval(a.Args[0], outer.with(r))
			if err != nil {
				return nil, err
			}
			if c.Value.IsNull(0) || a.Distinct && seen[constText(c)] {
				continue
			}
			seen[constText(c)] = true
			f, _ := numberOf(c.Value)
			x = int64(f)
		}
		if count == 0 {
			lo, hi = x, x
		}
		lo, hi = min(lo, x), max(hi, x)
		count++
		sum += x
	}
	result := map[string]int64{"count": count, "sum": sum, "min": lo, "max": hi}[a.Fn.Name]
	if count == 0 && a.Fn.Name != "count" {
		return expr.Null(a.Typ), nil
	}
	if a.Typ.ID == types.Numeric {
		return &expr.Const{Value: vec.NewConst(a.Typ, types.KNum, vec.Num{Coef: vec.Int128{Lo: uint64(result), Hi: result >> 63}}, 1)}, nil
	}
	return int64Const(result), nil
}

func (v *naive) window(n *Window, in []naiveRow, outer naiveRow) ([]naiveRow, error) {
	w := n.Items[0].Expr.(*expr.Window)
	in, err := v.sorted(in, w.OrderBy, outer)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int64{}
	var out []naiveRow
	for _, r := range in {
		k, err := v.key(w.PartitionBy, outer.with(r))
		if err != nil {
			return nil, err
		}
		numbers[k]++
		row := r
		for _, it := range n.Items {
			if x := it.Expr.(*expr.Window); x.Fn == nil || x.Fn.Name != "row_number" {
				return nil, fmt.Errorf("naive: window %s", x)
			}
			row = row.with(naiveRow{it.ID: int64Const(numbers[k])})
		}
		out = append(out, row)
	}
	return out, nil
}

func (v *naive) sorted(in []naiveRow, keys []expr.SortKey, outer naiveRow) ([]naiveRow, error) {
	type keyed struct {
		row naiveRow
		key []*expr.Const
	}
	rows := make([]keyed, len(in))
	for i, r := range in {
		rows[i].row = r
		for _, k := range keys {
			c, err := v.eval(k.Expr, outer.with(r))
			if err != nil {
				return nil, err
			}
			rows[i].key = append(rows[i].key, c)
		}
	}
	sort.SliceStable(rows, func(i, j int) bool {
		for x, k := range keys {
			a, b := rows[i].key[x].Value, rows[j].key[x].Value
			switch an, bn := a.IsNull(0), b.IsNull(0); {
			case an && bn:
				continue
			case an || bn:
				return an == k.NullsFirst
			}
			if c := vec.CompareRows(a, 0, b, 0); c != 0 {
				return (c < 0) != k.Desc
			}
		}
		return false
	})
	out := make([]naiveRow, len(rows))
	for i, r := range rows {
		out[i] = r.row
	}
	return out, nil
}
