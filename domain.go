package gsql

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/sql"
	"gsql/sql/syntax"
	"gsql/storage/memory"
)

// createDomain runs CREATE DOMAIN.
func (s *Session) createDomain(ctx context.Context, stmt *syntax.CreateDomainStmt) error {
	key, st, err := s.placeType(stmt.Tag(), stmt.Name)
	if err != nil {
		return err
	}
	base, err := s.typeOf(stmt.Type)
	if err != nil {
		return err
	}
	state := &types.NamedState{Schema: key.schema, Name: key.name, NotNull: stmt.NotNull, Default: stmt.DefaultText}
	u := &userType{types.DomainOf(newNamed(st, key, state), base), state}
	if stmt.Default != nil {
		if err := s.checkDefault(ctx, stmt.Default, memory.Column{Name: key.name, Type: base}); err != nil {
			return err
		}
	}
	for _, c := range stmt.Checks {
		if err := addDomainCheck(u.typ, state, c); err != nil {
			return err
		}
	}
	if err := s.setRules(ctx, u, state); err != nil {
		return err
	}
	return s.change(newTypeChange(key, nil, u, true))
}

// addDomainCheck adds a CHECK constraint to the state of a domain.
func addDomainCheck(t types.Type, state *types.NamedState, c *syntax.TableConstraint) error {
	has := func(name string) bool {
		return slices.ContainsFunc(state.Checks, func(k types.Check) bool { return k.Name == name })
	}
	name := c.Name
	if name != "" && has(name) {
		return sqlstate.New(sqlstate.DuplicateObject, "constraint \"%s\" for domain %s already exists", name, t.Base())
	}
	for i := 0; name == "" || has(name); i++ {
		suffix := "_check"
		if i > 0 {
			suffix += strconv.Itoa(i)
		}
		if name = state.Name[:min(len(state.Name), 63-len(suffix))] + suffix; !has(name) {
			break
		}
	}
	state.Checks = append(slices.Clone(state.Checks), types.Check{Name: name, Text: c.CheckText})
	slices.SortFunc(state.Checks, func(a, b types.Check) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// setRules binds the CHECK constraints of a domain. PostgreSQL looks at them in the order of their names.
func (s *Session) setRules(ctx context.Context, u *userType, state *types.NamedState) error {
	state.Rules = nil
	if len(state.Checks) == 0 {
		return nil
	}
	var rules expr.DomainChecks
	for _, c := range state.Checks {
		e, err := syntax.ParseExpr(c.Text)
		if err != nil {
			return err
		}
		env, err := s.bindEnv(ctx, nil)
		if err != nil {
			return err
		}
		cond, err := sql.BindDomainCheck(ctx, e, u.typ.Def.Base, env)
		if err != nil { // whose position is one in another text
			var e *sqlstate.Error
			if errors.As(err, &e) {
				e.Position = 0
			}
			return err
		}
		rules = append(rules, expr.DomainCheck{Name: c.Name, Cond: cond})
	}
	state.Rules = rules
	return nil
}

// alterDomain makes one change of ALTER DOMAIN in a copy of the domain's state.
func (s *Session) alterDomain(ctx context.Context, st state, u *userType, state *types.NamedState, a *syntax.AlterTypeAction) error {
	i := slices.IndexFunc(state.Checks, func(c types.Check) bool { return c.Name == a.Name.Name })
	missing := sqlstate.New(sqlstate.UndefinedObject, "constraint \"%s\" of domain \"%s\" does not exist", a.Name.Name, state.Name)
	switch a.Kind {
	case syntax.SetDomainDefault:
		state.Default = a.DefaultText
		if a.Default != nil {
			return s.checkDefault(ctx, a.Default, memory.Column{Name: state.Name, Type: u.typ.Def.Base})
		}
		return nil
	case syntax.SetDomainNotNull:
		state.NotNull = true
		return s.checkDomainColumns(ctx, st, u, state, "contains null values")
	case syntax.DropDomainNotNull:
		state.NotNull = false
		return nil
	case syntax.AddDomainCheck:
		if err := addDomainCheck(u.typ, state, a.Check); err != nil {
			return err
		}
		if err := s.setRules(ctx, u, state); err != nil || a.NotValid {
			return err
		}
		return s.checkDomainColumns(ctx, st, u, state, "contains values that violate the new constraint")
	case syntax.DropDomainCheck:
		if i < 0 && a.IfExists {
			s.tell("NOTICE", "00000", "%v, skipping", missing)
			return nil
		}
		if i < 0 {
			return missing
		}
		state.Checks = slices.Delete(slices.Clone(state.Checks), i, i+1)
		return s.setRules(ctx, u, state)
	case syntax.RenameDomainCheck:
		if i < 0 {
			return missing
		}
		if slices.ContainsFunc(state.Checks, func(c types.Check) bool { return c.Name == a.NewName.Name }) {
			return sqlstate.New(sqlstate.DuplicateObject, "constraint \"%s\" for domain %s already exists", a.NewName.Name, u.typ.Base())
		}
		state.Checks = slices.Clone(state.Checks)
		state.Checks[i].Name = a.NewName.Name
		slices.SortFunc(state.Checks, func(a, b types.Check) int { return strings.Compare(a.Name, b.Name) })
		return s.setRules(ctx, u, state)
	case syntax.ValidateDomainCheck:
		if i < 0 {
			return missing
		}
		return s.checkDomainColumns(ctx, st, u, state, "contains values that violate the new constraint")
	}
	return sqlstate.Unsupported("", "this form of ALTER DOMAIN is not supported")
}

// checkDomainColumns checks the values that tables have of a domain by another state of it; what says what is wrong with
// a column where one is none.
func (s *Session) checkDomainColumns(ctx context.Context, st state, u *userType, state *types.NamedState, what string) error {
	trial := types.DomainOf(types.NewNamed(state), u.typ.Def.Base)
	for _, r := range []*relations{st.temporary, st.shared} {
		for key, rel := range r.byKey {
			if rel.table == nil {
				continue
			}
			for i, c := range rel.table.Columns {
				switch {
				case !c.Type.Uses(u.typ.Def.Named):
				case c.Type != u.typ:
					return sqlstate.Unsupported("Make another domain.", "cannot alter type \"%s\" because column \"%s.%s\" uses it within another type", state.Name, key.name, c.Name)
				default:
					if err := s.checkColumn(ctx, rel.table, i, trial); err != nil {
						return sqlstate.New(sqlstate.Of(err), "column \"%s\" of table \"%s\" %s", c.Name, key.name, what)
					}
				}
			}
		}
	}
	return nil
}

func (s *Session) checkColumn(ctx context.Context, t *memory.Table, column int, domain types.Type) error {
	f := s.fnCtx(ctx)
	for _, chunk := range t.Chunks {
		err := chunk.Each(ctx, func(_ int, b *vec.Batch) error {
			return fn.CheckDomains(f, domain, b.Cols[column].WithLenOf(b.Rows))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
