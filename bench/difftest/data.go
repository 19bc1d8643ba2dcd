package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"strings"

	"gsql"
)

// tableColumn is a column of the tables. All tables have columns of the same names and types, save some that each
// lacks, so that USING and NATURAL have something to join by.
type tableColumn struct {
	name, kind, decl string
	values, edges    []string
	fixed            bool // equal values look the same
	nice             bool // floats whose sums are exact
}

var intValues = []string{"0", "1", "2", "3", "4", "5", "7", "10", "-1", "-3", "12", "100"}

var tableColumns = []tableColumn{
	{name: "id", kind: "int4", decl: "integer", fixed: true},
	{name: "a", kind: "int4", decl: "integer", values: intValues, edges: []string{"2147483647", "-2147483648", "0", "-1", "1", "46341"}, fixed: true},
	{name: "b", kind: "int8", decl: "bigint", values: intValues, edges: []string{"9223372036854775807", "-9223372036854775808", "0", "4294967296", "2147483648", "-1"}, fixed: true},
	{name: "s", kind: "int2", decl: "smallint", values: intValues, edges: []string{"32767", "-32768", "0", "-1", "182"}, fixed: true},
	{name: "x", kind: "float8", decl: "double precision", values: []string{"0", "0.5", "-1.25", "2", "3.75", "100.5", "-7", "0.25"},
		edges: []string{"NaN", "Infinity", "-Infinity", "1e308", "-1e-300", "-0", "4.9e-324", "9007199254740993", "0.1", "2147483647.5"}, nice: true},
	{name: "y", kind: "float4", decl: "real", values: []string{"0", "0.5", "-1.25", "2", "3.75", "100.5"},
		edges: []string{"NaN", "Infinity", "3.4e38", "1e-45", "-0", "16777217", "0.1"}, nice: true},
	{name: "n", kind: "numeric", decl: "numeric(10,2)", values: []string{"0", "1.5", "2.25", "-3.10", "99.99", "10", "0.01", "2"},
		edges: []string{"99999999.99", "-99999999.99", "0.01", "-0.01", "0"}, fixed: true},
	{name: "m", kind: "numeric", decl: "numeric", values: []string{"0", "1", "1.0", "1.50", "1.5", "-2.125", "100", "1e3", "0.001"},
		edges: []string{"12345678901234567890.123", "-0.000000000000001", "99999999999999999999", "1e15", "0.00", "NaN"}},
	{name: "t", kind: "text", decl: "text", values: []string{"", "a", "b", "abc", "A", "a b", "1", "foo", "b%", "żółw", "a_c"},
		edges: []string{" ", "a ", "é", "日本", "A\tb", "'", "\\", "%", "_", "0x1", "NaN", "2020-01-31", "a\nb", "1.5", "-7", "true", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}, fixed: true},
	{name: "v", kind: "varchar", decl: "varchar(12)", values: []string{"", "a", "b", "abc", "foo", "bar", "Abc", "10"},
		edges: []string{" x ", "ÄÖ", "abcdefghijkl", "a%b", "NULL", "null"}, fixed: true},
	{name: "c", kind: "bpchar", decl: "char(4)", values: []string{"", "a", "b", "abc", "foo", "abcd"}, edges: []string{"a", "żó", " x"}, fixed: true},
	{name: "d", kind: "date", decl: "date", values: []string{"2020-01-31", "2020-02-29", "2021-12-31", "1999-01-01", "2020-03-01", "2024-06-15"},
		edges: []string{"infinity", "-infinity", "0001-01-01", "9999-12-31", "1970-01-01", "0044-03-15 BC"}, fixed: true},
	{name: "tm", kind: "time", decl: "time", values: []string{"00:00:00", "12:30:00", "23:59:59.999999", "06:15:30.5"}, edges: []string{"24:00:00", "00:00:00.000001"}, fixed: true},
	{name: "ts", kind: "timestamp", decl: "timestamp", values: []string{"2020-01-31 00:00:00", "2020-01-31 12:34:56.789", "2021-03-28 02:30:00", "1999-12-31 23:59:59", "2020-02-29 00:00:00"},
		edges: []string{"infinity", "-infinity", "0001-01-01 00:00:00", "2262-04-11 23:47:16.854776", "1969-12-31 23:59:59.999999", "290000-12-31 23:59:59"}, fixed: true},
	{name: "tz", kind: "timestamptz", decl: "timestamptz", values: []string{"2020-01-31 00:00:00+00", "2020-07-01 12:00:00+02", "2021-03-28 01:00:00+00", "1999-12-31 23:59:59+00", "2021-10-31 00:30:00+00"},
		edges: []string{"infinity", "-infinity", "1883-01-01 00:00:00+00", "2038-01-19 03:14:08+00"}, fixed: true},
	{name: "iv", kind: "interval", decl: "interval", values: []string{"1 day", "24:00:00", "1 mon", "30 days", "-1 day", "00:00:00", "1 year 2 mons 3 days 04:05:06", "90 min"},
		edges: []string{"-178000000 years", "1 mon -30 days", "0.000001 sec", "-00:00:01", "1000000 hours"}},
	{name: "u", kind: "uuid", decl: "uuid", values: []string{"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
		edges: []string{"7fffffff-ffff-ffff-ffff-ffffffffffff", "80000000-0000-0000-0000-000000000000"}, fixed: true},
	{name: "f", kind: "bool", decl: "boolean", values: []string{"true", "false"}, edges: []string{"true", "false"}, fixed: true},
}

func columnOfKind(kind string) *tableColumn {
	for i := range tableColumns {
		if c := &tableColumns[i]; c.kind == kind && c.name != "id" {
			return c
		}
	}
	return nil
}

// table is a table of the test, or a view.
type table struct {
	name    string
	columns []column
	key     []string // names of columns that tell rows apart; nil: unknown
	rows    int
	edge    bool
	lenience
	definition string // of a view
}

// tableNames and sizes: an empty table, one with a single row, small ones for joins, one with the values at the
// ends of their types, and one that has more rows than a small batch.
var tableSizes = []struct {
	name string
	rows int
}{{"t0", 12}, {"t1", 25}, {"t2", 7}, {"t3", 1}, {"t4", 0}, {"edge", 14}, {"big", 700}}

// makeTables writes the tables as CSV files and loads them into PostgreSQL.
func makeTables(ctx context.Context, r *rand.Rand, dir string, p *postgres) ([]*table, []string, error) {
	var tables []*table
	var views []string
	for _, size := range tableSizes {
		t := &table{name: size.name, rows: size.rows, edge: size.name == "edge", key: []string{"id"}}
		var cols []tableColumn
		for _, c := range tableColumns {
			if c.name == "id" || r.Intn(5) > 0 {
				cols = append(cols, c)
				t.columns = append(t.columns, column{name: c.name, kind: c.kind, fixed: c.fixed, nice: c.nice && !t.edge})
			}
		}
		rows := randomRows(r, t, cols)
		if err := load(ctx, p, t, cols, rows); err != nil {
			return nil, nil, fmt.Errorf("loading %s: %w", t.name, err)
		}
		if err := writeFiles(r, dir, t, cols, rows); err != nil {
			return nil, nil, err
		}
		var decls []string
		for _, c := range cols {
			decls = append(decls, fmt.Sprintf("'%s': '%s'", c.name, c.decl))
		}
		views = append(views, fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_csv('%s', header => true, columns => {%s})",
			t.name, filepath.Join(dir, t.name+"_*.csv"), strings.Join(decls, ", ")))
		tables = append(tables, t)
	}
	return tables, views, nil
}

