package catalog

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// relation is a table or view of pg_catalog or information_schema.
type relation struct {
	oid          uint32
	view         bool
	schema, name string
	columns      exec.Schema
	notNull      []bool
}

// systemRelations returns the relations of this package, in the order of their OIDs, with PostgreSQL's.
var systemRelations = sync.OnceValue(func() []*Relation {
	var list []*Relation
	for _, row := range sections()["relations"].rows {
		r := &relation{oid: number(row[0]), view: row[2] == "v", schema: row[3], name: row[4]}
		for col := range splitColumns(row[5]) {
			name, typ, _ := strings.Cut(col, ":")
			typ, notNull := strings.CutSuffix(typ, "!")
			r.columns = append(r.columns, exec.Field{Name: name, Type: columnType(typ)})
			r.notNull = append(r.notNull, notNull)
		}
		list = append(list, &Relation{Schema: r.schema, Name: r.name, View: r.view, system: r,
			oid: r.oid, rowType: number(row[1]), columns: func() exec.Schema { return r.columns }})
	}
	return list
})

// splitColumns yields the columns of a list; there are commas in types, too, but not before a name.
func splitColumns(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for list != "" {
			end := strings.IndexByte(list, ',')
			for end >= 0 && strings.Count(list[:end], "(") > strings.Count(list[:end], ")") {
				next := strings.IndexByte(list[end+1:], ',')
				if next < 0 {
					end = -1
					break
				}
				end += 1 + next
			}
			if end < 0 {
				yield(list)
				return
			}
			if !yield(list[:end]) {
				return
			}
			list = list[end+1:]
		}
	}
}

// columnType reads the type of a column. Of types that gsql lacks there are no values: they are text.
func columnType(s string) types.Type {
	switch s {
	case "int2vector":
		return types.VectorOf(types.Int16)
	case "oidvector":
		return types.VectorOf(types.OID)
	case "timestamp(2) with time zone":
		return types.Of(types.TimestampTZ)
	}
	t, err := text.ParseType(s)
	if err != nil {
		return types.Of(types.Text)
	}
	return t
}

func number(s string) uint32 {
	n, _ := text.ParseInt([]byte(s))
	return uint32(n)
}

// byName has the relations of this package by schema and name.
var byName = sync.OnceValue(func() map[qualified]*Relation {
	m := map[qualified]*Relation{}
	for _, r := range systemRelations() {
		m[qualified{r.Schema, r.Name}] = r
	}
	return m
})

// Lookup returns a relation of pg_catalog or information_schema. Without a schema, pg_catalog is meant.
func Lookup(schema, name string) (exec.Table, bool) {
	if schema == "" {
		schema = "pg_catalog"
	}
	r := byName()[qualified{schema, name}]
	if r == nil {
		return nil, false
	}
	return &Table{r.system}, true
}

// Table is a relation of the catalog.
type Table struct{ *relation }

// Namespace returns the schema in which the table was found.
func (t *Table) Namespace() string { return t.relation.schema }

// Schema returns the columns.
func (t *Table) Schema() exec.Schema { return t.columns }

// systemColumns are those that tables have besides.
var systemColumns = exec.Schema{{Name: "tableoid", Type: types.Of(types.OID)}, {Name: "ctid", Type: types.Of(types.TID)},
	{Name: "xmin", Type: types.Of(types.XID)}, {Name: "cmin", Type: types.Of(types.CID)}, {Name: "xmax", Type: types.Of(types.XID)},
	{Name: "cmax", Type: types.Of(types.CID)}}

// SystemColumns returns the columns that can be asked for by name but are not among those of Schema. A scan takes them
// by the ordinals behind these.
func (t *Table) SystemColumns() exec.Schema {
	if t.view {
		return nil
	}
	return systemColumns
}

