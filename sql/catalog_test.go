package sql

import (
	"context"
	"errors"

	"gsql/exec"
	"gsql/exec/fn"
	"gsql/exec/sqlstate"
	"gsql/exec/types"
)

// fakeTable has a schema and nothing else.
type fakeTable struct{ schema exec.Schema }

func (t *fakeTable) Schema() exec.Schema { return t.schema }
func (t *fakeTable) Stats() exec.Stats   { return exec.Stats{} }
func (t *fakeTable) Scan(context.Context, exec.ScanRequest) (exec.Plan, error) {
	return nil, errors.New("a fake table has no rows")
}

type fakeCatalog map[string]*fakeTable

func (c fakeCatalog) Table(_ context.Context, n exec.Name) (exec.Table, error) {
	if t, ok := c[n.Table]; ok && (n.Schema == "" || n.Schema == "public") {
		return t, nil
	}
	name := n.Table
	if n.Schema != "" {
		name = n.Schema + "." + name
	}
	return nil, sqlstate.New(sqlstate.UndefinedTable, "relation \"%s\" does not exist", name)
}

func (c fakeCatalog) TableFunction(_ context.Context, name string, args []exec.Arg) (exec.Table, error) {
	switch name {
	case "generate_series":
		return &fakeTable{exec.Schema{{Name: "generate_series", Type: types.Of(types.Int32)}}}, nil
	case "read_csv":
		return c["emp"], nil
	}
	return nil, sqlstate.New(sqlstate.UndefinedFunction, "function %s does not exist", name)
}

// fake makes a fake table from column names and types, alternating.
func fake(cols ...any) *fakeTable {
	t := &fakeTable{}
	for i := 0; i < len(cols); i += 2 {
		typ, ok := cols[i+1].(types.Type)
		if !ok {
			typ = types.Of(cols[i+1].(types.ID))
		}
		t.schema = append(t.schema, exec.Field{Name: cols[i].(string), Type: typ})
	}
	return t
}

// varcharOf returns varchar(n).
func varcharOf(n int32) types.Type { return types.Type{ID: types.Varchar, Prec: n} }

// testCatalog is the same schema as testdata/schema.sql.
var testCatalog = fakeCatalog{
	"emp": fake("id", types.Int32, "name", types.Text, "dept_id", types.Int32, "salary", types.NumericOf(10, 2),
		"hired", types.Date, "boss", types.Int32, "active", types.Bool),
	"dept": fake("id", types.Int32, "name", types.Text, "city", varcharOf(20), "budget", types.NumericOf(12, 2)),
	"nums": fake("i2", types.Int16, "i4", types.Int32, "i8", types.Int64, "f4", types.Float32, "f8", types.Float64,
		"n", types.Numeric, "n2", types.NumericOf(10, 2), "n3", types.NumericOf(10, 3)),
	"times": fake("d", types.Date, "t", types.Time, "ts", types.Timestamp, "tz", types.TimestampTZ, "iv", types.Interval),
	"misc": fake("u", types.UUID, "j", types.JSONB, "ia", types.ArrayOf(types.Of(types.Int32)),
		"ta", types.ArrayOf(types.Of(types.Text)), "c", types.Type{ID: types.Char, Prec: 5}, "v", varcharOf(10), "b", types.Bytea),
}

func testEnv() *Env {
	return &Env{Catalog: testCatalog, Fn: &fn.Ctx{Database: "gsql", User: "tester"}}
}
