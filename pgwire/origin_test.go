package pgwire

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestColumnOrigins asks which columns of tables the columns of results are, and looks them up in the catalog, as JDBC does.
func TestColumnOrigins(t *testing.T) {
	ctx := context.Background()
	c := connect(t, startServer(t, gsqlConfig()), pgx.QueryExecModeExec)
	if _, err := c.PgConn().Exec(ctx, "CREATE TABLE t (a int, b text); CREATE TEMP TABLE u (a int, c text); CREATE VIEW v AS SELECT b AS x, a + 1 AS y, a FROM t").ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ query, want string }{
		{"SELECT city, population + 1, founded AS f FROM public.cities x", "cities.city - cities.founded"},
		{"SELECT * FROM (SELECT founded, city FROM cities) q (p, q)", "cities.founded cities.city"},
		{"WITH w AS (SELECT city FROM cities) SELECT w.city, (SELECT a FROM t) FROM w", "cities.city -"},
		{"SELECT city, count(*), max(founded) FROM cities GROUP BY 1", "cities.city - -"},
		{"SELECT DISTINCT city FROM cities ORDER BY 1", "cities.city"},
		{"SELECT city FROM cities UNION SELECT city FROM cities", "-"},
		{"SELECT x.*, t.b FROM u x JOIN t USING (a)", "u.a u.c t.b"},
		{"SELECT * FROM v", "v.x v.y v.a"},
		{"INSERT INTO t VALUES (1, 'x') RETURNING b, a", "t.b t.a"},
		{"UPDATE t SET b = 'y' RETURNING *", "t.a t.b"},
		{"DELETE FROM t RETURNING a, a + 1", "t.a -"},
		{"SELECT relname FROM pg_class LIMIT 0", "pg_class.relname"},
		{"SELECT * FROM generate_series(1, 2) g", "-"},
		{"SELECT 1", "-"},
	} {
		rows, err := c.Query(ctx, x.query)
		if err != nil {
			t.Fatal(x.query, err)
		}
		fields := append(rows.FieldDescriptions()[:0:0], rows.FieldDescriptions()...)
		rows.Close()
		var got []string
		for _, f := range fields {
			if f.TableOID == 0 {
				got = append(got, "-")
				continue
			}
			var table, column string
			if err := c.QueryRow(ctx, "SELECT relname, attname FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid WHERE c.oid = $1 AND attnum = $2",
				f.TableOID, f.TableAttributeNumber).Scan(&table, &column); err != nil {
				t.Fatal(x.query, f.TableOID, err)
			}
			got = append(got, table+"."+column)
		}
		if s := strings.Join(got, " "); s != x.want {
			t.Errorf("%s: got %s, want %s", x.query, s, x.want)
		}
	}
}

// TestViewsKeepTheirPath reads a view where the tables of its query are not found by their names alone.
func TestViewsKeepTheirPath(t *testing.T) {
	ctx := context.Background()
	c := connect(t, startServer(t, gsqlConfig()), pgx.QueryExecModeExec)
	for _, s := range []string{"CREATE VIEW large AS SELECT city FROM cities WHERE population > 3000000", "SET search_path = pg_catalog"} {
		if _, err := c.Exec(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	var city, column string
	if err := c.QueryRow(ctx, "SELECT (SELECT city FROM public.large), (SELECT attname FROM pg_attribute WHERE attrelid = 'public.large'::regclass AND attnum > 0)").Scan(&city, &column); err != nil {
		t.Fatal(err)
	}
	if city != "Berlin" || column != "city" {
		t.Error(city, column)
	}
	if _, err := c.Exec(ctx, "SELECT * FROM cities"); codeOf(err) != "42P01" {
		t.Error(err)
	}
}

// TestDefaultsAsConstants looks at defaults as pg_get_expr shows them.
func TestDefaultsAsConstants(t *testing.T) {
	ctx := context.Background()
	c := connect(t, startServer(t, gsqlConfig()), pgx.QueryExecModeExec)
	if _, err := c.Exec(ctx, `CREATE TABLE d (a text DEFAULT 'it''s', b varchar(3) DEFAULT 'y', c char(4) DEFAULT 'z', d date DEFAULT '2024-01-02', e int DEFAULT '5', f text DEFAULT NULL, g int DEFAULT 7)`); err != nil {
		t.Fatal(err)
	}
	rows, err := c.Query(ctx, "SELECT column_default FROM information_schema.columns WHERE table_name = 'd' ORDER BY ordinal_position")
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[*string])
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range got {
		if s == nil {
			list = append(list, "NULL")
		} else {
			list = append(list, *s)
		}
	}
	if s := fmt.Sprint(list); s != "['it''s'::text 'y'::character varying 'z'::bpchar '2024-01-02'::date 5 NULL 7]" {
		t.Error(s)
	}
}
