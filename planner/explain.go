package planner

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gsql/exec"
	"gsql/exec/mem"
)

// Explain returns a physical plan as text, in the manner of PostgreSQL: one line per operator, its inputs
// indented below after an arrow, and its conditions on lines of their own.
func Explain(plan exec.Plan) string { return NewReport(plan, nil, nil).Text(PrintOptions{}) }

// PrintOptions are those of EXPLAIN.
type PrintOptions struct {
	Costs   bool // expected rows
	Timing  bool // of operators
	Verbose bool // output columns, partitions, waiting
	Summary bool // times of the whole
}

// Text returns a report as EXPLAIN prints it. Times are milliseconds.
func (r *Report) Text(opts PrintOptions) string {
	x := &explainer{opts: opts}
	x.operator(r.Root, "", "  ")
	if opts.Summary {
		x.summary(r)
	}
	return x.b.String()
}

type explainer struct {
	b    strings.Builder
	opts PrintOptions
}

// operator prints o: its first line after first, what belongs to it after rest.
func (x *explainer) operator(o *Operator, first, rest string) {
	x.b.WriteString(first + o.Title)
	if o.Role != "" {
		x.b.WriteString(" [" + o.Role + "]")
	}
	x.numbers(o)
	x.b.WriteByte('\n')
	detail := func(label, format string, args ...any) {
		x.b.WriteString(rest + label + ": " + fmt.Sprintf(format, args...) + "\n")
	}
	for _, p := range o.Details() {
		detail(p.Label, "%s", p.Text)
	}
	if x.opts.Verbose && o.Kind != "Project" && len(o.Output) > 0 {
		detail("Output", "%s", strings.Join(o.Output, ", "))
	}
	if o.Measured != nil {
		x.details(o.Measured, detail)
	}
	for _, in := range o.Inputs {
		x.operator(in, rest+"->  ", rest+"      ")
	}
}

// Details returns what is to be said of an operator beside its numbers.
func (o *Operator) Details() []Property {
	var all []Property
	for _, p := range o.Properties {
		if !p.data {
			all = append(all, p)
		}
	}
	if m := o.Measured; m != nil {
		if m.Removed != nil && *m.Removed > 0 {
			all = append(all, Property{Label: "Rows Removed by Filter", Text: fmt.Sprint(*m.Removed)})
		}
		if m.Input != nil {
			all = append(all, Property{Label: "Read", Text: m.Input.String()})
		}
	}
	return all
}

// numbers prints what is expected of an operator and what was measured.
func (x *explainer) numbers(o *Operator) {
	gap := "  "
	if x.opts.Costs && o.PlanRows > 0 {
		fmt.Fprintf(&x.b, "%s(rows=%.0f)", gap, math.Max(1, o.PlanRows))
		gap = " "
	}
	m := o.Measured
	switch {
	case m == nil:
	case m.Last == 0:
		x.b.WriteString(gap + "(never executed)")
	case x.opts.Timing:
		fmt.Fprintf(&x.b, "%s(actual time=%s..%s rows=%d batches=%d self=%s total=%s)", gap,
			milliseconds(m.First), milliseconds(m.Last), m.Rows, m.Batches, milliseconds(m.Self), milliseconds(m.Total))
	default:
		fmt.Fprintf(&x.b, "%s(actual rows=%d batches=%d)", gap, m.Rows, m.Batches)
	}
}

// details prints what else was measured.
func (x *explainer) details(m *Measured, detail func(label, format string, args ...any)) {
	if m.MemoryPeak > 0 {
		detail("Memory", "%s", mem.Format(m.MemoryPeak))
	}
	if m.SpilledBytes > 0 {
		detail("Spilled", "%s in %s", mem.Format(m.SpilledBytes), count(m.SpilledFiles, "file"))
	}
	if x.opts.Verbose || m.Skewed() {
		least, median, most := m.Skew()
		detail("Partitions", "%d (rows min=%d median=%d max=%d)", len(m.PartRows), least, median, most)
	}
	if x.opts.Verbose && x.opts.Timing && m.Waited > 0 {
		detail("Waited", "%s", milliseconds(m.Waited))
	}
}

// String prints what a scan read: 2.0 MiB of 1.0 GiB in 1 file, 3 row groups (37 pruned).
func (in *Input) String() string {
	s := fmt.Sprintf("%s of %s in %s", mem.Format(in.BytesRead), mem.Format(in.BytesTotal), count(in.FilesRead, "file"))
	if in.FilesPruned > 0 {
		s += fmt.Sprintf(" (%d pruned)", in.FilesPruned)
	}
	if in.GroupsRead+in.GroupsPruned > 0 {
		s += ", " + count(in.GroupsRead, "row group")
	}
	if in.GroupsPruned > 0 {
		s += fmt.Sprintf(" (%d pruned)", in.GroupsPruned)
	}
	if in.PagesPruned > 0 {
		s += ", " + count(in.PagesPruned, "page") + " pruned"
	}
	return s
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// summary prints the times of the whole.
func (x *explainer) summary(r *Report) {
	line := func(label, text string) { x.b.WriteString(label + ": " + text + "\n") }
	line("Planning Time", milliseconds(r.Planning)+" ms")
	t := r.Totals
	if t == nil {
		return
	}
	if t.MemoryPeak > 0 {
		line("Peak Memory", mem.Format(t.MemoryPeak))
	}
	if t.SpilledBytes > 0 {
		line("Spilled", fmt.Sprintf("%s in %s", mem.Format(t.SpilledBytes), count(t.SpilledFiles, "file")))
	}
	if x.opts.Timing {
		line("Busy Time", milliseconds(t.Busy)+" ms")
	}
	line("Execution Time", milliseconds(r.Execution)+" ms")
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.3f", float64(d)/float64(time.Millisecond))
}
