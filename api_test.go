package gsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
)

func openDB(t *testing.T, cfg gsql.Config) *gsql.DB {
	t.Helper()
	db, err := gsql.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		if n := db.MemoryHeld(); n != 0 {
			t.Errorf("%d bytes are held at the end", n)
		}
	})
	return db
}

// one runs a query and scans its only row.
func one(t *testing.T, db *gsql.DB, query string, args []any, dest ...any) error {
	t.Helper()
	rows, err := db.Query(context.Background(), query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(errors.New("no row"), rows.Err())
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	if rows.Next() {
		return errors.New("more than one row")
	}
	return rows.Err()
}

type named string

func TestScan(t *testing.T) {
	db := openDB(t, gsql.Config{})
	ptr := func(s string) *string { return &s }
	date := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		query string
		want  any // its type is that of the variable
		err   string
	}{
		{"true", true, ""}, {"5", 5, ""}, {"5", int8(5), ""}, {"5::int2", uint16(5), ""}, {"5", 5.0, ""}, {"5", "5", ""}, {"5", any(int64(5)), ""},
		{"1.50", "1.50", ""}, {"1.50", 1.5, ""}, {"1.50", float32(1.5), ""}, {"7::numeric", 7, ""}, {"sum(x) FROM generate_series(1, 10) x", 55, ""},
		{"1.5::float8", 1.5, ""}, {"'x'", "x", ""}, {"'x'", []byte("x"), ""}, {"'x'", named("x"), ""}, {"'\\x00ff'::bytea", []byte{0, 255}, ""},
		{"'\\x00ff'::bytea", "\\x00ff", ""}, {"'2024-02-29'::date", date, ""}, {"'2024-02-29'::date", "2024-02-29", ""},
		{"'2024-02-29 12:00'::timestamp", date.Add(12 * time.Hour), ""}, {"'2024-02-29 12:00+02'::timestamptz", date.Add(10 * time.Hour), ""},
		{"'2024-02-29'::date", any(date), ""}, {"'12:34'::time", "12:34:00", ""}, {"'1 day'::interval", "1 day", ""},
		{"'{\"a\":1}'::jsonb", "{\"a\": 1}", ""}, {"NULL::int", (*int)(nil), ""}, {"'x'", ptr("x"), ""}, {"NULL::text", any(nil), ""},
		{"NULL::text", []byte(nil), ""}, {"NULL::text", sql.NullString{}, ""}, {"'x'", sql.NullString{String: "x", Valid: true}, ""},
		{"5", sql.NullInt64{Int64: 5, Valid: true}, ""}, {"ARRAY[1,2,3]", []int64{1, 2, 3}, ""}, {"ARRAY['a',NULL]", []*string{ptr("a"), nil}, ""},
		{"ARRAY['a','b']", []string{"a", "b"}, ""}, {"'{{1,2},{3,4}}'::int[]", [][]int{{1, 2}, {3, 4}}, ""}, {"'[0:1][2:2]={{a},{NULL}}'::text[]", [][]*string{{ptr("a")}, {nil}}, ""},
		{"'{{{1}},{{2}}}'::int[]", [][][]int16{{{1}}, {{2}}}, ""}, {"'{}'::int[]", [][]int{}, ""}, {"'{{1,2}}'::int[]", "{{1,2}}", ""}, {"'{{1,2}}'::int[]", any("{{1,2}}"), ""},
		{"'{{\\\\x00}}'::bytea[]", [][][]byte{{{0}}}, ""}, {"'{{1}}'::int[]", []int{}, "an array of 2 dimensions does not fit into int"}, {"'{1}'::int[]", [][]int{}, "element 1: 1 of type integer does not fit into []int"},
		{"ARRAY[1,2]", "{1,2}", ""}, {"'infinity'::float8", math.Inf(1), ""},
		{"NULL::int", 0, "NULL does not fit into int; use a *int"}, {"NULL::text", "", "NULL does not fit into *string"},
		{"300", int8(0), "300 of type integer does not fit into int8"}, {"-1", uint(0), "-1 of type integer does not fit into uint"},
		{"'x'", 0, "x of type text does not fit into int"}, {"1.5", 0, "1.5 of type numeric does not fit into int"},
		{"'infinity'::date", time.Time{}, "infinity of type date does not fit into time.Time"}, {"ARRAY[1,NULL]", []int{}, "element 2: NULL does not fit into int"},
		{"5", struct{}{}, "5 of type integer does not fit into struct {}"},
	} {
		dest := reflect.New(reflect.TypeFor[any]())
		if c.want != nil {
			dest = reflect.New(reflect.TypeOf(c.want))
		}
		err := one(t, db, "SELECT "+c.query, nil, dest.Interface())
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s into %T: got %v, want %s", c.query, c.want, err, c.err)
			}
		case err != nil:
			t.Errorf("%s into %T: %v", c.query, c.want, err)
		case !reflect.DeepEqual(dest.Elem().Interface(), c.want):
			t.Errorf("%s into %T: got %v, want %v", c.query, c.want, dest.Elem().Interface(), c.want)
		}
	}
	var a int
	if err := one(t, db, "SELECT 1, 2", nil, &a); err == nil || !strings.Contains(err.Error(), "Scan of 2 columns into 1 variables") {
		t.Errorf("got %v", err)
	}
	if err := one(t, db, "SELECT 1", nil, a); err == nil || !strings.Contains(err.Error(), "is not a pointer") {
		t.Errorf("got %v", err)
	}
}