func randomRows(r *rand.Rand, t *table, cols []tableColumn) [][]string {
	nulls := map[string]int{}
	for _, c := range cols {
		nulls[c.name] = []int{0, 10, 30, 60}[r.Intn(4)]
	}
	var rows [][]string
	for i := range t.rows {
		row := make([]string, len(cols))
		for k, c := range cols {
			switch {
			case c.name == "id":
				row[k] = fmt.Sprint(i + 1)
			case r.Intn(100) < nulls[c.name]:
				row[k] = null
			case t.edge && r.Intn(3) > 0:
				row[k] = c.edges[r.Intn(len(c.edges))]
			default:
				row[k] = c.values[r.Intn(len(c.values))]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func load(ctx context.Context, p *postgres, t *table, cols []tableColumn, rows [][]string) error {
	var decls []string
	for _, c := range cols {
		decls = append(decls, c.name+" "+c.decl)
	}
	err := p.exec(ctx, fmt.Sprintf("DROP TABLE IF EXISTS %s CASCADE; CREATE TABLE %[1]s (%s)", t.name, strings.Join(decls, ", ")))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	writeCSV(&b, rows)
	if _, err = p.conn.CopyFrom(ctx, &b, "COPY "+t.name+" FROM STDIN (FORMAT csv)"); err != nil {
		return err
	}
	return p.exec(ctx, "ANALYZE "+t.name)
}

// writeCSV quotes all values but NULL, which is an empty field.
func writeCSV(w io.Writer, rows [][]string) {
	for _, row := range rows {
		for i, v := range row {
			if i > 0 {
				io.WriteString(w, ",")
			}
			if v != null {
				io.WriteString(w, `"`+strings.ReplaceAll(v, `"`, `""`)+`"`)
			}
		}
		io.WriteString(w, "\n")
	}
}

// writeFiles spreads the rows over one to four files.
func writeFiles(r *rand.Rand, dir string, t *table, cols []tableColumn, rows [][]string) error {
	old, _ := filepath.Glob(filepath.Join(dir, t.name+"_*.csv"))
	for _, f := range old {
		os.Remove(f)
	}
	files := 1 + r.Intn(4)
	for i := range files {
		var b bytes.Buffer
		header := csv.NewWriter(&b)
		var names []string
		for _, c := range cols {
			names = append(names, c.name)
		}
		header.Write(names)
		header.Flush()
		writeCSV(&b, rows[len(rows)*i/files:len(rows)*(i+1)/files])
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s_%d.csv", t.name, i)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// config is one way to run gsql.
type config struct {
	name string
	cfg  gsql.Config
	db   *gsql.DB
	// optimized is the same configuration with the optimizer; nil for one that has it.
	optimized *config
}

// matrix has all the ways to run gsql, open.
func matrix(zone string) ([]*config, error) {
	var all []*config
	for _, partitions := range []int{1, 2, 7} {
		for _, rows := range []int{1, 3, 8192} {
			for _, noRules := range []bool{false, true} {
				c := &config{cfg: gsql.Config{Partitions: partitions, BatchRows: rows, NoOptimizer: noRules, TimeZone: zone}}
				c.name = fmt.Sprintf("Partitions=%d BatchRows=%d NoOptimizer=%v", partitions, rows, noRules)
				var err error
				if c.db, err = gsql.Open(c.cfg); err != nil {
					return nil, err
				}
				if noRules {
					c.optimized = all[len(all)-1]
				}
				all = append(all, c)
			}
		}
	}
	return all, nil
}
