package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
	"gsql/storage/memory"
)

// Declared is a column that a statement declares of a table over files.
type Declared struct {
	Name    string
	Type    types.Type // Unknown: as found
	NotNull bool
}

// declare makes the columns of the table those that are declared, in their order, each the one of its name in the files, and
// NULL where these have none. Columns that are not in the files stay behind them: keys, and the path if it was asked for.
func (f *found) declare(declared []Declared, keys []Declared) error {
	if declared == nil {
		return f.declareKeys(keys)
	}
	visible := f.columns[:f.visible]
	taken := make([]bool, len(visible))
	var columns []column
	some := false
	for _, d := range declared {
		i := f.columnNamed(d.Name)
		if at := slices.IndexFunc(f.columns[f.visible:], func(c column) bool { return c.field.Name == d.Name }); i < 0 && at >= 0 { // _file and its like
			c := f.columns[f.visible+at]
			c.notNull = d.NotNull
			if err := c.convertTo(d.Type); err != nil {
				return err
			}
			columns = append(columns, c)
			continue
		}
		if i < 0 {
			f.extras = append(f.extras, extra{kind: extraNull})
			columns = append(columns, column{field: exec.Field{Name: d.Name, Type: d.Type}, ordinal: f.inner + len(f.extras) - 1, notNull: d.NotNull})
			continue
		}
		some, taken[i] = true, true
		c := visible[i]
		c.name, c.field.Name, c.notNull = c.field.Name, d.Name, d.NotNull
		if err := c.convertTo(d.Type); err != nil {
			return err
		}
		columns = append(columns, c)
	}
	if !some {
		var names []string
		for _, c := range visible {
			names = append(names, c.field.Name)
		}
		return sqlstate.New(sqlstate.UndefinedColumn, "the files of \"%s\" have none of the declared columns", f.name).
			WithHint("They have %s. Columns are found by their names; those of CSV files without a header by their place.", strings.Join(names, ", "))
	}
	for i, c := range visible {
		x := c.ordinal - f.inner
		if taken[i] || x < 0 || f.extras[x].kind == extraKey && !declares(keys, c.field.Name) {
			continue
		}
		columns = append(columns, c)
	}
	f.columns = append(columns, f.columns[f.visible:]...)
	f.visible = len(columns)
	return f.declareKeys(keys)
}

func declares(list []Declared, name string) bool {
	return slices.ContainsFunc(list, func(d Declared) bool { return d.Name == name })
}

// columnNamed finds a visible column by name; if there is none, in any case of letters if that is the only one.
func (f *found) columnNamed(name string) int {
	like := -1
	for i, c := range f.columns[:f.visible] {
		switch {
		case c.field.Name == name:
			return i
		case strings.EqualFold(c.field.Name, name) && like == -1:
			like = i
		case strings.EqualFold(c.field.Name, name):
			like = -2
		}
	}
	return max(like, -1)
}

// declareKeys checks that the folders of the files have the declared keys.
func (f *found) declareKeys(keys []Declared) error {
	if keys == nil {
		return nil
	}
	var names []string
	if f.hive != nil {
		for _, k := range f.hive.keys {
			names = append(names, k.name)
		}
	}
	for _, d := range keys {
		if !slices.Contains(names, d.Name) {
			e := sqlstate.New(sqlstate.UndefinedColumn, "the folders of \"%s\" have no key \"%s\"", f.name, d.Name)
			if names == nil {
				return e.WithHint("Not all files lie in folders of the same keys, written key=value.")
			}
			return e.WithHint("They have %s.", strings.Join(names, ", "))
		}
		for i, c := range f.columns[:f.visible] {
			if c.field.Name == d.Name {
				f.columns[i].notNull = d.NotNull
			}
		}
	}
	return nil
}

// conversion makes values of a declared type of those in files.
type conversion struct {
	from types.Type
	cast []*fn.Cast
	back *fn.Cast // converts a value back, which must give the same; nil: no value can change
}

// comparable are the types whose values are compared with what was converted there and back, beside numbers.
var comparable = []types.ID{types.Bool, types.Date, types.Time, types.Timestamp, types.TimestampTZ}

// convertTo gives a column another type than the files have, as far as that changes no value.
func (c *column) convertTo(t types.Type) error {
	from := c.field.Type
	if t.ID == types.Unknown || t == from {
		return nil
	}
	c.convert = &conversion{from: from}
	c.field.Type = t
	base := t
	if t.ID == types.Varchar || t.ID == types.Char { // whose length is checked, not cut
		base = types.Of(types.Text)
	}
	if from.ID == base.ID && (base.ID == types.Text || base.ID == types.Varchar) {
		return nil
	}
	cast := fn.LookupCast(from.ID, base.ID)
	if cast == nil || t.ID == types.Array || t.ID == types.Record || from.ID == types.Array || from.ID == types.Record {
		return c.inconvertible(from, t)
	}
	c.convert.cast = []*fn.Cast{cast}
	if harmless(from, base) {
		return nil
	}
	if c.convert.back = fn.LookupCast(base.ID, from.ID); c.convert.back == nil || !from.IsNumber() && !slices.Contains(comparable, from.ID) {
		return c.inconvertible(from, t)
	}
	return nil
}

