package gsql_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"gsql"
)

// TestUserTypesInFiles writes values of types that statements made into files of all formats, which have them as text, and reads
// them again.
func TestUserTypesInFiles(t *testing.T) {
	dir := t.TempDir()
	db, err := gsql.Open(gsql.Config{Dir: dir, AllowWrite: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := newClient(t, db)
	c.want(
		"CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy')", "CREATE TYPE",
		"CREATE DOMAIN small AS int CHECK (VALUE < 10)", "CREATE DOMAIN",
		"CREATE TYPE pair AS (a small, m mood)", "CREATE TYPE",
		"CREATE TABLE t (m mood, n small, l mood[], p pair)", "CREATE TABLE",
		"INSERT INTO t VALUES ('happy', 1, '{sad,NULL}', ROW(2, 'so so')), ('sad', NULL, '{}', NULL), (NULL, 3, NULL, ROW(NULL, NULL))", "INSERT 0 3",
	)
	for _, f := range []struct{ file, moods, pair string }{
		{"t.csv", "l::mood[]", "p::pair"}, {"t.parquet", "l::mood[]", "p::pair"}, {"t.arrow", "l::mood[]", "p::pair"},
		{"t.ndjson", "(SELECT array_agg(x) FROM json_array_elements_text(l) x)::mood[]", "CASE WHEN p IS NOT NULL THEN json_populate_record(NULL::pair, p) END"},
	} {
		path := filepath.ToSlash(filepath.Join(dir, f.file))
		c.want("COPY (SELECT * FROM t) TO '"+path+"'", "COPY 3")
		query := fmt.Sprintf("SELECT m::mood, n::small, coalesce(%s, '{}'), %s FROM '%s' ORDER BY 1", f.moods, f.pair, path)
		want := "sad\tNULL\t{}\tNULL happy\t1\t{sad,NULL}\t(2,\"so so\") NULL\t3\t{}\t(,)"
		c.want(query, want)
	}
}

// TestUserTypesInGo: values of enumerations are strings in Go, and parameters may be.
func TestUserTypesInGo(t *testing.T) {
	db, err := gsql.Open(gsql.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	c := newClient(t, db)
	c.want("CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE TYPE")
	rows, err := db.Query(ctx, "SELECT $1::mood, enum_range($1)", "happy")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var m any
	var all []string
	for rows.Next() {
		if err := rows.Scan(&m, &all); err != nil {
			t.Fatal(err)
		}
	}
	if m != "happy" || fmt.Sprint(all) != "[sad happy]" || rows.Err() != nil {
		t.Error(m, all, rows.Err())
	}
	if name := rows.Columns()[0].Type.String(); name != "mood" {
		t.Error(name)
	}
}
