package planner

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/mem"
)

// Explain returns a physical plan as text, in the manner of PostgreSQL: one line per operator, its inputs
// indented below after an arrow, and its conditions on lines of their own.
func Explain(plan exec.Plan) string { return ExplainWith(plan, ExplainOptions{}) }

// ExplainAnalyze returns a plan as text with what was measured when it ran.
func ExplainAnalyze(plan exec.Plan, profile *exec.Profile) string {
	return ExplainWith(plan, ExplainOptions{Profile: profile})
}

// ExplainOptions says what ExplainWith prints beside the operators.
type ExplainOptions struct {
	Estimates map[exec.Plan]float64 // expected rows, as Lower gathered them
	Profile   *exec.Profile         // what was measured: EXPLAIN ANALYZE
}

// ExplainWith returns a plan as Explain does, with numbers beside the operators.
func ExplainWith(plan exec.Plan, opts ExplainOptions) string {
	x := &explainer{opts: opts, shown: map[*exec.Source]bool{}}
	x.plan(plan, "", "  ", "")
	return x.b.String()
}

type explainer struct {
	b     strings.Builder
	opts  ExplainOptions
	shown map[*exec.Source]bool
}

// plan prints p: its first line after first, what belongs to it after rest.
func (x *explainer) plan(p exec.Plan, first, rest, note string) {
	title, details := Describe(p)
	x.b.WriteString(first + title + note + x.numbers(p) + "\n")
	for _, d := range details {
		x.b.WriteString(rest + d + "\n")
	}
	if m, ok := p.(*exec.Materialize); ok {
		if x.shown[m.Source] {
			return
		}
		x.shown[m.Source] = true
	}
	in := p.Inputs()
	for i, c := range in {
		x.plan(c, rest+"->  ", rest+"      ", inputNote(p, i))
	}
}

// inputNote tells the inputs of a join apart.
func inputNote(p exec.Plan, i int) string {
	switch p.(type) {
	case *exec.HashJoin, *exec.LoopJoin:
		return [...]string{" [probe]", " [build]"}[i]
	}
	return ""
}

// numbers prints what is expected of an operator and what was measured.
func (x *explainer) numbers(p exec.Plan) string {
	var s string
	if rows, ok := x.opts.Estimates[p]; ok {
		s += fmt.Sprintf("  (rows=%.0f)", math.Max(1, rows))
	}
	if x.opts.Profile == nil {
		return s
	}
	st := x.opts.Profile.Of(p)
	s += fmt.Sprintf("  (actual rows=%d batches=%d time=%s", st.Rows.Load(), st.Batches.Load(), milliseconds(st.Nanos.Load()))
	if n := st.BytesRead.Load(); n > 0 {
		s += " read=" + mem.Format(n)
	}
	if n := st.Pruned.Load(); n > 0 {
		s += fmt.Sprintf(" pruned=%d", n)
	}
	return s + ")"
}

func milliseconds(nanos int64) string {
	return fmt.Sprintf("%.3f ms", float64(nanos)/float64(time.Millisecond))
}

// Describe returns the name of an operator and its properties, one to a line.
func Describe(p exec.Plan) (title string, details []string) {
	add := func(label, value string) {
		if value != "" {
			details = append(details, label+": "+value)
		}
	}
	switch p := p.(type) {
	case *exec.Filter:
		add("Filter", p.Cond.String())
		return "Filter", details
	case *exec.Project:
		add("Output", projectText(p))
		return "Project", details
	case *exec.HashAggregate:
		mode := [...]string{exec.Single: "", exec.Partial: "Partial ", exec.Final: "Final "}[p.Mode]
		add("Group Key", exprList(p.Keys, ", "))
		add("Aggregates", aggregateText(p.Aggs))
		if len(p.Keys) == 0 {
			return mode + "Aggregate", details
		}
		return mode + "HashAggregate", details
	case *exec.HashJoin:
		add("Hash Cond", hashCond(p))
		add("Join Filter", exprText(p.Residual))
		add("Runtime Filter", publishedText(p))
		return "Hash " + execJoinKinds[p.Kind] + "Join", details
	case *exec.LoopJoin:
		add("Join Filter", exprText(p.Cond))
		return "Nested Loop " + execJoinKinds[p.Kind] + "Join", details
	case *exec.Sort:
		add("Sort Key", expr.Keys(p.Keys))
		if p.Top >= 0 {
			return fmt.Sprintf("Top-N Sort %d", p.Top), details
		}
		return "Sort", details
	case *exec.Limit:
		return limitText(p), nil
	case *exec.Exchange:
		return exchangeText(p)
	case *exec.Window:
		for _, w := range p.Items {
			add("Window", w.String())
		}
		return "WindowAgg", details
	case *exec.Union:
		return "Append", nil
	case *exec.Replicate:
		add("Count", p.Count.String())
		return "Replicate", details
	case *exec.Materialize:
		return "CTE Scan on " + p.Source.Name, nil
	case *exec.Values:
		rows := 0
		for _, b := range p.Batches {
			rows += b.Len()
		}
		if len(p.Out) == 0 && rows == 1 {
			return "Result", nil
		}
		return fmt.Sprintf("Values: %d rows", rows), nil
	case *exec.OneRow:
		return "OneRow", nil
	}
	return p.String(), nil
}

var execJoinKinds = [...]string{exec.Inner: "", exec.Outer: "Left ", exec.BuildOuter: "Right ", exec.FullOuter: "Full ",
	exec.Semi: "Semi ", exec.Anti: "Anti ", exec.Mark: "Mark ", exec.Singular: "Single ",
	exec.BuildSemi: "Right Semi ", exec.BuildAnti: "Right Anti "}

// projectText prints what a projection computes; columns passed on are many and say little.
func projectText(p *exec.Project) string {
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
	const most = 12
	if passed == len(s) && len(s) > most {
		return fmt.Sprintf("%s, ... %d more", strings.Join(s[:most], ", "), len(s)-most)
	}
	return strings.Join(s, ", ")
}

func aggregateText(aggs []*expr.Aggregate) string {
	s := make([]string, len(aggs))
	for i, a := range aggs {
		s[i] = a.String()
	}
	return strings.Join(s, ", ")
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

func exchangeText(p *exec.Exchange) (string, []string) {
	from := p.Input.Partitioning().N
	switch p.Kind {
	case exec.Gather:
		return fmt.Sprintf("Gather (%d to 1)", from), nil
	case exec.Merge:
		return fmt.Sprintf("Gather Merge (%d to 1)", from), []string{"Sort Key: " + expr.Keys(p.Keys)}
	}
	names := make([]string, len(p.Hash))
	for i, id := range p.Hash {
		names[i] = fmt.Sprintf("#%d", id)
		if k := p.Input.Schema().Index(id); k >= 0 && p.Input.Schema()[k].Name != "" {
			names[i] = p.Input.Schema()[k].Name
		}
	}
	return fmt.Sprintf("Exchange (%d to %d)", from, p.N), []string{"Hash Key: " + strings.Join(names, ", ")}
}
