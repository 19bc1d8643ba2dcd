package gsql

import (
	"context"
	"slices"
	"strings"

	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// arbiters returns the keys whose conflicts ON CONFLICT is about.
func arbiters(c *syntax.OnConflict, t *memory.Table) ([]*memory.Key, error) {
	keys := t.Keys
	switch {
	case c.Constraint.Name != "":
		keys = slices.DeleteFunc(slices.Clone(keys), func(k *memory.Key) bool { return k.Name != c.Constraint.Name || k.Index })
		if len(keys) == 0 {
			return nil, sqlstate.New(sqlstate.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", c.Constraint.Name, t.Name)
		}
	case c.Columns != nil:
		var columns []int
		for _, n := range c.Columns {
			i := slices.IndexFunc(t.Columns, func(o memory.Column) bool { return o.Name == n.Name })
			if i < 0 {
				return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" does not exist", n.Name).At(n.Pos)
			}
			columns = append(columns, i)
		}
		keys = slices.DeleteFunc(slices.Clone(keys), func(k *memory.Key) bool { return !sameSet(k.Columns, columns) })
		if len(keys) == 0 {
			return nil, sqlstate.New("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification")
		}
	}
	if slices.ContainsFunc(keys, func(k *memory.Key) bool { return k.Deferrable }) {
		return nil, sqlstate.New("55000", "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters")
	}
	return keys, nil
}

// sameSet reports whether two lists have the same members.
func sameSet(a, b []int) bool {
	subset := func(a, b []int) bool {
		return !slices.ContainsFunc(a, func(x int) bool { return !slices.Contains(b, x) })
	}
	return subset(a, b) && subset(b, a)
}

// bindConflict binds ON CONFLICT: its keys, and what DO UPDATE does to rows of the table that excluded ones are in conflict with.
// It is bound once to find parameters, and again for each execution.
func (p *Prepared) bindConflict(ctx context.Context, c *syntax.OnConflict, t, excluded *memory.Table, params []types.Type, fixed bool) (*sql.Bound, error) {
	keys, err := arbiters(c, t)
	if err != nil || c.Update == nil {
		return nil, err
	}
	on, err := sameKey(c.Update.Table, keys[0], t)
	if err != nil {
		return nil, err
	}
	update := *c.Update
	query, sel := *update.Query, *update.Query.Body.(*syntax.Select)
	if sel.Where != nil {
		on = &syntax.And{Args: []syntax.Expr{on, sel.Where}}
	}
	sel.Where, query.Body, update.Query = on, &sel, &query
	env := p.env(ctx, params, fixed)
	env.Target, env.Excluded = t.WithRowNumbers(), excluded
	return sql.BindUpdate(ctx, &update, writeTable(t), env)
}

// sameKey is the condition that a row of the table and an excluded one have the same key.
func sameKey(table *syntax.Table, k *memory.Key, t *memory.Table) (syntax.Expr, error) {
	name, equal := t.Name, " = "
	if table.Alias.Name != "" {
		name = table.Alias.Name
	}
	if k.NullsNotDistinct {
		equal = " IS NOT DISTINCT FROM "
	}
	var terms []string
	for _, c := range k.Columns {
		column := quoteName(t.Columns[c].Name)
		terms = append(terms, quoteName(name)+"."+column+equal+"excluded."+column)
	}
	return syntax.ParseExpr(strings.Join(terms, " AND "))
}

// upsert makes the rows of an INSERT with ON CONFLICT and the change that adds them, and changes those that are in conflict. The rows
// that it returns are those of both kinds.
func (p *Prepared) upsert(ctx context.Context, c *syntax.OnConflict, values []*vec.Vector, held *mem.Reservation) (*change, []*memory.Chunk, int64, error) {
	t := p.write.table
	keys, err := arbiters(c, t)
	if err != nil {
		return nil, nil, 0, err
	}
	_, chunks, _, err := p.insert(ctx, values, held)
	if err != nil {
		return nil, nil, 0, err
	}
	fates, err := t.Fates(ctx, keys, chunks)
	if err != nil {
		return nil, nil, 0, err
	}
	if c.Update != nil && slices.Contains(fates, memory.Repeated) {
		return nil, nil, 0, secondTime()
	}
	fresh, err := p.rowsOf(ctx, chunks, fates, memory.Fresh, held)
	if err != nil {
		return nil, nil, 0, err
	}
	var n int64
	for _, x := range fresh {
		n += int64(x.Rows)
	}
	if c.Update == nil || !slices.Contains(fates, memory.Conflict) {
		return newAppend(p.write.key, t, fresh, held), fresh, n, nil
	}
	excluded, err := p.rowsOf(ctx, chunks, fates, memory.Conflict, held)
	if err != nil {
		return nil, nil, 0, err
	}
	u := *p
	if u.bound, err = p.bindConflict(ctx, c, t, t.Empty().Append(excluded...), p.Params(), true); err != nil {
		return nil, nil, 0, err
	}
	change, changed, m, err := u.rewritten(ctx, values, held, fresh, func(v *vec.Vector, sel []uint32) error {
		if len(sel) < v.Len {
			return secondTime()
		}
		return nil
	})
	return change, append(fresh, changed...), n + m, err
}

func secondTime() error {
	return sqlstate.New(sqlstate.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
		WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
}

// rowsOf returns the rows of chunks that have a fate.
func (p *Prepared) rowsOf(ctx context.Context, chunks []*memory.Chunk, fates []memory.Fate, fate memory.Fate, held *mem.Reservation) ([]*memory.Chunk, error) {
	t := p.write.table
	w := memory.NewWriter(&p.s.db.tables, t.Name, t.Columns, held)
	defer w.Close()
	base := 0
	for _, c := range chunks {
		err := c.Each(ctx, func(from int, b *vec.Batch) error {
			var sel []uint32
			for i := range b.Rows {
				if fates[base+from+i] == fate {
					sel = append(sel, uint32(i))
				}
			}
			if len(sel) == 0 {
				return nil
			}
			return w.Add((&vec.Batch{Cols: b.Cols, Rows: b.Rows, Sel: sel}).Compact())
		})
		if err != nil {
			return nil, err
		}
		base += c.Rows
	}
	return w.Chunks()
}
