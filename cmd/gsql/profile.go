package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html"
	"os"
	"strings"
	"time"

	"gsql"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/planner"
)

// profileHTML is the page around the queries. The rest is written without html/template, which would make the
// program larger by a third: its calls of methods by name keep the linker from leaving out any.
//
//go:embed profile.html
var profileHTML string

// profilePage gathers what queries did, for a page that tells of it.
type profilePage struct{ b strings.Builder }

// printf writes HTML; arguments that are strings are text.
func (p *profilePage) printf(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = html.EscapeString(s)
		}
	}
	fmt.Fprintf(&p.b, format, args...)
}

// write writes the page into a file.
func (p *profilePage) write(name string) error {
	body := p.b.String()
	if body == "" {
		body = "<p>No query ran.</p>"
	}
	page := strings.NewReplacer("VERSION", html.EscapeString(gsql.Version), "BODY", body).Replace(profileHTML)
	return os.WriteFile(name, []byte(page), 0o644)
}

// add adds a query; statements without a plan are left out.
func (p *profilePage) add(sql string, r *planner.Report, err error) {
	if r == nil {
		return
	}
	p.printf("<section>\n<pre>%s</pre>\n", strings.TrimSpace(sql))
	if err != nil {
		text := err.Error()
		var e *sqlstate.Error
		if errors.As(err, &e) {
			text = fmt.Sprintf("%s (%s)", e.Message, e.Code)
		}
		p.printf("<p class=\"error\">%s</p>\n", text)
	}
	p.totals(r)
	p.operators(r)
	p.stages(r)
	p.printf("</section>\n")
}

func (p *profilePage) totals(r *planner.Report) {
	p.printf("<dl class=\"totals\">")
	add := func(label, text string) { p.printf("<div><dt>%s</dt><dd>%s</dd></div>", label, text) }
	t := r.Totals
	add("Planning", duration(r.Planning))
	add("Execution", duration(r.Execution))
	add("Busy, all operators", duration(t.Busy))
	add("Rows", fmt.Sprint(r.Root.Measured.Rows))
	if t.BytesTotal > 0 {
		add("Read", fmt.Sprintf("%s of %s", mem.Format(t.BytesRead), mem.Format(t.BytesTotal)))
	}
	if t.MemoryPeak > 0 {
		add("Peak memory", mem.Format(t.MemoryPeak))
	}
	if t.SpilledBytes > 0 {
		add("Spilled", mem.Format(t.SpilledBytes))
	}
	p.printf("</dl>\n")
}

// operators writes the tree as a table. The bars are shares of the largest; those of time, of all.
func (p *profilePage) operators(r *planner.Report) {
	most := planner.Measured{Self: r.Totals.Busy}
	r.Root.Each(func(o *planner.Operator) {
		most.Rows = max(most.Rows, o.Measured.Rows)
		most.MemoryPeak = max(most.MemoryPeak, o.Measured.MemoryPeak)
		most.SpilledBytes = max(most.SpilledBytes, o.Measured.SpilledBytes)
	})
	p.printf("<h2>Operators</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>Operator</th><th>Own time</th><th>Rows</th>" +
		"<th>Memory</th><th>Spilled</th></tr></thead>\n<tbody>\n")
	p.operator(r.Root, 0, &most)
	p.printf("</tbody>\n</table></div>\n")
}

func (p *profilePage) operator(o *planner.Operator, depth int, most *planner.Measured) {
	m := o.Measured
	p.printf("<tr>\n<td><div style=\"padding-left: %.1fem\"><span class=\"title\">%s</span>", 1.4*float64(depth), o.Title)
	if o.Role != "" {
		p.printf(" <span class=\"role\">%s</span>", o.Role)
	}
	detail := func(label, text string) { p.printf("\n<div class=\"details\">%s: %s</div>", label, text) }
	for _, d := range o.Details() {
		detail(d.Label, d.Text)
	}
	if o.PlanRows > 0 {
		detail("Expected rows", fmt.Sprintf("%.0f", o.PlanRows))
	}
	if n := len(m.PartRows); n > 1 {
		least, median, most := m.Skew()
		detail("Partitions", fmt.Sprintf("%d, with %d to %d rows, median %d", n, least, most, median))
	}
	if m.Waited > time.Millisecond/10 {
		detail("Waited for others", duration(m.Waited))
	}
	p.printf("</div></td>\n")
	p.bar("self", duration(m.Self), int64(m.Self), int64(most.Self), duration(m.Total)+" with its inputs")
	p.bar("rows", fmt.Sprint(m.Rows), m.Rows, most.Rows, "")
	p.bar("memory", mem.Format(m.MemoryPeak), m.MemoryPeak, most.MemoryPeak, "")
	p.bar("spill", mem.Format(m.SpilledBytes), m.SpilledBytes, most.SpilledBytes, fmt.Sprintf("%d files", m.SpilledFiles))
	p.printf("</tr>\n")
	for _, in := range o.Inputs {
		p.operator(in, depth+1, most)
	}
}

// bar writes a cell with a number and its share of the most; without most it is empty.
func (p *profilePage) bar(class, text string, value, most int64, title string) {
	if most == 0 || value == 0 && class != "rows" && class != "self" {
		p.printf("<td class=\"number\"></td>\n")
		return
	}
	p.printf("<td class=\"number\" title=\"%s\">%s<div class=\"track\"><div class=\"bar %s\" style=\"width: %.1f%%\"></div></div></td>\n",
		title, text, class, percent(value, most))
}

// stages writes when the tasks ran.
func (p *profilePage) stages(r *planner.Report) {
	titles := map[int]string{}
	r.Root.Each(func(o *planner.Operator) { titles[o.ID] = o.Title })
	p.printf("<h2>Stages</h2>\n")
	for _, s := range r.Stages {
		title := titles[s.Operators[len(s.Operators)-1]]
		if last := titles[s.Operators[0]]; len(s.Operators) > 1 {
			title += " … " + last
		}
		p.printf("<div class=\"stage\"><div><span class=\"title\">%d</span> <span class=\"details\">%s</span></div>\n<div>", s.ID, title)
		for _, t := range s.Tasks {
			p.printf("<div class=\"lane\" title=\"%s\"><div class=\"task\" style=\"left: %.1f%%; width: %.1f%%\"></div></div>",
				fmt.Sprintf("task %d: %s, %d rows, begun at %s, %s long, busy %s", t.Partition, t.State, t.Rows, duration(t.Began),
					duration(t.Elapsed), duration(t.Busy)),
				percent(int64(t.Began), int64(r.Execution)), max(0.3, percent(int64(t.Elapsed), int64(r.Execution))))
		}
		p.printf("</div></div>\n")
	}
}

func percent(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(100, 100*float64(part)/float64(whole))
}

func duration(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.3f ms", float64(d)/float64(time.Millisecond))
}
