package planner

import (
	"fmt"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
)

// Property is something that EXPLAIN says of an operator. Labels are PostgreSQL's where it has one.
type Property struct {
	Label string   `json:"label"`
	Text  string   `json:"text"`
	List  []string `json:"-"` // the same in pieces, when it is a list
	data  bool     // in EXPLAIN's JSON only: the text has it in the operator's name
}

// operator is what EXPLAIN says of an operator whether it runs or not.
type operator struct {
	kind  string // PostgreSQL's "Node Type", or a name in its manner
	title string
	props []Property
}

func (o *operator) add(label, value string) {
	if value != "" {
		o.props = append(o.props, Property{Label: label, Text: value})
	}
}

func (o *operator) addList(label string, values []string) {
	if len(values) > 0 {
		o.props = append(o.props, Property{Label: label, Text: strings.Join(values, ", "), List: values})
	}
}

func (o *operator) addData(label, value string) {
	o.props = append(o.props, Property{Label: label, Text: value, data: true})
}

// describe says what EXPLAIN says of an operator.
func describe(p exec.Plan) *operator {
	o := &operator{title: p.String()}
	switch p := p.(type) {
	case *exec.Filter:
		o.title = "Filter"
		o.add("Filter", p.Cond.String())
	case *exec.Project:
		o.title = "Project"
		o.project(p)
	case *exec.HashAggregate:
		o.aggregate(p)
	case *exec.HashJoin:
		o.kind, o.title = "Hash Join", "Hash "+execJoinKinds[p.Kind]+"Join"
		o.addData("Join Type", joinType(p.Kind))
		o.add("Hash Cond", hashCond(p))
		o.add("Join Filter", exprText(p.Residual))
		o.add("Runtime Filter", publishedText(p))
	case *exec.LoopJoin:
		o.kind, o.title = "Nested Loop", "Nested Loop "+execJoinKinds[p.Kind]+"Join"
		o.addData("Join Type", joinType(p.Kind))
		o.add("Join Filter", exprText(p.Cond))
	case *exec.AsofJoin:
		o.kind, o.title = "Asof Join", "Asof Join"
		if p.Outer {
			o.title = "Asof Left Join"
		}
		o.add("Asof Cond", p.Cond())
	case *exec.Sort:
		o.kind, o.title = "Sort", "Sort"
		if p.Top >= 0 {
			o.title = fmt.Sprintf("Top-N Sort %d", p.Top)
			o.addData("Top N", fmt.Sprint(p.Top))
		}
		o.addList("Sort Key", sortKeys(p.Keys))
	case *exec.Limit:
		o.kind, o.title = "Limit", limitText(p)
	case *exec.Exchange:
		o.exchange(p)
	case *exec.Window:
		o.title = "WindowAgg"
		for _, w := range p.Items {
			o.add("Window", w.String())
		}
	case *exec.Union:
		o.title = "Append"
	case *exec.Replicate:
		o.title = "Replicate"
		o.add("Count", p.Count.String())
	case *exec.Materialize:
		o.kind, o.title = "CTE Scan", "CTE Scan on "+p.Source.Name
		o.addData("CTE Name", p.Source.Name)
	case *exec.Values:
		o.values(p)
	case *exec.OneRow:
		o.title = "OneRow"
	case exec.Reader:
		o.kind = "Seq Scan"
		o.addData("Scan", o.title)
		if n, ok := p.(interface{ Note() string }); ok {
			o.add("Files", n.Note())
		}
	default:
		if len(p.Inputs()) == 0 {
			o.kind, _, _ = strings.Cut(o.title, " on ")
		}
	}
	if o.kind == "" {
		o.kind = o.title
	}
	return o
}

func (o *operator) aggregate(p *exec.HashAggregate) {
	mode := [...]string{exec.Single: "", exec.Partial: "Partial ", exec.Final: "Final ", exec.Combine: "Combine "}[p.Mode]
	o.kind, o.title = "Aggregate", mode+"HashAggregate"
	strategy := "Hashed"
	if len(p.Keys) == 0 {
		o.title, strategy = mode+"Aggregate", "Plain"
	}
	o.addData("Strategy", strategy)
	o.addData("Partial Mode", [...]string{exec.Single: "Simple", exec.Partial: "Partial", exec.Final: "Finalize", exec.Combine: "Combine"}[p.Mode])
	var keys []string
	for _, k := range p.Keys {
		keys = append(keys, k.String())
	}
	o.addList("Group Key", keys)
	var aggs []string
	for _, a := range p.Aggs {
		aggs = append(aggs, a.String())
	}
	o.addList("Aggregates", aggs)
}

