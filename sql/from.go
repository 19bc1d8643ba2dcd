package sql

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/planner"
	"gsql/sql/syntax"
)

// defaultSchema is where tables without a schema are found.
const defaultSchema = "public"

// table binds a name in FROM: a WITH query, a view, or a table or files of the catalog.
func (b *binder) table(blk *block, name exec.Name, pos int) (*relation, error) {
	if name.Schema == "" && !name.File {
		if c := blk.ctes.find(name.Table); c != nil {
			if c.query == nil {
				return b.recursiveRef(blk, c, pos)
			}
			return b.cteRef(blk, c), nil
		}
	}
	if b.env.View != nil && !name.File {
		if v, ok := b.env.View(name); ok {
			return b.view(blk, v, pos)
		}
	}
	if b.env.Catalog == nil {
		return nil, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", name.Table).At(pos)
	}
	t, err := b.catalogTable(name)
	if err != nil {
		if name.Schema == "" && !name.File {
			err = blk.ctes.forwardError(err, name.Table)
		}
		return nil, at(err, pos)
	}
	schema := name.Schema
	if n, ok := t.(interface{ Namespace() string }); ok {
		schema = n.Namespace()
	}
	r := b.scan(blk, t, tableAlias(name))
	if !name.File {
		b.originate(r.whole(), schema, name.Table)
	}
	if name.Schema != "" {
		schema = name.Schema // as other parts of the query write it
	}
	if schema == "" {
		schema = defaultSchema
	}
	r.whole().schema = schema
	r.whole().ofTable(r.whole().name)
	return r, nil
}

// catalogTable returns the table with a name: the same one each time, so that plans over it are seen to be the same.
func (b *binder) catalogTable(name exec.Name) (exec.Table, error) {
	if t := b.tables[name]; t != nil {
		return t, nil
	}
	t, err := b.env.Catalog.Table(b.ctx, name)
	if err == nil {
		b.tables[name] = t
	}
	return t, err
}

// functionTable returns the table that a function makes: the same one each time, as far as its arguments are plain values.
func (b *binder) functionTable(name string, args []exec.Arg) (exec.Table, error) {
	var k strings.Builder
	if fmt.Fprintf(&k, "%q", name); !writeArgs(&k, args) {
		return b.env.Catalog.TableFunction(b.ctx, name, args)
	}
	key := k.String()
	if t := b.functions[key]; t != nil {
		return t, nil
	}
	t, err := b.env.Catalog.TableFunction(b.ctx, name, args)
	if err == nil {
		b.functions[key] = t
	}
	return t, err
}

// writeArgs writes arguments so that different ones differ; false if some are no plain values.
func writeArgs(w *strings.Builder, args []exec.Arg) bool {
	for _, a := range args {
		if fmt.Fprintf(w, " %q %s ", a.Name, a.Type); !writeArg(w, a.Value) {
			return false
		}
	}
	return true
}

func writeArg(w *strings.Builder, value any) bool {
	switch v := value.(type) {
	case nil, bool, int64, float64, string:
		fmt.Fprintf(w, "%#v", v)
	case []any:
		fmt.Fprintf(w, "[%d", len(v))
		for _, x := range v {
			if w.WriteByte(' '); !writeArg(w, x) {
				return false
			}
		}
		w.WriteByte(']')
	case []exec.Arg:
		fmt.Fprintf(w, "{%d", len(v))
		if !writeArgs(w, v) {
			return false
		}
		w.WriteByte('}')
	default:
		return false
	}
	return true
}

// originate notes of which table the columns of a scan are.
func (b *binder) originate(it *fromItem, schema, table string) {
	for i, c := range it.cols {
		b.info[c.expr.(*expr.Column).ID].from = Origin{schema, table, i + 1}
	}
}

// tableAlias is the name by which a query refers to a table without an alias: for files, the name of the
// file or its folder without extensions.
func tableAlias(n exec.Name) string {
	if !n.File {
		return n.Table
	}
	p := n.Table
	base := path.Base(p)
	for strings.ContainsAny(base, "*?[") {
		p = path.Dir(p)
		base = path.Base(p)
	}
	if i := strings.IndexByte(base, '.'); i > 0 {
		base = base[:i]
	}
	return base
}

