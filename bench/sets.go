package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// set is a list of queries over files of one format.
type set struct {
	name, format string
	setup        []string // statements that make the tables known, in both engines
	queries      []query
}

type query struct {
	name, sql string
	ordered   bool // the order of the rows counts
}

func sets(o options) ([]set, error) {
	if o.set == "folder" {
		return folderSets(o)
	}
	tpch, err := queryFiles(o.queries, "q*.sql")
	if err != nil {
		return nil, err
	}
	var out []set
	for _, format := range []string{"csv", "parquet"} {
		seed, g1 := "seed.tsv", "G1_1e7_1e2_0_0.csv"
		if format == "parquet" {
			seed, g1 = "seed.parquet", "G1_1e7_1e2_0_0.parquet"
		}
		out = append(out,
			set{name: "seed", format: format, queries: seedQueries(filepath.Join(o.dir, seed))},
			set{name: "groupby", format: format, queries: groupByQueries(filepath.Join(o.dir, g1))},
			set{name: "join", format: format, queries: joinQueries(o.dir, format)},
			set{name: "tpch", format: format, setup: tpchSetup(o.dir, format), queries: tpch})
	}
	return append(out, set{name: "prune", format: "parquet", queries: pruneQueries(o.dir)}), nil
}

func seedQueries(file string) []query {
	return []query{
		{name: "group", sql: fmt.Sprintf("SELECT cat_1, cat_2, cat_3, count(rid) FROM '%s' GROUP BY 1, 2, 3", file)},
		{name: "count", sql: fmt.Sprintf("SELECT count(*) FROM '%s'", file)},
		{name: "sum", sql: fmt.Sprintf("SELECT sum(price), avg(rating), min(r_date), max(pid) FROM '%s'", file)},
		{name: "filter", sql: fmt.Sprintf("SELECT count(*), sum(price) FROM '%s' WHERE cat_1 = 'category 07' AND rating >= 4", file)},
		{name: "head", sql: fmt.Sprintf("SELECT * FROM '%s' LIMIT 5", file), ordered: true},
	}
}

// groupByQueries are db-benchmark's ten questions, https://duckdblabs.github.io/db-benchmark.
func groupByQueries(file string) []query {
	var out []query
	for i, q := range []string{
		"SELECT id1, sum(v1) AS v1 FROM x GROUP BY id1",
		"SELECT id1, id2, sum(v1) AS v1 FROM x GROUP BY id1, id2",
		"SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM x GROUP BY id3",
		"SELECT id4, avg(v1) AS v1, avg(v2) AS v2, avg(v3) AS v3 FROM x GROUP BY id4",
		"SELECT id6, sum(v1) AS v1, sum(v2) AS v2, sum(v3) AS v3 FROM x GROUP BY id6",
		"SELECT id4, id5, quantile_cont(v3, 0.5) AS median_v3, stddev(v3) AS sd_v3 FROM x GROUP BY id4, id5",
		"SELECT id3, max(v1) - min(v2) AS range_v1_v2 FROM x GROUP BY id3",
		"SELECT id6, v3 AS largest2_v3 FROM (SELECT id6, v3, row_number() OVER (PARTITION BY id6 ORDER BY v3 DESC) AS o FROM x WHERE v3 IS NOT NULL) t WHERE o <= 2",
		"SELECT id2, id4, pow(corr(v1, v2), 2) AS r2 FROM x GROUP BY id2, id4",
		"SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS v3, count(*) AS count FROM x GROUP BY id1, id2, id3, id4, id5, id6",
	} {
		out = append(out, query{name: fmt.Sprintf("q%d", i+1), sql: strings.ReplaceAll(q, "FROM x", "FROM '"+file+"'")})
	}
	return out
}

// joinQueries are db-benchmark's five joins; the sums stand for its tables of results.
func joinQueries(dir, format string) []query {
	var out []query
	for i, q := range []string{
		"SELECT x.*, s.id4 AS small_id4, v2 FROM x JOIN small s USING (id1)",
		"SELECT x.*, m.id1 AS m_id1, m.id4 AS m_id4, m.id5 AS m_id5, v2 FROM x JOIN medium m USING (id2)",
		"SELECT x.*, m.id1 AS m_id1, m.id4 AS m_id4, m.id5 AS m_id5, v2 FROM x LEFT JOIN medium m USING (id2)",
		"SELECT x.*, m.id1 AS m_id1, m.id2 AS m_id2, m.id4 AS m_id4, v2 FROM x JOIN medium m USING (id5)",
		"SELECT x.*, b.id1 AS b_id1, b.id2 AS b_id2, b.id4 AS b_id4, b.id5 AS b_id5, b.id6 AS b_id6, v2 FROM x JOIN big b USING (id3)",
	} {
		for k, name := range []string{"x", "small", "medium", "big"} {
			q = strings.ReplaceAll(q, " "+name+" ", fmt.Sprintf(" '%s' %s ", filepath.Join(dir, joinTables[k]+"."+format), name[:1]))
			q = strings.ReplaceAll(q, "' "+name[:1]+" "+name[:1]+" ", "' "+name[:1]+" ")
		}
		out = append(out, query{name: fmt.Sprintf("j%d", i+1), sql: q})
	}
	return out
}

