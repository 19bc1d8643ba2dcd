package planner

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
)

// JSON returns a report as EXPLAIN (FORMAT JSON) prints it: PostgreSQL's shape, with its keys where it has them.
// Times are milliseconds, sizes bytes.
func (r *Report) JSON(opts PrintOptions) string {
	doc := object{{"Plan", r.Root.object(opts, "")}}
	if opts.Summary {
		doc.add("Planning Time", ms(r.Planning))
	}
	if t := r.Totals; t != nil {
		doc.add("Triggers", []string{})
		if opts.Summary {
			doc.add("Execution Time", ms(r.Execution))
		}
		if opts.Timing {
			doc.add("Busy Time", ms(t.Busy))
			doc.add("Wait Time", ms(t.Waited))
		}
		doc.add("Bytes Read", t.BytesRead)
		doc.add("Input Bytes", t.BytesTotal)
		doc.add("Peak Memory", t.MemoryPeak)
		doc.add("Spilled Bytes", t.SpilledBytes)
		doc.add("Spilled Files", t.SpilledFiles)
	}
	var b, out bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode([]object{doc}); err != nil {
		panic("planner: " + err.Error()) // all of it is strings and numbers
	}
	_ = json.Indent(&out, bytes.TrimSpace(b.Bytes()), "", "  ") // what was encoded is valid
	return out.String()
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

func (o *object) add(key string, value any) { *o = append(*o, member{key, value}) }

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func ms(d time.Duration) json.RawMessage { return json.RawMessage(milliseconds(d)) }

// relationships are PostgreSQL's words for the inputs of a join.
var relationships = map[string]string{"probe": "Outer", "build": "Inner"}

// object returns an operator with its inputs.
func (o *Operator) object(opts PrintOptions, relationship string) object {
	var x object
	x.add("Node Type", o.Kind)
	if relationship != "" {
		x.add("Parent Relationship", relationship)
	}
	for _, p := range o.Properties {
		if p.List != nil {
			x.add(p.Label, p.List)
		} else {
			x.add(p.Label, p.Text)
		}
	}
	if opts.Costs && o.PlanRows > 0 {
		x.add("Plan Rows", int64(math.Max(1, math.Min(o.PlanRows, 1<<53))))
	}
	if opts.Verbose && o.Kind != "Project" {
		x.add("Output", append([]string{}, o.Output...))
	}
	x.add("Partitions", o.Partitions)
	if o.Measured != nil {
		o.Measured.members(&x, opts)
	}
	var plans []object
	for _, in := range o.Inputs {
		relationship := relationships[in.Role]
		switch {
		case relationship != "":
		case len(o.Inputs) > 1:
			relationship = "Member"
		default:
			relationship = "Outer"
		}
		plans = append(plans, in.object(opts, relationship))
	}
	if plans != nil {
		x.add("Plans", plans)
	}
	return x
}

// members adds what was measured. Loops are 1: rows and times are those of all partitions.
func (m *Measured) members(x *object, opts PrintOptions) {
	if opts.Timing {
		x.add("Actual Startup Time", ms(m.First))
		x.add("Actual Total Time", ms(m.Last))
	}
	x.add("Actual Rows", m.Rows)
	x.add("Actual Loops", min(1, int64(m.Last)))
	x.add("Actual Batches", m.Batches)
	if opts.Timing {
		x.add("Self Time", ms(m.Self))
		x.add("Busy Time", ms(m.Total))
		x.add("Wait Time", ms(m.Waited))
	}
	if m.Removed != nil {
		x.add("Rows Removed by Filter", *m.Removed)
	}
	if in := m.Input; in != nil {
		x.add("Bytes Read", in.BytesRead)
		x.add("Input Bytes", in.BytesTotal)
		x.add("Input Rows", in.Rows)
		x.add("Files Read", in.FilesRead)
		x.add("Files Pruned", in.FilesPruned)
		x.add("Row Groups Read", in.GroupsRead)
		x.add("Row Groups Pruned", in.GroupsPruned)
		if in.PagesPruned > 0 {
			x.add("Pages Pruned", in.PagesPruned)
		}
	}
	if m.MemoryPeak > 0 {
		x.add("Peak Memory", m.MemoryPeak)
	}
	if m.SpilledBytes > 0 {
		x.add("Spilled Bytes", m.SpilledBytes)
		x.add("Spilled Files", m.SpilledFiles)
	}
	least, median, most := m.Skew()
	x.add("Partition Rows", object{{"Min", least}, {"Median", median}, {"Max", most}})
}
