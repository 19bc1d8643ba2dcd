package gsql

import (
	"context"
	"slices"

	"gsql/exec/sqlstate"
	"gsql/exec/types"
	"gsql/sql/syntax"
)

// alterType runs ALTER TYPE and ALTER DOMAIN.
func (s *Session) alterType(ctx context.Context, stmt *syntax.AlterTypeStmt) error {
	st, err := s.state()
	if err != nil {
		return err
	}
	key, u, err := s.typeNamed(st, stmt.Name)
	switch {
	case sqlstate.Of(err) == sqlstate.DependentObjects:
		return sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a type that CREATE TYPE made", stmt.Name.Name)
	case err != nil:
		return err
	case stmt.Domain && !u.typ.IsDomain():
		return sqlstate.New(sqlstate.WrongObjectType, "%s is not a domain", u.typ.Base())
	}
	if err := s.mayWrite(stmt.Tag(), key.temporary()); err != nil {
		return err
	}
	switch a := stmt.Actions[0]; a.Kind {
	case syntax.SetTypeOwner:
		return nil
	case syntax.RenameType:
		return s.moveType(ctx, st, stmt.Tag(), key, u, relationKey{key.schema, a.NewName.Name})
	case syntax.SetTypeSchema:
		to, err := s.newKey(st, syntax.QualifiedName{Pos: a.NewName.Pos, Schema: a.NewName.Name, Name: key.name}, false)
		if err != nil {
			return err
		}
		return s.moveType(ctx, st, stmt.Tag(), key, u, to)
	}
	own := s.isOwn(u)
	if stmt.Domain && !own && s.inTransaction() {
		return sqlstate.Unsupported("Run it outside of a transaction.", "ALTER DOMAIN in a transaction that did not make the domain is not supported")
	}
	after := &userType{u.typ, u.state}
	for _, a := range stmt.Actions {
		if after, err = s.alteredType(ctx, st, key, after, a); err != nil {
			return err
		}
	}
	if after.typ == u.typ && after.state == u.state {
		return nil
	}
	changes := st.of(key.temporary()).columnComments(key, asColumns(stmt.Actions))
	return s.change(append(changes, newTypeChange(key, u, after, own))...)
}

// asColumns returns changes of attributes as those of a table's columns.
func asColumns(actions []*syntax.AlterTypeAction) (out []*syntax.AlterAction) {
	for _, a := range actions {
		switch a.Kind {
		case syntax.DropAttribute:
			out = append(out, &syntax.AlterAction{Kind: syntax.DropColumn, Column: a.Name})
		case syntax.RenameAttribute:
			out = append(out, &syntax.AlterAction{Kind: syntax.RenameColumn, Column: a.Name, NewName: a.NewName})
		}
	}
	return out
}

// inTransaction reports whether further statements may run before what one changes is committed.
func (s *Session) inTransaction() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tx.status != Idle || s.tx.together
}

// moveType gives a type another place. Views and expressions know it by name, so none must use it.
func (s *Session) moveType(ctx context.Context, st state, tag string, key relationKey, u *userType, to relationKey) error {
	if key == to {
		return sqlstate.New(sqlstate.DuplicateObject, "type \"%s\" already exists", to.name)
	}
	if err := s.typeNameFree(tag, st, to); err != nil {
		return err
	}
	uses, err := s.usesOfType(ctx, st, u.typ.Def.Named)
	if err != nil {
		return err
	}
	for _, use := range uses {
		if use.kind == useView || use.kind == useText {
			return sqlstate.Unsupported("Drop it first.", "%s of a type that %s names is not supported", tag, use.object)
		}
	}
	state := *u.state
	state.Schema, state.Name = to.schema, to.name
	after := &userType{u.typ, &state}
	changes := []*change{newTypeChange(to, nil, after, s.isOwn(u))}
	if u.isComposite() {
		changes = append(changes, st.of(key.temporary()).movedComments(key, to)...)
	}
	return s.change(append(changes, newTypeChange(key, u, nil, false))...)
}

// alteredType returns what becomes of a type by one change.
func (s *Session) alteredType(ctx context.Context, st state, key relationKey, u *userType, a *syntax.AlterTypeAction) (*userType, error) {
	state := *u.state
	var err error
	switch a.Kind {
	case syntax.AddLabel, syntax.RenameLabel:
		if state.Labels == nil {
			return nil, sqlstate.New(sqlstate.WrongObjectType, "%s is not an enum", u.typ.Base())
		}
		if a.Kind == syntax.AddLabel {
			state.Labels, err = s.addedLabel(state.Labels, a)
		} else {
			state.Labels, err = renamedLabel(state.Labels, a)
		}
		if err != nil || state.Labels == u.state.Labels {
			return u, err
		}
	case syntax.AddAttribute, syntax.DropAttribute, syntax.RenameAttribute:
		return s.alteredAttributes(ctx, st, key, u, a)
	default:
		if err = s.alterDomain(ctx, st, u, &state, a); err != nil {
			return nil, err
		}
	}
	return &userType{u.typ, &state}, nil
}