// scan reads all columns of a table; the planner drops those that nothing uses.
func (b *binder) scan(blk *block, t exec.Table, alias string) *relation {
	s := &planner.Scan{Table: t, Name: alias, Limit: -1}
	it := &fromItem{name: alias, table: alias, hasName: true, hasCols: true}
	for i, f := range t.Schema() {
		id := b.newID(blk, inputColumn, alias, f.Name)
		s.Cols = append(s.Cols, planner.ScanColumn{Ordinal: i, ID: id, Name: f.Name, Type: f.Type})
		it.cols = append(it.cols, fromColumn{f.Name, &expr.Column{ID: id, Name: f.Name, Typ: f.Type}})
	}
	if sys, ok := t.(interface{ SystemColumns() exec.Schema }); ok {
		for _, f := range sys.SystemColumns() {
			id := b.newID(blk, inputColumn, alias, f.Name)
			s.Cols = append(s.Cols, planner.ScanColumn{Ordinal: len(s.Cols), ID: id, Name: f.Name, Type: f.Type})
			it.hidden = append(it.hidden, fromColumn{f.Name, &expr.Column{ID: id, Name: f.Name, Typ: f.Type}})
		}
	}
	return &relation{s, []*fromItem{it}}
}

// derived makes a FROM item of a bound query: its columns become those of the block.
func (b *binder) derived(blk *block, q *query, alias string) *relation {
	it := &fromItem{name: alias, hasName: alias != "", hasCols: true}
	for _, c := range q.cols {
		b.info[c.id] = columnInfo{owner: blk, kind: inputColumn, rel: alias, name: c.name, from: c.origin}
		it.cols = append(it.cols, fromColumn{c.name, c.column()})
	}
	return &relation{q.node, []*fromItem{it}}
}

// within looks names up as they are meant in a view until what it returns is called.
func (b *binder) within(v *View) (end func()) {
	restore, tables := b.env.Within(v), b.tables
	b.tables = map[exec.Name]exec.Table{}
	return func() {
		restore()
		b.tables = tables
	}
}

// view binds the query of a view in place, with nothing around it visible.
func (b *binder) view(blk *block, v *View, pos int) (*relation, error) {
	key := v.Name.Schema + "." + v.Name.Table
	if slices.Contains(b.views, key) {
		return nil, sqlstate.New(sqlstate.InvalidObjectDefinition, "infinite recursion detected in rules for relation \"%s\"", v.Name.Table).At(pos)
	}
	vb := &binder{ctx: b.ctx, env: b.env, columns: b.columns, views: append(b.views[:len(b.views):len(b.views)], key)}
	if b.env.Within != nil {
		defer b.within(v)()
	}
	q, err := vb.viewQuery(v)
	if err != nil {
		return nil, inView(err, v, pos)
	}
	if len(v.Columns) > len(q.cols) {
		return nil, sqlstate.New(sqlstate.SyntaxError, "CREATE VIEW specifies more column names than columns").At(pos)
	}
	for i, name := range v.Columns {
		q.cols[i].name = name
	}
	for i := range q.cols {
		q.cols[i].origin = Origin{v.Name.Schema, v.Name.Table, i + 1}
	}
	r := b.derived(blk, q, v.Name.Table)
	r.whole().table = v.Name.Table
	if r.whole().schema = v.Name.Schema; r.whole().schema == "" {
		r.whole().schema = defaultSchema
	}
	r.whole().ofTable(v.Name.Table)
	return r, nil
}

// inView turns an error inside a view into one at the place where the view is used.
func inView(err error, v *View, pos int) error {
	e, ok := err.(*sqlstate.Error)
	if !ok {
		return err
	}
	moved := *e
	moved.Position = 0
	if moved.Where == "" {
		moved.Where = "view \"" + v.Name.Table + "\""
	}
	return moved.At(pos)
}

// viewQuery binds the text of a view.
func (b *binder) viewQuery(v *View) (*query, error) {
	stmts, err := syntax.Parse(v.Query)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, sqlstate.New(sqlstate.InternalError, "view \"%s\" has %d statements", v.Name.Table, len(stmts))
	}
	s, ok := stmts[0].(*syntax.SelectStmt)
	if !ok {
		return nil, sqlstate.New(sqlstate.InternalError, "view \"%s\" is a %s", v.Name.Table, stmts[0].Tag())
	}
	q, err := b.query(s.Query, nil, nil, true)
	if err != nil {
		return nil, err
	}
	if len(b.params) > 0 {
		return nil, sqlstate.New(sqlstate.UndefinedParameter, "there is no parameter $1")
	}
	return q, nil
}