func TestArguments(t *testing.T) {
	db := openDB(t, gsql.Config{})
	at := time.Date(2024, 2, 29, 12, 34, 56, 789000000, time.FixedZone("", 3600))
	x := "p"
	for _, c := range []struct {
		expr string
		arg  any
		want string
	}{
		{"$1 + 1", 41, "42"}, {"$1 + 1", int8(1), "2"}, {"$1 + 1", uint64(1), "2"}, {"$1::numeric", uint64(math.MaxUint64), "18446744073709551615"},
		{"$1::float8", 1.5, "1.5"}, {"$1::numeric", "1.50", "1.50"}, {"$1 || 'b'", "a", "ab"}, {"$1 || 'b'", []byte("a"), "ab"},
		{"$1::bytea", []byte{0, 1}, "\\x0001"}, {"$1", named("n"), "n"}, {"$1::bool", true, "t"}, {"$1::text", true, "t"},
		{"$1::timestamptz", at, "2024-02-29 11:34:56.789+00"}, {"$1::timestamp", at, "2024-02-29 11:34:56.789"}, {"$1::date", at, "2024-02-29"},
		{"coalesce($1, 'none')", nil, "none"}, {"coalesce($1, 'none')", (*string)(nil), "none"}, {"$1 || ''", &x, "p"},
		{"coalesce($1, 'none')", sql.NullString{}, "none"}, {"$1 + 1", sql.NullInt64{Int64: 6, Valid: true}, "7"},
		{"3 = ANY($1)", []int{1, 2, 3}, "t"}, {"$1::text[]", []string{"a,b", "c\"\\", "NULL", ""}, "{\"a,b\",\"c\\\"\\\\\",\"NULL\",\"\"}"},
		{"$1::int[]", []*int{nil}, "{NULL}"}, {"$1::int[]", [][]int{{1, 2}, {3, 4}}, "{{1,2},{3,4}}"}, {"$1::text[]", [][][]*string{{{&x, nil}}, {{nil, &x}}}, "{{{p,NULL}},{{NULL,p}}}"},
		{"$1::int[]", [][]int{}, "{}"}, {"$1::int[]", [][]int{{}, {}}, "{}"}, {"$1::text[]", []any{[]string{"a"}, []any{2}}, "{{a},{2}}"}, {"$1::bytea[]", [][]byte{{1}, nil}, "{\"\\\\x01\",\"\\\\x\"}"},
	} {
		var got string
		if err := one(t, db, "SELECT "+c.expr, []any{c.arg}, &got); err != nil || got != c.want {
			t.Errorf("%s with %T %v: got %s, %v, want %s", c.expr, c.arg, c.arg, got, err, c.want)
		}
	}
	for _, c := range []struct {
		query string
		args  []any
		want  string
	}{
		{"SELECT $1::int", []any{"x"}, `invalid input syntax for type integer: "x"`},
		{"SELECT $1::int", []any{1.5}, `invalid input syntax for type integer: "1.5"`},
		{"SELECT $1::int[]", []any{[][]int{{1}, {2, 3}}}, `malformed array literal: "{{"1"},{"2","3"}}"`},
		{"SELECT $1::int", nil, "bind message supplies 0 parameters, but prepared statement requires 1"},
		{"SELECT 1", []any{1}, "bind message supplies 1 parameters, but prepared statement requires 0"},
		{"SELECT $1", []any{struct{}{}}, "gsql: arguments of type struct {} are not supported"},
		{"SELECT 1; SELECT 2", nil, "cannot insert multiple commands into a prepared statement"},
	} {
		if err := one(t, db, c.query, c.args, new(any)); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.query, err, c.want)
		}
	}
}

