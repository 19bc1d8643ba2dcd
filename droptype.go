package gsql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// typeNamed finds the type that a statement changes.
func (s *Session) typeNamed(st state, n syntax.QualifiedName) (relationKey, *userType, error) {
	key, u := s.namesIn(st).findType(n.Schema, n.Name)
	if u != nil {
		return key, u, nil
	}
	name := n.Name
	if n.Schema != "" {
		name = n.Schema + "." + name
		if err := s.missingSchema(st, n.Schema); err != nil {
			return key, nil, err
		}
	}
	if t, err := sql.TypeOf(&syntax.TypeName{Schema: n.Schema, Name: n.Name}, nil); err == nil {
		return key, nil, sqlstate.New(sqlstate.DependentObjects, "cannot drop type %s because it is required by the database system", t.Base())
	}
	if x, err := s.namesIn(st).lookup(n); err == nil && (x.entry != nil || x.relation != nil && x.relation.sequence == nil) {
		return key, nil, sqlstate.New(sqlstate.DependentObjects, "cannot drop type %s because table %s requires it", name, name).
			WithHint("You can drop table %s instead.", name)
	}
	return key, nil, sqlstate.New(sqlstate.UndefinedObject, "type \"%s\" does not exist", name)
}

// dropTypes runs DROP TYPE and DROP DOMAIN.
func (s *Session) dropTypes(ctx context.Context, stmt *syntax.DropTypeStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	var drop []relationKey
	for _, n := range stmt.Names {
		key, u, err := s.typeNamed(st, n)
		switch code := sqlstate.Of(err); {
		case stmt.IfExists && (code == sqlstate.UndefinedObject || code == sqlstate.InvalidSchemaName):
			s.tell("NOTICE", "00000", "%v, skipping", err)
			continue
		case err != nil:
			return err
		case stmt.Domain && !u.typ.IsDomain():
			return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a domain", n.Name)
		}
		if err := s.mayWrite(stmt.Tag(), key.temporary()); err != nil {
			return err
		}
		if !slices.Contains(drop, key) {
			drop = append(drop, key)
		}
	}
	changes, further, err := s.dropTypeChanges(ctx, st, drop, stmt.Cascade, nil)
	if err != nil {
		return err
	}
	return s.changeCascading(changes, further)
}

// typeDrop is what DROP TYPE drops.
type typeDrop struct {
	all     map[relationKey]*userType
	types   []relationKey // of all
	gone    []relationKey // relations that are dropped anyway
	columns []typeUse
	views   []relationKey
	// attributes are columns of composite types that stay.
	attributes map[relationKey][]string
	further    []string // what else is dropped with CASCADE, as messages call it
}

// dropTypeChanges returns the changes that drop types, with what else is dropped with cascade. gone are relations that are
// dropped anyway.
func (s *Session) dropTypeChanges(ctx context.Context, st state, drop []relationKey, cascade bool, gone []relationKey) (changes []*change, further []string, err error) {
	d := &typeDrop{all: st.allTypes(), types: drop, gone: gone, attributes: map[relationKey][]string{}}
	for i := 0; i < len(d.types); i++ { // to which dependent ones are added
		u := d.all[d.types[i]]
		uses, err := s.usesOfType(ctx, st, u.typ.Def.Named)
		if err != nil {
			return nil, nil, err
		}
		if uses = slices.DeleteFunc(uses, d.has); len(uses) > 0 && !cascade {
			return nil, nil, dependsOnType(u, uses)
		}
		for _, use := range uses {
			if !d.add(use) {
				return nil, nil, sqlstate.Unsupported("Drop it, or change it, first.", "dropping type %s together with %s is not supported", u.typ.Base(), use.object)
			}
		}
	}
	if changes, err = s.dropColumns(ctx, st, d); err != nil {
		return nil, nil, err
	}
	dropped, more, err := s.dropChanges(ctx, st, d.views, cascade)
	if err != nil {
		return nil, nil, err
	}
	changes = append(changes, dropped...)
	for _, key := range d.types {
		changes = append(changes, newTypeDrop(key, d.all[key], d.types))
	}
	return changes, append(d.further, more...), nil
}

// has reports whether what depends on a type is dropped already.
func (d *typeDrop) has(u typeUse) bool {
	if u.kind == useDomain || u.kind == useAttribute {
		return slices.Contains(d.types, u.key)
	}
	return slices.Contains(d.gone, u.key) || slices.ContainsFunc(d.columns, u.same)
}

// add adds what depends on a type to what is dropped; false for what cannot be.
func (d *typeDrop) add(u typeUse) bool {
	switch u.kind {
	case useView:
		d.views = append(d.views, u.key)
	case useDomain:
		d.types = append(d.types, u.key)
	case useColumn:
		d.columns = append(d.columns, u)
	case useAttribute:
		d.attributes[u.key] = append(d.attributes[u.key], u.name)
	default:
		return false
	}
	if !slices.Contains(d.further, u.object) {
		d.further = append(d.further, u.object)
	}
	return true
}

