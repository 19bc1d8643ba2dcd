package syntax

import (
	"strconv"
	"strings"

	"gsql/exec/sqlstate"
)

// CreateExternalTableStmt is CREATE EXTERNAL TABLE, in the forms of DataFusion and Hive, whose clauses come in any order. The
// clauses about the format that are words of their own, such as DELIMITER, are options as well.
type CreateExternalTableStmt struct {
	span
	OrReplace   bool
	Temporary   bool
	IfNotExists bool
	Name        QualifiedName
	Columns     []*ExternalColumn // nil: as found
	Format      Ident             // folded; "" if not said
	Partitions  []*ExternalColumn // nil: as found
	Locations   []string
	LocationPos int
	Options     []ExternalOption
	Comment     *string
	Query       *Query // whose rows are written there; nil: they are there
}

// ExternalColumn is a column of CREATE EXTERNAL TABLE. Type is nil in a PARTITIONED BY that says names alone.
type ExternalColumn struct {
	ColumnDef
	NotNull bool
	Comment *string
}

// ExternalOption is an option: a string, int64, float64, bool, []any of these or []ExternalOption.
type ExternalOption struct {
	Pos   int
	Name  string // as written, but words are folded
	Value any
}

func (*CreateExternalTableStmt) Tag() string { return "CREATE EXTERNAL TABLE" }

// externalClauses read what follows their first word. Each may be there once.
var externalClauses map[string]func(p *parser, s *CreateExternalTableStmt)

func init() {
	externalClauses = map[string]func(p *parser, s *CreateExternalTableStmt){
		"stored": (*parser).storedAs, "partitioned": (*parser).partitionedBy, "location": (*parser).location,
		"options":       func(p *parser, s *CreateExternalTableStmt) { p.externalOptions(s) },
		"tblproperties": func(p *parser, s *CreateExternalTableStmt) { p.tableProperties(s) },
		"comment":       func(p *parser, s *CreateExternalTableStmt) { text := p.string(); s.Comment = &text },
		"with":          (*parser).withHeader, "row": (*parser).rowFormat,
		"delimiter":   func(p *parser, s *CreateExternalTableStmt) { p.externalOption(s, "delim", p.pos(), p.string()) },
		"compression": (*parser).compressionType,
	}
}

// createExternal reads CREATE EXTERNAL TABLE from what follows TABLE.
func (p *parser) createExternal(replace, temporary bool) Statement {
	s := &CreateExternalTableStmt{OrReplace: replace, Temporary: temporary, IfNotExists: p.ifNotExists(), Name: p.qualifiedName()}
	if p.isPunct("(") {
		p.parens(func() {
			p.list(func() { s.Columns = append(s.Columns, p.externalColumn(true)) })
		})
	}
	seen := map[string]bool{}
	for p.err == nil && p.tok().kind != tEOF && !p.isPunct(";") {
		word, pos := p.tok().text, p.pos()
		read := externalClauses[word]
		switch {
		case p.accept("as"):
			p.externalQuery(s)
			return s
		case p.isWord("clustered") || p.isWord("skewed"):
			p.unsupported(pos, "Leave it out.", "%s BY is not supported", strings.ToUpper(word))
			return s
		case read == nil || !p.isWord(word):
			p.syntaxError()
			return s
		case seen[word] && word != "with":
			p.failf(sqlstate.SyntaxError, pos, "conflicting or redundant options")
			return s
		}
		seen[word] = true
		p.i++
		read(p, s)
	}
	if p.err == nil && s.Locations == nil && s.Query == nil {
		p.failf(sqlstate.SyntaxError, s.Name.Pos, "CREATE EXTERNAL TABLE needs a LOCATION")
	}
	return s
}

// externalQuery reads the query of CREATE EXTERNAL TABLE ... AS.
func (p *parser) externalQuery(s *CreateExternalTableStmt) {
	for _, c := range s.Partitions {
		if c.Type != nil {
			p.unsupported(c.Pos, "Leave the type out, or cast in the query.", "types of columns of CREATE EXTERNAL TABLE AS are not supported")
		}
	}
	if s.Columns != nil {
		p.unsupported(s.Columns[0].Pos, "Name and cast the columns in the query.", "columns of CREATE EXTERNAL TABLE AS are not supported")
	}
	if len(s.Locations) > 1 {
		p.unsupported(s.LocationPos, "Name one folder.", "several locations of CREATE EXTERNAL TABLE AS are not supported")
	}
	if !p.atQuery() {
		p.syntaxError()
		return
	}
	s.Query = p.query()
}