func (o *operator) exchange(p *exec.Exchange) {
	from := p.Input.Partitioning().N
	switch p.Kind {
	case exec.Gather:
		o.kind, o.title = "Gather", fmt.Sprintf("Gather (%d to 1)", from)
	case exec.Merge:
		o.kind, o.title = "Gather Merge", fmt.Sprintf("Gather Merge (%d to 1)", from)
		o.addList("Sort Key", sortKeys(p.Keys))
	default:
		o.kind, o.title = "Exchange", fmt.Sprintf("Exchange (%d to %d)", from, p.N)
		names := make([]string, len(p.Hash))
		for i, id := range p.Hash {
			names[i] = fmt.Sprintf("#%d", id)
			if k := p.Input.Schema().Index(id); k >= 0 && p.Input.Schema()[k].Name != "" {
				names[i] = p.Input.Schema()[k].Name
			}
		}
		o.addList("Hash Key", names)
	}
}

func (o *operator) values(p *exec.Values) {
	rows := 0
	for _, b := range p.Batches {
		rows += b.Len()
	}
	if len(p.Out) == 0 && rows == 1 {
		o.title = "Result"
		return
	}
	o.kind, o.title = "Values Scan", fmt.Sprintf("Values: %d rows", rows)
}

func sortKeys(keys []expr.SortKey) []string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = k.String()
	}
	return s
}

// joinType is PostgreSQL's word for a kind of join.
func joinType(k exec.JoinKind) string {
	if k == exec.Inner {
		return "Inner"
	}
	return strings.TrimSpace(execJoinKinds[k])
}

var execJoinKinds = [...]string{exec.Inner: "", exec.Outer: "Left ", exec.BuildOuter: "Right ", exec.FullOuter: "Full ",
	exec.Semi: "Semi ", exec.Anti: "Anti ", exec.Mark: "Mark ", exec.Singular: "Single ",
	exec.BuildSemi: "Right Semi ", exec.BuildAnti: "Right Anti "}

// project says what a projection computes; columns passed on are many and say little.
func (o *operator) project(p *exec.Project) {
	var s []string
	passed := 0
	for i, e := range p.Exprs {
		if c, ok := e.(*expr.Column); ok && (c.ID == p.Out[i].ID || c.Name == p.Out[i].Name) {
			passed++
			s = append(s, c.String())
			continue
		}
		s = append(s, Item{p.Out[i].ID, p.Out[i].Name, e}.String())
	}
	o.addList("Output", s)
	const most = 12
	if passed == len(s) && len(s) > most {
		o.props[len(o.props)-1].Text = fmt.Sprintf("%s, ... %d more", strings.Join(s[:most], ", "), len(s)-most)
	}
}

func exprText(e expr.Expr) string {
	if e == nil {
		return ""
	}
	return e.String()
}

func hashCond(p *exec.HashJoin) string {
	s := make([]string, len(p.ProbeKeys))
	for i := range s {
		op := " = "
		if p.NullEqual != nil && p.NullEqual[i] {
			op = " IS NOT DISTINCT FROM "
		}
		s[i] = p.ProbeKeys[i].String() + op + p.BuildKeys[i].String()
	}
	return strings.Join(s, " AND ")
}

func publishedText(p *exec.HashJoin) string {
	var s []string
	for _, k := range p.Publish {
		s = append(s, fmt.Sprintf("#%d on %s", k.ID, p.ProbeKeys[k.Key]))
	}
	return strings.Join(s, ", ")
}

func limitText(p *exec.Limit) string {
	s := "Limit"
	if p.Count >= 0 {
		s += fmt.Sprintf(" %d", p.Count)
	}
	if p.Offset > 0 {
		s += fmt.Sprintf(" offset %d", p.Offset)
	}
	return s
}