// Stats returns an estimate that orders joins well: what is empty has one row.
func (t *Table) Stats() exec.Stats {
	full := t.relation.schema + "." + t.name
	switch {
	case len(parts[full]) == 0:
		return exec.Stats{Rows: 1}
	case full == "pg_catalog.pg_attribute":
		return exec.Stats{Rows: 3000}
	case full == "pg_catalog.pg_proc":
		return exec.Stats{Rows: 1000}
	}
	return exec.Stats{Rows: 300}
}

// Scan reads the rows.
func (t *Table) Scan(_ context.Context, req exec.ScanRequest) (exec.Plan, error) {
	p := &scanPlan{table: t}
	for i, c := range req.Columns {
		var f exec.Field
		if c < len(t.columns) {
			f = t.columns[c]
		} else {
			f = systemColumns[c-len(t.columns)]
		}
		f.ID = req.IDs[i]
		p.out = append(p.out, f)
		p.notNull = append(p.notNull, c >= len(t.columns) || t.notNull[c])
		p.system = append(p.system, c >= len(t.columns))
	}
	p.only, p.filters = restrictions(req.Prune, p.out), req.Filters
	return p, nil
}

// scanPlan yields the rows as they are when it is opened.
type scanPlan struct {
	table   *Table
	out     exec.Schema
	notNull []bool
	system  []bool // of SystemColumns
	only    map[string][]string
	filters []exec.RuntimeFilter
}

func (p *scanPlan) Schema() exec.Schema             { return p.out }
func (p *scanPlan) Partitioning() exec.Partitioning { return exec.Partitioning{N: 1} }
func (p *scanPlan) Inputs() []exec.Plan             { return nil }
func (p *scanPlan) String() string                  { return "Catalog Scan on " + p.table.name }

func (p *scanPlan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	return &scanStream{plan: p, env: env}, nil
}

// scanStream makes the rows when the first are asked for, since a join may have told by then which it wants.
type scanStream struct {
	plan *scanPlan
	env  *exec.Env
	rows exec.Stream
}

func (st *scanStream) Next(ctx context.Context) (*vec.Batch, error) {
	if st.rows == nil {
		values, err := st.plan.values(st.env)
		if err != nil {
			return nil, err
		}
		if st.rows, err = values.Open(ctx, st.env, 0); err != nil {
			return nil, err
		}
	}
	return st.rows.Next(ctx)
}

func (st *scanStream) Close() error {
	if st.rows == nil {
		return nil
	}
	return st.rows.Close()
}

// values makes all rows.
func (p *scanPlan) values(env *exec.Env) (*exec.Values, error) {
	s, ok := env.Fn.Objects.(*Snapshot)
	if !ok {
		return nil, sqlstate.New(sqlstate.InternalError, "there is no catalog")
	}
	sc := &scan{scanPlan: p, env: env}
	for _, f := range p.out {
		sc.builders = append(sc.builders, vec.NewBuilder(f.Type))
	}
	for _, make := range parts[p.table.relation.schema+"."+p.table.name] {
		if err := make(s, sc); err != nil {
			return nil, err
		}
	}
	if err := s.objects().err; err != nil {
		return nil, err
	}
	values := &exec.Values{Out: p.out}
	if sc.rows > 0 {
		b := &vec.Batch{Rows: sc.rows}
		for _, x := range sc.builders {
			b.Cols = append(b.Cols, x.Finish())
		}
		values.Batches = []*vec.Batch{b}
	}
	return values, nil
}

// scan collects the rows of a scan.
type scan struct {
	*scanPlan
	env      *exec.Env
	builders []*vec.Builder
	rows     int
}

// wants reports whether a value of a column can be among the rows that the query wants.
func (sc *scan) wants(column, value string) bool {
	list, ok := sc.only[column]
	if !ok {
		return true
	}
	for _, x := range list {
		if x == value {
			return true
		}
	}
	return false
}

