package syntax

// CreateTypeStmt is CREATE TYPE name AS ENUM (labels) or, with Columns, CREATE TYPE name AS (columns).
type CreateTypeStmt struct {
	span
	Name    QualifiedName
	Labels  []string
	Columns []ColumnDef // nil for an enumeration
}

// CreateDomainStmt is CREATE DOMAIN.
type CreateDomainStmt struct {
	span
	Name        QualifiedName
	Type        *TypeName
	Default     Expr   // nil if none
	DefaultText string // its text
	NotNull     bool
	Checks      []*TableConstraint
}

// DropTypeStmt is DROP TYPE or DROP DOMAIN.
type DropTypeStmt struct {
	span
	Domain   bool
	IfExists bool
	Names    []QualifiedName
	Cascade  bool
}

// AlterTypeStmt is ALTER TYPE or ALTER DOMAIN.
type AlterTypeStmt struct {
	span
	Domain  bool
	Name    QualifiedName
	Actions []*AlterTypeAction // one, but for attributes
}

// AlterTypeAction is one change of ALTER TYPE or ALTER DOMAIN.
type AlterTypeAction struct {
	Kind        AlterTypeKind
	Name        Ident  // of the attribute or the constraint that is changed
	NewName     Ident  // of the renames, and of SetTypeSchema
	Label       string // of AddLabel and RenameLabel
	Other       string // the label before or after which one comes, and the new one of RenameLabel
	Before      bool   // AddLabel: before Other
	After       bool   // AddLabel: behind Other
	IfNotExists bool   // AddLabel
	IfExists    bool   // of the drops
	Column      ColumnDef
	Default     Expr // of SetDomainDefault; nil is DROP DEFAULT
	DefaultText string
	Check       *TableConstraint
	NotValid    bool
}

// AlterTypeKind is what an AlterTypeAction does.
type AlterTypeKind uint8

const (
	RenameType AlterTypeKind = iota
	SetTypeSchema
	SetTypeOwner
	AddLabel
	RenameLabel
	AddAttribute
	DropAttribute
	RenameAttribute
	SetDomainDefault
	SetDomainNotNull
	DropDomainNotNull
	AddDomainCheck
	DropDomainCheck
	RenameDomainCheck
	ValidateDomainCheck
)

func (*CreateTypeStmt) Tag() string   { return "CREATE TYPE" }
func (*CreateDomainStmt) Tag() string { return "CREATE DOMAIN" }

func (s *DropTypeStmt) Tag() string {
	if s.Domain {
		return "DROP DOMAIN"
	}
	return "DROP TYPE"
}

func (s *AlterTypeStmt) Tag() string {
	if s.Domain {
		return "ALTER DOMAIN"
	}
	return "ALTER TYPE"
}

// createType reads CREATE TYPE from what follows TYPE.
func (p *parser) createType() Statement {
	s := &CreateTypeStmt{Name: p.qualifiedName()}
	const hint = "Make an enumeration, CREATE TYPE ... AS ENUM, a composite type, CREATE TYPE ... AS (...), or a domain."
	if p.err == nil && !p.is("as") {
		p.unsupported(p.pos(), hint, "CREATE TYPE of a type with functions of its own is not supported")
		return s
	}
	p.expect("as")
	switch {
	case p.peekWord(0, "enum"):
		p.i++
		p.parens(func() {
			if !p.isPunct(")") {
				p.list(func() { s.Labels = append(s.Labels, p.string()) })
			}
		})
	case p.peekWord(0, "range"):
		p.unsupported(p.pos(), hint, "CREATE TYPE AS RANGE is not supported")
	case p.isPunct("(") && p.peek(1).isPunct(")"):
		p.unsupported(p.pos(), "Give it at least one column.", "types without columns are not supported")
	default:
		s.Columns = p.columnDefs()
	}
	return s
}

// createDomain reads CREATE DOMAIN from what follows DOMAIN.
func (p *parser) createDomain() Statement {
	s := &CreateDomainStmt{Name: p.qualifiedName()}
	p.accept("as")
	s.Type = p.typeName()
	column := &TableColumn{}
	null := false
	for p.err == nil {
		pos := p.pos()
		switch {
		case p.accept("default"):
			s.Default, s.DefaultText = p.defaultExpr()
		case p.is("collate"):
			p.unsupported(pos, "Leave it out: strings are compared as in the C locale.", "COLLATE of a domain is not supported")
		case p.acceptAll("not", "null"):
			column.NotNull = true
		case p.accept("null"):
			null = true
		case p.isOneOf("constraint", "check"):
			if c := p.domainConstraint(column); c != nil {
				s.Checks = append(s.Checks, c)
			}
		default:
			if s.NotNull = column.NotNull; s.NotNull && null {
				p.failLater("42601", pos, "conflicting NULL/NOT NULL constraints")
			}
			return s
		}
	}
	return s
}

