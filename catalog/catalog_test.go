package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gsql/exec"
	"gsql/exec/expr"
	"gsql/exec/fn"
	"gsql/exec/mem"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
	"gsql/exec/types"
	"gsql/exec/vec"
)

// fakeSource has tables of two columns and counts how often it is asked.
type fakeSource struct {
	tables         []string
	types          []*UserType
	listed, opened int
}

func (f *fakeSource) Relations(context.Context) ([]*Relation, error) {
	f.listed++
	var list []*Relation
	for _, t := range f.tables {
		if t == "numbers" {
			list = append(list, &Relation{Schema: "public", Name: t, Columns: func(context.Context) (exec.Schema, error) { return nil, nil },
				Sequence: &Sequence{Type: types.Of(types.Int64), Start: 1, Increment: 1, Min: 1, Max: 9, Last: func() (int64, bool) { return 3, true }}})
			continue
		}
		if t == "pair" {
			u := f.types[1]
			list = append(list, &Relation{Schema: "public", Name: t, Composite: u.named(), Columns: func(context.Context) (exec.Schema, error) {
				return exec.Schema{{Name: "a", Type: u.Type.Fields()[0].Type}}, nil
			}})
			continue
		}
		list = append(list, &Relation{Schema: "public", Name: t, Details: details(t), Keys: keys(t), Checks: checks(t), Columns: func(context.Context) (exec.Schema, error) {
			f.opened++
			if t == "broken" {
				return nil, errors.New("cannot be read")
			}
			if t == "typed" {
				return exec.Schema{{Name: "a", Type: f.types[2].Type}}, nil
			}
			return exec.Schema{{Name: "a", Type: types.Of(types.Int32)}, {Name: "b", Type: types.ArrayOf(types.Of(types.Text))}}, nil
		}})
	}
	return list, nil
}

// details gives the table x what tables in memory have.
func details(table string) []Detail {
	if table != "x" {
		return nil
	}
	return []Detail{{NotNull: true, Sequence: "numbers"}, {Default: "'{}'::text[]"}}
}

func keys(table string) []Key {
	if table != "keyed" {
		return nil
	}
	return []Key{{Name: "keyed_pkey", Columns: []int{0}, Primary: true}}
}

func checks(table string) []Check {
	if table != "keyed" {
		return nil
	}
	return []Check{{Name: "keyed_a_check", Text: "(a > 0)"}}
}

func (f *fakeSource) Types() []*UserType { return f.types }
func (f *fakeSource) Schemas() []string  { return []string{"empty"} }
func (f *fakeSource) Comments() []Comment {
	return []Comment{{Class: "pg_database", OID: databaseOID, Text: "of the database"}}
}
func (f *fakeSource) Settings() []Setting {
	return []Setting{{Name: "work_mem", Value: "4MB", Reset: "4MB"}}
}
func (f *fakeSource) Activity() []Activity { return []Activity{{PID: 7, Started: time.Unix(1, 0)}} }
func (f *fakeSource) Prepared() []Prepared {
	return []Prepared{{Name: "p", Parameters: []types.Type{types.Of(types.Int32)}}}
}
func (f *fakeSource) Cursors() []Cursor        { return []Cursor{{Name: "c"}} }
func (f *fakeSource) Peer() (string, int32)    { return "", 0 }
func (f *fakeSource) Cancel(int64, bool) bool  { return false }
func (f *fakeSource) Notify(_, _ string) error { return nil }
func (f *fakeSource) Channels() []string       { return nil }
func (f *fakeSource) QueueUsage() float64      { return 0 }
func (f *fakeSource) Set(_, value string, _ bool) (string, error) {
	return value, nil
}

func newSnapshot(f *fakeSource, path string) *Snapshot {
	return New(context.Background(), f, Session{User: "me", Database: "db", SearchPath: path})
}