type tpchTable struct{ name, columns string }

// tpchTables are the tables of TPC-H with the columns' types, as the specification has them.
var tpchTables = []tpchTable{
	{"region", "r_regionkey INTEGER, r_name VARCHAR, r_comment VARCHAR"},
	{"nation", "n_nationkey INTEGER, n_name VARCHAR, n_regionkey INTEGER, n_comment VARCHAR"},
	{"supplier", "s_suppkey BIGINT, s_name VARCHAR, s_address VARCHAR, s_nationkey INTEGER, s_phone VARCHAR, s_acctbal DECIMAL(15;2), s_comment VARCHAR"},
	{"customer", "c_custkey BIGINT, c_name VARCHAR, c_address VARCHAR, c_nationkey INTEGER, c_phone VARCHAR, c_acctbal DECIMAL(15;2), c_mktsegment VARCHAR, c_comment VARCHAR"},
	{"part", "p_partkey BIGINT, p_name VARCHAR, p_mfgr VARCHAR, p_brand VARCHAR, p_type VARCHAR, p_size INTEGER, p_container VARCHAR, p_retailprice DECIMAL(15;2), p_comment VARCHAR"},
	{"partsupp", "ps_partkey BIGINT, ps_suppkey BIGINT, ps_availqty INTEGER, ps_supplycost DECIMAL(15;2), ps_comment VARCHAR"},
	{"orders", "o_orderkey BIGINT, o_custkey BIGINT, o_orderstatus VARCHAR, o_totalprice DECIMAL(15;2), o_orderdate DATE, o_orderpriority VARCHAR, o_clerk VARCHAR, o_shippriority INTEGER, o_comment VARCHAR"},
	{"lineitem", "l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber INTEGER, l_quantity DECIMAL(15;2), l_extendedprice DECIMAL(15;2), l_discount DECIMAL(15;2), l_tax DECIMAL(15;2), l_returnflag VARCHAR, l_linestatus VARCHAR, l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE, l_shipinstruct VARCHAR, l_shipmode VARCHAR, l_comment VARCHAR"},
}

// tpchSetup makes the tables views over files.
func tpchSetup(dir, format string) []string {
	var out []string
	for _, t := range tpchTables {
		path := filepath.Join(dir, "tpch", t.name+"."+format)
		from := fmt.Sprintf("read_parquet('%s')", path)
		if format == "csv" {
			var cols []string
			for _, c := range strings.Split(t.columns, ", ") {
				name, typ, _ := strings.Cut(c, " ")
				cols = append(cols, fmt.Sprintf("'%s': '%s'", name, strings.ReplaceAll(typ, ";", ",")))
			}
			from = fmt.Sprintf("read_csv('%s', delim = '|', header = false, columns = {%s})", path, strings.Join(cols, ", "))
		}
		out = append(out, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT * FROM %s", t.name, from))
	}
	return out
}

// folderSets are the queries of one folder over the files of another, whose names are the tables'.
func folderSets(o options) ([]set, error) {
	queries, err := queryFiles(o.queries, "*.sql")
	if err != nil {
		return nil, err
	}
	var out []set
	for _, format := range []string{"csv", "parquet"} {
		files, err := filepath.Glob(filepath.Join(o.dir, "*."+format))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			continue
		}
		s := set{name: "folder", format: format, queries: queries}
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), "."+format)
			s.setup = append(s.setup, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT * FROM read_%s('%s')", name, format, f))
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no *.csv or *.parquet in %s", o.dir)
	}
	return out, nil
}

// queryFiles reads the queries of a folder, one a file.
func queryFiles(dir, pattern string) ([]query, error) {
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no queries in %s: %v", dir, err)
	}
	var out []query
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, query{name: strings.TrimSuffix(filepath.Base(f), ".sql"), sql: string(b)})
	}
	return out, nil
}
