package syntax

import (
	"strconv"

	"gsql/exec/sqlstate"
)

// CreateSequenceStmt is CREATE SEQUENCE.
type CreateSequenceStmt struct {
	span
	Temporary   bool
	IfNotExists bool
	Name        QualifiedName
	Options     SequenceOptions
}

func (*CreateSequenceStmt) Tag() string { return "CREATE SEQUENCE" }

// AlterSequenceStmt is ALTER SEQUENCE with options.
type AlterSequenceStmt struct {
	span
	IfExists bool
	Name     QualifiedName
	Options  SequenceOptions
}

func (*AlterSequenceStmt) Tag() string { return "ALTER SEQUENCE" }

// DropSequenceStmt is DROP SEQUENCE.
type DropSequenceStmt struct {
	span
	IfExists bool
	Names    []QualifiedName
	Cascade  bool
}

func (*DropSequenceStmt) Tag() string { return "DROP SEQUENCE" }

// SequenceOptions are what CREATE SEQUENCE says of one; nil is what was not said.
type SequenceOptions struct {
	Type             *TypeName
	Start, Increment *int64
	Min, Max         *int64
	Cycle            *bool
	Restart          bool   // of ALTER SEQUENCE
	RestartWith      *int64 // nil: where it began
	NoMin, NoMax     bool
}

// createSequence reads CREATE SEQUENCE from what follows SEQUENCE.
func (p *parser) createSequence(temporary bool) Statement {
	s := &CreateSequenceStmt{Temporary: temporary, IfNotExists: p.ifNotExists(), Name: p.qualifiedName()}
	p.sequenceOptions(&s.Options)
	return s
}

// alterSequence reads ALTER SEQUENCE from what follows SEQUENCE.
func (p *parser) alterSequence() Statement {
	s := &AlterSequenceStmt{}
	if s.IfExists = p.accept("if"); s.IfExists {
		p.expect("exists")
	}
	s.Name = p.qualifiedName()
	if p.isOneOf("rename", "owner", "set") {
		p.unsupported(p.pos(), "Make another sequence.", "this form of ALTER SEQUENCE is not supported")
	}
	p.sequenceOptions(&s.Options)
	return s
}

// sequenceOptions reads options as far as there are some.
func (p *parser) sequenceOptions(o *SequenceOptions) {
	for p.err == nil {
		switch {
		case p.accept("as"):
			o.Type = p.typeName()
		case p.accept("start"):
			p.accept("with")
			o.Start = p.option(o.Start)
		case p.accept("increment"):
			p.accept("by")
			o.Increment = p.option(o.Increment)
		case p.accept("minvalue"):
			o.Min = p.option(o.Min)
		case p.accept("maxvalue"):
			o.Max = p.option(o.Max)
		case p.acceptAll("no", "minvalue"):
			o.NoMin = true
		case p.acceptAll("no", "maxvalue"):
			o.NoMax = true
		case p.accept("cache"):
			p.option(nil) // numbers are given one by one, which costs nothing here
		case p.accept("cycle"):
			yes := true
			o.Cycle = &yes
		case p.acceptAll("no", "cycle"):
			o.Cycle = new(bool)
		case p.accept("restart"):
			o.Restart = true
			if p.accept("with") || p.tok().kind == tInt || p.isPunct("-") {
				o.RestartWith = p.option(nil)
			}
		case p.acceptAll("owned", "by"):
			if !p.accept("none") {
				p.unsupported(p.pos(), "Leave it out, and drop the sequence yourself.", "OWNED BY is not supported")
			}
		default:
			return
		}
	}
}

// option reads the number of an option, which must not have one already.
func (p *parser) option(before *int64) *int64 {
	pos, text := p.pos(), ""
	if p.acceptPunct("-") {
		text = "-"
	} else {
		p.acceptPunct("+")
	}
	n, err := strconv.ParseInt(text+p.tok().text, 10, 64)
	if k := p.tok().kind; k != tInt || err != nil {
		p.syntaxError()
		return nil
	}
	p.i++
	if before != nil {
		p.failLater(sqlstate.SyntaxError, pos, "conflicting or redundant options")
	}
	return &n
}