// labelIndex returns the place of a label, -1 where there is none.
func labelIndex(l *types.Labels, label string) int {
	code, ok := l.Code([]byte(label))
	if !ok {
		return -1
	}
	return l.Index(code)
}

// addedLabel returns the labels with a further one.
func (s *Session) addedLabel(l *types.Labels, a *syntax.AlterTypeAction) (*types.Labels, error) {
	if err := checkLabel(a.Label); err != nil {
		return nil, err
	}
	if labelIndex(l, a.Label) >= 0 {
		if a.IfNotExists {
			s.tell("NOTICE", sqlstate.DuplicateObject, "enum label \"%s\" already exists, skipping", a.Label)
			return l, nil
		}
		return nil, sqlstate.New(sqlstate.DuplicateObject, "enum label \"%s\" already exists", a.Label)
	}
	at := l.Len()
	if a.Before || a.After {
		if at = labelIndex(l, a.Other); at < 0 {
			return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not an existing enum label", a.Other)
		}
		if a.After {
			at++
		}
	}
	out, ok := l.With(a.Label, at)
	if !ok {
		return nil, sqlstate.New(sqlstate.ProgramLimitExceeded, "there is no room for a label between its neighbours").
			WithHint("Make another type with all labels in their order.")
	}
	return out, nil
}

// renamedLabel returns the labels with another name for one.
func renamedLabel(l *types.Labels, a *syntax.AlterTypeAction) (*types.Labels, error) {
	if err := checkLabel(a.Other); err != nil {
		return nil, err
	}
	switch {
	case labelIndex(l, a.Label) < 0:
		return nil, sqlstate.New(sqlstate.InvalidParameterValue, "\"%s\" is not an existing enum label", a.Label)
	case labelIndex(l, a.Other) >= 0:
		return nil, sqlstate.New(sqlstate.DuplicateObject, "enum label \"%s\" already exists", a.Other)
	}
	return l.Renamed(a.Label, a.Other), nil
}

// alteredAttributes returns a composite type with other columns. No value must be of it.
func (s *Session) alteredAttributes(ctx context.Context, st state, key relationKey, u *userType, a *syntax.AlterTypeAction) (*userType, error) {
	if !u.isComposite() {
		return nil, sqlstate.New(sqlstate.WrongObjectType, "\"%s\" is not a composite type", key.name)
	}
	uses, err := s.usesOfType(ctx, st, u.typ.Def.Named)
	if err != nil {
		return nil, err
	}
	if len(uses) > 0 {
		return nil, sqlstate.Unsupported("Make another type.", "cannot alter type \"%s\" because %s uses it", key.name, uses[0].object)
	}
	fields := slices.Clone(u.typ.Fields())
	name := a.Name.Name
	if a.Kind == syntax.AddAttribute {
		name = a.Column.Name
	}
	i := slices.IndexFunc(fields, func(f types.Field) bool { return f.Name == name })
	exists := func(name string) error {
		return sqlstate.New(sqlstate.DuplicateColumn, "column \"%s\" of relation \"%s\" already exists", name, key.name)
	}
	switch {
	case a.Kind == syntax.AddAttribute && i >= 0:
		return nil, exists(name)
	case a.Kind == syntax.AddAttribute:
		t, err := s.typeOf(a.Column.Type)
		if err != nil {
			return nil, err
		}
		if t.Uses(u.typ.Def.Named) {
			return nil, sqlstate.New(sqlstate.InvalidTableDefinition, "composite type %s cannot be made a member of itself", u.typ.Base())
		}
		fields = append(fields, types.Field{Name: name, Type: t})
	case i < 0 && a.IfExists:
		s.tell("NOTICE", "00000", "column \"%s\" of relation \"%s\" does not exist, skipping", name, key.name)
		return u, nil
	case i < 0:
		return nil, sqlstate.New(sqlstate.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, key.name)
	case a.Kind == syntax.DropAttribute && len(fields) == 1:
		return nil, sqlstate.Unsupported("Drop the type.", "types without columns are not supported")
	case a.Kind == syntax.DropAttribute:
		fields = slices.Delete(fields, i, i+1)
	case slices.ContainsFunc(fields, func(f types.Field) bool { return f.Name == a.NewName.Name }):
		return nil, exists(a.NewName.Name)
	default:
		fields[i].Name = a.NewName.Name
	}
	return &userType{types.CompositeOf(u.typ.Def.Named, fields), u.state}, nil
}