// domainConstraint reads a constraint of a domain; nil is NOT NULL, which column has then, or NULL.
func (p *parser) domainConstraint(column *TableColumn) *TableConstraint {
	n := 0
	if p.is("constraint") {
		n = 2
	}
	switch {
	case p.peek(n).is("null"):
		p.i += n + 1
		return nil
	case p.peek(n).is("check"), p.peek(n).is("not"):
		return p.constraint(column)
	}
	p.i += n
	p.syntaxError()
	return nil
}

// dropType reads DROP TYPE and DROP DOMAIN from what follows the word.
func (p *parser) dropType(domain bool) Statement {
	s := &DropTypeStmt{Domain: domain}
	s.IfExists, s.Names, s.Cascade = p.dropped()
	return s
}

// alterType reads ALTER TYPE and ALTER DOMAIN from what follows the word.
func (p *parser) alterType(domain bool) Statement {
	s := &AlterTypeStmt{Domain: domain, Name: p.qualifiedName()}
	switch {
	case p.acceptAll("rename", "to"):
		s.add(&AlterTypeAction{Kind: RenameType, NewName: p.colID()})
	case p.acceptAll("set", "schema"):
		s.add(&AlterTypeAction{Kind: SetTypeSchema, NewName: p.colID()})
	case p.acceptAll("owner", "to"):
		s.add(&AlterTypeAction{Kind: SetTypeOwner, NewName: p.role()})
	case domain:
		s.add(p.alterDomain())
	case p.is("add") && p.peekWord(1, "value"):
		p.i += 2
		s.add(p.addLabel())
	case p.is("rename") && p.peekWord(1, "value"):
		p.i += 2
		a := &AlterTypeAction{Kind: RenameLabel, Label: p.string()}
		p.expect("to")
		a.Other = p.string()
		s.add(a)
	case p.acceptAll("rename", "attribute"):
		a := &AlterTypeAction{Kind: RenameAttribute, Name: p.colID()}
		p.expect("to")
		a.NewName = p.colID()
		p.behavior()
		s.add(a)
	default:
		p.list(func() { s.add(p.alterAttribute()) })
	}
	return s
}

func (s *AlterTypeStmt) add(a *AlterTypeAction) { s.Actions = append(s.Actions, a) }

// behavior reads CASCADE or RESTRICT if it is there.
func (p *parser) behavior() {
	if !p.accept("cascade") {
		p.accept("restrict")
	}
}

// addLabel reads ADD VALUE from what follows it.
func (p *parser) addLabel() *AlterTypeAction {
	a := &AlterTypeAction{Kind: AddLabel, IfNotExists: p.ifNotExists(), Label: p.string()}
	if a.Before, a.After = p.accept("before"), p.accept("after"); a.Before || a.After {
		a.Other = p.string()
	}
	return a
}

// alterAttribute reads ADD ATTRIBUTE, DROP ATTRIBUTE and ALTER ATTRIBUTE.
func (p *parser) alterAttribute() *AlterTypeAction {
	a := &AlterTypeAction{}
	switch {
	case p.acceptAll("add", "attribute"):
		a.Kind = AddAttribute
		a.Column.Ident = p.colID()
		a.Column.Type = p.typeName()
	case p.acceptAll("drop", "attribute"):
		a.Kind = DropAttribute
		if a.IfExists = p.accept("if"); a.IfExists {
			p.expect("exists")
		}
		a.Name = p.colID()
	case p.is("alter") || p.is("set"):
		p.unsupported(p.pos(), "Make another type.", "this form of ALTER TYPE is not supported")
	default:
		p.syntaxError()
	}
	p.behavior()
	return a
}

// alterDomain reads what ALTER DOMAIN alone can do.
func (p *parser) alterDomain() *AlterTypeAction {
	a := &AlterTypeAction{}
	switch {
	case p.acceptAll("set", "default"):
		a.Kind = SetDomainDefault
		a.Default, a.DefaultText = p.defaultExpr()
	case p.acceptAll("drop", "default"):
		a.Kind = SetDomainDefault
	case p.acceptAll("set", "not", "null"):
		a.Kind = SetDomainNotNull
	case p.acceptAll("drop", "not", "null"):
		a.Kind = DropDomainNotNull
	case p.accept("add"):
		a.Kind = AddDomainCheck
		a.Check = p.domainConstraint(&TableColumn{})
		if a.Check == nil && p.err == nil {
			p.unsupported(p.pos(), "Use ALTER DOMAIN ... SET NOT NULL.", "unrecognized constraint subtype")
		}
		a.NotValid = p.acceptAll("not", "valid")
	case p.acceptAll("drop", "constraint"):
		a.Kind = DropDomainCheck
		if a.IfExists = p.accept("if"); a.IfExists {
			p.expect("exists")
		}
		a.Name = p.colID()
		p.behavior()
	case p.acceptAll("rename", "constraint"):
		a.Kind, a.Name = RenameDomainCheck, p.colID()
		p.expect("to")
		a.NewName = p.colID()
	case p.acceptAll("validate", "constraint"):
		a.Kind, a.Name = ValidateDomainCheck, p.colID()
	default:
		p.syntaxError()
	}
	return a
}
