package syntax

import (
	"fmt"
	"io"
	"sync"

	tidb "github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/format"
	"github.com/pingcap/tidb/pkg/parser/mysql"

	"gsql/exec/sqlstate"
)

// parsers are TiDB's parsers, which are costly to make and serve one goroutine at a time.
var parsers = sync.Pool{New: func() any {
	p := tidb.New()
	setMode(p)
	return p
}}

func setMode(p *tidb.Parser) {
	p.SetSQLMode(mysql.ModeANSIQuotes | mysql.ModePipesAsConcat | mysql.ModeNoBackslashEscapes)
	p.EnableWindowFunc(true)
}

// keptTree is the length of a text whose tree a parser may keep: to make it forget takes as long as a small text.
const keptTree = 4 << 10

// grammarTree gives canonical text to TiDB's parser. A refusal, or a panic in it, is a bug of this package,
// not of the user's text.
func grammarTree(text string) (tree ast.StmtNode, err error) {
	p := parsers.Get().(*tidb.Parser)
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, bridgeError(fmt.Errorf("panic in the grammar: %v", r)) // and p is not used again
		}
	}()
	stmts, _, err := p.ParseSQL(text)
	if err != nil || len(stmts) != 1 {
		return nil, bridgeError(err)
	}
	tree = stmts[0]
	if len(text) > keptTree { // a small one it may hold on to until the next
		p.Reset()
		setMode(p)
	}
	parsers.Put(p)
	return tree, nil
}

// bridgeError is an error about what the grammar made of the canonical text.
func bridgeError(cause error) error {
	e := sqlstate.New(sqlstate.InternalError, "could not read the statement").
		WithHint("This is a bug in gsql. A simpler form of the statement may work.")
	if cause != nil {
		e.Detail = cause.Error()
	}
	e.Err = cause
	return e
}

func init() {
	ast.NewValueExpr = func(v any, _, _ string) ast.ValueExpr { return &value{v: v} }
	ast.NewParamMarkerExpr = func(int) ast.ParamMarkerExpr { return &marker{} }
	ast.NewDecimal = func(s string) (any, error) { return s, nil }
	ast.NewHexLiteral = func(s string) (any, error) { return s, nil }
	ast.NewBitLiteral = func(s string) (any, error) { return s, nil }
}

// value is the literal that TiDB's parser makes. The canonical text has strings, short integers, NULL, TRUE
// and FALSE.
type value struct {
	ast.TexprNode
	v any
}

func (n *value) Restore(*format.RestoreCtx) error { return fmt.Errorf("a literal is not restored") }
func (n *value) Format(io.Writer)                 {}
func (n *value) SetValue(v any)                   { n.v = v }
func (n *value) GetValue() any                    { return n.v }
func (n *value) GetDatumString() string           { return n.GetString() }
func (n *value) GetString() string                { s, _ := n.v.(string); return s }
func (n *value) GetProjectionOffset() int         { return -1 }
func (n *value) SetProjectionOffset(int)          {}

// Accept is part of ast.Node.
func (n *value) Accept(v ast.Visitor) (ast.Node, bool) {
	node, skip := v.Enter(n)
	if skip {
		return v.Leave(node)
	}
	return v.Leave(node)
}

// marker is a question mark, which the canonical text has not.
type marker struct{ value }

func (m *marker) SetOrder(int) {}
