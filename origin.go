package gsql

import (
	"gsql/catalog"
	"gsql/exec"
	"gsql/sql"
)

// boundColumns are the columns of a bound query, with where they come from.
func (p *Prepared) boundColumns(q *sql.Bound) []Column {
	cols := make([]Column, len(q.Columns))
	for i, c := range q.Columns {
		cols[i] = Column{Name: c.Name, Type: c.Type}
		if o := c.Origin; o.Number > 0 {
			cols[i].Table, cols[i].Number = p.relationOID(o), int16(o.Number)
		}
	}
	return cols
}

// relationOID is the number of the relation that a column comes from.
func (p *Prepared) relationOID(o sql.Origin) uint32 {
	schema := o.Schema
	if schema == "" {
		schema = sharedSchema
		c := p.s.namesIn(p.state)
		if n := len(p.bindings); n > 0 {
			c = p.bindings[n-1]
		}
		if x, err := c.find(exec.Name{Table: o.Table}); err == nil && x.relation != nil {
			schema = x.key.schema
		}
	}
	return catalog.RelationOID(schema, o.Table)
}