// externalColumn reads a column.
func (p *parser) externalColumn(typed bool) *ExternalColumn {
	c := &ExternalColumn{}
	c.Ident = p.colID()
	if typed || !p.isPunct(",") && !p.isPunct(")") {
		c.Type = p.typeName()
	}
	null := false
	for p.err == nil {
		pos := p.pos()
		switch {
		case p.acceptAll("not", "null"):
			c.NotNull = true
		case p.accept("null"):
			null = true
		case p.accept("comment"):
			text := p.string()
			c.Comment = &text
		case p.is("default"):
			p.unsupported(pos, "Make a view with coalesce().", "DEFAULT of a column in files is not supported")
		case p.isOneOf("constraint", "primary", "unique", "check", "references", "generated", "foreign"):
			p.unsupported(pos, "Leave it out; NOT NULL is supported.", "constraints of columns in files are not supported")
		default:
			if c.NotNull && null {
				p.failLater(sqlstate.SyntaxError, pos, "conflicting NULL/NOT NULL declarations for column \"%s\"", c.Name)
			}
			return c
		}
	}
	return c
}

// storedAs reads AS format.
func (p *parser) storedAs(s *CreateExternalTableStmt) {
	if p.isWord("by") {
		p.unsupported(p.pos(), "Use STORED AS with a format.", "STORED BY is not supported")
		return
	}
	p.expect("as")
	s.Format.Pos = p.pos()
	if p.tok().kind == tString {
		s.Format.Name = strings.ToLower(p.string())
		return
	}
	s.Format = p.label()
	if s.Format.Name == "inputformat" {
		p.unsupported(s.Format.Pos, "Use STORED AS with a format such as PARQUET.", "STORED AS INPUTFORMAT is not supported")
	}
}

func (p *parser) partitionedBy(s *CreateExternalTableStmt) {
	p.expect("by")
	p.parens(func() {
		p.list(func() { s.Partitions = append(s.Partitions, p.externalColumn(false)) })
	})
}

// location reads a path or a glob, or a list of them in brackets or parentheses.
func (p *parser) location(s *CreateExternalTableStmt) {
	s.LocationPos = p.pos()
	add := func() { s.Locations = append(s.Locations, p.string()) }
	switch {
	case p.isPunct("("):
		p.parens(func() { p.list(add) })
	case p.acceptPunct("["):
		p.list(add)
		p.expectPunct("]")
	default:
		add()
	}
}

func (p *parser) externalOption(s *CreateExternalTableStmt, name string, pos int, value any) {
	s.Options = append(s.Options, ExternalOption{pos, name, value})
}

// externalOptions reads (key value, ...), where the value may stand behind =.
func (p *parser) externalOptions(s *CreateExternalTableStmt) {
	p.parens(func() {
		p.list(func() {
			name, pos := p.optionName(), p.pos()
			if !p.acceptPunct("=") {
				p.acceptPunct("=>")
			}
			p.externalOption(s, name, pos, p.externalValue())
		})
	})
}

// optionName reads a name that may have dots in it.
func (p *parser) optionName() string {
	if p.tok().kind == tString {
		return p.string()
	}
	name := p.label().Name
	for p.err == nil && p.acceptPunct(".") {
		name += "." + p.label().Name
	}
	return name
}

// externalValue reads the value of an option.
func (p *parser) externalValue() any {
	switch {
	case p.tok().kind == tString:
		return p.string()
	case p.acceptPunct("["):
		list := []any{}
		p.list(func() { list = append(list, p.externalValue()) })
		p.expectPunct("]")
		return list
	case p.acceptPunct("{"):
		var fields []ExternalOption
		p.list(func() {
			name, pos := p.optionName(), p.pos()
			p.expectPunct(":")
			fields = append(fields, ExternalOption{pos, name, p.externalValue()})
		})
		p.expectPunct("}")
		return fields
	}
	return p.externalWord()
}

