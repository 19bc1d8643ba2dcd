package syntax

import (
	"strings"

	"gsql/exec/sqlstate"
)

// explain reads EXPLAIN.
func (p *parser) explain() Statement {
	p.expect("explain")
	e := &ExplainStmt{Costs: true, Format: "text"}
	if first := p.peek(1); p.isPunct("(") && !first.isPunct("(") && !startsQuery(first, p.peek(2)) {
		p.explainOptions(e)
	} else {
		e.Analyze = p.accept("analyze") || p.accept("analyse")
		e.Verbose = p.accept("verbose")
		e.Timing, e.Summary = e.Analyze, e.Analyze
	}
	p.explained(e)
	return e
}

// explained reads the statement to explain.
func (p *parser) explained(e *ExplainStmt) {
	if !p.atQuery() && !p.atDescribe(p.i) && !p.isPunct("(") &&
		!p.isOneOf("insert", "update", "delete", "merge", "declare", "create", "refresh", "execute", "copy") {
		p.syntaxError()
		return
	}
	first, start := p.i, p.pos()
	e.Statement = p.statement()
	switch e.Statement.(type) {
	case *CreateViewStmt, *CreateTableStmt:
		p.syntaxErrorAt(&p.toks[first+1])
	}
	if p.err == nil {
		setSpan(e.Statement, start, p.end())
	}
}

// explainOptions reads (ANALYZE, FORMAT json, ...).
func (p *parser) explainOptions(e *ExplainStmt) {
	var timing, summary *bool
	flags := map[string]*bool{"analyze": &e.Analyze, "verbose": &e.Verbose, "costs": &e.Costs, "settings": &e.Settings,
		"buffers": &e.Buffers, "wal": &e.WAL}
	p.parens(func() {
		p.list(func() {
			name := p.label()
			value, given := p.optionValue()
			if p.err != nil {
				return
			}
			switch flag := flags[name.Name]; {
			case name.Name == "analyse":
				e.Analyze = p.boolean(name, value, given)
			case flag != nil:
				*flag = p.boolean(name, value, given)
			case name.Name == "timing":
				on := p.boolean(name, value, given)
				timing = &on
			case name.Name == "summary":
				on := p.boolean(name, value, given)
				summary = &on
			case name.Name == "format":
				e.Format = p.explainFormat(name, value)
			default:
				p.failLater(sqlstate.SyntaxError, name.Pos, "unrecognized EXPLAIN option \"%s\"", name.Name)
			}
		})
	})
	e.Timing, e.Summary = e.Analyze, e.Analyze
	if timing != nil {
		e.Timing = *timing
	}
	if summary != nil {
		e.Summary = *summary
	}
	for _, o := range []struct {
		on   bool
		name string
	}{{e.WAL, "WAL"}, {e.Timing, "TIMING"}} {
		if o.on && !e.Analyze {
			p.failLater(sqlstate.InvalidParameterValue, -1, "EXPLAIN option %s requires ANALYZE", o.name)
		}
	}
}

// optionValue reads the value of an option, if it has one: a word, a string or a number.
func (p *parser) optionValue() (value string, given bool) {
	t := p.tok()
	switch {
	case t.isNonReserved(), t.is("true"), t.is("false"), t.is("on"), t.kind == tString, t.kind == tInt, t.kind == tFloat:
		p.i++
		return t.text, true
	case t.isPunct("+"), t.isPunct("-"):
		p.i++
		n := p.tok()
		if n.kind != tInt && n.kind != tFloat {
			p.syntaxError()
			return "", false
		}
		p.i++
		return strings.TrimPrefix(t.text, "+") + n.text, true
	}
	return "", false
}

// boolean is the meaning of an option's value.
func (p *parser) boolean(name Ident, value string, given bool) bool {
	if !given {
		return true
	}
	switch strings.ToLower(value) {
	case "true", "on", "1":
		return true
	case "false", "off", "0":
		return false
	}
	p.failLater(sqlstate.SyntaxError, -1, "%s requires a Boolean value", name.Name)
	return false
}

func (p *parser) explainFormat(name Ident, value string) string {
	switch value {
	case "text", "xml", "json", "yaml":
		return value
	}
	p.failLater(sqlstate.InvalidParameterValue, name.Pos, "unrecognized value for EXPLAIN option \"%s\": \"%s\"", name.Name, value)
	return ""
}
