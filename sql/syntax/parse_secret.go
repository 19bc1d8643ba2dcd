package syntax

// CreateSecretStmt is CREATE [OR REPLACE] SECRET [IF NOT EXISTS] [name] (TYPE s3, KEY_ID '...', ...), as DuckDB has it.
type CreateSecretStmt struct {
	span
	OrReplace, IfNotExists bool
	Name                   string // "" if none is given
	Options                []Option
}

// DropSecretStmt is DROP SECRET [IF EXISTS] name.
type DropSecretStmt struct {
	span
	IfExists bool
	Name     Ident
}

func (s *CreateSecretStmt) Tag() string { return "CREATE SECRET" }
func (s *DropSecretStmt) Tag() string   { return "DROP SECRET" }

// createSecret reads CREATE SECRET behind the word SECRET.
func (p *parser) createSecret(replace bool) Statement {
	s := &CreateSecretStmt{OrReplace: replace, IfNotExists: p.ifNotExists()}
	if !p.isPunct("(") {
		s.Name = p.colID().Name
	}
	p.parens(func() {
		p.list(func() { s.Options = append(s.Options, p.copyOption()) })
	})
	return s
}

// dropSecret reads DROP SECRET behind the word SECRET.
func (p *parser) dropSecret() Statement {
	s := &DropSecretStmt{}
	if s.IfExists = p.accept("if"); s.IfExists {
		p.expect("exists")
	}
	s.Name = p.colID()
	return s
}