func (c *column) inconvertible(from, t types.Type) error {
	return sqlstate.New(sqlstate.DatatypeMismatch, "column \"%s\" is %s in the files, which is not converted to %s", c.field.Name, from, t).
		WithHint("Declare it as %s, and make a view that casts it.", from)
}

// harmless reports whether a cast fails for a value that it would change.
func harmless(from, to types.Type) bool {
	switch {
	case from.ID == types.Text || to.ID == types.Text:
		return true
	case from.IsInteger() && to.IsInteger():
		return true
	case to.ID == types.Numeric && (from.IsInteger() || from.ID == types.Numeric && from.Scale != types.DynamicScale):
		return to.Scale == types.DynamicScale || from.IsInteger() || from.Scale <= to.Scale
	case to.ID == types.Float64 && (from.ID == types.Float32 || from.ID == types.Int16 || from.ID == types.Int32), from.ID == types.Date && to.ID == types.Timestamp:
		return true
	}
	return false
}

// exprs returns what makes the declared value of a column, and what is true where it would be another one; nil: nowhere.
func (v *conversion) exprs(col *expr.Column, t types.Type) (value, changed expr.Expr) {
	value = col
	base := t
	if t.ID == types.Varchar || t.ID == types.Char {
		base = types.Of(types.Text)
	}
	for _, c := range v.cast {
		value = &expr.Cast{Cast: c, Arg: value, Typ: base}
	}
	if v.back != nil {
		again := &expr.Cast{Cast: v.back, Arg: value, Typ: v.from}
		changed = &expr.Call{Fn: fn.Scalars("is_distinct_from")[0], Args: []expr.Expr{again, col}, Typ: types.Of(types.Bool)}
	}
	return value, changed
}

// declaredScan makes the declared columns of those that a scan reads, and checks them.
type declaredScan struct {
	table   string
	input   exec.Plan
	columns []column // of the output
	out     exec.Schema
}

// newDeclaredScan returns a scan of columns some of which are converted or checked. scan returns that of the columns as the files
// have them.
func (t *table) newDeclaredScan(req exec.ScanRequest, scan func(exec.ScanRequest) (exec.Plan, error)) (exec.Plan, error) {
	p := &declaredScan{table: t.found.name}
	converted := map[expr.ColID]bool{}
	inner := req
	inner.Columns = slices.Clone(req.Columns)
	for i, at := range req.Columns {
		c := t.found.columns[at]
		f := c.field
		f.ID = req.IDs[i]
		p.columns, p.out = append(p.columns, c), append(p.out, f)
		inner.Columns[i] = c.ordinal
		converted[f.ID] = c.convert != nil
	}
	inner.Prune = withoutTerms(req.Prune, converted)
	inner.Filters = nil
	for _, f := range req.Filters {
		if !converted[f.Col] {
			inner.Filters = append(inner.Filters, f)
		}
	}
	var err error
	p.input, err = scan(inner)
	return p, err
}

// withoutTerms returns those terms of a condition that use none of some columns.
func withoutTerms(e expr.Expr, columns map[expr.ColID]bool) expr.Expr {
	if e == nil {
		return nil
	}
	terms := []expr.Expr{e}
	if and, ok := e.(*expr.And); ok {
		terms = and.Terms
	}
	var keep []expr.Expr
	for _, t := range terms {
		uses := false
		expr.Columns(t, func(c *expr.Column) { uses = uses || columns[c.ID] })
		if !uses {
			keep = append(keep, t)
		}
	}
	if len(keep) == 0 {
		return nil
	}
	return expr.NewAnd(keep...)
}

func (p *declaredScan) Schema() exec.Schema { return p.out }
func (p *declaredScan) Partitioning() exec.Partitioning {
	return exec.Partitioning{N: p.input.Partitioning().N}
}
func (p *declaredScan) Inputs() []exec.Plan { return []exec.Plan{p.input} }

func (p *declaredScan) String() string {
	var list []string
	for i, c := range p.columns {
		switch f := p.out[i]; {
		case c.convert != nil:
			list = append(list, fmt.Sprintf("%s %s as %s", f.Name, c.convert.from, f.Type))
		case c.notNull:
			list = append(list, f.Name+" not null")
		}
	}
	return "Declared columns (" + strings.Join(list, ", ") + ")"
}

// Fingerprint adds the conversions and the checks.
func (p *declaredScan) Fingerprint(d *exec.Digest) {
	d.Add(p.input, p.out)
	for _, c := range p.columns {
		if d.Add(c.notNull, c.convert != nil); c.convert != nil {
			d.Add(c.convert.from)
		}
	}
}

