package sql

import (
	"gsql/exec/types"
)

// aggregateAliases are the names that DuckDB has for aggregates of PostgreSQL.
var aggregateAliases = map[string]string{"list": "array_agg", "group_concat": "string_agg", "listagg": "string_agg"}

// renamed makes a call of an aggregate by an alias one by its own name. The delimiter of string_agg is a comma unless
// there is one, and what it joins is made text.
func (b *binder) renamed(c *aggregateCall) error {
	name, ok := aggregateAliases[c.name]
	if !ok {
		return nil
	}
	c.name = name
	if name != "string_agg" || len(c.args) == 0 {
		return nil
	}
	if t := c.args[0].typ(); !t.IsString() && t.ID != types.Bytea {
		v, err := b.cast(c.args[0], types.Of(types.Text), c.args[0].pos)
		if err != nil {
			return err
		}
		c.args[0] = v
	}
	if len(c.args) == 1 {
		c.args = append(c.args, value{e: textConst(types.Of(types.Text), ","), pos: c.pos})
	}
	return nil
}