// rowsOf reads columns of a relation, those with cond only where it prunes.
func rowsOf(t *testing.T, s *Snapshot, schema, name string, cond func(cols map[string]*expr.Column) expr.Expr, columns ...string) []string {
	t.Helper()
	table, ok := Lookup(schema, name)
	if !ok {
		t.Fatal("no ", name)
	}
	req := exec.ScanRequest{Limit: -1, Partitions: 1}
	cols := map[string]*expr.Column{}
	for i, f := range table.Schema() {
		if !slices.Contains(columns, f.Name) {
			continue
		}
		req.Columns, req.IDs = append(req.Columns, i), append(req.IDs, expr.ColID(i+1))
		cols[f.Name] = &expr.Column{ID: expr.ColID(i + 1), Name: f.Name, Typ: f.Type}
	}
	if cond != nil {
		req.Prune = cond(cols)
	}
	p, err := table.Scan(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	env := exec.NewEnv(context.Background(), &fn.Ctx{Objects: s}, mem.NewPool(0), 3)
	defer env.Close()
	var rows []string
	err = env.PullAll(context.Background(), p, func(_ int, b *vec.Batch) error {
		for i := range b.Rows {
			var row []string
			for _, c := range b.Cols {
				row = append(row, text.String(c, i, &text.Style{Objects: s}))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func equals(cols map[string]*expr.Column, column string, c *expr.Const) expr.Expr {
	for _, eq := range fn.Scalars("=") {
		if eq.Args[0] == c.Value.Type {
			return &expr.Call{Fn: eq, Args: []expr.Expr{cols[column], c}, Typ: types.Of(types.Bool)}
		}
	}
	panic("no =")
}

// TestLazy: files are opened for their columns alone, and only those that are asked for.
func TestLazy(t *testing.T) {
	f := &fakeSource{tables: []string{"x", "y", "broken"}}
	s := newSnapshot(f, "public")
	if f.listed > 0 {
		t.Error("listed before something was asked")
	}
	classes := rowsOf(t, s, "pg_catalog", "pg_class", nil, "oid", "relname", "relnamespace", "relkind")
	if len(classes) != 3+len(systemRelations()) || f.listed != 1 || f.opened != 0 {
		t.Errorf("%d classes, listed %d times, %d opened", len(classes), f.listed, f.opened)
	}
	oid := s.relation(qualified{"", "y"}).oid
	one := func(cols map[string]*expr.Column) expr.Expr {
		return equals(cols, "attrelid", &expr.Const{Value: vec.NewConst(types.Of(types.OID), types.KInt64, int64(oid), 1)})
	}
	got := rowsOf(t, s, "pg_catalog", "pg_attribute", one, "attrelid", "attname", "attnum")
	if want := fmt.Sprintf("%d|a|1 %d|b|2", oid, oid); strings.Join(got, " ") != want || f.opened != 1 {
		t.Errorf("%v, want %s; %d opened", got, want, f.opened)
	}
	named := func(cols map[string]*expr.Column) expr.Expr {
		return equals(cols, "table_name", &expr.Const{Value: vec.NewConst(types.Of(types.Name), types.KView, vec.MakeView([]byte("x"), 0, 0), 1)})
	}
	got = rowsOf(t, s, "information_schema", "columns", named, "table_name", "column_name", "data_type", "udt_name")
	if want := "x|a|integer|int4 x|b|ARRAY|_text"; strings.Join(got, " ") != want || f.opened != 2 {
		t.Errorf("%v, want %s; %d opened", got, want, f.opened)
	}
	all := rowsOf(t, s, "pg_catalog", "pg_attribute", nil, "attrelid")
	if f.opened != 3 || f.listed != 1 {
		t.Errorf("all %d attributes: listed %d times, %d opened", len(all), f.listed, f.opened)
	}
	if n := rowsOf(t, s, "pg_catalog", "pg_class", nil, "relname", "relnatts"); !slices.Contains(n, "broken|0") || !slices.Contains(n, "x|2") {
		t.Error("numbers of columns:", n)
	}
}

// madeTypes are an enumeration, a composite type and a domain.
func madeTypes() []*UserType {
	made := func(name string, of func(*types.Named) types.Type) *UserType {
		state := &types.NamedState{Schema: "public", Name: name}
		n := types.NewNamed(state)
		n.OID, n.Array, n.Class = NewTypeOIDs("public", name, nil)
		return &UserType{of(n), state}
	}
	enum, domain := made("mood", types.EnumOf), made("positive", func(n *types.Named) types.Type { return types.DomainOf(n, types.Of(types.Int32)) })
	enum.State.Labels = types.NewLabels([]string{"sad", "ok"})
	domain.State.Checks = []types.Check{{Name: "positive_check", Text: "(VALUE > 0)"}}
	composite := made("pair", func(n *types.Named) types.Type {
		return types.CompositeOf(n, []types.Field{{Name: "a", Type: enum.Type}})
	})
	return []*UserType{enum, composite, domain}
}

// TestUserTypes: names of types and their OIDs lead to each other.
func TestUserTypes(t *testing.T) {
	list := madeTypes()
	s := newSnapshot(&fakeSource{types: slices.Clone(list)}, "public")
	for _, u := range list {
		name := u.State.Name
		for text, typ := range map[string]types.Type{name: u.Type, name + "[]": types.ArrayOf(u.Type)} {
			oid, err := s.parseType(text)
			if shown, _ := s.typeName(oid); err != nil || oid != s.OIDOf(typ) || shown != text {
				t.Errorf("%s is %d, which is %s: %v", text, oid, shown, err)
			}
		}
	}
	got := rowsOf(t, newSnapshot(&fakeSource{types: list}, "other"), "pg_catalog", "pg_enum", nil, "enumsortorder", "enumlabel")
	if want := "1|sad 2|ok"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestEveryRelation scans all relations with all columns, those of the system, too.
func TestEveryRelation(t *testing.T) {
	s := newSnapshot(&fakeSource{tables: []string{"x", "keyed", "numbers", "typed", "pair"}, types: madeTypes()}, `"$user", public`)
	if n := len(systemRelations()); n < 200 {
		t.Errorf("%d relations", n)
	}
	for _, r := range systemRelations() {
		table, _ := Lookup(r.Schema, r.Name)
		var names []string
		for _, f := range table.Schema() {
			names = append(names, f.Name)
		}
		for name := range parts {
			if schema, n, _ := cutName(name); schema == r.Schema && n == r.Name && len(rowsOf(t, s, schema, n, nil, names...)) == 0 {
				t.Errorf("%s has no rows", name)
			}
		}
		rowsOf(t, s, r.Schema, r.Name, nil, names...)
	}
	for name := range parts {
		schema, n, _ := cutName(name)
		if _, ok := Lookup(schema, n); !ok {
			t.Errorf("%s is defined but is no relation", name)
		}
	}
}

// TestNumbers: a name has one OID, wherever it is asked for.
func TestNumbers(t *testing.T) {
	a, b := newNumbers(), newNumbers()
	for _, n := range []string{"x", "y", "z"} {
		if oid := a.next("relation", "public", n); oid != b.next("relation", "public", n) || oid < firstOID || oid >= 1<<31 {
			t.Errorf("OID %d", oid)
		}
	}
	first := a.next("relation", "public", "w")
	if again := a.next("relation", "public", "w"); again != first+1 {
		t.Errorf("a taken number: %d after %d", again, first)
	}
}

func TestNames(t *testing.T) {
	s := newSnapshot(&fakeSource{tables: []string{"x", "Two Words", "pg_class", "order"}}, "public")
	for name, want := range map[string]string{
		"x": "x", "public.x": "x", "db.public.x": "x", `"Two Words"`: `"Two Words"`, "public.pg_class": "public.pg_class", "pg_class": "pg_class",
		`"order"`: `"order"`, " x ": "x", "X": "x", "information_schema.tables": "information_schema.tables",
		"other.public.x": "!0A000", "Two Words": "!42602", "": "!42602", "a.b.c.d": "!42601", "y": "!42P01", "nowhere.x": "!3F000", `"x`: "!42602",
	} {
		oid, err := s.ObjectOID(types.RegClass, name)
		got, _ := s.ObjectName(types.RegClass, oid)
		if err != nil {
			got = "!" + string(sqlstate.Of(err))
		}
		if got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
	for path, want := range map[string]string{"": "pg_catalog", "public": "pg_catalog public", "public, pg_catalog": "public pg_catalog",
		`"$user", public`: "pg_catalog public", `nothing, "public"`: "pg_catalog public"} {
		if got := strings.Join(newSnapshot(&fakeSource{}, path).Schemas(true), " "); got != want {
			t.Errorf("search_path %s: %s, want %s", path, got, want)
		}
	}
	if newSnapshot(&fakeSource{tables: []string{"x"}}, "").relation(qualified{"", "x"}) != nil {
		t.Error("x is found without a search path")
	}
}

func TestRowTypes(t *testing.T) {
	s := newSnapshot(&fakeSource{tables: []string{"x"}}, "public")
	r := s.relation(qualified{"", "x"})
	row := types.RecordOf("x", []types.Field{{Name: "a", Type: types.Of(types.Int32)}})
	if s.OIDOf(row) != r.rowType || s.OIDOf(types.ArrayOf(row)) != r.rowArray {
		t.Error("the row type has another OID")
	}
	for name, oid := range map[string]uint32{"x": r.rowType, "x[]": r.rowArray, "_x": r.rowArray, "int4": 23, "int[]": 1007, "varchar(5)": 1043} {
		if got, err := s.parseType(name); got != oid || err != nil {
			t.Errorf("type %s: %d, %v, want %d", name, got, err, oid)
		}
	}
	for _, id := range []types.ID{types.Bool, types.Text, types.RegClass, types.InternalChar} {
		name, _ := s.typeName(TypeOID(types.Of(id)))
		if name != id.String() {
			t.Errorf("%s is named %s", id, name)
		}
		if oid, err := s.parseType(name); oid != TypeOID(types.Of(id)) || err != nil {
			t.Errorf("%s is read as %d, %v", name, oid, err)
		}
	}
}

func TestSettings(t *testing.T) {
	work := LookupSetting("Work_Mem")
	if work == nil || work.Show(work.Boot) != "4MB" || work.Raw("64MB") != "65536" || work.Allows(1) {
		t.Errorf("work_mem: %+v", work)
	}
	if x := LookupSetting("wal_segment_size"); x.Show(x.Boot) != "16MB" {
		t.Errorf("wal_segment_size: %s", x.Show(x.Boot))
	}
	if LookupSetting("nothing") != nil {
		t.Error("nothing is a setting")
	}
}

// TestOverloads: two functions of one signature would make every call of it ambiguous.
func TestOverloads(t *testing.T) {
	seen := map[string]bool{}
	fn.EachScalar(func(s *fn.Scalar) {
		key := fmt.Sprint(s.Name, s.Args, s.Variadic)
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	})
}