// mayJoin reports whether a join above the scan can want rows with an OID in a column.
func (sc *scan) mayJoin(column string, oid uint32) bool {
	for _, f := range sc.filters {
		i := sc.out.Index(f.Col)
		if i < 0 || sc.out[i].Name != column || sc.out[i].Type.ID != types.OID {
			continue
		}
		keys := sc.env.Filter(f.ID)
		switch {
		case keys == nil:
		case keys.Empty:
			return false
		case keys.Contains != nil:
			v := vec.New(sc.out[i].Type, types.KInt64, []int64{int64(oid)}, nil)
			if len(keys.Contains(v, nil, nil)) == 0 {
				return false
			}
		}
	}
	return true
}

// appendBlank appends what a column has in the rows of objects that have nothing to say of it: zero, or NULL where
// the column may be.
func (sc *scan) appendBlank(i int) {
	b := sc.builders[i]
	if sc.system[i] {
		sc.appendSystem(i)
		return
	}
	if !sc.notNull[i] {
		b.AppendNull()
		return
	}
	switch b.Type().Kind() {
	case types.KBool:
		b.AppendBool(false)
	case types.KInt16:
		vec.Append(b, int16(0))
	case types.KInt32:
		vec.Append(b, int32(0))
	case types.KInt64:
		vec.Append(b, int64(0))
	case types.KFloat32:
		vec.Append(b, float32(0))
	case types.KFloat64:
		vec.Append(b, float64(0))
	case types.KView:
		b.AppendString("")
	case types.KList:
		b.AppendList(func(*vec.Builder) {})
	default:
		b.AppendNull()
	}
}

// appendSystem appends what one of SystemColumns has in the next row.
func (sc *scan) appendSystem(i int) {
	b := sc.builders[i]
	switch sc.out[i].Name {
	case "tableoid":
		vec.Append(b, int64(sc.table.oid))
	case "ctid":
		b.AppendString(fmt.Sprintf("(0,%d)", sc.rows+1))
	case "xmin":
		vec.Append(b, int64(1))
	default:
		vec.Append(b, int64(0))
	}
}

// restrictions returns the values that a condition lets columns have, as texts, for those that it compares with
// constants by = or IN.
func restrictions(cond expr.Expr, out exec.Schema) map[string][]string {
	only := map[string][]string{}
	var walk func(e expr.Expr)
	walk = func(e expr.Expr) {
		switch e := e.(type) {
		case *expr.And:
			for _, t := range e.Terms {
				walk(t)
			}
		case *expr.Call:
			if e.Fn.Name == "=" && len(e.Args) == 2 {
				restrict(only, out, e.Args[0], e.Args[1:])
				restrict(only, out, e.Args[1], e.Args[:1])
			}
		case *expr.In:
			list := make([]expr.Expr, len(e.List))
			for i, c := range e.List {
				list[i] = c
			}
			restrict(only, out, e.Arg, list)
		}
	}
	if cond != nil {
		walk(cond)
	}
	return only
}

// restrict notes that column is one of the values, if it is a column and they are constants.
func restrict(only map[string][]string, out exec.Schema, column expr.Expr, values []expr.Expr) {
	if c, ok := column.(*expr.Cast); ok && c.Arg.Type().ID == types.Name && c.Typ == types.Of(types.Text) {
		column = c.Arg
	}
	col, ok := column.(*expr.Column)
	if !ok {
		return
	}
	i := out.Index(col.ID)
	if i < 0 || out[i].Type.ID != types.OID && out[i].Type.ID != types.Name {
		return
	}
	list := []string{}
	for _, v := range values {
		c, ok := v.(*expr.Const)
		switch {
		case !ok:
			return
		case c.Value.IsNull(0):
		case c.Value.Type.IsOID():
			list = append(list, text.String(c.Value.WithType(types.Of(types.OID)), 0, nil))
		case c.Value.Type.ID == types.Text, c.Value.Type.ID == types.Name:
			list = append(list, string(c.Value.Bytes(0)))
		default:
			return
		}
	}
	only[out[i].Name] = list
}