// dropColumns returns the changes that drop the columns of tables and of composite types.
func (s *Session) dropColumns(ctx context.Context, st state, d *typeDrop) (changes []*change, err error) {
	byTable := map[relationKey][]*syntax.AlterAction{}
	for _, c := range d.columns {
		byTable[c.key] = append(byTable[c.key], &syntax.AlterAction{Kind: syntax.DropColumn, Column: syntax.Ident{Name: c.name}})
	}
	for key, actions := range byTable {
		t := st.get(key).table
		if d := st.dependents(key); len(d) > 0 {
			return nil, sqlstate.Unsupported("Drop the view first.", "dropping a column of table %s, which view %s uses, is not supported here", key, d[0])
		}
		if err := s.lock(ctx, t.Identity); err != nil {
			return nil, err
		}
		more, err := s.columnChanges(ctx, st, key, t, actions)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	for key, names := range d.attributes {
		if slices.Contains(d.types, key) {
			continue
		}
		c, err := s.withoutAttributes(ctx, st, key, d.all[key], names)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// withoutAttributes returns the change that takes columns from a composite type, of which there must be no values.
func (s *Session) withoutAttributes(ctx context.Context, st state, key relationKey, u *userType, names []string) (*change, error) {
	uses, err := s.usesOfType(ctx, st, u.typ.Def.Named)
	if err != nil {
		return nil, err
	}
	fields := slices.DeleteFunc(slices.Clone(u.typ.Fields()), func(f types.Field) bool { return slices.Contains(names, f.Name) })
	if len(uses) > 0 || len(fields) == 0 {
		return nil, sqlstate.Unsupported("Drop the composite type first.", "dropping column %s of composite type %s together with its type is not supported", names[0], u.typ.Base())
	}
	return newTypeChange(key, u, &userType{types.CompositeOf(u.typ.Def.Named, fields), u.state}, s.isOwn(u)), nil
}

// typeUse is what depends on a type.
type typeUse struct {
	kind   typeUseKind
	key    relationKey // of the table, view or type
	name   string      // of the column
	object string      // as messages call it
	array  bool        // it is of an array of the type
}

func (u typeUse) same(o typeUse) bool { return u.key == o.key && u.name == o.name && u.kind == o.kind }

type typeUseKind uint8

const (
	useColumn typeUseKind = iota
	useDomain
	useAttribute
	useView
	useText // of a default or a check
)

// isOf reports whether a type is one that a statement made, or an array of it.
func isOf(t types.Type, n *types.Named) bool { return t.Named() == n || isArrayOf(t, n) }

func isArrayOf(t types.Type, n *types.Named) bool {
	return t.ID == types.Array && !t.IsDomain() && t.Element().Named() == n
}

// dependsOnType is the error about a type that something depends on.
func dependsOnType(u *userType, uses []typeUse) error {
	var details []string
	for _, use := range uses {
		of := u.typ.Base()
		if use.array {
			of += "[]"
		}
		details = append(details, use.object+" depends on type "+of)
	}
	return sqlstate.New(sqlstate.DependentObjects, "cannot drop type %s because other objects depend on it", u.typ.Base()).
		WithDetail("%s", strings.Join(details, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// usesOfType lists what depends on a type, in the order of names: columns of tables, other types, views, and expressions.
func (s *Session) usesOfType(ctx context.Context, st state, n *types.Named) (uses []typeUse, err error) {
	for key, u := range st.allTypes() {
		switch {
		case u.typ.Def.Named == n:
		case u.typ.IsDomain() && isOf(u.typ.Def.Base, n):
			uses = append(uses, typeUse{kind: useDomain, key: key, object: "type " + u.typ.Base(), array: isArrayOf(u.typ.Def.Base, n)})
		case !u.typ.IsDomain():
			for _, f := range u.typ.Fields() {
				if isOf(f.Type, n) {
					uses = append(uses, typeUse{useAttribute, key, f.Name, fmt.Sprintf("column %s of composite type %s", f.Name, u.typ.Base()), isArrayOf(f.Type, n)})
				}
			}
		}
	}
	for _, r := range []*relations{st.temporary, st.shared} {
		for key, rel := range r.byKey {
			if slices.Contains(rel.usesTypes, n) {
				uses = append(uses, typeUse{kind: useView, key: key, object: "view " + key.String()})
			}
			if rel.table == nil {
				continue
			}
			uses = append(uses, s.tableUses(ctx, key, rel.table, n)...)
		}
	}
	slices.SortFunc(uses, func(a, b typeUse) int { return strings.Compare(a.object, b.object) })
	return uses, nil
}

// tableUses lists what of a table depends on a type.
func (s *Session) tableUses(ctx context.Context, key relationKey, t *memory.Table, n *types.Named) (uses []typeUse) {
	for _, c := range t.Columns {
		if isOf(c.Type, n) {
			uses = append(uses, typeUse{useColumn, key, c.Name, fmt.Sprintf("column %s of table %s", c.Name, key), isArrayOf(c.Type, n)})
			continue
		}
		inDefault := s.textUses(ctx, c.Default, n, func(e syntax.Expr, env *sql.Env) error {
			return sql.CheckDefault(ctx, e, sql.TableColumn{Name: c.Name, Type: c.Type}, env)
		})
		if inDefault {
			uses = append(uses, typeUse{useText, key, c.Name, fmt.Sprintf("default value for column %s of table %s", c.Name, key), false})
		}
	}
	for _, k := range t.Checks {
		inCheck := s.textUses(ctx, k.Text, n, func(e syntax.Expr, env *sql.Env) error {
			_, err := sql.CheckConstraint(ctx, e, t.Name, writeTable(t).Columns, env)
			return err
		})
		if inCheck {
			uses = append(uses, typeUse{useText, key, k.Name, fmt.Sprintf("constraint %s on table %s", k.Name, key), false})
		}
	}
	return uses
}

// textUses reports whether an expression that is kept as text names a type; bind binds it.
func (s *Session) textUses(ctx context.Context, text string, n *types.Named, bind func(e syntax.Expr, env *sql.Env) error) bool {
	if !strings.Contains(text, n.State().Name) {
		return false
	}
	e, err := syntax.ParseExpr(text)
	if err != nil {
		return false
	}
	env, err := s.bindEnv(ctx, nil)
	if err != nil || bind(e, env) != nil {
		return false
	}
	return slices.Contains(env.Catalog.(*tables).usedTypes, n)
}