func TestErrorsHaveCodesAndPlaces(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	_, err := db.Query(context.Background(), "SELECT nothing FROM cities")
	var e *sqlstate.Error
	if !errors.As(err, &e) || e.Code != sqlstate.UndefinedColumn || e.Position != 8 {
		t.Errorf("got %#v", err)
	}
	rows, err := db.Query(context.Background(), "SELECT 1 / (g - 500) FROM generate_series(1, 1000) g")
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
	}
	if sqlstate.Of(err) != sqlstate.DivisionByZero {
		t.Errorf("got %v", err)
	}
	if rows != nil && rows.Next() {
		t.Error("a row after an error")
	}
}

// endless would run for hours.
const endless = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a + b = -1"

func TestCancellation(t *testing.T) {
	db := openDB(t, gsql.Config{})
	before := runtime.NumGoroutine()
	check := func(what string, ctx context.Context, cause error, message string) {
		t.Helper()
		start := time.Now()
		rows, err := db.Query(ctx, endless)
		if err == nil {
			_, err = rows.NextBatch()
			rows.Close()
		}
		if sqlstate.Of(err) != sqlstate.QueryCanceled || err.Error() != message || cause != nil && !errors.Is(err, cause) {
			t.Errorf("%s: got %v, want %s because of %v", what, err, message, cause)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%s: it took %v", what, d)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, cancel)
	check("cancel", ctx, context.Canceled, "canceling statement due to user request")
	check("canceled before", ctx, context.Canceled, "canceling statement due to user request")
	ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	check("deadline", ctx, context.DeadlineExceeded, "canceling statement due to statement timeout")
	if err := one(t, db, "SELECT 1", nil, new(int)); err != nil {
		t.Error(err)
	}
	if _, err := db.Query(context.Background(), "SET statement_timeout = '30ms'"); err != nil {
		t.Fatal(err)
	}
	check("statement_timeout", context.Background(), nil, "canceling statement due to statement timeout")
	if _, err := db.Query(context.Background(), "SET statement_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	for range 100 { // not read, only closed
		rows, err := db.Query(context.Background(), "SELECT * FROM generate_series(1, 1000000000) g ORDER BY 1 LIMIT 10")
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if rows.Next() {
			t.Fatal("a row behind Close")
		}
	}
	for start := time.Now(); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Since(start) > 3*time.Second {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

func TestSessionsAreSeparate(t *testing.T) {
	db := openDB(t, gsql.Config{Dir: "testdata/files"})
	ctx := context.Background()
	a, b := db.Session(), db.Session()
	run := func(s *gsql.Session, query string) (string, error) {
		rows, err := s.Query(ctx, query)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		if !rows.ReturnsRows() {
			return rows.Tag(), nil
		}
		if !rows.Next() {
			return "", rows.Err()
		}
		var x string
		err = rows.Scan(&x)
		return x, err
	}
	for _, step := range []struct {
		s           *gsql.Session
		query, want string
	}{
		{a, "SET timezone = 'Europe/Berlin'", "SET"}, {a, "SHOW timezone", "Europe/Berlin"}, {b, "SHOW timezone", "UTC"},
		{a, "CREATE TEMP VIEW mine AS SELECT 1 AS x", "CREATE VIEW"}, {a, "SELECT x FROM mine", "1"}, {b, "SELECT x FROM mine", "42P01"},
		{a, "CREATE VIEW ours AS SELECT 2 AS x", "CREATE VIEW"}, {b, "SELECT x FROM ours", "2"}, {b, "CREATE VIEW ours AS SELECT 3", "42P07"},
		{b, "CREATE OR REPLACE VIEW ours AS SELECT 3 AS x", "CREATE VIEW"}, {a, "SELECT x FROM ours", "3"},
		{a, "CREATE TEMP VIEW ours AS SELECT 4 AS x", "CREATE VIEW"}, {a, "SELECT x FROM ours", "4"}, {b, "SELECT x FROM ours", "3"},
		{a, "BEGIN", "BEGIN"}, {a, "DROP VIEW ours", "DROP VIEW"}, {a, "SELECT x FROM ours", "3"}, {a, "ROLLBACK", "ROLLBACK"}, {a, "SELECT x FROM ours", "4"},
		{a, "BEGIN", "BEGIN"}, {a, "SELECT 1/0", "22012"}, {a, "SELECT 1", "25P02"}, {a, "COMMIT", "ROLLBACK"}, {a, "SELECT 1", "1"},
		{a, "DISCARD ALL", "DISCARD ALL"}, {a, "SELECT x FROM ours", "3"}, {a, "SHOW timezone", "UTC"},
		{a, "CREATE VIEW two AS SELECT 1 AS a, 2 AS a", "42701"}, {a, "CREATE VIEW par AS SELECT $1", "42P02"},
		{a, "DROP VIEW ours, nothing", "42P01"}, {a, "SELECT x FROM ours", "3"}, {a, "DROP VIEW ours", "DROP VIEW"}, {b, "SELECT x FROM ours", "42P01"},
	} {
		got, err := run(step.s, step.query)
		if err != nil {
			got = string(sqlstate.Of(err))
		}
		if got != step.want {
			t.Errorf("%s: got %s (%v), want %s", step.query, got, err, step.want)
		}
	}
}

func TestDriver(t *testing.T) {
	db, err := sql.Open("gsql", "testdata/files?partitions=2&timezone=Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	var zone string
	if err := db.QueryRow("SHOW timezone").Scan(&zone); err != nil || zone != "Europe/Berlin" {
		t.Errorf("%s, %v", zone, err)
	}
	stmt, err := db.Prepare("SELECT city, population, founded, $2::numeric(10,2), NULL::int FROM cities WHERE population > $1 ORDER BY 2 DESC")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for range 2 {
		rows, err := stmt.Query(1_500_000, 1.5)
		if err != nil {
			t.Fatal(err)
		}
		types, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		if p, s, ok := types[3].DecimalSize(); types[1].DatabaseTypeName() != "bigint" || types[2].ScanType() != reflect.TypeFor[time.Time]() || p != 10 || s != 2 || !ok {
			t.Errorf("column types: %v", types)
		}
		var names []string
		for rows.Next() {
			var city, money string
			var population int64
			var founded time.Time
			var null sql.NullInt32
			if err := rows.Scan(&city, &population, &founded, &money, &null); err != nil {
				t.Fatal(err)
			}
			if money != "1.50" || null.Valid {
				t.Errorf("got %s, %v", money, null)
			}
			names = append(names, city)
		}
		if err := rows.Err(); err != nil || strings.Join(names, " ") != "Berlin Hamburg München" {
			t.Errorf("got %v, %v", names, err)
		}
	}
	if _, err := db.Query("SELECT $1", sql.Named("a", 1)); err == nil {
		t.Error("a named argument was accepted")
	}
	if _, err := stmt.Query(1); err == nil {
		t.Error("too few arguments were accepted")
	}
	if _, err := db.Query("SELECT 1; SELECT 2"); sqlstate.Of(err) != sqlstate.SyntaxError {
		t.Errorf("two statements: %v", err)
	}
	var ok bool
	if err := db.QueryRow("SELECT 'b' = ANY($1)", []string{"a", "b"}).Scan(&ok); err != nil || !ok {
		t.Errorf("an array: %v, %v", ok, err)
	}
	res, err := db.Exec("SELECT * FROM cities")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	canceled, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	if err := db.QueryRowContext(canceled, endless).Scan(new(int)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestDriverTransactions(t *testing.T) {
	db, err := sql.Open("gsql", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		tx, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("SET LOCAL application_name = 'in'"); err != nil {
			t.Fatal(err)
		}
		var name string
		if err := tx.QueryRow("SHOW application_name").Scan(&name); err != nil || name != "in" {
			t.Errorf("%s, %v", name, err)
		}
		if _, err := tx.Exec("SELECT 1/0"); err == nil {
			t.Error("no error")
		}
		if err := tx.QueryRow("SELECT 1").Scan(new(int)); sqlstate.Of(err) != sqlstate.InFailedTransaction {
			t.Errorf("got %v", err)
		}
		if err := end(tx); err != nil {
			t.Error(err)
		}
		if err := db.QueryRow("SHOW application_name").Scan(&name); err != nil || name != "" {
			t.Errorf("%q, %v", name, err)
		}
	}
}

func TestDataSourceNames(t *testing.T) {
	for name, want := range map[string]string{
		"testdata/files?nope=1":       "no such setting",
		"?partitions=x":               "invalid syntax",
		"?timezone=nowhere":           "invalid value for parameter \"TimeZone\": \"nowhere\"",
		"testdata/nowhere":            "could not open file",
		"testdata/files?partitions=%": "data source name",
	} {
		if _, err := (gsql.Driver{}).OpenConnector(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	db, err := gsql.Open(gsql.Config{Dir: "testdata/files"})
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(gsql.Connector{DB: db})
	defer pool.Close()
	var _ driver.DriverContext = gsql.Driver{}
	if err := pool.Ping(); err != nil {
		t.Error(err)
	}
}

// TestRestrict tries to read what lies outside of the folder.
func TestRestrict(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"in/a.csv": "a\n1\n", "in/sub/b.csv": "a\n2\n", "out/secret.csv": "a\n123456789012345678\n", "in-side/secret.csv": "a\n123456789012345678\n", "more/c.csv": "a\n3\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	links := map[string]string{"in/file.csv": "../out/secret.csv", "in/dir": "../out", "in/good.csv": "sub/b.csv", "in/all/x.csv": "../../out/secret.csv"}
	if err := os.Mkdir(filepath.Join(root, "in/all"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Skip("no symbolic links: ", err)
		}
	}
	db := openDB(t, gsql.Config{Dir: filepath.Join(root, "in"), Restrict: true, AllowPaths: []string{filepath.Join(root, "more")}})
	for from, want := range map[string]string{
		"a": "1", "'a.csv'": "1", "'sub/b.csv'": "2", "'sub/*.csv'": "2", "'" + root + "/in/a.csv'": "1", "'sub/../a.csv'": "1",
		"'../in/a.csv'": "1", "'good.csv'": "2", "'" + root + "/more/c.csv'": "3", "'../more/*.csv'": "3", "read_csv(['a.csv', '../more/c.csv'])": "4",
		"'" + root + "/out/secret.csv'": "", "'../out/secret.csv'": "", "'" + root + "/in/../out/secret.csv'": "", "'../out/*.csv'": "", "'../*/secret.csv'": "",
		"'" + root + "/**/*.csv'": "", "'../in-side/secret.csv'": "", "'file.csv'": "", "\"file.csv\"": "", "file": "", "'dir/secret.csv'": "", "'dir/*.csv'": "",
		"'dir/../../out/secret.csv'": "", "'all/*.csv'": "", "\"all\"": "", "dir": "", "read_csv('../out/secret.csv')": "", "read_csv('file.csv', header => true)": "",
		"read_csv(['a.csv', '../out/secret.csv'])": "", "read_csv(['a.csv', 'file.csv'])": "", "read_parquet('../out/secret.csv')": "", "read_json('file.csv')": "",
		"'/etc/passwd'": "", "'/etc/*'": "", "read_csv('/etc/passwd', delim => ':')": "", "'/proc/self/environ'": "", "'/dev/stdin'": "", "'file:///etc/passwd'": "",
	} {
		var got string
		err := one(t, db, "SELECT sum(a) FROM "+from, nil, &got)
		switch code := sqlstate.Of(err); {
		case want != "" && (err != nil || got != want):
			t.Errorf("%s: got %s, %v, want %s", from, got, err, want)
		case want == "" && err == nil:
			t.Errorf("%s: read %s from outside", from, got)
		case want == "" && code != sqlstate.InsufficientPrivilege && code != sqlstate.UndefinedTable && code != sqlstate.UndefinedFile:
			t.Errorf("%s: got %v", from, err)
		}
		if err != nil && strings.Contains(err.Error(), "123456789012345678") {
			t.Errorf("%s: the error shows what is outside: %v", from, err)
		}
	}
	// What is allowed at first and then becomes a link to the outside.
	path := filepath.Join(root, "in/sub/b.csv")
	if err := errors.Join(os.Remove(path), os.Symlink("../../out/secret.csv", path)); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := one(t, db, "SELECT sum(a) FROM 'sub/b.csv'", nil, &got); err == nil {
		t.Errorf("read %s through a new link", got)
	}
}

func TestNextBatchEndsWithEOF(t *testing.T) {
	db := openDB(t, gsql.Config{})
	rows, err := db.Query(context.Background(), "SELECT * FROM generate_series(1, 20000) g")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		b, err := rows.NextBatch()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n += b.Rows
	}
	if _, err := rows.NextBatch(); n != 20000 || err != io.EOF || rows.Tag() != "SELECT 20000" || rows.Err() != nil {
		t.Errorf("%d rows, %v, %s, %v", n, err, rows.Tag(), rows.Err())
	}
}

// Limits of a session fail the query with a code that says it is the limit's, and name the setting.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ setting, sql string }{
		{"max_result_rows = 10", "SELECT * FROM sales"},
		{"max_rows_read = 10", "SELECT count(*) FROM sales"},
		{"max_bytes_read = '1kB'", "SELECT count(*), sum(price) FROM sales, cities"},
	} {
		db := openDB(t, gsql.Config{Dir: "testdata/files"})
		if _, err := db.Query(context.Background(), "SET "+c.setting); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(context.Background(), c.sql)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		name, _, _ := strings.Cut(c.setting, " ")
		if sqlstate.Of(err) != sqlstate.ProgramLimitExceeded || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", c.setting, err)
		}
	}
}
