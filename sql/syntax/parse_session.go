package syntax

import "strings"

// set reads SET.
func (p *parser) set() Statement {
	p.expect("set")
	if p.acceptAll("session", "characteristics") {
		p.expect("as", "transaction")
		return &SetTransactionStmt{Session: true, Modes: p.modes(true)}
	}
	s := &SetStmt{}
	if p.is("local") && !p.settingFollows() {
		p.i++
		s.Local = true
	} else if p.is("session") && !p.settingFollows() && !p.peek(1).is("authorization") {
		p.i++
	}
	if p.is("transaction") && !p.settingFollows() {
		return p.setTransaction()
	}
	s.NamePos = p.pos()
	if !p.specialSet(s) {
		s.Name = p.settingName()
		if !p.accept("to") {
			p.expectPunct("=")
		}
		if !p.setDefault(s) {
			p.list(func() { s.Values = append(s.Values, p.setValue()) })
		}
	}
	return s
}

// setTransaction reads SET TRANSACTION from its second word on.
func (p *parser) setTransaction() Statement {
	p.expect("transaction")
	if p.is("snapshot") {
		p.unsupported(p.pos(), "", "SET TRANSACTION SNAPSHOT is not supported")
	}
	return &SetTransactionStmt{Modes: p.modes(true)}
}

// settingFollows reports whether the next word is the name of a setting, since what sets it follows.
func (p *parser) settingFollows() bool {
	next := p.peek(1)
	return next.is("to") || next.isPunct("=") || next.isPunct(".")
}

func (p *parser) setDefault(s *SetStmt) bool {
	s.Default = p.accept("default")
	return s.Default
}

// settingName reads a name, dotted perhaps.
func (p *parser) settingName() string {
	name := p.colID().Name
	for p.err == nil && p.acceptPunct(".") {
		name += "." + p.colID().Name
	}
	return name
}

// specialSet reads the forms of SET that have a grammar of their own.
func (p *parser) specialSet(s *SetStmt) bool {
	if p.settingFollows() {
		return false
	}
	switch {
	case p.acceptAll("time", "zone"):
		s.Name = "timezone"
		if p.accept("local") {
			s.Default = true
		} else if !p.setDefault(s) {
			s.Values = []SetValue{p.zoneValue()}
		}
	case p.acceptAll("session", "authorization"):
		s.Name = "session_authorization"
		if !p.setDefault(s) {
			s.Values = []SetValue{p.setValue()}
		}
	case p.acceptAll("role"):
		s.Name = "role"
		s.Values = []SetValue{p.setValue()}
	case p.acceptAll("names"):
		s.Name = "client_encoding"
		if t := p.tok(); t.kind == tString {
			s.Values = []SetValue{p.setValue()}
		} else if !p.setDefault(s) {
			s.Default = true
		}
	case p.acceptAll("schema"):
		s.Name = "search_path"
		s.Values = []SetValue{{Pos: p.pos(), Text: p.string()}}
	case p.is("catalog"), p.is("xml"):
		p.unsupported(p.pos(), "", "SET %s is not supported", strings.ToUpper(p.tok().text))
	default:
		return false
	}
	return true
}

// setValue reads a value of SET: a word, a string or a number.
func (p *parser) setValue() SetValue {
	t := p.tok()
	v := SetValue{Pos: int(t.pos), Number: t.kind == tInt || t.kind == tFloat || t.isPunct("-") || t.isPunct("+")}
	text, ok := p.optionValue()
	if !ok {
		p.syntaxError()
	}
	v.Text = text
	return v
}

// zoneValue reads the value of SET TIME ZONE.
func (p *parser) zoneValue() SetValue {
	if p.is("interval") {
		if c, ok := p.typedLiteral().(*Cast); ok {
			if s, ok := c.Arg.(*String); ok {
				return SetValue{Pos: c.Pos, Text: s.Value, Interval: true}
			}
		}
		p.syntaxError()
		return SetValue{}
	}
	return p.setValue()
}

// show reads SHOW.
func (p *parser) show() Statement {
	p.expect("show")
	if p.is("tables") && (p.peek(1).kind == tEOF || p.peek(1).isPunct(";")) {
		p.i++
		return &ShowTablesStmt{}
	}
	if p.is("create") && (p.peek(1).is("table") || p.peek(1).is("view")) {
		s := &ShowCreateStmt{View: p.peek(1).is("view")}
		p.i += 2
		s.Name = p.qualifiedName()
		return s
	}
	s := &ShowStmt{NamePos: p.pos()}
	s.Name = p.shownName()
	return s
}

// reset reads RESET.
func (p *parser) reset() Statement {
	p.expect("reset")
	s := &ResetStmt{NamePos: p.pos()}
	s.Name = p.shownName()
	return s
}

// shownName reads what SHOW and RESET name.
func (p *parser) shownName() string {
	switch {
	case p.acceptAll("time", "zone"):
		return "timezone"
	case p.acceptAll("transaction", "isolation"):
		p.expect("level")
		return "transaction_isolation"
	case p.acceptAll("session", "authorization"):
		return "session_authorization"
	case p.accept("all"):
		return "all"
	}
	return p.settingName()
}

// discard reads DISCARD.
func (p *parser) discard() Statement {
	p.expect("discard")
	t := p.tok()
	if !p.isOneOf("all", "plans", "sequences", "temp", "temporary") {
		p.syntaxError()
		return nil
	}
	p.i++
	return &DiscardStmt{What: strings.TrimSuffix(t.text, "orary")}
}

// listen reads LISTEN.
func (p *parser) listen() Statement {
	p.expect("listen")
	return &ListenStmt{Channel: p.colID().Name}
}

// unlisten reads UNLISTEN.
func (p *parser) unlisten() Statement {
	p.expect("unlisten")
	if p.acceptPunct("*") {
		return &UnlistenStmt{All: true}
	}
	return &UnlistenStmt{Channel: p.colID().Name}
}

// notify reads NOTIFY.
func (p *parser) notify() Statement {
	p.expect("notify")
	s := &NotifyStmt{Channel: p.colID().Name}
	if p.acceptPunct(",") {
		s.Payload = p.string()
	}
	return s
}
