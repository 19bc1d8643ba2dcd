package gsql_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"gsql"
	"gsql/exec/sqlstate"
	"gsql/exec/text"
)

// copyCases are what COPY FROM makes of data: the rows or the code of the error that PostgreSQL answers.
var copyCases = []struct{ options, data, want string }{
	{"", "1\tx\n2\ty\\\nz\n3\t\\x41\\101\\t\\b|\\q\n", "1|x\n2|y\nz\n3|AA\t|q"},
	{"", "1\n", "22P04"},
	{"", "1\tx\ty\n", "22P04"},
	{"", "x\ty\n", "22P02"},
	{"", "", ""},
	{"", "1\t\\N\n\\N\tx\n", "1|NULL\nNULL|x"},
	{"", "1\tno end of line", "22001"},
	{"(DELIMITER ',', NULL 'n')", "1,n\nn,x\\,y\n", "1|NULL\nNULL|x,y"},
	{"CSV", "1,x\n2,\"a,b\"\n3,\"q\"\"q\"\n4,\n5,\"\"\n,six\n", "1|x\n2|a,b\n3|q\"q\n4|NULL\n5|\nNULL|six"},
	{"CSV", "1,\"open\n2,x\n", "22P04"},
	{"CSV", "1,a\"b,c\"d\n", "1|ab,cd"},
	{"CSV", "1,\"two\nlines\"\n2,x\n", "22001"},
	{"CSV HEADER", "a,b\n1,x\n", "1|x"},
	{"(FORMAT csv, HEADER match)", "a,b\n1,x\n", "1|x"},
	{"(FORMAT csv, HEADER match)", "a,c\n1,x\n", "22P04"},
	{"(FORMAT csv, HEADER match)", "a\n1,x\n", "22P04"},
	{"(FORMAT csv, QUOTE '''', ESCAPE '\\')", "1,'it\\'s'\n2,'x\\\\y'\n3,a\\b\n", "1|it's\n2|x\\y\n3|a\\b"},
	{"(FORMAT csv, FORCE_NOT_NULL (b))", "1,\n", "1|"},
	{"(FORMAT csv, FORCE_NULL (b))", "1,\"\"\n", "1|NULL"},
	{"(FORMAT csv, NULL 'nil', DELIMITER '|')", "1|nil\n2|\"nil\"\n3|\n", "1|NULL\n2|nil\n3|"},
	{"(FORMAT csv, DELIMITER 'ab')", "1|nil\n", "0A000"},
	{"(FORMAT text, QUOTE 'x')", "1|nil\n", "0A000"},
	{"(FORMAT nosuch)", "1|nil\n", "22023"},
	{"(NOSUCH 1)", "1|nil\n", "42601"},
	{"(DELIMITER 'a')", "1\n", "22023"},
	{"(FORMAT csv, DELIMITER '\"')", "1\n", "22023"},
	{"(DELIMITER ',', NULL 'a,b')", "1\n", "0A000"},
	{"(FORMAT csv, HEADER, HEADER)", "1\n", "42601"},
	{"", "1\t\\xff\n", "22021"},
	{"(HEADER)", "foo\tbar\n9\tx\n", "9|x"},
	{"", "1\tx\r\n2\ty\r\n", "1|x\n2|y"},
	{"CSV", "1,x\r\n2,\"y\r\nz\"\r\n", "1|x\n2|y\r\nz"},
	{"", "  7 \tx\n", "7|x"},
	{"CSV", "99999999999,x\n", "22003"},
	{"CSV", "1,toolong\n", "22001"},
	{"CSV", "1,\"x\"\n\\.\n2,y\n", "1|x"},
}

// The result does not depend on how the data comes in: from a file, from a stream, byte by byte.
func TestCopyFrom(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, gsql.Config{Dir: dir, BatchRows: 2})
	c := newClient(t, db)
	c.want("CREATE TABLE c (a int, b varchar(6))", "CREATE TABLE")
	for _, x := range copyCases {
		if err := os.WriteFile(filepath.Join(dir, "data.txt"), []byte(x.data), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{"FILE", "STDIN", "STDIN, byte by byte"} {
			c.want("TRUNCATE c", "TRUNCATE TABLE")
			query := "COPY c FROM STDIN " + x.options
			if from == "FILE" {
				query = "COPY c FROM 'data.txt' " + x.options
			}
			got := copyIn(c, query, x.data, strings.HasSuffix(from, "byte"))
			if got == "" {
				got = copied(c)
			} else if rest := copied(c); rest != "" {
				t.Errorf("%s of %q: the error left %s", query, x.data, rest)
			}
			if got != x.want {
				t.Errorf("%s from %s of %q: %q, want %q", query, from, x.data, got, x.want)
			}
		}
	}
}

// copyIn runs COPY and returns the code of its error, if any.
func copyIn(c *client, query, data string, slow bool) string {
	ctx := context.Background()
	p, err := c.Prepare(ctx, query, nil)
	if err == nil {
		if in := strings.NewReader(data); !p.CopiesIn() {
			_, err = p.Query(ctx, nil)
		} else if slow {
			_, err = p.CopyFrom(ctx, iotest.OneByteReader(in))
		} else {
			_, err = p.CopyFrom(ctx, in)
		}
	}
	if err != nil {
		return string(sqlstate.Of(err))
	}
	return ""
}

// copied returns the rows of the table as psql -A prints them.
func copied(c *client) string {
	rows, err := c.Query(context.Background(), "SELECT a, b FROM c")
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var lines []string
	for {
		b, err := rows.NextBatch()
		if err != nil {
			return strings.Join(lines, "\n")
		}
		for i := range b.Rows {
			lines = append(lines, text.String(b.Cols[0], i, nil)+"|"+text.String(b.Cols[1], i, nil))
		}
	}
}

// An error says where it is.
func TestCopyErrors(t *testing.T) {
	dir := t.TempDir()
	c := newClient(t, openDB(t, gsql.Config{Dir: dir}))
	c.want("CREATE TABLE c (a int, b text NOT NULL)", "CREATE TABLE")
	if err := os.WriteFile(filepath.Join(dir, "data.csv"), []byte("a,b\n1,x\n\"2\n\",y\nthree,z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := c.Query(context.Background(), "COPY c FROM 'data.csv' CSV HEADER")
	const want = `22P02 invalid input syntax for type integer: "three" File "data.csv", line 5, column a: "three" `
	if err == nil || describe(err) != want {
		t.Errorf("%s, want %s", describe(err), want)
	}
	c.want("COPY c FROM 'none.csv'", "58P01", "COPY nosuch FROM 'data.csv'", "42P01", "COPY c (a, z) FROM 'data.csv'", "42703",
		"COPY c FROM STDIN", "0A000", "COPY c FROM PROGRAM 'ls'", "0A000", "COPY c (a) FROM 'data.csv' CSV HEADER", "22P04", "SELECT count(*) FROM c", "0")
	c.want("COPY c FROM 'testdata' (FORMAT parquet)", "58P01")
}
