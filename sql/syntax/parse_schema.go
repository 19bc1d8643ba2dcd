package syntax

// CreateSchemaStmt is CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION role].
type CreateSchemaStmt struct {
	span
	IfNotExists bool
	Name        Ident  // that of the role if none is given
	Role        string // "" if none is given
}

// DropSchemaStmt is DROP SCHEMA.
type DropSchemaStmt struct {
	span
	IfExists bool
	Cascade  bool
	Names    []Ident
}

func (*CreateSchemaStmt) Tag() string { return "CREATE SCHEMA" }
func (*DropSchemaStmt) Tag() string   { return "DROP SCHEMA" }

// createSchema reads CREATE SCHEMA from what follows SCHEMA.
func (p *parser) createSchema() Statement {
	s := &CreateSchemaStmt{IfNotExists: p.ifNotExists()}
	named := !p.is("authorization")
	if named {
		s.Name = p.colID()
	}
	if p.accept("authorization") {
		role := p.role()
		if s.Role = role.Name; !named {
			s.Name = role
		}
	}
	if p.isOneOf("create", "grant") {
		p.unsupported(p.pos(), "Send it as a statement of its own.", "CREATE SCHEMA with other statements in it is not supported")
	}
	return s
}

// role reads the name of a role, or a word that stands for the one of the session.
func (p *parser) role() Ident {
	if p.isOneOf("current_user", "session_user", "current_role") {
		t := p.advance()
		return Ident{int(t.pos), t.text}
	}
	return p.colID()
}

// dropSchema reads DROP SCHEMA from what follows SCHEMA.
func (p *parser) dropSchema() Statement {
	s := &DropSchemaStmt{}
	if s.IfExists = p.accept("if"); s.IfExists {
		p.expect("exists")
	}
	p.list(func() { s.Names = append(s.Names, p.colID()) })
	if s.Cascade = p.accept("cascade"); !s.Cascade {
		p.accept("restrict")
	}
	return s
}
