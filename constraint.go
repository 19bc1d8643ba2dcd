package gsql

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// declared is what CREATE TABLE makes: a table's columns and constraints, and the sequences of its columns.
type declared struct {
	columns   []memory.Column
	keys      []*memory.Key
	checks    []memory.Check
	sequences []*change
	taken     map[string]bool // names of sequences and constraints
}

// declare reads the columns and constraints of CREATE TABLE.
func (s *Session) declare(ctx context.Context, key relationKey, stmt *syntax.CreateTableStmt) (*declared, error) {
	st, err := s.state()
	if err != nil {
		return nil, err
	}
	d := &declared{taken: map[string]bool{key.name: true}}
	for _, c := range stmt.Columns {
		col, err := s.column(ctx, c)
		if err == nil {
			err = d.number(s, st, key, c, &col)
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(d.columns, func(o memory.Column) bool { return o.Name == col.Name }) {
			return nil, sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" specified more than once", col.Name).At(c.Pos)
		}
		d.columns = append(d.columns, col)
	}
	for _, c := range stmt.Constraints {
		if err := s.constrain(ctx, d, st, key, c); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// number gives a column that numbers the rows its sequence.
func (d *declared) number(s *Session, st state, table relationKey, c *syntax.TableColumn, col *memory.Column) error {
	if !c.Serial && c.Identity == syntax.NoIdentity {
		return nil
	}
	switch {
	case c.Serial && c.Default != nil || c.Serial && c.Identity != syntax.NoIdentity:
		return sqlstate.New(sqlstate.SyntaxError, "multiple default values specified for column \"%s\" of table \"%s\"", c.Name, table.name).At(c.Pos)
	case c.Default != nil:
		return sqlstate.New(sqlstate.SyntaxError, "both default and identity specified for column \"%s\" of table \"%s\"", c.Name, table.name).At(c.Pos)
	case !c.Serial && !col.Type.IsInteger():
		return sqlstate.New(sqlstate.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	own, change, def, err := s.ownSequence(st, table, d.taken, c, col.Type)
	if err != nil {
		return err
	}
	d.sequences = append(d.sequences, change)
	col.Default, col.Sequence, col.Identity = def, own.name, memory.IdentityKind(c.Identity)
	return nil
}

// constrain adds a constraint.
func (s *Session) constrain(ctx context.Context, d *declared, st state, table relationKey, c *syntax.TableConstraint) error {
	if c.Name != "" && (d.has(c.Name) || c.Kind != syntax.CheckConstraint && (st.get(relationKey{table.schema, c.Name}) != nil || d.taken[c.Name])) {
		if d.has(c.Name) && !c.Index {
			return sqlstate.New(sqlstate.DuplicateObject, "constraint \"%s\" for relation \"%s\" already exists", c.Name, table.name)
		}
		return duplicateRelation(c.Name)
	}
	if c.Kind == syntax.CheckConstraint {
		return s.addCheck(ctx, d, table, c)
	}
	k := &memory.Key{Name: c.Name, Primary: c.Kind == syntax.PrimaryKey, NullsNotDistinct: c.NullsNotDistinct, Deferrable: c.Deferrable, Deferred: c.Deferred}
	if k.Primary && slices.ContainsFunc(d.keys, func(k *memory.Key) bool { return k.Primary }) {
		return sqlstate.New("42P16", "multiple primary keys for table \"%s\" are not allowed", table.name).At(c.Pos)
	}
	kind := map[bool]string{true: "primary key", false: "unique"}[k.Primary]
	for _, name := range c.Columns {
		i := slices.IndexFunc(d.columns, func(o memory.Column) bool { return o.Name == name.Name })
		switch {
		case i < 0:
			return sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" named in key does not exist", name.Name).At(c.Pos)
		case slices.Contains(k.Columns, i):
			return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" appears twice in %s constraint", name.Name, kind).At(c.Pos)
		case !sql.HasOrder(d.columns[i].Type):
			return noOrder(d.columns[i].Type)
		}
		k.Columns = append(k.Columns, i)
	}
	if k.Primary {
		d.columns = slices.Clone(d.columns) // of which a table may share the old ones
		for _, i := range k.Columns {
			d.columns[i].NotNull = true
		}
	}
	k.Index = c.Index
	if k.Name == "" {
		k.Name = freeName(st, table.schema, d.taken, keyName(table.name, k, d.columns))
	}
	d.taken[k.Name] = true
	d.keys = append(d.keys, k)
	return nil
}

// has reports whether there is a constraint of a name.
func (d *declared) has(name string) bool {
	return slices.ContainsFunc(d.keys, func(k *memory.Key) bool { return k.Name == name }) ||
		slices.ContainsFunc(d.checks, func(c memory.Check) bool { return c.Name == name })
}

// keyName is the name of a key that is given none.
func keyName(table string, k *memory.Key, columns []memory.Column) string {
	if k.Primary {
		return table + "_pkey"
	}
	names := []string{table}
	for _, i := range k.Columns {
		names = append(names, columns[i].Name)
	}
	return strings.Join(append(names, map[bool]string{true: "idx", false: "key"}[k.Index]), "_")
}

// addCheck adds a CHECK constraint. One that is given no name and uses a single column is named by that.
func (s *Session) addCheck(ctx context.Context, d *declared, table relationKey, c *syntax.TableConstraint) error {
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return err
	}
	used, err := sql.CheckConstraint(ctx, c.Check, table.name, tableColumns(d.columns), env)
	if err != nil {
		return err
	}
	slices.Sort(used)
	var names []string
	for _, i := range slices.Compact(used) {
		names = append(names, d.columns[i].Name)
	}
	name := c.Name
	if name == "" {
		middle := ""
		if len(names) == 1 {
			middle = names[0] + "_"
		}
		name = table.name + "_" + middle + "check"
		for i, free := 1, name; ; i++ {
			if !d.has(free) {
				name = free
				break
			}
			free = name + strconv.Itoa(i)
		}
	}
	d.checks = append(d.checks, memory.Check{Name: name, Text: c.CheckText, Table: table.name, Columns: names})
	slices.SortFunc(d.checks, func(a, b memory.Check) int { return strings.Compare(a.Name, b.Name) }) // the order in which PostgreSQL looks at them
	return nil
}

// addConstraint adds a constraint to a table, whose rows must satisfy it.
func (s *Session) addConstraint(ctx context.Context, st state, key relationKey, t *memory.Table, c *syntax.TableConstraint) (*memory.Table, error) {
	d := &declared{columns: t.Columns, keys: slices.Clip(t.Keys), checks: slices.Clip(t.Checks), taken: map[string]bool{key.name: true}}
	if err := s.constrain(ctx, d, st, key, c); err != nil {
		return nil, err
	}
	if c.Kind == syntax.CheckConstraint {
		// With columns of its own the table is another one for statements that do not know of the constraint.
		added := slices.IndexFunc(d.checks, func(k memory.Check) bool {
			return !slices.ContainsFunc(t.Checks, func(o memory.Check) bool { return o.Name == k.Name })
		})
		return t.WithColumns(slices.Clone(t.Columns)).WithConstraints(d.keys, d.checks), s.satisfied(ctx, d.checks[added], t)
	}
	added := d.keys[len(d.keys)-1]
	if err := mayHaveKey(ctx, t, added); err != nil {
		return nil, err
	}
	if added.Primary {
		for _, i := range added.Columns {
			if t.HasNull(i) {
				return nil, sqlstate.New(sqlstate.NotNullViolation, "column \"%s\" of relation \"%s\" contains null values", t.Columns[i].Name, t.Name)
			}
		}
	}
	return t.WithColumns(d.columns).WithConstraints(d.keys, d.checks), nil
}

// satisfied returns the error about rows of a table that do not satisfy a CHECK constraint.
func (s *Session) satisfied(ctx context.Context, c memory.Check, t *memory.Table) error {
	q := syntax.StarOf(&syntax.Table{QualifiedName: syntax.QualifiedName{Name: c.Table}, Target: true})
	not, err := syntax.ParseExpr("NOT (" + c.Text + ")")
	if err != nil {
		return err
	}
	q.Body.(*syntax.Select).Where = not
	env, err := s.bindEnv(ctx, nil)
	if err != nil {
		return err
	}
	env.Target = t
	p := &Prepared{s: s, stmt: &syntax.SelectStmt{}}
	if p.state, err = s.state(); err != nil {
		return err
	}
	if p.bound, err = sql.Bind(ctx, q, env); err != nil {
		return err
	}
	p.cols = p.boundColumns(p.bound)
	return p.each(ctx, nil, func(b *vec.Batch) error {
		if b.Rows == 0 {
			return nil
		}
		return sqlstate.New(sqlstate.CheckViolation, "check constraint \"%s\" of relation \"%s\" is violated by some row", c.Name, t.Name)
	})
}

// dropConstraint drops a constraint of a table.
func (s *Session) dropConstraint(t *memory.Table, a *syntax.AlterAction) (*memory.Table, error) {
	keys := slices.DeleteFunc(slices.Clone(t.Keys), func(k *memory.Key) bool { return k.Name == a.Column.Name })
	checks := slices.DeleteFunc(slices.Clone(t.Checks), func(c memory.Check) bool { return c.Name == a.Column.Name })
	if len(keys) == len(t.Keys) && len(checks) == len(t.Checks) {
		if a.IfExists {
			s.tell("NOTICE", "00000", "constraint \"%s\" of relation \"%s\" does not exist, skipping", a.Column.Name, t.Name)
			return t, nil
		}
		return nil, sqlstate.New(sqlstate.UndefinedObject, "constraint \"%s\" of relation \"%s\" does not exist", a.Column.Name, t.Name)
	}
	return t.WithConstraints(keys, checks), nil
}
