package pgwire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gsql"
)

// pair is a value of the composite type of TestUserTypes.
type pair struct {
	A *int32
	M *string
}

// TestUserTypes sends and reads values of types that statements made, in binary once pgx has loaded the types.
func TestUserTypes(t *testing.T) {
	ctx := context.Background()
	c := connect(t, startServer(t, gsql.Config{Dir: t.TempDir()}), pgx.QueryExecModeCacheStatement)
	for _, sql := range []string{"CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy')", "CREATE TYPE pair AS (a int, m mood)",
		"CREATE DOMAIN small AS int CHECK (VALUE < 10)", "CREATE TABLE t (m mood, p pair, n small, l mood[], q pair[])"} {
		if _, err := c.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"mood", "_mood", "pair", "_pair", "small"} {
		typ, err := c.LoadType(ctx, name)
		if err != nil {
			t.Fatal(name, err)
		}
		c.TypeMap().RegisterType(typ)
	}
	seven, sad := int32(7), "sad"
	if _, err := c.Exec(ctx, "INSERT INTO t VALUES ($1, $2, $3, $4, $5)", "so so", pair{&seven, &sad}, 9, []string{"happy", "sad"}, []pair{{nil, &sad}, {&seven, nil}}); err != nil {
		t.Fatal(err)
	}
	n, err := c.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"m", "p", "n", "l"}, pgx.CopyFromRows([][]any{{"happy", pair{nil, nil}, 1, []string{}}}))
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	rows, _ := c.Query(ctx, "SELECT m, p, n, l, q FROM t ORDER BY m DESC")
	type row struct {
		M string
		P pair
		N int
		L []string
		Q []pair
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if x := got[0]; x.M != "happy" || x.P.A != nil || x.P.M != nil || x.N != 1 || len(x.L) != 0 || x.Q != nil {
		t.Errorf("%+v", x)
	}
	if x := got[1]; x.M != "so so" || *x.P.A != 7 || *x.P.M != "sad" || x.N != 9 || fmt.Sprint(x.L) != "[happy sad]" || *x.Q[0].M != "sad" || *x.Q[1].A != 7 {
		t.Errorf("%+v", x)
	}
	for _, f := range []struct {
		sql, code string
		arg       any
	}{
		{"SELECT $1::mood", "22P02", "none"}, {"SELECT $1::small", "23514", 10}, {"INSERT INTO t(n) VALUES ($1)", "23514", 11},
		{"SELECT $1::small[]", "23514", []int32{1, 12}},
	} {
		var e *pgconn.PgError
		if _, err := c.Exec(ctx, f.sql, f.arg); !errors.As(err, &e) || e.Code != f.code {
			t.Errorf("%s: %v, want %s", f.sql, err, f.code)
		}
	}
	var e *pgconn.PgError
	_, err = c.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"n"}, pgx.CopyFromRows([][]any{{1}, {13}}))
	if !errors.As(err, &e) || e.Code != "23514" {
		t.Error(err)
	}
}

// TestUserTypeOIDs: results have the OID of what a domain is of, parameters that of the domain.
func TestUserTypeOIDs(t *testing.T) {
	ctx := context.Background()
	c := connect(t, startServer(t, gsql.Config{Dir: t.TempDir()}), pgx.QueryExecModeCacheStatement)
	if _, err := c.Exec(ctx, "CREATE DOMAIN d AS numeric(5,2); CREATE TYPE e AS ENUM ('a')", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	var domain, enum, array uint32
	if err := c.QueryRow(ctx, "SELECT 'd'::regtype::oid, 'e'::regtype::oid, 'e[]'::regtype::oid").Scan(&domain, &enum, &array); err != nil {
		t.Fatal(err)
	}
	p, err := c.Prepare(ctx, "s", "SELECT $1::d, $2::e, $3::e[]")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.ParamOIDs), fmt.Sprint([]uint32{domain, enum, array}); got != want {
		t.Errorf("parameters %s, want %s", got, want)
	}
	if f := p.Fields; f[0].DataTypeOID != 1700 || f[0].TypeModifier != 5<<16+2+4 || f[1].DataTypeOID != enum || f[1].DataTypeSize != 4 || f[2].DataTypeOID != array {
		t.Errorf("%+v", f)
	}
}

// The rows of a table have the OID that pg_type gives them, as parameters and as columns.
func TestRowsOfTablesHaveOIDs(t *testing.T) {
	ctx := t.Context()
	c := connect(t, startServer(t, gsqlConfig()), pgx.QueryExecModeCacheStatement)
	if _, err := c.Exec(ctx, "CREATE TABLE spot (x float8, label text)"); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][2]string{{"spot", "spot"}, {"_spot", "spot[]"}} {
		name, written := names[0], names[1]
		typ, err := c.LoadType(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		c.TypeMap().RegisterType(typ)
		d, err := c.Prepare(ctx, "", "SELECT $1::"+written+" AS v")
		if err != nil {
			t.Fatal(err)
		}
		if d.ParamOIDs[0] != typ.OID || d.Fields[0].DataTypeOID != typ.OID {
			t.Errorf("%s has OID %d, but is described as %d and %d", name, typ.OID, d.ParamOIDs[0], d.Fields[0].DataTypeOID)
		}
	}
	type spot struct {
		X     float64
		Label string
	}
	in := []spot{{1, "a"}, {2, "b"}}
	for _, format := range []int16{0, 1} {
		var one spot
		var all []spot
		if err := c.QueryRow(ctx, "SELECT $1::spot, $2::spot[]", pgx.QueryResultFormats{format}, in[0], in).Scan(&one, &all); err != nil {
			t.Fatal(err)
		}
		if one != in[0] || !slices.Equal(all, in) {
			t.Errorf("format %d: %v %v", format, one, all)
		}
	}
}