func (p *declaredScan) Open(ctx context.Context, env *exec.Env, part int) (exec.Stream, error) {
	s := &declaredStream{plan: p, env: env}
	in := p.input.Schema()
	for i, c := range p.columns {
		var x declaredColumn
		if c.convert != nil {
			value, changed := c.convert.exprs(&expr.Column{ID: in[i].ID, Name: in[i].Name, Typ: in[i].Type}, p.out[i].Type)
			programs, err := expr.CompileAll([]expr.Expr{value}, in.Index)
			if err != nil {
				return nil, err
			}
			x.value = programs[0]
			if changed != nil {
				if programs, err = expr.CompileAll([]expr.Expr{changed}, in.Index); err != nil {
					return nil, err
				}
				x.changed = programs[0]
			}
		}
		s.columns = append(s.columns, x)
	}
	var err error
	s.Stream, err = env.Open(ctx, p.input, part)
	return s, err
}

type declaredStream struct {
	exec.Stream
	plan    *declaredScan
	env     *exec.Env
	columns []declaredColumn
}

// declaredColumn computes a column that is converted.
type declaredColumn struct{ value, changed *expr.Program }

func (s *declaredStream) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := s.Stream.Next(ctx)
	if err != nil {
		return nil, err
	}
	b = b.Compact()
	out := &vec.Batch{Rows: b.Rows, Cols: make([]*vec.Vector, len(b.Cols))}
	for i, x := range s.columns {
		c, t := s.plan.columns[i], s.plan.out[i].Type
		v := b.Cols[i]
		if x.value != nil {
			if v, err = x.convert(s.env.Fn, b, v, c, t); err != nil {
				return nil, s.plan.inTable(err, c)
			}
		}
		if c.notNull && hasNull(v) {
			return nil, sqlstate.New(sqlstate.NotNullViolation, "null value in column \"%s\" of relation \"%s\" violates not-null constraint", c.field.Name, s.plan.table)
		}
		out.Cols[i] = v
	}
	return out, nil
}

// convert returns the values as the declared type has them.
func (x declaredColumn) convert(f *fn.Ctx, b *vec.Batch, raw *vec.Vector, c column, t types.Type) (*vec.Vector, error) {
	v, err := x.value.Eval(f, b)
	if err != nil {
		return nil, err
	}
	if x.changed != nil {
		changed, err := x.changed.Eval(f, b)
		if err != nil {
			return nil, err
		}
		for i := range b.Rows {
			if vec.At[uint8](changed, i) != 0 {
				return nil, sqlstate.New(sqlstate.NumericOutOfRange, "%s value %s cannot be converted to %s without a change", c.convert.from, text.Append(nil, raw, i, &text.Style{}), t)
			}
		}
	}
	return memory.Fit(v, t)
}

// inTable says in which column a value does not fit.
func (p *declaredScan) inTable(err error, c column) error {
	e, ok := err.(*sqlstate.Error)
	if !ok || e.Where != "" {
		return err
	}
	x := *e
	x.Where = fmt.Sprintf("column \"%s\" of table \"%s\"", c.field.Name, p.table)
	return &x
}

// hasNull reports whether a value is NULL.
func hasNull(v *vec.Vector) bool {
	if v.Valid == nil && (v.Enc != vec.Dict || v.Dict.Valid == nil) {
		return false
	}
	for i := range v.Len {
		if v.IsNull(i) {
			return true
		}
	}
	return false
}

// Written is what a row that is added to a table's files must have.
type Written struct {
	Table   string
	Columns []Declared
	Names   []string // of the columns in the files
}

// WrittenTo returns what rows that are added to a table over files must have; ok is false if the files would not have what the
// table shows of them.
func WrittenTo(t exec.Table) (w *Written, ok bool) {
	switch t := t.(type) {
	case *emptyTable:
		w = &Written{Table: t.name, Columns: t.declared}
		for _, d := range t.declared {
			w.Names = append(w.Names, d.Name)
		}
		return w, true
	case *table:
		w = &Written{Table: t.found.name}
		for _, c := range t.found.columns[:t.found.visible] {
			if x := c.ordinal - t.found.inner; c.convert != nil && c.convert.cast != nil || x >= 0 && t.found.extras[x].kind != extraNull {
				return nil, false
			}
			name := c.name
			if name == "" {
				name = c.field.Name
			}
			w.Columns, w.Names = append(w.Columns, Declared{c.field.Name, c.field.Type, c.notNull}), append(w.Names, name)
		}
		return w, true
	}
	return nil, false
}

// Check returns a plan of the same rows that fails for one that has NULL in a column which must not have it, or a string that is
// too long.
func (w *Written) Check(p exec.Plan) exec.Plan {
	s := &declaredScan{table: w.Table, input: p, out: slices.Clone(p.Schema())}
	needed := false
	for i, d := range w.Columns {
		c := column{field: exec.Field{Name: d.Name, Type: d.Type}, notNull: d.NotNull}
		if (d.Type.ID == types.Varchar || d.Type.ID == types.Char) && d.Type.Prec > 0 {
			c.convert = &conversion{from: s.out[i].Type}
			s.out[i].Type = d.Type
		}
		needed = needed || c.notNull || c.convert != nil
		s.columns = append(s.columns, c)
	}
	if !needed {
		return p
	}
	return s
}
