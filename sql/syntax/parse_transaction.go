package syntax

// begin reads BEGIN or START TRANSACTION.
func (p *parser) begin() Statement {
	s := &BeginStmt{}
	if s.Start = p.accept("start"); s.Start {
		p.expect("transaction")
	} else {
		p.expect("begin")
		p.work()
	}
	s.Modes = p.modes(false)
	return s
}

// work skips WORK or TRANSACTION.
func (p *parser) work() {
	if !p.accept("work") {
		p.accept("transaction")
	}
}

// modes reads transaction modes, with or without commas between.
func (p *parser) modes(needed bool) TransactionModes {
	var m TransactionModes
	yes, no := true, false
	for n := 0; p.err == nil; n++ {
		comma := n > 0 && p.acceptPunct(",")
		switch {
		case p.accept("isolation"):
			p.expect("level")
			m.Isolation = p.isolation()
		case p.accept("read"):
			m.ReadOnly = &yes
			if !p.accept("only") {
				p.expect("write")
				m.ReadOnly = &no
			}
		case p.accept("deferrable"):
			m.Deferrable = &yes
		case p.accept("not"):
			p.expect("deferrable")
			m.Deferrable = &no
		default:
			if comma || needed && n == 0 {
				p.syntaxError()
			}
			return m
		}
	}
	return m
}

func (p *parser) isolation() string {
	switch {
	case p.accept("read"):
		if p.accept("uncommitted") {
			return "read uncommitted"
		}
		p.expect("committed")
		return "read committed"
	case p.accept("repeatable"):
		p.expect("read")
		return "repeatable read"
	case p.accept("serializable"):
		return "serializable"
	}
	p.syntaxError()
	return ""
}

// chain reads AND [NO] CHAIN.
func (p *parser) chain() bool {
	if !p.accept("and") {
		return false
	}
	no := p.accept("no")
	p.expect("chain")
	return !no
}

// commit reads COMMIT or END.
func (p *parser) commit() Statement {
	if p.is("commit") && p.peek(1).is("prepared") {
		return p.unsupportedStatement("COMMIT PREPARED", "")
	}
	p.i++
	p.work()
	return &CommitStmt{Chain: p.chain()}
}

// rollback reads ROLLBACK or ABORT.
func (p *parser) rollback() Statement {
	if p.is("rollback") && p.peek(1).is("prepared") {
		return p.unsupportedStatement("ROLLBACK PREPARED", "")
	}
	abort := p.is("abort")
	p.i++
	p.work()
	if !abort && p.accept("to") {
		return &RollbackToStmt{Name: p.savepointName()}
	}
	return &RollbackStmt{Chain: p.chain()}
}

// savepointName reads [SAVEPOINT] name.
func (p *parser) savepointName() string {
	if p.is("savepoint") && p.peek(1).isColID() {
		p.i++
	}
	return p.colID().Name
}

// savepoint reads SAVEPOINT.
func (p *parser) savepoint() Statement {
	p.expect("savepoint")
	return &SavepointStmt{Name: p.colID().Name}
}

// release reads RELEASE.
func (p *parser) release() Statement {
	p.expect("release")
	return &ReleaseStmt{Name: p.savepointName()}
}
