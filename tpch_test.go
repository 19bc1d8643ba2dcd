package gsql_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gsql"
)

// tpchTables are the tables of TPC-H with the columns' types, as the specification has them.
var tpchTables = []struct{ name, columns string }{
	{"region", "r_regionkey INTEGER, r_name VARCHAR, r_comment VARCHAR"},
	{"nation", "n_nationkey INTEGER, n_name VARCHAR, n_regionkey INTEGER, n_comment VARCHAR"},
	{"supplier", "s_suppkey BIGINT, s_name VARCHAR, s_address VARCHAR, s_nationkey INTEGER, s_phone VARCHAR, s_acctbal DECIMAL(15;2), s_comment VARCHAR"},
	{"customer", "c_custkey BIGINT, c_name VARCHAR, c_address VARCHAR, c_nationkey INTEGER, c_phone VARCHAR, c_acctbal DECIMAL(15;2), c_mktsegment VARCHAR, c_comment VARCHAR"},
	{"part", "p_partkey BIGINT, p_name VARCHAR, p_mfgr VARCHAR, p_brand VARCHAR, p_type VARCHAR, p_size INTEGER, p_container VARCHAR, p_retailprice DECIMAL(15;2), p_comment VARCHAR"},
	{"partsupp", "ps_partkey BIGINT, ps_suppkey BIGINT, ps_availqty INTEGER, ps_supplycost DECIMAL(15;2), ps_comment VARCHAR"},
	{"orders", "o_orderkey BIGINT, o_custkey BIGINT, o_orderstatus VARCHAR, o_totalprice DECIMAL(15;2), o_orderdate DATE, o_orderpriority VARCHAR, o_clerk VARCHAR, o_shippriority INTEGER, o_comment VARCHAR"},
	{"lineitem", "l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber INTEGER, l_quantity DECIMAL(15;2), l_extendedprice DECIMAL(15;2), l_discount DECIMAL(15;2), l_tax DECIMAL(15;2), l_returnflag VARCHAR, l_linestatus VARCHAR, l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE, l_shipinstruct VARCHAR, l_shipmode VARCHAR, l_comment VARCHAR"},
}

// withoutRules are the queries of TPC-H that end within seconds without the optimizer: the others list their tables
// with commas, and only rules make joins of that.
var withoutRules = map[string]bool{"q01": true, "q06": true, "q13": true}

// TestTPCH runs the 22 queries of TPC-H on a small database, from Parquet and from text. The data of testdata/tpch/data
// is that of tpchgen-cli at scale factor 0.01 with half of the orders, shortened comments that no query looks at, and
// more parts of the kinds that queries look for, so that each query has a result. The results are DuckDB's.
func TestTPCH(t *testing.T) {
	files, err := filepath.Glob("testdata/tpch/q*.sql")
	if err != nil || len(files) != 22 {
		t.Fatalf("%d queries: %v", len(files), err)
	}
	text := t.TempDir()
	writeTPCHText(t, text)
	for _, format := range []string{"parquet", "csv"} {
		for _, s := range matrix() {
			if format == "parquet" {
				s.Dir = "testdata/tpch/data"
			}
			t.Run(fmt.Sprintf("%s-%s", format, s), func(t *testing.T) {
				t.Parallel()
				db := s.open(t)
				if format == "csv" {
					tpchViews(t, db, text)
				}
				for _, f := range files {
					name := strings.TrimSuffix(filepath.Base(f), ".sql")
					if !s.NoOptimizer || withoutRules[name] {
						compareFile(t, s, db, read(t, f), filepath.Join("testdata/tpch/expected", name+".txt"))
					}
				}
			})
		}
	}
}

// writeTPCHText writes the tables as text divided by bars, without headers.
func writeTPCHText(t *testing.T, dir string) {
	db := openDB(t, gsql.Config{Dir: "testdata/tpch/data"})
	for _, table := range tpchTables {
		rows, err := runQuery(db, "SELECT * FROM "+table.name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, table.name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		w.Comma = '|'
		for _, r := range rows {
			w.Write(strings.Split(r, "\t"))
		}
		if w.Flush(); w.Error() != nil {
			t.Fatal(w.Error())
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// tpchViews makes the tables views of the text files.
func tpchViews(t *testing.T, db *gsql.DB, dir string) {
	for _, table := range tpchTables {
		var cols []string
		for _, c := range strings.Split(table.columns, ", ") {
			name, typ, _ := strings.Cut(c, " ")
			cols = append(cols, fmt.Sprintf("'%s': '%s'", name, strings.ReplaceAll(typ, ";", ",")))
		}
		view := fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_csv('%s', delim => '|', header => false, columns => {%s})",
			table.name, filepath.Join(dir, table.name+".csv"), strings.Join(cols, ", "))
		if _, err := runQuery(db, view); err != nil {
			t.Fatal(describe(err))
		}
	}
}

// compareFile runs a query and compares its rows, in order, with those of a file: one a line, values divided by tabs.
func compareFile(t *testing.T, s setup, db *gsql.DB, query, file string) {
	t.Helper()
	got, err := s.run(db, query, leastRoom)
	if s.failsInTinyMemory(err) {
		return
	}
	if err != nil {
		t.Errorf("%s: %s", file, describe(err))
		return
	}
	compareRows(t, got, file)
}

func compareRows(t *testing.T, got []string, file string) {
	t.Helper()
	want := strings.Split(strings.TrimSuffix(read(t, file), "\n"), "\n")
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d: %s", file, len(got), len(want), strings.Join(got, "\n"))
		return
	}
	for i := range got {
		if !sameValues(got[i], want[i]) {
			t.Errorf("%s: row %d is\n%s\nwant\n%s", file, i+1, got[i], want[i])
		}
	}
}

// sameValues compares the values of two rows: numbers by their value, and those that have the digits of floating-point
// numbers with a tolerance, since sums depend on their order and DuckDB's averages are floating-point.
func sameValues(got, want string) bool {
	g, w := strings.Split(got, "\t"), strings.Split(want, "\t")
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		if g[i] == w[i] {
			continue
		}
		x, ok1 := new(big.Rat).SetString(g[i])
		y, ok2 := new(big.Rat).SetString(w[i])
		if !ok1 || !ok2 {
			return false
		}
		if x.Cmp(y) != 0 && (max(len(g[i]), len(w[i])) < 14 || !near(g[i], w[i])) {
			return false
		}
	}
	return true
}

func near(a, b string) bool {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return math.Abs(x-y) <= 1e-12*math.Max(math.Abs(x), math.Abs(y))
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