// externalWord reads a word or a number.
func (p *parser) externalWord() any {
	sign := ""
	if p.acceptPunct("-") {
		sign = "-"
	}
	t := p.tok()
	if t.kind == tInt || t.kind == tFloat {
		p.i++
		text := sign + p.src[t.pos:t.end]
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			p.failf(sqlstate.SyntaxError, int(t.pos), "\"%s\" is no value of an option", text)
		}
		return f
	}
	if sign != "" {
		p.syntaxError()
		return nil
	}
	switch w := p.label().Name; w {
	case "true":
		return true
	case "false":
		return false
	default:
		return w
	}
}

// withHeader reads HEADER ROW.
func (p *parser) withHeader(s *CreateExternalTableStmt) {
	pos := p.pos()
	switch {
	case p.accept("header"):
		p.expect("row")
		p.externalOption(s, "header", pos, true)
	case p.is("order"):
		p.unsupported(pos, "Leave it out: what is not checked must not be promised.", "WITH ORDER is not supported")
	case p.isPunct("("):
		p.unsupported(pos, "Use STORED AS, LOCATION and OPTIONS.", "WITH (...) of an external table is not supported")
	default:
		p.syntaxError()
	}
}

func (p *parser) compressionType(s *CreateExternalTableStmt) {
	p.expect("type")
	pos := p.pos()
	p.externalOption(s, "compression", pos, p.label().Name)
}

// rowFormat reads Hive's ROW FORMAT DELIMITED.
func (p *parser) rowFormat(s *CreateExternalTableStmt) {
	if pos := p.pos(); p.isWord("format") && p.peekWord(1, "serde") {
		p.unsupported(pos, "Use STORED AS and OPTIONS.", "ROW FORMAT SERDE is not supported")
		return
	}
	p.words("format", "delimited")
	for p.err == nil {
		pos := p.pos()
		switch {
		case p.isWord("fields"):
			p.words("fields", "terminated", "by")
			p.externalOption(s, "delim", pos, p.string())
			if p.isWord("escaped") {
				p.words("escaped", "by")
				p.externalOption(s, "escape", pos, p.string())
			}
		case p.isWord("lines"):
			p.words("lines", "terminated", "by")
			if end := p.string(); end != "\n" && end != "\\n" && p.err == nil {
				p.unsupported(pos, "Lines end with a line feed, or a carriage return and one.", "LINES TERMINATED BY '%s' is not supported", end)
			}
		case p.is("null"):
			p.words("null", "defined", "as")
			p.externalOption(s, "nullstr", pos, p.string())
		case p.isWord("collection") || p.isWord("map"):
			p.unsupported(pos, "Read the column as text, and split it with string_to_array().", "%s of ROW FORMAT is not supported", strings.ToUpper(p.tok().text))
		default:
			return
		}
	}
}

// words takes words that need not be keywords.
func (p *parser) words(list ...string) {
	for _, w := range list {
		if !p.isWord(w) {
			p.syntaxError()
			return
		}
		p.i++
	}
}

// tableProperties reads those of Hive's properties that say how files are read.
func (p *parser) tableProperties(s *CreateExternalTableStmt) {
	p.parens(func() {
		p.list(func() {
			pos := p.pos()
			name := p.optionName()
			p.expectPunct("=")
			value := p.string()
			p.tableProperty(s, pos, name, value)
		})
	})
}

func (p *parser) tableProperty(s *CreateExternalTableStmt, pos int, name, value string) {
	switch strings.ToLower(name) {
	case "skip.header.line.count":
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 0 {
			p.failf(sqlstate.InvalidParameterValue, pos, "property \"%s\" must be a number of lines", name)
		}
		p.externalOption(s, "header", pos, n > 0)
		if n > 1 {
			p.externalOption(s, "skip", pos, n-1)
		}
	case "serialization.null.format":
		p.externalOption(s, "nullstr", pos, value)
	case "comment":
		s.Comment = &value
	default:
		if p.err == nil {
			p.unsupported(pos, "Leave it out, or use OPTIONS.", "property \"%s\" is not supported", name)
		}
	}
}
